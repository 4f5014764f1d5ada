"""Simulate: a marketplace's days from the first order to the last complaint, as the files its providers would send."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from fairdeal.data_contracts.contract import FIRST_YEAR, LAST_YEAR
from fairdeal.data_contracts.typologies import Detector, Typology
from fairdeal.simulator import exports
from fairdeal.simulator.accounts import account_events
from fairdeal.simulator.chance import Ints, stream
from fairdeal.simulator.checkout import attempt_payments
from fairdeal.simulator.clock import DAY, Period
from fairdeal.simulator.complaints import Subjects, complaints
from fairdeal.simulator.defects import with_card_numbers
from fairdeal.simulator.difficulty import Difficulty
from fairdeal.simulator.fraudsters import FRAUDSTERS
from fairdeal.simulator.fraudsters.scheme import CAMPAIGNS, Fraudster, Trade, beginning
from fairdeal.simulator.look_alikes import bought_twice, honest_special_orders, slow_carriers
from fairdeal.simulator.market import Market, honest_orders, open_market
from fairdeal.simulator.parcels import send_parcels
from fairdeal.simulator.provider_files import PROVIDERS, Written, shuffled_days, write_days, write_file
from fairdeal.simulator.refunds import ask_refunds
from fairdeal.simulator.reviews import honest_reviews, merchant_ratings, received_orders
from fairdeal.simulator.truth import write_truth

MAPPING = Path(__file__).with_name("mapping.toml")
#: What a card number in a text is called among the planted defects.
CARDS = "card_number_in_text"
MOST_DAYS, MOST_ORDERS_PER_DAY = 3660, 5_000_000


@dataclass(frozen=True)
class Simulated:
    """What was simulated: first and last Shanghai day, and the rows per table in the provider files, broken rows included."""

    first_day: date
    last_day: date
    rows: dict[str, int]

    def as_json(self) -> dict[str, object]:
        return {"first_day": self.first_day.isoformat(), "last_day": self.last_day.isoformat(), "rows": dict(self.rows)}


@dataclass(frozen=True)
class Story:
    """Everything that happened, honest and not, before any provider puts it into files. Row numbers are codes."""

    market: Market
    orders: pl.DataFrame
    payments: pl.DataFrame
    parcels: pl.DataFrame
    refunds: pl.DataFrame
    events: pl.DataFrame
    reviews: pl.DataFrame
    reports: pl.DataFrame
    campaigns: pl.DataFrame


def simulate(
    out: Path,
    *,
    days: int,
    orders_per_day: int,
    seed: int,
    difficulty: Difficulty | float = 0.5,
    only: Iterable[Typology] = (),
    without: Iterable[Typology] = (),
    begins: Mapping[Typology, date] | None = None,
    first_day: date = date(2026, 1, 1),
    progress: Callable[[str], None] | None = None,
) -> Simulated:
    """Write a marketplace's provider files, their mapping and, apart, the truth.

    Parameters
    ----------
    out
        A new or empty folder. ``mapping.toml`` is written last: where it stands, everything else does.
    days, orders_per_day
        Length of the period; average number of orders a day, fake ones included.
    seed
        The same seed and arguments give the same bytes.
    difficulty
        How hard they are to find; a number is short for that camouflage, 0 (careless) to 1.
    only, without
        The typologies that occur, all when empty; those that do not.
    begins
        The day on which a typology is first seen; the others are there from the first day on.
    first_day
        A day of Asia/Shanghai.
    progress
        Told in one line what is being done.

    Raises
    ------
    ValueError
        When an argument is out of bounds or the folder is not empty.
    """
    hard = difficulty if isinstance(difficulty, Difficulty) else Difficulty(camouflage=difficulty)
    _check(out, days, orders_per_day, seed, first_day)
    say = progress or (lambda line: None)
    say(f"opening a market of {days} days with {orders_per_day} orders a day")
    story = tell(open_market(Period(first_day, days), orders_per_day, seed, hard), say, cast_of(only, without, begins))
    say("writing the providers' files")
    written = write_story(out, story)
    write_truth(out / "truth", story.market, story.orders, story.payments, story.reviews, story.campaigns, written.defects)
    (out / "mapping.toml").write_bytes(MAPPING.read_bytes())
    return Simulated(first_day, story.market.period.last_day, {table: written.rows[table] for table in PROVIDERS})


def _check(out: Path, days: int, orders_per_day: int, seed: int, first_day: date) -> None:
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"simulate: {days} days; allowed are 1 to {MOST_DAYS}; give another number")
    if not 1 <= orders_per_day <= MOST_ORDERS_PER_DAY:
        raise ValueError(f"simulate: {orders_per_day} orders a day; allowed are 1 to {MOST_ORDERS_PER_DAY}; give another number")
    if seed < 0:
        raise ValueError(f"simulate: seed {seed}; allowed is 0 or more; give another number")
    if first_day.year <= FIRST_YEAR or (first_day.toordinal() + days) > date(LAST_YEAR, 12, 1).toordinal():
        raise ValueError(f"simulate: {days} days from {first_day}; allowed are {FIRST_YEAR + 1} to {LAST_YEAR - 1}; start on another day")
    check_folder(out)


def cast_of(
    only: Iterable[Typology] = (), without: Iterable[Typology] = (), begins: Mapping[Typology, date] | None = None
) -> tuple[Fraudster, ...]:
    """The fraudsters of some typologies, all when ``only`` is empty, less those of others; some of them at work only from a day on."""
    wanted, unwanted, late = set(only), set(without), begins or {}
    chosen = (one for one in FRAUDSTERS if (not wanted or one.typology in wanted) and one.typology not in unwanted)
    return tuple(beginning(one, late[one.typology]) if one.typology in late else one for one in chosen)


def check_folder(out: Path) -> None:
    """Raises `ValueError` unless the folder is new or empty."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(
            f"simulate: {out} is there already and not an empty folder; allowed is a new or empty one; name another or empty it"
        )


