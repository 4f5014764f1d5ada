"""The mapping: which of the user's files and columns are which of our tables and columns."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.sources.fetching import Fetching
from fairdeal.sources.mapping_entries import (
    column_source,
    file_set,
    label_rule,
    refuse_leaks,
    refuse_unknown,
    section,
    string,
    time_zone,
)
from fairdeal.sources.mapping_parts import (
    ColumnSource,
    Compression,
    Encoding,
    FileSet,
    Format,
    LabelRule,
    MappingError,
    TableMapping,
    TimeUnit,
    extra_name,
    label_columns,
    near,
)

__all__ = [
    "ColumnSource",
    "Compression",
    "Encoding",
    "FileSet",
    "Format",
    "LabelRule",
    "Mapping",
    "MappingError",
    "TableMapping",
    "TimeUnit",
    "load_mapping",
    "subject_columns",
]


@dataclass(frozen=True)
class Mapping:
    """One source: its files, and how they become our tables.

    Parameters
    ----------
    path
        The mapping file.
    sha256
        Of the mapping file's bytes: what was followed.
    name, time_zone
        The source's name, and the zone of times that name none.
    base
        Folder that the file sets' paths are relative to.
    files, tables
        By name, in the order of the mapping file.
    memory_mb
        Most memory that a query over the files may take, in megabytes.
    fetching
        Where copies of objects and tables are kept, and how they are reached.
    """

    path: Path
    sha256: str
    name: str
    time_zone: str
    base: Path
    files: Mapped[str, FileSet]
    tables: Mapped[str, TableMapping]
    memory_mb: int = 3000
    fetching: Fetching = field(default_factory=Fetching)

    def table(self, name: str) -> TableMapping:
        """The mapping of one table; `MappingError` when the source does not give it."""
        if name not in self.tables:
            raise MappingError(f"{self.path.name}: no [{name}]; it gives {', '.join(self.tables)}; map the table or ask for another")
        return self.tables[name]

    def missing_required(self, table: str) -> tuple[str, ...]:
        """Key columns of the contract that the mapping does not give, in the contract's order.

        A daily run needs them all; a measurement may go without. The columns of a query are known only once it has run
        (`fairdeal.sources.queries.result_columns`): for such a table nothing is reported here.
        """
        mapped = self.table(table)
        if mapped.query is not None:
            return ()
        return tuple(name for name in mapped.contract.required if name not in mapped.columns)

    def file_sets_of(self, table: str) -> tuple[str, ...]:
        """Names of the file sets that a table and its labels are made of, in the mapping's order.

        A query must see all files of its sets at once, not only those that are new.
        """
        mapped = self.table(table)
        wanted = {mapped.file_set, mapped.label.file_set if mapped.label else None}
        if mapped.query is not None:
            wanted |= {name for name in self.files if re.search(rf"(?i)(?<![\w.]){re.escape(name)}(?!\w)", mapped.query)}
        return tuple(name for name in self.files if name in wanted)

    def names_honest(self, table: str) -> bool:
        """Whether the source says of the table's own subjects which were honest: what it says nothing about is then not known."""
        label = self.tables[table].label if table in self.tables else None
        return label is not None and bool(label.negative) and label.subject in (None, self.tables[table].contract.key[0])

    def queried(self, file_set: str) -> bool:
        """Whether a query reads a file set, other than the set that holds a queried table's labels only."""
        return any(
            mapped.query is not None
            and file_set in self.file_sets_of(table)
            and (mapped.label is None or mapped.label.file_set != file_set)
            for table, mapped in self.tables.items()
        )

    def source_columns(self, file_set: str) -> tuple[str, ...] | None:
        """Columns of a file set that anything needs, sorted; None means all of them, since a query reads the set.

        What is not needed is not read: an answer that stands beside the data is never carried by accident.
        """
        wanted: set[str] = set()
        for table, mapped in self.tables.items():
            if file_set not in self.file_sets_of(table):
                continue
            if mapped.query is not None and (mapped.label is None or mapped.label.file_set != file_set):
                return None
            if mapped.file_set == file_set:
                wanted |= set(mapped.source_columns())
            if mapped.label is not None and mapped.label.file_set == file_set:
                wanted |= label_columns(mapped.label) | set(subject_columns(mapped))
        return tuple(sorted(wanted))


def subject_columns(mapped: TableMapping) -> tuple[str, ...]:
    """Names under which the label's subject may stand in the label's own file, the likeliest first."""
    if mapped.label is None:
        return ()
    if mapped.label.subject_column is not None:
        return (mapped.label.subject_column,)
    subject = mapped.label.subject or mapped.contract.key[0]
    mapped_names = mapped.columns[subject].columns if subject in mapped.columns else ()
    return tuple(dict.fromkeys((*mapped_names, subject)))


