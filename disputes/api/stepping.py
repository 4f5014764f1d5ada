"""Steps of the process, taken by the form that the console would send, so that both are bound by the same guards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from ninja.responses import Status

from fairdeal.disputes.api.once import once
from fairdeal.disputes.domain import Event, Finding
from fairdeal.disputes.models import Case, CaseMember
from fairdeal.disputes.noting import case_at
from fairdeal.disputes.refused import refuse
from fairdeal.disputes.taking_steps import take_step


def step(
    request: HttpRequest, key: str | None, case_id: str, event: Event, revision: int, form_of: Callable[[Case], Mapping[str, str]]
) -> Status:
    """Take one step with a case."""

    def write() -> dict[str, Any]:
        case = case_at(case_id, revision, is_locked=True)
        take_step(request, case, event, {**form_of(case), "revision": str(revision)})
        return {"case_id": case.pk, "status": case.status, "close_code": case.close_code or None, "revision": case.revision}

    return once(request, key, write)


def findings_of(case: Case, findings: Mapping[str, Finding]) -> dict[str, str]:
    """Findings by member as the console's form names them."""
    keys = {member.key: member.pk for member in CaseMember.objects.filter(case=case)}
    strange = sorted(set(findings) - set(keys))
    if strange:
        known = f"members are {', '.join(sorted(keys)[:10])}{' …' if len(keys) > 10 else ''}"
        raise refuse(
            f"case {case.pk}", "bad_finding", f"a finding for {strange[0][:160]}, who is no member", known, "name a member by kind:id"
        )
    return {f"finding_{keys[name]}": finding.value for name, finding in findings.items()}


def lines_of(sayings: Sequence[str]) -> str:
    """Texts as the console's form has them, a line each."""
    return "\n".join(" ".join(saying.split()) for saying in sayings)
