"""The learning loop over a simulated month: weekly training on what analysts decided, against a model that is never trained again.

In the month cheats appear that the market did not know before, one for each detector, of kinds of which nobody is aware: they come to
light by our own looking alone, unless ``--reported`` lets people report what they notice of them. What the provider's own analysts found
is known until the month begins; from then on analysts are ours: nobody else says that a subject was looked at, and reports, chargebacks and
reconciliations of other cheats come as before. The provider audits nothing, neither before nor in the month, so that our own audit is the
only one. Two of ours close each morning what the night's alerts opened, each of them wrong now and then: an
honest person is found guilty only where both err, a fraud is missed where either does.

The month is lived three times, on the same days, with the same team and policy. In all of them detectors are trained once on the days
before. Frozen: the models stay. Loop: each week a new model learns from all that is known and takes the champion's place at once. Without
audit: the loop, but nobody looks at anything besides what is flagged. Judged are the first looks at each subject from the first
retraining on, against the truth that no step has seen; with several markets, figures are their means.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from benchmarks import parser, tell
from benchmarks.simulator import FIRST_DAY, first_looks, looks_at, silent, train_all
from fairdeal.data_contracts.typologies import Detector, Typology
from fairdeal.models import metrics
from fairdeal.pipelines import registry
from fairdeal.pipelines.registry import Standing
from fairdeal.pipelines.running import run_interval
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.workplace import Workplace, open_workplace
from fairdeal.simulator.exports import TYPOLOGY_WORDS
from fairdeal.simulator.simulate import simulate
from fairdeal.sources.mapping import load_mapping

#: Subjects of a detector that people look at in a day, for the money found.
LOOKED_AT = 20
Bounds = list[tuple[datetime, datetime]]
#: The cheats that first occur in the month, one for each detector: card testing takes small sums that pass unseen, who buys from himself
#: does not complain, and whoever reads praise does not know that it was paid.
NEW = (Typology.CARD_TESTING, Typology.SELF_PURCHASE, Typology.PAID_PRAISE)
#: The ways to live through the month.
WAYS = ("frozen", "loop", "no_audit")
#: Days before models are trained anew.
WEEK = 7


class Quality(NamedTuple):
    """How good the looks at a detector's subjects are.

    Parameters
    ----------
    ap
        Average precision of the scores, the mean over weeks: scores of different models are not on one scale.
    value
        Share of the money at stake in frauds that stands among each day's first `LOOKED_AT`.
    ece
        Expected calibration error of the probabilities; not a number where a detector had too few labels to tell any.
    """

    ap: float
    value: float
    ece: float


def open_month(folder: Path, first: date, days: int, orders_per_day: int, seed: int, *, is_reported: bool) -> Path:
    """A market whose month brings new cheats, under a mapping that leaves out what others than us look at, and of what nobody is aware."""
    end = first + timedelta(days=days)
    simulate(
        folder,
        days=(end - FIRST_DAY).days,
        orders_per_day=orders_per_day,
        seed=seed,
        first_day=FIRST_DAY,
        begins=dict.fromkeys(NEW, first),
    )
    mapping = folder / "mapping.toml"
    text = mapping.read_text(encoding="utf-8")
    # Words of our own making; the columns are those of the provider's file.
    others = f"""来源 <> '抽检' and (来源 <> '人工复核' or 得知时间 < '{first.isoformat()}')"""
    if not is_reported:
        others += f""" and coalesce(类型, '') not in ({", ".join(f"'{TYPOLOGY_WORDS[kind]}'" for kind in NEW)})"""
    mapping.write_text(text.replace('from = "reports"', f'query = "select * from reports where {others}"'), encoding="utf-8")
    return mapping


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
        findings = {f"{kind}:{subject}": found_guilty(kind, subject, (kind, subject) in known, errors) for kind, subject in members}
        code = "action_confirmed" if any(findings.values()) else "false_positive"
        services.decide(
            case["case_id"], maker="analyst", checker="approver", close_code=code, findings=findings, reasons=["simulated"], at=at
        )


def found_guilty(kind: str, subject: str, is_fraud: bool, errors: float) -> bool:
    """What two people, each wrong now and then, agree on: guilty where both say so."""
    return all(is_fraud != _errs(who, kind, subject, errors) for who in ("analyst", "approver"))


def _errs(who: str, kind: str, subject: str, errors: float) -> bool:
    digest = hashlib.blake2b(f"{who}:{kind}:{subject}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64 < errors


def crown_challengers(place: Workplace) -> None:
    """Puts every challenger in the champion's place, without a comparison: what is measured is the learning."""
    for detector in Detector:
        challenger = registry.named(place.home, detector, Standing.CHALLENGER)
        if challenger is not None:
            registry.give_standing(place.home, challenger, Standing.CHAMPION)


