"""Tokens that are no tokens: full card numbers and raw network addresses must never leave in a feed."""

from __future__ import annotations

import ipaddress
import re
import unicodedata

#: Kinds whose token is the platform's own running number. A long number passes Luhn by chance one time in ten, and no card
#: number is ever stored as the id of an order; refusing these would stop honest feeds.
_NUMBERED_BY_THE_PLATFORM = ("order", "payment", "review")
#: Kinds where a raw network address may turn up.
_ADDRESSED = ("network", "device")

_LABEL = re.compile(r"^[A-Za-z_]+[:/|#_=-]\s*")
_SEPARATORS = re.compile(r"[\s.\-_]+")
_PORT = re.compile(r"^(\d+\.\d+\.\d+\.\d+|\[.*\]):\d{1,5}$")


def raw_identity(subject_kind: str, token: str) -> str | None:
    """What the token gives away, or None when it is opaque.

    Looks through full-width digits, separators and a leading label such as ``card:``.

    Notes
    -----
    PCI DSS 4.0.1, 3.4.1 and 3.5.1: no full card number outside protected storage. Issuer prefixes and lengths follow ISO/IEC 7812.
    """
    plain = _LABEL.sub("", unicodedata.normalize("NFKC", token).strip())
    if subject_kind not in _NUMBERED_BY_THE_PLATFORM and _is_card_number(_SEPARATORS.sub("", plain)):
        return "a full card number"
    if subject_kind in _ADDRESSED and _is_network_address(plain):
        return "a raw network address"
    return None


def _is_card_number(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and _has_issuer(digits) and _passes_luhn(digits)


def _has_issuer(digits: str) -> bool:
    length, two, three, four = len(digits), int(digits[:2]), int(digits[:3]), int(digits[:4])
    return (
        (digits[0] == "4" and length in (13, 16, 19))
        or ((51 <= two <= 55 or 2221 <= four <= 2720) and length == 16)
        or (two in (34, 37) and length == 15)
        or (two == 62 and 16 <= length <= 19)
        or ((3528 <= four <= 3589) and 16 <= length <= 19)
        or ((four == 6011 or two == 65 or 644 <= three <= 649) and 16 <= length <= 19)
        or ((two in (36, 38, 39) or 300 <= three <= 305) and 14 <= length <= 19)
        or (two in (50, 56, 57, 58, 63, 67) and 13 <= length <= 19)
    )


def _passes_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_network_address(text: str) -> bool:
    with_port = _PORT.match(text)
    bare = (with_port.group(1) if with_port else text).strip("[]")
    try:
        ipaddress.ip_network(bare, strict=False)
    except ValueError:
        try:
            ipaddress.ip_address(bare)
        except ValueError:
            return False
    return True
