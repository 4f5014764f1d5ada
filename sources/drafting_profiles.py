"""What a column looks like: how full, how different its values, and what they can be read as."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from fairdeal.sources.compression import CutShort, Unreadable, detect_compression, unpacked
from fairdeal.sources.discovery import SourceFile, digest_of
from fairdeal.sources.instants import utc_instant
from fairdeal.sources.mapping_parts import ColumnSource, FileSet, TimeUnit
from fairdeal.sources.numbers import fraction_number, truth_value
from fairdeal.sources.readers.content import PROVENANCE
from fairdeal.sources.readers.parquet import MAGIC
from fairdeal.sources.reading import content_of, detect_format
from fairdeal.sources.typed_text import as_text

#: As much of a file is looked at.
_HEAD_BYTES = 32 << 20
_HEAD_ROWS = 200_000
#: So large a share of the values must be readable before a guess is made.
_MOST = 0.98
_TRIED = 2_000
_EPOCHS = {TimeUnit.SECONDS: 1, TimeUnit.MILLISECONDS: 1_000, TimeUnit.MICROSECONDS: 1_000_000}
_YEAR_2001, _YEAR_2033 = 10**9, 2 * 10**9
#: Tried in this order; day-first before month-first, and both are told where both fit.
_FORMATS = (
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%Y%m%d%H%M%S",
    "%Y%m%d",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y",
)


@dataclass(frozen=True)
class Moment:
    """How a column's values are moments: by a format, a unit, or as they are; ``other`` is a format that fits as well."""

    format: str | None = None
    unit: TimeUnit | None = None
    other: str | None = None
    is_zoned: bool = False
    has_clock: bool = True


@dataclass(frozen=True)
class Profile:
    """What one column looks like.

    Parameters
    ----------
    rows, filled, distinct
        Rows, those with a value, and how many values differ.
    decimals
        Most digits after the point; None where the values are no numbers.
    least, greatest
        Of the numbers.
    moment
        How the values can be read as moments; None where they cannot.
    is_step
        The values number the rows, one by one.
    is_truth
        Two values that mean yes and no.
    longest
        Characters of the longest value.
    values
        The values where they are few, the most frequent first; otherwise some.
    """

    name: str
    rows: int
    filled: int
    distinct: int
    decimals: int | None
    least: float | None
    greatest: float | None
    moment: Moment | None
    is_step: bool
    is_truth: bool
    longest: int
    values: tuple[str, ...]

    @property
    def is_key(self) -> bool:
        """Whether every row has a value of its own."""
        return self.rows > 0 and self.distinct == self.filled == self.rows

    @property
    def is_number(self) -> bool:
        return self.decimals is not None


def sample(path: Path) -> pl.DataFrame:
    """The first rows of a file, read as a run would read them; raises `Unreadable`."""
    with path.open("rb") as stream:
        head = stream.read(16)
    with tempfile.TemporaryDirectory(prefix="fairdeal-") as folder:
        # The name tells the format, the packing is gone.
        place = Path(folder) / (path.name.removesuffix(".gz").removesuffix(".zst").removesuffix(".zstd") or "sample")
        is_parquet = _write_head(path, place)
        if is_parquet:
            _cut_parquet(place)
        file = SourceFile("sample", place.name, place.stat().st_size, digest_of(place))
        content = content_of(FileSet("sample", place.name, format=detect_format(path, head)), file, place)
    if len(content.rejected) > content.rows.height:
        raise Unreadable(
            f"{len(content.rejected)} of {content.counted} rows do not fit the names of the first line; "
            "allowed is a file whose first line is the header; take away what stands before it"
        )
    # A column without a name cannot be named in a mapping.
    named = [name for name in content.columns if name.strip() and name not in PROVENANCE]
    return content.rows.select(name for name in named if name in content.rows.columns)


def _write_head(path: Path, place: Path) -> bool:
    """Unpacks the beginning of a text file up to a line's end, or all of a Parquet file; gives whether it is one."""
    with path.open("rb") as stream:
        compression = detect_compression(stream.read(16))
    size, is_parquet = 0, False
    with place.open("wb") as copy, contextlib.suppress(CutShort):
        for piece in unpacked(path, compression):
            is_parquet = is_parquet or (size == 0 and piece.startswith(MAGIC))
            copy.write(piece)
            size += len(piece)
            if size > _HEAD_BYTES and not is_parquet:
                copy.truncate(size - len(piece) + piece.rfind(b"\n") + 1)
                break
    return is_parquet


def _cut_parquet(place: Path) -> None:
    """Leaves the first rows of a large Parquet file; what is no such file stays for the reader to judge."""
    try:
        file = pq.ParquetFile(place)
        if file.metadata.num_rows <= _HEAD_ROWS:
            return
        groups, rows = [], 0
        for number in range(file.metadata.num_row_groups):
            groups.append(number)
            rows += file.metadata.row_group(number).num_rows
            if rows >= _HEAD_ROWS:
                break
        table = file.read_row_groups(groups).slice(0, _HEAD_ROWS)
    except (pa.ArrowException, OSError, ValueError):
        return
    pq.write_table(table, place)