def tell(market: Market, say: Callable[[str], None], cast: tuple[Fraudster, ...] = FRAUDSTERS) -> Story:
    """Let the market trade, cheat and complain; only the fraudsters of the cast cheat."""
    seed = market.seed
    say("placing orders")
    orders, placed = _place_orders(market, cast)
    say("paying, sending, sending back")
    payments, charged = _pay(market, orders, cast)
    paid = payments.filter(pl.col("status") == "approved").group_by("order").agg(paid_at=pl.col("at").min())
    orders = orders.join(paid, on="order", how="left", maintain_order="left")
    parcels = send_parcels(market, stream(seed, "parcels"), orders).with_row_index("shipment").cast({"shipment": pl.Int64})
    refunds = _numbered(ask_refunds(market, stream(seed, "refunds"), orders, payments, parcels), "refund", market)
    left = [fraudster.leave_events(market, orders, _stream(market, fraudster, "events")) for fraudster in cast if fraudster.leave_events]
    events = _numbered(pl.concat([account_events(market, stream(seed, "accounts"), orders), *left]), "event", market)
    say("writing reviews")
    reviews, posted = _post_reviews(market, orders, parcels, cast)
    say("collecting complaints")
    others = [_subjects(Detector.DEALS, orders, "order", "fake_deal"), _subjects(Detector.REVIEWS, reviews, "review", "typology")]
    reports = complaints(
        stream(seed, "complaints"),
        market.period,
        _subjects(Detector.PAYMENTS, payments, "payment", "fake_payment"),
        (payments["status"] == "approved").to_numpy(),
        others,
    )
    campaigns = pl.concat([pl.DataFrame(schema=CAMPAIGNS), *placed, *charged, *posted])
    return Story(market, orders, payments, parcels, refunds, events, reviews, reports, campaigns)


def _stream(market: Market, fraudster: Fraudster, part: str) -> np.random.Generator:
    return stream(market.seed, f"{fraudster.typology} {part}".strip())


def _place_orders(market: Market, cast: tuple[Fraudster, ...]) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The fraudsters' orders, honest ones out of the ordinary, and as many everyday orders as make up the market's number."""
    hauls = [fraudster.place_orders(market, _stream(market, fraudster, "")) for fraudster in cast if fraudster.place_orders]
    special = [haul.rows for haul in hauls] + honest_special_orders(market)
    everyday = honest_orders(market, stream(market.seed, "everyday"), max(market.orders - sum(rows.height for rows in special), 1))
    twice = bought_twice(stream(market.seed, "bought twice"), everyday)
    orders = _numbered(pl.concat([*special, twice, everyday[: max(everyday.height - twice.height, 1)]]), "order", market)
    orders = slow_carriers(market, stream(market.seed, "slow carriers"), orders)
    campaigns = [haul.campaigns for haul in hauls]
    for fraudster in cast:
        if fraudster.spoil_orders:
            spoiled = fraudster.spoil_orders(market, orders, _stream(market, fraudster, "spoils"))
            orders = spoiled.rows
            campaigns.append(spoiled.campaigns)
    return orders, campaigns


def _pay(market: Market, orders: pl.DataFrame, cast: tuple[Fraudster, ...]) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Every attempt to pay within the period, as the fraudsters leave it."""
    payments, campaigns = attempt_payments(market, stream(market.seed, "checkout"), orders), []
    for fraudster in cast:
        if fraudster.alter_payments:
            altered = fraudster.alter_payments(market, payments, _stream(market, fraudster, "payments"))
            payments = altered.rows
            campaigns.append(altered.campaigns)
    return _numbered(payments, "payment", market), campaigns


