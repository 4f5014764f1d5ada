"""Broken input, broken further: whatever a file holds, its rows are conserved and its message is clear."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from fairdeal.pipelines.settings import Settings
from fairdeal.sources.mapping import load_mapping
from tests.broken.catalogue import CATALOGUE
from tests.broken.kinds import BANK, FIELDS, Broken, pack, sound, table
from tests.broken.laws import lake_rows, obeyed, well_said
from tests.broken.mutations import mutated
from tests.broken.values import VALUES
from tests.pipelines.looking import deliver, quarantine, workplace

#: Kinds small enough to be broken thousands of times.
SMALL = tuple((kind, content) for kind in CATALOGUE if not kind.name.startswith("a bomb") and len(content := kind.build("K")) < 20_000)
TEXTS = [content for kind, content in SMALL if "parquet" not in kind.suffix]
TABLES = [content for kind, content in SMALL if "parquet" in kind.suffix]


def others_of(kind: Broken) -> list[bytes]:
    return TABLES if "parquet" in kind.suffix else TEXTS


def found(folder: Path, content: bytes, suffix: str) -> Any:
    """The bank's mapping over one file."""
    (folder / "in").mkdir(parents=True, exist_ok=True)
    for old in (folder / "in").iterdir():
        old.unlink()
    (folder / "mapping.toml").write_text(BANK, encoding="utf-8")
    (folder / "in" / f"tx.{suffix}").write_bytes(content)
    return load_mapping(folder / "mapping.toml")


@given(kind=st.sampled_from(SMALL), seed=st.integers(0, 2**32))
@profile(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_kind_broken_further_obeys_the_laws(kind: tuple[Broken, bytes], seed: int, tmp_path: Path) -> None:
    broken, content = kind
    obeyed(found(tmp_path, mutated(content, Random(seed), others_of(broken)), broken.suffix))


@given(
    content=st.binary(max_size=400),
    suffix=st.sampled_from(["csv", "jsonl", "parquet", "dat"]),
    magic=st.sampled_from([b"", b"PAR1", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"id,payer\n", b'{"id":']),
)
@profile(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_obey_the_laws(content: bytes, suffix: str, magic: bytes, tmp_path: Path) -> None:
    obeyed(found(tmp_path, magic + content, suffix))


@given(values=st.lists(st.lists(st.text(max_size=12), min_size=13, max_size=13), max_size=8))
@profile(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_in_every_column_is_accepted_or_set_aside(values: list[list[str]], tmp_path: Path) -> None:
    rows = [dict(zip(FIELDS, row, strict=True)) for row in values]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    obeyed(found(tmp_path, text.encode(), "jsonl"))


def odd_values() -> dict[str, list[str]]:
    """Odd values by column, as the catalogue has them, most of each column's being sound."""
    found: dict[str, list[str]] = {column: [] for column in FIELDS}
    for kind in VALUES:
        if kind.mapping == "bank":
            row = list(csv.reader(io.StringIO(kind.build("K").decode(), newline="")))[2]
            for column, value in zip(FIELDS, row, strict=True):
                if len(value) < 200 and value != sound("K", 2)[column]:
                    found[column].append(value)
    return {column: values or found["payer"] for column, values in found.items()}


ODD = odd_values()


def crowd(chance: Random, rows: int, name: str) -> bytes:
    """A file of many rows, one in six of which has an odd value in some column."""
    made = [sound(name, number, at=f"2026-01-02 12:{number % 60:02}:00", amount=f"{number % 500}.00") for number in range(rows)]
    for row in chance.sample(made, rows // 6):
        column = chance.choice(FIELDS)
        row[column] = chance.choice(ODD[column])
    form = chance.choice(("csv", "csv", "jsonl"))
    if form == "csv":
        return table(made, delimiter=chance.choice(",,;\t"), end=chance.choice(("\n", "\r\n"))).encode(
            chance.choice(("utf-8", "utf-8-sig", "gb18030")), "replace"
        )
    return "".join(json.dumps(row, ensure_ascii=chance.random() < 0.5) + "\n" for row in made).encode()


def fuzz(settings: Settings, root: Path, *, rounds: int, files: int, rows: int, seed: int = 7) -> Counter[str]:
    """Delivers rounds of broken files to a ledger of their own and checks each delivery; gives how many files and rows there were."""
    seen: Counter[str] = Counter()
    for number in range(rounds):
        chance = Random(f"{seed}-{number}")
        folder = root / str(number)
        (folder / "in").mkdir(parents=True)
        (folder / "mapping.toml").write_text(BANK, encoding="utf-8")
        for each in range(files):
            if chance.random() < 0.25:
                kind, content = chance.choice(SMALL)
                (folder / "in" / f"{each}.{kind.suffix}").write_bytes(mutated(content, chance, others_of(kind)))
                continue
            content = crowd(chance, rows, f"F{each}")
            if chance.random() < 0.7:
                place = chance.randrange(len(content))  # break a part of it, so that most rows stay rows
                content = content[:place] + mutated(content[place : place + 2_000], chance, TEXTS, 2) + content[place + 2_000 :]
            suffix = "jsonl" if content.startswith(b"{") else "csv"
            if chance.random() < 0.2:
                content = pack(content, chance.choice(("gzip", "zstd")))
                content = content if chance.random() < 0.5 else mutated(content, chance, TEXTS, 1)
            (folder / "in" / f"{each}.{suffix}").write_bytes(content)
        with workplace(settings.model_copy(update={"home": folder / "home"}), folder / "mapping.toml") as place_:
            delivery = deliver(place_)
            assert delivery is not None
            aside = quarantine(place_).filter(pl.col("table") == "payments").select("file", "line").unique()
            taken = lake_rows(place_, "payments").select(file="__file", line="__line")
            counted = 0
            for report in delivery.report["files"]:
                seen[report["status"]] += 1
                counted += report["rows_counted"]
                if report["status"] in ("unreadable", "partial"):
                    assert well_said(report["message"], report["path"]), report["message"]
            # Every record is at one place, and is either accepted or set aside.
            both = pl.concat([aside, taken])
            assert both.n_unique() == both.height == counted == delivery.report["tables"]["payments"]["rows_in"]
            seen["files"] += len(delivery.report["files"])
            seen["rows"] += counted
            seen["accepted"] += taken.height
            seen["aside"] += aside.height
    return seen


def test_deliveries_of_broken_files_are_conserved(settings: Settings, tmp_path: Path) -> None:
    seen = fuzz(settings, tmp_path, rounds=1, files=120, rows=60)
    assert seen["files"] == 120
    assert min(seen["accepted"], seen["aside"]) > 500
    assert min(seen["unreadable"], seen["partial"]) > 0


@pytest.mark.slow
def test_a_million_rows_of_broken_files_are_conserved(settings: Settings, tmp_path: Path) -> None:
    seen = fuzz(settings, tmp_path, rounds=20, files=260, rows=300)
    assert seen["files"] >= 5_000
    assert seen["rows"] >= 1_000_000, seen
