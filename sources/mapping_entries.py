"""Entries of a mapping file read into values, each refused with its place when it says something else than the schema allows."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fairdeal.data_contracts.contract import Column, Contract, Kind
from fairdeal.data_contracts.labels import LabelSource
from fairdeal.data_contracts.typologies import Typology
from fairdeal.sources.mapping_parts import (
    ColumnSource,
    Compression,
    Encoding,
    FileSet,
    Format,
    LabelRule,
    MappingError,
    PostgresSource,
    TimeUnit,
    label_columns,
    near,
)

#: Which kind of subject an id column of ours names.
SUBJECT_OF_COLUMN: dict[str, str] = {
    "payment_id": "payment",
    "order_id": "order",
    "review_id": "review",
    "merchant_id": "merchant",
    "payee_id": "merchant",
    "buyer_id": "account",
    "payer_id": "account",
    "reviewer_id": "account",
    "account_id": "account",
    "instrument_id": "instrument",
    "device_id": "device",
}
_COLUMN_KEYS = (
    "column",
    "columns",
    "join",
    "constant",
    "decimal",
    "format",
    "unit",
    "seconds",
    "origin",
    "values",
    "otherwise",
    "time_zone",
)
_LABEL_KEYS = (
    "column",
    "positive",
    "negative",
    "available_after",
    "available_at",
    "typology",
    "source",
    "from",
    "subject",
    "subject_column",
)
_FILE_KEYS = ("path", "format", "encoding", "delimiter", "compression")
_DATABASE_KEYS = ("postgresql", "query", "connection", "watermark", "overlap")
_DURATION = re.compile(r"(\d{1,6})\s*([smhdw])")
_DURATION_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DIRECTIVES = set("YymdHIMSfpzjbBT%F")


def refuse_unknown(where: str, found: Iterable[str], allowed: Iterable[str], what: str = "entry") -> None:
    """Raises `MappingError` naming the first key that is not allowed, with near matches."""
    known = list(allowed)
    for name in found:
        if name not in known:
            raise MappingError(f"{where}: no such {what} {name!r}; allowed are {', '.join(known)}{near(name, known) or '; remove it'}")


def text_of(where: str, value: object) -> str:
    """A scalar of the mapping file as the text a source file would hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise MappingError(f"{where}: {type(value).__name__} found; allowed is a text, number, true, false or time; write one value")


def string(where: str, value: object) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise MappingError(f"{where}: {value!r} found; allowed is a text that is not empty; write it in quotes")
    return value


def choice(where: str, value: object, allowed: Iterable[str]) -> str:
    """One of the allowed words."""
    words = [str(word) for word in allowed]
    if value not in words:
        raise MappingError(f"{where}: {value!r} found; allowed are {', '.join(words)}{near(str(value), words) or '; choose one'}")
    return str(value)


def section(where: str, value: object) -> Mapping[str, Any]:
    """A table of the mapping file."""
    if not isinstance(value, dict):
        raise MappingError(f"{where}: {value!r} found; allowed is a section of entries; write it as {where.rpartition(', ')[2]}")
    return value


def time_zone(where: str, value: object) -> str:
    """A time zone of the IANA database."""
    name = string(where, value)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise MappingError(f"{where}: {name!r} is no time zone; allowed are IANA names; write for example Asia/Shanghai or UTC") from error
    return name


def file_set(where: str, name: str, value: object) -> FileSet:
    """One ``[files.NAME]``."""
    entries = section(where, value)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise MappingError(f"{where}: the name {name!r} cannot stand in a query; allowed are letters, digits and _; rename the file set")
    refuse_unknown(where, entries, (*_FILE_KEYS, *_DATABASE_KEYS))
    if set(entries) & set(_DATABASE_KEYS):
        return _database(where, name, entries)
    if "path" not in entries:
        raise MappingError(f'{where}: no path; allowed is a path or glob, or postgresql = "a table"; add path = "…"')
    _refuse_scheme(where, string(f"{where} path", entries["path"]))
    delimiter = entries.get("delimiter")
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n\0'):
        raise MappingError(f"{where} delimiter: {delimiter!r} found; allowed is one character other than a quote or line end; write one")
    given = {
        key: choice(f"{where} {key}", entries[key], kinds)
        for key, kinds in (("format", Format), ("encoding", Encoding), ("compression", Compression))
        if key in entries
    }
    return FileSet(
        name=name,
        path=string(f"{where} path", entries["path"]),
        format=Format(given["format"]) if "format" in given else None,
        encoding=Encoding(given["encoding"]) if "encoding" in given else None,
        delimiter=delimiter,
        compression=Compression(given["compression"]) if "compression" in given else None,
    )


