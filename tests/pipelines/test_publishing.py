"""The feed acts upon instruments, accounts, orders and reviews; a person's finding confirms or lifts; every feed verifies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fairdeal.control_center.manifest import manifest_sha256
from fairdeal.pipelines import notifying, publishing
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.workplace import Workplace
from tests.pipelines import worlds
from tests.pipelines.looking import close_case, faults, manifest, records, run, workplace

FIRST, SECOND, THIRD = "2026-01-02", "2026-01-03", "2026-01-04"
MOMENT = datetime(2026, 1, 3, tzinfo=UTC)


def flagged_shop(folder: Path, days: dict[str, list[tuple[int, str, str, str]]]) -> Path:
    """A shop whose file says when a credential is weak, for which the policy asks another look; rows are number, payer, token, weak."""
    folder.mkdir(parents=True, exist_ok=True)
    mapping = worlds.PAYMENTS_MAPPING.partition("[payments.label]")[0] + 'is_weak_credential = "weak"\n'
    (folder / "mapping.toml").write_text(mapping, encoding="utf-8")
    for day, rows in days.items():
        lines = [
            f"P{number},{payer},M1,{day} {8 + place:02}:00:00,90.00,{token},,{weak}\n"
            for place, (number, payer, token, weak) in enumerate(rows)
        ]
        header = worlds.HEADER.replace("fraud", "weak")
        (folder / f"payments-{day}.csv").write_text(header + "".join(lines), encoding="utf-8")
    return folder / "mapping.toml"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Two weak payments by card, one without a card, and some without fault; the next day nothing weak."""
    return flagged_shop(
        tmp_path / "shop",
        {
            FIRST: [(1, "B1", "T1", "true"), (2, "B2", "", "true"), (3, "B3", "T3", "false"), (4, "B4", "T4", "true")],
            SECOND: [(5, "B3", "T3", "false")],
            THIRD: [(6, "B3", "T3", "false")],
        },
    )


def case_about(place: Workplace, kind: str, token: str) -> dict[str, Any]:
    (found,) = (case for case in place.cases().list_cases() if (case["subject_kind"], case["subject_id"]) == (kind, token))
    return found


def test_a_payment_is_acted_upon_by_its_instrument_or_its_account(settings: Settings, shop: Path) -> None:
    summary = run(settings, shop, FIRST)
    found = records(settings.home, FIRST)
    assert [(record["subject_kind"], record["subject_token"], record["action"]) for record in found] == [
        ("account", "B2", "step_up"),
        ("instrument", "T1", "step_up"),
        ("instrument", "T4", "step_up"),
    ]
    for record in found:
        assert record["reasons"]
        assert record["case_id"] is not None
        assert record["human_reviewed"] is False
        assert record["supersedes"] is None
        assert record["valid_from"] < record["valid_until"]
    assert summary["feed"]["by_action"]["step_up"] == 3
    assert faults(settings.home) == {}


