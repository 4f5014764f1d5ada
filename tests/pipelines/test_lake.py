"""The lake tells what was known at a moment, whatever arrived since and in whatever order."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fairdeal.pipelines.ingest import Delivery
from fairdeal.pipelines.settings import Settings
from tests.pipelines import worlds
from tests.pipelines.looking import deliver, known, workplace

PARTIES = """
[source]
name = "parties"
time_zone = "Asia/Shanghai"

[files.shops]
path = "shops-*.csv"

[merchants]
from = "shops"
merchant_id = "id"
name = "name"
updated_at = { column = "changed", format = "%Y-%m-%d %H:%M:%S" }
"""


def parties(folder: Path, name: str, lines: list[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mapping.toml").write_text(PARTIES, encoding="utf-8")
    (folder / f"shops-{name}.csv").write_text("\n".join(["id,name,changed", *lines, ""]), encoding="utf-8")
    return folder / "mapping.toml"


def names(place: object, before: datetime) -> list[tuple[str, str]]:
    return [(row["merchant_id"], row["name"]) for row in known(place, "merchants", before)]  # type: ignore[arg-type]


def test_a_description_that_changed_later_is_not_known_before(settings: Settings, tmp_path: Path) -> None:
    mapping = parties(tmp_path / "shop", "1", ["M1,Old Name,", "M1,New Name,2026-01-05 12:00:00", "M2,Later,2026-01-05 12:00:00"])
    with workplace(settings, mapping) as place:
        deliver(place)
        assert names(place, datetime(2026, 1, 5, tzinfo=UTC)) == [("M1", "Old Name")]
        assert names(place, datetime(2026, 1, 6, tzinfo=UTC)) == [("M1", "New Name"), ("M2", "Later")]


def test_a_description_without_a_moment_was_always_known(settings: Settings, tmp_path: Path) -> None:
    with workplace(settings, parties(tmp_path / "shop", "1", ["M1,Name,"])) as place:
        delivery = deliver(place)
        assert delivery is not None
        assert delivery.first_known_s is None
        assert names(place, datetime(2000, 1, 1, tzinfo=UTC)) == [("M1", "Name")]


def test_a_delivery_counts_from_its_earliest_row_and_one_that_brings_nothing_from_its_end(settings: Settings, tmp_path: Path) -> None:
    lines = [worlds.payment(1, "2026-01-02 12:00:00"), worlds.payment(2, "2026-01-02 11:00:00")]
    with workplace(settings, worlds.shop(tmp_path / "shop", {"1": lines})) as place:
        until = settings.day_bounds("2026-01-02")[1]

        def first_known(delivery: Delivery | None) -> datetime:
            assert delivery is not None
            assert delivery.first_known_s is not None
            return datetime.fromtimestamp(delivery.first_known_s, UTC)

        assert first_known(deliver(place, until)) == datetime(2026, 1, 2, 3, tzinfo=UTC)
        worlds.shop(tmp_path / "shop", {"2": lines[:1]})
        assert first_known(deliver(place, until)) == until


def test_the_table_is_the_same_whatever_order_its_files_came_in(settings: Settings, tmp_path: Path) -> None:
    days = {str(number): [worlds.payment(number, f"2026-01-0{number} 12:00:00")] for number in (1, 2, 3)}
    tables = []
    for turn, order in enumerate((["1", "2", "3"], ["3", "1", "2"])):
        home = settings.model_copy(update={"home": tmp_path / f"home{turn}"})
        for name in order:
            with workplace(home, worlds.shop(tmp_path / f"shop{turn}", {name: days[name]})) as place:
                deliver(place)
                tables.append(known(place, "payments"))
    assert tables[2] == tables[5]
    assert [row["payment_id"] for row in tables[2]] == ["P1", "P2", "P3"]
