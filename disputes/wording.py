"""How values are put into words for people."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from fairdeal.disputes.refused import RefusedChange

#: ISO 4217 currencies whose minor unit is not a hundredth.
_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "XAF": 0, "XOF": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3, "IQD": 3}


def money_text(minor: int | None, currency: str) -> str:
    """An amount in minor units as people write it: ``1,234.50 CNY``."""
    if minor is None:
        return "—"
    digits = _DIGITS.get(currency, 2)
    return f"{minor / 10**digits:,.{digits}f} {currency}".strip()


def totals_text(money: dict[str, dict[str, int]], column: str) -> str:
    """One column of a case's money, currency by currency."""
    return " + ".join(money_text(total[column], currency) for currency, total in money.items()) or "—"


def value_text(value: Any) -> str:
    """A reason's value or norm: numbers to four digits, nothing as a dash."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def refusal_text(refused: RefusedChange) -> str:
    """Why a change was not made, in the language that is active."""
    refusal = refused.refusal
    general = {
        "no_such_step": (gettext("this step is not possible in the case's present status"), gettext("look at the case again")),
        "role": (gettext("your role may not take this step"), gettext("ask somebody in that role")),
        "skill": (gettext("this step needs a skill you do not have"), gettext("ask an approver who has it")),
        "stale_revision": (gettext("somebody changed the case in the meantime"), gettext("look at the case again")),
        "bad_finding": (gettext("a finding names no member of the case, or more than one"), gettext("look at the case again")),
    }
    rule, remedy = general.get(refusal.code) or (gettext(refusal.rule), gettext(refusal.remedy))
    return gettext("%(where)s: not changed: %(rule)s; %(remedy)s") % {"where": refused.where, "rule": rule, "remedy": remedy}
