"""Secrets that have to be read again, as the database holds them: sealed under a key made of the install's own, each for its owner."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

#: What a sealed secret begins with; a later form gets another.
FORM = "s1:"
#: Bytes of the number that is used once; the cipher's own.
_NONCE = 12


class SealBroken(ValueError):
    """What lies there was not sealed here, for this owner."""


def seal(secret: bytes, *, purpose: str, owner: str) -> str:
    """The secret as it is kept: AES-256-GCM; of twenty bytes come 67 signs."""
    nonce = os.urandom(_NONCE)
    return FORM + b64encode(nonce + _cipher(purpose).encrypt(nonce, secret, owner.encode())).decode()


def unseal(kept: str, *, purpose: str, owner: str) -> bytes:
    """The secret.

    Raises
    ------
    SealBroken
        When it is not sealed, was sealed under another key or for somebody else, or was changed.
    """
    if not kept.startswith(FORM):
        raise SealBroken("it is not sealed")
    try:
        content = b64decode(kept.removeprefix(FORM), validate=True)
        return _cipher(purpose).decrypt(content[:_NONCE], content[_NONCE:], owner.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken("it was sealed under another key, for somebody else, or changed since") from error


def _cipher(purpose: str) -> AESGCM:
    """Under a key of its own for each purpose, made of the install's secret for tokens."""
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"fairdeal {purpose}".encode()).derive(settings.TOKEN_KEY.encode())
    return AESGCM(key)
