"""Carrying measures out elsewhere: each is posted to the address of the settings, signed, under a key that makes repeating it harmless."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from fairdeal.pipelines.crash_points import reach
from fairdeal.pipelines.keys import enforcement_secret
from fairdeal.pipelines.settings import Settings

#: So much of an answer is read; a receipt is short.
LONGEST_ANSWER = 16_384
#: So many seconds of one look are spent on posting, so that a receiver who is slow to answer holds up nothing else.
LOOK_S = 60


class NotCarriedOut(Exception):
    """An attempt gave no receipt; whether the measure took effect is not known."""


@dataclass(frozen=True)
class Endpoint:
    """Where measures are posted, the secret that signs them, and how long an answer may take."""

    url: str
    secret: bytes = field(repr=False)
    timeout_s: float


def endpoint_of(settings: Settings) -> Endpoint | None:
    """Where these settings have measures carried out; None: the feed is all there is."""
    if settings.enforcement.url is None:
        return None
    return Endpoint(settings.enforcement.url, enforcement_secret(settings.home), settings.enforcement.timeout_s)


def carry_out_waiting(endpoint: Endpoint, services: Any, now: Callable[[], datetime]) -> dict[str, Any]:
    """Post what waits in the outbox, one measure at a time, and enter what came of it; what `LOOK_S` do not suffice for waits on.

    Returns
    -------
    dict
        ``done`` and ``tried_again`` (counts), and ``gave_up``: per measure that was tried as often as is allowed its ``case_id``,
        ``target`` and ``error``; those cases went back to people.
    """
    told: dict[str, Any] = {"done": 0, "tried_again": 0, "gave_up": []}
    until = time.monotonic() + LOOK_S
    with httpx.Client(timeout=endpoint.timeout_s, follow_redirects=False) as client:
        while time.monotonic() < until and (action := services.take_action(now())) is not None:
            reach("took action")
            try:
                receipt = post(client, endpoint, action)
            except NotCarriedOut as error:
                if services.record_failure(action["idempotency_key"], str(error), at=now()):
                    told["gave_up"].append({"case_id": action["case_id"], "target": action["target"], "error": str(error)})
                else:
                    told["tried_again"] += 1
                continue
            reach("sent action")
            told["done"] += services.record_receipt(action["idempotency_key"], receipt, at=now())
            reach("recorded receipt")
    return told


def post(client: httpx.Client, endpoint: Endpoint, action: dict[str, Any]) -> str:
    """Post one measure; its receipt.

    Raises
    ------
    NotCarriedOut
        Without an answer in time, or with any other than 2xx; redirects are not followed.
    """
    key = action["idempotency_key"]
    body = json.dumps(action, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "Idempotency-Key": key,
        **signature_headers(endpoint.secret, key, int(datetime.now(UTC).timestamp()), body),
    }
    try:
        with client.stream("POST", endpoint.url, content=body, headers=headers) as answer:
            content = b""
            for part in answer.iter_raw(4_096):
                content += part
                if len(content) > LONGEST_ANSWER:
                    break
    except httpx.HTTPError as error:
        raise NotCarriedOut(f"no answer: {type(error).__name__}") from None
    if not answer.is_success:
        raise NotCarriedOut(f"HTTP {answer.status_code}")
    return receipt_of(answer.status_code, content)


def signature_headers(secret: bytes, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a signed message, in the form of Standard Webhooks: HMAC-SHA256 over id, time and body.

    >>> signature_headers(b"secret", "E1", 1700000000, b"{}")["webhook-signature"]
    'v1,F8RNIJAU0X9ebtcO1bZ5N62Lc7+JbNHlpuvk727GxrU='
    """
    digest = hmac.new(secret, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": signature}


def receipt_of(status: int, content: bytes) -> str:
    """The receipt that an answer names, as ``{"receipt": "…"}``; else that there was an answer.

    >>> receipt_of(200, b'{"receipt": "R-17"}'), receipt_of(204, b"")
    ('R-17', 'HTTP 204')
    """
    try:
        named = json.loads(content).get("receipt")
    except (ValueError, AttributeError, RecursionError):
        named = None
    text = "".join(sign for sign in named if sign.isprintable()) if isinstance(named, str) else ""
    return text.strip() or f"HTTP {status}"
