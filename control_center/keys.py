"""Keys that a consumer trusts, each for its time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairdeal.control_center.records import instant_text, read_instant
from fairdeal.data_contracts.contract import ContractBreach

#: Bytes of an Ed25519 public key (RFC 8032).
_KEY_LENGTH = 32


def key_id_of(public_key: bytes) -> str:
    """What a key is called: the first 16 hex digits of the SHA-256 of its 32 raw bytes."""
    return hashlib.sha256(public_key).hexdigest()[:16]


@dataclass(frozen=True)
class TrustedKey:
    """A public key and when it was in service: from ``valid_from``, until ``valid_until`` (not included; None is open)."""

    key_id: str
    public_key: bytes
    valid_from: datetime
    valid_until: datetime | None

    def serves(self, moment: datetime) -> bool:
        """Whether the key was in service at this moment."""
        return self.valid_from <= moment and (self.valid_until is None or moment < self.valid_until)


@dataclass(frozen=True)
class KeyRing:
    """The public keys that a consumer trusts.

    Notes
    -----
    **Rotation.** 1. Make the new key pair and add its public key to every consumer's ring, ``valid_from`` a day ahead. 2. When
    the day has come, sign with it; give the old key a ``valid_until``. Feeds that the old key signed while it served stay
    verifiable. 3. Destroy the old private key.

    **A leaked key** is taken out of the ring, not merely ended: whoever has it can also date a feed back. Its feeds no longer
    verify; publish a new revision under a new key, and let consumers begin with it.
    """

    keys: tuple[TrustedKey, ...]

    @classmethod
    def parse(cls, document: bytes | str) -> KeyRing:
        """Read ``{"keys": [{"key_id", "public_key" (base64), "valid_from", "valid_until" or null}]}``.

        Raises
        ------
        ContractBreach
            When the document is anything else, a key id is not its key's, or one key stands twice.
        """
        try:
            entries = json.loads(document)["keys"]
            keys = tuple(_read_key(entry, place) for place, entry in enumerate(entries, start=1))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ContractBreach(
                f"key ring: it cannot be read ({type(error).__name__}); allowed is JSON "
                '{"keys": [{"key_id", "public_key", "valid_from", "valid_until"}]}; write it anew'
            ) from error
        if len({key.key_id for key in keys}) < len(keys):
            raise ContractBreach("key ring: one key stands twice; each may stand once; merge its entries")
        return cls(keys)

    def render(self) -> bytes:
        """The document that `parse` reads."""
        entries = [
            {
                "key_id": key.key_id,
                "public_key": base64.b64encode(key.public_key).decode("ascii"),
                "valid_from": instant_text(key.valid_from),
                "valid_until": None if key.valid_until is None else instant_text(key.valid_until),
            }
            for key in self.keys
        ]
        return (json.dumps({"keys": entries}, indent=2) + "\n").encode()


#: What verification accepts: a ring, or bare public keys by id that are trusted at all times.
Keys = KeyRing | Mapping[str, bytes]


def faults_in_signature(message: bytes, signature: bytes, key_id: str, signed_at: datetime, keys: Keys) -> list[str]:
    """Why the signature is not to be trusted; empty when it is."""
    if isinstance(keys, KeyRing):
        trusted = next((key for key in keys.keys if key.key_id == key_id), None)
        public_key = None if trusted is None else trusted.public_key
    else:
        trusted, public_key = None, keys.get(key_id)
    if public_key is None:
        return [f"manifest.json: key {key_id!a} is not known; only keys of the key ring are trusted; get the ring that has it"]
    if trusted is not None and not trusted.serves(signed_at):
        until = "open" if trusted.valid_until is None else instant_text(trusted.valid_until)
        served = f"it serves from {instant_text(trusted.valid_from)} to {until}"
        return [f"manifest.json: key {key_id!a} did not serve at {instant_text(signed_at)}; {served}; ask the sender which key is his"]
    if len(public_key) != _KEY_LENGTH or key_id_of(public_key) != key_id:
        return [f"manifest.json: key {key_id!a} of the key ring is not the key of that name; correct the ring"]
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return ["manifest.json: the signature does not match; nothing in this feed can be believed; get it again from the sender"]
    return []


def _read_key(entry: Mapping[str, object], place: int) -> TrustedKey:
    try:
        public_key = base64.b64decode(str(entry["public_key"]), validate=True)
    except binascii.Error:
        public_key = b""
    start, end = read_instant(entry["valid_from"]), read_instant(entry.get("valid_until"))
    if len(public_key) != _KEY_LENGTH:
        raise ContractBreach(f"key ring: public_key of entry {place} is none; 32 bytes in base64 are allowed; copy it again")
    if entry["key_id"] != key_id_of(public_key):
        raise ContractBreach(f"key ring: key_id of entry {place} is not that of its key; {key_id_of(public_key)} is; correct it")
    if start is None or (end is None and entry.get("valid_until") is not None) or (end is not None and end <= start):
        raise ContractBreach(
            f"key ring: validity of entry {place} is none; valid_from before valid_until (or null), as 2024-05-01T16:00:00Z; correct it"
        )
    return TrustedKey(key_id_of(public_key), public_key, start, end)
