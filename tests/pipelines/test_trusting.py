"""Who was wrongly suspected is left in peace for a while: no case, nothing harsher than a question; counted, and looked at by chance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fairdeal.data_contracts.scores import DECISIONS
from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines import trusting
from fairdeal.pipelines.settings import Settings
from tests.pipelines import worlds
from tests.pipelines.looking import close_case, records, run, workplace

FIRST, SECOND = "2026-01-02", "2026-01-03"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The same four payers on two days."""
    days = {
        day: [worlds.payment(n + 10 * place, f"{day} 12:0{n}:00", payer=f"B{n}", payee=f"M{n}", amount=f"{n + 1}00.00") for n in range(4)]
        for place, day in enumerate((FIRST, SECOND))
    }
    return worlds.shop(tmp_path / "shop", days)


def trust_first(settings: Settings, mapping: Path, *, days: int = 30) -> dict[str, Any]:
    """Runs the first day, closes its cases as false positives and trusts the account of one; gives the entry."""
    run(settings, mapping, FIRST)
    at = settings.day_bounds(FIRST)[1] + timedelta(hours=9)
    with workplace(settings, mapping) as place:
        services = place.cases()
        cases = services.list_cases("open")
        for case in cases:
            close_case(place, case, "false_positive", at=at)
        (member,) = services.show_case(cases[0]["case_id"])["members"]
        key = f"payments:{member['typology']}:account:{member['alerts'][0]['account_id']}"
        asked = services.propose_trust(cases[0]["case_id"], key, days=days, reason="known well", actor="ana", role="analyst", at=at)
        entry: dict[str, Any] = services.confirm_trust(asked["entry_id"], actor="wu", role="approver", at=at)
    return entry


def with_looks(settings: Settings, looks: float) -> Settings:
    return settings.model_copy(update={"desk": settings.desk.model_copy(update={"trust_looks": looks})})


def subjects_of_cases(settings: Settings, mapping: Path, run_id: str) -> dict[str, str]:
    """Account and how it was chosen, of the alerts of a run's cases."""
    with workplace(settings, mapping) as place:
        services = place.cases()
        shown = [services.show_case(case["case_id"]) for case in services.list_cases() if case["run_id"] == run_id]
    return {alert["account_id"]: alert["chosen_by"] for case in shown for member in case["members"] for alert in member["alerts"]}


def test_a_trusted_account_opens_no_case_and_what_was_kept_back_is_counted(settings: Settings, shop: Path) -> None:
    settings = with_looks(settings, 0.0)
    entry = trust_first(settings, shop)
    told = run(settings, shop, SECOND)
    others = subjects_of_cases(settings, shop, told["run_id"])
    assert entry["subject_id"] not in others
    assert others
    assert told["capacity"]["trusted"] == {str(entry["entry_id"]): {"suppressed": 1, "sampled": 0}}
    with workplace(settings, shop) as place:
        place.cases()
        from fairdeal.disputes.trusting import trust_list

        (kept,) = trust_list()
    assert (kept["suppressed"], kept["sampled"]) == (1, 0)
    assert {row["action"] for row in records(settings.home, SECOND)} <= {"allow", "confirm"}


def test_a_share_is_looked_at_all_the_same_with_its_probability(settings: Settings, shop: Path) -> None:
    settings = with_looks(settings, 1.0)
    entry = trust_first(settings, shop)
    told = run(settings, shop, SECOND)
    assert subjects_of_cases(settings, shop, told["run_id"])[entry["subject_id"]] == "audit_sample"
    assert told["capacity"]["trusted"] == {str(entry["entry_id"]): {"suppressed": 0, "sampled": 1}}


def test_trust_that_was_withdrawn_keeps_nothing_back(settings: Settings, shop: Path) -> None:
    settings = with_looks(settings, 0.0)
    entry = trust_first(settings, shop)
    with workplace(settings, shop) as place:
        at = settings.day_bounds(FIRST)[1] + timedelta(hours=10)
        place.cases().withdraw_trust(entry["entry_id"], reason="seen again", actor="wu", role="approver", at=at)
    told = run(settings, shop, SECOND)
    assert entry["subject_id"] in subjects_of_cases(settings, shop, told["run_id"])
    assert told["capacity"]["trusted"] == {}