def _refuse_scheme(where: str, path: str) -> None:
    """Raises `MappingError` for addresses that are not read, and for keys in one."""
    scheme, colon, rest = path.partition("://")
    if colon and scheme != "s3":
        raise MappingError(f"{where} path: {scheme}:// found; allowed are folders and s3://bucket/prefix; copy the files to one of these")
    if colon and (not rest.partition("/")[0] or "@" in rest.partition("/")[0]):
        raise MappingError(
            f"{where} path: {path.partition('@')[2] or path!r} found; allowed is s3://bucket/prefix without keys; correct it"
        )


def _database(where: str, name: str, entries: Mapping[str, Any]) -> FileSet:
    """One ``[files.NAME]`` that is a table or a select of a database."""
    refuse_unknown(where, entries, _DATABASE_KEYS)
    if ("postgresql" in entries) == ("query" in entries):
        raise MappingError(f"{where}: one of postgresql and query is allowed; name a table or write one select")
    table = string(f"{where} postgresql", entries["postgresql"]) if "postgresql" in entries else None
    if table is not None and not re.fullmatch(r'[^\s."\']+(\.[^\s."\']+)?', table):
        raise MappingError(f"{where} postgresql: {table!r} found; allowed is a table or schema.table; write a select as query")
    connection = entries.get("connection")
    found = re.fullmatch(r"env:([A-Za-z_][A-Za-z0-9_]*)", connection) if isinstance(connection, str) else None
    if found is None:
        raise MappingError(
            f'{where} connection: allowed is "env:NAME", the variable that holds the connection string, and never the string itself; '
            'write for example connection = "env:FAIRDEAL_SHOP_DSN"'
        )
    source = PostgresSource(
        table=table,
        query=string(f"{where} query", entries["query"]) if "query" in entries else None,
        variable=found[1],
        watermark=string(f"{where} watermark", entries["watermark"]) if "watermark" in entries else None,
        **_overlap(f"{where} overlap", entries),
    )
    return FileSet(name=name, path=source.told, format=Format.PARQUET, postgresql=source)


def _overlap(where: str, entries: Mapping[str, Any]) -> dict[str, int]:
    """How far below the watermark fetching begins: a duration, or a number of units."""
    if "overlap" not in entries:
        return {}
    if "watermark" not in entries:
        raise MappingError(f"{where}: found without watermark; allowed together with it; add watermark or remove overlap")
    value = entries["overlap"]
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return {"overlap_steps": value}
    return {"overlap_s": int(_duration(where, value).total_seconds())}


