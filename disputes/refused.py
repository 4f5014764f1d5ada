"""The one error that the queue raises for a change it does not make."""

from __future__ import annotations

from fairdeal.disputes.domain import Refusal


class RefusedChange(Exception):
    """A change was not made, and nothing else changed with it.

    The message says where: what was found; what is allowed; what to do. ``refusal`` is the same in parts, for translation.
    """

    def __init__(self, where: str, refusal: Refusal) -> None:
        super().__init__(refusal.message(where))
        self.where = where
        self.refusal = refusal


def no_such_case(case_id: str) -> RefusedChange:
    """The refusal of a change to a case that is not there."""
    return refuse(f"case {case_id}", "no_such_case", "there is no such case", "a case id is C and 16 hexadecimal digits", "list the cases")


def refuse(where: str, code: str, found: str, rule: str, remedy: str) -> RefusedChange:
    """A `RefusedChange` from its parts."""
    return RefusedChange(where, Refusal(code, found, rule, remedy))
