"""Payment errors (支付失误): a checkout charges twice, another sum, another payee or by another method than it showed.

Nobody needs to mean harm, except where the payee changes. An incident hits one channel for hours or one shop for days. What the payer was
shown is on record for most attempts; the difference can be read off there.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import Ints, happens
from fairdeal.simulator.clock import DAY, HOUR, SECOND
from fairdeal.simulator.fraudsters.scheme import EARLY, GOLDEN, Fraudster, Haul, campaign_table, evenly, own_space, wanted_orders
from fairdeal.simulator.market import Market
from fairdeal.simulator.shoppers import METHODS

#: Share of all payments that are charged wrongly; payments that an incident hits.
SHARE, HIT = 0.003, (4, 16)
KINDS = ("twice", "sum", "payee", "method")
CODES = own_space(Typology.PAYMENT_ERROR)


def alter_payments(market: Market, payments: pl.DataFrame, rng: np.random.Generator) -> Haul:
    """The same attempts and the second charges, with those marked that were charged wrongly."""
    wanted, first = wanted_orders(market, SHARE), rng.uniform(*EARLY)
    able = payments.select(
        (pl.col("status") == "approved")
        & pl.col("fake_payment").is_null()
        & pl.col("campaign").is_null()
        & pl.col("shown_amount").is_not_null()
    )
    at = payments["at"].to_numpy()
    rows = np.flatnonzero(able.to_series().to_numpy())
    rows = rows[np.argsort(at[rows], kind="stable")]
    most = max(wanted // 6, 2)
    incident, kind = np.full(payments.height, -1, dtype=np.int64), np.full(payments.height, -1, dtype=np.int64)
    campaigns: list[tuple[int, str, int | None, int, int, int]] = []
    for number in range(10_000):
        if wanted <= 0 or len(rows) == 0:
            break
        starts = market.period.start + int(evenly(first, number, GOLDEN) * market.period.days * DAY)
        what = int(rng.integers(0, len(KINDS)))
        hit, shop, ends = _hit(market, rng, payments, rows, at, starts, what)
        hit = hit[incident[hit] < 0][: min(market.sized(int(rng.integers(*HIT))), most, wanted)]
        if len(hit) == 0:
            continue
        incident[hit], kind[hit] = CODES + number, what
        wanted -= len(hit)
        campaigns.append((CODES + number, Typology.PAYMENT_ERROR, shop, starts, ends, len(hit)))
    return Haul(_charged(market, rng, payments, incident, kind), campaign_table(campaigns))


def _hit(
    market: Market, rng: np.random.Generator, payments: pl.DataFrame, rows: Ints, at: Ints, starts: int, what: int
) -> tuple[Ints, int | None, int]:
    """Payments that an incident may hit, its shop if it is one shop's, its end."""
    by_shop = KINDS[what] == "payee"
    ends = starts + (int(rng.integers(3, 9)) * DAY if by_shop else int(rng.integers(2, 10 + round(20 * market.camouflage))) * HOUR)
    low, high = np.searchsorted(at[rows], (starts, ends))
    near = rows[low:high]
    if len(near) == 0:
        return near, None, ends
    one = int(near[int(rng.integers(0, len(near)))])
    column = "merchant" if by_shop else "method"
    same = (payments[column].gather(near) == payments[column][one]).to_numpy()
    thinned = same & happens(rng, 1.0 if by_shop else 0.6 - 0.4 * market.camouflage, len(near))
    return near[thinned], int(payments["merchant"][one]) if by_shop else None, ends


def _charged(market: Market, rng: np.random.Generator, payments: pl.DataFrame, incident: Ints, kind: Ints) -> pl.DataFrame:
    hard, count = market.camouflage, payments.height
    wrong = [pl.Series(kind == number) for number in range(len(KINDS))]
    twice, other_sum, other_payee, other_method = wrong
    amount = payments["amount"].to_numpy()
    gross = np.where(happens(rng, 0.5, count), amount * 10, amount + rng.integers(5, 40, count) * 1_000)
    slight = (amount * rng.uniform(1.03, 1.25, count)).astype(np.int64) + 1
    thief = rng.permutation(len(market.merchants))[incident % len(market.merchants)]
    thief = np.where(thief == payments["merchant"].to_numpy(), (thief + 1) % len(market.merchants), thief)
    method = payments["method"].replace_strict({name: METHODS[number - 1] for number, name in enumerate(METHODS)})
    marked = pl.Series(kind > 0)
    table = payments.with_columns(
        amount=pl.when(other_sum).then(pl.Series(np.where(happens(rng, 0.3 + 0.6 * hard, count), slight, gross))).otherwise("amount"),
        merchant=pl.when(other_payee).then(pl.Series(thief)).otherwise("merchant"),
        method=pl.when(other_method).then(method).otherwise("method"),
        fake_payment=pl.when(marked).then(pl.lit(str(Typology.PAYMENT_ERROR))).otherwise("fake_payment"),
        campaign=pl.when(marked).then(pl.Series(incident)).otherwise("campaign"),
    )
    later = (3 + rng.exponential(20 + 400 * hard, count)).astype(np.int64) * SECOND
    again = payments.with_columns(
        at=pl.col("at") + pl.Series(later), fake_payment=pl.lit(str(Typology.PAYMENT_ERROR)), campaign=pl.Series(incident)
    ).filter(twice)
    return pl.concat([table, again.select(table.columns)])


FRAUDSTER = Fraudster(Typology.PAYMENT_ERROR, alter_payments=alter_payments)
