"""Which column of a file is which of ours: by its name, by what its values can be, and by what other files share with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import polars as pl

from fairdeal.data_contracts.contract import Column, Contract, Kind
from fairdeal.data_contracts.currencies import CURRENCIES
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.sources.drafting_profiles import Profile
from fairdeal.sources.drafting_words import (
    ANSWER_WORDS,
    COLUMN_WORDS,
    CURRENCY_SIGNS,
    LABEL_WORDS,
    MINOR_WORDS,
    NEGATIVE,
    OWN_NOUNS,
    POSITIVE,
    STATES,
    TABLE_WORDS,
    is_chinese,
    likeness,
    tokens,
    words,
)

#: Below these a name says too little: for a column that the table needs, and for one that it can do without.
_KEY_FLOOR, _OTHER_FLOOR = 3.5, 5.5
_TABLE_FLOOR = 7.0
#: So large a share of a column's values must be found in another file's column before the two are taken for one.
_SHARED = 0.5
_FEW = 60


@dataclass(frozen=True)
class FileGroup:
    """Files of one shape: a name that a query may use, their glob, the sample, and what each column looks like."""

    name: str
    glob: str
    paths: tuple[Path, ...]
    rows: pl.DataFrame
    profiles: Mapping[str, Profile]


@dataclass(frozen=True)
class Guess:
    """Where one of our columns comes from, and why that is thought.

    Parameters
    ----------
    entry
        What the mapping says after the equals sign.
    reason
        For the comment.
    todo
        What a person must still decide; None where nothing is doubtful.
    """

    entry: str | dict[str, Any]
    reason: str
    todo: str | None = None


@dataclass
class TableGuess:
    """One table drafted from one group of files."""

    table: str
    group: FileGroup
    score: float
    columns: dict[str, Guess] = field(default_factory=dict)
    label: Guess | None = None
    unused: tuple[str, ...] = ()
    joins: tuple[Join, ...] = ()
    product: tuple[str, str] | None = None

    @property
    def contract(self) -> Contract:
        return INBOUND[self.table]

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name in self.contract.required if name not in self.columns)


@dataclass(frozen=True)
class Join:
    """Columns taken from another group over a shared column: one value per key, amounts summed."""

    group: FileGroup
    on: str
    own: str
    sums: tuple[str, ...] = ()
    firsts: tuple[str, ...] = ()


def guess_table(group: FileGroup, forced: str | None) -> TableGuess | None:
    """The table that a group of files most likely gives, its columns guessed; None where nothing fits."""
    found = [_assigned(group, table) for table in ([forced] if forced else COLUMN_WORDS)]
    best = max(found, key=lambda guess: guess.score)
    return best if forced or best.score >= _TABLE_FLOOR else None


def _assigned(group: FileGroup, table: str) -> TableGuess:
    """Our columns assigned to the group's, the best fit first, each of them once."""
    contract = INBOUND[table]
    label = _label(group, table)
    offers = []
    for column in contract.columns:
        sought = words(COLUMN_WORDS[table].get(column.name, ""))
        for position, profile in enumerate(group.profiles.values()):
            fit = likeness(profile.name, sought, OWN_NOUNS[table])
            floor = _KEY_FLOOR if column.required else _OTHER_FLOOR
            if label is not None and profile.name == label[0] and table != "labels":
                continue
            if fit >= floor and _suits(column, profile, fit):
                if contract.key == (column.name,):
                    fit += 2.0 if profile.is_key else -6.0 if profile.distinct < 0.5 * profile.filled else 0.0
                if fit >= floor:
                    offers.append((fit + (0.5 if column.required else 0.0), -position, column, profile))
    guess = TableGuess(table, group, 0.0)
    taken: dict[str, float] = {}
    for fit, _, column, profile in sorted(offers, key=lambda offer: (-offer[0], -offer[1])):
        if column.name not in guess.columns and profile.name not in taken:
            guess.columns[column.name] = _guess(column, profile, table)
            taken[profile.name] = fit
    if table == "reviews" and "subject_id" not in guess.columns and "merchant_id" in guess.columns:
        guess.columns["subject_id"] = guess.columns.pop("merchant_id")
    telling = sum(1.5 for name in TABLE_WORDS[table][1] if name in guess.columns)
    own_key = _column_of(guess.columns[contract.key[0]]) if contract.key[0] in guess.columns else None
    telling += 2.0 if own_key is not None and taken[own_key] >= 8.0 and group.profiles[own_key].is_key else 0.0
    _find_key(guess)
    required = contract.required
    found = sum(1 for name in required if name in guess.columns)
    named = _named(group, table)
    guess.score = named + 6.0 * found / len(required) + telling if named or telling else 0.0
    if contract.event_at is None and not named:
        guess.score *= 0.5  # everything names a shop or a listing; a table of them says so in its name
    if not _describes(guess):
        guess.score = 0.0
    elif table == "orders" and not _one_row_per_order(guess):
        guess.score -= 5.0  # lines of orders: another file may have the orders themselves
    if label is not None and table not in ("labels", "merchants", "buyers", "listings"):
        guess.label = label[1]
    answers = {profile.name for profile in group.profiles.values() if likeness(profile.name, words(ANSWER_WORDS), OWN_NOUNS[table]) >= 5}
    used = set(taken) | ({label[0]} if label is not None else set()) | answers
    guess.unused = tuple(name for name in group.profiles if name not in used)
    return guess


