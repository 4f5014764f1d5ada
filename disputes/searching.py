"""Finds cases by what people type: an id, a word of the reasons or of a review, a kind of cheat, in either language."""

from __future__ import annotations

import json

from django.db import connection
from django.db.models import Q, QuerySet

from fairdeal.data_contracts.typologies import TYPOLOGIES
from fairdeal.disputes.domain import CASE_TYPES
from fairdeal.disputes.models import Case, CaseAlert, CaseMember


def search_cases(cases: QuerySet[Case], words: str) -> QuerySet[Case]:
    """The cases in which every one of ``words`` turns up.

    Parameters
    ----------
    cases
        Among which to look.
    words
        Separated by space. Letter case does not matter.

    Notes
    -----
    A word is looked for in the case's id, subject and type; in its members' ids and suspicions; in the alerts' ids, merchants,
    accounts, sentences of reasons, and in the text of a review.
    """
    for word in words.split():
        cases = cases.filter(_holds(word))
    return cases


def _holds(word: str) -> Q:
    folded = word.casefold()
    types = [case_type for case_type, facts in CASE_TYPES.items() if folded in facts.en.casefold() or folded in facts.zh]
    typologies = [typology for typology, told in TYPOLOGIES.items() if folded in told.en.casefold() or folded in told.zh]
    is_escaped = connection.vendor == "sqlite"  # which stores JSON as it was sent, a Chinese character as an escape
    stored = json.dumps(word, ensure_ascii=is_escaped)[1:-1]
    alerts = CaseAlert.objects.filter(
        Q(alert_id__icontains=word)
        | Q(merchant_id__icontains=word)
        | Q(account_id__icontains=word)
        | Q(reasons__icontains=stored)
        | Q(snapshot__text__icontains=word)
    )
    members = CaseMember.objects.filter(Q(subject_id__icontains=word) | Q(typology__in=typologies))
    return (
        Q(case_id__icontains=word)
        | Q(subject_id__icontains=word)
        | Q(case_type__in=types)
        | Q(pk__in=alerts.values("case_id"))
        | Q(pk__in=members.values("case_id"))
    )