def _post_reviews(
    market: Market, orders: pl.DataFrame, parcels: pl.DataFrame, cast: tuple[Fraudster, ...]
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    received = received_orders(market, orders, parcels)
    honest = honest_reviews(market, stream(market.seed, "reviews"), received)
    in_time = int(np.count_nonzero(market.period.holds(honest["at"].to_numpy())))
    ratings = merchant_ratings(market, stream(market.seed, "ratings"), received)
    trade = Trade(received, honest["order"].drop_nulls(), ratings["order"], in_time)
    hauls = [fraudster.post_reviews(market, trade, _stream(market, fraudster, "reviews")) for fraudster in cast if fraudster.post_reviews]
    reviews = pl.concat([honest, ratings, *(haul.rows for haul in hauls)])
    return _numbered(reviews, "review", market), [haul.campaigns for haul in hauls]


def _numbered(table: pl.DataFrame, code: str, market: Market) -> pl.DataFrame:
    """The rows that happen within the period, each with its code."""
    held = table.filter(pl.Series(market.period.holds(table["at"].to_numpy())))
    return held.with_row_index(code).cast({code: pl.Int64})


def _subjects(detector: Detector, table: pl.DataFrame, code: str, typology: str) -> Subjects:
    return Subjects(detector, table[code].to_numpy(), table["at"].to_numpy(), table[typology], table["look_alike"].is_not_null().to_numpy())


def write_story(out: Path, story: Story, buyers: Ints | None = None) -> Written:
    """The providers' files of the story's period; of the buyers all, or those with some codes."""
    market, written = story.market, Written()
    period, seed, rng = market.period, market.seed, stream(market.seed, "files")
    notes = written.defects.setdefault("orders", {})
    texts = written.defects.setdefault("reviews", {})
    review_texts, texts[CARDS] = with_card_numbers(stream(seed, "cards in reviews"), story.reviews["text"])

    def send_orders(table: pl.DataFrame) -> pl.DataFrame:
        rows = exports.orders(market, stream(seed, "notes"), table)
        note, notes[CARDS] = with_card_numbers(stream(seed, "cards in notes"), rows["BuyerNote"])
        return rows.with_columns(BuyerNote=note)

    daily: tuple[tuple[str, pl.DataFrame, str, Callable[[pl.DataFrame], pl.DataFrame]], ...] = (
        ("orders", story.orders, "at", send_orders),
        ("payments", story.payments, "at", partial(exports.payments, market)),
        ("refunds", _versions(story.refunds, "completed_at", period), "updated_at", partial(exports.refunds, market)),
        ("reviews", story.reviews.with_columns(text=review_texts), "at", partial(exports.reviews, market)),
        ("shipments", _versions(story.parcels, "delivered_at", period), "updated_at", partial(exports.shipments, market)),
        ("account_events", story.events, "at", partial(exports.account_events, market)),
        ("labels", story.reports, "at", partial(exports.reports, market)),
    )
    for name, table, moment, export in daily:
        day = period.day_of(table[moment].to_numpy())
        order = shuffled_days(rng, day)
        write_days(out, PROVIDERS[name], export(table[order]), day[order], period, rng, seed, written)
    for name, rows in (
        ("merchants", exports.merchants(market)),
        ("buyers", exports.buyers(market) if buyers is None else exports.buyers(market)[buyers]),
        ("listings", exports.listings(market)),
    ):
        write_file(out, PROVIDERS[name], rows[rng.permutation(rows.height)], None, rng, seed, written)
    return written


def _versions(table: pl.DataFrame, completes: str, period: Period) -> pl.DataFrame:
    """The row of the day it begins and, when it completes on a later day, the newer version of that day; as ``updated_at`` says.

    A provider exports the state at the day's end: what begins and completes on one day is sent once, complete.
    """
    begun, done = pl.Series(period.day_of(table["at"].to_numpy())), pl.col(completes)
    same_day = done.is_not_null() & (pl.lit(begun) == (done - period.start) // DAY)
    first = table.with_columns(updated_at=pl.when(same_day).then(done).otherwise("at"))
    later = table.filter(done.is_not_null() & ~same_day).with_columns(updated_at=done)
    both = pl.concat([first, later])
    return both.filter(pl.Series(period.holds(both["updated_at"].to_numpy())))
