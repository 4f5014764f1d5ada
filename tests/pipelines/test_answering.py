"""Months later: the score is made again to the last bit from what the ledger kept, and everything that came of it is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines import answering
from fairdeal.pipelines.answering import answer, timeline
from fairdeal.pipelines.errors import DataIsWrong, OutsideFailure, WrongUse
from fairdeal.pipelines.ledger import Ledger
from fairdeal.pipelines.settings import Settings, load_settings
from tests.e2e.commands import fairdeal
from tests.pipelines.looking import close_case, run, workplace
from tests.pipelines.test_publishing import FIRST, SECOND, case_about, flagged_shop

# MLflow is not yet written for the newest SQLAlchemy.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

MARKET_DAYS = ("2026-01-07", "2026-01-08", "2026-01-09")


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    found = Ledger(settings.ledger_url)
    yield found
    found.close()


def decided(ledger: Ledger, home: Path, summary: dict[str, Any], detector: Detector) -> pl.DataFrame:
    file = (ledger.step_result(summary["run_id"], "decide") or {})["files"][detector.value]
    return pl.read_parquet(home / file["path"])


Past = tuple[Settings, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, market: Path) -> Past:
    """Three days of a market, run one after the other, with their late rows and corrections."""
    settings = load_settings().model_copy(update={"home": tmp_path_factory.mktemp("past") / "home"})
    return settings, [run(settings, market, day) for day in MARKET_DAYS]


@pytest.mark.parametrize("detector", Detector)
def test_a_score_of_the_past_is_made_again_to_the_last_bit(past: Past, detector: Detector) -> None:
    settings, summaries = past
    with closing(Ledger(f"sqlite:///{settings.home / 'ledger.db'}")) as ledger:
        for summary in summaries[:2]:
            moment = datetime.fromisoformat(summary["interval"][1])
            rows = decided(ledger, settings.home, summary, detector).sort("score", "subject_id")
            for row in rows.gather_every(max(1, rows.height // 3)).iter_rows(named=True):
                told = answer(settings, ledger, row["subject_id"], moment)
                assert told["run"]["run_id"] == summary["run_id"]
                assert told["rebuilt"]["differing"] == []
                assert (told["rebuilt"]["score"], told["rebuilt"]["probability"]) == (True, True)
                assert told["subject"]["kind"] == detector.subject_kind


def test_at_an_earlier_moment_the_earlier_decision_is_told(past: Past) -> None:
    settings, (first, second, _) = past
    with closing(Ledger(f"sqlite:///{settings.home / 'ledger.db'}")) as ledger:
        earlier, later = (decided(ledger, settings.home, summary, Detector.DEALS) for summary in (first, second))
        order = earlier.join(later, on="subject_id", how="semi").sort("subject_id")["subject_id"][0]
        for summary in (first, second):
            told = answer(settings, ledger, order, datetime.fromisoformat(summary["interval"][1]))
            assert told["run"]["run_id"] == summary["run_id"]
            assert told["rebuilt"]["differing"] == []


@pytest.fixture
def lifted(settings: Settings, tmp_path: Path) -> Settings:
    """A weak payment that was acted upon, cleared by two people, and lifted by the next feed."""
    days = {FIRST: [(1, "B1", "T1", "true"), (2, "B2", "T2", "false")], SECOND: [(5, "B3", "T3", "false")]}
    shop = flagged_shop(tmp_path / "shop", days)
    summary = run(settings, shop, FIRST)
    with workplace(settings, shop) as place:
        at = datetime.fromisoformat(summary["interval"][1]) + timedelta(hours=3)
        close_case(place, case_about(place, "instrument", "T1"), "false_positive", at=at)
    run(settings, shop, SECOND)
    return settings


@pytest.mark.parametrize("token", ["P1", "T1"])
def test_what_people_and_feeds_did_is_told_in_order(lifted: Settings, ledger: Ledger, token: str) -> None:
    told = answer(lifted, ledger, token)
    assert told["subject"]["id"] == "P1"
    assert told["subject"]["acted_upon"] == {"kind": "instrument", "token": "T1"}
    assert [(feed["feed_seq"], feed["record"]["action"]) for feed in told["feeds"]] == [(1, "step_up"), (2, "allow")]
    assert [case["close_code"] for case in told["cases"]] == ["false_positive"]
    assert told["cases"][0]["decided"]["maker"] != told["cases"][0]["decided"]["checker"]
    assert [(label["is_fraud"], label["source"]) for label in told["labels"]] == [(False, "analyst")]
    assert told["decision"]["policy_rule"].startswith("flag:is_weak_credential")
    words = [entry for _, entry in timeline(told)]
    assert words[0] == "payment P1 happened"
    assert words[-1].startswith("feed 2: allow")
    assert any(entry.startswith("label: honest, said by analyst") for entry in words)


def test_what_cannot_be_made_again_is_named(lifted: Settings, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    made = answering.feature_table

    def changed(*given: Any) -> Any:
        table = made(*given)
        return replace(table, rows=table.rows.with_columns(payment_hour=pl.lit(7.0)))

    monkeypatch.setattr(answering, "feature_table", changed)
    told = answer(lifted, ledger, "P1")["rebuilt"]
    assert (told["features"], told["differing"]) == (False, ["payment_hour"])


def test_files_that_are_not_what_the_ledger_entered_answer_for_nothing(lifted: Settings, ledger: Ledger) -> None:
    feed = lifted.home / "feed" / FIRST / "actions.jsonl"
    feed.chmod(0o644)
    kept = feed.read_bytes()
    feed.write_bytes(kept.replace(b"step_up", b"confirm"))
    with pytest.raises(DataIsWrong, match="not what was published"):
        answer(lifted, ledger, "P1")
    feed.write_bytes(kept)
    features = next((lifted.home / "runs").glob("2026-01-02/*/payments-features.parquet"))
    features.write_bytes(features.read_bytes() + b" ")
    with pytest.raises(OutsideFailure, match="not what the ledger entered"):
        answer(lifted, ledger, "P1")


def test_a_name_that_no_run_knows_is_refused_with_what_to_do(lifted: Settings, ledger: Ledger) -> None:
    with pytest.raises(WrongUse, match="no run has scored"):
        answer(lifted, ledger, "P999")
    with pytest.raises(WrongUse, match="no run up to 2026-01-01"):
        answer(lifted, ledger, "P1", datetime.fromisoformat("2026-01-01T00:00:00+08:00"))


def test_the_command_tells_people_and_programs(lifted: Settings) -> None:
    said = fairdeal("explain", "T1", "--json", home=lifted.home)
    assert said.code == 0, said
    assert said.json["rebuilt"]["score"] is True
    assert "made again to the last bit" in said.err
    assert "false_positive" in said.out
