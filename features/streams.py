"""Tables as streams of events: every table that mentions a key, with the whole second at which each row became known; not executed."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from fairdeal.data_contracts.tables import INBOUND

#: The tables with times of their own that each stream of events is made of; labels, which are read whole, are left out.
READ_BY: dict[str, tuple[str, ...]] = {
    "payments": ("payments",),
    "payment_frauds": ("payments",),
    "payment_verdicts": ("payments",),
    "account_events": ("account_events",),
    "orders": ("orders",),
    "order_frauds": ("orders",),
    "shipments": ("shipments", "orders"),
    "pieces": ("shipments", "orders"),
    "parcel_signs": ("shipments", "orders"),
    "refunds": ("refunds", "orders"),
    "order_refunds": ("refunds", "orders"),
    "reviews": ("reviews",),
    "review_frauds": ("reviews",),
}

#: What refunds say that blame the goods, not the buyer's own mind: faulty, other than described, damaged, missing.
CLAIMS = "质量|不符|破损|损坏|磕碰|少件|漏发|错发|假货|未收到|(?i:damaged|not as described|faulty|defective|broken|missing|wrong item)"

#: The kind of fraud whose victim is the shop.
ATTACK = "reverse_brushing"

Tables = Mapping[str, pl.DataFrame | pl.LazyFrame]


def seconds(column: str) -> pl.Expr:
    """An instant column as whole seconds since 1970, rounded down."""
    return pl.col(column).dt.epoch("s").cast(pl.Int64)


def table(tables: Tables, name: str) -> pl.LazyFrame:
    """The table, not executed, with every contract column there; an absent table has no rows."""
    found = tables.get(name)
    return (found if found is not None else INBOUND[name].empty()).lazy()


def payments(tables: Tables) -> pl.LazyFrame:
    """Payment attempts at the moment of the attempt; ``is_declined`` and ``is_approved`` are known within the second."""
    return table(tables, "payments").with_columns(
        t=seconds("paid_at"),
        is_declined=pl.col("status").is_in(["declined", "failed"]).fill_null(False),
        is_approved=(pl.col("status") == "approved").fill_null(False),
    )


def known_frauds(tables: Tables, kind: str) -> pl.LazyFrame:
    """Subjects found fraudulent, at the moment this became known, with the subject's own key columns.

    ``is_attack`` where a rival is behind it and the shop is its victim, ``is_of_the_shop`` elsewhere.

    A subject counts once, when it first became known, and never before it happened; a later label that takes it back removes nothing
    from the past.
    """
    name, key = {"payment": ("payments", "payment_id"), "order": ("orders", "order_id"), "review": ("reviews", "review_id")}[kind]
    labels = (
        table(tables, "labels")
        .filter((pl.col("subject_kind") == kind) & pl.col("is_fraud"))
        .group_by("subject_id")
        .agg(
            pl.col("available_at").min(),
            is_attack=(pl.col("typology").sort_by("available_at", "typology").first() == ATTACK).fill_null(False),
        )
        .rename({"subject_id": key})
        .collect()
    )
    if not labels.height:
        nothing = {"available_at": pl.Datetime("us", "UTC"), "t": pl.Int64(), "is_attack": pl.Boolean(), "is_of_the_shop": pl.Boolean()}
        return table(tables, name).clear().with_columns(pl.lit(None, dtype).alias(column) for column, dtype in nothing.items())
    happened = INBOUND[name].event_at or ""
    found = (
        table(tables, name)
        .join(labels.lazy(), on=key, how="inner")
        .with_columns(t=pl.max_horizontal(seconds("available_at"), seconds(happened)), is_of_the_shop=~pl.col("is_attack"))
    )
    # Few rows of a long table, looked at by many keys: found once.
    return found.collect(engine="streaming").lazy()


def verdicts(tables: Tables, kind: str) -> pl.LazyFrame:
    """Subjects at the moment their first verdict became known; ``is_cleared`` where it was that they are honest."""
    name, key = {"payment": ("payments", "payment_id"), "order": ("orders", "order_id"), "review": ("reviews", "review_id")}[kind]
    first = (
        table(tables, "labels")
        .filter(pl.col("subject_kind") == kind)
        .group_by("subject_id")
        .agg(pl.col("available_at").min(), is_cleared=~pl.col("is_fraud").sort_by("available_at", "is_fraud").first())
        .rename({"subject_id": key})
    )
    happened = INBOUND[name].event_at or ""
    known = pl.max_horizontal(seconds("available_at"), seconds(happened))
    return table(tables, name).join(first, on=key, how="inner").with_columns(t=known)


def account_events(tables: Tables) -> pl.LazyFrame:
    """What happened to accounts short of trading, by account as payer."""
    return table(tables, "account_events").with_columns(
        t=seconds("occurred_at"),
        payer_id=pl.col("account_id"),
        is_login=pl.col("kind") == "login",
        is_login_failed=pl.col("kind") == "login_failed",
        is_new_device=pl.col("kind") == "new_device",
        is_credential_change=pl.col("kind").is_in(["password_change", "payee_change", "limit_change", "permission_change"]),
    )


def orders(tables: Tables) -> pl.LazyFrame:
    """Orders at the moment they were placed."""
    return table(tables, "orders").with_columns(t=seconds("ordered_at"))


def refunds(tables: Tables) -> pl.LazyFrame:
    """Refund requests with the order's buyer and merchant filled in where the refund does not name them.

    A request that is told before its order counts from the order on: only then is it known whose it is.
    """
    parties = table(tables, "orders").select(
        "order_id", order_buyer="buyer_id", order_merchant="merchant_id", order_s=seconds("ordered_at")
    )
    return (
        table(tables, "refunds")
        .join(parties, on="order_id", how="left")
        .with_columns(
            t=pl.max_horizontal(seconds("requested_at"), "order_s"),
            buyer_id=pl.coalesce("buyer_id", "order_buyer"),
            payer_id=pl.coalesce("buyer_id", "order_buyer"),
            merchant_id=pl.coalesce("merchant_id", "order_merchant"),
        )
        .drop("order_buyer", "order_merchant", "order_s")
    )


def is_claim() -> pl.Expr:
    """Which refunds blame the goods, by the reason that the buyer gave."""
    return pl.col("reason").str.contains(CLAIMS).fill_null(False)


def shipments(tables: Tables) -> pl.LazyFrame:
    """Parcels at the moment the carrier took them, with the order's merchant and listing; not before their order is known."""
    parties = table(tables, "orders").select("order_id", "listing_id", order_merchant="merchant_id", order_s=seconds("ordered_at"))
    return (
        table(tables, "shipments")
        .join(parties, on="order_id", how="left")
        .with_columns(t=pl.max_horizontal(seconds("shipped_at"), "order_s"), merchant_id=pl.coalesce("merchant_id", "order_merchant"))
        .drop("order_merchant", "order_s")
    )


def is_by_buyer() -> pl.Expr:
    """Which reviews buyers wrote. A shop's rating of a buyer tells nothing of the shop, its listings or its traffic."""
    return pl.col("author_kind").fill_null("buyer") == "buyer"


def rating_hundredths() -> pl.Expr:
    """The rating in hundredths of a star, so that sums of it stay whole."""
    return (pl.col("rating") * 100).round().cast(pl.Int64)


def reviews(tables: Tables) -> pl.LazyFrame:
    """Buyers' reviews at the moment they were posted; the rating in hundredths of a star, so that sums stay whole."""
    return (
        table(tables, "reviews")
        .filter(is_by_buyer())
        .with_columns(
            t=seconds("posted_at"),
            rating_hundredths=rating_hundredths(),
            is_top=pl.col("rating") >= 5,
        )
    )
