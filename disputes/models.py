"""What the queue remembers: cases, the subjects judged in them, the alerts that brought them, and everything that happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.domain import AT_REST, CASE_TYPES, STATUSES, CaseStatus, Event, Finding, Note
from fairdeal.disputes.outcomes import CloseCode
from fairdeal.disputes.statuses import ActionState

#: The longest id the data contracts allow.
ID_LENGTH = 128

# Plain text, so that a migration does not depend on the code of the day.
_AT_REST = sorted(status.value for status in AT_REST)
_STATUSES = sorted(status.value for status in CaseStatus)
_ACTION_STATES = sorted(state.value for state in ActionState)
_FINDINGS = sorted(finding.value for finding in Finding)


def in_language(zh: str, en: str) -> str:
    """The wording of the language that is active."""
    return zh if (translation.get_language() or "").startswith("zh") else en


class Case(models.Model):
    """One unit of work for people: one kind of suspicion about one subject, with the members flagged under it.

    Written by ``services`` only. ``revision`` counts the changes; a change made against an older revision is refused.
    ``decision`` holds the proposal or decision that stands now; earlier ones are in the events.
    """

    events: Any  # the manager of its history, which the entries' key to the case makes
    case_id: models.CharField[str, str] = models.CharField(_("case"), max_length=17, primary_key=True)
    case_type: models.CharField[str, str] = models.CharField(_("type"), max_length=32)
    subject_kind: models.CharField[str, str] = models.CharField(_("subject kind"), max_length=32)
    subject_id: models.CharField[str, str] = models.CharField(_("subject"), max_length=ID_LENGTH)
    status: models.CharField[str, str] = models.CharField(_("status"), max_length=32)
    holder: models.CharField[str, str] = models.CharField(_("held by"), max_length=150, blank=True, default="")
    lease_until: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        _("held until"), null=True, blank=True, help_text=_("After this moment the case is anybody's again.")
    )
    paused_until: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(_("paused until"), null=True, blank=True)
    pause_reason: models.CharField[str, str] = models.CharField(_("paused because"), max_length=32, blank=True, default="")
    snoozed_until: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(_("asleep until"), null=True, blank=True)
    snoozed_by: models.CharField[str, str] = models.CharField(_("put aside by"), max_length=150, blank=True, default="")
    snooze_for: models.CharField[str, str] = models.CharField(_("woken by"), max_length=16, blank=True, default="")
    snooze_case: models.CharField[str, str] = models.CharField(_("waits for case"), max_length=17, blank=True, default="")
    close_code: models.CharField[str, str] = models.CharField(_("outcome"), max_length=32, blank=True, default="")
    decision: models.JSONField[Any, Any] = models.JSONField(_("decision"), default=dict, encoder=DjangoJSONEncoder, blank=True)
    expected_loss_minor: models.BigIntegerField[int, int] = models.BigIntegerField(
        _("expected loss"), default=0, help_text=_("Sum over the members in minor units; orders the queue.")
    )
    money: models.JSONField[Any, Any] = models.JSONField(_("money by currency"), default=dict, blank=True)
    member_count: models.IntegerField[int, int] = models.IntegerField(_("members"), default=0)
    run_id: models.CharField[str, str] = models.CharField(_("run"), max_length=ID_LENGTH)
    opened_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("opened"))
    changed_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("last change"))
    closed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(_("closed"), null=True, blank=True)
    revision: models.IntegerField[int, int] = models.IntegerField(_("revision"), default=0)

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case_type", "subject_kind", "subject_id"],
                condition=~models.Q(status__in=_AT_REST),
                name="one_open_case_per_type_and_subject",
            ),
            models.CheckConstraint(condition=models.Q(status__in=_STATUSES), name="case_status_is_known"),
        ]
        indexes: ClassVar = [
            # The queue's order in each status: of all cases, of one holder's, of one type.
            models.Index(fields=["status", "-expected_loss_minor", "opened_at", "case_id"], name="case_queue_order"),
            models.Index(fields=["holder", "status", "-expected_loss_minor", "opened_at", "case_id"], name="case_holder_order"),
            models.Index(fields=["case_type", "status", "-expected_loss_minor", "opened_at", "case_id"], name="case_type_order"),
            models.Index(fields=["status", "opened_at", "case_id"], name="case_age_order"),
            models.Index(fields=["opened_at"], name="case_opened"),
            models.Index(fields=["subject_kind", "subject_id"], name="case_subject"),
            models.Index(fields=["snoozed_until"], condition=models.Q(snoozed_until__isnull=False), name="case_asleep"),
        ]

    def __str__(self) -> str:
        return self.case_id

    @property
    def is_open(self) -> bool:
        return CaseStatus(self.status) not in AT_REST

    @property
    def status_text(self) -> str:
        facts = STATUSES[CaseStatus(self.status)]
        return in_language(facts.zh, facts.en)

    @property
    def type_text(self) -> str:
        facts = CASE_TYPES[CaseType(self.case_type)]
        return in_language(facts.zh, facts.en)


class CaseMember(models.Model):
    """One flagged subject of a case, and what it was found to be."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    case: models.ForeignKey[Case, Case] = models.ForeignKey(Case, models.PROTECT, related_name="members", verbose_name=_("case"))
    subject_kind: models.CharField[str, str] = models.CharField(_("kind"), max_length=32)
    subject_id: models.CharField[str, str] = models.CharField(_("subject"), max_length=ID_LENGTH)
    typology: models.CharField[str, str] = models.CharField(_("suspicion"), max_length=32)
    verdict: models.CharField[str, str] = models.CharField(_("verdict"), max_length=16, default=Finding.UNDECIDED.value)
    reason: models.TextField[str, str] = models.TextField(_("why"), blank=True, default="")
    joined_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("joined"))

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "subject_kind", "subject_id"], name="one_member_per_case_and_subject"),
            models.CheckConstraint(condition=models.Q(verdict__in=_FINDINGS), name="member_verdict_is_known"),
        ]
        indexes: ClassVar = [models.Index(fields=["subject_kind", "subject_id"], name="member_subject")]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """``kind:id``, the member's name within its case."""
        return f"{self.subject_kind}:{self.subject_id}"


