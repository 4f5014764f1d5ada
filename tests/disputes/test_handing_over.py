"""At the end of a shift nothing is left lying: each case goes where it is to go, with a word that the next shift reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from fairdeal.disputes import services
from fairdeal.disputes.handing_over import handovers, mark_read
from fairdeal.disputes.models import Case, CaseEvent
from tests.disputes.alerts import AT, alert

LATER = AT + timedelta(minutes=10)


@pytest.fixture
def cases(either: str | None) -> list[str]:
    """Three cases that li holds, on both databases; mo is an analyst, wu an approver."""
    for name, role in (("li", "analyst"), ("mo", "analyst"), ("wu", "approver")):
        User.objects.create(username=name).groups.set(Group.objects.filter(name=role))
    opened = services.open_cases([alert(n, f"M{n}") for n in (1, 2, 3)], run_id="run-1", at=AT).opened
    for case_id in opened:
        services.claim(case_id, actor="li", at=AT)
    return list(opened)


def handed(**given: Any) -> dict[str, Any]:
    return services.hand_over(**({"actor": "li", "role": "analyst", "at": LATER} | given))


def test_all_that_somebody_holds_goes_back_to_the_queue_with_one_word(cases: list[str]) -> None:
    told = handed(word="phoned, nobody there")
    assert {one["case_id"] for one in told["cases"] if one["is_done"]} == set(cases)
    assert set(Case.objects.values_list("holder", "lease_until")) == {("", None)}
    entry = CaseEvent.objects.filter(case_id=cases[0]).latest("seq")
    assert (entry.event, entry.actor, entry.new["given"]["comment"]) == ("handed_over", "li", "phoned, nobody there")
    assert services.next_case("mo", at=LATER) is not None


def test_a_colleague_still_holds_them_when_the_shift_begins(cases: list[str]) -> None:
    handed(to="mo", cases=cases[:2], words={cases[0]: "card 4111 1111 1111 1111 called"}, word="as said")
    kept = Case.objects.get(pk=cases[0])
    assert (kept.holder, kept.lease_until) == ("mo", LATER + timedelta(hours=12))
    assert Case.objects.get(pk=cases[2]).holder == "li"
    (left,) = handovers(LATER)
    assert (left["by"], left["to"], left["word"], left["read_by"]) == ("li", "mo", "as said", None)
    words = {row["case"].pk: row["word"] for row in left["cases"]}
    assert set(words) == set(cases[:2])
    assert "4111" not in words[cases[0]]
    assert "called" in words[cases[0]]
    assert CaseEvent.objects.filter(case_id=cases[1]).latest("seq").new["given"]["comment"] == "as said"


def test_what_is_refused_for_one_case_stops_no_other(cases: list[str]) -> None:
    services.claim(cases[1], actor="mo", reason="urgent", at=LATER)
    told = handed(cases=cases)
    assert [(one["case_id"], one["is_done"]) for one in told["cases"]] == [(cases[0], True), (cases[1], False), (cases[2], True)]
    assert told["cases"][1]["refused"].refusal.code == "not_yours"
    assert Case.objects.get(pk=cases[1]).holder == "mo"


def test_without_anything_to_hand_over_nothing_is_written(cases: list[str]) -> None:
    told = handed(at=AT + timedelta(hours=1))  # the leases have run out
    assert (told["handover_id"], told["cases"], handovers(LATER)) == (None, [], [])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"to": "nobody"}, "no_such_colleague"),
        ({"to": "wu"}, "no_such_colleague"),
        ({"to": "li"}, "no_such_colleague"),
        ({"role": "approver"}, "role"),
        ({"word": "x" * 4001}, "bad_word"),
    ],
)
def test_a_handover_that_cannot_be_changes_nothing(cases: list[str], given: dict[str, Any], code: str) -> None:
    with pytest.raises(services.RefusedChange) as refused:
        handed(**given)
    assert refused.value.refusal.code == code
    assert set(Case.objects.values_list("holder", flat=True)) == {"li"}


def test_the_next_shift_reads_it_once_and_old_ones_are_no_more_shown(cases: list[str]) -> None:
    handover = handed()["handover_id"]
    assert not mark_read(handover, actor="LI")
    assert mark_read(handover, actor="mo", at=LATER)
    assert not mark_read(handover, actor="wu")
    assert handovers(LATER)[0]["read_by"] == "mo"
    assert handovers(LATER + timedelta(hours=37)) == []
