"""Keys: made once, readable by the owner only, never printed. Signing is Ed25519; linking is HMAC-SHA256."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairdeal.control_center.records import instant_text
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.files import write_whole


@dataclass(frozen=True)
class Signer:
    """One signing key: its id (first 16 hex digits of the sha256 of the raw public key) and what it signs with."""

    key_id: str
    public_key: bytes
    sign: Callable[[bytes], bytes]


def hashing_key(home: Path) -> bytes:
    """The secret behind keyed hashes and tokens; made at first use. Without it no hash can be guessed back to its value."""
    path = home / "keys" / "hashing.key"
    _make_once(path, lambda: secrets.token_bytes(32))
    return path.read_bytes()


def keyed_hash(key: bytes, value: str) -> str:
    """Hex HMAC-SHA256 of a value: equal values can be linked, none can be read."""
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


def signer(home: Path, purpose: str, *, since: datetime) -> Signer:
    """The current signing key for a purpose (``feed``, ``models``); the first one is made at first use, valid from ``since``."""
    path = home / "keys" / f"{purpose}.pem"
    _make_once(path, _new_private_key)
    private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise WrongUse(f"{path}: not an Ed25519 key; put the key file back or remove it to have a new one made")
    public = private.public_key().public_bytes_raw()
    key_id = hashlib.sha256(public).hexdigest()[:16]
    _enter(ring_path(home, purpose), key_id, public, since)
    return Signer(key_id, public, private.sign)


def rotate(home: Path, purpose: str, *, at: datetime, overlap: timedelta = timedelta(days=7)) -> Signer:
    """Replaces the signing key: the old one still verifies for ``overlap``, the new one signs from ``at``."""
    signer(home, purpose, since=at)
    ring = json.loads(ring_path(home, purpose).read_bytes())
    for entry in ring["keys"]:
        entry["valid_until"] = entry["valid_until"] or instant_text(at + overlap)
    (home / "keys" / f"{purpose}.pem").replace(home / "keys" / f"{purpose}-{at:%Y%m%dT%H%M%S}.retired.pem")
    write_whole(ring_path(home, purpose), json.dumps(ring, indent=1).encode())
    return signer(home, purpose, since=at)


def ring_path(home: Path, purpose: str) -> Path:
    """The public key ring: what a consumer is given to verify with."""
    return home / "keys" / f"{purpose}.ring.json"


def _enter(path: Path, key_id: str, public: bytes, since: datetime) -> None:
    ring = json.loads(path.read_bytes()) if path.exists() else {"keys": []}
    known = next((entry for entry in ring["keys"] if entry["key_id"] == key_id), None)
    if known is None:
        ring["keys"].append(
            {"key_id": key_id, "public_key": base64.b64encode(public).decode(), "valid_from": instant_text(since), "valid_until": None}
        )
    elif len(ring["keys"]) == 1 and since < datetime.fromisoformat(known["valid_from"]):
        known["valid_from"] = instant_text(since)  # days before the first run are filled in with the first key
    else:
        return
    write_whole(path, json.dumps(ring, indent=1).encode())


def _new_private_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _make_once(path: Path, content: Callable[[], bytes]) -> None:
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
