"""A first mapping for files that nobody has described: every guess with its reason, and what is left for a person to decide."""

from __future__ import annotations

import glob
import json
import os
import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fairdeal.data_contracts.contract import Kind
from fairdeal.data_contracts.masking import mask_text
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.sources.compression import Unreadable
from fairdeal.sources.drafting_guesses import FileGroup, Guess, Join, TableGuess, find_elsewhere, guess_currency, guess_table, shared_part
from fairdeal.sources.drafting_profiles import Profile, profile, sample
from fairdeal.sources.drafting_words import ZONE_OF_CURRENCY, is_chinese
from fairdeal.sources.mapping_parts import MappingError, extra_name, near

#: Names that a query cannot use bare, and that read badly.
_RESERVED = {"order", "group", "select", "table", "from", "where", "user", "values", "columns", "all", "end", "desc", "limit", "files"}
_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
_SAMPLED_PER_SHAPE = 8
_SMALL_BYTES = 8 << 20


def draft(paths: Sequence[Path], base: Path, tables: Mapping[str, str] | None = None) -> str:
    """A mapping for some files, as commented TOML.

    Parameters
    ----------
    paths
        Files; a folder stands for every data file in it.
    base
        Folder that the mapping's paths are to be relative to.
    tables
        Table by file name or, under ``""``, of every file, where it is not to be guessed.

    Raises
    ------
    MappingError
        When a file cannot be read or a named table does not exist.

    Notes
    -----
    Only the beginning of large files is looked at. No value of a key, text or amount is written into the draft; of columns with few values
    the values are.
    """
    forced = dict(tables or {})
    for table in forced.values():
        if table not in INBOUND:
            raise MappingError(f"--table {table}: no such table; allowed are {', '.join(INBOUND)}{near(table, INBOUND) or '; choose one'}")
    groups = _groups(_expanded(paths), base)
    unknown = set(forced) - {""} - {path.name for group in groups for path in group.paths} - {group.name for group in groups}
    if unknown:
        raise MappingError(
            f"--table {sorted(unknown)[0]}=…: no such file among those given; "
            f"allowed are {', '.join(group.name for group in groups)}; correct it"
        )
    guesses: dict[str, TableGuess] = {}
    others: list[tuple[FileGroup, str]] = []
    for group in groups:
        wanted = next((forced[name] for name in (group.name, *(path.name for path in group.paths), "") if name in forced), None)
        guess = guess_table(group, wanted)
        if guess is None:
            others.append((group, "looks like none of our tables; a query may join it"))
        elif guess.table in guesses and guesses[guess.table].score >= guess.score:
            others.append((group, f"looks like {guess.table} too; {guesses[guess.table].group.name} fits better"))
        else:
            if guess.table in guesses:
                others.append((guesses[guess.table].group, f"looks like {guess.table} too; {group.name} fits better"))
            guesses[guess.table] = guess
    for guess in guesses.values():
        find_elsewhere(guess, groups)
    name = re.sub(r"[^\w.-]+", "-", base.resolve().name).strip("-.")[:64] or "my-shop"
    zone = _settle_money(guesses, name)
    text = _written(name, zone, groups, guesses, others)
    tomllib.loads(text)
    return text


def _expanded(paths: Sequence[Path]) -> list[Path]:
    """Every file; a folder stands for the data files in it, whatever depth."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.is_file() and _is_data(each))
            found += [each for each in inside if not any(part.startswith(".") for part in each.relative_to(path).parts)]
        elif path.is_file():
            found.append(path)
        else:
            raise MappingError(f"{path}: no such file; allowed are files and folders of CSV, JSON Lines or Parquet; check the path")
    if not found:
        raise MappingError("no data files found; allowed are CSV, JSON Lines and Parquet, packed or not; name the files")
    return list(dict.fromkeys(found))


def _is_data(path: Path) -> bool:
    return any(suffix in path.name.casefold() for suffix in _SUFFIXES)


def _groups(paths: Sequence[Path], base: Path) -> list[FileGroup]:
    """Files whose names differ in digits only, and whose columns are the same, as one group each."""
    shapes: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    for path in paths:
        shapes[(path.parent, re.sub(r"\d+", "#", path.name))].append(path)
    groups: list[FileGroup] = []
    trite = _trite([shape for _, shape in shapes])
    for (folder, shape), members in shapes.items():
        by_columns: dict[tuple[str, ...], list[Path]] = defaultdict(list)
        small = sum(path.stat().st_size for path in members[:_SAMPLED_PER_SHAPE]) < _SMALL_BYTES
        looked = members if small and len(members) <= _SAMPLED_PER_SHAPE else [max(members, key=lambda path: path.stat().st_size)]
        samples = {}
        for path in looked:
            try:
                samples[path] = sample(path)
            except (Unreadable, OSError) as error:
                raise MappingError(f"{path}: cannot be read: {error}") from error
            if samples[path].columns:
                by_columns[tuple(samples[path].columns)].append(path)
        if not by_columns:
            raise MappingError(f"{looked[0]}: no columns in it; allowed is a file with at least a header; name one that has rows")
        one_shape = len(by_columns) <= 1
        for group in by_columns.values():
            rows = max((samples[path] for path in group), key=lambda frame: frame.height)
            everyone = tuple(members) if one_shape else tuple(group)
            pattern = shape if one_shape and len(members) > 1 else None
            place = "/".join((Path(os.path.relpath(folder.resolve(), base.resolve())).as_posix(), pattern or ""))
            written = re.sub(r"#(?:[-_.]?#)*", "*", glob.escape(place)) if pattern else ""
            for path in everyone if pattern is None else everyone[:1]:
                single = glob.escape(Path(os.path.relpath(path.resolve(), base.resolve())).as_posix())
                groups.append(
                    FileGroup(
                        name=_set_name(path, {other.name for other in groups}, trite),
                        glob=(written or single).removeprefix("./"),
                        paths=everyone if pattern is not None else (path,),
                        rows=rows if pattern is not None or path not in samples else samples[path],
                        profiles={name: profile(rows, name) for name in rows.columns},
                    )
                )
    return groups


def _trite(names: Sequence[str]) -> set[str]:
    """Words that stand in every file's name, where there are several: they tell nothing apart."""
    split = [set(re.findall(r"[a-z]+", name.partition(".")[0].lower())) for name in names]
    return set.intersection(*split) if len(split) > 1 else set()


