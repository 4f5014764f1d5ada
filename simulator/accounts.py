"""Accounts: logins, new devices and changed passwords around the orders."""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.simulator.chance import happens, pick
from fairdeal.simulator.clock import MINUTE, SECOND
from fairdeal.simulator.market import Market

#: Share of orders before which the account logs in anew, of logins that fail first, and of new devices that the platform notices.
LOGIN_RATE, FAILED_RATE, NOTICED_RATE = 0.3, 0.06, 0.85
#: Changes that an owner, or somebody else, makes to an account.
CHANGES = ("password_change", "payee_change", "limit_change", "permission_change")
#: One row per event; codes, and milliseconds.
EVENTS: dict[str, pl.DataType] = {
    "account": pl.Int64(),
    "at": pl.Int64(),
    "kind": pl.String(),
    "device": pl.Int64(),
    "network": pl.Int64(),
}


def account_events(market: Market, rng: np.random.Generator, orders: pl.DataFrame) -> pl.DataFrame:
    """What the orders' buyers did to their accounts; columns of `EVENTS`.

    An account whose order comes from a device that is not its usual one and was not seen before gets a ``new_device`` event.
    """
    visits = orders.select(account="buyer", at="at", device="device", network="network")
    usual = pl.Series(market.shoppers.device).gather(visits["account"])
    count = visits.height
    is_new = (
        visits.select((pl.col("at") == pl.col("at").min().over("account", "device")).alias("first"))["first"] & (visits["device"] != usual)
    ).to_numpy()
    logs_in = happens(rng, LOGIN_RATE, count) | (is_new & happens(rng, 0.7, count))
    fumbles = logs_in & happens(rng, np.where(is_new, 3 * FAILED_RATE, FAILED_RATE), count)
    before = (1 + rng.exponential(6, count)) * MINUTE
    parts = [
        _before(visits, logs_in, before, "login"),
        _before(visits, fumbles, before + 40 * SECOND, "login_failed"),
        _before(visits, is_new & happens(rng, NOTICED_RATE, count), before - 2 * SECOND, "new_device"),
        _changes(rng, visits),
        _moving_in(rng, orders),
    ]
    return pl.concat(parts)


def _before(visits: pl.DataFrame, chosen: np.ndarray, lead: np.ndarray, kind: str) -> pl.DataFrame:
    at = (visits["at"].to_numpy() - lead).astype(np.int64) // SECOND * SECOND
    return (
        visits.with_columns(at=pl.Series(at), kind=pl.lit(kind))
        .filter(pl.Series(chosen))
        .select("account", "at", "kind", "device", "network")
    )


def _changes(rng: np.random.Generator, visits: pl.DataFrame) -> pl.DataFrame:
    """Honest changes of password, payee, limit and permissions, at some visit."""
    chosen = visits.filter(pl.Series(happens(rng, 0.012, visits.height)))
    kinds = pl.Series(CHANGES).gather(pick(rng, np.array([0.5, 0.2, 0.15, 0.15]), chosen.height))
    at = chosen["at"].to_numpy() + rng.integers(1, 90, chosen.height) * MINUTE
    return chosen.with_columns(at=pl.Series(at), kind=kinds).select("account", "at", "kind", "device", "network")


def _moving_in(rng: np.random.Generator, orders: pl.DataFrame) -> pl.DataFrame:
    """What owners of a new phone change on it before they buy something dear."""
    chosen = orders.filter((pl.col("look_alike") == "new_phone").fill_null(False)).select("device", "network", account="buyer", at="at")
    chosen = chosen.filter(pl.Series(happens(rng, 0.6, chosen.height), dtype=pl.Boolean))
    kinds = pl.Series(CHANGES).gather(pick(rng, np.array([0.5, 0.1, 0.15, 0.25]), chosen.height))
    at = chosen["at"].to_numpy() - rng.integers(5, 600, chosen.height) * MINUTE
    return chosen.with_columns(at=pl.Series(at, dtype=pl.Int64), kind=kinds).select(list(EVENTS))
