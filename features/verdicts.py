"""What verdicts say of a party: which share of what was judged turned out to be fraud."""

from __future__ import annotations

import polars as pl

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.data_contracts.typologies import Typology
from fairdeal.features.definitions import Derived, Feature, window_feature
from fairdeal.features.trails import DAY, Aggregate

#: Where only frauds are ever named, all that was judged is fraud, and a share of it says nothing: some payment must have been cleared.
CLEARED = "currency_payment_cleared_count_30d"


def cleared(catches: tuple[Typology, ...]) -> Feature:
    """Whether honest payments are named at all, as far as is known: those of the currency that were, in 30 days."""
    return window_feature(
        "currency",
        ("currency",),
        "payment_cleared",
        Aggregate.COUNT,
        30 * DAY,
        catches,
        stream="payment_verdicts",
        where="is_cleared",
        is_part=True,
    )


def verdict_count(entity: str, key: tuple[str, ...], days: int, catches: tuple[Typology, ...]) -> Feature:
    """Payments of a party on which a verdict came."""
    return window_feature(entity, key, "payment_verdict", Aggregate.COUNT, days * DAY, catches, stream="payment_verdicts", is_part=True)


def fraud_share(entity: str, days: int, catches: tuple[Typology, ...], zh: str, en: str, *, usual: bool = False) -> Feature:
    """Share of known frauds among a party's verdicts of the same days, so that payments nobody has judged yet do not thin it.

    Both counts are registered besides. With ``usual`` only frauds count that were nothing unusual for their payer: these speak of the
    payee.
    """
    kind, zh_kind, en_kind = ("usual_fraud", "金额平常的欺诈", "fraud of usual size") if usual else ("fraud", "欺诈", "fraud")
    frauds = pl.col(f"{entity}_payment_{kind}_count_{days}d").cast(pl.Float64)
    verdicts = pl.col(f"{entity}_payment_verdict_count_{days}d")
    told = pl.when((verdicts > 0) & (pl.col(CLEARED) > 0)).then(frauds / verdicts)
    return Feature(
        Derived(f"{entity}_{kind}_share_{days}d", told),
        catches,
        "no verdict in this time, or only frauds are ever named",
        ReasonTemplate(
            f"{entity.upper()}_{kind.upper()}_SHARE_{days}D",
            f"{zh}最近 {days} 天得知结论的付款中{zh_kind}占 {{value}}（通常 {{norm}}）",
            f"Share of {en_kind} among {en} on which the verdict came in the last {days} days: {{value}} ({{norm}} is usual)",
            "share",
            1,
        ),
    )
