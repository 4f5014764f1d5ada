"""The forms of the steps that are rarer than reviewing and deciding: one table says what each asks, and what is read of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.attaching import withdrawn_from
from fairdeal.disputes.domain import BROUGHT_IN, CASE_TYPES, ROWS, CaseStatus, Event, Role, Skill, same_person
from fairdeal.disputes.evidence_models import EvidenceFile
from fairdeal.disputes.models import Case
from fairdeal.disputes.names import role_text
from fairdeal.disputes.roles import PARTIES
from fairdeal.disputes.signing import Signature, signature_of
from fairdeal.disputes.transitions import Transition

#: What each step asks for. Who signs in elsewhere or nowhere is spoken for: then the form asks for whom and why, too.
FORMS: dict[Event, tuple[str, ...]] = {
    Event.REJECT: ("reasons", "remedies"),
    Event.MERGE_DUPLICATE: ("target_case_id",),
    Event.NEW_MATERIAL: (),
    Event.OFFER_NEGOTIATION: (),
    Event.START_TALKS: (),
    Event.TO_MEDIATION: (),
    Event.SETTLE: ("agreed", "document"),
    Event.FAIL: ("arbitration",),
    Event.WITHDRAW: (),
    Event.TO_ARBITRATION: (),
    Event.TO_LEGAL: (),
    Event.RECEIVE_JUDGMENT: ("document",),
    Event.RETURN_AWARD: ("comment",),
}
#: Steps that need two sides.
_FOR_TWO = frozenset({Event.OFFER_NEGOTIATION, Event.TO_MEDIATION})


@dataclass(frozen=True)
class Field:
    """One thing that a form asks for.

    Parameters
    ----------
    kind
        How it is asked for: ``text``, ``lines``, ``choice`` or ``tick``.
    choices
        Value and words of what can be chosen; a choice without any says what has to be done first in ``note``.
    """

    name: str
    label: str
    kind: str
    choices: tuple[tuple[str, str], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class StepForm:
    """A step as the page offers it.

    Parameters
    ----------
    word
        What is said before the form; empty where nothing has to be.
    """

    event: str
    button: str
    fields: tuple[Field, ...]
    word: str = ""


def forms_for(case: Case, roles: frozenset[Role], skills: frozenset[Skill], actor: str, *, is_anothers: bool) -> tuple[StepForm, ...]:
    """The rarer steps that somebody may take with a case, or write down for a party; whether one is taken the service decides.

    Parameters
    ----------
    is_anothers
        Another analyst holds the case: what only its holder does is left out.
    """
    offered = []
    sides = CASE_TYPES[CaseType(case.case_type)].parties
    for event, asked in FORMS.items():
        row = ROWS.get((CaseStatus(case.status), event))
        signed = signature_of(case) if event is Event.RECEIVE_JUDGMENT else None
        if row is None or _lacks_skill(row, skills, signed) or (event in _FOR_TWO and len(sides) < len(PARTIES)):
            continue
        own = roles & set(row.who) - ({Role.ANALYST} if is_anothers else set())
        askers = [] if own else _askers(event, row.who, roles, sides or PARTIES)
        if own or askers:
            names = (*(("asked_by", "reasons") if askers else ()), *asked)
            fields = tuple(_field(name, case, askers) for name in dict.fromkeys(names))
            offered.append(_signing(signed, fields, actor) if signed else StepForm(event.value, button_texts()[event], fields))
    return tuple(offered)


def _lacks_skill(row: Transition, skills: frozenset[Skill], signed: Signature | None) -> bool:
    """Whether a step asks for a skill that somebody does not have; what one of two brings to a judgment the other need not."""
    return row.skill is not None and signed is None and row.skill not in skills


def _signing(signed: Signature, fields: tuple[Field, ...], actor: str) -> StepForm:
    """The form of a judgment that one approver has entered: another confirms that document, who entered it may enter another."""
    event = Event.RECEIVE_JUDGMENT
    if same_person(signed.signer, actor):
        waits = _("You entered a judgment. Another approver has to confirm it; until then nothing is carried out.")
        return StepForm(event.value, _("Enter another judgment"), fields, waits)
    (asked,) = fields
    same = tuple(choice for choice in asked.choices if choice[0] == signed.document_sha256)
    found = _("%(who)s entered this judgment. Read it; with your name it binds and is carried out.") % {"who": signed.signer}
    return StepForm(event.value, _("Confirm the judgment"), (replace(asked, choices=same),), found)


def given_in(event: Event, form: Mapping[str, Any]) -> dict[str, Any]:
    """What a form of `FORMS` sends along with its step, as `fairdeal.disputes.given.READERS` names it."""
    given: dict[str, Any] = {}
    if form.get("asked_by"):
        given = {"on_behalf_of": str(form["asked_by"]), "reasons": lines_in(form, "reasons")}
    for name in FORMS[event]:
        given |= _READERS[name](form)
    return given


def lines_in(form: Mapping[str, Any], name: str) -> list[str]:
    """What a field says, a line each."""
    return [line.strip() for line in str(form.get(name, "")).splitlines() if line.strip()]


def button_texts() -> dict[Event, str]:
    """What each step is called on its button."""
    return {
        Event.REJECT: _("Reject"),
        Event.MERGE_DUPLICATE: _("Merge with another case"),
        Event.NEW_MATERIAL: _("Enter new material"),
        Event.OFFER_NEGOTIATION: _("Offer talks to both sides"),
        Event.START_TALKS: _("The parties start talks"),
        Event.TO_MEDIATION: _("Send to mediation"),
        Event.SETTLE: _("Enter a settlement"),
        Event.FAIL: _("The talks failed"),
        Event.WITHDRAW: _("The claim is withdrawn"),
        Event.TO_ARBITRATION: _("Take it to arbitration"),
        Event.TO_LEGAL: _("It goes to a court or authority"),
        Event.RECEIVE_JUDGMENT: _("Enter a judgment"),
        Event.RETURN_AWARD: _("Return the award for its form"),
    }


def _askers(event: Event, who: tuple[Role, ...], roles: frozenset[Role], sides: frozenset[Role]) -> list[Role]:
    """For whom somebody may write the step down."""
    return [role for role in Role if role in sides and role in who] if roles & set(BROUGHT_IN.get(event, ())) else []


def _field(name: str, case: Case, askers: list[Role]) -> Field:
    if name == "asked_by":
        return Field(name, _("Who asks for it"), "choice", tuple((role.value, role_text(role)) for role in askers))
    if name == "document":
        gone = withdrawn_from(case.pk)
        files = EvidenceFile.objects.filter(evidence__case=case).exclude(pk__in=gone).order_by("evidence__added_at")
        choices = tuple((file.evidence.file_sha256, file.name) for file in files.select_related("evidence"))
        return Field(name, _("The signed document"), "choice", choices, _("Put the signed document before the case as a file first."))
    label, kind = {
        "reasons": (_("Reasons, one a line"), "lines"),
        "remedies": (_("What stays open to whoever asked, one a line"), "lines"),
        "target_case_id": (_("Id of the case that it repeats"), "text"),
        "agreed": (_("Both sides have signed"), "tick"),
        "arbitration": (_("There is an arbitration agreement, or both accepted the platform's rule"), "tick"),
        "comment": (_("What is missing"), "lines"),
    }[name]
    return Field(name, label, kind)


_READERS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "reasons": lambda form: {"reasons": lines_in(form, "reasons")},
    "remedies": lambda form: {"remedies": lines_in(form, "remedies")},
    "target_case_id": lambda form: {"target_case_id": str(form.get("target_case_id", "")).strip()},
    "agreed": lambda form: {"agreed_by": sorted(PARTIES)} if form.get("agreed") == "yes" else {},
    "arbitration": lambda form: {"arbitration_agreed": form.get("arbitration") == "yes"},
    "document": lambda form: {"document_sha256": str(form.get("document", ""))},
    "comment": lambda form: {"comment": str(form.get("comment", ""))},
}
