"""Labels that come with a source: what was found about which subject, and when that became known."""

from __future__ import annotations

from collections.abc import Mapping as Mapped
from dataclasses import dataclass, replace

import polars as pl

from fairdeal.data_contracts.contract import UNPARSED, Column, Kind
from fairdeal.data_contracts.labels import LABELS
from fairdeal.data_contracts.typologies import Typology
from fairdeal.sources.conversion import column_sources, converted, raw_rows, row_id, source_rows
from fairdeal.sources.mapping import ColumnSource, LabelRule, Mapping, MappingError, TableMapping
from fairdeal.sources.mapping import subject_columns as names_of_subject
from fairdeal.sources.mapping_entries import SUBJECT_OF_COLUMN
from fairdeal.sources.mapping_parts import near
from fairdeal.sources.readers.content import PROVENANCE
from fairdeal.sources.typed_text import as_text


@dataclass(frozen=True)
class LabelCensus:
    """How many rows of a source are labelled: fraud, honest, and neither (no value, or one that the mapping does not list)."""

    positive: int
    negative: int
    unlabelled: int

    @property
    def rows(self) -> int:
        return self.positive + self.negative + self.unlabelled


def label_candidates(mapping: Mapping, table: str, raw: Mapped[str, pl.DataFrame]) -> pl.DataFrame | None:
    """Candidate rows of the labels table that a table's label rule gives; None when the table has no rule.

    Returns
    -------
    pl.DataFrame
        One row per labelled row: ``__file, __line, subject_kind, subject_id, is_fraud, available_at, available_at__unparsed, typology,
        source``. ``available_at`` is null where the mapping names no moment or the row's event has none. ``typology`` is null for
        negatives: an honest subject has no kind of cheat. Unlabelled values give no row; `label_census` counts them. Where the table's
        key is not mapped, the subject is the row: `fairdeal.sources.conversion.row_id`.

    Raises
    ------
    MappingError
        When the subject of labels in a file of their own is not found there, or a query does not give the label's column.

    Notes
    -----
    A subject that many rows of the table speak of (a shop labelled on each of its orders) is labelled once per verdict and typology, at
    the earliest moment. Labels in a file of their own with a delay but no moment count from the subject's last event in ``raw``.
    """
    mapped = mapping.table(table)
    rule = mapped.label
    if rule is None:
        return None
    rows, subject = _label_rows(mapping, mapped, rule, raw)
    if not rows.height:
        return _empty()
    kind = SUBJECT_OF_COLUMN[rule.subject or mapped.contract.key[0]]
    typology = _typology(rule)
    moment = Column("available_at", Kind.INSTANT, "when the verdict became known")
    source = rule.available_at or ColumnSource(constant="")
    labels = rows.select(
        pl.col("__file", "__line"),
        pl.lit(kind).alias("subject_kind"),
        row_id().alias("subject_id") if subject is None else converted(rows, LABELS.column("subject_id"), subject, mapping.time_zone)[0],
        _verdict(rows, rule).alias("is_fraud"),
        *converted(rows, moment, source, mapping.time_zone),
        *converted(rows, LABELS.column("typology"), typology, mapping.time_zone),
        pl.lit(rule.source.value).alias("source"),
        _event(mapping, mapped, rows).alias("__event"),
    ).filter(pl.col("is_fraud").is_not_null())
    labels = labels.with_columns(pl.when("is_fraud").then("typology").alias("typology"))
    if rule.available_after is not None:
        if rule.file_set is not None:
            labels = labels.drop("__event").join(
                _last_events(mapping, mapped, rule, raw), on="subject_id", how="left", maintain_order="left"
            )
        labels = labels.with_columns((pl.col("__event") + pl.lit(rule.available_after)).alias("available_at"))
    labels = labels.drop("__event")
    if (rule.subject or mapped.contract.key[0]) not in mapped.contract.key and rule.file_set is None:
        labels = labels.sort("available_at", nulls_last=True, maintain_order=True)
        labels = labels.unique(["subject_id", "is_fraud", "typology"], keep="first", maintain_order=True).sort("__file", "__line")
    return labels


def label_census(mapping: Mapping, table: str, raw: Mapped[str, pl.DataFrame]) -> LabelCensus | None:
    """How many rows are labelled, and how; None when the table has no label rule."""
    mapped = mapping.table(table)
    if mapped.label is None:
        return None
    rows, _ = _label_rows(mapping, mapped, mapped.label, raw)
    if not rows.height:
        return LabelCensus(0, 0, 0)
    verdicts = rows.select(_verdict(rows, mapped.label).alias("is_fraud")).get_column("is_fraud")
    return LabelCensus(int(verdicts.sum() or 0), int((~verdicts).sum() or 0), verdicts.null_count())


