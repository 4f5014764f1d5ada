"""Detection in a simulated marketplace: trained on its past, judged on its last days against the truth that no step has seen.

A market is simulated into a folder of its own, the three champions are trained on what was known before the last days, and these are run
one by one, as every night. Judged is the first look at each subject, as a whole and each typology against what is honest. The simulator's
own speed is measured on a larger market before.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from benchmarks import parser, tell
from fairdeal.data_contracts.typologies import Detector
from fairdeal.models import metrics
from fairdeal.models.detector import SUSPECTED
from fairdeal.pipelines.running import read_up_to, run_interval
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.training import train_and_register
from fairdeal.pipelines.workplace import Workplace, open_workplace, watermark
from fairdeal.simulator.simulate import simulate
from fairdeal.sources.mapping import load_mapping


def silent(text: str) -> None:
    """Progress that nobody watches: what is printed here are figures."""


def train_all(place: Workplace, until: datetime) -> None:
    """Every detector's champion, from what was known before ``until``."""
    read_up_to(place, until)
    mark = watermark(place.ledger, place.mapping.name)
    for detector in Detector:
        train_and_register(detector, place.lake, place.mapping.name, watermark=mark, until=until, settings=place.settings, progress=silent)


def first_looks(place: Workplace, run_ids: list[str], detector: Detector) -> pl.DataFrame:
    """Decisions on subjects of the runs' own days, not on older ones that were looked at again."""
    found = []
    for run_id in run_ids:
        file = (place.ledger.step_result(run_id, "decide") or {})["files"].get(detector.value)
        if file is not None:
            start = datetime.fromisoformat(place.ledger.run(run_id).interval_from)
            found.append(place.lake.read(file).filter(pl.col("event_at") >= start))
    return pl.concat(found)


def tell_quality(detector: Detector, decisions: pl.DataFrame, truth: Path, data: str) -> None:
    """How the scores of one detector rank, and how far its probabilities are from what happened."""
    cheats = pl.read_parquet(truth).select("subject_id", cheat="typology", is_fraud=pl.lit(1.0))
    judged = decisions.join(cheats, on="subject_id", how="left").with_columns(pl.col("is_fraud").fill_null(0.0))
    fraud, score = judged["is_fraud"].to_numpy(), judged["score"].to_numpy()
    is_told = judged.height > 0 and judged["probability"].null_count() == 0
    ece = metrics.expected_calibration_error(fraud, judged["probability"].to_numpy()) if is_told else math.nan
    data = f"{data}; {judged.height} {detector.table}, {int(fraud.sum())} of them fraudulent"
    tell(f"simulator.{detector}.ap", metrics.average_precision(fraud, score), "share", data=data)
    tell(f"simulator.{detector}.auc", metrics.auc(fraud, score), "share", data=data)
    tell(f"simulator.{detector}.ece", ece, "share", data=data)
    suspected = judged.filter((pl.col("probability") >= SUSPECTED) & pl.col("cheat").is_not_null())
    named = (suspected["cheat"] == suspected["typology"]).mean()
    tell(f"simulator.{detector}.named", math.nan if named is None else float(named), "share", data=f"{data}; {suspected.height} suspected")  # type: ignore[arg-type]
    honest = judged["cheat"].is_null()
    for (typology,), one in judged.filter(~honest).sort("cheat").group_by("cheat", maintain_order=True):
        both = pl.concat([one, judged.filter(honest)])
        told = f"{data}; {one.height} of this typology"
        tell(f"simulator.{detector}.{typology}.auc", metrics.auc(both["is_fraud"].to_numpy(), both["score"].to_numpy()), "share", data=told)


def tell_speed(days: int, orders_per_day: int, seed: int) -> None:
    """Orders that the simulator writes in a second of the processor, with all that belongs to them."""
    with tempfile.TemporaryDirectory() as made:
        began = time.process_time()
        told = simulate(Path(made) / "market", days=days, orders_per_day=orders_per_day, seed=seed)
        seconds = time.process_time() - began
    data = f"{days} simulated days, {orders_per_day} orders a day, seed {seed}; {sum(told.rows.values())} rows"
    tell("simulator.orders_per_cpu_s", told.rows["orders"] / seconds, "orders per CPU s", data=data)


def main(arguments: argparse.Namespace, settings: Settings) -> None:
    tell_speed(30, arguments.speed_orders_per_day, arguments.seed)
    with tempfile.TemporaryDirectory() as made:
        market = Path(made) / "market"
        told = simulate(market, days=arguments.days, orders_per_day=arguments.orders_per_day, seed=arguments.seed)
        data = f"{arguments.days} simulated days, {arguments.orders_per_day} orders a day, seed {arguments.seed}"
        settings = settings.model_copy(update={"home": Path(made) / "home"})
        mapping = load_mapping(market / "mapping.toml")
        run_days = [told.last_day - timedelta(days=back) for back in reversed(range(arguments.run_days))]
        bounds = [settings.day_bounds(day.isoformat()) for day in run_days]
        place = open_workplace(settings, mapping, silent)
        try:
            train_all(place, bounds[0][0])
            run_ids = [run_interval(settings, mapping, start, end, silent)["run_id"] for start, end in bounds]
            for detector in Detector:
                truth = market / "truth" / f"{detector.subject_kind}s.parquet"
                tell_quality(detector, first_looks(place, run_ids, detector), truth, f"{data}, last {len(run_days)} days")
        finally:
            place.ledger.close()


if __name__ == "__main__":
    options = parser(__doc__ or "")
    options.add_argument("--days", type=int, default=60, help="days to simulate (default: %(default)s)")
    options.add_argument("--orders-per-day", type=int, default=400, help="orders a day, about (default: %(default)s)")
    options.add_argument("--run-days", type=int, default=5, help="last days that are run and judged (default: %(default)s)")
    options.add_argument(
        "--speed-orders-per-day",
        type=int,
        default=10_000,
        help="orders a day of the market for speed (default: %(default)s)",
    )
    options.add_argument("--seed", type=int, default=7, help="of the market (default: %(default)s)")
    main(options.parse_args(), load_settings())
