"""The parts of a mapping as values: file sets, column sources, label rules, tables; and the error that refuses a mapping."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from fairdeal.data_contracts.contract import Contract
from fairdeal.data_contracts.labels import LabelSource
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Typology


class MappingError(Exception):
    """A mapping says something that cannot be followed.

    The message follows one form: where: what was found; what is allowed; what to do.
    """


class Format(StrEnum):
    """How records are written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Encoding(StrEnum):
    """How text becomes bytes."""

    UTF_8 = "utf-8"
    UTF_8_SIG = "utf-8-sig"
    GB18030 = "gb18030"


class Compression(StrEnum):
    """How the bytes are packed."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


class TimeUnit(StrEnum):
    """What a number that stands for an instant counts."""

    SECONDS = "s"
    MILLISECONDS = "ms"
    MICROSECONDS = "us"
    STEP = "step"  # an order number of events, a fixed number of seconds apart


@dataclass(frozen=True)
class PostgresSource:
    """A table, or one select, of a PostgreSQL database.

    Parameters
    ----------
    table, query
        One of them: a table, with its schema or without, or a select.
    variable
        Name of the environment variable that holds the connection string; the string itself never stands in a mapping.
    watermark
        A column that only grows as rows are added or changed: only what lies above is fetched again. None: all rows each time.
    overlap_s, overlap_steps
        How far below the highest value seen fetching begins, in seconds for times and in units for numbers: what a transaction that
        ended late had written with an earlier value is found then.
    """

    table: str | None
    query: str | None
    variable: str
    watermark: str | None = None
    overlap_s: int = 86_400
    overlap_steps: int = 10_000

    @property
    def told(self) -> str:
        """How the source is called in reports and in the ledger."""
        return f"postgresql:{self.table or 'select'}"


@dataclass(frozen=True)
class FileSet:
    """Files of one shape: found by one glob in a folder or an object store, or made of a table. What is None is detected file by file."""

    name: str
    path: str
    format: Format | None = None
    encoding: Encoding | None = None
    delimiter: str | None = None
    compression: Compression | None = None
    postgresql: PostgresSource | None = None

    @property
    def is_remote(self) -> bool:
        """Whether the files lie in an object store."""
        return self.path.startswith("s3://")


@dataclass(frozen=True)
class ColumnSource:
    """Where one of our columns comes from and how its values are converted.

    Parameters
    ----------
    columns
        Names in the source; several are joined by ``join``; none when ``constant`` is given.
    constant
        The same text for every row.
    decimal
        Decimals of an amount in major units; None when the amount is in minor units already.
    by_currency
        The amount is in major units and has as many decimals as the row's currency; ``decimal`` is then None.
    format
        Of a text time, in `strptime` directives.
    unit, seconds, origin
        Of a number that stands for an instant: ``origin`` plus the number times the unit (``seconds`` each for a step).
    values, otherwise
        Text to text, before any other conversion; "" becomes null. What is not listed stays as it is, or becomes ``otherwise``.
    time_zone
        Of times that name none; None means the source's.
    """

    columns: tuple[str, ...] = ()
    constant: str | None = None
    join: str = ""
    decimal: int | None = None
    by_currency: bool = False
    format: str | None = None
    unit: TimeUnit | None = None
    seconds: float = 1.0
    origin: datetime | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True)
class LabelRule:
    """Which column says what turned out to be true, what its values mean, and when it became known.

    Parameters
    ----------
    column
        Source column that holds the verdict.
    positive, negative
        Spellings that mean fraud and honest; anything else is unlabelled. No ``negative`` at all: positive-and-unlabelled data.
    available_after
        Delay from the event to the moment the verdict is known.
    available_at
        Or the column that holds that moment. Neither: the moment is not known, and the labels serve only splits without time.
    typology
        The kind of cheat, the same for every positive, or the column that says it.
    source
        Who says so.
    file_set
        A second file set that holds the verdicts; None when they stand in the table's own rows.
    subject
        Our id column that the verdict is about; None means the table's own key.
    subject_column
        Name of that id in the label's own file; None means the name mapped for the table, or ours.
    """

    column: str
    positive: tuple[str | int | float | bool, ...]
    negative: tuple[str | int | float | bool, ...] = ()
    available_after: timedelta | None = None
    available_at: ColumnSource | None = None
    typology: Typology | ColumnSource | None = None
    source: LabelSource = LabelSource.PROVIDER
    file_set: str | None = None
    subject: str | None = None
    subject_column: str | None = None


@dataclass(frozen=True)
class TableMapping:
    """How one of our tables is made: from one file set (``file_set``) or by a query over several (``query``)."""

    table: str
    file_set: str | None
    query: str | None
    columns: Mapping[str, ColumnSource]
    extra: tuple[str, ...] = ()
    label: LabelRule | None = None

    @property
    def contract(self) -> Contract:
        return INBOUND[self.table]

    def source_columns(self) -> tuple[str, ...]:
        """Names that the table takes from its file set or query, label included where it stands in the same rows; sorted."""
        wanted = {name for source in self.columns.values() for name in source.columns} | set(self.extra)
        if self.label is not None and self.label.file_set is None:
            wanted |= label_columns(self.label)
        return tuple(sorted(wanted))


def label_columns(label: LabelRule) -> set[str]:
    """Source columns that hold the answer: the verdict, its kind and its moment. None of them may become a feature."""
    parts = (label.available_at, label.typology)
    return {label.column} | {name for part in parts if isinstance(part, ColumnSource) for name in part.columns}


def extra_name(column: str) -> str:
    """The name under which an extra source column is carried: ``x_`` and the name, other signs than letters, digits and _ made _."""
    return "x_" + re.sub(r"\W+", "_", column)


def near(name: str, known: Iterable[str]) -> str:
    """``; did you mean …`` for the closest known names, or nothing."""
    names = {str(candidate).casefold(): str(candidate) for candidate in known}
    close = difflib.get_close_matches(name.casefold(), list(names), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(names[found] for found in close)}?" if close else ""