class CaseAlert(models.Model):
    """One alert, as it came with its reasons; attached to one case for good."""

    alert_id: models.CharField[str, str] = models.CharField(_("alert"), max_length=ID_LENGTH, primary_key=True)
    case_id: str
    case: models.ForeignKey[Case, Case] = models.ForeignKey(Case, models.PROTECT, related_name="alerts", verbose_name=_("case"))
    member_id: int
    member: models.ForeignKey[CaseMember, CaseMember] = models.ForeignKey(
        CaseMember, models.PROTECT, related_name="alerts", verbose_name=_("member")
    )
    run_id: models.CharField[str, str] = models.CharField(_("run"), max_length=ID_LENGTH)
    detector: models.CharField[str, str] = models.CharField(_("detector"), max_length=32)
    typology: models.CharField[str, str] = models.CharField(_("suspicion"), max_length=32)
    chosen_by: models.CharField[str, str] = models.CharField(_("chosen by"), max_length=32)
    selection_probability: models.FloatField[float, float] = models.FloatField(_("selection probability"))
    as_of_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("as of"))
    event_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("happened"))
    score: models.FloatField[float, float] = models.FloatField(_("score"))
    probability: models.FloatField[float | None, float | None] = models.FloatField(_("probability"), null=True)
    amount_minor: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(_("amount"), null=True)
    expected_loss_minor: models.BigIntegerField[int, int] = models.BigIntegerField(_("expected loss"))
    currency: models.CharField[str, str] = models.CharField(_("currency"), max_length=3, blank=True, default="")
    action: models.CharField[str, str] = models.CharField(_("measure meanwhile"), max_length=16)
    reasons: models.JSONField[Any, Any] = models.JSONField(_("reasons"), default=list)
    evidence: models.JSONField[Any, Any] = models.JSONField(_("evidence"), default=dict)
    snapshot: models.JSONField[Any, Any] = models.JSONField(_("snapshot"), default=dict)
    model_version: models.CharField[str, str] = models.CharField(_("model"), max_length=ID_LENGTH)
    data_version: models.CharField[str, str] = models.CharField(_("data version"), max_length=ID_LENGTH)
    merchant_id: models.CharField[str, str] = models.CharField(_("merchant"), max_length=ID_LENGTH, blank=True, default="", db_index=True)
    account_id: models.CharField[str, str] = models.CharField(_("account"), max_length=ID_LENGTH, blank=True, default="", db_index=True)
    joined_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("joined"))

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")

    def __str__(self) -> str:
        return self.alert_id


class CaseAction(models.Model):
    """One measure that a decision asks for, and what became of it: the outbox between the queue and whoever carries measures out.

    Written in the transaction that begins the carrying out. ``idempotency_key`` is one per measure and carrying out, whatever number of
    attempts it takes.
    """

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    case_id: str
    case: models.ForeignKey[Case, Case] = models.ForeignKey(Case, models.PROTECT, related_name="actions", verbose_name=_("case"))
    action_id: models.CharField[str, str] = models.CharField(_("measure"), max_length=200)
    kind: models.CharField[str, str] = models.CharField(_("what"), max_length=32)
    target: models.CharField[str, str] = models.CharField(_("on whom"), max_length=200)
    amount_minor: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(_("amount"), null=True)
    currency: models.CharField[str, str] = models.CharField(_("currency"), max_length=3, blank=True, default="")
    expires_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("stands until"))
    idempotency_key: models.CharField[str, str] = models.CharField(_("key"), max_length=64, unique=True)
    state: models.CharField[str, str] = models.CharField(_("state"), max_length=16, default=ActionState.WAITING.value)
    attempts: models.IntegerField[int, int] = models.IntegerField(_("attempts"), default=0)
    next_try_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("next try"))
    receipt: models.CharField[str, str] = models.CharField(_("receipt"), max_length=200, blank=True, default="")
    error: models.CharField[str, str] = models.CharField(_("last error"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(state__in=_ACTION_STATES), name="action_state_is_known")]
        indexes: ClassVar = [models.Index(fields=["state", "next_try_at"], name="action_next_try")]

    def __str__(self) -> str:
        return self.action_id


