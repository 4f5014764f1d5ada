"""Detection in a simulated marketplace: trained on its past, judged on its last days against the truth that no step has seen.

A market is simulated into a folder of its own, the three champions are trained on what was known before the last days, and these are run
one by one, as every night. Judged is the first look at each payment and review, as a whole and each typology against what is honest.
What an order is worth shows only in what becomes of it, so that it is judged as the nights last saw it, and the first look is told beside.
Such a look counts no more once a verdict was known. For what is new
to the detectors, they learn from a market in which a typology never occurred, and no label of it is known where they are judged. With
several seeds figures are means. The simulator's own speed is measured on a larger market. `benchmarks.detection --set simulator` asks here.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from benchmarks import parser, tell
from fairdeal.data_contracts.typologies import TYPOLOGIES, Detector, Typology
from fairdeal.features.reconciling import reconciled
from fairdeal.models import metrics
from fairdeal.models.choosing import UNUSUAL
from fairdeal.models.detector import SUSPECTED, TrainedDetector
from fairdeal.pipelines.running import read_up_to, run_interval
from fairdeal.pipelines.scoring import score
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.tables import feature_table, interval_subjects, known_tables
from fairdeal.pipelines.training import learn, train_and_register
from fairdeal.pipelines.workplace import Workplace, open_workplace, watermark
from fairdeal.simulator.simulate import simulate
from fairdeal.sources.mapping import load_mapping

#: Of the first market, and the alerts that are no random audit.
SEED, BY_LOSS = 7, "expected_loss"
ALLOW = "allow"
#: What figures of deals at the first look are called; the others are of the last look.
FIRST_LOOK = "first_look"
FIRST_DAY = date(2026, 1, 1)


@dataclass(frozen=True)
class Size:
    """How large a market is, and how many of its last days are judged."""

    days: int = 60
    orders_per_day: int = 400
    run_days: int = 5

    def bounds(self, settings: Settings) -> list[tuple[datetime, datetime]]:
        """First instant of each judged day, and of the next."""
        last = FIRST_DAY + timedelta(days=self.days - 1)
        return [settings.day_bounds((last - timedelta(days=back)).isoformat()) for back in reversed(range(self.run_days))]


def silent(text: str) -> None:
    """Progress that nobody watches: what is printed here are figures."""


def train_all(place: Workplace, until: datetime) -> None:
    """Every detector's champion, from what was known before ``until``."""
    read_up_to(place, until)
    mark = watermark(place.ledger, place.mapping.name)
    for detector in Detector:
        train_and_register(detector, place.lake, place.mapping.name, watermark=mark, until=until, settings=place.settings, progress=silent)


@contextmanager
def market_of(size: Size, seed: int, settings: Settings, without: tuple[Typology, ...] = ()) -> Iterator[tuple[Workplace, Path]]:
    """A simulated market that a workplace reads, and the folder of its truth; both are gone afterwards."""
    with tempfile.TemporaryDirectory() as made:
        market = Path(made) / "market"
        simulate(market, days=size.days, orders_per_day=size.orders_per_day, seed=seed, first_day=FIRST_DAY, without=without)
        home = settings.model_copy(update={"home": Path(made) / "home"})
        place = open_workplace(home, load_mapping(market / "mapping.toml"), silent)
        try:
            yield place, market / "truth"
        finally:
            place.ledger.close()


def looks_at(place: Workplace, runs: list[str], detector: Detector) -> pl.DataFrame:
    """Decisions of the runs, in their order.

    ``is_first`` on subjects of the run's own day, ``is_settled`` on those of which a verdict was known by then; ``is_flagged`` where they
    are acted upon or shown to people.
    """
    found = []
    for run_id in runs:
        file = (place.ledger.step_result(run_id, "decide") or {})["files"].get(detector.value)
        if file is None:
            continue
        run = place.ledger.run(run_id)
        start, end = (datetime.fromisoformat(moment) for moment in (run.interval_from, run.interval_to))
        alerts = place.lake.read((place.ledger.step_result(run_id, "raise_alerts") or {})["alerts"])
        told = alerts.filter((pl.col("detector") == detector.value) & (pl.col("chosen_by") == BY_LOSS))["subject_id"]
        odd = alerts.filter((pl.col("detector") == detector.value) & (pl.col("chosen_by") == UNUSUAL))["subject_id"]
        mark = watermark(place.ledger, place.mapping.name)
        labels = known_tables(place.lake, place.mapping.name, watermark=mark, known_before=end, since=start)["labels"].collect()
        settled = labels.filter(pl.col("subject_kind") == detector.subject_kind)["subject_id"]
        found.append(
            place.lake.read(file).with_columns(
                day=pl.lit(run_id),
                is_first=pl.col("event_at") >= start,
                is_settled=pl.col("subject_id").is_in(settled.implode()),
                is_flagged=(pl.col("action") != ALLOW) | pl.col("subject_id").is_in(told.implode()),
                is_odd=pl.col("subject_id").is_in(odd.implode()),
            )
        )
    return pl.concat(found)


def first_looks(looks: pl.DataFrame) -> pl.DataFrame:
    """Each subject of the judged days as it looked when it was new."""
    return looks.filter("is_first")


