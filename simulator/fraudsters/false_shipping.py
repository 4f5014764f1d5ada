"""Late or false shipping (虚假发货): a shop that cannot deliver says that it has.

For some days part of its honest customers' orders are scanned as delivered without a journey, handed over a week late, or not sent at all.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import happens, pick
from fairdeal.simulator.clock import DAY, HOUR
from fairdeal.simulator.fraudsters.scheme import EARLY, STEPS, Fraudster, Haul, campaign_table, evenly, own_space, start_of, wanted_orders
from fairdeal.simulator.goods import IS_VIRTUAL
from fairdeal.simulator.market import Market

#: Share of all orders; days that it goes on.
SHARE, DAYS = 0.005, (3, 9)
#: Orders within the days below which a shop is passed over: one too many campaigns of a single order.
LEAST = 3
CODES = own_space(Typology.FALSE_SHIPPING)


def spoil_orders(market: Market, orders: pl.DataFrame, rng: np.random.Generator) -> Haul:
    """The same orders, those that such shops cheat on marked and their parcels spoiled."""
    hard, wanted = market.camouflage, wanted_orders(market, SHARE)
    listing, merchant, at = (orders[name].to_numpy() for name in ("listing", "merchant", "at"))
    open_to_it = orders.select(pl.col("fake_deal").is_null() & pl.col("campaign").is_null() & (pl.col("parcel") == "goods"))
    able = open_to_it.to_series().to_numpy() & ~IS_VIRTUAL[market.listings.category[listing]]
    rows = np.flatnonzero(able)
    rows = rows[np.lexsort((at[rows], merchant[rows]))]
    edges = np.searchsorted(merchant[rows], np.arange(len(market.merchants) + 1))
    ladder = np.cumsum(np.sqrt(np.diff(edges)))
    spoiled = np.full(orders.height, -1, dtype=np.int64)
    campaigns: list[tuple[int, str, int | None, int, int, int]] = []
    first, most = rng.uniform(*EARLY), max(wanted // 5, LEAST)
    for number in range(2_000):
        if wanted <= 0 or ladder[-1] <= 0:
            break
        starts = start_of(market, first, number)
        ends = starts + int(rng.integers(*DAYS)) * DAY
        shop = int(np.searchsorted(ladder, evenly(first, number, STEPS[1]) * ladder[-1], side="right"))
        shop = min(shop, len(market.merchants) - 1)
        mine = rows[edges[shop] : edges[shop + 1]]
        low, high = np.searchsorted(at[mine], (starts, ends))
        hit = mine[low:high]
        hit = hit[happens(rng, 0.9 - 0.35 * hard, len(hit)) & (spoiled[hit] < 0)][: min(market.sized(40), most)]
        if len(hit) < LEAST:
            continue
        spoiled[hit] = CODES + number
        wanted -= len(hit)
        campaigns.append((CODES + number, Typology.FALSE_SHIPPING, shop, starts, min(ends, int(at[hit].max()) + HOUR), 1))
    chosen, code = spoiled >= 0, pl.Series(spoiled)
    kind = pick(rng, np.array([0.5 - 0.1 * hard, 0.3, 0.2 + 0.1 * hard]), orders.height)
    marked = pl.Series(chosen)
    table = orders.with_columns(
        fake_deal=pl.when(marked).then(pl.lit(str(Typology.FALSE_SHIPPING))).otherwise("fake_deal"),
        campaign=pl.when(marked).then(code).otherwise("campaign"),
        parcel=pl.when(marked).then(pl.Series(["feigned", "late", "unsent"]).gather(kind)).otherwise("parcel"),
        returns=pl.when(marked).then(0.35).otherwise("returns"),
        grievance=pl.when(marked).then(pl.lit("claim")).otherwise("grievance"),
    )
    return Haul(table, campaign_table(campaigns))


FRAUDSTER = Fraudster(Typology.FALSE_SHIPPING, spoil_orders=spoil_orders)
