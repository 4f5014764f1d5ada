"""Settings come from one file and from variables; what is wrong is told by name with what is allowed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairdeal.models.capacity import capacity_from
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.settings import Settings, find_file, load_settings


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FAIRDEAL_HOME", raising=False)
    monkeypatch.delenv("FAIRDEAL_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


def written(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fairdeal.toml").write_text(text, encoding="utf-8")
    return folder / "fairdeal.toml"


def test_without_file_and_variables_the_written_defaults_serve(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.home == tmp_path / ".fairdeal"
    assert settings.time_zone == "Asia/Shanghai"
    assert settings.ledger_url == f"sqlite:///{tmp_path}/.fairdeal/ledger.db"
    assert settings.capacity == {}


def test_the_nearest_file_upwards_counts_and_its_home_is_relative_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, 'home = "outer"\n')
    written(tmp_path / "inner", 'home = "state/here"\ntime_zone = "UTC"\n')
    deep = tmp_path / "inner" / "a" / "b"
    deep.mkdir(parents=True)
    assert find_file(deep) == tmp_path / "inner" / "fairdeal.toml"
    monkeypatch.chdir(deep)
    settings = load_settings()
    assert settings.home == tmp_path / "inner" / "state" / "here"
    assert settings.time_zone == "UTC"


def test_a_file_that_is_given_counts_before_one_that_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, 'time_zone = "UTC"\n')
    other = written(tmp_path / "other", 'time_zone = "Europe/Berlin"\n')
    assert load_settings(other).time_zone == "Europe/Berlin"
    monkeypatch.setenv("FAIRDEAL_CONFIG", str(other))
    assert load_settings().time_zone == "Europe/Berlin"


def test_a_variable_counts_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "memory_mb = 512\n[capacity]\npeople = 9\nhours = 3\n[train]\ndays = 10\n")
    monkeypatch.setenv("FAIRDEAL_CAPACITY_PEOPLE", "2")
    monkeypatch.setenv("FAIRDEAL_MEMORY_MB", "1024")
    monkeypatch.setenv("FAIRDEAL_TRAIN_RIPE_DAYS", "5")
    settings = load_settings()
    assert settings.capacity == {"people": 2, "hours": 3}
    assert capacity_from(settings.capacity).people == 2
    assert settings.memory_mb == 1024
    assert (settings.train.days, settings.train.ripe_days) == (10, 5)


@pytest.mark.parametrize(
    ("name", "text", "section", "expected"),
    [
        ("FAIRDEAL_CAPACITY_MINUTES_PER_PERSON", "300.5", "capacity", {"minutes_per_person": 300.5}),
        ("FAIRDEAL_CAPACITY_MINUTES", "{FAKE_DEAL = 9}", "capacity", {"minutes": {"FAKE_DEAL": 9}}),
        ("FAIRDEAL_CAPACITY", '{"people": 3}', "capacity", {"people": 3}),
        ("FAIRDEAL_POLICY_BLOCK_PROBABILITY", "0.99", "policy", {"block_probability": 0.99}),
        ("FAIRDEAL_POLICY_HOLD", "{friction_minor = 800}", "policy", {"hold": {"friction_minor": 800}}),
        ("FAIRDEAL_POLICY_VERSION", "2026-spring", "policy", {"version": "2026-spring"}),
    ],
)
def test_a_variable_is_read_as_a_value_of_the_file_would_be(
    name: str, text: str, section: str, expected: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, text)
    assert getattr(load_settings(), section) == expected


def test_a_relative_home_in_a_variable_is_relative_to_the_file_or_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRDEAL_HOME", "elsewhere")
    assert load_settings().home == tmp_path / "elsewhere"
    other = written(tmp_path / "project", "")
    assert load_settings(other).home == tmp_path / "project" / "elsewhere"
    monkeypatch.setenv("FAIRDEAL_HOME", str(tmp_path / "absolute"))
    assert load_settings(other).home == tmp_path / "absolute"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('tiem_zone = "UTC"', r"fairdeal\.toml: setting tiem_zone: .*allowed are .*time_zone.*; correct"),
        ("[schedule]\nfeed_dew = '04:00'", r"setting schedule\.feed_dew: .*allowed are at, feed_due; correct"),
        ('time_zone = "Shanghai"', r"setting time_zone: found 'Shanghai'; .*use a name such as Asia/Shanghai"),
        ("memory_mb = 3", r"setting memory_mb: found 3; .*256"),
        ('[schedule]\nat = "noon"', r"setting schedule\.at: found 'noon'"),
        ("[train]\ndays = 0", r"setting train\.days: found 0"),
        ("home = ", r"fairdeal\.toml: not a TOML file"),
        ("capacity = 3", r"setting capacity: found 3"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_by_name(text: str, told: str, tmp_path: Path) -> None:
    written(tmp_path, text)
    with pytest.raises(WrongUse, match=told):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("FAIRDEAL_MEMORY_MB", "much", r"FAIRDEAL_\* variables: setting memory_mb: found 'much'"),
        ("FAIRDEAL_TRAIN_DAYZ", "3", r"setting train\.dayz: .*allowed are days, ripe_days, seed"),
        ("FAIRDEAL_CAPACITY", "people: 3", r"FAIRDEAL_CAPACITY: .*JSON"),
    ],
)
def test_what_is_wrong_in_a_variable_is_told_by_name(name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongUse, match=told):
        load_settings()


def test_a_variable_that_means_nothing_is_told_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("FAIRDEAL_CAPACTY_PEOPLE", "3")
    monkeypatch.setenv("FAIRDEAL_CAPACITY_PEOPLE", "3")
    load_settings()
    load_settings()
    (told,) = caplog.messages
    assert "FAIRDEAL_CAPACTY_PEOPLE: no such setting" in told
    assert "FAIRDEAL_CAPACITY_*" in told


def test_a_file_that_is_given_and_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"nowhere\.toml: no such settings file; give one"):
        load_settings(tmp_path / "nowhere.toml")


def test_a_day_is_a_day_of_the_settings_time_zone_also_where_clocks_change() -> None:
    start, end = Settings().day_bounds("2026-01-02")
    assert (start.astimezone(UTC), end.astimezone(UTC)) == (datetime(2026, 1, 1, 16, tzinfo=UTC), datetime(2026, 1, 2, 16, tzinfo=UTC))
    short, after = Settings(time_zone="Europe/Berlin").day_bounds("2026-03-29")
    assert (after.astimezone(UTC) - short.astimezone(UTC)).total_seconds() == 23 * 3_600


@pytest.mark.parametrize("day", ["2026-13-01", "yesterday", "20260102", ""])
def test_a_day_that_is_none_is_refused_with_the_form_to_give(day: str) -> None:
    with pytest.raises(WrongUse, match="allowed is YYYY-MM-DD"):
        Settings().day_bounds(day)