def column_source(where: str, value: object, column: Column, zone: str) -> ColumnSource:
    """One of our columns: a name, or a section with a conversion that suits the column's kind."""
    if isinstance(value, str):
        return ColumnSource(columns=(string(where, value),))
    if not isinstance(value, dict):
        raise MappingError(
            f"{where}: {value!r} found; allowed is a column name or a section such as {{ column = …, … }}; write one of these"
        )
    refuse_unknown(where, value, _COLUMN_KEYS)
    origins = [key for key in ("column", "columns", "constant") if key in value]
    if len(origins) != 1:
        found = " and ".join(origins) or "none of them"
        raise MappingError(f"{where}: {found} found; allowed is exactly one of column, columns, constant; say where the value comes from")
    _refuse_unsuited(where, value, column)
    columns: tuple[str, ...] = ()
    if "column" in value:
        columns = (string(f"{where} column", value["column"]),)
    elif "columns" in value:
        if not isinstance(value["columns"], list) or not value["columns"]:
            raise MappingError(f"{where} columns: {value['columns']!r} found; allowed is a list of column names; write it as [..]")
        columns = tuple(string(f"{where} columns", name) for name in value["columns"])
    unit = TimeUnit(choice(f"{where} unit", value["unit"], TimeUnit)) if "unit" in value else None
    own_zone = time_zone(f"{where} time_zone", value["time_zone"]) if "time_zone" in value else None
    values = section(f"{where} values", value.get("values", {}))
    return ColumnSource(
        columns=columns,
        constant=text_of(f"{where} constant", value["constant"]) if "constant" in value else None,
        join=_plain_text(f"{where} join", value.get("join", "")),
        decimal=_decimals(f"{where} decimal", value["decimal"]) if value.get("decimal", "currency") != "currency" else None,
        by_currency=value.get("decimal") == "currency",
        format=_time_format(f"{where} format", value["format"]) if "format" in value else None,
        unit=unit,
        seconds=_seconds(f"{where} seconds", value.get("seconds", 1)),
        origin=_origin(f"{where} origin", value["origin"], own_zone or zone) if "origin" in value else None,
        values={name: text_of(f"{where} values {name}", meaning) for name, meaning in values.items()},
        otherwise=text_of(f"{where} otherwise", value["otherwise"]) if "otherwise" in value else None,
        time_zone=own_zone,
    )


def _refuse_unsuited(where: str, value: Mapping[str, Any], column: Column) -> None:
    """Conversions that this kind of column does not have, and entries that mean nothing without another."""
    suited = {
        "decimal": (Kind.MINOR,),
        "format": (Kind.INSTANT, Kind.DATE),
        "time_zone": (Kind.INSTANT, Kind.DATE),
        "unit": (Kind.INSTANT,),
    }
    for key, kinds in suited.items():
        if key in value and column.kind not in kinds:
            raise MappingError(f"{where} {key}: {column.name} holds {column.kind}; {key} is allowed for {' and '.join(kinds)}; remove it")
    for key, needed in {"join": "columns", "seconds": "unit", "origin": "unit", "otherwise": "values"}.items():
        if key in value and needed not in value:
            raise MappingError(f"{where} {key}: found without {needed}; allowed together with it; add {needed} or remove {key}")
    if "seconds" in value and value["unit"] != TimeUnit.STEP:
        raise MappingError(f'{where} seconds: found with unit {value["unit"]!r}; allowed with unit = "step"; remove seconds')
    if "format" in value and "unit" in value:
        raise MappingError(f"{where}: format and unit found; allowed is one of them; keep format for text, unit for numbers")


def _plain_text(where: str, value: object) -> str:
    if not isinstance(value, str):
        raise MappingError(f"{where}: {value!r} found; allowed is a text; write it in quotes")
    return value


