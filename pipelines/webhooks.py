"""Tells other systems what happened to cases: each message is posted to its subscriber, signed, until an answer says that it arrived."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from fairdeal.pipelines.crash_points import reach
from fairdeal.pipelines.enforcing import LOOK_S, signature_headers
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.webhook_keys import webhook_secrets


class NotDelivered(Exception):
    """An attempt gave no answer that says the message arrived."""


@dataclass(frozen=True)
class Receiver:
    """A subscriber of the settings: where its messages go, which it wants, what signs them, how long an answer may take."""

    name: str
    url: str
    events: tuple[str, ...]
    secrets: tuple[bytes, ...] = field(repr=False)
    timeout_s: float


def receivers_of(settings: Settings, at: datetime) -> list[Receiver]:
    """The subscribers of these settings, by name."""
    return [
        Receiver(name, one.url, one.events, webhook_secrets(settings.home, name, at), one.timeout_s)
        for name, one in sorted(settings.webhooks.items())
    ]


def deliver_waiting(settings: Settings, services: Any, now: Callable[[], datetime]) -> dict[str, Any]:
    """Write the messages that the history gives, and post those that are due.

    Returns
    -------
    dict
        ``delivered`` and ``missed`` (counts), and ``gave_up``: per message that could not be delivered for too long its subscriber and
        the last error.

    Notes
    -----
    A subscriber that does not answer is left alone until the next look, so that its silence costs one wait and holds nobody else up; one
    that is slow gets as many of its messages as `LOOK_S` suffice for.
    """
    receivers = receivers_of(settings, now())
    services.write_messages({receiver.name: receiver.events for receiver in receivers}, now())
    services.forget_messages(now())
    told: dict[str, Any] = {"delivered": 0, "missed": 0, "gave_up": []}
    for receiver in receivers:
        until = time.monotonic() + LOOK_S
        with httpx.Client(timeout=receiver.timeout_s, follow_redirects=False) as client:
            while time.monotonic() < until and (message := services.take_message(receiver.name, now())) is not None:
                reach("took message")
                try:
                    send(client, receiver, message, now())
                except NotDelivered as error:
                    told["missed"] += 1
                    if services.record_missed(message["message_id"], str(error), now()):
                        told["gave_up"].append({"subscriber": receiver.name, "error": str(error)})
                    break
                reach("sent message")
                services.record_delivered(message["message_id"])
                told["delivered"] += 1
    return told


def send(client: httpx.Client, receiver: Receiver, message: dict[str, Any], at: datetime) -> None:
    """Post one message.

    Raises
    ------
    NotDelivered
        Without an answer in time, or with any other than 2xx; redirects are not followed.
    """
    body = json.dumps(message["body"], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    signed = [signature_headers(secret, message["message_id"], int(at.timestamp()), body) for secret in receiver.secrets]
    headers = {
        **signed[0],
        "webhook-signature": " ".join(one["webhook-signature"] for one in signed),
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
    }
    try:
        with client.stream("POST", receiver.url, content=body, headers=headers) as answer:
            pass  # what it says beyond its status is not needed
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotDelivered(f"no answer: {type(error).__name__}") from None
    if not answer.is_success:
        raise NotDelivered(f"HTTP {answer.status_code}")