def last_looks(looks: pl.DataFrame) -> pl.DataFrame:
    """Each subject that the nights looked at, as they last saw it before a verdict was known."""
    return looks.filter(~pl.col("is_settled")).unique("subject_id", keep="last", maintain_order=True)


def quality(detector: Detector, looks: pl.DataFrame, truth: Path) -> dict[str, float]:
    """How the scores of one detector rank, how far its probabilities are from what happened, and whom its alerts disturb."""
    judged = with_truth(looks, truth, detector)
    fraud, score = judged["is_fraud"].to_numpy(), judged["score"].to_numpy()
    is_told = judged.height > 0 and judged["probability"].null_count() == 0
    found = {
        "ap": metrics.average_precision(fraud, score),
        "auc": metrics.auc(fraud, score),
        "ece": metrics.expected_calibration_error(fraud, judged["probability"].to_numpy()) if is_told else math.nan,
        "alerts_per_day": judged["is_flagged"].sum() / judged["day"].n_unique(),
        "unusual_per_day": judged["is_odd"].sum() / judged["day"].n_unique(),
        "flagged_honest": share(judged.filter(pl.col("cheat").is_null())["is_flagged"]),
    }
    suspected = judged.filter((pl.col("probability") >= SUSPECTED) & pl.col("cheat").is_not_null())
    found["named"] = share(suspected["cheat"] == suspected["typology"])
    attacks = suspected.filter(pl.col("cheat") == str(Typology.REVERSE_BRUSHING))
    if attacks.height:
        found["shielded"] = share(attacks["typology"] == str(Typology.REVERSE_BRUSHING))
    honest = judged["cheat"].is_null()
    for (typology,), one in judged.filter(~honest).sort("cheat").group_by("cheat", maintain_order=True):
        both = pl.concat([one, judged.filter(honest)])
        found[f"{typology}.auc"] = metrics.auc(both["is_fraud"].to_numpy(), both["score"].to_numpy())
        found[f"{typology}.recall"] = share(one["is_flagged"])
    return found


def with_truth(looks: pl.DataFrame, truth: Path, detector: Detector) -> pl.DataFrame:
    """The rows with the ``cheat`` that each is, null where it is honest, and ``is_fraud``."""
    cheats = pl.read_parquet(truth / f"{detector.subject_kind}s.parquet").select("subject_id", cheat="typology", is_fraud=pl.lit(1.0))
    return looks.join(cheats, on="subject_id", how="left", maintain_order="left").with_columns(pl.col("is_fraud").fill_null(0.0))


def share(flags: pl.Series) -> float:
    """Share that holds; not a number of nothing."""
    return float(flags.mean()) if len(flags) else math.nan  # type: ignore[arg-type]


def false_flags(place: Workplace, looks: pl.DataFrame, truth: Path, day: datetime) -> dict[str, float]:
    """Share of genuine one-star reviews that are flagged, and of those that are acted upon."""
    mark = watermark(place.ledger, place.mapping.name)
    rows = place.lake.rows(place.mapping.name, "reviews", watermark=mark, known_before=day, since=day - timedelta(days=400))
    stars = rows.filter(pl.col("rating") == 1).select(subject_id="review_id").collect()
    judged = with_truth(looks, truth, Detector.REVIEWS).join(stars, on="subject_id", how="semi")
    genuine = judged.filter(pl.col("cheat").is_null())
    return {"reviews.false_flags": share(genuine["is_flagged"]), "reviews.false_holds": share(genuine["action"] != ALLOW)}


def unseen(model: TrainedDetector, place: Workplace, typology: Typology, bounds: list[tuple[datetime, datetime]]) -> pl.DataFrame:
    """Scores of the first looks by a model that never met the typology, where no label of it is known either."""
    detector, found = TYPOLOGIES[typology].detector, []
    mark = watermark(place.ledger, place.mapping.name)
    for start, end in bounds:
        tables = known_tables(place.lake, place.mapping.name, watermark=mark, known_before=end, since=start)
        tables["labels"] = tables["labels"].filter((pl.col("typology") != str(typology)).fill_null(True))
        subjects, as_of = interval_subjects(detector, tables, start, end)
        rows = feature_table(detector, tables, subjects, as_of, place.settings).rows.filter(pl.col("event_at") >= start.astimezone(UTC))
        found.append(score(model, rows).with_columns(day=pl.lit(start.isoformat())))
    return pl.concat(found)


def by_rule(place: Workplace, bounds: list[tuple[datetime, datetime]]) -> list[str]:
    """Charges of the judged days that reconciliation finds, which knows no labels."""
    mark = watermark(place.ledger, place.mapping.name)
    found = list[str]()
    for start, end in bounds:
        tables = known_tables(place.lake, place.mapping.name, watermark=mark, known_before=end, since=start)
        found += reconciled(tables, start, end)["subject_id"].to_list()
    return found