def _label_rows(
    mapping: Mapping, mapped: TableMapping, rule: LabelRule, raw: Mapped[str, pl.DataFrame]
) -> tuple[pl.DataFrame, ColumnSource | None]:
    """The rows that hold verdicts, and where their subject stands; None where the subject is the row itself and has no id."""
    where = f"{mapping.path.name}, [{mapped.table}.label]"
    subject = rule.subject or mapped.contract.key[0]
    if rule.file_set is not None:
        rows = raw_rows(mapping, rule.file_set, raw)
        return rows, _subject_elsewhere(where, mapped, rule, rows)
    rows = source_rows(mapping, mapped, raw)
    place = column_sources(mapped, rows).get(subject)
    if place is None and subject != mapped.contract.key[0] and rows.height:
        raise MappingError(f"{where}: {subject} is not mapped; allowed is a mapped id of the labelled subject; add {subject} = …")
    if mapped.query is not None and rows.height and rule.column not in rows.columns:
        raise MappingError(f"{where} column: no column {rule.column!r}; {_has(rows)}{near(rule.column, rows.columns) or '; correct it'}")
    return rows, place


def _subject_elsewhere(where: str, mapped: TableMapping, rule: LabelRule, rows: pl.DataFrame) -> ColumnSource:
    """Where the subject stands in a file set of the labels' own: as mapped for the table, else under our own name."""
    subject = rule.subject or mapped.contract.key[0]
    given = mapped.columns.get(subject, ColumnSource())
    filled = {name for name in rows.columns if rows.get_column(name).null_count() < rows.height}
    if rule.subject_column is None and given.columns and filled.issuperset(given.columns):
        return given
    name = rule.subject_column or subject
    if rows.height and name not in filled:
        wanted = " or ".join(names_of_subject(mapped))
        raise MappingError(f"{where} subject: file set {rule.file_set} has no column {wanted}; {_has(rows)}; add subject_column = …")
    return replace(given, columns=(name,), constant=None, join="")


def _has(rows: pl.DataFrame) -> str:
    return f"the rows have {', '.join(name for name in rows.columns if name not in PROVENANCE)}"


def _verdict(rows: pl.DataFrame, rule: LabelRule) -> pl.Expr:
    """True, False, or null where the value is in neither list."""
    if rule.column not in rows.columns:
        return pl.lit(None, dtype=pl.Boolean)
    dtype = rows.schema[rule.column]
    text = as_text(pl.col(rule.column), dtype).str.strip_chars().str.replace(r"^([+-]?\d+)\.0+$", "$1")
    positive, negative = ([word for item in items for word in _spellings(item, dtype)] for items in (rule.positive, rule.negative))
    return pl.when(text.is_in(positive)).then(pl.lit(True)).when(text.is_in(negative)).then(pl.lit(False))


def _spellings(item: str | int | float | bool, dtype: pl.DataType) -> tuple[str, ...]:
    """How a listed value may stand in the source."""
    if isinstance(item, bool):
        return ("true", "True", "TRUE", "1") if item else ("false", "False", "FALSE", "0")
    if isinstance(item, float) and item.is_integer():
        item = int(item)
    text = str(item).strip()
    if dtype == pl.Boolean and text in ("0", "1"):
        return ("true",) if text == "1" else ("false",)
    head, point, zeros = text.partition(".")
    return (head, text) if point and head.lstrip("+-").isdigit() and not zeros.strip("0") else (text,)


def _typology(rule: LabelRule) -> ColumnSource:
    """Where the kind of cheat comes from."""
    if rule.typology is None:
        return ColumnSource(constant="")
    return ColumnSource(constant=rule.typology.value) if isinstance(rule.typology, Typology) else rule.typology


def _event(mapping: Mapping, mapped: TableMapping, rows: pl.DataFrame) -> pl.Expr:
    """When each row became a fact; null where that is not given."""
    at = mapped.contract.event_at
    source = column_sources(mapped, rows).get(at) if at is not None and (mapped.label is None or mapped.label.file_set is None) else None
    if at is None or source is None:
        return pl.lit(None, dtype=pl.Datetime("us", "UTC"))
    return converted(rows, mapped.contract.column(at), source, mapping.time_zone)[0]


def _last_events(mapping: Mapping, mapped: TableMapping, rule: LabelRule, raw: Mapped[str, pl.DataFrame]) -> pl.DataFrame:
    """Each subject's last event among the table's own rows."""
    own = replace(mapped, label=None)
    rows = source_rows(mapping, own, raw)
    sources = column_sources(own, rows)
    subject = rule.subject or mapped.contract.key[0]
    shape = {"subject_id": pl.String(), "__event": pl.Datetime("us", "UTC")}
    if subject not in sources or not rows.height:
        return pl.DataFrame(schema=shape)
    name = converted(rows, mapped.contract.column(subject), sources[subject], mapping.time_zone)[0]
    events = rows.select(name.alias("subject_id"), _event(mapping, own, rows).alias("__event"))
    return events.group_by("subject_id").agg(pl.col("__event").max())


def _empty() -> pl.DataFrame:
    shape = {name: LABELS.polars_schema()[name] for name in ("subject_kind", "subject_id", "is_fraud", "available_at")}
    rest = {"available_at" + UNPARSED: pl.String(), "typology": pl.String(), "source": pl.String()}
    return pl.DataFrame(schema={**PROVENANCE, **shape, **rest})
