"""A PostgreSQL table or select as files: each reading is one consistent snapshot, kept as a Parquet file that never changes.

Two ways, by what the mapping does with the file set:

- read ``from``: each file holds the rows that no earlier file of the set holds, so that every row and every version of a row is delivered
  once. With a watermark column only rows from a little before the highest value seen are fetched.
- read by a query: one file, the table as it is now. A join wants the newest state of every row, not every state there ever was.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from psycopg import sql

from fairdeal.data_contracts.contract import ContractBreach
from fairdeal.data_contracts.masking import mask_text
from fairdeal.sources.fetching import Fetching, SourceUnreachable
from fairdeal.sources.mapping_parts import FileSet, MappingError, PostgresSource, near

#: Text comes out the same whatever the server's or the user's own settings are.
_PLAIN_TEXT = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}
_TIMES = {"timestamp without time zone", "timestamp with time zone", "date"}
_NUMBERS = {"smallint", "integer", "bigint", "numeric"}
_LARGEST_ROW = 64 << 20
_META = b"fairdeal"


@dataclass(frozen=True)
class Reading:
    """What one reading fetched: rows by the server's own count, those that earlier files hold already, and the highest watermark."""

    counted: int
    held: int
    watermark: str | None


def table_files(file_set: FileSet, columns: Sequence[str] | None, fetching: Fetching, *, whole: bool) -> Iterator[tuple[str, Path]]:
    """Reads the table now and gives the files of the set: name and place, oldest first.

    Parameters
    ----------
    columns
        Those that anything needs; None for all. What is not needed never leaves the database.
    whole
        One file with the table as it is now, instead of files of what is new in each reading.

    Raises
    ------
    MappingError
        When the connection is not named, or the table has not what the mapping wants.
    SourceUnreachable
        When the database does not answer or refuses.
    ContractBreach
        When other rows arrived than the server counted in the same transaction.
    """
    source = file_set.postgresql
    assert source is not None
    where = f"[files.{file_set.name}] {source.told}"
    identity = json.dumps([asdict(source), sorted(columns) if columns is not None else None, whole])
    folder = fetching.place(where) / "tables" / f"{file_set.name}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        kept = sorted(folder.glob("*.parquet"))
        last = None if whole else max_watermark(kept)
        spool = folder / "reading.csv"
        try:
            names, reading = _spool(where, source, columns, last, spool)
            rows = _rows(where, names, spool, reading.counted)
        finally:
            spool.unlink(missing_ok=True)
        if not whole and kept:
            # Of the files only the rows that came again are taken, however many lie there. A watermark that nothing else needs tells when
            # a row was touched, not that it became another one.
            told = [name for name in names if columns is None or name in columns]
            held = pl.scan_parquet(kept).select(told).join(rows.lazy(), on=told, how="semi", nulls_equal=True).collect(engine="streaming")
            new = rows.join(held, on=told, how="anti", nulls_equal=True)
            reading = Reading(reading.counted, rows.height - new.height, reading.watermark)
            rows = new
        if rows.height or not kept or whole:
            _keep(folder, kept, rows.sort(names, nulls_last=True), reading, replaces=whole)
        kept = sorted(folder.glob("*.parquet"))
    for place in kept[-1:] if whole else kept:
        yield f"{source.told}#{int(place.stem)}", place


def max_watermark(kept: Sequence[Path]) -> str | None:
    """The watermark that the newest file remembers."""
    return told_reading(kept[-1]).watermark if kept else None


def told_reading(place: Path) -> Reading:
    """What a kept file says about the reading that made it."""
    return Reading(**json.loads(pq.read_schema(place).metadata[_META]))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One reading of a table at a time; the system releases the lock however the process ends."""
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _spool(where: str, source: PostgresSource, columns: Sequence[str] | None, last: str | None, spool: Path) -> tuple[list[str], Reading]:
    """Copies the wanted rows into a text file, in one repeatable-read transaction with the count that must agree."""
    with _connection(where, source) as connection:
        try:
            with connection.transaction(), connection.cursor() as cursor:
                for name, value in _PLAIN_TEXT.items():
                    cursor.execute("select set_config(%s, %s, true)", (name, value))
                names = _names(where, cursor, source, columns)
                chosen = sql.SQL(", ").join(map(sql.Identifier, names))
                wanted = sql.SQL("select {} from {}{}").format(chosen, _table(source), _newer(where, cursor, source, last))
                ((counted,),) = cursor.execute(sql.SQL("select count(*) from ({}) wanted").format(wanted)).fetchall()
                highest = _highest(cursor, source, wanted, last)
                with spool.open("wb") as stream, cursor.copy(sql.SQL("copy ({}) to stdout (format csv)").format(wanted)) as copy:
                    for piece in copy:
                        stream.write(piece)
        except psycopg.OperationalError as error:
            raise _unreachable(where, error) from error
        except psycopg.Error as error:
            raise MappingError(
                f"{where}: {_first_line(error)}; allowed is a table or one select that this user may read; correct the name, the select "
                "or the user's rights"
            ) from error
    return names, Reading(counted, 0, highest)


@contextmanager
def _connection(where: str, source: PostgresSource) -> Iterator[psycopg.Connection[Any]]:
    """A connection whose only transaction reads one state of the database."""
    address = os.environ.get(source.variable)
    if not address:
        raise MappingError(
            f"{where}: the variable {source.variable} is not set; allowed is a connection string in it, "
            "such as postgresql://user@host/database; set it where the command runs"
        )
    try:
        connection = psycopg.connect(address, connect_timeout=10, application_name="fairdeal")
    except psycopg.ProgrammingError:  # its words may quote the password
        raise MappingError(
            f"{where}: what {source.variable} holds is no connection string; "
            "allowed is for example postgresql://user@host/database; correct it"
        ) from None
    except psycopg.OperationalError as error:
        raise _unreachable(where, error) from None
    with connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


def _unreachable(where: str, error: Exception) -> SourceUnreachable:
    return SourceUnreachable(
        f"{where}: the database refuses or does not answer ({_first_line(error)}); allowed is one that this machine may read; "
        "check the connection string, the network and the user's rights"
    )


def _table(source: PostgresSource) -> sql.Composable:
    """What to select from."""
    if source.query is not None:
        return sql.SQL("({}) source").format(sql.SQL(source.query.strip().rstrip(";")))
    return sql.Identifier(*str(source.table).split("."))


def _names(where: str, cursor: psycopg.Cursor[Any], source: PostgresSource, columns: Sequence[str] | None) -> list[str]:
    """Columns to fetch, in the table's order."""
    cursor.execute(sql.SQL("select * from {} limit 0").format(_table(source)))
    has = [column.name for column in cursor.description or ()]
    wanted = {*(columns if columns is not None else has), *([source.watermark] if source.watermark else [])}
    for name in sorted(wanted):
        if name not in has:
            raise MappingError(f"{where}: no column {name!r}; it has {', '.join(has)}{near(name, has) or '; correct the mapping'}")
    return [name for name in has if name in wanted]


