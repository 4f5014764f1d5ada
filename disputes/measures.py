"""What a decision has done about whom: the measures that it confirms, and those that it takes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.confirmed import acted_upon, confirmed_action
from fairdeal.data_contracts.typologies import CaseType, Detector
from fairdeal.disputes.domain import CloseCode, Finding, label_for
from fairdeal.disputes.models import Case, CaseAction, CaseAlert
from fairdeal.disputes.statuses import ActionState


def measures_of(case: Case, close_code: CloseCode | None, findings: Mapping[str, Finding]) -> list[dict[str, Any]]:
    """The measure on everybody whom a member found fraudulent leads to, as the next feed carries it; and ``allow`` where one is taken back.

    Parameters
    ----------
    findings
        By member key.

    Returns
    -------
    list of dict
        ``action_id, kind, target`` (``kind:id``), sorted by target, each target once.

    Notes
    -----
    What an earlier decision of the case had carried out, and this one no longer asks for, is taken back in the same way.
    """
    if close_code is None:
        return []
    confirmed = _targets(case, close_code, findings, True)
    kinds = dict.fromkeys(_carried_out(case), Action.ALLOW) | {
        target: confirmed_action(Detector(alert.detector), alert.typology) for target, alert in confirmed.items()
    }
    return [{"action_id": f"{case.case_id}/{target}", "kind": kind.value, "target": target} for target, kind in sorted(kinds.items())]


def lifted_by(case: Case, close_code: CloseCode, findings: Mapping[str, Finding]) -> list[str]:
    """On whom no measure stays: those of members found honest, unless another member found fraudulent leads to them too."""
    confirmed = _targets(case, close_code, findings, True)
    return sorted(_targets(case, close_code, findings, False).keys() - confirmed.keys())


def target_of(alert: CaseAlert) -> str:
    """On whom a measure about an alert's subject is put, see `fairdeal.data_contracts.confirmed.acted_upon`."""
    instrument = alert.snapshot.get("instrument_id") if isinstance(alert.snapshot, dict) else None
    member = alert.member
    kind, token = acted_upon(
        member.subject_kind, member.subject_id, typology=alert.typology, instrument_id=instrument, account_id=alert.account_id
    )
    return f"{kind}:{token}"


def takes_back(actions: Sequence[Mapping[str, Any]]) -> bool:
    """Whether something among these is taken back, which never waits."""
    return any(action["kind"] == Action.ALLOW for action in actions)


def _carried_out(case: Case) -> list[str]:
    """On whom a measure of this case lies that was carried out and not taken back since."""
    done = CaseAction.objects.filter(case=case, state=ActionState.DONE).order_by("pk")
    last = dict(done.values_list("target", "kind"))
    return sorted(target for target, kind in last.items() if kind != Action.ALLOW)


def _targets(case: Case, close_code: CloseCode, findings: Mapping[str, Finding], is_fraud: bool) -> dict[str, CaseAlert]:
    alerts = CaseAlert.objects.filter(case=case).select_related("member").order_by("-as_of_at", "-alert_id")
    spoken = (alert for alert in alerts if alert.member.key in findings)
    found = {alert: label_for(close_code, CaseType(case.case_type), findings[alert.member.key]) for alert in spoken}
    return {target_of(alert): alert for alert, label in found.items() if label is is_fraud}
