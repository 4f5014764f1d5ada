"""Full card numbers and national ids found in text, and nothing else: long order numbers stay."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

CARD_REMOVED = "[card number removed]"
ID_REMOVED = "[id number removed]"

#: Cheap test in the engine's dialect: thirteen digits in any script with at most three other signs between two of them.
MAYBE_SENSITIVE = r"(?:\d\D{0,3}){12}\d"

#: Up to three of these may stand between the digits of one number: blanks, dashes, dots, zero-width and full-width forms.
_BETWEEN = " \t\u00a0\u2002\u2003\u2007\u2009\u202f\u3000\u200b\u200c\u200d\u2060\ufeff\\-‐‑‒–—―－−._·・．。,，*|_"
_RUN = re.compile(rf"\d(?:[{_BETWEEN}]{{0,3}}\d)*(?:[{_BETWEEN}]{{0,3}}[XxＸｘ](?![A-Za-z0-9]))?")
_GROUP = re.compile(r"\d+|[XxＸｘ]")
_REACH = 24  # how far before a number a word still speaks about it
_LIST = re.compile(r"[\s,，、;；/&和与及]{1,5}(?:and\s)?")
_CLAUSE = re.compile(r"[。；;！!？?\n\r\d]")
_CARD_WORD = re.compile(
    r"卡|尾号|信用|储蓄|借记|(?<![a-z])(?:cards?|visa|master\s?card|amex|american express|unionpay|union pay|jcb|discover|diners|maestro|"
    r"mir|pan|cc|credit|debit|pay|paid|payment)(?![a-z])",
    re.IGNORECASE,
)
_ORDER_WORD = (
    r"订单|訂單|单号|單號|单据|交易号|流水|运单|快递|快件|物流|包裹|货运|发票|编号|序列号|商品号|"
    r"(?<![a-z])(?:orders?|ord|tracking|track|parcel|package|shipment|waybill|awb|invoices?|inv|sn|s/n|serial|"
    r"ref|reference|ticket|case|sku|isbn|ean|imei|transaction|txn|trade|po)(?![a-z])"
)
_LINKING = (
    r"[\s:：#＃=＝()（）\[\]【】“”\"'.、，,_–—-]|号码?|號碼?|编号|是|为|為|码|的|(?<![a-z])(?:no|nr|num|number|id|code|is|was)(?![a-z])"
)
#: A word for orders or parcels with nothing but linking words between it and the number.
_ORDER_BEFORE = re.compile(rf"(?:{_ORDER_WORD})(?:{_LINKING}){{0,12}}$", re.IGNORECASE)
_COURIER_PREFIX = re.compile(r"(?<![a-z])(?:sf|yt|jt|zto|sto|yto|jd|jdv|ems|db|ky|tb|dd|no)$", re.IGNORECASE)
_ID_WORD = re.compile(
    r"身份证|身份證|证件|證件|身分证|(?<![a-z])(?:id\s?cards?|identity|national id|id no|id number|sfz)(?![a-z])", re.IGNORECASE
)
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa: 13, 16, 19
    r"|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard: 16
    r"|3[47]\d{13}"  # American Express: 15
    r"|(?:62|81)\d{14,17}"  # UnionPay: 16 to 19
    r"|35(?:2[89]|[3-8]\d)\d{12}"  # JCB: 16
    r"|(?:6011|65\d\d|64[4-9]\d)\d{12}"  # Discover: 16
    r"|3(?:[68]\d|0[0-5])\d{11}"  # Diners Club: 14
    r"|220[0-4]\d{12}"  # Mir: 16
)
_PROVINCES = frozenset(
    str(code) for code in (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83)
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class Sensitive(StrEnum):
    """What a number is."""

    CARD = "card"
    NATIONAL_ID = "national_id"


@dataclass(frozen=True)
class Found:
    """One number that must not be kept: its kind, where it stands in the text, and its digits."""

    kind: Sensitive
    start: int
    end: int
    digits: str


def find_cards(text: str, own_ids: Collection[str] = ()) -> list[Found]:
    """Full card numbers in a text; see `find_sensitive`."""
    return [found for found in find_sensitive(text, own_ids) if found.kind is Sensitive.CARD]


def mask_text(text: str, own_ids: Collection[str] = ()) -> str:
    """The text with each full card number and national id replaced by a fixed marker.

    >>> mask_text("我的卡号 4111 1111 1111 1111，订单号6212345678901232")
    '我的卡号 [card number removed]，订单号6212345678901232'
    """
    pieces, at = [], 0
    for found in find_sensitive(text, own_ids):
        pieces += [text[at : found.start], CARD_REMOVED if found.kind is Sensitive.CARD else ID_REMOVED]
        at = found.end
    return "".join((*pieces, text[at:])) if at else text


def find_sensitive(text: str, own_ids: Collection[str] = (), *, prose: bool = True) -> list[Found]:
    """Full card numbers and national ids in a text, from left to right.

    Parameters
    ----------
    text
        What a person wrote, or one value.
    own_ids
        Identifiers of the same row: a run of digits equal to one of them is that identifier.
    prose
        Whether words before a number say what it is; in an instrument column every number that can be a card is one.

    Notes
    -----
    A card number has an issuer's prefix, that issuer's length and a right Luhn digit (ISO/IEC 7812-1), in one run or in groups as printed
    on cards, in digits of any script. A run glued to further digits is none. One in ten long order numbers passes Luhn by chance: a run
    without groups right after a word for orders or parcels, with no word for cards nearer, is left alone.
    A national id of the PRC has a region, a date and the check digit of GB 11643-1999 (ISO 7064 MOD 11-2); the old form of 15 digits has
    no check digit and counts only next to a word for it.
    """
    found: list[Found] = []
    left_alone = -1  # end of the order number seen last
    for run in _RUN.finditer(text):
        groups = [(part.start() + run.start(), part.end() + run.start()) for part in _GROUP.finditer(run[0])]
        values = ["".join(_ascii(sign) for sign in text[start:end]) for start, end in groups]
        continued = left_alone >= 0 and _LIST.fullmatch(text, left_alone, run.start()) is not None
        order = prose and (continued or _about_order(text, run.start()))
        at = 0
        while at < len(groups):
            match = _number_at(text, groups, values, at, order, prose, own_ids)
            if match is None:
                if order and len(values[at]) >= 13:
                    left_alone = groups[at][1]
                at += 1
                continue
            kind, last = match
            found.append(Found(kind, groups[at][0], groups[last][1], "".join(values[at : last + 1])))
            at = last + 1
    return found


def _number_at(
    text: str, groups: list[tuple[int, int]], values: list[str], at: int, order: bool, prose: bool, own_ids: Collection[str]
) -> tuple[Sensitive, int] | None:
    """The kind and last group of the number that begins with a group, or None."""
    digits = ""
    best: tuple[Sensitive, int] | None = None
    for last in range(at, len(groups)):
        digits += values[last]
        if len(digits) > 19:
            break
        bare = last == at
        if len(digits) < 13 or (bare and (digits in own_ids or _is_fraction(text, groups, at))):
            continue
        exempt = bare and order
        if len(digits) == 18 and not exempt and is_national_id(digits):
            return Sensitive.NATIONAL_ID, last
        if len(digits) == 15 and is_old_national_id(digits) and _before(text, groups[at][0], _ID_WORD) >= 0:
            return Sensitive.NATIONAL_ID, last
        if exempt or not is_card(digits):
            continue
        sizes = [len(value) for value in values[at : last + 1]]
        if bare or _printed_so(sizes) or not prose or _before(text, groups[at][0], _CARD_WORD) >= 0:
            best = Sensitive.CARD, last
            if bare:
                break
    return best


def is_card(digits: str) -> bool:
    """Whether ASCII digits have an issuer's prefix and length and a right Luhn digit.

    >>> is_card("4111111111111111"), is_card("4111111111111112"), is_card("9111111111111111")
    (True, False, False)
    """
    if not _ISSUERS.fullmatch(digits):
        return False
    return (sum(map(int, digits[-1::-2])) + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])) % 10 == 0


def is_national_id(digits: str) -> bool:
    """Whether 18 characters are a PRC national id: region, date of birth, check digit (GB 11643-1999)."""
    if len(digits) != 18 or not digits[:17].isdigit() or digits[:2] not in _PROVINCES or not _is_date(digits[6:14]):
        return False
    return "10X98765432"[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False)) % 11] == digits[17]


def is_old_national_id(digits: str) -> bool:
    """Whether 15 digits can be a PRC national id of the form issued until 1999: region and date of birth, no check digit."""
    return len(digits) == 15 and digits.isdigit() and digits[:2] in _PROVINCES and _is_date("19" + digits[6:12])


def _is_date(digits: str) -> bool:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year >= 1850
    except ValueError:
        return False


def _ascii(sign: str) -> str:
    return "X" if sign in "XxＸｘ" else str(int(sign))


def _printed_so(sizes: list[int]) -> bool:
    """Whether digits are grouped as cards are printed or written: fours and multiples, 4-6-5, 4-6-4, six and the rest, equal groups."""
    *body, tail = sizes
    fours = all(size in (4, 8, 12) for size in body) and tail <= 12
    equal = len(set(body)) == 1 and (tail <= body[0] or tail == body[0] + 1)
    return fours or equal or sizes in ([4, 6, 5], [4, 6, 4], [4, 5, 6], [4, 4, 6]) or (len(sizes) == 2 and sizes[0] == 6)


def _is_fraction(text: str, groups: list[tuple[int, int]], at: int) -> bool:
    """Whether a run stands right behind the point of a number below ten thousand million, such as 0.4111111111111111."""
    start = groups[at][0]
    return at > 0 and groups[at - 1][1] == start - 1 and text[start - 1] in ".．," and groups[at - 1][1] - groups[at - 1][0] <= 3


def _before(text: str, start: int, word: re.Pattern[str]) -> int:
    """Where the last such word ends in the clause before a position; -1 when there is none within reach."""
    reach = max(0, start - _REACH)
    begin = max((match.end() for match in _CLAUSE.finditer(text, reach, start)), default=reach)
    return max((match.end() for match in word.finditer(text, begin, start)), default=-1)


def _about_order(text: str, start: int) -> bool:
    """Whether a number stands right after a word for orders or parcels, with at most linking words between."""
    if _COURIER_PREFIX.search(text, max(0, start - 4), start):
        return True
    return _ORDER_BEFORE.search(text, max(0, start - _REACH), start) is not None