def _set_name(path: Path, taken: set[str], trite: set[str]) -> str:
    """A name for a file set that a query may use."""
    words = "_".join(word for word in re.findall(r"[a-z]+", path.name.partition(".")[0].lower()) if word not in trite)
    name = words if words and words not in _RESERVED else f"{words or 'set'}_files"
    number = 2
    while name in taken:
        name = f"{name.rstrip('0123456789')}{number}"
        number += 1
    return name


def _settle_money(guesses: Mapping[str, TableGuess], name: str) -> str:
    """Currencies and one-shop constants where no column holds them; gives the time zone that fits the currency."""
    currencies: list[str] = []
    for guess in guesses.values():
        if "currency" in guess.contract.required and "currency" in guess.columns:
            column = guess.columns["currency"].entry
            if isinstance(column, str):
                currencies += guess.group.profiles[column].values[:1]
    default = currencies[0] if currencies else None
    for guess in guesses.values():
        if "currency" in guess.missing:
            guess.columns["currency"] = guess_currency(guess.group, default)
            entry = guess.columns["currency"].entry
            currencies += [entry["constant"]] if isinstance(entry, dict) else []
        for seller in ("merchant_id", "payee_id"):
            if seller in guess.missing:
                doubt = "no column names who sold: if all of it is one shop's, this name stands for it; otherwise map or join the seller"
                guess.columns[seller] = Guess({"constant": name}, "no column names the seller", doubt)
    chinese = any(is_chinese(column) for guess in guesses.values() for column in guess.group.profiles)
    zones = [ZONE_OF_CURRENCY[code] for code in currencies if code in ZONE_OF_CURRENCY]
    return zones[0] if zones else "Asia/Shanghai" if chinese else "UTC"


def _written(
    name: str, zone: str, groups: Sequence[FileGroup], guesses: Mapping[str, TableGuess], others: Sequence[tuple[FileGroup, str]]
) -> str:
    """The mapping file."""
    zoneless = any(
        profile.moment is not None and not profile.moment.is_zoned
        for guess in guesses.values()
        for profile in guess.group.profiles.values()
    )
    lines = [
        "# Drafted by `fairdeal source new` from the beginning of the files: every line is a guess, with its reason behind it.",
        "# Lines with TODO need a decision. `fairdeal source check` says what a run would meet.",
        "",
        "[source]",
        f"name = {_text(name)}",
    ]
    doubt = "   # TODO the zone of times that name none" if zoneless else "   # no time without a zone was seen"
    lines += [f"time_zone = {_text(zone)}{doubt}"]
    for group in groups:
        lines += ["", f"[files.{group.name}]"]
        lines += [f"# {why}" for other, why in others if other is group]
        files = f"{len(group.paths)} files, " if len(group.paths) > 1 else ""
        lines += [f"path = {_text(group.glob)}   # {files}{group.rows.height} rows looked at"]
    for table in INBOUND:
        if table in guesses:
            lines += ["", *_table(guesses[table], guesses)]
    if not guesses:
        lines += ["", "# TODO no file looks like one of our tables: give --table, or map the columns by hand, for example", "# [payments]"]
    return "\n".join(lines) + "\n"


