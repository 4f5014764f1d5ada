"""JSON as it is kept: equal values, equal bytes."""

from __future__ import annotations

from typing import Any

import orjson


def dumps(value: Any) -> str:
    """JSON text with sorted keys: equal values, equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY, default=str).decode()


def loads(text: str) -> Any:
    """What `dumps` wrote."""
    return orjson.loads(text)
