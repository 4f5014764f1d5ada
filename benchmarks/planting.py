"""Campaigns planted into the orders of real marketplaces. Written before any detector of them, and frozen: it knows of none.

A host is a marketplace's real orders: who bought where and when. Devices, networks and addresses, which publishers leave out, are drawn for
its people as they live: alone or in families, some order from an office, many over a mobile carrier's shared addresses. Campaigns are 20 to
300 orders at one merchant over 3 to 14 days, of five kinds; their strength is orders a day. Paid campaigns place 20 a day and more.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import parser, tell

DAY = 86_400
KINDS = ("buyer_ring", "self_purchase", "refund_loop", "empty_parcel", "reverse_brushing")
#: Orders and days of one campaign.
ORDERS, DAYS = (20, 300), (3, 14)
#: Campaigns of each kind in one host.
EACH = 2
COLUMNS = {
    "order_id": pl.String(),
    "buyer_id": pl.String(),
    "merchant_id": pl.String(),
    "at": pl.Int64(),
    "amount_minor": pl.Int64(),
    "device_id": pl.String(),
    "network_id": pl.String(),
    "address_id": pl.String(),
    "weight_g": pl.Float64(),
    "refunded_s": pl.Int64(),
    "campaign": pl.Int64(),
    "kind": pl.String(),
}


@dataclass(frozen=True)
class Host:
    """A marketplace's real orders.

    Parameters
    ----------
    name
        Of the host.
    orders
        ``order_id, buyer_id, merchant_id, at`` (seconds), ``amount_minor``, ``weight_g`` and ``refunded_s``, null where not known, not so.
    """

    name: str
    orders: pl.DataFrame


def olist(data: Path) -> Host:
    """Olist: merchant = seller; an order of several sellers is the one's with most of its value; ended canceled = refunded after 5 days."""
    folder = _there(data / "olist")
    read = {name: pl.read_csv(folder / f"olist_{name}_dataset.csv", infer_schema_length=0) for name in ("orders", "customers")}
    items = pl.read_csv(folder / "olist_order_items_dataset.csv", infer_schema_length=0).join(
        pl.read_csv(folder / "olist_products_dataset.csv", infer_schema_length=0).select("product_id", "product_weight_g"),
        on="product_id",
        how="left",
    )
    sold = (
        items.with_columns(pl.col("price").cast(pl.Float64), weight=pl.col("product_weight_g").cast(pl.Float64, strict=False))
        .group_by("order_id", "seller_id")
        .agg(pl.col("price").sum(), pl.col("weight").sum())
        .sort("order_id", "price", "seller_id", descending=[False, True, False])
        .unique("order_id", keep="first", maintain_order=True)
    )
    orders = read["orders"].join(read["customers"], on="customer_id").join(sold, on="order_id").sort("order_id")
    at = pl.col("order_purchase_timestamp").str.to_datetime("%Y-%m-%d %H:%M:%S").dt.epoch("s")
    return Host(
        "olist",
        orders.select(
            "order_id",
            buyer_id="customer_unique_id",
            merchant_id="seller_id",
            at=at,
            amount_minor=(pl.col("price") * 100).cast(pl.Int64),
            weight_g=pl.when(pl.col("weight") > 0).then("weight"),
            refunded_s=pl.when(pl.col("order_status") == "canceled").then(at + 5 * DAY),
        ),
    )


def online_retail(data: Path) -> Host:
    """Online Retail: merchant = stock code, user = customer; a cancellation of the same piece by the same customer is a refund."""
    lines = pl.read_parquet(_there(data / "online-retail") / "invoices.parquet").filter(
        pl.col("CustomerID").is_not_null() & pl.col("StockCode").str.contains(r"^\d{5}")
    )
    lines = lines.with_columns(buyer_id=pl.col("CustomerID").str.replace(r"\.0$", ""), at=pl.col("InvoiceDate").dt.epoch("s"))
    bought = (
        lines.filter(~pl.col("InvoiceNo").str.starts_with("C") & (pl.col("Quantity") > 0) & (pl.col("UnitPrice") > 0))
        .group_by("InvoiceNo", "StockCode", "buyer_id")
        .agg(pl.col("at").min(), amount_minor=(pl.col("Quantity") * pl.col("UnitPrice") * 100).sum().cast(pl.Int64))
        .sort("InvoiceNo", "StockCode")
    )
    back = (
        lines.filter(pl.col("InvoiceNo").str.starts_with("C")).select("StockCode", "buyer_id", refunded_s="at").sort("refunded_s").unique()
    )
    orders = bought.sort("at").join_asof(
        back,
        left_on="at",
        right_on="refunded_s",
        by=["StockCode", "buyer_id"],
        strategy="forward",
        tolerance=30 * DAY,
        check_sortedness=False,
    )
    rng = np.random.default_rng(0)
    pieces = orders["StockCode"].unique().sort()
    weights = pl.DataFrame({"StockCode": pieces, "weight_g": np.round(rng.lognormal(5.8, 0.8, len(pieces)))})
    return Host(
        "online_retail",
        orders.join(weights, on="StockCode")
        .sort("InvoiceNo", "StockCode")
        .select(
            pl.format("{}-{}", "InvoiceNo", "StockCode").alias("order_id"),
            "buyer_id",
            pl.col("StockCode").alias("merchant_id"),
            "at",
            "amount_minor",
            "weight_g",
            "refunded_s",
        ),
    )


