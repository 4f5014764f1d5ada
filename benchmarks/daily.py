"""A day of a very large marketplace on a month of payments: what each step of the daily run takes, and how that grows with history.

The last day holds payments, orders with parcels, refunds and account events, and reviews; the days before hold payments. The three
champions were trained on a small market of the same kind, all of whose days are whole. History is read and the day is run in a process of
its own each, so that the peak is the day's. Growth is the day's CPU seconds with the longer history over those with the shorter, on a
smaller day.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import parser, peak_mb, tell
from benchmarks.simulator import silent, train_all
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.verdict import judge
from fairdeal.pipelines.running import STEPS, at_work, do_step, read_up_to, summarise
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.workplace import open_workplace
from fairdeal.simulator.bulk import write_bulk
from fairdeal.sources.mapping import load_mapping

LAST_DAY = date(2026, 3, 1)
#: The market that the champions learn from: as many days as training looks back on by default, payments a day.
SCHOOL_DAYS, SCHOOL_PAYMENTS = 60, 1_500
Answer = TypeVar("Answer")


def apart(work: Callable[..., Answer], *given: Any) -> Answer:
    """What ``work`` gives in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def school(home: Path, folder: Path, payments: int, orders: int, reviews: int, seed: int) -> None:
    """Champions in ``home`` that learned from a small market of the same kind, under a name of its own."""
    share = SCHOOL_PAYMENTS / payments
    write_bulk(
        folder,
        days=SCHOOL_DAYS,
        whole_days=SCHOOL_DAYS,
        payments_per_day=SCHOOL_PAYMENTS,
        orders_per_day=round(orders * share),
        reviews_per_day=round(reviews * share),
        seed=seed + 1,
        last_day=LAST_DAY - timedelta(days=1),
    )
    mapping = folder / "mapping.toml"
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("simulated-marketplace", "school"), encoding="utf-8")
    place = open_workplace(at_home(home), load_mapping(mapping), silent)
    try:
        train_all(place, at_home(home).day_bounds(LAST_DAY.isoformat())[0])
    finally:
        place.ledger.close()


def read_history(home: Path, mapping: Path) -> None:
    """Everything before the last day, into the lake."""
    place = open_workplace(at_home(home), load_mapping(mapping), silent)
    try:
        read_up_to(place, at_home(home).day_bounds(LAST_DAY.isoformat())[0])
    finally:
        place.ledger.close()


def run_day(home: Path, mapping: Path) -> dict[str, Any]:
    """The last day from files to feed: seconds of each step, CPU seconds, peak, and the run's summary."""
    began, cpu = time.perf_counter(), time.process_time()
    place = open_workplace(at_home(home), load_mapping(mapping), silent)
    try:
        with at_work(place, *at_home(home).day_bounds(LAST_DAY.isoformat())) as (run, _):
            seconds = {name: do_step(place, run.run_id, name)["seconds"] for name in STEPS}
            summary = summarise(place, run)
        took = {"total_s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu, "peak_mb": peak_mb()}
        payments = place.lake.table(
            place.mapping.name,
            "payments",
            watermark=10**9,
            known_before=at_home(home).day_bounds(LAST_DAY.isoformat())[1],
            since=at_home(home).day_bounds(LAST_DAY.isoformat())[0],
        )
        judged = time.perf_counter()
        judge(INBOUND["payments"], payments)
        return took | {"steps": seconds, "contracts": payments.height / (time.perf_counter() - judged), "summary": summary}
    finally:
        place.ledger.close()


def at_home(home: Path) -> Settings:
    return load_settings().model_copy(update={"home": home})


def one_day(days: int, payments: int, orders: int, reviews: int, seed: int) -> dict[str, Any]:
    """The last of so many days."""
    with tempfile.TemporaryDirectory(prefix="fairdeal-daily-") as made:
        home, market = Path(made) / "home", Path(made) / "market"
        apart(school, home, Path(made) / "school", payments, orders, reviews, seed)
        apart(bulk, market, days, payments, orders, reviews, seed)
        aside = put_aside(market, Path(made) / "tonight")
        apart(read_history, home, market / "mapping.toml")
        for tonight, place in aside.items():
            tonight.rename(place)
        return apart(run_day, home, market / "mapping.toml")


def put_aside(market: Path, tonight: Path) -> dict[Path, Path]:
    """Moves the files that come with the last day away from the market; gives where each lies now and where it belongs."""
    tonight.mkdir()
    coming = [path for path in market.rglob("*") if path.is_file() and (LAST_DAY.isoformat() in path.name or path.suffix == ".csv")]
    aside = {tonight / f"{number}": path for number, path in enumerate(sorted(coming))}
    for there, place in aside.items():
        place.rename(there)
    return aside


def bulk(out: Path, days: int, payments: int, orders: int, reviews: int, seed: int) -> None:
    write_bulk(out, days=days, payments_per_day=payments, orders_per_day=orders, reviews_per_day=reviews, seed=seed, last_day=LAST_DAY)


def main(arguments: argparse.Namespace) -> None:
    payments, orders, reviews = arguments.payments, arguments.orders, arguments.reviews
    data = f"{payments} payments, {orders} orders, {reviews} reviews on {arguments.days} days of payments, seed {arguments.seed}"
    day = one_day(arguments.days, payments, orders, reviews, arguments.seed)
    summary, seconds = day["summary"], day["steps"]
    subjects = sum(sum(actions.values()) for actions in summary["decisions"].values())
    rows = {"ingest": sum(summary["rows_in"].values()), "open_cases": summary["alerts"]} | dict.fromkeys(
        ("build_features", "score", "decide", "raise_alerts", "publish_feed"), subjects
    )
    for step, count in rows.items():
        tell(f"daily.{step}.rows_per_s", count / max(seconds[step], 1e-3), "rows per s", data=data)
    tell("daily.contracts.rows_per_s", day["contracts"], "rows per s", data=data)
    tell("daily.total_s", day["total_s"], "s", data=data)
    tell("daily.peak_mb", day["peak_mb"], "MB", data=data)
    if arguments.growth_payments:
        few = arguments.growth_payments
        share = [few, few * orders // payments, few * reviews // payments]
        short, long = (one_day(days, *share, arguments.seed)["cpu_s"] for days in (arguments.shorter, arguments.longer))
        told = f"{few} payments a day, CPU s with {arguments.longer} days of history over {arguments.shorter}"
        tell("daily.growth", long / short, "times", data=told)


if __name__ == "__main__":
    options = parser(__doc__ or "")
    options.add_argument("--payments", type=int, default=1_000_000, help="payments a day (default: %(default)s)")
    options.add_argument("--orders", type=int, default=300_000, help="orders of the last day (default: %(default)s)")
    options.add_argument("--reviews", type=int, default=100_000, help="reviews of the last day (default: %(default)s)")
    options.add_argument("--days", type=int, default=31, help="days with payments, the last one included (default: %(default)s)")
    options.add_argument("--growth-payments", type=int, default=250_000, help="payments a day where growth is measured; 0: not measured")
    options.add_argument("--shorter", type=int, default=20, help="days of the shorter history (default: %(default)s)")
    options.add_argument("--longer", type=int, default=60, help="days of the longer history (default: %(default)s)")
    options.add_argument("--seed", type=int, default=7, help="of the market (default: %(default)s)")
    main(options.parse_args())
