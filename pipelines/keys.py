"""Keys: made once, readable by the owner only, never printed. Signing is Ed25519; linking is HMAC-SHA256."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairdeal.control_center.records import instant_text
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.files import write_whole

#: From when a home's first keys are valid: days long past are signed with them when they are filled in.
FIRST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Signer:
    """One signing key: its id (first 16 hex digits of the sha256 of the raw public key) and what it signs with."""

    key_id: str
    public_key: bytes
    sign: Callable[[bytes], bytes]


def hashing_key(home: Path) -> bytes:
    """The secret behind keyed hashes and tokens; made at first use. Without it no hash can be guessed back to its value."""
    path = home / "keys" / "hashing.key"
    make_once(path, lambda: secrets.token_bytes(32))
    return path.read_bytes()


def enforcement_secret(home: Path) -> bytes:
    """The secret that signs measures posted elsewhere; made at first use, in the form in which the receiver is handed it.

    Raises
    ------
    WrongUse
        When the file holds something else.
    """
    path = home / "keys" / "enforcement.secret"
    make_once(path, lambda: b"whsec_" + base64.b64encode(secrets.token_bytes(32)))
    try:
        kind, _, encoded = path.read_text(encoding="ascii").strip().partition("_")
        secret = base64.b64decode(encoded, validate=True)
    except ValueError:
        kind, secret = "", b""
    if kind != "whsec" or len(secret) < 24:
        rule = "allowed is whsec_ and 24 to 64 bytes in base64"
        raise WrongUse(f"{path}: not a secret for signing; {rule}; put it right, or remove the file to have a new one made")
    return secret


def keyed_hash(key: bytes, value: str) -> str:
    """Hex HMAC-SHA256 of a value: equal values can be linked, none can be read."""
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


def signer(home: Path, purpose: str, *, since: datetime) -> Signer:
    """The current signing key for a purpose (``feed``, ``models``); the first one is made at first use, valid from ``since``."""
    path = home / "keys" / f"{purpose}.pem"
    make_once(path, _new_private_key)
    private = _read_private_key(path)
    public = private.public_key().public_bytes_raw()
    key_id = hashlib.sha256(public).hexdigest()[:16]
    _enter(ring_path(home, purpose), key_id, public, since)
    return Signer(key_id, public, private.sign)


def rotate(home: Path, purpose: str, *, at: datetime, overlap: timedelta = timedelta(days=7)) -> Signer:
    """Replaces the signing key: the old one still verifies for ``overlap``, the new one signs from ``at``."""
    old = signer(home, purpose, since=at)
    path = ring_path(home, purpose)
    with _ring_to_oneself(path):
        entries = _entries(path)
        for entry in entries:
            entry["valid_until"] = entry["valid_until"] or instant_text(at + overlap)
        (home / "keys" / f"{purpose}.pem").replace(home / "keys" / f"{purpose}-{old.key_id}.retired.pem")
        _write_ring(path, entries)
    return signer(home, purpose, since=at)


def ring_path(home: Path, purpose: str) -> Path:
    """The public key ring: what a consumer is given to verify with."""
    return home / "keys" / f"{purpose}.ring.json"


def _enter(path: Path, key_id: str, public: bytes, since: datetime) -> None:
    with _ring_to_oneself(path):
        entries = _entries(path)
        known = next((entry for entry in entries if entry["key_id"] == key_id), None)
        if known is None:
            entries.append(
                {"key_id": key_id, "public_key": base64.b64encode(public).decode(), "valid_from": instant_text(since), "valid_until": None}
            )
        elif known["valid_until"] is None and since < datetime.fromisoformat(known["valid_from"]):
            known["valid_from"] = instant_text(since)  # days that lie back are filled in with the key of today
        else:
            return
        _write_ring(path, entries)


@contextmanager
def _ring_to_oneself(path: Path) -> Iterator[None]:
    """Holds a key ring among processes while it is read and written anew."""
    with path.with_name(f".{path.name}.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _entries(path: Path) -> list[dict[str, Any]]:
    try:
        entries: list[dict[str, Any]] = json.loads(path.read_bytes())["keys"] if path.exists() else []
    except (ValueError, KeyError, TypeError):
        raise WrongUse(f"{path}: not a key ring; allowed is what `fairdeal` wrote there; restore the keys folder from its backup") from None
    return entries


def _write_ring(path: Path, entries: list[dict[str, Any]]) -> None:
    write_whole(path, json.dumps({"keys": entries}, indent=1).encode())


def _read_private_key(path: Path) -> Ed25519PrivateKey:
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise WrongUse(f"{path}: not an Ed25519 key; put the key file back or remove it to have a new one made")
    return private


def _new_private_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def make_once(path: Path, content: Callable[[], bytes]) -> None:
    """Creates a secret file unless it is there; of two who try at once, one wins and both see the same file."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mine = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    write_whole(mine, content(), mode=0o600)
    try:
        os.link(mine, path)
    except FileExistsError:
        pass
    finally:
        mine.unlink()
