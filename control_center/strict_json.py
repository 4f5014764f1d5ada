"""JSON as one program writes it: one object, no key twice, no NaN, no bottomless nesting."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


class NotStrict(Exception):
    """The bytes are no such JSON; the message says why in the form “is …”, without quoting them."""


def read_object(text: bytes) -> dict[str, Any]:
    """The object that these bytes are.

    Raises
    ------
    NotStrict
        Whatever the bytes are, this and nothing else is raised.
    """
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=_without_repeats, parse_constant=_refuse_constant, parse_float=_finite)
    except NotStrict:
        raise
    except UnicodeDecodeError:
        raise NotStrict("is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotStrict(f"is not JSON ({error.msg} at character {error.pos + 1})") from None
    except RecursionError:
        raise NotStrict("is not JSON that anyone needs (nested too deep)") from None
    except ValueError:
        raise NotStrict("is not JSON that anyone needs (a number of thousands of digits)") from None
    if not isinstance(value, dict):
        raise NotStrict("is JSON, but no object")
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise NotStrict("is JSON with one key twice")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise NotStrict(f"is not JSON ({name} is no number)")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotStrict("is JSON with a number beyond all bounds")
    return number