def live(
    mapping_path: Path, settings: Settings, bounds: Bounds, numbers: range, *, weekly: bool, errors: float, progress: Callable[[str], None]
) -> list[str]:
    """Runs some days of the month in a home, trains weekly or not, and has each morning's cases closed; gives the runs."""
    mapping, known = load_mapping(mapping_path), cheats(mapping_path.parent / "truth")
    place, run_ids = open_workplace(settings, mapping, silent), []
    try:
        for number in numbers:
            start, end = bounds[number]
            if weekly and number and number % WEEK == 0:
                train_all(place, start)
                crown_challengers(place)
            run_ids.append(run_interval(settings, mapping, start, end, silent)["run_id"])
            decide_cases(place, known, errors, end + timedelta(hours=8))
            progress(f"{settings.home.name}: {number + 1} of {len(bounds)} days")
        return run_ids
    finally:
        place.ledger.close()


def judged(mapping_path: Path, settings: Settings, run_ids: list[str]) -> dict[str, Quality]:
    """Quality of the first looks of some runs, by detector."""
    place = open_workplace(settings, load_mapping(mapping_path), silent)
    try:
        looks = {detector.value: first_looks(looks_at(place, run_ids, detector)) for detector in Detector}
    finally:
        place.ledger.close()
    return quality(looks, cheats(mapping_path.parent / "truth"))


def quality(looks: dict[str, pl.DataFrame], known: dict[tuple[str, str], str]) -> dict[str, Quality]:
    """How good the scores and probabilities of some looks are; by detector."""
    found = {}
    for name, rows in looks.items():
        kind = Detector(name).subject_kind
        fraud = np.asarray([(kind, subject) in known for subject in rows["subject_id"]], dtype=np.float64)
        score, day = rows["score"].to_numpy(), rows["event_at"].dt.date().cast(pl.Int32).to_numpy()
        money = rows["amount_minor"].cast(pl.Float64).fill_null(1.0).to_numpy()  # a review moves none: each counts alike
        week = (day - day.min()) // WEEK if len(day) else day
        by_week = [metrics.average_precision(fraud[week == one], score[week == one]) for one in np.unique(week) if fraud[week == one].any()]
        found[name] = Quality(
            ap=statistics.fmean(by_week) if by_week else math.nan,
            value=metrics.value_detected_at(fraud, score, day, money, LOOKED_AT),
            ece=metrics.expected_calibration_error(fraud, rows["probability"].to_numpy()),
        )
    return found


