"""Portions: which new files are read together, so that a backlog of months takes no more memory than a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairdeal.sources.discovery import SourceFile
from fairdeal.sources.mapping import Mapping

#: Part of the memory setting that the files of one portion may fill as they are written down; as tables they take several times that.
SHARE_OF_MEMORY = 1 / 12
#: How many times larger than its file the content of a packed file is, about.
UNPACKED = {".gz": 8, ".zst": 8, ".parquet": 6}


@dataclass(frozen=True)
class Portion:
    """Files that are read together, and the tables that are made of them."""

    tables: tuple[str, ...]
    files: tuple[SourceFile, ...]


def portions(mapping: Mapping, files: Sequence[SourceFile]) -> list[Portion]:
    """The files, those that a table needs at once together, the rest in portions of bounded size, each set in order of path.

    Tables that share a file set, or whose sets share a file, are made of the same portion. A query sees all files of its sets at once,
    and so do labels that stand in a file set of their own.
    """
    room = mapping.memory_mb * 2**20 * SHARE_OF_MEMORY
    found: list[Portion] = []
    for tables in _made_together(mapping, files):
        sets = {name for table in tables for name in mapping.file_sets_of(table)}
        own = [file for file in files if file.file_set in sets]
        if any(_needs_all(mapping, table) for table in tables):
            found += [Portion(tables, tuple(own))] if own else []
            continue
        some: list[SourceFile] = []
        for file in own:
            if some and file.path != some[-1].path and sum(map(_size, some)) + _size(file) > room:
                found.append(Portion(tables, tuple(some)))
                some = []
            some.append(file)
        found += [Portion(tables, tuple(some))] if some else []
    return found


def _needs_all(mapping: Mapping, table: str) -> bool:
    mapped = mapping.table(table)
    return mapped.query is not None or (mapped.label is not None and mapped.label.file_set is not None)


def _size(file: SourceFile) -> int:
    return file.size * max((times for suffix, times in UNPACKED.items() if file.path.casefold().endswith(suffix)), default=1)


def _made_together(mapping: Mapping, files: Sequence[SourceFile]) -> list[tuple[str, ...]]:
    """The mapping's tables, those that share a file together."""
    holding: dict[str, set[str]] = {}
    for file in files:
        holding.setdefault(file.path, set()).add(file.file_set)
    groups: list[tuple[set[str], list[str]]] = []
    for table in mapping.tables:
        touched = set(mapping.file_sets_of(table))
        touched |= {name for sets in holding.values() if sets & touched for name in sets}
        tables = [table]
        for group in [group for group in groups if group[0] & touched]:
            groups.remove(group)
            touched |= group[0]
            tables = group[1] + tables
        groups.append((touched, tables))
    order = list(mapping.tables)
    return [tuple(sorted(tables, key=order.index)) for _, tables in groups]
