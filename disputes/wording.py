"""How values are put into words for people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from fairdeal.data_contracts.reasons import MINOR_DIGITS, NO_CURRENCY
from fairdeal.disputes.clocks import Nearness, TimeLeft
from fairdeal.disputes.desk_refusals import desk_refusals
from fairdeal.disputes.refused import RefusedChange

#: Said where there is nothing to say.
NOTHING = "—"


def money_text(minor: int | None, currency: str) -> str:
    """An amount in minor units as people write it: ``1,234.50 CNY``; without a code where no currency is known."""
    if minor is None:
        return NOTHING
    digits = MINOR_DIGITS.get(currency, 2)
    return f"{minor / 10**digits:,.{digits}f} {'' if currency == NO_CURRENCY else currency}".strip()


def totals_text(money: dict[str, dict[str, int]], column: str) -> str:
    """One column of a case's money, currency by currency; nothing at stake is a dash."""
    return " + ".join(money_text(total[column], currency) for currency, total in money.items() if total[column]) or NOTHING


def instant_text(at: datetime) -> str:
    """A moment on the reader's clock, to the minute."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def share_text(share: float | None) -> str:
    """A share from 0 to 1 in percent; what is neither nothing nor all never reads as either."""
    if share is None:
        return NOTHING
    if 0 < share < 0.001:
        return "< 0.1%"
    if 0.999 < share < 1:
        return "> 99.9%"
    written = f"{share:.0%}" if 0.1 <= share < 0.99 else f"{share:.1%}"
    return written.replace(".0%", "%")


def value_text(value: Any) -> str:
    """A reason's value or norm: numbers to four digits, nothing as a dash."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def time_left_text(left: TimeLeft) -> str:
    """Time left in hours and minutes, beyond two days in days and hours; or by how much it is late."""
    minutes = int(abs(left.left).total_seconds() // 60)
    if minutes < 48 * 60:
        span = gettext("%(h)d h %(m)02d min") % {"h": minutes // 60, "m": minutes % 60}
    else:
        span = gettext("%(d)d d %(h)d h") % {"d": minutes // 1440, "h": minutes // 60 % 24}
    return gettext("late %(span)s") % {"span": span} if left.nearness is Nearness.LATE else span


def refusal_text(refused: RefusedChange) -> str:
    """Why a change was not made, in the language that is active."""
    refusal = refused.refusal
    general = {
        "no_such_step": (gettext("this step is not possible in the case's present status"), gettext("look at the case again")),
        "role": (gettext("your role may not take this step"), gettext("ask somebody in that role")),
        "skill": (gettext("this step needs a skill you do not have"), gettext("ask an approver who has it")),
        "stale_revision": (gettext("somebody changed the case in the meantime"), gettext("look at the case again")),
        "held_by_other": (gettext("somebody else works on the case"), gettext("take another case, or take this one over and say why")),
        "not_claimable": (gettext("there is nothing for an analyst to do with the case now"), gettext("take another case")),
        "not_yours": (gettext("only the holder gives a case back"), gettext("take it first")),
        "not_yours_to_hand_on": (
            gettext("a case is handed on by who holds it, or by an approver"),
            gettext("take it first, or ask an approver"),
        ),
        "no_reason": (gettext("a case changes hands with a reason"), gettext("say to whom and why")),
        "not_splittable": (gettext("members change their case before a decision is proposed"), gettext("return the proposal first")),
        "bad_split": (gettext("some of a case's members can be taken out, never all"), gettext("leave one at least")),
        "bad_note": (gettext("nothing is said, or too much"), gettext("say something, briefly")),
        "bad_pause": (gettext("clocks stop for a known reason only"), gettext("choose one of these")),
        "not_pausable": (gettext("the clocks of this status do not stop"), gettext("go on with it")),
        "paused_already": (gettext("the clocks stand still already"), gettext("let it go on first")),
        "not_paused": (gettext("the clocks are running"), gettext("look at the case again")),
        "not_brought_in": (
            gettext("this step is not written down for somebody else by your role"),
            gettext("ask an approver, or a service agent for an appeal"),
        ),
        "bad_finding": (gettext("a finding names no member of the case, or more than one"), gettext("look at the case again")),
        **desk_refusals(),
    }
    rule, remedy = general.get(refusal.code) or (gettext(refusal.rule), gettext(refusal.remedy))
    return gettext("%(where)s: not changed: %(rule)s; %(remedy)s") % {"where": refused.where, "rule": rule, "remedy": remedy}