def _decimals(where: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 6:
        raise MappingError(f"{where}: {value!r} found; allowed are 0 to 6 and 'currency'; write how many decimals the minor unit has")
    return value


def _seconds(where: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 366 * 86_400:
        raise MappingError(f"{where}: {value!r} found; allowed is a number above 0, at most a year; write the seconds between two steps")
    return float(value)


def _origin(where: str, value: object, zone: str) -> datetime:
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
    elif isinstance(value, date) and not isinstance(value, datetime):
        moment = datetime(value.year, value.month, value.day)
    if not isinstance(moment, datetime):
        raise MappingError(f"{where}: {value!r} found; allowed is an ISO time; write for example 2018-04-01T00:00:00Z")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC)


def _time_format(where: str, value: object) -> str:
    """The format in the directives that both `strptime` and the engine understand; ``.%f`` is a fraction of a second."""
    written = string(where, value)
    directives = re.findall(r"%(.?)", written)
    unknown = [f"%{sign}" for sign in directives if sign not in _DIRECTIVES]
    days = {"d", "j", "F"} & set(directives)
    if unknown or not days or not {"Y", "y", "F"} & set(directives):
        raise MappingError(
            f"{where}: {written!r} found{' with ' + ', '.join(unknown) if unknown else ''}; allowed are "
            f"{' '.join('%' + sign for sign in sorted(_DIRECTIVES))}, year and day among them; write for example %d/%m/%Y %H:%M"
        )
    if "f" in directives and "%S.%f" not in written:
        raise MappingError(f"{where}: {written!r} has %f on its own; allowed is %S.%f; write the fraction after the seconds")
    if "z" in directives and not {"H", "I", "T"} & set(directives):
        raise MappingError(f"{where}: {written!r} has a zone and no hour; allowed is %z after a time; remove %z")
    return written.replace(".%f", "%.f")


def label_rule(where: str, value: object, contract: Contract, file_sets: Iterable[str], zone: str) -> LabelRule:
    """One ``[table.label]``."""
    entries = section(where, value)
    refuse_unknown(where, entries, _LABEL_KEYS)
    for needed in ("column", "positive"):
        if needed not in entries:
            raise MappingError(f"{where}: no {needed}; allowed are {', '.join(_LABEL_KEYS)}; add {needed} = …")
    positive, negative = (_spellings(f"{where} {key}", entries.get(key, [])) for key in ("positive", "negative"))
    if not positive:
        raise MappingError(f"{where} positive: empty list; allowed are the values that mean fraud; list at least one")
    both = {str(item) for item in positive} & {str(item) for item in negative}
    if both:
        raise MappingError(f"{where}: {', '.join(sorted(both))} in positive and negative; allowed is one meaning per value; remove one")
    if "available_after" in entries and "available_at" in entries:
        raise MappingError(f"{where}: available_after and available_at found; allowed is one of them; remove one")
    if "from" in entries:
        choice(f"{where} from", entries["from"], file_sets)
    subject = entries.get("subject")
    ids = [name for name in contract.names if name in SUBJECT_OF_COLUMN]
    if subject is not None:
        choice(f"{where} subject", subject, ids)
    elif contract.key[0] not in SUBJECT_OF_COLUMN:
        raise MappingError(f"{where}: {contract.name} has no subject of its own; allowed are {', '.join(ids) or 'none'}; add subject = …")
    moment = Column("available_at", Kind.INSTANT, "when the verdict became known")
    rule = LabelRule(
        column=string(f"{where} column", entries["column"]),
        positive=positive,
        negative=negative,
        available_after=_duration(f"{where} available_after", entries["available_after"]) if "available_after" in entries else None,
        available_at=column_source(f"{where} available_at", entries["available_at"], moment, zone) if "available_at" in entries else None,
        typology=_typology(f"{where} typology", entries["typology"], zone) if "typology" in entries else None,
        source=LabelSource(choice(f"{where} source", entries.get("source", LabelSource.PROVIDER), LabelSource)),
        file_set=entries.get("from"),
        subject=subject,
        subject_column=string(f"{where} subject_column", entries["subject_column"]) if "subject_column" in entries else None,
    )
    if rule.subject_column is not None and rule.file_set is None:
        raise MappingError(f"{where} subject_column: found without from; allowed for labels in a file set of their own; remove it")
    return rule


def refuse_leaks(where: str, extra: Iterable[str], label: LabelRule | None) -> None:
    """Raises `MappingError` when a column that holds the answer would be carried as a feature."""
    leaks = sorted(set(extra) & label_columns(label)) if label is not None else []
    if leaks:
        raise MappingError(f"{where} extra: {', '.join(leaks)} holds the label; allowed are columns known before it; remove it from extra")


def _spellings(where: str, value: object) -> tuple[str | int | float | bool, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str | int | float | bool) for item in value):
        raise MappingError(f"{where}: {value!r} found; allowed is a list of texts, numbers, true or false; write it as [..]")
    return tuple(value)


def _duration(where: str, value: object) -> timedelta:
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise MappingError(f"{where}: {value!r} found; allowed is a number and s, m, h, d or w; write for example 7d or 12h")
    return timedelta(**{_DURATION_UNITS[match[2]]: int(match[1])})


def _typology(where: str, value: object, zone: str) -> Typology | ColumnSource:
    if isinstance(value, str) and value in list(Typology):
        return Typology(value)
    if isinstance(value, str) and difflib.get_close_matches(value, list(Typology), cutoff=0.8):
        known = near(value, Typology)
        raise MappingError(f"{where}: no typology {value!r}; allowed are {', '.join(Typology)}{known} A column is written {{ column = … }}")
    return column_source(where, value, Column("typology", Kind.CATEGORY, "which kind of cheat"), zone)
