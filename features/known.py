"""What is known of neighbours where no moment keeps a label from its own row: from other folds' labels only."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import polars as pl

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features import streams
from fairdeal.features.build import FEATURES, MODULES, extra_trails, ratios
from fairdeal.features.definitions import Derived, Ratio
from fairdeal.features.windows import Trail, evaluate

#: Streams that tell what labels say.
TELLING = ("payment_frauds", "payment_verdicts", "order_frauds", "review_frauds")


def known_features(detector: Detector, names: Sequence[str]) -> list[str]:
    """Which of the named features rest on labels of other subjects, directly or through another feature."""
    trails = [feature.definition for feature in FEATURES[detector] if isinstance(feature.definition, Trail)]
    trails += [trail for name in names if name.startswith("x_") for trail in extra_trails(detector, name)]
    known = {trail.name for trail in trails if trail.stream in TELLING}
    known |= {name for name in names if name.startswith("x_") and "_fraud_" in name}
    for feature in FEATURES[detector]:
        definition = feature.definition
        if isinstance(definition, Ratio) and {definition.upper, definition.lower} & known:
            known.add(feature.name)
        if isinstance(definition, Derived) and set(definition.expression.meta.root_names()) & known:
            known.add(feature.name)
    return [name for name in names if name in known]


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
    names = known_features(detector, learned.columns)
    if not names:
        return learned, judged
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
    found = [_told(detector, {**tables, "labels": own}, rows.join(judged.select(__subject="subject_id"), on="__subject", how="semi"))]
    for number in range(folds):
        mine = numbers.filter(pl.col("__fold") == number).select(__subject="subject_id")
        others = own.join(mine, left_on="subject_id", right_on="__subject", how="anti")
        found.append(_told(detector, {**tables, "labels": others}, rows.join(mine, on="__subject", how="semi")))
    judged_values, learned_values = found[0], pl.concat(found[1:])
    return _replaced(detector, learned, learned_values, names), _replaced(detector, judged, judged_values, names)


def _told(detector: Detector, tables: streams.Tables, rows: pl.DataFrame) -> pl.DataFrame:
    trails = [feature.definition for feature in FEATURES[detector] if isinstance(feature.definition, Trail)]
    trails += [trail for name in rows.columns if rows.schema[name] == pl.String for trail in _extras(detector, name)]
    telling = [trail for trail in trails if trail.stream in TELLING]
    values = evaluate(rows, MODULES[detector].event_streams(tables), telling)
    return values.with_columns(subject_id=rows["__subject"])


def _extras(detector: Detector, name: str) -> list[Trail]:
    return extra_trails(detector, name) if name.startswith("x_") else []


def _replaced(detector: Detector, rows: pl.DataFrame, values: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    told = [name for name in values.columns if name != "subject_id"]
    joined = rows.drop([name for name in told if name in rows.columns]).join(values, on="subject_id", how="left", maintain_order="left")
    joined = joined.with_columns(pl.col(name).cast(pl.Float64) for name in told)
    again = [feature for feature in FEATURES[detector] if feature.name in names and feature.name not in told]
    joined = ratios(joined, again)
    return joined.select(rows.columns)
