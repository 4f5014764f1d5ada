"""A run freezes what it knows: the same run gives the same bytes, and only new knowledge makes a new revision."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from fairdeal.models.errors import WrongSetting
from fairdeal.pipelines import running
from fairdeal.pipelines.errors import DataIsWrong, OutsideFailure, WrongUse
from fairdeal.pipelines.ledger import only_one
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.sources.mapping import load_mapping
from fairdeal.sources.mapping_parts import MappingError
from tests.pipelines import worlds
from tests.pipelines.looking import close_case, do_up_to, faults, manifest, run, tree, workplace
from tests.pipelines.test_ingest import joined_shop

FIRST, SECOND, THIRD = "2026-01-02", "2026-01-03", "2026-01-04"


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings under which every payment is to be confirmed, so that feeds have rows."""
    monkeypatch.setenv("FAIRDEAL_POLICY_CONFIRM_SCORE", "0")
    return load_settings()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Two days of four payments each, by two buyers."""
    days = {
        day: [worlds.payment(10 * place + number, f"{day} {9 + number:02}:00:00", payer=f"B{number % 2}") for number in range(4)]
        for place, day in enumerate((FIRST, SECOND))
    }
    return worlds.shop(tmp_path / "shop", days)


def revisions(settings: Settings, mapping: Path) -> list[tuple[str, int, str]]:
    with workplace(settings, mapping) as place:
        return [(found.interval_to[:10], found.revision, found.status) for found in place.ledger.runs()]


def test_the_same_day_twice_is_one_run_with_the_same_bytes(settings: Settings, shop: Path) -> None:
    first = run(settings, shop, FIRST)
    before = tree(settings.home / "feed")
    assert run(settings, shop, FIRST) == first
    assert tree(settings.home / "feed") == before
    assert revisions(settings, shop) == [(FIRST, 1, "done")]
    assert first["feed"]["rows"] == 2


def test_a_late_row_makes_a_second_revision_and_leaves_the_first_as_it_is(settings: Settings, shop: Path) -> None:
    run(settings, shop, FIRST)
    before = tree(settings.home / "feed" / FIRST)
    worlds.shop(shop.parent, {"late": [worlds.payment(99, f"{FIRST} 20:00:00", payer="B9")]})
    second = run(settings, shop, FIRST)
    assert second["revision"] == 2
    assert second["rows_in"]["payments"] == 1
    assert Path(second["feed"]["path"]).name == f"{FIRST}.2"
    assert second["feed"]["rows"] == 3
    assert tree(settings.home / "feed" / FIRST) == before
    assert run(settings, shop, FIRST) == second
    assert faults(settings.home) == {}


def test_a_decided_case_makes_a_new_revision(settings: Settings, shop: Path) -> None:
    first = run(settings, shop, FIRST)
    with workplace(settings, shop) as place:
        close_case(place, place.cases().list_cases()[0], "false_positive", at=settings.day_bounds(SECOND)[0])
    second = run(settings, shop, FIRST)
    assert (first["revision"], second["revision"]) == (1, 2)
    assert second["feed"]["changes"]["lifted"] == 1


def test_files_of_later_days_make_no_new_revision_of_an_earlier_one(settings: Settings, shop: Path) -> None:
    first = run(settings, shop, FIRST)
    run(settings, shop, SECOND)
    assert run(settings, shop, FIRST) == first


def test_a_file_without_rows_makes_no_new_revision_of_an_earlier_day(settings: Settings, shop: Path) -> None:
    first = run(settings, shop, FIRST)
    worlds.shop(shop.parent, {SECOND: []})
    run(settings, shop, SECOND)
    assert run(settings, shop, FIRST) == first


def test_later_orders_of_a_query_make_no_new_revision_of_an_earlier_day(settings: Settings, tmp_path: Path) -> None:
    mapping = joined_shop(tmp_path / "joined", "1", [f"O1,B1,{FIRST} 10:00:00"], ["O1,M1,500"])
    first = run(settings, mapping, FIRST)
    joined_shop(tmp_path / "joined", "2", [f"O2,B1,{SECOND} 10:00:00"], ["O2,M1,700"])
    run(settings, mapping, SECOND)
    assert run(settings, mapping, FIRST) == first


def test_an_interrupted_run_of_another_day_is_brought_to_its_end_first(settings: Settings, shop: Path) -> None:
    do_up_to(settings, shop, FIRST, "score")
    run(settings, shop, SECOND)
    assert revisions(settings, shop) == [(FIRST, 1, "done"), (SECOND, 1, "done")]
    assert manifest(settings.home, FIRST)["feed_seq"] == 1
    assert manifest(settings.home, SECOND)["feed_seq"] == 2
    assert faults(settings.home) == {}


def test_an_interrupted_run_of_another_source_is_named_and_comes_first(settings: Settings, shop: Path, tmp_path: Path) -> None:
    run_id = do_up_to(settings, shop, FIRST, "score")
    other = joined_shop(tmp_path / "joined", "1", [f"O1,B1,{FIRST} 10:00:00"], ["O1,M1,500"])
    with pytest.raises(WrongUse, match=rf"run {run_id} of source little-shop.*run it again with its own mapping"):
        run(settings, other, FIRST)


def test_a_run_that_was_interrupted_goes_on_and_is_one_run(settings: Settings, shop: Path) -> None:
    run_id = do_up_to(settings, shop, FIRST, "decide")
    assert run(settings, shop, FIRST)["run_id"] == run_id
    assert revisions(settings, shop) == [(FIRST, 1, "done")]


def test_a_mapping_that_does_not_fit_its_files_is_refused_without_a_trace(settings: Settings, tmp_path: Path, shop: Path) -> None:
    mapping = joined_shop(tmp_path / "joined", "1", [f"O1,B1,{FIRST} 10:00:00"], ["O1,M1,500"])
    right = mapping.read_text(encoding="utf-8")
    mapping.write_text(right.replace("i.price", "i.prise"), encoding="utf-8")
    with pytest.raises(MappingError, match="prise"):
        run(settings, mapping, FIRST)
    assert revisions(settings, mapping) == []
    run(settings, shop, FIRST)  # another source is not held up
    mapping.write_text(right, encoding="utf-8")
    assert run(settings, mapping, FIRST)["accepted"] == {"orders": 1}


def test_an_interrupted_run_that_is_refused_when_it_goes_on_does_not_block_other_days(settings: Settings, shop: Path) -> None:
    do_up_to(settings, shop, FIRST, "collect_labels")
    bad = [worlds.payment(number, f"{FIRST} 12:00:00", amount="ten") for number in range(10)]
    worlds.shop(shop.parent, {FIRST: bad})
    with pytest.raises(DataIsWrong):
        run(settings, shop, SECOND)
    assert revisions(settings, shop) == []
    worlds.shop(shop.parent, {FIRST: [worlds.payment(1, f"{FIRST} 12:00:00")]})
    assert run(settings, shop, SECOND)["revision"] == 1


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("FAIRDEAL_CAPACITY_PEOPLE", "many", r"\[capacity\] people: 'many'"),
        ("FAIRDEAL_CAPACITY_PEOPEL", "2", r"\[capacity\] peopel: no such setting"),
        ("FAIRDEAL_POLICY_BLOCK_PROBABILITY", "7", r"\[policy\]"),
        ("FAIRDEAL_LOSS_NONE", "1", r"\[loss"),
    ],
)
def test_a_setting_that_a_later_step_would_stumble_over_is_refused_before_anything_is_frozen(
    variable: str, value: str, told: str, settings: Settings, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(WrongSetting, match=told):
        run(load_settings(), shop, FIRST)
    assert revisions(settings, shop) == []


def test_intervals_shorter_than_a_day_follow_each_other(settings: Settings, shop: Path) -> None:
    moments = [datetime.fromisoformat(f"{FIRST}T{hour:02}:00:00+08:00") for hour in (0, 10, 11)]
    mapping = load_mapping(shop)
    halves = [running.run_interval(settings, mapping, start, end, lambda text: None) for start, end in itertools.pairwise(moments)]
    assert [half["decisions"] for half in halves] == [{"payments": {"confirm": 1}}, {"payments": {"confirm": 1}}]
    assert [Path(half["feed"]["path"]).name for half in halves] == [FIRST, f"{FIRST}.2"]
    assert faults(settings.home) == {}


def test_an_interval_that_ends_before_it_begins_is_refused(settings: Settings, shop: Path) -> None:
    start, end = settings.day_bounds(FIRST)
    with pytest.raises(WrongUse, match="the end must be later than the beginning"):
        running.run_interval(settings, load_mapping(shop), end, start, lambda text: None)
    assert revisions(settings, shop) == []


def test_one_run_at_a_time_is_allowed(settings: Settings, shop: Path) -> None:
    with only_one(settings.home, "run"), pytest.raises(WrongUse, match="another process is at work"):
        run(settings, shop, FIRST)


def change_settings(settings: Settings, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRDEAL_POLICY_CONFIRM_SCORE", "1")
    monkeypatch.setenv("FAIRDEAL_CAPACITY_PEOPLE", "0")
    monkeypatch.setenv("FAIRDEAL_TIME_ZONE", "America/Los_Angeles")
    monkeypatch.setenv("FAIRDEAL_TRAIN_SEED", "7")


def close_a_case_and_collect_its_label(settings: Settings, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with workplace(settings, shop) as place:
        earlier = datetime.fromisoformat(f"{SECOND}T06:00:00+08:00")
        (case,) = (case for case in place.cases().list_cases("open") if case["subject_id"] == "TB7")
        close_case(place, case, "action_confirmed", at=earlier)
        running.read_up_to(place, earlier)


def deliver_late_rows(settings: Settings, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worlds.shop(shop.parent, {"late": [worlds.payment(99, f"{FIRST} 20:00:00", payer="B9", amount="5000.00")]})
    with workplace(settings, shop) as place:
        running.read_up_to(place, settings.day_bounds(SECOND)[1])


@pytest.mark.parametrize("change", [change_settings, close_a_case_and_collect_its_label, deliver_late_rows])
def test_what_changes_while_a_run_lies_broken_changes_nothing_of_it(
    change: Callable[..., None], settings: Settings, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds.shop(shop.parent, {"one": [worlds.payment(70, f"{FIRST} 21:00:00", payer="B7", fraud="")]})
    run(settings, shop, FIRST)
    do_up_to(settings, shop, SECOND, "ingest")
    shutil.copytree(settings.home, tmp_path / "unbroken")
    change(settings, shop, monkeypatch)
    resumed = load_settings()
    start, end = settings.day_bounds(SECOND)
    broken = running.run_interval(resumed, load_mapping(shop), start, end, lambda text: None)
    undo(monkeypatch)
    monkeypatch.setenv("FAIRDEAL_HOME", str(tmp_path / "unbroken"))
    unbroken = run(load_settings(), shop, SECOND)
    assert broken["run_id"] == unbroken["run_id"]
    assert tree(tmp_path / "home" / "feed") == tree(tmp_path / "unbroken" / "feed")
    assert tree(tmp_path / "home" / "runs") == tree(tmp_path / "unbroken" / "runs")
    assert any(tree(tmp_path / "home" / "runs"))


def undo(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CAPACITY_PEOPLE", "TIME_ZONE", "TRAIN_SEED"):
        monkeypatch.delenv(f"FAIRDEAL_{name}", raising=False)
    monkeypatch.setenv("FAIRDEAL_POLICY_CONFIRM_SCORE", "0")


def test_a_feed_that_was_changed_after_it_went_out_is_not_built_upon(settings: Settings, shop: Path) -> None:
    run(settings, shop, FIRST)
    path = settings.home / "feed" / FIRST / "actions.jsonl"
    path.write_bytes(path.read_bytes().replace(b"confirm", b"step_up"))
    with pytest.raises(DataIsWrong, match="it is not what was published"):
        run(settings, shop, SECOND)


def test_a_feed_that_is_gone_is_named(settings: Settings, shop: Path) -> None:
    run(settings, shop, FIRST)
    shutil.rmtree(settings.home / "feed" / FIRST)
    with pytest.raises(OutsideFailure, match=f"feed/{FIRST}/actions.jsonl: the feed before cannot be read"):
        run(settings, shop, SECOND)


def test_a_file_of_the_lake_that_was_changed_or_lost_is_named(settings: Settings, shop: Path) -> None:
    do_up_to(settings, shop, FIRST, "score")
    (scores,) = (settings.home / "runs").rglob("payments-scores.parquet")
    content = scores.read_bytes()
    scores.write_bytes(content[:-1] + b"?")
    with pytest.raises(OutsideFailure, match=r"payments-scores\.parquet: it is not what the ledger entered"):
        run(settings, shop, FIRST)
    scores.unlink()
    with pytest.raises(OutsideFailure, match=r"payments-scores\.parquet: the ledger names this file and it is gone"):
        run(settings, shop, FIRST)
    scores.write_bytes(content)
    assert run(settings, shop, FIRST)["revision"] == 1


def test_the_summary_says_what_the_ledger_holds(settings: Settings, shop: Path) -> None:
    summary = run(settings, shop, FIRST)
    assert tuple(datetime.fromisoformat(end) for end in summary["interval"]) == settings.day_bounds(FIRST)
    assert summary["decisions"] == {"payments": {"confirm": 4}}
    assert summary["cold"] == ["payments"]
    assert summary["capacity"]["people"] == 4
    assert summary["capacity"]["is_default"] is True
    assert summary["cases_opened"] == 2
    assert set(summary) >= {
        "run_id",
        "interval",
        "rows_in",
        "accepted",
        "quarantined",
        "decisions",
        "alerts",
        "cases_opened",
        "feed",
        "seconds",
    }
    assert set(summary["feed"]) >= {"path", "rows", "sha256"}
