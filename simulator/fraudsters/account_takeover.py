"""Account takeover (账户盗用): thieves get into the accounts of real buyers and pay with what is stored there.

The account, the instrument and often the address are the victim's own; what differs is a device that logged in hours before, tries that
failed, a changed password, payee, limit or permission, and purchases that the victim would not make.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.accounts import CHANGES, EVENTS
from fairdeal.simulator.chance import happens, pick, pick_apart
from fairdeal.simulator.clock import DAY, MINUTE, SECOND, time_of_day
from fairdeal.simulator.fraudsters.loot import loot
from fairdeal.simulator.fraudsters.scheme import Done, Fraudster, Haul, Round, in_rounds, wanted_orders
from fairdeal.simulator.market import Market, everyday_discount, order_table
from fairdeal.simulator.shoppers import Place, whereabouts
from fairdeal.simulator.tokens import space

#: Share of all orders, accounts that a gang holds at a time, orders from each.
SHARE, VICTIMS, ORDERS_EACH = 0.0025, (2, 8), (0.4, 0.3, 0.2, 0.1)


def place_orders(market: Market, rng: np.random.Generator) -> Haul:
    """The purchases; every payment attempt for them is fraudulent."""
    shoppers, hard = market.shoppers, market.camouflage

    def carry_out(this: Round) -> Done:
        victims = pick_apart(
            rng, shoppers.active_ladder, market.sized(int(rng.integers(*VICTIMS))), shoppers.joined_before(this.starts - 60 * DAY)
        )
        victim = np.repeat(np.arange(len(victims)), 1 + pick(rng, np.array(ORDERS_EACH), len(victims)))[: this.limit]
        count, buyer = len(victim), victims[victim]
        begins = this.starts + rng.integers(0, 4, len(victims)) * DAY + time_of_day(rng, len(victims))
        pause = rng.exponential((25 + 300 * hard) * MINUTE, count).astype(np.int64) // SECOND * SECOND
        at = begins[victim] + pause
        own = whereabouts(rng, shoppers, buyer, at)
        phones = 1 + round((len(victims) - 1) * hard)
        near = happens(rng, 0.2 + 0.5 * hard, count)
        place = Place(
            np.where(happens(rng, 0.35 * hard, count), shoppers.device[buyer], this.own + victim % phones),
            np.where(near, space(2) + shoppers.carrier[buyer], this.own + victim % phones),
            np.where(happens(rng, 0.35 + 0.4 * hard, count), own.address, this.own + victim % (1 + round(2 * hard))),
            np.zeros(count, dtype=np.bool_),
        )
        slot = np.minimum(pick(rng, np.array([0.7, 0.3]), count), shoppers.instrument_count[buyer] - 1)
        orders = order_table(
            market,
            buyer=buyer,
            listing=loot(market, rng, count),
            at=at,
            quantity=1 + happens(rng, 0.15, count).astype(np.int64),
            discount=everyday_discount(rng, count),
            place=place,
            instrument=shoppers.instruments[buyer, slot],
            decline_rate=0.16 - 0.06 * hard,
            fake_payment=Typology.ACCOUNT_TAKEOVER,
            campaign=np.full(count, this.code),
        )
        return Done(orders, None, int(at.max(initial=this.starts)), len(victims))

    return in_rounds(market, rng, Typology.ACCOUNT_TAKEOVER, wanted_orders(market, SHARE), carry_out)


def leave_events(market: Market, orders: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Failed logins, the login itself and what was changed before the first purchase from each account; columns of `accounts.EVENTS`."""
    hard = market.camouflage
    first = (
        orders.filter(pl.col("fake_payment") == Typology.ACCOUNT_TAKEOVER)
        .sort("at", "order")
        .group_by("campaign", "buyer", maintain_order=True)
        .agg(pl.col("at").first(), pl.col("device").first(), pl.col("network").first())
    )
    count = first.height
    enters = first["at"].to_numpy() - ((8 + rng.exponential(30 + 500 * hard, count)) * MINUTE).astype(np.int64) // SECOND * SECOND
    changed = enters + rng.integers(60, 400, count) * SECOND
    kind = pl.Series(CHANGES).gather(pick(rng, np.array([0.4, 0.15, 0.15, 0.3]), count))
    parts = [pl.DataFrame(schema=EVENTS)]
    for what, at, chance in (
        (pl.repeat("login_failed", count, eager=True), enters - 40 * SECOND, 0.6 - 0.4 * hard),
        (pl.repeat("login", count, eager=True), enters, 1.0),
        (kind, changed, 0.85 - 0.4 * hard),
    ):
        table = first.select(account="buyer", at=pl.Series(at, dtype=pl.Int64), kind=what, device="device", network="network")
        parts.append(table.filter(pl.Series(happens(rng, chance, count), dtype=pl.Boolean)))
    return pl.concat(parts)


FRAUDSTER = Fraudster(Typology.ACCOUNT_TAKEOVER, place_orders=place_orders, leave_events=leave_events)
