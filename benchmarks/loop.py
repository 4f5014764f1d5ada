"""The learning loop over a simulated month: weekly training on what analysts decided, against a model that is never trained again.

One market, three times. In all of them detectors are trained once on the days before the month, every day of the month is run, and
simulated analysts close each morning what the night's alerts opened, wrong now and then. Frozen: the models stay. Loop: each week a new
model learns from all that is known, reports and verdicts, and takes the champion's place at once. Without audit: the loop, but nobody
looks at a random sample of what was let pass. Judged are the first looks at each subject from the first retraining on, against the truth
that no step has seen.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks import parser, tell
from benchmarks.simulator import first_looks, silent, train_all
from fairdeal.data_contracts.typologies import Detector
from fairdeal.models import metrics
from fairdeal.pipelines import registry
from fairdeal.pipelines.registry import Standing
from fairdeal.pipelines.running import run_interval
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.workplace import Workplace, open_workplace
from fairdeal.simulator.simulate import simulate
from fairdeal.sources.mapping import load_mapping

#: Subjects of a detector that people look at in a day, for the money found.
LOOKED_AT = 20


def cheats(truth: Path) -> dict[tuple[str, str], str]:
    """Kind of cheat by kind and id of the subject."""
    found = {}
    for detector in Detector:
        rows = pl.read_parquet(truth / f"{detector.subject_kind}s.parquet").select("subject_id", "typology")
        found |= {(detector.subject_kind, subject): typology for subject, typology in rows.iter_rows()}
    return found


def decide_cases(place: Workplace, known: dict[tuple[str, str], str], errors: float, at: datetime) -> None:
    """Two analysts close every open case by the truth, but for errors, which fall on the same members whatever was run before."""
    services = place.cases()
    for case in services.list_cases("open", limit=10**6):
        members = [(member["subject_kind"], member["subject_id"]) for member in services.show_case(case["case_id"])["members"]]
        findings = {f"{kind}:{subject}": ((kind, subject) in known) != _errs(kind, subject, errors) for kind, subject in members}
        code = "action_confirmed" if any(findings.values()) else "false_positive"
        services.decide(
            case["case_id"], maker="analyst", checker="approver", close_code=code, findings=findings, reasons=["simulated"], at=at
        )


def _errs(kind: str, subject: str, errors: float) -> bool:
    digest = hashlib.blake2b(f"{kind}:{subject}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64 < errors


def crown_challengers(place: Workplace) -> None:
    """Puts every challenger in the champion's place, without a comparison: what is measured is the learning."""
    for detector in Detector:
        challenger = registry.named(place.home, detector, Standing.CHALLENGER)
        if challenger is not None:
            registry.give_standing(place.home, challenger, Standing.CHAMPION)


def month(
    market: Path,
    settings: Settings,
    bounds: list[tuple[datetime, datetime]],
    *,
    weekly: bool,
    errors: float,
    progress: Callable[[str], None],
) -> dict[str, pl.DataFrame]:
    """First looks of the month's later days, by detector, in a home of its own."""
    mapping, known = load_mapping(market / "mapping.toml"), cheats(market / "truth")
    place, run_ids = open_workplace(settings, mapping, silent), []
    try:
        train_all(place, bounds[0][0])
        for number, (start, end) in enumerate(bounds):
            if weekly and number and number % 7 == 0:
                train_all(place, start)
                crown_challengers(place)
            run_ids.append(run_interval(settings, mapping, start, end, silent)["run_id"])
            decide_cases(place, known, errors, end + timedelta(hours=8))
            progress(f"{settings.home.name}: {number + 1} of {len(bounds)} days")
        return {detector.value: first_looks(place, run_ids[7:], detector) for detector in Detector}
    finally:
        place.ledger.close()


def quality(looks: dict[str, pl.DataFrame], known: dict[tuple[str, str], str]) -> dict[str, tuple[float, float]]:
    """Average precision, and the share of the money that stands among each day's first; by detector."""
    found = {}
    for name, rows in looks.items():
        kind = Detector(name).subject_kind
        fraud = np.asarray([(kind, subject) in known for subject in rows["subject_id"]], dtype=np.float64)
        score, day = rows["score"].to_numpy(), rows["event_at"].dt.date().cast(pl.Int32).to_numpy()
        money = rows["amount_minor"].cast(pl.Float64).fill_null(1.0).to_numpy()  # a review moves none: each counts alike
        value = metrics.value_detected_at(fraud, score, day, money, LOOKED_AT)
        found[name] = (metrics.average_precision(fraud, score), value)
    return found


def main(arguments: argparse.Namespace, settings: Settings) -> None:
    def progress(text: str) -> None:
        if arguments.verbose:
            import sys

            sys.stderr.write(text + "\n")

    with tempfile.TemporaryDirectory() as made:
        market = Path(made) / "market"
        told = simulate(market, days=arguments.before + arguments.days, orders_per_day=arguments.orders_per_day, seed=arguments.seed)
        month_days = [told.last_day - timedelta(days=back) for back in reversed(range(arguments.days))]
        bounds = [settings.day_bounds(day.isoformat()) for day in month_days]
        data = (
            f"{arguments.before} simulated days before {arguments.days}, {arguments.orders_per_day} orders a day, seed {arguments.seed}, "
            f"{arguments.errors:.0%} of the verdicts wrong, {arguments.people} analysts"
        )
        ways: dict[str, tuple[bool, dict[str, Any]]] = {"frozen": (False, {}), "loop": (True, {}), "no_audit": (True, {"audit_share": 0.0})}
        known, found = cheats(market / "truth"), {}
        for name, (weekly, capacity) in ways.items():
            own = settings.model_copy(update={"home": Path(made) / name, "capacity": {"people": arguments.people, **capacity}})
            found[name] = quality(month(market, own, bounds, weekly=weekly, errors=arguments.errors, progress=progress), known)
        means = {name: np.mean(list(figures.values()), axis=0) for name, figures in found.items()}
        for name, figures in found.items():
            for detector, (ap, value) in figures.items():
                tell(f"loop.{name}.{detector}.ap", ap, "share", data=data)
                tell(f"loop.{name}.{detector}.value", value, "share", data=data)
        for at, figure in enumerate(("ap", "value")):
            tell(f"loop.gain_{figure}", float(means["loop"][at] - means["frozen"][at]), "share, mean of the detectors", data=data)
            tell(
                f"loop.gain_{figure}_without_audit",
                float(means["no_audit"][at] - means["frozen"][at]),
                "share, mean of the detectors",
                data=data,
            )


if __name__ == "__main__":
    options = parser(__doc__ or "")
    options.add_argument("--before", type=int, default=40, help="days before the month (default: %(default)s)")
    options.add_argument("--days", type=int, default=28, help="days of the month (default: %(default)s)")
    options.add_argument("--orders-per-day", type=int, default=300, help="orders a day, about (default: %(default)s)")
    options.add_argument("--people", type=int, default=4, help="analysts a night (default: %(default)s)")
    options.add_argument("--errors", type=float, default=0.05, help="share of verdicts that are wrong (default: %(default)s)")
    options.add_argument("--seed", type=int, default=7, help="of the market (default: %(default)s)")
    options.add_argument("--verbose", action="store_true", help="progress on stderr")
    main(options.parse_args(), load_settings())