def _named(group: FileGroup, table: str) -> float:
    """How much the files' and their folder's names speak for a table; the last word of a name is its noun."""
    best = 0.0
    for path in group.paths[:1]:
        for weight, name in ((1.0, path.name.partition(".")[0]), (0.8, path.parent.name)):
            parts = tokens(name)
            for word in words(TABLE_WORDS[table][0]):
                sought = tokens(word)
                for at in range(len(parts) - len(sought) + 1):
                    if parts[at : at + len(sought)] == sought:
                        best = max(best, weight * (6.0 + 2.0 * (at + len(sought)) / len(parts)))
                if not word.isascii() and word in name:
                    best = max(best, weight * 7.0)
    return best


def _describes(guess: TableGuess) -> bool:
    """Whether a table that describes has one row per thing; lines of orders name a listing too, many times."""
    contract = guess.contract
    if contract.event_at is not None:
        return True
    entry = guess.columns.get(contract.key[0])
    name = _column_of(entry) if entry is not None else None
    if name is None:
        return False
    profile = guess.group.profiles[name]
    return profile.distinct >= 0.9 * profile.filled


def _one_row_per_order(guess: TableGuess) -> bool:
    entry = guess.columns.get("order_id")
    name = _column_of(entry) if entry is not None else None
    return name is not None and guess.group.profiles[name].is_key


def _column_of(guess: Guess) -> str | None:
    """The one source column behind a guess."""
    return guess.entry if isinstance(guess.entry, str) else guess.entry.get("column")


def _suits(column: Column, profile: Profile, fit: float) -> bool:
    """Whether a column's values can be what ours holds."""
    if not profile.filled:
        return not column.required and fit >= 9.0
    if column.name == "currency":
        return all(value in CURRENCIES for value in profile.values)
    match column.kind:
        case Kind.ID:
            written_time = profile.moment is not None and not profile.is_number
            return profile.longest <= 128 and not profile.decimals and not written_time and not (profile.is_truth and profile.rows > 20)
        case Kind.INSTANT | Kind.DATE:
            return profile.moment is not None or (profile.is_step and column.kind is Kind.INSTANT and column.required)
        case Kind.MINOR | Kind.NUMBER:
            return profile.is_number and not (profile.moment is not None and profile.moment.unit is not None)
        case Kind.INTEGER:
            return profile.decimals == 0
        case Kind.BOOLEAN:
            return profile.is_truth
        case Kind.CATEGORY:
            few = profile.distinct <= max(_FEW, 0.05 * profile.filled)
            return few and profile.longest <= (column.max_length or 64) and profile.moment is None
        case _:
            return not profile.is_number and profile.moment is None


