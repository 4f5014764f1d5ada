"""From contracted tables to a feature table: one row per subject and moment, one column per registered feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

import polars as pl

from fairdeal.data_contracts.features import CARRIED, REVIEW_CARRIED
from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features import orders, payments, reviews, streams
from fairdeal.features.definitions import Derived, Feature, Own, Ratio, ToHistory
from fairdeal.features.parcel_signs import USUAL_DAYS
from fairdeal.features.trails import DAY, Aggregate, Trail
from fairdeal.features.usual import HABIT_DAYS
from fairdeal.features.windows import evaluate

#: Every registered feature, by detector.
FEATURES: dict[Detector, tuple[Feature, ...]] = {
    Detector.PAYMENTS: payments.FEATURES,
    Detector.DEALS: orders.FEATURES,
    Detector.REVIEWS: reviews.FEATURES,
}
#: Where each detector's rows and streams are made.
MODULES: dict[Detector, ModuleType] = {Detector.PAYMENTS: payments, Detector.DEALS: orders, Detector.REVIEWS: reviews}

#: History that every table is given before the first subject: joins look so far back, whatever the windows do.
LEAST_HISTORY_S = 30 * DAY
#: Whether a known fraud was usual for its payer is held against payments so long before the fraud,
#: and a parcel against parcels of its listing before it was sent, which may lie as long again before it could be seen.
BEFORE_S = {"payment_frauds": HABIT_DAYS * DAY, "parcel_signs": 2 * USUAL_DAYS * DAY}


@dataclass(frozen=True)
class FeatureTable:
    """Features of one detector's subjects.

    Parameters
    ----------
    rows
        One row per subject and moment, sorted by both: `CARRIED` columns, the features as doubles (null where not known), for reviews
        also ``text`` and ``rating``.
    names
        Feature columns that a model may read, in registration order, then extras.
    blind
        Features that are null throughout because the source does not give what they need.
    """

    rows: pl.DataFrame
    names: tuple[str, ...]
    blind: tuple[str, ...]


def trails_of(features: Sequence[Feature]) -> list[Trail]:
    """Every window that features rest on, each once."""
    found = [feature.definition.history if isinstance(feature.definition, ToHistory) else feature.definition for feature in features]
    return list({trail.name: trail for trail in found if isinstance(trail, Trail)}.values())


def history_s(table: str) -> int:
    """Seconds of history that features need of a table before the first subject: as far back as some registered window looks at it."""
    needed = LEAST_HISTORY_S
    for features in FEATURES.values():
        for trail in trails_of(features):
            if table in streams.READ_BY[trail.stream]:
                needed = max(needed, trail.reach + BEFORE_S.get(trail.stream, 0))
    return needed


def reasons(detector: Detector) -> Mapping[str, ReasonTemplate]:
    """The sentences that explain a detector's features, by feature name."""
    return {feature.name: feature.reason for feature in FEATURES[detector] if feature.reason is not None}


def build(
    detector: Detector,
    tables: streams.Tables,
    subjects: pl.DataFrame,
    *,
    as_of: pl.Series | None = None,
    time_zone: str = "UTC",
    with_parts: bool = False,
) -> FeatureTable:
    """What was known about each subject at its moment, and nothing later.

    Parameters
    ----------
    detector
        Whose features.
    tables
        Contracted tables by name, with at least `history_s` of history where there is any; absent tables leave features blind.
        Rows later than a subject's moment may be present: they change nothing.
    subjects
        Rows of the detector's table, possibly the same row more than once at different moments.
    as_of
        The moment of each row; payments are scored as of the attempt and need none.
    time_zone
        What an hour of the day is.
    with_parts
        Whether the rows carry what features are made of, too: ``t`` and the features that no model reads.

    Notes
    -----
    Extra columns that the source carries (``x_…``) join as they are where they are numbers; a text extra becomes a key whose traffic
    is counted over 30 days.
    """
    module = MODULES[detector]
    rows = module.prepare(subjects, tables, as_of, time_zone).sort("as_of_at", "subject_id")
    registered = registered_features(detector, subjects.schema)
    numeric = [name for name, dtype in subjects.schema.items() if name.startswith("x_") and dtype.is_numeric()]
    found = evaluate(rows, module.event_streams(tables), trails_of(registered))
    owns = {feature.name: feature.definition.expression for feature in registered if isinstance(feature.definition, Own)}
    values = rows.with_columns(found.get_columns()).with_columns(**owns)
    del rows, found
    values = ratios(values, registered)
    names = (*(feature.name for feature in registered if not feature.is_part), *numeric)
    carried = [column.name for column in (*CARRIED, *(REVIEW_CARRIED if detector is Detector.REVIEWS else ()))]
    parts = ["t", *(feature.name for feature in registered if feature.is_part)] if with_parts else []
    table = values.select(*carried, *dict.fromkeys((*names, *parts)))
    del values
    # Column by column, so that the whole numbers are let go of as the doubles are made.
    table = pl.DataFrame([table.drop_in_place(name).cast(pl.Float64) if name in names else table[name] for name in table.columns])
    blind = tuple(name for name in names if table.height and table[name].null_count() == table.height)
    return FeatureTable(table, names, blind)


def ratios(values: pl.DataFrame, features: Sequence[Feature]) -> pl.DataFrame:
    """The values with those of the features that follow from other columns of theirs, in double precision."""
    pairs = {
        one.name: (one.upper, one.lower) if isinstance(one, Ratio) else (one.own, one.history.name)
        for feature in features
        if isinstance(one := feature.definition, Ratio | ToHistory)
    }
    made = values.with_columns(
        **{
            name: pl.when(pl.col(lower) != 0).then(pl.col(upper).cast(pl.Float64) / pl.col(lower).cast(pl.Float64))
            for name, (upper, lower) in pairs.items()
        }
    )
    for feature in features:
        if isinstance(derived := feature.definition, Derived):
            made = made.with_columns(derived.expression.alias(derived.name))
            if made.schema[derived.name].is_float():
                made = made.with_columns(pl.when(pl.col(derived.name).is_finite()).then(pl.col(derived.name)).alias(derived.name))
    return made


def extra_features(detector: Detector, name: str) -> tuple[Feature, ...]:
    """How the traffic of a text extra is counted over 30 days: its rows, its accounts, and those of its rows known as frauds."""
    actor = {Detector.PAYMENTS: "payer_id", Detector.DEALS: "buyer_id", Detector.REVIEWS: "reviewer_id"}[detector]
    traffic = Trail(name, (name,), detector.table, "extra", Aggregate.COUNT, 30 * DAY)
    accounts = Trail(name, (name,), detector.table, "extra", Aggregate.DISTINCT, 30 * DAY, actor)
    known = Trail(name, (name,), f"{detector.subject_kind}_frauds", "extra_fraud", Aggregate.COUNT, 30 * DAY)
    share = Ratio(f"{name}_extra_fraud_share_30d", known.name, traffic.name)
    return tuple(Feature(definition, (), "the source does not say", None) for definition in (traffic, accounts, known, share))


def registered_features(detector: Detector, columns: Mapping[str, pl.DataType]) -> tuple[Feature, ...]:
    """Every feature of a detector over a table with these columns: the registered ones and those of its text extras."""
    extras = [name for name, dtype in columns.items() if name.startswith("x_") and not dtype.is_numeric()]
    return (*FEATURES[detector], *(feature for name in extras for feature in extra_features(detector, name)))
