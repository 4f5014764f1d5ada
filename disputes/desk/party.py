"""The page of a merchant or an account: everything the queue knows of it, and how it ended."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from fairdeal.disputes.day_part import trust_row
from fairdeal.disputes.desk.bars import bars_of
from fairdeal.disputes.names import kind_text
from fairdeal.disputes.party_history import COLUMNS, history_of
from fairdeal.disputes.people import roles_of
from fairdeal.disputes.second_looks import hidden_from
from fairdeal.disputes.trusting import trust_about


def show(request: HttpRequest, kind: str, party_id: str) -> HttpResponse:
    """The page of a party; there is none of what the queue knows nothing about."""
    actor, hidden = request.user.get_username(), hidden_from(request.user.get_username())
    found = history_of(kind, party_id, hidden) if kind in COLUMNS else None
    if found is None:
        raise Http404
    bars = bars_of([count for _, count in found["months"]])
    page = {"kind": kind_text(kind), "party_id": party_id, "bars": bars, "since": found["months"][0][0], "until": found["months"][-1][0]}
    entries = [entry for entry in trust_about([(kind, party_id)]) if entry["case_id"] not in hidden]
    trust = [trust_row(entry, roles_of(request.user), actor) for entry in entries]
    return render(request, "desk/party.html", {**found, **page, "trust": trust})
