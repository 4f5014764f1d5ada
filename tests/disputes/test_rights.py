"""Who may do what."""

from __future__ import annotations

from fairdeal.disputes.domain import RIGHTS, Deed, Role, Scope, may, same_person


def test_nobody_changes_history() -> None:
    assert may(frozenset(Role), Deed.CHANGE_HISTORY) == frozenset()


def test_every_deed_is_spoken_of() -> None:
    assert set(RIGHTS) == set(Deed)


def test_the_auditor_only_reads() -> None:
    assert {deed for deed in Deed if may(frozenset({Role.AUDITOR}), deed)} == {Deed.READ_CASE, Deed.READ_AUDIT}


def test_the_admin_decides_no_cases() -> None:
    for deed in (Deed.READ_CASE, Deed.PROPOSE_DECISION, Deed.APPROVE_DECISION):
        assert may(frozenset({Role.ADMIN}), deed) == frozenset()


def test_only_approvers_approve_and_never_their_own() -> None:
    assert RIGHTS[Deed.APPROVE_DECISION] == {Role.APPROVER: Scope.NOT_OWN}


def test_letter_case_and_space_make_no_second_person() -> None:
    assert same_person("Li", " li ")
    assert not same_person("li", "lin")


def test_a_case_is_handed_on_by_its_holder_or_by_any_approver() -> None:
    assert RIGHTS[Deed.REASSIGN_CASE] == {Role.ANALYST: Scope.OWN, Role.APPROVER: Scope.ALL}
