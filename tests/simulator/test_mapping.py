from __future__ import annotations

import tomllib
from typing import Any

import polars as pl
import pytest

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import TYPOLOGIES
from fairdeal.simulator.provider_files import PROVIDERS
from fairdeal.simulator.simulate import MAPPING
from tests.simulator.conftest import World

MAPPED: dict[str, Any] = tomllib.loads(MAPPING.read_text(encoding="utf-8"))
TABLES = sorted(set(MAPPED) - {"source", "files"})


def column_of(entry: object) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    assert isinstance(entry, dict)
    return [entry["column"]] if "column" in entry else list(entry.get("columns", []))


def test_the_mapping_lies_beside_the_files(world: World) -> None:
    assert tomllib.loads((world.folder / "mapping.toml").read_text(encoding="utf-8")) == MAPPED
    assert MAPPED["source"]["time_zone"] == "Asia/Shanghai"


def test_every_table_that_is_written_is_mapped() -> None:
    assert set(TABLES) == set(PROVIDERS)


@pytest.mark.parametrize("table", TABLES)
def test_names_only_columns_that_exist_in_the_files(world: World, table: str) -> None:
    entries = {name: entry for name, entry in MAPPED[table].items() if name != "from"}
    wanted = {column for entry in entries.values() for column in column_of(entry)}
    assert wanted <= set(world.tables[table].columns)


@pytest.mark.parametrize("table", TABLES)
def test_leaves_no_provider_column_unused(world: World, table: str) -> None:
    used = {column for name, entry in MAPPED[table].items() if name != "from" for column in column_of(entry)}
    assert set(world.tables[table].columns) - {"__file"} == used


@pytest.mark.parametrize("table", TABLES)
def test_gives_every_required_column_and_only_contracted_ones(table: str) -> None:
    given = set(MAPPED[table]) - {"from"}
    assert set(INBOUND[table].required) <= given <= set(INBOUND[table].names)


@pytest.mark.parametrize("name", sorted(MAPPED["files"]))
def test_every_declared_path_matches_files(world: World, name: str) -> None:
    assert list(world.folder.glob(MAPPED["files"][name]["path"]))


@pytest.mark.parametrize("table", [table for table in TABLES if table not in ("merchants", "buyers", "listings")])
def test_every_day_has_its_file(world: World, table: str) -> None:
    files = sorted(world.folder.glob(MAPPED["files"][MAPPED[table]["from"]]["path"]))
    days = pl.date_range(world.simulated.first_day, world.simulated.last_day, eager=True).dt.strftime("%Y-%m-%d")
    assert [day in file.name for day, file in zip(days, files, strict=True)] == [True] * len(days)


@pytest.mark.parametrize("table", TABLES)
def test_value_maps_know_every_sound_word(world: World, table: str) -> None:
    for name, entry in MAPPED[table].items():
        if isinstance(entry, dict) and "values" in entry:
            words = world.tables[table][entry["column"]].drop_nulls()
            unknown = words.filter(~words.is_in(list(entry["values"])))
            assert unknown.len() <= world.planted[table].get("unknown_status", 0), name
            allowed = INBOUND[table].column(name).allowed
            assert allowed is None or set(entry["values"].values()) <= set(allowed)


@pytest.mark.parametrize("table", TABLES)
def test_rows_are_counted_as_written(world: World, table: str) -> None:
    assert world.simulated.rows[table] == world.tables[table].height


def test_the_mapping_knows_the_providers_word_for_every_typology() -> None:
    words = tomllib.loads(MAPPING.read_text(encoding="utf-8"))["labels"]["typology"]["values"]
    assert words == {facts.zh: str(typology) for typology, facts in TYPOLOGIES.items()}