def one_market(arguments: argparse.Namespace, settings: Settings, seed: int) -> dict[str, dict[str, Quality]]:
    """How good each way is, by way and detector.

    What two ways have in common is lived once and copied: all start with the same models, and with the audit on nothing differs before the
    first retraining.
    """

    def progress(text: str) -> None:
        sys.stderr.write(f"seed {seed}, {text}\n")

    with tempfile.TemporaryDirectory() as made:
        folder, first = Path(made), FIRST_DAY + timedelta(days=arguments.before)
        mapping = open_month(folder / "market", first, arguments.days, arguments.orders_per_day, seed, is_reported=arguments.reported)
        bounds = [settings.day_bounds((first + timedelta(days=number)).isoformat()) for number in range(arguments.days)]

        def home(name: str, like: str | None = None, **capacity: Any) -> Settings:
            if like is not None:
                shutil.copytree(folder / like, folder / name)
            return settings.model_copy(update={"home": folder / name, "capacity": {"people": arguments.people, **capacity}})

        def lived(own: Settings, numbers: range, weekly: bool) -> list[str]:
            return live(mapping, own, bounds, numbers, weekly=weekly, errors=arguments.errors, progress=progress)

        teach(mapping, home("taught"), bounds[0][0])
        progress("the first models are trained")
        rest = range(WEEK, arguments.days)
        lived(home("first_week", "taught"), range(WEEK), weekly=False)
        found = {}
        for name, weekly in (("frozen", False), ("loop", True)):
            own = home(name, "first_week")
            found[name] = judged(mapping, own, lived(own, rest, weekly))
            progress(f"{name}: {found[name]}")
        own = home("no_audit", "taught", audit_share=0.0)
        lived(own, range(WEEK), weekly=True)
        found["no_audit"] = judged(mapping, own, lived(own, rest, weekly=True))
        progress(f"no_audit: {found['no_audit']}")
        return found


def teach(mapping_path: Path, settings: Settings, until: datetime) -> None:
    """The first models, in a home of their own."""
    place = open_workplace(settings, load_mapping(mapping_path), silent)
    try:
        train_all(place, until)
    finally:
        place.ledger.close()


def main(arguments: argparse.Namespace, settings: Settings) -> None:
    seeds = [arguments.seed + number for number in range(arguments.seeds)]
    markets = [one_market(arguments, settings, seed) for seed in seeds]
    known = "reported as usual" if arguments.reported else "of which nobody is aware"
    data = (
        f"{arguments.before} simulated days before {arguments.days}, {arguments.orders_per_day} orders a day, seeds {seeds}, "
        f"new in the month: {', '.join(NEW)}, {known}, each analyst wrong in {arguments.errors:.0%}, {arguments.people} analysts"
    )
    for at, figure in enumerate(Quality._fields):
        means = {name: [statistics.fmean(of_one[at] for of_one in market[name].values()) for market in markets] for name in WAYS}
        for name in WAYS:
            for detector in Detector:
                tell(f"loop.{name}.{detector}.{figure}", statistics.fmean(each[name][detector][at] for each in markets), "share", data=data)
        if figure == "ece":  # not a gain: less of it is better
            continue
        for name, told in (("loop", ""), ("no_audit", "_without_audit")):
            gains = [ours - frozen for ours, frozen in zip(means[name], means["frozen"], strict=True)]
            each = ", ".join(f"{gain:+.3f}" for gain in gains)
            tell(f"loop.gain_{figure}{told}", statistics.fmean(gains), "share, mean of the detectors", data=f"{data}; by seed {each}")


if __name__ == "__main__":
    options = parser(__doc__ or "")
    options.add_argument("--before", type=int, default=40, help="days before the month (default: %(default)s)")
    options.add_argument("--days", type=int, default=28, help="days of the month (default: %(default)s)")
    options.add_argument("--orders-per-day", type=int, default=200, help="orders a day, about (default: %(default)s)")
    options.add_argument("--people", type=int, default=4, help="analysts a night (default: %(default)s)")
    options.add_argument("--errors", type=float, default=0.05, help="share in which either analyst is wrong (default: %(default)s)")
    options.add_argument("--reported", action="store_true", help="people report what they notice of the new cheats")
    options.add_argument("--seed", type=int, default=7, help="of the first market (default: %(default)s)")
    options.add_argument("--seeds", type=int, default=1, help="markets, each by the next seed (default: %(default)s)")
    main(options.parse_args(), load_settings())