def _guess(column: Column, profile: Profile, table: str) -> Guess:
    """The entry for one of our columns."""
    entry: dict[str, Any] = {"column": profile.name}
    reasons = [f"{profile.filled} of {profile.rows} rows have it" if profile.filled < profile.rows else "every row has it"]
    todo = None
    if column.required and profile.filled < profile.rows and column.kind is not Kind.TEXT:
        todo = f"{profile.rows - profile.filled} of {profile.rows} sampled rows have none and would be set aside"
    if column.kind in (Kind.INSTANT, Kind.DATE):
        reasons, doubt = _moment_entry(entry, profile, column)
        todo = todo or doubt
    elif column.kind is Kind.MINOR:
        reasons, doubt = _amount_entry(entry, profile)
        todo = todo or doubt
    elif column.kind is Kind.ID:
        reasons = ["different in every row" if profile.is_key else f"{profile.distinct} different in {profile.filled} rows"]
    elif column.kind in (Kind.CATEGORY, Kind.INTEGER, Kind.BOOLEAN, Kind.NUMBER):
        reasons = ["values " + ", ".join(profile.values[:4]) + (" …" if profile.distinct > 4 else "")]
    if column.allowed is not None and (states := _states(table, column.name)):
        values = {value: _meaning(value, states) for value in profile.values if value not in column.allowed}
        entry |= {"values": values} if values else {}
        unknown = [value for value, meaning in values.items() if not meaning]
        if unknown:
            todo = (
                f"say what {', '.join(map(repr, unknown))} means; allowed are {', '.join(column.allowed)}; an empty text leaves it unknown"
            )
    elif column.allowed is not None and set(profile.values) - set(column.allowed):
        entry["values"] = {value: value if value in column.allowed else "" for value in profile.values[:_FEW]}
        todo = f"say what each value means; allowed are {', '.join(column.allowed)}"
    return Guess(entry if len(entry) > 1 else profile.name, "; ".join(reasons), todo)


def _states(table: str, column: str) -> Sequence[tuple[str, str]]:
    return STATES.get((table, column), ())


def _meaning(value: str, states: Sequence[tuple[str, str]]) -> str:
    said = " ".join(tokens(value)) if value.isascii() else value
    return next((state for state, hints in states if any(hint in said for hint in words(hints))), "")


def _moment_entry(entry: dict[str, Any], profile: Profile, column: Column) -> tuple[list[str], str | None]:
    moment = profile.moment
    if moment is None or (profile.is_step and moment.unit is None and moment.format is None):
        entry |= {"unit": "step", "seconds": 60}
        return ["numbers the rows one by one, no clock"], "how many seconds lie between two steps; 60 is a guess"
    if moment.unit is not None:
        entry["unit"] = moment.unit.value
        return [f"whole numbers that are {moment.unit.value} since 1970"], None
    if moment.format is not None:
        entry["format"] = moment.format
        doubt = f"{moment.other} fits every sampled value as well; look which is meant" if moment.other else None
        return [f"such as {profile.values[0]}"], doubt
    if column.kind is Kind.INSTANT and not moment.has_clock:
        return [f"dates without a time, such as {profile.values[0]}"], None
    return [f"such as {profile.values[0]}" + (", its zone with it" if moment.is_zoned else "")], None


def _amount_entry(entry: dict[str, Any], profile: Profile) -> tuple[list[str], str | None]:
    low, high = profile.least or 0.0, profile.greatest or 0.0
    reasons = [f"from {low:g} to {high:g}"]
    doubt = f"the least is {low:g}: rows below zero would be set aside; they may be refunds" if low < 0 else None
    named_minor = any(word in tokens(profile.name) or (not word.isascii() and word in profile.name) for word in MINOR_WORDS)
    if named_minor and not profile.decimals:
        return [*reasons, "in minor units by its name"], doubt
    entry["decimal"] = 2
    if not profile.decimals:
        return reasons, doubt or "all amounts are whole: major units are assumed; take decimal away if they are in minor units"
    return [*reasons, f"{profile.decimals} decimals"], doubt


