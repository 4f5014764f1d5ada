"""The secrets that sign messages to subscribers: one file each, the current secret on its first line, retired ones below."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.files import write_whole
from fairdeal.pipelines.keys import make_once

#: A secret that was replaced signs beside the new one for so long.
OVERLAP = timedelta(days=7)


def secret_path(home: Path, name: str) -> Path:
    """The file that a subscriber is handed the first line of."""
    return home / "keys" / f"webhook-{name}.secret"


def webhook_secrets(home: Path, name: str, at: datetime) -> tuple[bytes, ...]:
    """What signs messages to a subscriber at a moment, the current secret first; it is made at first use.

    Raises
    ------
    WrongUse
        When the file holds something else.
    """
    path = secret_path(home, name)
    make_once(path, lambda: f"{_new()}\n".encode())
    return tuple(secret for secret, until in _entries(path) if until is None or at < until)


def rotate_webhook_secret(home: Path, name: str, at: datetime) -> datetime:
    """Sign with a new secret from now on, and with the old one too until the moment that is given back."""
    webhook_secrets(home, name, at)
    path, until = secret_path(home, name), at + OVERLAP
    kept = []
    for line in path.read_text(encoding="ascii").splitlines():
        secret, _, end = line.partition(" until ")
        if not end or datetime.fromisoformat(end) > at:
            kept.append(f"{secret} until {end or until.astimezone(UTC).isoformat()}")
    write_whole(path, "".join(f"{line}\n" for line in [_new(), *kept]).encode(), mode=0o600)
    return until


def _new() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _entries(path: Path) -> list[tuple[bytes, datetime | None]]:
    found: list[tuple[bytes, datetime | None]] = []
    try:
        for line in path.read_text(encoding="ascii").splitlines():
            secret, _, end = line.partition(" until ")
            kind, _, encoded = secret.partition("_")
            key = base64.b64decode(encoded, validate=True)
            if kind != "whsec" or len(key) < 24:
                raise ValueError("no secret")
            found.append((key, datetime.fromisoformat(end) if end else None))
    except ValueError:
        found = []
    if not found or found[0][1] is not None:
        rule = "allowed is whsec_ and at least 24 bytes in base64 on the first line, retired ones with `until` and an instant below"
        raise WrongUse(f"{path}: no secret for signing; {rule}; put it right, or remove the file to have a new one made")
    return found
