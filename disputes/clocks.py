"""Clocks: until when something must be done, and what happens when it is not. Reckoned from what happened, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fairdeal.disputes.calendars import AroundTheClock, Calendar, DailyWindow, Days
from fairdeal.disputes.events import Event
from fairdeal.disputes.statuses import CaseStatus as S


class Nearness(StrEnum):
    """How near the end of a clock is."""

    FAR = "far"
    WARNED = "warned"  # a first warning has passed
    NEAR = "near"  # the last warning has passed
    LATE = "late"


class PauseReason(StrEnum):
    """Why a clock may stand still. There are no others."""

    PARTIES_TALK = "parties_talk"
    COURT_ANNOUNCED = "court_announced"
    POLICE_ACCEPTED = "police_accepted"
    EXPERT_TEST = "expert_test"
    NEUTRAL_CHALLENGED = "neutral_challenged"
    WAITING_FOR_PARTY = "waiting_for_party"


@dataclass(frozen=True)
class Bound:
    """How long a pause may last at most; after it the clock runs on by itself."""

    amount: float
    calendar: Calendar
    source: str


@dataclass(frozen=True)
class Pause:
    """A stretch in which a clock stood still, or stands since.

    Parameters
    ----------
    until
        None while it lasts.
    """

    reason: PauseReason
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Clock:
    """A time within which something must be done.

    Parameters
    ----------
    amount, calendar
        How much of what: hours around the clock or within a daily window, days, working days.
    source
        What asks for it: a law, a platform's published rule, or the platform's own goal.
    zh, en
        What it is called.
    runs_in
        Statuses in which it runs by itself, from the entry into the first of them; empty: it is started by what is due.
    warnings
        After how many hours people are warned, ascending.
    pauses
        Reasons for which it may stand still.
    """

    amount: float
    calendar: Calendar
    source: str
    zh: str
    en: str
    runs_in: frozenset[S] = frozenset()
    warnings: tuple[timedelta, ...] = ()
    pauses: frozenset[PauseReason] = frozenset()

    @property
    def length(self) -> timedelta:
        """How long it runs when it counts every hour."""
        return timedelta(hours=self.amount)

    def due(self, started_at: datetime, pauses: Sequence[Pause] = (), *, at: datetime | None = None) -> datetime:
        """The last moment in time.

        Parameters
        ----------
        started_at
            Aware.
        pauses
            In order, not overlapping; one for a reason that this clock does not stand still for is not looked at.
        at
            Until when a pause that still lasts is counted; None: until its bound.
        """
        return self.calendar.due(started_at, self.amount, tuple(self.stretches(pauses, at)))

    def stretches(self, pauses: Sequence[Pause], at: datetime | None = None) -> list[tuple[datetime, datetime]]:
        """The stretches in which it stood still: allowed reasons only, each no longer than its bound."""
        found = []
        for pause in pauses:
            if pause.reason in self.pauses:
                bound = BOUNDS[pause.reason]
                longest = bound.calendar.due(pause.since, bound.amount)
                ends = pause.until or (longest if at is None else max(at, pause.since))
                found.append((pause.since, min(ends, longest)))
        return found


@dataclass(frozen=True)
class TimeLeft:
    """What is left of a clock; negative when it ran out."""

    left: timedelta
    nearness: Nearness


def time_left(clock: Clock, status: S, started_at: datetime, at: datetime, pauses: Sequence[Pause] = ()) -> TimeLeft | None:
    """What is left of a clock at a moment; None where it does not run.

    Notes
    -----
    At the very end nothing is late yet: 24:00:00 after the start is in time, a second later is not.
    """
    if status not in clock.runs_in:
        return None
    left, gone = clock.due(started_at, pauses, at=at) - at, at - started_at
    if left < timedelta(0):
        nearness = Nearness.LATE
    elif clock.warnings and gone >= clock.warnings[-1]:
        nearness = Nearness.NEAR
    elif clock.warnings and gone >= clock.warnings[0]:
        nearness = Nearness.WARNED
    else:
        nearness = Nearness.FAR
    return TimeLeft(left, nearness)


_EVERY_HOUR, _OFFICE, _DAYS, _WORKING = AroundTheClock(), DailyWindow(9, 18), Days(), Days(only_working=True)

BOUNDS: dict[PauseReason, Bound] = {
    PauseReason.PARTIES_TALK: Bound(30, _DAYS, "Taobao rules Art. 83(1), JD rules Art. 6(1)"),
    PauseReason.COURT_ANNOUNCED: Bound(7, _WORKING, "Taobao rules Art. 83(2), JD rules Art. 6(2): proof of acceptance, else it runs on"),
    PauseReason.POLICE_ACCEPTED: Bound(183, _DAYS, "Taobao rules Art. 83(5): six months"),
    PauseReason.EXPERT_TEST: Bound(60, _DAYS, "消保法实施条例 Art. 46: testing is not counted; the bound is the platform's own"),
    PauseReason.NEUTRAL_CHALLENGED: Bound(5, _WORKING, "暂行办法 Art. 19: mediation stops meanwhile; the bound is the platform's own"),
    PauseReason.WAITING_FOR_PARTY: Bound(7, _DAYS, "the platform's own"),
}

_HELD = frozenset(PauseReason)
_OWN = "the platform's own goal"

#: The first answer to whoever is concerned: the one hard number of the platform's promise. It runs until a person takes the case up.
FIRST_RESPONSE = Clock(
    24, _EVERY_HOUR, "24小时内给予回复", "首次答复", "first answer", frozenset({S.NEW}),
    (timedelta(hours=12), timedelta(hours=18), timedelta(hours=22)),
)  # fmt: skip
START_REVIEW = Clock(24, _EVERY_HOUR, _OWN, "开始调查", "start of the review", frozenset({S.ACCEPTED}), pauses=_HELD)
REVIEW = Clock(3, _WORKING, _OWN, "调查核实", "review", frozenset({S.INVESTIGATION}), pauses=_HELD)
MERCHANT_ANSWER = Clock(24, _EVERY_HOUR, "JD rules Art. 3, 9(1)", "商家答复", "merchant's answer", frozenset({S.NEGOTIATION}))
SUPPLEMENT = Clock(4, _OFFICE, "JD rules Art. 9(2): counted 09:00-18:00", "补充证据", "merchant's further evidence")
MEDIATION = Clock(10, _WORKING, _OWN, "调解", "mediation", frozenset({S.MEDIATION, S.MEDIATION_EXT}), pauses=_HELD)
ARBITRATION = Clock(15, _WORKING, _OWN, "仲裁", "arbitration", frozenset({S.ARBITRATION}), pauses=_HELD)
COURT_PROOF = Clock(7, _WORKING, "Taobao rules Art. 83(2), JD rules Art. 6(2)", "立案证明", "proof that a court or authority took it up",
                    frozenset({S.LEGAL}))  # fmt: skip
SECOND_PERSON = Clock(24, _EVERY_HOUR, _OWN, "复核", "second person's answer", frozenset({S.DECISION_PENDING}))
APPEAL_REVIEW = Clock(
    48, _EVERY_HOUR, "eBay help: an appeal is answered in 48 hours", "申诉复核", "answer to an appeal", frozenset({S.APPEAL})
)
EXECUTION = Clock(24, _EVERY_HOUR, "JD rules Art. 9(3)", "执行", "carrying out", frozenset({S.ENFORCING}))
TELLING = Clock(24, _EVERY_HOUR, _OWN, "结果反馈", "telling the parties", frozenset({S.FEEDBACK}))

#: Every clock there is, by name: those of the statuses, and those that start with what is due.
CLOCKS: dict[str, Clock] = {
    "first_response": FIRST_RESPONSE,
    "start_review": START_REVIEW,
    "review": REVIEW,
    "merchant_answer": MERCHANT_ANSWER,
    "supplement": SUPPLEMENT,
    "mediation": MEDIATION,
    "arbitration": ARBITRATION,
    "court_proof": COURT_PROOF,
    "second_person": SECOND_PERSON,
    "appeal_review": APPEAL_REVIEW,
    "execution": EXECUTION,
    "telling": TELLING,
    "claim_window": Clock(15, _DAYS, "JD rules Art. 7", "申请期限", "window for a claim"),
    "appeal_window_of_penalties": Clock(7, _DAYS, "JD rules Art. 9(4), 9(5), 16", "处罚申诉期", "window for an appeal of a penalty"),
    "regulator_acceptance": Clock(7, _WORKING, "暂行办法 Art. 14, 条例 Art. 46, 消保法 Art. 46", "12315 受理", "regulator's acceptance"),
    "regulator_mediation": Clock(60, _DAYS, "消保法实施条例 Art. 46", "监管部门调解", "regulator's mediation",
                                 pauses=frozenset({PauseReason.EXPERT_TEST})),
    "mediation_end_notice": Clock(7, _WORKING, "暂行办法 Art. 21", "终止调解告知", "notice that mediation ended"),
    "named_report_answer": Clock(5, _WORKING, "暂行办法 Art. 31", "实名举报答复", "answer to a named report"),
    "court_confirmation": Clock(30, _DAYS, "人民调解法 Art. 33", "司法确认", "court's confirmation of a mediated deal"),
    "publish_penalty": Clock(1, _WORKING, "网络交易监督管理办法 Art. 30", "处罚公示", "publication of a merchant's penalty"),
    "verify_changed_merchant": Clock(7, _WORKING, "网络交易监督管理办法 Art. 24", "核验变更", "check of a merchant's changes"),
    "reverify_merchant": Clock(183, _DAYS, "网络交易监督管理办法 Art. 24: every six months", "定期核验", "merchant's re-verification"),
    "unauthorised_payment": Clock(0.25, _EVERY_HOUR, "电子商务法 Art. 57: at once; 15 minutes is the platform's own goal", "盗刷处置",
                                  "hold of an unauthorised payment"),
    "no_reason_return": Clock(7, _DAYS, "消保法 Art. 25", "七天无理由", "return without a reason"),
    "keep_transactions": Clock(1096, _DAYS, "电子商务法 Art. 31: three years", "交易信息保存", "keeping of transactions"),
    "critical_alarm": Clock(0.25, _EVERY_HOUR, _OWN, "重大告警", "critical alarm seen"),
}  # fmt: skip


@dataclass(frozen=True)
class WhenDue:
    """What becomes of a case whose status nobody ended in time.

    Parameters
    ----------
    event
        The step that the system takes; None: it calls a senior, and the case goes on waiting for a person.
    zh, en
        The outcome, for people.
    """

    event: Event | None
    zh: str
    en: str


#: The written default outcome of every status. The windows for appeal and for new material are the case type's own.
WHEN_DUE: dict[S, WhenDue] = {
    S.NEW: WhenDue(None, "上报组长；答复承诺已逾期", "a senior is called; the promised answer is late"),
    S.REJECTED: WhenDue(Event.EXPIRE, "期满结案", "closed once the window for new material is over"),
    S.ACCEPTED: WhenDue(None, "上报组长", "a senior is called"),
    S.EVIDENCE: WhenDue(Event.CLOSE_EVIDENCE, "逾期未举证，按现有证据处理", "decided on the evidence there is"),
    S.INVESTIGATION: WhenDue(None, "上报组长", "a senior is called"),
    S.NEGOTIATION: WhenDue(Event.FAIL, "商家未答复，进入平台调解", "no answer: the platform mediates"),
    S.MEDIATION: WhenDue(None, "上报组长，由平台裁定或转仲裁", "a senior is called, who has it decided or arbitrated"),
    S.MEDIATION_EXT: WhenDue(None, "上报组长，由平台裁定或转仲裁", "a senior is called, who has it decided or arbitrated"),
    S.ARBITRATION: WhenDue(None, "上报仲裁负责人", "the director of arbitration is called"),
    S.LEGAL: WhenDue(Event.RESUME, "未提交立案证明，恢复处理", "no proof in time: the platform goes on"),
    S.DECISION_PENDING: WhenDue(None, "上报，换人复核", "a senior is called, who names another second person"),
    S.DECIDED: WhenDue(Event.ENFORCE, "申诉期满，执行", "carried out once the window for an appeal is over"),
    S.APPEAL: WhenDue(None, "上报申诉负责人", "the head of appeals is called"),
    S.ENFORCING: WhenDue(None, "上报，平台代为执行", "a senior is called; the platform carries it out itself"),
    S.FEEDBACK: WhenDue(None, "上报组长", "a senior is called"),
    S.CLOSED: WhenDue(None, "结案；期满后不再重开", "closed; after its window it is not opened again"),
}
