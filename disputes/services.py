"""The only door to the queue: whoever is not this room reads and changes cases through these functions.

`fairdeal.disputes.django_setup.configure` comes first. Plain values in and out; times are aware.
"""

from __future__ import annotations

from fairdeal.disputes.access import forget_answers, list_tokens, new_token, revoke_token
from fairdeal.disputes.attaching import attach_file, evidence_places, read_file, withdraw_evidence
from fairdeal.disputes.auditing import Anchor, Audit, verify_history
from fairdeal.disputes.changing import apply
from fairdeal.disputes.claiming import claim, next_case, reassign, release
from fairdeal.disputes.complaining import file_complaint
from fairdeal.disputes.deciding import decide, propose, reverse
from fairdeal.disputes.drafts import drafts_of, forget_draft, save_draft
from fairdeal.disputes.enforcing import carry_out, finish_cases, record_failure, record_receipt
from fairdeal.disputes.evidencing import Exhibit, add_evidence
from fairdeal.disputes.falling_due import apply_due
from fairdeal.disputes.filing import OpenedCases, open_cases
from fairdeal.disputes.handing_over import hand_over, handovers, mark_read
from fairdeal.disputes.history import head as audit_head
from fairdeal.disputes.macros import forget_macro, macros_for, save_macro
from fairdeal.disputes.measuring import measured_minutes
from fairdeal.disputes.moving import split
from fairdeal.disputes.my_cases import follow, my_cases
from fairdeal.disputes.notices import write_notices
from fairdeal.disputes.noting import note
from fairdeal.disputes.outbox import take_action
from fairdeal.disputes.packing import pack_files
from fairdeal.disputes.pausing import pause, resume
from fairdeal.disputes.reading import cases_about, list_cases, open_snapshot, show_case, verdicts
from fairdeal.disputes.reason_marks import mark_reason, reason_marks, reasons_judged
from fairdeal.disputes.refused import RefusedChange
from fairdeal.disputes.revealing import reveal
from fairdeal.disputes.saved_filters import filters_for, forget_filter, open_with, save_filter
from fairdeal.disputes.second_factor import reset_second_factor
from fairdeal.disputes.second_looks import (
    adjudicate_second_look,
    draw_second_looks,
    judge_second_look,
    second_looks,
    take_second_look,
)
from fairdeal.disputes.signing import sign_judgment
from fairdeal.disputes.snoozing import rouse, snooze
from fairdeal.disputes.staffing import set_staffing, staffing_for, staffing_said
from fairdeal.disputes.throttling import forget_buckets
from fairdeal.disputes.trusting import confirm_trust, note_suppressed, propose_trust, trusted, withdraw_trust
from fairdeal.disputes.webhooks import (
    forget_messages,
    messages_by_state,
    record_delivered,
    record_missed,
    take_message,
    try_again,
    write_messages,
)

__all__ = [
    "Anchor",
    "Audit",
    "Exhibit",
    "OpenedCases",
    "RefusedChange",
    "add_evidence",
    "adjudicate_second_look",
    "apply",
    "apply_due",
    "attach_file",
    "audit_head",
    "carry_out",
    "cases_about",
    "claim",
    "confirm_trust",
    "decide",
    "drafts_of",
    "draw_second_looks",
    "evidence_places",
    "file_complaint",
    "filters_for",
    "finish_cases",
    "follow",
    "forget_answers",
    "forget_buckets",
    "forget_draft",
    "forget_filter",
    "forget_macro",
    "forget_messages",
    "hand_over",
    "handovers",
    "judge_second_look",
    "list_cases",
    "list_tokens",
    "macros_for",
    "mark_read",
    "mark_reason",
    "measured_minutes",
    "messages_by_state",
    "my_cases",
    "new_token",
    "next_case",
    "note",
    "note_suppressed",
    "open_cases",
    "open_snapshot",
    "open_with",
    "pack_files",
    "pause",
    "propose",
    "propose_trust",
    "read_file",
    "reason_marks",
    "reasons_judged",
    "reassign",
    "record_delivered",
    "record_failure",
    "record_missed",
    "record_receipt",
    "release",
    "reset_second_factor",
    "resume",
    "reveal",
    "reverse",
    "revoke_token",
    "rouse",
    "save_draft",
    "save_filter",
    "save_macro",
    "second_looks",
    "set_staffing",
    "show_case",
    "sign_judgment",
    "snooze",
    "split",
    "staffing_for",
    "staffing_said",
    "take_action",
    "take_message",
    "take_second_look",
    "trusted",
    "try_again",
    "verdicts",
    "verify_history",
    "withdraw_evidence",
    "withdraw_trust",
    "write_messages",
    "write_notices",
]
