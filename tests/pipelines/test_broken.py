"""Broken input at the real door: every kind of the catalogue, delivered to a real ledger, ends as the catalogue says."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fairdeal.pipelines.settings import load_settings
from fairdeal.sources.blanks import ABSENT
from fairdeal.sources.readers.content import RawRule
from tests.broken.catalogue import CATALOGUE
from tests.broken.kinds import Broken, mapping_text
from tests.broken.laws import lake_rows, well_said
from tests.pipelines.looking import deliver, quarantine, workplace


@dataclass(frozen=True)
class Outcome:
    """What became of one file: its report, its accepted rows by line, the rules that set its other rows aside by line."""

    report: dict[str, Any]
    accepted: dict[int, dict[str, Any]]
    aside: dict[int, list[dict[str, Any]]]


def parties(kinds: tuple[Broken, ...]) -> list[list[tuple[int, Broken]]]:
    """Kinds that are delivered together: those of one mapping; typed ones go alone."""
    together: dict[tuple[object, ...], list[tuple[int, Broken]]] = defaultdict(list)
    for number, kind in enumerate(kinds):
        together[kind.mapping, number if kind.alone else None].append((number, kind))
    return list(together.values())


#: Kinds that go alone cost a delivery each: most of them are left to the slow tests.
FAST_ALONE = 3


def cases() -> list[Any]:
    """The catalogue as parameters."""
    numbered = {kind.name: number for number, kind in enumerate(kind for kind in CATALOGUE if kind.alone)}
    return [
        pytest.param(kind, id=kind.name, marks=[pytest.mark.slow] if numbered.get(kind.name, 0) % FAST_ALONE else []) for kind in CATALOGUE
    ]


@pytest.fixture(scope="module")
def outcome_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Broken], Outcome]:
    """What became of a kind; its party is delivered once."""
    party_of = {kind.name: tuple(party) for party in parties(CATALOGUE) for _, kind in party}
    seen: dict[str, Outcome] = {}

    def outcome(kind: Broken) -> Outcome:
        if kind.name not in seen:
            seen.update(delivered(party_of[kind.name], tmp_path_factory.mktemp("party")))
        return seen[kind.name]

    return outcome


def delivered(party: tuple[tuple[int, Broken], ...], folder: Path) -> dict[str, Outcome]:
    """One delivery of kinds to a ledger of its own."""
    found: dict[str, Outcome] = {}
    first = party[0][1]
    (folder / "in").mkdir(parents=True)
    (folder / "mapping.toml").write_text(mapping_text(first), encoding="utf-8")
    names = {}
    for number, kind in party:
        names[f"in/{number}.{kind.suffix}"] = kind.name
        (folder / "in" / f"{number}.{kind.suffix}").write_bytes(kind.build(f"K{number}"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIRDEAL_HOME", str(folder / "home"))
        settings = load_settings()
    with workplace(settings, folder / "mapping.toml") as place:
        delivery = deliver(place)
        assert delivery is not None
        reports = {report["path"]: report for report in delivery.report["files"]}
        assert set(reports) == set(names)
        table = "reviews" if first.mapping == "reviews" else "payments"
        aside = quarantine(place).partition_by("file", as_dict=True)
        accepted = lake_rows(place, table).partition_by("__file", as_dict=True)
        counted = sum(report["rows_counted"] for report in reports.values())
        told = delivery.report["tables"].get(table, {"rows_in": 0, "accepted": 0, "quarantined": 0})
        assert told["rows_in"] == counted == told["accepted"] + told["quarantined"]
    for path, name in names.items():
        by_line: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in aside[path,].to_dicts() if (path,) in aside else []:
            by_line[row["line"]].append(row)
        taken = accepted[path,].to_dicts() if (path,) in accepted else []
        found[name] = Outcome(reports[path], {row["__line"]: row for row in taken}, dict(by_line))
        assert len(found[name].accepted) == len(taken)
    return found


def agrees(expected: object, found: object) -> bool:
    return bool(expected.fullmatch(str(found))) if isinstance(expected, re.Pattern) else expected == found and type(expected) is type(found)


def test_the_catalogue_holds_distinct_kinds_and_enough_of_them() -> None:
    assert len({kind.name for kind in CATALOGUE}) == len(CATALOGUE) >= 250
    made = {(kind.mapping, kind.suffix, kind.build("K")) for kind in CATALOGUE}
    assert len(made) == len(CATALOGUE)


@pytest.mark.parametrize("kind", cases())
def test_a_kind_of_broken_input_ends_as_it_should(kind: Broken, outcome_of: Callable[[Broken], Outcome]) -> None:
    outcome = outcome_of(kind)
    report = outcome.report
    assert report["status"] == kind.status, report["message"]
    found = {line: {row["rule"] for row in rows} for line, rows in outcome.aside.items()}
    assert found == {line: set(rules.split()) for line, rules in kind.aside.items()}
    # Rows are conserved against the count known from how the file was made.
    assert report["rows_counted"] == kind.rows == len(outcome.accepted) + len(outcome.aside)
    for rows in outcome.aside.values():
        for row in rows:
            assert row["file"] == report["path"]
            assert ":" not in row["rule"] or row["column"] == row["rule"].partition(":")[0]
            assert row["value_hash"] is None or re.fullmatch("[0-9a-f]{64}", row["value_hash"])
    for line, values in kind.kept.items():
        for name, expected in values.items():
            assert agrees(expected, outcome.accepted[line][name]), (line, name, outcome.accepted[line][name])
    assert re.search(kind.says, report["message"]), report["message"]
    if kind.status in ("unreadable", "partial"):
        assert well_said(report["message"], report["path"])
    else:
        assert bool(report["message"]) == bool(kind.says or kind.status == "empty"), report["message"]


def test_the_page_about_the_quarantine_names_every_rule_and_every_kind_uses_one_it_names() -> None:
    page = (Path(__file__).parents[2] / "docs" / "quarantine.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+)`", page))
    assert {rule.value for rule in RawRule} <= named
    used = {rule.rpartition(":")[2] for kind in CATALOGUE for rules in kind.aside.values() for rule in rules.split()}
    assert used - {"pattern", "length", "type"} <= named
    assert {rule.value for rule in RawRule} <= used
    assert all(
        f"`{word}`" in page
        for word in ABSENT
        if word.isascii() and word not in ("Null", "(null)", "<null>", "none", "NONE", "n/a") and " " not in word
    )
