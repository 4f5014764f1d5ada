"""Contacts: ways off the platform as cheats write them, none of which leads anywhere.

Notes
-----
Hosts end in names that are reserved for documentation and tests (RFC 2606, RFC 6761), numbers begin with 000 or stand in the range that
is kept for fiction (555-01xx), so that nothing here can belong to anybody. Texts with a contact must not pass through a slip of the
finger: one swapped letter could make a name that is registered.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.simulator.chance import Ints, pick
from fairdeal.simulator.wording import Shelf, every

RESERVED = (".example", ".example.com", ".example.net", ".example.org", ".test", ".invalid")
_HOSTS = every(
    ("kefu", "shop-service", "order-refund", "pay-safe", "mall-gift", "vip-member", "tuikuan", "official-care"),
    ("", "-", "8", "-cn", "-24h"),
)
_SCHEMES = ("http://", "https://", "hxxp://", "www.", "")
_PATHS = ("", "/r", "/pay", "/lq?u=7", "/hongbao", "/claim", "/vip")
#: How the dots of an address are hidden from filters.
_DOTS = (".", "。", " . ", "[.]", " 点 ", "(dot)")
_FULL_WIDTH = {str(digit): chr(0xFF10 + digit) for digit in range(10)}
_CIRCLED = dict(zip("0123456789", "⓪①②③④⑤⑥⑦⑧⑨", strict=True))

MESSENGERS: dict[str, tuple[str, ...]] = {
    "zh": ("加V信", "加微信", "加薇", "微❤", "+VX", "VX:", "威信", "扣扣", "QQ", "加v", "V 信 号 ", "电报", "TG:"),
    "en": ("add me on WeChat ", "WeChat: ", "WhatsApp ", "Telegram: ", "whatsap ", "text me at ", "call ", "W-h-a-t-s-A-p-p "),
}
CODES: dict[str, tuple[str, ...]] = {
    "zh": ("扫图里的二维码", "扫我头像上的码", "长按识别二维码", "扫码进群", "扫 码 加 我"),
    "en": ("scan the QR code in the photo", "scan my profile code", "QR in my picture", "scan to join the group"),
}
_MESSENGERS, _CODES = ({code: Shelf([words]) for code, words in table.items()} for table in (MESSENGERS, CODES))


def links(rng: np.random.Generator, count: int) -> pl.Series:
    """Addresses of pages under reserved names, a third of them with hidden dots."""
    host = _any(rng, _HOSTS, count) + pl.Series(rng.integers(0, 100, count)).cast(pl.String) + _any(rng, RESERVED, count)
    style = pick(rng, np.array([0.66, 0.08, 0.08, 0.06, 0.06, 0.06]), count)
    plain = _any(rng, _SCHEMES, count) + host
    for number, dot in enumerate(_DOTS):
        rows = np.flatnonzero(style == number)
        plain = plain.scatter(rows, plain.gather(rows).str.replace_all(".", dot, literal=True))
    return plain + _any(rng, _PATHS, count)


def numbers(rng: np.random.Generator, count: int) -> pl.Series:
    """Numbers of messengers and telephones that cannot be dialled, some spaced, full-width or circled."""
    sevens = pl.Series(rng.integers(0, 10**6, count)).cast(pl.String).str.zfill(6)
    number = "000" + sevens
    fiction = "555-01" + sevens.str.slice(0, 2)
    style = pick(rng, np.array([0.5, 0.12, 0.12, 0.08, 0.18]), count)
    spaced = number.str.replace_all(r"(\d{3})(\d)", "$1 $2")
    wide, circled = number.str.replace_many(_FULL_WIDTH), number.str.replace_many(_CIRCLED)
    table = pl.DataFrame({"style": style, "0": number, "1": spaced, "2": wide, "3": circled, "4": fiction})
    return table.select(pl.coalesce(pl.when(pl.col("style") == kind).then(f"{kind}") for kind in range(5)).alias("number"))["number"]


def contacts(rng: np.random.Generator, language: str, count: int, shares: tuple[float, float, float] = (0.6, 0.25, 0.15)) -> pl.Series:
    """One way off the platform per row: a messenger or telephone, an address, or a code to scan, in these shares."""
    kind = pick(rng, np.array(shares), count)
    key: Ints = np.zeros(count, dtype=np.int64)
    table = pl.DataFrame(
        {
            "kind": kind,
            "messenger": _MESSENGERS[language].any(rng, key) + numbers(rng, count),
            "link": links(rng, count),
            "code": _CODES[language].any(rng, key),
        }
    )
    return table.select(
        pl.when(pl.col("kind") == 0).then("messenger").when(pl.col("kind") == 1).then("link").otherwise("code").alias("contact")
    )["contact"]


def _any(rng: np.random.Generator, words: tuple[str, ...], count: int) -> pl.Series:
    return pl.Series(words, dtype=pl.String).gather(rng.integers(0, len(words), count))
