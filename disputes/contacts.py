"""Ways to reach a person, found in what people wrote: telephone numbers, e-mail addresses, names on messengers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: Stands for each sign that is hidden, so that what is marked in a text stays in its place.
HIDDEN = "＊"

#: Columns in which people write.
PROSE = frozenset({"text", "note", "reason"})

_BETWEEN = r"[ \-.()（）—–]?"
_EMAIL = r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
#: Mainland mobile numbers, with or without the country's code, and land lines with their area's.
_CHINESE = rf"(?:(?:\+|00)?86{_BETWEEN})?1[3-9](?:{_BETWEEN}\d){{9}}|0\d{{2,3}}{_BETWEEN}\d{{7,8}}"
_FOREIGN = rf"\+\d(?:{_BETWEEN}\d){{7,14}}"
_MESSENGER = r"微信|薇信|威信|vx|we\s?chat|weixin|qq|what[s]\s?app|telegram"
#: A name on a messenger: after its word and a colon, or with a digit in it.
_NAMED = re.compile(
    rf"(?P<word>(?:{_MESSENGER})\s?(?:号码?|id|no\.?)?\s?(?:[：:]\s?|是\s?|(?=[A-Za-z_-]*\d)))(?P<name>[A-Za-z0-9_-]{{5,20}})",
    re.IGNORECASE | re.ASCII,
)
_REACH = re.compile(rf"(?<![\w@])(?:{_EMAIL}|(?:{_FOREIGN}|{_CHINESE})(?!\d))", re.ASCII)


def without_contacts(text: str) -> str:
    """The text with every way to reach somebody hidden, as long as before.

    Examples
    --------
    >>> without_contacts("好评返现，加微信 fanxian88 或 138 0013 8000")
    '好评返现，加微信 ＊＊＊＊＊＊＊＊＊ 或 ＊＊＊＊＊＊＊＊＊＊＊＊＊'
    """
    named = _NAMED.sub(lambda found: found["word"] + HIDDEN * len(found["name"]), text)
    return _REACH.sub(lambda found: HIDDEN * len(found[0]), named)


def has_contacts(text: str) -> bool:
    """Whether there is anything to hide in a text."""
    return without_contacts(text) != text


def hidden_in(value: Any, name: str = "") -> Any:
    """The value with contacts hidden in everything that people wrote, however deep."""
    if isinstance(value, Mapping):
        return {key: hidden_in(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [hidden_in(item, name) for item in value]
    return without_contacts(value) if isinstance(value, str) and name in PROSE else value
