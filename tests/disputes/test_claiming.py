"""A case goes to one person, the best one first, until the lease runs out; it changes hands with a reason."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest

from fairdeal.disputes import claiming, services
from fairdeal.disputes.claiming import LEASE, LEAST_AT_STAKE, priority
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.services import RefusedChange, apply, claim, next_case, reassign, release
from tests.disputes.alerts import AT, alert
from tests.disputes.many import take_all, take_all_unguarded, together

pytestmark = pytest.mark.usefixtures("home")


def open_cases(*losses: int, hours_ago: float = 0, first: int = 0) -> list[str]:
    """One case for each expected loss, opened so long ago."""
    rows = [alert(first + n, f"M{first + n}", expected_loss_minor=loss) for n, loss in enumerate(losses)]
    opened = services.open_cases(rows, run_id="run-1", at=AT - timedelta(hours=hours_ago)).opened
    by_subject = dict(Case.objects.filter(pk__in=opened).values_list("subject_id", "case_id"))
    return [by_subject[f"M{first + n}"] for n in range(len(losses))]


def taken(actor: str) -> str:
    given = next_case(actor, at=AT)
    assert given is not None
    return str(given["case_id"])


def test_the_largest_expected_loss_comes_first_and_nothing_comes_twice() -> None:
    small, large, middle = open_cases(5_000, 90_000, 20_000)
    assert [taken("li"), taken("zhao"), taken("li")] == [large, middle, small]
    assert next_case("li", at=AT) is None


def test_the_longer_a_case_waits_the_more_urgent_it_is() -> None:
    (fresh,) = open_cases(50_000)
    (due_soon,) = open_cases(20_000, hours_ago=23, first=10)
    (overdue,) = open_cases(14_000, hours_ago=30, first=20)
    assert [taken("li") for _ in range(3)] == [due_soon, overdue, fresh]


def test_a_case_without_money_comes_too() -> None:
    (nothing,) = open_cases(0, hours_ago=25)
    (little,) = open_cases(3 * LEAST_AT_STAKE, first=10)
    assert [taken("li"), taken("li")] == [nothing, little]


@pytest.mark.parametrize("are_many", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_case_given_is_always_the_best_of_those_left(seed: int, are_many: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if are_many:  # looked for as where there are more
        monkeypatch.setattr(claiming, "_BEST_OF_FEW", claiming._BEST_OF_MANY)
    chance = random.Random(seed)
    for number in range(30):
        open_cases(chance.choice([0, 500, 5_000, chance.randrange(10**6)]), hours_ago=chance.uniform(0, 40), first=number)
    left = {case.pk: priority(case, AT) for case in Case.objects.all()}
    while left:
        given = taken("li")
        assert left[given] == max(left.values())
        del left[given]


def test_a_lease_runs_out_and_the_case_is_anybodys_again() -> None:
    (case_id,) = open_cases(9_000)
    assert next_case("li", at=AT) is not None
    assert next_case("zhao", at=AT + LEASE - timedelta(seconds=1)) is None
    again = next_case("zhao", at=AT + LEASE)
    assert again is not None
    assert (again["case_id"], again["holder"]) == (case_id, "zhao")
    with pytest.raises(RefusedChange, match="zhao works on it until"):
        apply(case_id, "accept", actor="li", role="analyst", at=AT + LEASE)


def test_whoever_goes_on_with_a_case_whose_lease_ran_out_holds_it() -> None:
    (case_id,) = open_cases(9_000)
    next_case("li", at=AT)
    later = AT + 2 * LEASE
    apply(case_id, "accept", actor="zhao", role="analyst", at=later)
    assert (Case.objects.get().holder, Case.objects.get().lease_until) == ("zhao", later + LEASE)
    apply(case_id, "start_review", actor="wu", role="analyst", at=later + 2 * LEASE)
    assert Case.objects.get().holder == "wu"
    with pytest.raises(RefusedChange, match="wu works on it until"):
        claim(case_id, actor="zhao", at=later + 2 * LEASE)


def test_every_step_of_the_holder_begins_the_lease_anew_and_a_proposal_ends_it() -> None:
    (case_id,) = open_cases(9_000)
    next_case("li", at=AT)
    for minutes, step in ((20, "accept"), (40, "start_review")):
        apply(case_id, step, actor="li", role="analyst", at=AT + timedelta(minutes=minutes))
    assert next_case("zhao", at=AT + timedelta(minutes=69)) is None
    services.propose(case_id, maker="li", close_code="false_positive", reasons=["a family"], at=AT + timedelta(minutes=60))
    assert Case.objects.get().lease_until is None
    assert next_case("zhao", at=AT + timedelta(days=2)) is None  # it waits for a second person, not for an analyst


def test_somebody_elses_case_is_taken_over_with_a_reason_only() -> None:
    (case_id,) = open_cases(9_000)
    next_case("li", at=AT)
    with pytest.raises(RefusedChange, match=f"case {case_id}: li works on it until 2026-03-01T02:30.*take this one over and say why"):
        claim(case_id, actor="zhao", at=AT)
    after = claim(case_id, actor="zhao", reason="li has gone home", at=AT)
    assert after["holder"] == "zhao"
    event = CaseEvent.objects.latest("seq")
    assert (event.event, event.actor, event.old["holder"], event.new["holder"]) == ("taken_over", "zhao", "li", "zhao")
    assert event.new["given"]["comment"] == "li has gone home"


def test_a_case_given_back_carries_a_word_for_the_next_and_is_free_at_once() -> None:
    (case_id,) = open_cases(9_000)
    next_case("li", at=AT)
    with pytest.raises(RefusedChange, match="only the holder gives a case back"):
        release(case_id, actor="zhao", at=AT)
    release(case_id, actor="li", comment="the carrier answers tomorrow", at=AT)
    assert taken("zhao") == case_id
    assert CaseEvent.objects.get(event="released").new["given"]["comment"] == "the carrier answers tomorrow"


def test_a_lead_hands_a_case_to_somebody_with_a_reason() -> None:
    (case_id,) = open_cases(9_000)
    next_case("li", at=AT)
    with pytest.raises(RefusedChange, match="a case changes hands with a reason"):
        reassign(case_id, "zhao", actor="wang", role="approver", reason=" ", at=AT)
    assert reassign(case_id, "zhao", actor="wang", role="approver", reason="speaks Korean", at=AT)["holder"] == "zhao"
    event = CaseEvent.objects.latest("seq")
    assert (event.event, event.actor, event.role) == ("reassigned", "wang", "approver")


def test_a_claim_on_an_older_revision_is_refused_and_says_who_changed_what() -> None:
    (case_id,) = open_cases(9_000)
    next_case("li", at=AT)
    with pytest.raises(RefusedChange, match="revision 0, the case is at 1: claimed by li at 2026-03-01"):
        claim(case_id, actor="zhao", reason="urgent", revision=0, at=AT)


@pytest.mark.parametrize(("actor", "role"), [("zhao", "analyst"), ("sun", "auditor"), ("kf", "agent"), ("root", "admin")])
def test_who_neither_holds_a_case_nor_approves_does_not_hand_it_on(actor: str, role: str) -> None:
    (case_id,) = open_cases(9_000)
    claim(case_id, actor="li", at=AT)
    with pytest.raises(RefusedChange, match="by who holds it, or by an approver"):
        reassign(case_id, "chen", actor=actor, role=role, reason="urgent", at=AT)
    assert reassign(case_id, "chen", actor="li", role="analyst", reason="goes home", at=AT)["holder"] == "chen"


def test_a_decided_case_is_nobodys_to_take() -> None:
    (case_id,) = open_cases(9_000)
    services.decide(case_id, maker="li", checker="wang", close_code="false_positive", findings=None, reasons=["a family"], at=AT)
    with pytest.raises(RefusedChange, match="cases are held while NEW, ACCEPTED, INVESTIGATION"):
        claim(case_id, actor="zhao", at=AT)


def test_many_analysts_at_once_take_every_case_and_none_twice(home: Path) -> None:
    fill(200)
    check_crowd(together(take_all, home, 8))


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_sixty_four_analysts_take_ten_thousand_cases_and_none_twice(home: Path, either: str | None) -> None:
    fill(10_000)
    check_crowd(together(take_all, home, 64, either, patience=1_000))


def test_without_the_guarded_update_cases_are_taken_twice(home: Path) -> None:
    fill(200)
    with pytest.raises(AssertionError):
        check_crowd(together(take_all_unguarded, home, 8))


def fill(cases: int) -> None:
    """Open so many cases, of every urgency and of losses that are nobody's order."""
    chance, batch = random.Random(5), max(cases // 20, 1)
    for start in range(0, cases, batch):
        numbers = range(start, min(start + batch, cases))
        opened = AT - timedelta(hours=chance.uniform(0, 40))
        rows = [alert(n, f"M{n}", expected_loss_minor=chance.randrange(1_000, 10**6)) for n in numbers]
        services.open_cases(rows, run_id=f"run-{start}", at=opened)


def check_crowd(taken: list[list[str]]) -> None:
    """Every case was given, to one person, and never one while a better one waited: who waits longest for most is not starved."""
    assert sorted(case_id for some in taken for case_id in some) == sorted(Case.objects.values_list("pk", flat=True))
    urgency = {case.pk: priority(case, AT) for case in Case.objects.all()}
    given = [urgency[case_id] for case_id in CaseEvent.objects.filter(event="claimed").order_by("seq").values_list("case_id", flat=True)]
    assert given == sorted(urgency.values(), reverse=True)
    assert services.verify_history().faults == ()