def novel_recall(
    size: Size, seed: int, settings: Settings, typology: Typology, standing: Workplace, truth: Path, per_day: float, odd_per_day: float
) -> dict[str, float]:
    """Share of a typology's cheats that are found though none was met before; empty where none was judged.

    ``recall``: found by rule, or among the most suspicious of each day, as many as people look at. ``recall_with_unusual``: or among the
    most unusual of the rest, as many as people look at for that.
    """
    detector, bounds = TYPOLOGIES[typology].detector, size.bounds(settings)
    with market_of(size, seed, settings, without=(typology,)) as (place, _):
        read_up_to(place, bounds[0][0])
        mark = watermark(place.ledger, place.mapping.name)
        learned = learn(detector, place.lake, place.mapping.name, watermark=mark, until=bounds[0][0], settings=settings, progress=silent)
    if learned is None:
        return {}
    judged = with_truth(unseen(learned.model, standing, typology, bounds), truth, detector)
    ruled = by_rule(standing, bounds) if detector is Detector.PAYMENTS else []
    rank = pl.col("score").rank("ordinal", descending=True).over("day")
    judged = judged.with_columns(caught=(rank <= per_day) | pl.col("subject_id").is_in(ruled))
    left = pl.when(~pl.col("caught")).then("unusual").rank("ordinal", descending=True).over("day")
    met = judged.with_columns(odd=(left <= odd_per_day).fill_null(False)).filter(pl.col("cheat") == str(typology))
    if not met.height:
        return {}
    return {"recall": share(met["caught"]), "recall_with_unusual": share(met["caught"] | met["odd"])}


def one_market(size: Size, seed: int, settings: Settings, novel: bool) -> dict[str, float]:
    """Every figure of one market."""
    figures, bounds = dict[str, float](), size.bounds(settings)
    with market_of(size, seed, settings) as (place, truth):
        train_all(place, bounds[0][0])
        runs = [run_interval(place.settings, place.mapping, start, end, silent)["run_id"] for start, end in bounds]
        for detector in Detector:
            looks = looks_at(place, runs, detector)
            first = quality(detector, first_looks(looks), truth)
            if detector is Detector.DEALS:
                figures |= {f"{detector}.{name}": value for name, value in quality(detector, last_looks(looks), truth).items()}
                figures |= {f"{detector}.{FIRST_LOOK}.{name}": value for name, value in first.items()}
            else:
                figures |= {f"{detector}.{name}": value for name, value in first.items()}
            if detector is Detector.REVIEWS:
                figures |= false_flags(place, first_looks(looks), truth, bounds[-1][1])
        if novel:
            for typology, facts in TYPOLOGIES.items():
                first_look = f"{facts.detector}.{FIRST_LOOK}" if facts.detector is Detector.DEALS else str(facts.detector)
                told, odd = figures[f"{first_look}.alerts_per_day"], figures[f"{first_look}.unusual_per_day"]
                caught = novel_recall(size, seed, settings, typology, place, truth, told, odd)
                figures |= {f"novel.{typology}.{name}": value for name, value in caught.items()}
    for kind in ("recall", "recall_with_unusual"):
        recalls = [value for name, value in figures.items() if name.startswith("novel.") and name.endswith(f".{kind}")]
        figures |= {f"novel.{kind}": statistics.fmean(recalls)} if recalls else {}
    return figures


def tell_market(size: Size, seeds: list[int], settings: Settings, novel: bool = True) -> None:
    """The figures of markets by these seeds: means, and with several seeds their spread; of cheats never met in the first market alone."""
    markets = [one_market(size, seed, settings, novel and seed == seeds[0]) for seed in seeds]
    data = f"{size.days} simulated days, {size.orders_per_day} orders a day, last {size.run_days} days judged, seeds {seeds}"
    for name in dict.fromkeys(name for market in markets for name in market):
        values = [market[name] for market in markets if math.isfinite(market.get(name, math.nan))]
        mean = statistics.fmean(values) if values else math.nan
        unit = "alerts" if name.endswith("_per_day") else "share"
        tell(f"simulator.{name}", mean, unit, data=f"{data}; in {len(values)} of them")
        if len(values) > 1:
            tell(f"simulator.{name}_std", statistics.stdev(values), unit, data=data)


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
    size = Size(arguments.days, arguments.orders_per_day, arguments.run_days)
    tell_market(size, [arguments.seed + number for number in range(arguments.seeds)], settings, novel=not arguments.known_only)


if __name__ == "__main__":
    options = parser(__doc__ or "")
    options.add_argument("--days", type=int, default=Size.days, help="days to simulate (default: %(default)s)")
    options.add_argument("--orders-per-day", type=int, default=Size.orders_per_day, help="orders a day, about (default: %(default)s)")
    options.add_argument("--run-days", type=int, default=Size.run_days, help="last days that are run and judged (default: %(default)s)")
    options.add_argument(
        "--speed-orders-per-day",
        type=int,
        default=10_000,
        help="orders a day of the market for speed (default: %(default)s)",
    )
    options.add_argument("--seed", type=int, default=SEED, help="of the first market (default: %(default)s)")
    options.add_argument("--seeds", type=int, default=1, help="markets, each by the next seed (default: %(default)s)")
    options.add_argument("--known-only", action="store_true", help="leave out what detectors make of a cheat that they never met")
    main(options.parse_args(), load_settings())