def _table(guess: TableGuess, guesses: Mapping[str, TableGuess]) -> list[str]:
    """One table's section."""
    lines = [f"[{guess.table}]"]
    if guess.joins or guess.product:
        lines += [
            "# TODO read this query: it brings together what stands in several files or columns",
            f"query = {_long_text(_query(guess))}",
        ]
    else:
        lines += [f"from = {_text(guess.group.name)}"]
    for column in guess.contract.columns:
        found = guess.columns.get(column.name)
        if found is None:
            if column.required:
                lines += [f"# TODO {column.name} = …   # {column.meaning}: no column found; the table needs it"]
            continue
        if found.todo:
            lines += [f"# TODO {_plain(found.todo)}"]
        reason = found.reason + (_found_in(guess, found, guesses) if column.kind is Kind.ID else "")
        lines += [f"{column.name} = {_value(found.entry)}   # {_one_line(reason)}"]
    rest = [name for name in guess.unused if guess.group.profiles[name].filled and _may_be_carried(guess.group.profiles[name])]
    if rest:
        unique = {extra_name(name): name for name in rest}
        lines += ["# Not used; numbers and short words may be carried as features:", f"# extra = {_value(list(unique.values()))}"]
    if guess.label is not None and isinstance(guess.label.entry, dict):
        lines += ["", f"[{guess.table}.label]", f"# {_one_line(guess.label.reason)}"]
        lines += [f"{key} = {_value(value)}" for key, value in guess.label.entry.items() if value != []]
        lines += [f"# TODO {_plain(guess.label.todo or '')}", 'available_after = "7d"']
    return lines


def _may_be_carried(profile: Profile) -> bool:
    """Whether a column could be a feature: a quantity or a short word, neither a key nor a moment nor what a person wrote."""
    few_words = not profile.is_number and profile.distinct <= max(60, 0.02 * profile.filled) and profile.longest <= 64
    return profile.moment is None and not profile.is_key and (few_words or (profile.is_number and profile.longest <= 12))


def _found_in(guess: TableGuess, found: Guess, guesses: Mapping[str, TableGuess]) -> str:
    """Where else a foreign key's values stand."""
    name = found.entry if isinstance(found.entry, str) else None
    if name is None or name not in guess.group.profiles or guess.columns.get(guess.contract.key[0]) is found:
        return ""
    for other in guesses.values():
        key = other.columns.get(other.contract.key[0])
        if other is guess or key is None or not isinstance(key.entry, str) or key.entry not in other.group.profiles:
            continue
        share = shared_part(guess.group.rows, name, other.group.rows, key.entry)
        if share >= 0.5 and guess.group.profiles[name].distinct > 10:
            return f"; {share:.0%} of them stand in {other.group.name}.{key.entry}"
    return ""


def _query(guess: TableGuess) -> str:
    """The query that brings joined columns and products into the table's rows."""
    chosen = ["own.*"]
    for join in guess.joins:
        chosen += [f"{_quoted(join.group.name)}.{_quoted(f'{join.group.name}_{name}')}" for name in (*join.sums, *join.firsts)]
    if guess.product:
        quantity, price = guess.product
        chosen += [
            f"round(try_cast(own.{_quoted(quantity)} as double) * try_cast(own.{_quoted(price)} as double), 2) as drafted_amount",
        ]
    text = f"select {', '.join(chosen)}\nfrom {_quoted(guess.group.name)} own\n"
    for join in guess.joins:
        text += (
            f"left join ({_one_per_key(join)}) {_quoted(join.group.name)}\n  on own.{_quoted(join.own)} = {_quoted(join.group.name)}.key\n"
        )
    return text


def _one_per_key(join: Join) -> str:
    """A select that gives one row per key of the other file set."""
    sums = [f"sum(try_cast({_quoted(name)} as decimal(18, 4))) as {_quoted(f'{join.group.name}_{name}')}" for name in join.sums]
    firsts = [f"min({_quoted(name)}) as {_quoted(f'{join.group.name}_{name}')}" for name in join.firsts]
    columns = ", ".join([f"{_quoted(join.on)} as key", *sums, *firsts])
    return f"select {columns} from {_quoted(join.group.name)} group by {_quoted(join.on)}"  # noqa: S608 written for people, names quoted


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    """A TOML value on one line."""
    if isinstance(value, dict):
        inner = ", ".join(f"{key if re.fullmatch(r'[A-Za-z_]+', key) else _text(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(_value(each) for each in value)}]"
    return _text(value) if isinstance(value, str) else str(value)


def _long_text(text: str) -> str:
    """A text over several lines, as it is where nothing in it ends it too early."""
    return _text(text) if "'''" in text or not text.replace("\n", " ").isprintable() else f"'''\n{text}'''"


def _plain(text: str) -> str:
    """A text that can stand in a comment: on one line, printable, without card numbers."""
    return "".join(sign if sign.isprintable() else " " for sign in mask_text(text))


def _one_line(text: str) -> str:
    """A comment that is not too long."""
    plain = _plain(text)
    return plain if len(plain) <= 160 else plain[:157] + "…"
