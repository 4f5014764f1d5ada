"""Signs of a campaign that an order may show, held against the trade of the days around it."""

from __future__ import annotations

import polars as pl

#: Days around an order within which others count as placed together with it.
TOGETHER_DAYS = 14
DAY = 86_400
#: What buyers may share; it counts where at least half of all its users buy at the merchant, so that a carrier's network is no tie.
SHARED = ("device_id", "network_id", "address_id")
#: A parcel of less than this part of what the merchant's usually weigh is taken to be empty.
EMPTY = 0.35


def campaign_signs(orders: pl.DataFrame) -> pl.DataFrame:
    """One boolean per sign and order, in the order of the rows; never null.

    Parameters
    ----------
    orders
        ``buyer_id, merchant_id, at`` (seconds), and where known ``device_id, network_id, address_id, weight_g`` (what was shipped)
        and ``refunded_s``. What a source does not give shows no sign.

    Returns
    -------
    polars.DataFrame
        ``shares_device_id``, ``…_network_id``, ``…_address_id``: another buyer of the same merchant used the same one within the days
        around. ``new_device_id`` and so on: it was never seen at another merchant. ``new_buyer``: nor was the buyer. ``again``: the buyer
        ordered more than once there in these days. ``refunded``: the money went back. ``empty``: the parcel weighs next to nothing.
    """
    keys = [name for name in ("buyer_id", "merchant_id", *SHARED) if name in orders.columns]
    # Numbers in place of names: they are grouped and joined many times.
    rows = orders.select("at", *(pl.col(name).cast(pl.Categorical).to_physical() for name in keys)).with_row_index("row")
    signs: dict[str, pl.Series] = {}
    for name in SHARED:
        if name not in orders.columns:
            continue
        given = orders[name].is_not_null()
        signs[f"shares_{name}"] = given & _others(rows, name)
        signs[f"new_{name}"] = given & (_count(rows, [name], "merchant_id") == 1)
    signs["new_buyer"] = _count(rows, ["buyer_id"], "merchant_id") == 1
    again = [_count(_within(rows, shift), ["buyer_id", "merchant_id", "stretch"], "row") > 1 for shift in _SHIFTS]
    signs["again"] = again[0] | again[1]
    if "refunded_s" in orders.columns:
        signs["refunded"] = orders["refunded_s"].is_not_null()
    if "weight_g" in orders.columns:
        # Against the heaviest: a shop whose parcels are mostly empty has few others to hold them against.
        signs["empty"] = orders.select(pl.col("weight_g") < EMPTY * pl.col("weight_g").max().over("merchant_id")).to_series()
    return pl.DataFrame({name: sign.fill_null(False) for name, sign in signs.items()})


#: Two rows of stretches that overlap by half: whoever is within a week of the other is together in one of them.
_SHIFTS = (0, TOGETHER_DAYS * DAY // 2)


def _within(rows: pl.DataFrame, shift: int) -> pl.DataFrame:
    return rows.with_columns(stretch=(pl.col("at") + shift) // (TOGETHER_DAYS * DAY))


def _count(rows: pl.DataFrame, by: list[str], what: str) -> pl.Series:
    """How many different ones there are of what each row belongs to; null where that is not known."""
    counts = rows.select(*by, what).unique().group_by(by).agg(__n=pl.len())
    return rows.select(by).join(counts, on=by, how="left", maintain_order="left")["__n"]


def _others(rows: pl.DataFrame, name: str) -> pl.Series:
    """Whether another buyer used the same thing at the same merchant within the days around, and few used it elsewhere."""
    near = pl.Series([False]).new_from_index(0, rows.height)
    for shift in _SHIFTS:
        near_by = _within(rows, shift)
        here, all_over = (_count(near_by, by, "buyer_id") for by in (["merchant_id", name, "stretch"], [name, "stretch"]))
        near = near | ((here > 1) & (2 * here >= all_over)).fill_null(False)
    return near
