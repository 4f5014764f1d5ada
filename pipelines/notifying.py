"""Calling someone: one JSON message to the webhook of the settings."""

from __future__ import annotations

import logging
from typing import Any

import httpx

from fairdeal.pipelines.settings import Settings

log = logging.getLogger("fairdeal")


def notify(settings: Settings, kind: str, text: str, **facts: Any) -> bool:
    """Sends ``{kind, text, …}`` to ``[notify] webhook_url``; gives whether it arrived.

    A message that cannot be delivered never fails the run: it is logged. Without an address nobody is called, and the log says so.
    """
    address = settings.notify.webhook_url
    if address is None:
        log.warning("%s: %s (nobody was called: [notify] webhook_url is not set)", kind, text)
        return False
    try:
        httpx.post(address, json={"kind": kind, "text": text, **facts}, timeout=10).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.error("%s: %s (the webhook could not be reached: %s)", kind, text, error)
        return False
    return True