class CaseEvent(models.Model):
    """One thing that happened to a case. Rows are added by ``history`` and never changed: the database refuses it.

    ``seq`` counts the entries of all cases without a gap; ``entry_hash`` seals an entry to the one before it.
    """

    seq: models.BigAutoField[int, int] = models.BigAutoField(_("no."), primary_key=True)
    case_id: str
    case: models.ForeignKey[Case, Case] = models.ForeignKey(Case, models.PROTECT, related_name="events", verbose_name=_("case"))
    at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("when"))
    actor: models.CharField[str, str] = models.CharField(_("who"), max_length=150)
    role: models.CharField[str, str] = models.CharField(_("as"), max_length=32)
    event: models.CharField[str, str] = models.CharField(_("what"), max_length=32)
    from_status: models.CharField[str, str] = models.CharField(_("from"), max_length=32, blank=True, default="")
    to_status: models.CharField[str, str] = models.CharField(_("to"), max_length=32, blank=True, default="")
    revision: models.IntegerField[int, int] = models.IntegerField(_("revision"))
    old: models.JSONField[Any, Any] = models.JSONField(_("before"), default=dict, encoder=DjangoJSONEncoder)
    new: models.JSONField[Any, Any] = models.JSONField(_("after"), default=dict, encoder=DjangoJSONEncoder)
    entry_hash: models.CharField[str, str] = models.CharField(_("seal"), max_length=64)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering: ClassVar = ["seq"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "revision"], name="one_event_per_case_and_revision")]
        # Closings and approvals are read in their order to make labels.
        indexes: ClassVar = [
            models.Index(fields=["seq"], condition=models.Q(to_status=CaseStatus.CLOSED.value), name="event_closings"),
            models.Index(fields=["seq"], condition=models.Q(event=Event.APPROVE.value), name="event_approvals"),
            models.Index(fields=["seq"], condition=models.Q(event=Note.REASON_MARKED.value), name="event_reason_marks"),
            models.Index(fields=["seq"], condition=models.Q(event=Note.ADJUDICATED.value), name="event_adjudications"),
            models.Index(fields=["event", "at"], name="event_kind_and_time"),  # what was done in a day or a week
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.event}"


class Notice(models.Model):
    """A word to whoever leads the team: the first answer of a case nears its end or is late. Written once per warning, seen once."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    case_id: str
    case: models.ForeignKey[Case, Case] = models.ForeignKey(Case, models.PROTECT, related_name="notices", verbose_name=_("case"))
    started_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("waits since"))
    hours: models.PositiveSmallIntegerField[int, int] = models.PositiveSmallIntegerField(_("hours passed"))
    due_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("due"))
    written_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("when"))
    seen_by: models.CharField[str, str] = models.CharField(_("seen by"), max_length=150, blank=True, default="")
    seen_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(_("seen"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "started_at", "hours"], name="one_notice_per_case_and_warning")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.hours} h"


class AuditHead(models.Model):
    """The newest entry of the history: one row, locked by whoever adds to it."""

    THE_ONE: ClassVar[int] = 1

    id: models.PositiveSmallIntegerField[int, int] = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONE)
    count: models.BigIntegerField[int, int] = models.BigIntegerField(default=0)
    entry_hash: models.CharField[str, str] = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.count} {self.entry_hash}"


class FirstPassword(models.Model):
    """A password that was handed out and must be changed: it binds while the user's password is still the one issued."""

    user: models.OneToOneField[Any, Any] = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    issued: models.CharField[str, str] = models.CharField(max_length=256)

    def __str__(self) -> str:
        return f"first password of {self.user}"

    @staticmethod
    def binds(user: Any) -> bool:
        """Whether ``user`` still has the password that was handed out."""
        return FirstPassword.objects.filter(user_id=user.pk, issued=user.password).exists()


#: Names of the outcomes for people.
CLOSE_CODE_TEXTS: dict[str, Any] = {
    CloseCode.SETTLED: _("settled"),
    CloseCode.DECIDED_FOR_BUYER: _("decided for the buyer"),
    CloseCode.DECIDED_FOR_MERCHANT: _("decided for the merchant"),
    CloseCode.DECIDED_SPLIT: _("decided in part for each"),
    CloseCode.ACTION_CONFIRMED: _("suspicion confirmed"),
    CloseCode.FALSE_POSITIVE: _("false positive"),
    CloseCode.WITHDRAWN: _("withdrawn"),
    CloseCode.DUPLICATE: _("duplicate"),
    CloseCode.REJECTED: _("rejected"),
    CloseCode.AWARD: _("award"),
    CloseCode.JUDGMENT: _("judgment"),
}
