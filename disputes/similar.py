"""Closed cases like this one, in what way they are alike, and how they ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from fairdeal.disputes.models import CLOSE_CODE_TEXTS, Case, CaseAlert
from fairdeal.disputes.names import kind_text, typology_text
from fairdeal.disputes.outcomes import CloseCode
from fairdeal.disputes.statuses import CaseStatus
from fairdeal.disputes.wording import totals_text

#: So many of the cases of this type that closed last are compared, and so many that share a party with this one.
COMPARED, LINKED = 200, 50
#: What counts how much: the part of our reasons that are shared, the same kind of cheat, a party in common, an amount of the same size.
REASONS, TYPOLOGY, PARTY, AMOUNT = 0.4, 0.2, 0.3, 0.1
#: From here on two cases are alike.
LIKE = 0.3
#: A page shows so many.
SHOWN = 5
#: So many parties of a case are looked for in others.
_MOST_PARTIES = 300
#: What of an alert's snapshot names a party that more than one case may have.
_OF_SNAPSHOT = ("instrument_id", "device_id")


@dataclass(frozen=True)
class Profile:
    """What of a case is compared: of its member with most at stake the reasons and the kind of cheat; its parties; its money.

    Parameters
    ----------
    size
        How many digits its amounts have per currency: two cases with the same are of one size.
    """

    reasons: frozenset[str]
    typology: str
    parties: frozenset[tuple[str, str]]
    size: frozenset[tuple[str, int]]


@dataclass(frozen=True)
class Similar:
    """One closed case.

    Parameters
    ----------
    likeness
        From 0 to 1.
    why
        In what way it is alike, in words.
    """

    case: Case
    outcome: str
    likeness: float
    why: str
    money: str


def similar_to(case: Case, hidden: frozenset[str] = frozenset()) -> dict[str, Any] | None:
    """Closed cases of the same type that are like this one in reasons, kind of cheat, parties and amount; none of those hidden.

    Returns
    -------
    dict or None
        ``cases`` (`Similar`, the most alike first, then the newest) and ``ended`` (each outcome and how often, over all that are alike);
        None where there is none.
    """
    closed = Case.objects.filter(case_type=case.case_type, status=CaseStatus.CLOSED.value).exclude(pk__in={case.pk, *hidden})
    closed = closed.exclude(close_code=CloseCode.DUPLICATE.value).order_by("-closed_at", "pk")
    own = _parties([case.pk])[case.pk] | {(case.subject_kind, case.subject_id)}
    pks = [*closed.values_list("pk", flat=True)[:COMPARED], *_sharing(closed, own).values_list("pk", flat=True)[:LINKED]]
    found = _with_lead(Case.objects.all()).in_bulk([*dict.fromkeys(pks), case.pk])
    profiles = _profiles(found)
    ours = profiles[case.pk]
    scored = {pk: likeness(ours, profiles[pk]) for pk in dict.fromkeys(pks) if pk in found}
    alike = [pk for pk, score in scored.items() if score >= LIKE]
    if not alike:
        return None
    ended = Counter(str(CLOSE_CODE_TEXTS.get(found[pk].close_code, "")) for pk in alike)
    newest_first = sorted(alike, key=lambda pk: found[pk].closed_at or found[pk].opened_at, reverse=True)
    first = sorted(newest_first, key=lambda pk: -scored[pk])[:SHOWN]
    return {
        "cases": [_similar(found[pk], scored[pk], ours, profiles[pk]) for pk in first],
        "ended": ended.most_common(),
        "number": len(alike),
    }


def likeness(ours: Profile, other: Profile) -> float:
    """How much two cases are alike, from 0 to 1."""
    shared = len(ours.reasons & other.reasons) / len(ours.reasons) if ours.reasons else 0.0
    same = (
        (TYPOLOGY, bool(ours.typology) and ours.typology == other.typology and shared > 0),
        (PARTY, bool(ours.parties & other.parties)),
        (AMOUNT, bool(ours.size & other.size) and shared > 0),
    )
    return REASONS * shared + sum(weight for weight, holds in same if holds)


def _similar(case: Case, score: float, ours: Profile, other: Profile) -> Similar:
    outcome = str(CLOSE_CODE_TEXTS.get(case.close_code, ""))
    return Similar(case, outcome, score, " · ".join(_ways(ours, other)), totals_text(case.money, "expected_loss_minor"))


def _ways(ours: Profile, other: Profile) -> Iterable[str]:
    """In what ways two cases are alike, in words."""
    shared = len(ours.reasons & other.reasons)
    if shared:
        yield _("%(n)d of %(of)d reasons") % {"n": shared, "of": len(ours.reasons)}
    if ours.typology and ours.typology == other.typology:
        yield typology_text(ours.typology)
    parties = Counter(kind for kind, _id in ours.parties & other.parties)
    for kind, count in sorted(parties.items()):
        same = _("same %(kind)s") if count == 1 else _("%(n)d times the same %(kind)s")
        yield same % {"kind": kind_text(kind), "n": count}
    if ours.size & other.size:
        yield _("amount of the same size")


def _with_lead(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The cases with reasons, kind of cheat and snapshot of the alert that has most at stake."""
    leading = CaseAlert.objects.filter(case=OuterRef("pk")).order_by("-expected_loss_minor", "alert_id")
    return cases.annotate(**{f"lead_{name}": Subquery(leading.values(name)[:1]) for name in ("reasons", "typology", "snapshot")})


def _profiles(found: Mapping[str, Case]) -> dict[str, Profile]:
    parties = _parties(list(found))
    return {pk: _profile(case, parties[pk]) for pk, case in found.items()}


def _profile(case: Case, parties: frozenset[tuple[str, str]]) -> Profile:
    reasons, snapshot = getattr(case, "lead_reasons", None), getattr(case, "lead_snapshot", None)
    codes = {str(reason.get("code")) for reason in reasons if isinstance(reason, dict)} if isinstance(reasons, list) else set()
    named = snapshot if isinstance(snapshot, dict) else {}
    of_lead = {(name.removesuffix("_id"), str(named[name])) for name in _OF_SNAPSHOT if named.get(name)}
    size = {(currency, len(str(abs(int(total.get("amount_minor") or 0))))) for currency, total in case.money.items()}
    return Profile(
        frozenset(codes),
        getattr(case, "lead_typology", None) or "",
        parties | of_lead | {(case.subject_kind, case.subject_id)},
        frozenset(size),
    )


def _parties(pks: list[str]) -> dict[str, frozenset[tuple[str, str]]]:
    """Merchants and accounts of the alerts of cases, by kind and id."""
    found: dict[str, set[tuple[str, str]]] = {pk: set() for pk in pks}
    for pk, merchant, account in CaseAlert.objects.filter(case__in=pks).values_list("case_id", "merchant_id", "account_id").distinct():
        found[pk] |= {(kind, value) for kind, value in (("merchant", merchant), ("account", account)) if value}
    return {pk: frozenset(parties) for pk, parties in found.items()}


def _sharing(closed: QuerySet[Case], parties: Iterable[tuple[str, str]]) -> QuerySet[Case]:
    """The closed cases that have one of these parties too."""
    ids: dict[str, list[str]] = {}
    for kind, value in sorted(parties)[:_MOST_PARTIES]:
        ids.setdefault(kind, []).append(value)
    alerts = CaseAlert.objects.filter(Q(merchant_id__in=ids.get("merchant", [])) | Q(account_id__in=ids.get("account", [])))
    about = Q(pk__in=alerts.values("case_id"))
    for kind, values in ids.items():
        about |= Q(subject_kind=kind, subject_id__in=values)
    return closed.filter(about)