def _find_key(guess: TableGuess) -> None:
    """A key for a table that has found none: a column that numbers the rows, or two columns that are different in every row together."""
    key = guess.contract.key[0]
    group = guess.group
    if len(guess.contract.key) > 1 or not group.rows.height:
        return
    given = _column_of(guess.columns[key]) if key in guess.columns else None
    if given is not None and group.profiles[given].distinct >= 0.999 * group.rows.height:
        return
    sole = [name for name, profile in group.profiles.items() if profile.is_key and (profile.is_step or profile.moment is None)]
    sole = [name for name in sole if group.profiles[name].decimals in (None, 0) and group.profiles[name].longest <= 64]
    if given is None and sole:
        guess.columns[key] = Guess(sole[0], "the only column that is different in every row")
        return
    shared = group.rows.height - group.profiles[given].distinct if given is not None else 0
    told = f"{shared} of {group.rows.height} sampled rows share it with another"
    if given is not None and guess.contract.event_at is None:
        return
    if given is not None and guess.table == "orders" and shared <= 0.02 * group.rows.height:
        guess.columns[key] = Guess(given, f"{told}: sent twice, or corrected")  # others name orders by it: it is not composed
        return
    ids = [name for name, profile in group.profiles.items() if profile.distinct > 1 and not profile.decimals and profile.longest <= 64]
    ids = [name for name in ids if group.profiles[name].filled == group.rows.height and group.profiles[name].moment is None]
    persons = {_column_of(found) for name, found in guess.columns.items() if name not in (key, "order_id", "listing_id", "quantity")}
    ids = [name for name in ids if name not in persons]
    if given is not None:
        ids = [given, *(name for name in ids if name != given)]
    for pair in combinations(ids[:8], 2):
        if (given is None or given in pair) and not group.rows.select(pair).is_duplicated().any():
            entry = {"columns": list(pair), "join": "-"}
            guess.columns[key] = Guess(entry, "no column is different in every row, these two are together")
            return
    if given is not None:
        if shared <= 0.02 * group.rows.height:
            guess.columns[key] = Guess(given, f"{told}: sent twice, or corrected")
        else:
            doubt = f"{told}: if they are lines of one {key[:-3]}, group them in a query"
            guess.columns[key] = Guess(given, guess.columns[key].reason, doubt)


def _label(group: FileGroup, table: str) -> tuple[str, Guess] | None:
    """The column that holds verdicts, and what its values mean."""
    found = []
    for profile in group.profiles.values():
        fit = likeness(profile.name, words(LABEL_WORDS), OWN_NOUNS[table])
        if fit >= 6.5 and 1 < profile.distinct <= 4:
            found.append((fit, profile))
    if not found:
        return None
    _, profile = max(found, key=lambda offer: offer[0])
    said = {value: value.removesuffix(".0").casefold() for value in profile.values}
    positive = [value for value in profile.values if said[value] in POSITIVE]
    negative = [value for value in profile.values if said[value] in NEGATIVE]
    if not positive:
        return None
    rest = [value for value in profile.values if value not in (*positive, *negative)]
    entry = {"column": profile.name, "positive": list(map(_number, positive)), "negative": list(map(_number, negative))}
    reason = f"values {', '.join(profile.values)}" + (f"; {', '.join(rest)} counts as unlabelled" if rest else "")
    return profile.name, Guess(entry, reason, "when the verdicts became known: a week after the event is a guess")


def _number(value: str) -> str | int:
    bare = value.removesuffix(".0")
    return int(bare) if bare.lstrip("-").isdigit() else value


def guess_currency(group: FileGroup, default: str | None) -> Guess:
    """A currency for files that have no column for it."""
    for code, signs in CURRENCY_SIGNS:
        for sign in words(signs):
            for profile in group.profiles.values():
                named = sign in tokens(profile.name) if sign.isascii() and sign.isalpha() else sign in profile.name
                valued = len(sign) > 2 and any(sign == value.casefold() for value in profile.values[:3])
                if named or valued:
                    where = "the name" if named else "the values"
                    return Guess({"constant": code}, f"by {where} of {profile.name}", "no column holds a currency; check this one")
    if any(is_chinese(name) for name in group.profiles):
        return Guess({"constant": "CNY"}, "by the language of the columns' names", "no column holds a currency; check this one")
    if default is not None:
        return Guess({"constant": default}, "as in the other files", "no column holds a currency; check this one")
    return Guess({"constant": "XXX"}, "no column holds a currency", 'put the ISO code of your amounts here, for example "CNY"')