def profile(rows: pl.DataFrame, name: str) -> Profile:
    """What a column looks like."""
    dtype = rows.schema[name]
    text = as_text(pl.col(name), dtype).str.strip_chars()
    texts = rows.select(pl.when(text != "").then(text).alias("text")).get_column("text")
    filled = texts.drop_nulls()
    counts = filled.value_counts(sort=True)
    values = counts.sort(["count", "text"], descending=[True, False]).get_column("text").head(_TRIED)
    tried = filled.unique(maintain_order=True).head(_TRIED).to_frame("value")
    original = rows.select(pl.col(name).alias("value")).drop_nulls().unique(maintain_order=True).head(_TRIED)
    numbers = original.select(fraction_number(pl.col("value"), original.schema["value"]).alias("n")).get_column("n")
    is_number = original.height > 0 and numbers.null_count() == 0
    every = rows.select(fraction_number(pl.col(name), dtype).alias("n")).get_column("n").drop_nulls() if is_number else numbers
    decimals = _decimals(tried.get_column("value")) if is_number else None
    truths = original.select(truth_value(pl.col("value"), original.schema["value"]).alias("t")).get_column("t")
    return Profile(
        name=name,
        rows=rows.height,
        filled=filled.len(),
        distinct=counts.height,
        decimals=decimals,
        least=float(every.min()) if is_number and every.len() else None,  # type: ignore[arg-type]
        greatest=float(every.max()) if is_number and every.len() else None,  # type: ignore[arg-type]
        moment=_moment(original, is_number=is_number, decimals=decimals),
        is_step=bool(decimals == 0 and counts.height == rows.height > 1 and every.max() - every.min() == rows.height - 1),  # type: ignore[operator]
        is_truth=0 < counts.height <= 2 and truths.null_count() == 0,
        longest=int(filled.str.len_chars().max() or 0),  # type: ignore[arg-type]
        values=tuple(values.to_list()),
    )


def _decimals(texts: pl.Series) -> int:
    """Most digits after the point; zeros that a tool added to whole numbers do not count."""
    fractions = texts.str.extract(r"\.(\d+)$").fill_null("")
    if fractions.is_in(["", "0"]).all():
        return 0
    return int(fractions.str.len_chars().max() or 0)  # type: ignore[arg-type]


def _moment(values: pl.DataFrame, *, is_number: bool, decimals: int | None) -> Moment | None:
    """How values are moments, or None."""
    dtype = values.schema["value"]
    if not values.height:
        return None
    if isinstance(dtype, pl.Datetime) or dtype == pl.Date:
        return Moment(is_zoned=isinstance(dtype, pl.Datetime) and dtype.time_zone is not None, has_clock=dtype != pl.Date)
    texts = values.get_column("value").cast(pl.String)
    if is_number and decimals == 0:
        for unit, per_second in _EPOCHS.items():
            if _all_readable(values, Moment(unit=unit)) and _within(texts, _YEAR_2001 * per_second, _YEAR_2033 * per_second):
                return Moment(unit=unit, is_zoned=True)
        lengths = set(texts.str.len_chars().to_list())
        forms = [form for form, length in (("%Y%m%d%H%M%S", 14), ("%Y%m%d", 8)) if lengths == {length}]
        return next((found for form in forms if _all_readable(values, found := Moment(format=form, has_clock="%H" in form))), None)
    if is_number or dtype != pl.String:
        return None
    if _all_readable(values, Moment()):
        zoned = bool(texts.str.contains(r"(Z|UTC|[+-]\d{2}:?\d{2}|[T ]\d.*[+-]\d{2})$").all())
        return Moment(is_zoned=zoned, has_clock=bool(texts.str.contains(r"\d:\d").any()))
    fitting = [form for form in _FORMATS if _all_readable(values, Moment(format=form))]
    if not fitting:
        return None
    other = fitting[1] if len(fitting) > 1 and {"%d/%m", "%m/%d"} == {form[:5] for form in fitting[:2]} else None
    return Moment(format=fitting[0], other=other, has_clock="%H" in fitting[0])


def _all_readable(values: pl.DataFrame, moment: Moment) -> bool:
    """Whether nearly all values are moments when read so."""
    source = ColumnSource(columns=("value",), format=moment.format, unit=moment.unit)
    found = values.select(utc_instant(pl.col("value"), values.schema["value"], source, "UTC").alias("t")).get_column("t")
    return found.len() > 0 and found.null_count() <= (1 - _MOST) * found.len()


def _within(texts: pl.Series, least: int, most: int) -> bool:
    numbers = texts.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
    return numbers.null_count() == 0 and bool(numbers.is_between(least, most).all())