def _newer(where: str, cursor: psycopg.Cursor[Any], source: PostgresSource, last: str | None) -> sql.Composable:
    """The condition that leaves out what was certainly fetched before: rows that lie by the overlap below the highest watermark."""
    if source.watermark is None or last is None:
        return sql.SQL("")
    column = sql.Identifier(source.watermark)
    kinds = cursor.execute(
        sql.SQL("select pg_typeof({}) ::text from {} where {} is not null limit 1").format(column, _table(source), column)
    ).fetchall()
    kind = kinds[0][0] if kinds else None
    if kind is None:
        return sql.SQL("")
    if kind in _TIMES:
        back: sql.Composable = sql.SQL("interval {}").format(sql.Literal(f"{source.overlap_s} seconds"))
    elif kind in _NUMBERS:
        back = sql.Literal(source.overlap_steps)
    else:
        raise MappingError(
            f"{where} watermark: {source.watermark} holds {kind}; allowed are times and numbers that only grow; choose another"
        )
    return sql.SQL(" where {column} is null or {column} >= {last}::{kind} - {back}").format(
        column=column,
        last=sql.Literal(last),
        kind=sql.SQL(kind),
        back=back,
    )


def _highest(cursor: psycopg.Cursor[Any], source: PostgresSource, wanted: sql.Composable, last: str | None) -> str | None:
    """The highest watermark among the rows, or the one before where none has any."""
    if source.watermark is None:
        return None
    column = sql.Identifier(source.watermark)
    ((highest,),) = cursor.execute(sql.SQL("select max({})::text from ({}) wanted").format(column, wanted)).fetchall()
    return highest if highest is not None else last


def _rows(where: str, names: Sequence[str], spool: Path, counted: int) -> pl.DataFrame:
    """The copied rows as text; null and empty text stay two things."""
    rows = pl.DataFrame(schema=dict.fromkeys(names, pl.String()))
    if spool.stat().st_size:
        try:
            table = pyarrow.csv.read_csv(
                spool,
                pyarrow.csv.ReadOptions(column_names=list(names), block_size=_LARGEST_ROW),
                pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
                pyarrow.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )
        except pa.ArrowException as error:
            raise ContractBreach(
                f"{where}: a row cannot be read ({_first_line(error)}); allowed is UTF-8 and at most {_LARGEST_ROW >> 20} MB a row; "
                "leave the column out with a select"
            ) from error
        rows = pl.DataFrame(pl.from_arrow(table))
    if rows.height != counted:
        raise ContractBreach(
            f"{where}: {counted} rows counted by the server and {rows.height} fetched; allowed is no difference; "
            "do not use this reading, report the table's shape"
        )
    return rows


def _keep(folder: Path, kept: Sequence[Path], rows: pl.DataFrame, reading: Reading, *, replaces: bool) -> None:
    """Writes the next file of the set, whole or not at all; one that says what the newest says already is not written."""
    table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    if replaces and kept and pq.read_table(kept[-1]).cast(table.schema).equals(table):
        return
    number = int(kept[-1].stem) + 1 if kept else 1
    target = folder / f"{number:08d}.parquet"
    part = target.with_suffix(".part")
    pq.write_table(table.replace_schema_metadata({_META: json.dumps(asdict(reading))}), part, compression="zstd")
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    part.replace(target)


def _first_line(error: Exception) -> str:
    """The server's own words, masked: they may quote a value."""
    return mask_text((str(error).strip() or type(error).__name__).splitlines()[0][:300])