def test_trust_given_after_a_run_makes_a_new_revision(settings: Settings, shop: Path) -> None:
    settings = with_looks(settings, 0.0)
    trust_first(settings, shop)
    assert run(settings, shop, FIRST)["revision"] == 2
    assert run(settings, shop, FIRST)["revision"] == 2


MOMENT = datetime(2026, 1, 4, tzinfo=UTC)
INTERVAL = (MOMENT - timedelta(days=1), MOMENT)


def decision(number: int, **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "detector": "payments",
        "subject_id": f"P{number}",
        "as_of_at": MOMENT - timedelta(hours=2),
        "score": 0.8,
        "probability": 0.5,
        "typology": "stolen_instrument",
        "model_version": "m1",
        "subject_kind": "payment",
        "event_at": MOMENT - timedelta(hours=2),
        "amount_minor": 100,
        "currency": "CNY",
        "expected_loss_minor": 50,
        "loss_borne_by": "{}",
        "action": "hold",
        "step_up_method": "none",
        "policy_rule": "least-cost @stolen/1",
        "valid_until": MOMENT + timedelta(hours=72),
    }
    return row | changes


@pytest.mark.parametrize(
    ("changes", "action"),
    [
        ({}, "confirm"),
        ({"action": "step_up", "step_up_method": "sms"}, "confirm"),
        ({"action": "allow"}, "allow"),
        ({"probability": 0.9}, "hold"),  # the ceiling is crossed
        ({"typology": "card_testing"}, "hold"),  # trusted for something else
    ],
)
def test_nothing_harsher_than_a_question_unless_much_speaks_for_it(changes: dict[str, Any], action: str) -> None:
    decisions = DECISIONS.conform(pl.DataFrame([decision(1, **changes), decision(2)]))
    paid = {"paid_at": MOMENT - timedelta(hours=2), "payee_id": "M1", "instrument_id": None, "device_id": None}
    payments = pl.DataFrame(
        [{"payment_id": "P1", "payer_id": "B1", **paid}, {"payment_id": "P2", "payer_id": "B2", **paid}],
        schema_overrides={"paid_at": pl.Datetime("us", "UTC"), "instrument_id": pl.String(), "device_id": pl.String()},
    )
    entry = {
        "entry_id": 7,
        "subject_kind": "account",
        "subject_id": "B1",
        "detector": "payments",
        "typology": "stolen_instrument",
        "since": (MOMENT - timedelta(days=1)).isoformat(),
        "until": (MOMENT + timedelta(days=1)).isoformat(),
    }
    trust = {"known": [entry], "ceiling": 0.9, "looks": 0.1}
    rows = trusting.trusted_rows(Detector.PAYMENTS, decisions, {"payments": payments.lazy()}, INTERVAL, trust=trust, moment=MOMENT)
    told = trusting.eased(Detector.PAYMENTS, decisions, rows, policy={}, moment=MOMENT)
    assert told["action"].to_list() == [action, "hold"]
    if action == "confirm":
        assert told.row(0, named=True)["policy_rule"] == "trusted:7"
        assert told.row(0, named=True)["valid_until"] == MOMENT + timedelta(hours=24)
        assert told.row(0, named=True)["step_up_method"] == "none"


@pytest.mark.parametrize("at", [MOMENT - timedelta(days=2), MOMENT + timedelta(days=1)])
def test_an_entry_binds_from_its_beginning_to_its_end(at: datetime) -> None:
    entry = {"detector": "payments", "since": (MOMENT - timedelta(days=1)).isoformat(), "until": (MOMENT + timedelta(days=1)).isoformat()}
    assert trusting.in_force({"known": [entry]}, Detector.PAYMENTS, at) == []
    assert trusting.in_force({"known": [entry]}, Detector.PAYMENTS, MOMENT) == [entry]
