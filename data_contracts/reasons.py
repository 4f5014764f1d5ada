"""Reasons: how the value of a feature becomes one plain sentence in both languages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter
from typing import Literal

Language = Literal["zh", "en"]

#: ISO 4217 currencies whose minor unit is not a hundredth, with the digits of their minor unit.
MINOR_DIGITS: dict[str, int] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"), 0),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}

#: ISO 4217 for an amount of no known currency.
NO_CURRENCY = "XXX"

UNKNOWN: dict[Language, str] = {"zh": "未知", "en": "not known"}


class Unit(StrEnum):
    """What a feature's number counts; decides how it is written for people."""

    COUNT = "count"
    MONEY = "money"  # minor units
    SECONDS = "seconds"
    DAYS = "days"
    SHARE = "share"  # 0 to 1, written as a percentage
    RATIO = "ratio"  # so many times as much
    SCORE = "score"
    STARS = "stars"
    CHARACTERS = "characters"
    HOUR = "hour"  # hour of the day
    FLAG = "flag"  # 1 yes, 0 no
    NUMBER = "number"


@dataclass(frozen=True)
class ReasonTemplate:
    """How one feature is told to people.

    Parameters
    ----------
    code
        Stable code of the reason, stored with every alert and feed record.
    zh, en
        One sentence each, with ``{value}`` and, if wanted, ``{norm}``; both arrive already written out. The sentence must be
        true for any value: it states what was seen and what is usual, it does not judge.
    unit
        One of `Unit`.
    direction
        +1 when high values are suspicious, -1 when low ones are, 0 when both can be.

    Raises
    ------
    ValueError
        When the unit is unknown, the direction is none of the three, or a sentence has another field than the two.

    Examples
    --------
    >>> told = ReasonTemplate("burst", "一小时内支付{value}次，通常{norm}次", "{value} payments in an hour, usually {norm}", "count")
    >>> told.sentence(12.0, 1.0, "en")
    '12 payments in an hour, usually 1'
    """

    code: str
    zh: str
    en: str
    unit: str = Unit.NUMBER
    direction: int = 1

    def __post_init__(self) -> None:
        if self.unit not in tuple(Unit):
            raise ValueError(f"reason {self.code}: unit {self.unit!r}; allowed are {', '.join(Unit)}; choose the nearest")
        if self.direction not in (-1, 0, 1):
            raise ValueError(f"reason {self.code}: direction {self.direction!r}; allowed are -1, 0, +1; say which end is suspicious")
        for sentence in (self.zh, self.en):
            fields = {field for _, field, _, _ in Formatter().parse(sentence) if field is not None}
            if not fields <= {"value", "norm"}:
                raise ValueError(f"reason {self.code}: fields {sorted(fields)}; allowed are value and norm; rename or drop the others")

    def sentence(self, value: float, norm: float, language: Language, currency: str | None = None) -> str:
        """The sentence in one language; a null norm is said to be not known."""
        told = self.zh if language == "zh" else self.en
        return told.format(value=format_value(value, self.unit, language, currency), norm=format_value(norm, self.unit, language, currency))


def format_value(value: float | None, unit: str, language: Language = "en", currency: str | None = None) -> str:
    """A number as people write it.

    Parameters
    ----------
    value
        The number; null or not finite is written as not known.
    unit
        One of `Unit`; money is in minor units.
    language
        ``zh`` or ``en``; matters where words are part of the number.
    currency
        ISO 4217 code of a money value; decides the digits of its minor unit (two when not given) and is written after it.

    Examples
    --------
    >>> format_value(1234.0, "count"), format_value(123456.0, "money", "en", "CNY"), format_value(0.125, "share")
    ('1,234', '1,234.56 CNY', '12.5%')
    >>> format_value(12000.0, "seconds", "zh"), format_value(12000.0, "seconds", "en")
    ('3小时20分钟', '3 h 20 min')
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN[language]
    zh = language == "zh"
    match unit:
        case Unit.MONEY:
            digits = 2 if currency is None else MINOR_DIGITS.get(currency, 2)
            written = f"{round(value) / 10**digits:,.{digits}f}"
            return written if currency is None else f"{written} {currency}"
        case Unit.SECONDS:
            return _duration(value, language)
        case Unit.DAYS:
            return f"{_trimmed(value)}天" if zh else f"{_trimmed(value)} {'day' if value == 1 else 'days'}"
        case Unit.SHARE:
            return f"{_trimmed(100 * value)}%"
        case Unit.RATIO:
            return f"{_trimmed(value)}倍" if zh else f"{_trimmed(value)} times"
        case Unit.SCORE:
            return f"{value:.2f}"
        case Unit.HOUR:
            hour, minute = divmod(round(value * 60) % 1440, 60)
            return f"{hour:02d}:{minute:02d}"
        case Unit.FLAG:
            return ("是" if zh else "yes") if value >= 0.5 else ("否" if zh else "no")
        case _:
            return _trimmed(value)


def _trimmed(value: float) -> str:
    """At most one decimal, two below one, thousands apart, no idle zeros."""
    decimals = 1 if abs(value) >= 1 else 2
    written = f"{value:,.{decimals}f}"
    written = written.rstrip("0").rstrip(".") if "." in written else written
    return "0" if written in ("-0", "") else written


def _duration(seconds: float, language: Language) -> str:
    """The two largest parts of a duration, in words."""
    words = (("天", "小时", "分钟", "秒"), ("d", "h", "min", "s"))[language == "en"]
    left = round(abs(seconds))
    parts: list[tuple[int, str]] = []
    for size, word in zip((86_400, 3_600, 60, 1), words, strict=True):
        count, left = divmod(left, size)
        parts.append((count, word))
    first = next((at for at, (count, _) in enumerate(parts) if count), 3)
    shown = [part for part in parts[first : first + 2] if part[0]] or [parts[3]]
    sign = "-" if seconds <= -0.5 else ""
    if language == "zh":
        return sign + "".join(f"{count}{word}" for count, word in shown)
    return sign + " ".join(f"{count} {word}" for count, word in shown)