def test_orders_and_reviews_are_acted_upon_themselves(settings: Settings, market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRDEAL_POLICY_CONFIRM_SCORE", "0.5")
    monkeypatch.setenv("FAIRDEAL_POLICY_ALLOWED", '{reviews = ["allow", "confirm", "hold"]}')
    changed = load_settings()
    summary = run(changed, market, "2026-01-07")
    found = records(settings.home, "2026-01-07")
    kinds = {(record["detector"], record["subject_kind"]) for record in found}
    assert kinds >= {("deals", "order"), ("reviews", "review"), ("payments", "instrument")}
    assert {kind for detector, kind in kinds if detector == "payments"} <= {"instrument", "account"}
    assert faults(settings.home) == {}
    told = manifest(settings.home, "2026-01-07")
    for ours, theirs in (("rows_in", "rows_in"), ("accepted", "accepted"), ("quarantined", "quarantined")):
        assert told[ours] == summary[theirs]
    assert all(told["rows_in"][table] == told["accepted"][table] + told["quarantined"][table] for table in told["rows_in"])
    assert told["quarantined"]["buyers"] == 1


def test_a_false_positive_lifts_the_measure_in_the_next_feed_and_a_confirmed_one_stands_as_reviewed(settings: Settings, shop: Path) -> None:
    run(settings, shop, FIRST)
    before = {record["subject_token"]: record for record in records(settings.home, FIRST)}
    at = settings.day_bounds(FIRST)[1] + timedelta(hours=1)
    with workplace(settings, shop) as place:
        close_case(place, case_about(place, "instrument", "T1"), "false_positive", at=at)
        close_case(place, case_about(place, "account", "B2"), "action_confirmed", at=at)
    second = run(settings, shop, SECOND)
    after = {record["subject_token"]: record for record in records(settings.home, SECOND)}
    lifted, confirmed, carried = after["T1"], after["B2"], after["T4"]
    assert lifted["action"] == "allow"
    assert lifted["human_reviewed"] is True
    assert lifted["supersedes"] == f"{FIRST}.1#{before['T1']['seq']}"
    assert [reason["code"] for reason in lifted["reasons"]] == ["CASE_CLEARED"]
    assert (confirmed["action"], confirmed["human_reviewed"], confirmed["supersedes"]) == (
        "block",
        True,
        f"{FIRST}.1#{before['B2']['seq']}",
    )
    assert {name: carried[name] for name in carried if name != "seq"} == {name: before["T4"][name] for name in carried if name != "seq"}
    assert second["feed"]["changes"] == {"added": 0, "changed": 1, "lifted": 1, "carried": 1, "expired": 0}
    assert second["labels_collected"] == 2
    run(settings, shop, THIRD)
    third = {record["subject_token"]: record["action"] for record in records(settings.home, THIRD)}
    assert third["B2"] == "block"
    assert "T1" not in third
    assert faults(settings.home) == {}


def test_a_case_decided_within_the_day_is_lifted_by_a_new_revision_of_it(settings: Settings, shop: Path) -> None:
    run(settings, shop, FIRST)
    with workplace(settings, shop) as place:
        at = settings.day_bounds(FIRST)[1] + timedelta(hours=1)
        close_case(place, case_about(place, "instrument", "T1"), "false_positive", at=at)
    run(settings, shop, FIRST)
    after = {record["subject_token"]: record for record in records(settings.home, f"{FIRST}.2")}
    assert after["T1"]["action"] == "allow"
    assert manifest(settings.home, f"{FIRST}.2")["generated_at"] >= at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    assert faults(settings.home) == {}


def test_each_feed_names_the_one_before(settings: Settings, shop: Path) -> None:
    for day in (FIRST, SECOND, THIRD):
        run(settings, shop, day)
    told = [manifest(settings.home, day) for day in (FIRST, SECOND, THIRD)]
    assert [each["feed_seq"] for each in told] == [1, 2, 3]
    assert told[0]["previous_manifest_sha256"] is None
    assert [each["previous_manifest_sha256"] for each in told[1:]] == [manifest_sha256(each) for each in told[:-1]]


def verdict(seq: int, payment: str, found: bool | None, *, case: str = "C1", token: str = "T1") -> dict[str, Any]:
    """A closed case's word on one payment."""
    return {
        "seq": seq,
        "case_id": case,
        "subject_kind": "payment",
        "subject_id": payment,
        "typology": "stolen_instrument",
        "instrument_id": token,
        "account_id": "B1",
        "detector": "payments",
        "is_fraud": found,
    }


EXPLANATIONS = pl.DataFrame(schema={"detector": pl.String(), "subject_id": pl.String(), "reasons": pl.String(), "snapshot": pl.String()})


def spoken(verdicts: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Tokens that these verdicts confirm, and those that they lift."""
    confirmed = publishing.measures({}, EXPLANATIONS, {}, verdicts, MOMENT)
    return [measure.subject_token for measure in confirmed], [lift.subject_token for lift in publishing.lifts({}, verdicts, [])]


@pytest.mark.parametrize("first", [True, False])
def test_an_honest_payment_does_not_clear_the_instrument_that_another_of_the_case_abused(first: bool) -> None:
    assert spoken([verdict(5, "P1", first), verdict(5, "P2", not first)]) == (["T1"], [])


def test_what_a_case_found_when_it_closed_again_counts(settings: Settings) -> None:
    assert spoken([verdict(5, "P1", True), verdict(9, "P1", False)]) == ([], ["T1"])
    assert spoken([verdict(5, "P1", False), verdict(9, "P1", True)]) == (["T1"], [])
    assert spoken([verdict(5, "P1", True), verdict(9, "P1", None)]) == ([], [])


def test_two_cases_speak_each_for_itself() -> None:
    assert spoken([verdict(5, "P1", True), verdict(6, "P2", False, case="C2")]) == (["T1"], ["T1"])


def test_what_taught_nothing_changes_no_measure() -> None:
    assert spoken([verdict(5, "P1", None)]) == ([], [])


def calling(settings: Settings, address: str | None) -> Settings:
    return settings.model_copy(update={"notify": settings.notify.model_copy(update={"webhook_url": address})})


def test_someone_is_called_at_the_webhook(settings: Settings, webhook: tuple[str, list[dict[str, Any]]]) -> None:
    address, heard = webhook
    assert notifying.notify(calling(settings, address), "feed_degraded", "too many blocks", run_id="R1", day=FIRST) is True
    assert heard == [{"kind": "feed_degraded", "text": "too many blocks", "run_id": "R1", "day": FIRST}]


def test_a_call_that_does_not_arrive_is_logged_and_fails_nothing(
    settings: Settings, webhook: tuple[str, list[dict[str, Any]]], caplog: pytest.LogCaptureFixture
) -> None:
    address, _ = webhook
    for wrong in (None, f"{address}/broken", "http://127.0.0.1:9/nobody", "no address at all", "ftp://somewhere", "http://[::1"):
        caplog.clear()
        assert notifying.notify(calling(settings, wrong), "run_failed", "it failed") is False
        assert "it failed" in caplog.text
