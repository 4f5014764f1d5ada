"""A member that does not belong to a ring is taken out with a reason and judged in a case of its own; nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from fairdeal.disputes import services
from fairdeal.disputes.models import Case, CaseAlert, CaseEvent, CaseMember
from fairdeal.disputes.services import RefusedChange, apply, split
from tests.disputes.alerts import AT, alert

pytestmark = pytest.mark.usefixtures("home")


def ring(size: int = 4) -> str:
    """A case with so many members that li reviews."""
    (case_id,) = services.open_cases([alert(number) for number in range(size)], run_id="run-1", at=AT).opened
    apply(case_id, "accept", actor="li", role="analyst", at=AT)
    apply(case_id, "start_review", actor="li", role="analyst", at=AT)
    return case_id


def take_out(case_id: str, members: Sequence[str], **changes: Any) -> dict[str, Any]:
    return split(case_id, members, **{"actor": "li", "role": "analyst", "reason": "bought for the office", "at": AT, **changes})


def members_of(case_id: str) -> list[str]:
    return sorted(member.key for member in CaseMember.objects.filter(case_id=case_id))


def test_one_member_gets_a_case_about_itself() -> None:
    case_id = ring()
    before = Case.objects.get(pk=case_id)
    moved = take_out(case_id, ["order:O2"])
    other, case = Case.objects.get(pk=moved["case_id"]), Case.objects.get(pk=case_id)
    assert (other.subject_kind, other.subject_id, other.status) == ("order", "O2", "NEW")
    assert (members_of(case_id), members_of(other.pk)) == (["order:O0", "order:O1", "order:O3"], ["order:O2"])
    assert case.expected_loss_minor + other.expected_loss_minor == before.expected_loss_minor
    assert (case.member_count, other.member_count) == (3, 1)
    assert CaseAlert.objects.count() == 4


def test_several_go_to_a_case_about_what_they_share() -> None:
    case_id = ring()
    moved = take_out(case_id, ["order:O1", "order:O2"], subject=("account", "B9"))
    assert members_of(moved["case_id"]) == ["order:O1", "order:O2"]
    with pytest.raises(RefusedChange, match="name its kind and id"):
        take_out(case_id, ["order:O0"], subject=("merchant", "M1"))


def test_where_the_other_case_suspects_it_already_it_is_a_member_once() -> None:
    case_id = ring()
    (other,) = services.open_cases(
        [alert(99, "O2", case_subject_kind="order", case_subject_id="O2", subject_id="O2", alert_id="A99")], run_id="run-2", at=AT
    ).opened
    assert take_out(case_id, ["order:O2"])["case_id"] == other
    assert members_of(other) == ["order:O2"]
    assert sorted(CaseAlert.objects.filter(case_id=other).values_list("pk", flat=True)) == ["A2", "A99"]


def test_the_history_says_who_took_out_whom_and_why_and_stays_whole() -> None:
    case_id = ring()
    moved = take_out(case_id, ["order:O2"])
    entry = CaseEvent.objects.get(event="split")
    assert (entry.actor, entry.new["members"], entry.new["given"]["comment"]) == ("li", ["order:O2"], "bought for the office")
    opening = CaseEvent.objects.get(case_id=moved["case_id"])
    assert (opening.actor, opening.role, opening.new["moved_from"]) == ("li", "analyst", case_id)
    assert services.verify_history().faults == ()


def test_each_is_judged_in_its_own_case_and_teaches_once() -> None:
    case_id = ring(2)
    moved = take_out(case_id, ["order:O1"])
    services.decide(case_id, maker="li", checker="wang", close_code="action_confirmed", findings=None, reasons=["a ring"], at=AT)
    services.claim(moved["case_id"], actor="li", at=AT)
    services.decide(moved["case_id"], maker="li", checker="wang", close_code="false_positive", findings=None, reasons=["honest"], at=AT)
    assert {row["subject_id"]: row["is_fraud"] for row in services.verdicts()} == {"O0": True, "O1": False}


@pytest.mark.parametrize(
    ("members", "changes", "told"),
    [
        (["order:O9"], {}, "some of a case's members"),
        ([], {}, "some of a case's members"),
        (["order:O0", "order:O1", "order:O2", "order:O3"], {"subject": ("account", "B1")}, "never all"),
        (["order:O0", "order:O1"], {}, "it is not said whom"),
        (["order:O0"], {"reason": " "}, "leaves a case with a reason"),
        (["order:O0"], {"actor": "zhao"}, "li works on it until"),
        (["order:O0"], {"revision": 0}, "made on revision 0"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(members: list[str], changes: dict[str, Any], told: str) -> None:
    case_id = ring()
    before = services.show_case(case_id)
    with pytest.raises(RefusedChange, match=told):
        take_out(case_id, members, **changes)
    assert services.show_case(case_id) == before


def test_once_a_decision_is_proposed_nobody_leaves() -> None:
    case_id = ring()
    services.propose(case_id, maker="li", close_code="action_confirmed", reasons=["a ring"], at=AT)
    with pytest.raises(RefusedChange, match="return the proposal first"):
        take_out(case_id, ["order:O0"])
