"""What a table promises: each column defined once, the rules that follow from the definition, and the breach."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from fairdeal.data_contracts.currencies import CURRENCIES

#: Suffix of the companion column that holds the source's text where a value could not be read as its column's type.
UNPARSED = "__unparsed"


class ContractBreach(Exception):
    """Data that cannot be expressed as quarantined rows breaks a promise: the run stops, the message says why.

    The message follows one form: where: what was found; what is allowed; what to do.
    """


class Kind(StrEnum):
    """The kinds of value a column can hold. Each fixes a storage type, nothing else."""

    ID = "id"  # opaque key, text; neither its value nor its order is ever a feature
    CATEGORY = "category"  # short text from a small set
    TEXT = "text"  # what a person wrote
    INSTANT = "instant"  # a moment, stored as UTC
    DATE = "date"
    INTEGER = "integer"
    MINOR = "minor"  # money in integer minor units; the currency stands beside it
    NUMBER = "number"
    BOOLEAN = "boolean"
    JSON = "json"  # structured value as JSON text


POLARS_TYPES: dict[Kind, pl.DataType] = {
    Kind.ID: pl.String(),
    Kind.CATEGORY: pl.String(),
    Kind.TEXT: pl.String(),
    Kind.INSTANT: pl.Datetime("us", "UTC"),
    Kind.DATE: pl.Date(),
    Kind.INTEGER: pl.Int64(),
    Kind.MINOR: pl.Int64(),
    Kind.NUMBER: pl.Float64(),
    Kind.BOOLEAN: pl.Boolean(),
    Kind.JSON: pl.String(),
}

DUCKDB_TYPES: dict[Kind, str] = {
    Kind.ID: "VARCHAR",
    Kind.CATEGORY: "VARCHAR",
    Kind.TEXT: "VARCHAR",
    Kind.INSTANT: "TIMESTAMP WITH TIME ZONE",
    Kind.DATE: "DATE",
    Kind.INTEGER: "BIGINT",
    Kind.MINOR: "BIGINT",
    Kind.NUMBER: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.JSON: "VARCHAR",
}


@dataclass(frozen=True)
class Column:
    """One column, defined once.

    Parameters
    ----------
    name
        ``_at`` instants, ``_on`` dates, ``_s`` and ``_days`` durations, ``_minor`` money, ``is_``/``has_`` booleans, ``_id`` keys.
    kind
        Fixes the storage type.
    meaning
        One sentence for the data dictionary.
    unit
        Of the number, where there is one.
    required
        A key column: the table cannot do without it, and it may not be null.
    absent
        What a null means to a reader.
    allowed
        The only values that may occur.
    at_least, at_most
        Inclusive bounds of a number or an instant's year.
    pattern
        Regular expression the whole value must match.
    max_length
        Of a text, in characters.
    holds_instrument
        Card numbers and national ids may turn up here by mistake and are replaced by a keyed token.
    holds_prose
        People write here: card numbers and national ids are masked inside the text.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str | None = None
    required: bool = False
    absent: str = "not known"
    allowed: tuple[str, ...] | None = None
    at_least: float | None = None
    at_most: float | None = None
    pattern: str | None = None
    max_length: int | None = None
    holds_instrument: bool = False
    holds_prose: bool = False


class Check(StrEnum):
    """The kinds of rule that a column definition can give rise to; also the rule's name in the quarantine."""

    REQUIRED = "required"  # a key column is null
    TYPE = "type"  # the text could not be read as the column's type
    ALLOWED = "allowed"
    RANGE = "range"
    PATTERN = "pattern"
    ARTEFACT = "artefact"  # an id that a tool has spoiled, or that is not what it looks like
    LENGTH = "length"


@dataclass(frozen=True)
class Rule:
    """One checkable promise about one column, derived from its definition."""

    column: Column
    check: Check

    @property
    def name(self) -> str:
        return f"{self.column.name}:{self.check}"


#: What no id holds: a quote, formula or apostrophe that a spreadsheet put before it; a spreadsheet's error; a number whose digits went
#: lost in scientific notation; control characters, signs that cannot be seen or that turn the direction of writing, and the sign that
#: stands for a character somebody could not read. Two ids that look the same would be two, or two ids would have become one.
ID_ARTEFACT = (
    r"""^["'=]|^#(?:REF|VALUE|NAME|DIV/0|NULL|NUM)[!?]|^[0-9](?:\.[0-9]+)?[eE]\+[0-9]+$|^[0-9]\.[0-9]+[eE][0-9]+$"""
    "|[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd]"
)
#: Instants outside these years are typing errors or epoch confusions, not trade.
FIRST_YEAR, LAST_YEAR = 2000, 2099
#: One row may not claim more than ten billion major units: such an amount is a unit mistake.
LARGEST_MINOR = 10**12


