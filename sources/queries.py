"""Tables made by a query: the user's SQL over the files that were read, and over nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping as Mapped
from collections.abc import Sequence

import duckdb
import polars as pl

from fairdeal.data_contracts.masking import mask_text
from fairdeal.sources.mapping import Mapping, MappingError, TableMapping
from fairdeal.sources.mapping_parts import near
from fairdeal.sources.readers.content import PROVENANCE

#: No file, no network, no extension, no variable of ours: a query sees the declared file sets, by one thread and so always in one order.
#: Beyond its memory it is refused; it does not fill the disk. In this order: the settings lock themselves one after another.
_CONFINED = (
    "SET threads = 1",
    "SET temp_directory = ''",
    "SET python_enable_replacements = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET TimeZone = 'UTC'",
    "SET enable_external_access = false",
)


def query_rows(mapping: Mapping, mapped: TableMapping, raw: Mapped[str, pl.DataFrame]) -> pl.DataFrame:
    """The result of a table's query, with provenance: ``__file`` is ``query:<table>``, ``__line`` numbers the rows in the order of the
    table's key columns and then of all others.

    Raises
    ------
    MappingError
        When the query is no single select, names what is not there, or meets a value it cannot convert.
    """
    where = f"{mapping.path.name}, [{mapped.table}] query"
    used = [name for name in mapping.file_sets_of(mapped.table) if mapped.label is None or name != mapped.label.file_set]
    sets = {
        name: raw[name].drop(list(PROVENANCE), strict=False) for name in mapping.files if name in raw and raw[name].width > len(PROVENANCE)
    }
    unknown = [name for name in used if name not in sets]
    if unknown and len(unknown) == len(used):
        return pl.DataFrame(schema=PROVENANCE)
    if unknown:
        raise MappingError(
            f"{where}: file set {', '.join(unknown)} has no file, so its columns are not known; allowed are sets with at least a header; "
            "give the file, if only its header, or leave the set out of the query"
        )
    result = _run(where, str(mapped.query), sets, tuple(mapping.files), mapping.memory_mb)
    order = [name for name in mapped.contract.key if name in result.columns]
    order += sorted(name for name in result.columns if name not in order)
    text = [pl.col(name).cast(pl.String, strict=False) if not result.schema[name].is_nested() else pl.lit("") for name in order]
    result = result.sort(text, maintain_order=True, nulls_last=True) if order else result
    return result.select(
        pl.lit(f"query:{mapped.table}").alias("__file"), pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("__line"), pl.all()
    )


def result_columns(mapping: Mapping, table: str, raw: Mapped[str, pl.DataFrame]) -> tuple[str, ...]:
    """Names that a table's query gives, provenance left out."""
    return tuple(name for name in query_rows(mapping, mapping.table(table), raw).columns if name not in PROVENANCE)


def _run(where: str, query: str, sets: Mapped[str, pl.DataFrame], declared: Sequence[str], memory_mb: int) -> pl.DataFrame:
    """The result of one confined select."""
    with duckdb.connect(":memory:", config={"memory_limit": f"{memory_mb}MB"}) as connection:
        try:
            statements = connection.extract_statements(query)
        except duckdb.Error as error:
            raise MappingError(f"{where}: {_told(error)}; allowed is one select in DuckDB's SQL; correct it") from error
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise MappingError(f"{where}: {len(statements)} statements or no select found; allowed is one select; write one")
        for name, frame in sets.items():
            connection.register(name, frame.to_arrow())
        for setting in (*_CONFINED, "SET lock_configuration = true"):
            connection.execute(setting)
        try:
            found = pl.from_arrow(connection.sql(query).to_arrow_table())
        except duckdb.CatalogException as error:
            named = re.search(r"with name (\S+) does not exist", str(error))
            hint = near(named[1], declared) if named else ""
            raise MappingError(
                f"{where}: {_told(error)}; declared file sets are {', '.join(declared)}{hint or '; correct the name'}"
            ) from error
        except duckdb.BinderException as error:
            columns = {f"{name}.{column}" for name, frame in sets.items() for column in frame.columns}
            raise MappingError(f"{where}: {_told(error)}; the files have {', '.join(sorted(columns))}; correct the query") from error
        except duckdb.PermissionException as error:
            raise MappingError(f"{where}: {_told(error)}; allowed are the declared file sets only; declare the file") from error
        except duckdb.Error as error:
            raise MappingError(
                f"{where}: {_told(error)}; CSV and JSON values are text; convert with try_cast or correct the query"
            ) from error
    frame = pl.DataFrame(found)
    return frame.select(pl.all().exclude(list(PROVENANCE)))


def _told(error: Exception) -> str:
    """DuckDB's own words in one line, masked: they may quote a value."""
    return mask_text(" ".join(re.split(r"LINE \d|Did you mean", str(error))[0].split()))
