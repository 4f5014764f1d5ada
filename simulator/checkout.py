"""Checkout: the attempts to pay for the orders, declines and retries included."""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.simulator.chance import happens, pick
from fairdeal.simulator.clock import SECOND
from fairdeal.simulator.market import Market
from fairdeal.simulator.shoppers import METHODS, TRAVEL_NETWORKS
from fairdeal.simulator.tokens import space

ROUNDS = 3
#: Attempts that end for technical reasons.
FAIL_RATE = 0.01
#: Attempts with a coupon of the wallet, and attempts of which nobody keeps what was shown.
COUPON_RATE, UNRECORDED_RATE = 0.02, 0.12


def attempt_payments(market: Market, rng: np.random.Generator, orders: pl.DataFrame) -> pl.DataFrame:
    """One row per attempt to pay.

    Parameters
    ----------
    orders
        Columns of `market.ORDERS` and ``order``.

    Returns
    -------
    pl.DataFrame
        ``order, buyer, merchant, at, amount, instrument, device, network, status, method, tier, is_unsafe, look_alike, fake_payment,
        campaign, shown_amount, shown_payee, shown_method``; ``at`` in milliseconds.
        What was shown is null where the checkout keeps no record.
    """
    rounds: list[pl.DataFrame] = []
    waiting = orders.select(
        "order",
        "buyer",
        "merchant",
        "at",
        "amount",
        "instrument",
        "device",
        "network",
        "decline_rate",
        "patience",
        "look_alike",
        "fake_payment",
        "campaign",
    ).with_columns(at=pl.Series(orders["at"].to_numpy() + (4 + rng.lognormal(2.6, 0.8, orders.height)) * SECOND).cast(pl.Int64))
    for _ in range(ROUNDS):
        count = waiting.height
        declined = happens(rng, waiting["decline_rate"].to_numpy(), count)
        failed = happens(rng, FAIL_RATE, count)
        status = np.where(failed, "failed", np.where(declined, "declined", "approved"))
        rounds.append(waiting.with_columns(status=pl.Series(status)))
        again = (declined | failed) & happens(rng, waiting["patience"].to_numpy(), count)
        waiting = _second_try(market, rng, waiting.filter(pl.Series(again)))
    payments = pl.concat(rounds).drop("decline_rate", "patience")
    instrument, network = payments["instrument"].to_numpy(), payments["network"].to_numpy()
    on_the_road = (network >= TRAVEL_NETWORKS) & (network < TRAVEL_NETWORKS + space(1))
    merchant, amount, count = payments["merchant"], payments["amount"].to_numpy(), payments.height
    method = pl.Series(METHODS).gather(market.shoppers.method_of_instrument[instrument])
    # A coupon of the wallet takes something off after the sum was shown.
    has_coupon = happens(rng, COUPON_RATE, count)
    shown = amount + np.where(has_coupon, rng.choice(np.array([100, 200, 300, 500, 1000]), count), 0)
    unrecorded = pl.Series(happens(rng, UNRECORDED_RATE, count))
    return payments.with_columns(
        shown_amount=pl.Series(shown).set(unrecorded, None),
        shown_payee=merchant.set(unrecorded, None),
        shown_method=method.set(unrecorded, None),
        look_alike=pl.when(pl.Series(has_coupon)).then(pl.lit("coupon")).otherwise("look_alike"),
        method=method,
        tier=pl.Series(market.shoppers.tier_of_instrument[instrument]),
        is_unsafe=pl.Series(happens(rng, np.where(on_the_road, 0.3, 0.02), payments.height)),
    )


def _second_try(market: Market, rng: np.random.Generator, waiting: pl.DataFrame) -> pl.DataFrame:
    """The same orders a little later; honest buyers often reach for another instrument of theirs."""
    count = waiting.height
    buyer = waiting["buyer"].to_numpy()
    slot = pick(rng, np.array([0.4, 0.4, 0.2]), count)
    slot = np.minimum(slot, market.shoppers.instrument_count[buyer] - 1)
    own = waiting["fake_payment"].is_null().to_numpy()
    switches = own & happens(rng, 0.5, count)
    instrument = np.where(switches, market.shoppers.instruments[buyer, slot], waiting["instrument"].to_numpy())
    later = waiting["at"].to_numpy() + ((20 + rng.exponential(90, count)) * SECOND).astype(np.int64)
    return waiting.with_columns(instrument=pl.Series(instrument), at=pl.Series(later))
