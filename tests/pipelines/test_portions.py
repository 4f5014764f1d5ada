"""A backlog is read in portions: what comes of it is what would come of it in one piece."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairdeal.pipelines.portions import portions
from fairdeal.pipelines.settings import Settings
from fairdeal.sources.discovery import SourceFile, discover
from fairdeal.sources.mapping import load_mapping
from tests.pipelines import worlds
from tests.pipelines.looking import deliver, known, quarantine, workplace


def days(count: int) -> dict[str, list[str]]:
    """A payment a day, a broken row a day, and each day the payment of the day before once more."""
    made = {}
    for number in range(1, count + 1):
        day = f"2026-01-{number:02}"
        earlier = [worlds.payment(number - 1, f"2026-01-{number - 1:02} 12:00:00", amount=f"{number - 1}.00")] if number > 1 else []
        made[day] = [worlds.payment(number, f"{day} 12:00:00", amount=f"{number}.00"), worlds.payment(100 + number, "never"), *earlier]
    return made


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is a portion of its own."""
    monkeypatch.setattr("fairdeal.pipelines.portions.SHARE_OF_MEMORY", 0.0)


def outcome(settings: Settings, mapping: Path) -> tuple[object, ...]:
    with workplace(settings, mapping) as place:
        delivery = deliver(place)
        assert delivery is not None
        return (
            known(place, "payments"),
            known(place, "labels"),
            quarantine(place).drop("value_hash").rows(),
            delivery.report,
            delivery.first_known_s,
        )


def test_portions_change_nothing(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    mapping = worlds.shop(tmp_path / "shop", days(5))
    whole = outcome(settings.model_copy(update={"home": tmp_path / "whole"}), mapping)
    request.getfixturevalue("in_pieces")
    assert outcome(settings.model_copy(update={"home": tmp_path / "pieces"}), mapping) == whole


def test_the_lake_holds_one_file_per_table_and_batch(settings: Settings, tmp_path: Path, in_pieces: None) -> None:
    with workplace(settings, worlds.shop(tmp_path / "shop", days(4))) as place:
        delivery = deliver(place)
        assert delivery is not None
        lying = {str(path.relative_to(place.home)) for path in (place.home / "lake").rglob("*") if path.is_file()}
        assert lying == {file.path for file in delivery.written.values()}


def test_a_correction_within_a_backlog_counts_as_one(settings: Settings, tmp_path: Path, in_pieces: None) -> None:
    lines = {
        "1": [worlds.payment(1, "2026-01-01 12:00:00", amount="10.00")],
        "2": [worlds.payment(1, "2026-01-01 12:00:00", amount="12.00", changed="2026-01-02 09:00:00")],
    }
    with workplace(settings, worlds.shop(tmp_path / "shop", lines)) as place:
        delivery = deliver(place)
        assert delivery is not None
        assert delivery.report["tables"]["payments"]["corrections"] == 1
        assert [row["amount_minor"] for row in known(place, "payments")] == [1_200]


def test_files_of_one_set_are_parted_and_those_of_a_query_never(tmp_path: Path, in_pieces: None) -> None:
    shop = load_mapping(worlds.shop(tmp_path / "shop", days(3)))
    assert [[file.path for file in portion.files] for portion in portions(shop, discover(shop).all)] == [
        [f"payments-2026-01-0{number}.csv"] for number in (1, 2, 3)
    ]
    (tmp_path / "joined.toml").write_text(
        '[source]\nname = "joined"\ntime_zone = "UTC"\n[files.a]\npath = "a-*"\n[files.b]\npath = "b-*"\n'
        '[orders]\nquery = "select * from a join b using (order_id)"\n',
        encoding="utf-8",
    )
    joined = load_mapping(tmp_path / "joined.toml")
    files = [SourceFile(name, f"{name}-{number}", 10**9, "0") for name in ("a", "b") for number in range(2)]
    assert [len(portion.files) for portion in portions(joined, files)] == [4]