def find_elsewhere(guess: TableGuess, groups: Sequence[FileGroup]) -> None:
    """Key columns that the table's own files lack, looked for in files that share a column with them."""
    joins: dict[str, Join] = {}
    for name in guess.missing:
        column = guess.contract.column(name)
        if name == "currency" or name in guess.contract.key:
            continue
        offers = []
        for group in groups:
            if group is guess.group:
                continue
            shared = _shared_column(guess.group, group)
            if shared is None:
                continue
            for profile in group.profiles.values():
                fit = likeness(profile.name, words(COLUMN_WORDS[guess.table][name]), OWN_NOUNS[guess.table])
                # An id that has the same name in both files is the shared column itself, and says nothing new.
                if fit >= 5.0 and _suits(column, profile, fit) and profile.name != shared[1] and profile.filled:
                    # One row per shared value says more than the least of several.
                    offers.append((fit + (2.0 if group.profiles[shared[1]].is_key else 0.0), shared[2], group, shared, profile))
        if not offers:
            continue
        _, _, group, (own, theirs, share), profile = max(offers, key=lambda offer: (offer[0], offer[1]))
        join = joins.get(group.name, Join(group, theirs, own))
        is_sum = column.kind is Kind.MINOR and not group.profiles[theirs].is_key
        joins[group.name] = Join(
            group,
            theirs,
            own,
            (*join.sums, profile.name) if is_sum and profile.name not in join.sums else join.sums,
            (*join.firsts, profile.name) if not is_sum and profile.name not in join.firsts else join.firsts,
        )
        made = _guess(column, profile, guess.table)
        how = "summed over" if is_sum else "from"
        reason = f"{how} {group.name}, which shares {own} ({share:.0%} of the sampled rows are found there)"
        doubt = None if group.profiles[theirs].is_key else f"{group.name} has several rows for one {theirs}: look how they become one"
        guess.columns[name] = Guess(_renamed(made.entry, f"{group.name}_{profile.name}"), reason, doubt)
    guess.joins = tuple(joins.values())
    _multiply(guess)


def _renamed(entry: str | dict[str, Any], name: str) -> str | dict[str, Any]:
    return name if isinstance(entry, str) else {**entry, "column": name}


def _multiply(guess: TableGuess) -> None:
    """An order's amount from quantity and price per piece, where it has both and no amount."""
    if guess.table != "orders" or "amount_minor" in guess.columns:
        return
    quantity, price = (guess.columns.get(name) for name in ("quantity", "list_price_minor"))
    if quantity is None or price is None:
        return
    pair = (_column_of(quantity), _column_of(price))
    if pair[0] is None or pair[1] is None:
        return
    guess.product = (pair[0], pair[1])
    profile = guess.group.profiles[pair[0]]
    doubt = f"{pair[0]} goes down to {profile.least:g}: rows that take pieces back may be refunds" if (profile.least or 0) < 0 else None
    guess.columns["amount_minor"] = Guess({"column": "drafted_amount", "decimal": 2}, f"{pair[0]} times {pair[1]}", doubt)


def _shared_column(one: FileGroup, other: FileGroup) -> tuple[str, str, float] | None:
    """A column of each under one name whose values mostly meet; the share of the first group's rows that are found."""
    best: tuple[str, str, float] | None = None
    for name, profile in one.profiles.items():
        theirs = other.profiles.get(name)
        if theirs is None or profile.distinct < 2 or theirs.distinct < 2 or profile.decimals or profile.is_truth:
            continue
        if profile.moment is not None or profile.distinct < min(20, 0.5 * profile.filled):
            continue
        share = shared_part(one.rows, name, other.rows, name)
        if share >= _SHARED and (best is None or share > best[2]):
            best = (name, name, share)
    return best


def shared_part(rows: pl.DataFrame, name: str, others: pl.DataFrame, other: str) -> float:
    """The part of one column's filled rows whose value stands in another file's column."""
    values = rows.get_column(name).drop_nulls().cast(pl.String)
    return float(values.is_in(others.get_column(other).drop_nulls().cast(pl.String).unique().implode()).mean() or 0.0)  # type: ignore[arg-type]