@dataclass(frozen=True)
class Contract:
    """What one table promises.

    Parameters
    ----------
    name
        Table name, plural.
    grain
        What one row is.
    columns
        In dictionary order; the order of storage.
    key
        Columns whose values identify a row.
    event_at
        The instant a row became a fact; null for tables that describe rather than happen.
    version_at
        Optional column that says which of two rows with one key is newer.
    quarantine_limit
        Share of a run's rows that may be quarantined before the run's data counts as wrong.
    """

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    event_at: str | None = None
    version_at: str | None = None
    quarantine_limit: float = 0.05

    def column(self, name: str) -> Column:
        """The column called ``name``; `KeyError` when the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}; it has {', '.join(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the key columns that every source must give."""
        return tuple(column.name for column in self.columns if column.required)

    def polars_schema(self) -> dict[str, pl.DataType]:
        """Storage types for Polars and Parquet, in column order."""
        return {column.name: POLARS_TYPES[column.kind] for column in self.columns}

    def duckdb_types(self) -> dict[str, str]:
        """Storage types for DuckDB, in column order."""
        return {column.name: DUCKDB_TYPES[column.kind] for column in self.columns}

    def empty(self) -> pl.DataFrame:
        """A table of no rows that already has every column."""
        return pl.DataFrame(schema=self.polars_schema())

    def conform(self, table: pl.DataFrame) -> pl.DataFrame:
        """The table with exactly the contract's columns, in order and typed; absent columns become nulls.

        Raises
        ------
        ContractBreach
            When a required column is missing or a value does not fit its type: our own code broke its promise.
        """
        missing = [name for name in self.required if name not in table.columns]
        if missing:
            raise ContractBreach(
                f"{self.name}: no column {', '.join(missing)}; the contract requires {', '.join(self.required)}; "
                "give the column in the mapping or from the step that makes the table"
            )
        try:
            return table.select(
                (pl.col(name) if name in table.columns else pl.lit(None)).cast(dtype).alias(name)
                for name, dtype in self.polars_schema().items()
            )
        except pl.exceptions.PolarsError as error:
            raise ContractBreach(f"{self.name}: a value does not fit its type ({error}); allowed are {self.duckdb_types()}") from error

    def rules(self, present: tuple[str, ...] | None = None) -> tuple[Rule, ...]:
        """Every rule that follows from the definitions, for the columns that are ``present`` (all when omitted)."""
        found: list[Rule] = []
        for column in self.columns:
            if present is not None and column.name not in present:
                continue
            if column.required:
                found.append(Rule(column, Check.REQUIRED))
            if column.kind not in (Kind.ID, Kind.CATEGORY, Kind.TEXT, Kind.JSON):
                found.append(Rule(column, Check.TYPE))
            if column.allowed is not None:
                found.append(Rule(column, Check.ALLOWED))
            if bounds(column) is not None:
                found.append(Rule(column, Check.RANGE))
            if column.pattern is not None:
                found.append(Rule(column, Check.PATTERN))
            if column.kind is Kind.ID:
                found.append(Rule(column, Check.ARTEFACT))
            if column.max_length is not None:
                found.append(Rule(column, Check.LENGTH))
        return tuple(found)


def bounds(column: Column) -> tuple[float | None, float | None] | None:
    """Inclusive lower and upper bound of a column's values, or None where any value of the type will do.

    For an instant the bounds are years; money is bounded everywhere, so that a unit mistake does not pass as trade.
    """
    if column.kind is Kind.INSTANT:
        return (FIRST_YEAR if column.at_least is None else column.at_least, LAST_YEAR if column.at_most is None else column.at_most)
    if column.kind is Kind.MINOR:
        return (-LARGEST_MINOR if column.at_least is None else column.at_least, LARGEST_MINOR if column.at_most is None else column.at_most)
    if column.at_least is None and column.at_most is None:
        return None
    return (column.at_least, column.at_most)


def key_id(name: str, meaning: str, **options: object) -> Column:
    """A required id column: opaque, at most 128 characters."""
    return Column(name, Kind.ID, meaning, required=True, max_length=128, **options)  # type: ignore[arg-type]


def other_id(name: str, meaning: str, **options: object) -> Column:
    """An optional id column: opaque, at most 128 characters."""
    return Column(name, Kind.ID, meaning, max_length=128, **options)  # type: ignore[arg-type]


def money(name: str, meaning: str, **options: object) -> Column:
    """An amount in integer minor units, never negative unless said otherwise."""
    return Column(name, Kind.MINOR, meaning, unit="minor units", **{"at_least": 0, **options})  # type: ignore[arg-type]


def instant(name: str, meaning: str, **options: object) -> Column:
    """A moment, stored as UTC."""
    return Column(name, Kind.INSTANT, meaning, unit="UTC", **options)  # type: ignore[arg-type]


def currency(**options: object) -> Column:
    """ISO 4217 code beside every amount."""
    return Column(
        "currency",
        Kind.CATEGORY,
        "ISO 4217 code of the row's amounts",
        allowed=CURRENCIES,
        **options,  # type: ignore[arg-type]
    )


def updated_at() -> Column:
    """The newer of two rows with one key is the one updated later."""
    return instant("updated_at", "when the provider last changed this row; decides which of two versions is newer", absent="never changed")