HOSTS = {"olist": olist, "online_retail": online_retail}


def _there(folder: Path) -> Path:
    if not folder.exists():
        sys.exit(f"{folder}: not there; allowed is a folder that holds the host's files; give it with --data")
    return folder


def planted(host: Host, per_day: float, seed: int) -> pl.DataFrame:
    """The host's orders and the campaigns', sorted by time; columns of `COLUMNS`, ``campaign`` null where honest.

    Parameters
    ----------
    per_day
        Orders that each campaign places a day at its merchant.
    """
    rng = np.random.default_rng([seed, 20_260_101])
    honest = _lived(host, rng)
    merchants = honest["merchant_id"].value_counts().filter(pl.col("count") >= 3).sort("merchant_id")
    chosen = rng.choice(merchants.height, EACH * len(KINDS), replace=False)
    campaigns = [
        _campaign(honest, str(merchants["merchant_id"][int(at)]), number, KINDS[number % len(KINDS)], per_day, rng)
        for number, at in enumerate(chosen)
    ]
    return pl.concat([honest, *campaigns]).sort("at", "order_id")


def _lived(host: Host, rng: np.random.Generator) -> pl.DataFrame:
    """The host's orders with devices, networks and addresses of people as they live."""
    orders = host.orders
    people = orders["buyer_id"].unique().sort()
    count = len(people)
    # Four in five live alone; families of two to five share their address and network, and now and then a device.
    sizes = np.where(rng.random(count) < 0.8, 1, rng.integers(2, 6, count))
    home = np.repeat(np.arange(count), sizes)[:count]
    home = home[rng.permutation(count)]
    shares_device = rng.random(count) < 0.3
    office = np.where(rng.random(count) < 0.12, rng.integers(0, max(1, count // 60), count), -1)
    devices = 1 + (rng.random(count) < 0.35)
    carrier = rng.integers(0, max(3, count // 2_000), count)
    who = orders.select(pl.col("buyer_id").replace_strict(people, np.arange(count), return_dtype=pl.Int64)).to_series().to_numpy()
    total = len(who)
    which = (rng.random(total) * devices[who]).astype(int)
    family = shares_device[who] & (rng.random(total) < 0.5)
    draw = rng.random(total)
    network = np.where(draw < 0.25, np.char.add("carrier", carrier[who].astype(str)), np.char.add("home", home[who].astype(str)))
    at_office = (office[who] >= 0) & (draw > 0.7)
    network = np.where(at_office, np.char.add("office", office[who].astype(str)), network)
    gift = rng.random(total) < 0.05
    address = np.where(gift, np.char.add("gift", rng.integers(0, count, total).astype(str)), np.char.add("home", home[who].astype(str)))
    address = np.where(at_office & (rng.random(total) < 0.5), np.char.add("office", office[who].astype(str)), address)
    own = np.char.add(np.char.add(who.astype(str), "-"), which.astype(str))
    refunded = pl.when(pl.Series(rng.random(total) < 0.03)).then(pl.col("at") + pl.Series(rng.integers(2 * DAY, 12 * DAY, total)))
    weighed = pl.Series(np.where(rng.random(total) < 0.1, np.nan, rng.lognormal(0, 0.08, total)))
    return orders.with_columns(
        device_id=pl.Series(np.where(family, np.char.add("family", home[who].astype(str)), own)),
        network_id=pl.Series(network),
        address_id=pl.Series(address),
        weight_g=(pl.col("weight_g") * weighed).fill_nan(None),
        refunded_s=pl.coalesce("refunded_s", refunded),
        campaign=None,
        kind=None,
    ).select(pl.col(name).cast(dtype) for name, dtype in COLUMNS.items())


def _campaign(honest: pl.DataFrame, merchant: str, number: int, kind: str, per_day: float, rng: np.random.Generator) -> pl.DataFrame:
    """The orders of one campaign at a merchant."""
    least = min(DAYS[1], max(DAYS[0], int(np.ceil(ORDERS[0] / per_day))))
    days = int(rng.integers(least, DAYS[1] + 1))
    size = max(2, min(ORDERS[1], round(per_day * days)))
    mine = honest.filter(pl.col("merchant_id") == merchant)
    # While the shop trades: campaigns lift what is for sale.
    low, high = int(mine["at"].min()), int(mine["at"].max())  # type: ignore[arg-type]
    first = int(rng.integers(low, max(low + 1, high - days * DAY)))
    first -= first % DAY
    at = first + rng.integers(0, days, size) * DAY + rng.integers(9 * 3600, 24 * 3600, size)
    accounts = {"self_purchase": max(3, size // 12), "refund_loop": max(4, size // 3)}.get(kind, max(6, round(size / 1.3)))
    member = np.concatenate([np.arange(min(accounts, size)), rng.integers(0, accounts, max(0, size - accounts))])[:size]
    people = honest["buyer_id"].unique().sort()
    # Some members are recruited from among the people who trade here anyway, and bring their honest past.
    recruited = rng.random(accounts) < {"self_purchase": 0.0}.get(kind, 0.4)
    name = np.where(recruited, people.gather(rng.choice(len(people), accounts, replace=False)).to_numpy(), _named(f"c{number}-b", accounts))
    # device, network, address: what part of the members use the gang's own, and how many members one of them serves.
    device, network, address = {
        "buyer_ring": ((0.6, 6), (0.7, 10), (0.5, 8)),
        "self_purchase": ((0.95, 3), (0.95, 6), (0.9, 6)),
        "refund_loop": ((0.4, 4), (0.5, 6), (0.3, 4)),
        "empty_parcel": ((0.25, 4), (0.35, 8), (0.2, 5)),
        "reverse_brushing": ((0.5, 5), (0.6, 8), (0.4, 6)),
    }[kind]

    def used(what: str, part: tuple[float, int]) -> np.ndarray:
        gang = rng.random(accounts) < part[0]
        shared = np.char.add(f"c{number}-{what}", (np.arange(accounts) // part[1]).astype(str))
        own = np.char.add(f"c{number}-own-{what}", np.arange(accounts).astype(str))
        return np.where(gang, shared, own)[member]

    typical = mine["weight_g"].drop_nulls().median()
    usual = float(typical) if isinstance(typical, float) else 400.0
    empty = rng.random(size) < {"empty_parcel": 0.95, "buyer_ring": 0.5, "self_purchase": 0.5}.get(kind, 0.0)
    returned = rng.random(size) < {"refund_loop": 0.9, "reverse_brushing": 0.6}.get(kind, 0.03)
    amount = mine["amount_minor"].gather(rng.integers(0, mine.height, size)).to_numpy()
    rows = pl.DataFrame(
        {
            "order_id": _named(f"c{number}-o", size),
            "buyer_id": name[member],
            "merchant_id": [merchant] * size,
            "at": at,
            "amount_minor": amount,
            "device_id": used("d", device),
            "network_id": used("n", network),
            "address_id": used("a", address),
            "weight_g": np.where(empty, rng.uniform(15, 60, size), usual * rng.lognormal(0, 0.08, size)),
            "refunded_s": np.where(returned, at + rng.integers(DAY, 6 * DAY, size), -1),
            "campaign": [number] * size,
            "kind": [kind] * size,
        }
    )
    return rows.with_columns(refunded_s=pl.when(pl.col("refunded_s") > 0).then("refunded_s")).select(
        pl.col(column).cast(dtype) for column, dtype in COLUMNS.items()
    )


def _named(prefix: str, count: int) -> np.ndarray:
    return np.char.add(prefix, np.arange(count).astype(str))


def main(arguments: argparse.Namespace) -> None:
    """How much is honest and how much planted, campaign by campaign, at the strength of paid ones."""
    for name, read in HOSTS.items():
        orders = planted(read(arguments.data), 20.0, 0)
        tell(f"planting.{name}.honest", float(orders["campaign"].null_count()), "orders")
        sizes = orders.drop_nulls("campaign").group_by("campaign", "kind").len().sort("campaign")
        for number, kind, size in sizes.iter_rows():
            tell(f"planting.{name}.{number}.{kind}", float(size), "orders")


if __name__ == "__main__":
    main(parser(__doc__ or "").parse_args())