def load_mapping(path: Path, data: Path | None = None) -> Mapping:
    """The mapping in a TOML file.

    Parameters
    ----------
    path
        The mapping file.
    data
        Folder that the file sets' paths are relative to; None means the mapping file's own folder.

    Raises
    ------
    MappingError
        When the file cannot be read, is no TOML, or says something that the schema does not allow; the message names the place
        and near matches.
    """
    where = path.name
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise MappingError(f"{path}: cannot be read ({reason}); allowed is a readable TOML file; check the path") from error
    if data is not None and not data.is_dir():
        raise MappingError(f"--data {data}: no such folder; allowed is the folder that the mapping's paths start from; check the path")
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MappingError(f"{where}: no TOML ({error}); allowed is a mapping file in TOML, UTF-8; correct that place") from error
    refuse_unknown(where, document, ("source", "files", *INBOUND), "section")
    source = section(f"{where}, [source]", document.get("source", {}))
    refuse_unknown(f"{where}, [source]", source, ("name", "time_zone"))
    if "name" not in source:
        raise MappingError(f'{where}, [source]: no name; allowed is a short name of the source; add name = "…"')
    name = string(f"{where}, [source] name", source["name"])
    if not re.fullmatch(r"[\w][\w.-]{0,63}", name):
        raise MappingError(f"{where}, [source] name: {name!r} found; allowed are up to 64 letters, digits, _ - and .; shorten it")
    zone = time_zone(f"{where}, [source] time_zone", source.get("time_zone", "UTC"))
    files = {
        key: file_set(f"{where}, [files.{key}]", key, value)
        for key, value in section(f"{where}, [files]", document.get("files", {})).items()
    }
    if not files:
        raise MappingError(f"{where}: no file sets; allowed is at least one [files.NAME]; say where the files are")
    folded = [key.casefold() for key in files]
    if len(set(folded)) < len(folded):
        raise MappingError(f"{where}, [files]: two names differ only in case; allowed are distinct names; rename one")
    tables = {key: _table(f"{where}, [{key}]", key, document[key], files, zone) for key in document if key in INBOUND}
    if not tables:
        raise MappingError(f"{where}: no tables; allowed are {', '.join(INBOUND)}; map at least one")
    base = (data if data is not None else path.parent).resolve()
    mapping = Mapping(path, hashlib.sha256(content).hexdigest(), name, zone, base, files, tables)
    _refuse_two_readings(where, mapping)
    return mapping


def _refuse_two_readings(where: str, mapping: Mapping) -> None:
    """Raises `MappingError` for a table of a database that is wanted both as what is new and as what is there now."""
    for name, declared in mapping.files.items():
        if declared.postgresql is None or not mapping.queried(name):
            continue
        others = [
            table for table, mapped in mapping.tables.items() if name in (mapped.file_set, mapped.label.file_set if mapped.label else 0)
        ]
        if others:
            raise MappingError(
                f"{where}, [files.{name}]: read by a query and from by [{others[0]}]; allowed is one of them: "
                "a query sees the table as it is, from sees what is new; declare the table twice"
            )
        if declared.postgresql.watermark is not None:
            raise MappingError(
                f"{where}, [files.{name}] watermark: found on a set that a query reads; allowed on sets read with from, since a query sees "
                "the whole table; remove it"
            )


def _table(where: str, table: str, value: object, files: Mapped[str, FileSet], zone: str) -> TableMapping:
    """One section of a table of ours."""
    contract = INBOUND[table]
    entries = section(where, value)
    if ("from" in entries) == ("query" in entries):
        found = "from and query" if "from" in entries else "neither from nor query"
        raise MappingError(f"{where}: {found} found; allowed is one of them; say which file set or which query makes the table")
    refuse_unknown(where, entries, ("from", "query", "extra", "label", *contract.names), "column")
    if "from" in entries and entries["from"] not in files:
        given = entries["from"]
        raise MappingError(
            f"{where} from: no file set {given!r}; declared are {', '.join(files)}{near(str(given), files) or '; add [files.…]'}"
        )
    columns = {
        name: column_source(f"{where} {name}", entries[name], contract.column(name), zone) for name in contract.names if name in entries
    }
    if "from" in entries and not columns:
        raise MappingError(f"{where}: no column mapped; allowed are {', '.join(contract.names)}; map at least one")
    mixed = [name for name, source in columns.items() if source.by_currency]
    if mixed and "from" in entries and "currency" not in columns:
        raise MappingError(
            f'{where} {mixed[0]} decimal: "currency" found and no currency mapped; allowed beside it; add currency = … or give the decimals'
        )
    extra = _extra(f"{where} extra", entries.get("extra", []))
    label = label_rule(f"{where[:-1]}.label]", entries["label"], contract, files, zone) if "label" in entries else None
    if label is not None and (label.file_set is None or label.file_set == entries.get("from")):
        refuse_leaks(where, extra, label)
    return TableMapping(
        table=table,
        file_set=entries.get("from"),
        query=string(f"{where} query", entries["query"]) if "query" in entries else None,
        columns=columns,
        extra=extra,
        label=label,
    )


def _extra(where: str, value: Any) -> tuple[str, ...]:
    """The columns to carry as they are."""
    if not isinstance(value, list):
        raise MappingError(f"{where}: {value!r} found; allowed is a list of column names; write it as [..]")
    names = tuple(string(where, name) for name in value)
    carried: dict[str, str] = {}
    for name in names:
        other = carried.setdefault(extra_name(name), name)
        if other != name or names.count(name) > 1:
            raise MappingError(f"{where}: {other!r} and {name!r} would both be carried as {extra_name(name)}; allowed once; remove one")
    return names
