"""What is known of neighbours where no moment keeps a label from its own row: from other folds' labels only."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import polars as pl

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features import streams
from fairdeal.features.build import MODULES, ratios, registered_features, trails_of
from fairdeal.features.definitions import Derived, Feature, Ratio
from fairdeal.features.windows import evaluate

#: Streams that tell what labels say.
TELLING = ("payment_frauds", "payment_verdicts", "order_frauds", "review_frauds")


def known_features(features: Sequence[Feature]) -> list[str]:
    """Which of the features rest on labels of other subjects, directly or through another feature."""
    known = {feature.name for feature in features if any(trail.stream in TELLING for trail in trails_of([feature]))}
    for feature in features:
        definition = feature.definition
        if isinstance(definition, Ratio) and {definition.upper, definition.lower} & known:
            known.add(feature.name)
        if isinstance(definition, Derived) and set(definition.expression.meta.root_names()) & known:
            known.add(feature.name)
    return [feature.name for feature in features if feature.name in known]


def cross_fitted(
    detector: Detector,
    tables: streams.Tables,
    subjects: pl.DataFrame,
    as_of: pl.Series,
    learned: pl.DataFrame,
    judged: pl.DataFrame,
    *,
    folds: int,
    part: pl.DataFrame | None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both tables with what is known of neighbours told anew, from labels of rows that are learned from.

    Parameters
    ----------
    subjects, as_of
        The detector's table and the moment of each row, as for `fairdeal.features.build.build`.
    learned, judged
        Feature rows with their parts, and with ``is_fraud``.
    folds
        Parts of what is learned from: a row sees the labels of the other parts, a judged row those of all.
    part
        ``subject_id, __part``: rows of one part stay together; None takes each subject for itself.

    Returns
    -------
    tuple
        ``learned`` and ``judged``, rows and columns as they were.

    Notes
    -----
    A row that sees its own label teaches to look it up; leaving out its own alone still shows it, by what is missing. So whole parts
    are left out, as in target encoding by folds (Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes",
    2001).
    """
    features = registered_features(detector, subjects.schema)
    names = known_features(features)
    key = INBOUND[detector.table].key[0]
    rows = subjects.with_columns(t=as_of.dt.epoch("s").cast(pl.Int64))
    if detector is Detector.REVIEWS:
        rows = rows.with_columns(subject_id_reviewed=pl.col("subject_id"))
    rows = rows.with_columns(__subject=pl.col(key))
    labels = tables["labels"].lazy().collect()
    own = labels.join(learned.filter(pl.col("is_fraud").is_not_null()).select("subject_id"), on="subject_id", how="semi")
    own = own.filter(pl.col("subject_kind") == detector.subject_kind)
    numbers = learned.select("subject_id").unique(maintain_order=True)
    named = numbers["subject_id"] if part is None else numbers.join(part, on="subject_id", how="left", maintain_order="left")["__part"]
    fold = pl.Series("__fold", [zlib.crc32(str(value).encode()) % folds for value in named.to_list()], dtype=pl.Int64)
    numbers = numbers.with_columns(fold)
    of_judged = judged.select(__subject="subject_id")
    found = [_told(detector, features, {**tables, "labels": own}, rows.join(of_judged, on="__subject", how="semi"))]
    for number in range(folds):
        mine = numbers.filter(pl.col("__fold") == number).select(__subject="subject_id")
        others = own.join(mine, left_on="subject_id", right_on="__subject", how="anti")
        found.append(_told(detector, features, {**tables, "labels": others}, rows.join(mine, on="__subject", how="semi")))
    judged_values, learned_values = found[0], pl.concat(found[1:])
    telling = [feature for feature in features if feature.name in names]
    return _replaced(learned, learned_values, telling), _replaced(judged, judged_values, telling)


def _told(detector: Detector, features: Sequence[Feature], tables: streams.Tables, rows: pl.DataFrame) -> pl.DataFrame:
    telling = [trail for trail in trails_of(features) if trail.stream in TELLING]
    values = evaluate(rows, MODULES[detector].event_streams(tables), telling)
    return values.with_columns(subject_id=rows["__subject"])


def _replaced(rows: pl.DataFrame, values: pl.DataFrame, telling: Sequence[Feature]) -> pl.DataFrame:
    told = [name for name in values.columns if name != "subject_id"]
    joined = rows.drop([name for name in told if name in rows.columns]).join(values, on="subject_id", how="left", maintain_order="left")
    joined = joined.with_columns(pl.col(name).cast(pl.Float64) for name in told)
    return ratios(joined, [feature for feature in telling if feature.name not in told]).select(rows.columns)
