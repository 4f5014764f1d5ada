"""A share of closed cases is judged again blind; what two people see differently a third decides, and that teaches."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fairdeal.disputes import services
from fairdeal.disputes.desk_rules import DeskRules
from fairdeal.disputes.django_setup import configure
from fairdeal.disputes.models import CaseEvent
from fairdeal.disputes.second_look_models import SecondLook
from fairdeal.disputes.second_looks import hidden_from, is_drawn, refuse_hidden
from tests.disputes.alerts import AT, alert

LATER = AT + timedelta(hours=1)


@pytest.fixture(autouse=True)
def every_case(home: Path) -> None:
    configure(home, desk=DeskRules(second_look_share=1.0))


def closed(number: int = 1, close_code: str = "false_positive") -> str:
    (case_id,) = services.open_cases([alert(number, f"M{number}"), alert(number + 50, f"M{number}")], run_id="run-1", at=AT).opened
    services.decide(case_id, maker="ana", checker="bo", close_code=close_code, reasons=["looked"], at=AT)
    return case_id


def taken(actor: str = "li", role: str = "analyst", at: Any = LATER) -> dict[str, Any] | None:
    return services.take_second_look(actor=actor, role=role, at=at)


def judged(outcome: str, actor: str = "li", **given: Any) -> dict[str, Any]:
    look = taken(actor)
    assert look is not None
    return services.judge_second_look(look["look_id"], outcome, actor=actor, role="analyst", at=LATER, **given)


def test_the_draw_takes_its_share_and_nobody_without_the_key_can_foresee_it() -> None:
    names = [f"C{number:016x}" for number in range(4000)]
    drawn = {name for name in names if is_drawn("key", name, 7, 0.05)}
    assert 140 < len(drawn) < 260
    assert drawn != {name for name in names if is_drawn("other key", name, 7, 0.05)}
    assert {name for name in names if is_drawn("key", name, 7, 0.02)} < drawn
    assert not is_drawn("key", names[0], 7, 0.0)
    assert is_drawn("key", names[0], 7, 1.0)


def test_what_closed_is_drawn_once_and_notes_on_it_draw_nothing_more() -> None:
    case_id = closed()
    assert services.draw_second_looks(LATER) == 1
    services.note(case_id, "for the record", actor="ana", role="analyst", at=LATER)
    assert services.draw_second_looks(LATER) == 0


def test_closings_long_ago_and_ends_that_nobody_judged_are_not_drawn() -> None:
    closed()
    (case_id,) = services.open_cases([alert(9, "M9")], run_id="run-1", at=AT).opened
    services.apply(case_id, "accept", actor="ana", role="agent", at=AT)
    assert services.draw_second_looks(AT + timedelta(days=8)) == 0
    assert services.draw_second_looks(LATER) == 1


@pytest.mark.parametrize("actor", ["ana", "ANA ", "bo"])
def test_who_took_part_does_not_judge_again(actor: str) -> None:
    closed()
    services.draw_second_looks(LATER)
    assert taken(actor) is None
    assert taken("li") is not None


def test_one_person_has_one_at_a_time_and_a_case_one_person() -> None:
    closed()
    services.draw_second_looks(LATER)
    assert taken("li") == taken("li")
    assert taken("mo") is None
    assert taken("mo", at=LATER + timedelta(days=3)) is not None
    assert hidden_from("li", LATER + timedelta(days=3)) == frozenset()


def test_only_analysts_judge_again() -> None:
    closed()
    services.draw_second_looks(LATER)
    with pytest.raises(services.RefusedChange, match="analysts judge"):
        taken("wu", "approver")


def test_a_case_is_hidden_from_who_judges_it_until_it_is_judged() -> None:
    case_id = closed()
    services.draw_second_looks(LATER)
    taken("li")
    assert hidden_from("li", LATER) == hidden_from("LI", LATER) == {case_id}
    assert hidden_from("mo", LATER) == hidden_from("", LATER) == frozenset()
    judged("false_positive")
    assert hidden_from("li", LATER) == frozenset()
    refuse_hidden(case_id, "li")


def test_two_who_judge_alike_agree_and_nothing_more_is_to_do() -> None:
    case_id = closed()
    services.draw_second_looks(LATER)
    told = judged("false_positive", word="nothing here")
    assert told["agrees"] is True
    assert CaseEvent.objects.filter(case_id=case_id).last().new["second_look"]["agrees"] is True  # type: ignore[union-attr]
    with pytest.raises(services.RefusedChange, match="only a difference"):
        services.adjudicate_second_look(told["look_id"], "first", word="so", actor="wu", role="approver", at=LATER)
    assert [row.get("second_look") for row in services.verdicts()] == [None, None]


def test_what_a_lead_says_of_a_difference_becomes_a_label_and_changes_no_case() -> None:
    case_id = closed()
    services.draw_second_looks(LATER)
    told = judged("action_confirmed", findings={"order:O1": "fraud"})
    assert told["agrees"] is False
    before = services.verdicts()[-1]["seq"]
    (waiting,) = services.second_looks(LATER)["differ"]
    assert (waiting["first_outcome"], waiting["outcome"]) == ("false_positive", "action_confirmed")
    services.adjudicate_second_look(waiting["look_id"], "second", word="one device", actor="wu", role="approver", at=LATER)
    rows = services.verdicts(before)
    assert [(row["subject_id"], row["is_fraud"], row["second_look"]) for row in rows] == [("O1", True, True), ("O51", None, True)]
    assert rows[0]["closed_at"] == LATER.isoformat()
    assert services.show_case(case_id)["close_code"] == "false_positive"
    assert not services.verify_history([]).faults


@pytest.mark.parametrize(("actor", "role"), [("bo", "approver"), ("li", "approver"), ("mo", "analyst")])
def test_only_a_lead_who_took_part_in_neither_adjudicates(actor: str, role: str) -> None:
    closed()
    services.draw_second_looks(LATER)
    told = judged("action_confirmed")
    with pytest.raises(services.RefusedChange):
        services.adjudicate_second_look(told["look_id"], "first", word="so", actor=actor, role=role, at=LATER)
    assert SecondLook.objects.get().adjudicated_at is None


@pytest.mark.parametrize(
    ("outcome", "findings", "code"),
    [
        ("settled", None, "bad_outcome"),
        ("false_positive", {"order:O1": "fraud"}, "findings_fit"),
        ("action_confirmed", {"order:O1": "honest"}, "findings_fit"),
        ("action_confirmed", {"order:O9": "fraud"}, "bad_finding"),
        ("action_confirmed", {"order:O1": "perhaps"}, "bad_finding"),
    ],
)
def test_a_judgement_that_cannot_be_is_refused(outcome: str, findings: dict[str, str] | None, code: str) -> None:
    closed()
    services.draw_second_looks(LATER)
    with pytest.raises(services.RefusedChange) as refused:
        judged(outcome, findings=findings)
    assert refused.value.refusal.code == code


def test_a_look_is_its_takers_and_given_once() -> None:
    closed()
    services.draw_second_looks(LATER)
    look = taken("li")
    assert look is not None
    with pytest.raises(services.RefusedChange, match="who took a case"):
        services.judge_second_look(look["look_id"], "false_positive", actor="mo", role="analyst", at=LATER)
    judged("false_positive")
    with pytest.raises(services.RefusedChange, match="given once"):
        services.judge_second_look(look["look_id"], "false_positive", actor="li", role="analyst", at=LATER)


def test_agreement_is_told_with_its_interval() -> None:
    for number in range(1, 5):
        closed(number, "false_positive" if number < 3 else "action_confirmed")
    services.draw_second_looks(LATER)
    for outcome in ("false_positive", "false_positive", "action_confirmed", "false_positive"):
        judged(outcome)
    told = services.second_looks(LATER)
    assert (told["drawn"], told["waiting"]) == (4, 0)
    assert (told["agreement"]["alike"], told["agreement"]["share"], told["agreement"]["kappa"]) == (3, 0.75, 0.5)
    assert told["agreement"]["share_low"] < 0.75 < told["agreement"]["share_high"]
