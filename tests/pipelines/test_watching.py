"""A week is held against the four before: what moved is told, what did not is not, and each alarm says what to do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from fairdeal.pipelines.alarms import alarms
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.watch_report import write_watch
from fairdeal.pipelines.watching import watch
from fairdeal.pipelines.workplace import Workplace
from tests.e2e.commands import fairdeal
from tests.pipelines import worlds
from tests.pipelines.looking import run, workplace

# MLflow is not yet written for the newest SQLAlchemy.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

FIRST = date(2026, 1, 1)
#: Days with runs, after a history as long as windows look back: three in the weeks before, two in the week.
BEFORE, WEEK, DAYS = (45, 46, 47), (66, 67), 68


def lines(day: date, scale: float, broken: int) -> list[str]:
    """Sixty payments, some of them without an amount, one of them a fraud that is known a day later."""
    rng = random.Random(day.toordinal())
    rows = [
        worlds.payment(number + 1_000 * day.toordinal(), f"{day} {8 + number % 12:02}:{number % 60:02}:00", payer=f"B{rng.randrange(30)}",
                       payee=f"M{number % 4}", amount=f"{scale * rng.uniform(5, 90):.2f}", fraud="1" if number == 0 else "0")
        for number in range(60)
    ]  # fmt: skip
    return rows + [row.replace(",T", ",", 1).replace(f",{day} ", ",no day ") for row in rows[:broken]]


def ran(home: Path, folder: Path, *, scale: float = 1.0, broken: int = 0) -> tuple[Settings, Path]:
    """A home in which five days were run; in the last two amounts are scaled and rows broken."""
    settings = load_settings().model_copy(update={"home": home})
    settings = settings.model_copy(update={"train": settings.train.model_copy(update={"ripe_days": 10})})
    made = {str(FIRST + timedelta(days=at)): lines(FIRST + timedelta(days=at), scale if at in WEEK else 1.0, broken if at in WEEK else 0)
            for at in range(DAYS)}  # fmt: skip
    mapping = worlds.shop(folder, made)
    for number in (*BEFORE, *WEEK):
        run(settings, mapping, str(FIRST + timedelta(days=number)))
    return settings, mapping


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    folder = tmp_path_factory.mktemp("quiet")
    with workplace(*ran(folder / "home", folder / "shop")) as place:
        yield place


UNTIL = str(FIRST + timedelta(days=DAYS))


def seen(place: Workplace) -> dict[str, Any]:
    return watch(place, place.settings.day_bounds(UNTIL)[1])


def test_a_quiet_week_calls_nobody(quiet: Workplace) -> None:
    told = seen(quiet)
    assert (told["recent"], told["before"]) == (2, 3)
    assert told["alarms"] == []
    payments = told["detectors"]["payments"]
    assert payments["rows"] == 120
    assert payments["ripe"] == payments["ripe"] | {"days": 3, "rows": 180, "frauds": 3}
    assert payments["label_delay_days"]["now"] == pytest.approx(1.0, abs=0.01)
    assert sum(payments["reasons"]["now"].values()) == pytest.approx(1.0)
    assert set(told["detectors"]) == {"payments"}


def test_what_moved_is_told_and_comes_first(tmp_path: Path) -> None:
    with workplace(*ran(tmp_path / "home", tmp_path / "shop", scale=10.0)) as place:
        told = seen(place)
    first = told["detectors"]["payments"]["features"][0]
    assert "amount" in first["name"]
    assert first["stability"] > 1.0
    (found,) = [alarm for alarm in told["alarms"] if alarm["kind"] == "features_moved"]
    assert found["about"] == "payments"
    assert "amount" in found["text_en"]
    assert "hour" not in found["text_en"]
    assert all(alarm["do"] and alarm["text_zh"] for alarm in told["alarms"])
    page = write_watch(told, tmp_path / "page").read_text(encoding="utf-8")
    assert "payment_amount_minor" in page
    assert "<script" not in page


def test_runs_are_needed_in_both_stretches(quiet: Workplace) -> None:
    for number, said in ((50, "3 runs in the 7 days up to 2026-02-20 and 0 in the 28"), (120, "0 runs in the 7 days up to 2026-05-01")):
        with pytest.raises(WrongUse, match=said):
            watch(quiet, quiet.settings.day_bounds(str(FIRST + timedelta(days=number)))[1])


@pytest.mark.slow
def test_the_command_writes_the_page_into_the_home(quiet: Workplace) -> None:
    said = fairdeal("watch", "--source", quiet.mapping.path, "--until", UNTIL, "--json", home=quiet.home)
    assert said.code == 0, said
    assert Path(said.json["report"]) == quiet.home / "watch" / UNTIL / "index.html"
    assert "nothing calls for a person" in said.err


def feature(**changed: Any) -> dict[str, Any]:
    """A feature that has moved far, but for what is changed."""
    told = {"name": "a", "stability": 0.3, "superiority": 0.9, "mean_before": 10.0, "mean_now": 12.0, "null_before": 0.0, "null_now": 0.0}
    return {**told, "filling": False, **changed}


def week(**changed: Any) -> dict[str, Any]:
    """A week in which nothing is amiss, but for what is changed."""
    moved = {"stability": 0.05, "superiority": 0.5}
    detector = {
        "features": [feature(stability=0.05)],
        "score": {**moved, "models_before": ["m1"], "models": ["m1"]},
        "ripe": {"frauds": 40, "ratio": 1.1},
        "label_delay_days": {"before": 7.0, "now": 7.5},
    }
    for name, value in changed.items():
        if name in detector:
            detector[name] = value if isinstance(value, list) else {**detector[name], **value}  # type: ignore[dict-item]
    tables = {"payments": {"aside_before": 0.001, "aside_now": 0.002, **changed.get("table", {})}}
    return {"detectors": {"payments": detector}, "tables": tables, "degraded": changed.get("degraded", 0)}


#: What is found → which alarm it raises.
FOUND: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"score": {"stability": 0.3}}, ["score_moved"]),
    ({"score": {"stability": 0.3, "models": ["m2"]}}, []),
    ({"score": {"stability": None}}, []),
    ({"ripe": {"ratio": 2.1}}, ["calibration"]),
    ({"ripe": {"ratio": 0.4}}, ["calibration"]),
    ({"ripe": {"ratio": 2.1, "frauds": 19}}, []),
    ({"ripe": {"ratio": None}}, []),
    ({"label_delay_days": {"now": 11.0}}, ["labels_late"]),
    ({"label_delay_days": {"now": 11.0, "before": None}}, []),
    ({"table": {"aside_now": 0.006}}, ["quarantine"]),
    ({"table": {"aside_now": 0.004}}, []),
    ({"table": {"aside_now": 0.006, "aside_before": 0.005}}, []),
    ({"degraded": 1}, ["degraded"]),
    ({"features": [feature()]}, ["features_moved"]),
    ({"features": [feature(stability=0.24)]}, []),
    ({"features": [feature(filling=True)]}, []),
    ({"features": [feature(mean_now=10.5)]}, []),
    ({"features": [feature(mean_now=10.5, null_now=0.2)]}, ["features_moved"]),
    ({"features": [feature(mean_before=0.0, mean_now=0.3)]}, ["features_moved"]),
    ({"features": [feature(mean_now=None)]}, []),
]


@pytest.mark.parametrize(("changed", "kinds"), FOUND)
def test_an_alarm_is_raised_beyond_its_bound_and_not_before(changed: dict[str, Any], kinds: list[str]) -> None:
    assert [alarm.kind for alarm in alarms(week(**changed))] == kinds


def test_a_column_that_is_lost_is_told_as_lost() -> None:
    lost = feature(stability=2.0, superiority=None, mean_now=None, null_before=0.02, null_now=1.0)
    (alarm,) = alarms(week(features=[lost]))
    assert "100% unknown, 2% before" in alarm.text_en


def test_many_features_that_moved_together_are_one_alarm() -> None:
    (alarm,) = alarms(week(features=[feature(name=name) for name in "abcde"]))
    assert "a (PSI 0.30, 12 on average, 10 before)" in alarm.text_en
    assert alarm.text_en.endswith("and 2 more")
