from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fairdeal.control_center.keys import KeyRing, TrustedKey, key_id_of
from fairdeal.control_center.verification import verify
from fairdeal.data_contracts.contract import ContractBreach
from tests.control_center.feeds import KEY_ID, PUBLIC_KEY, START, good_measures, publish_feed

ENTRY = {
    "key_id": KEY_ID,
    "public_key": base64.b64encode(PUBLIC_KEY).decode(),
    "valid_from": "2024-01-01T00:00:00Z",
    "valid_until": None,
}


def ring(start: datetime = START - timedelta(days=9), end: datetime | None = None) -> KeyRing:
    return KeyRing((TrustedKey(KEY_ID, PUBLIC_KEY, start, end),))


def test_a_key_is_called_by_the_hash_of_its_bytes() -> None:
    assert key_id_of(PUBLIC_KEY) == hashlib.sha256(PUBLIC_KEY).hexdigest()[:16] == KEY_ID


def test_reads_what_it_writes() -> None:
    for each in (ring(), ring(end=START)):
        assert KeyRing.parse(each.render()) == each
    assert KeyRing.parse(json.dumps({"keys": [ENTRY]})).keys[0].public_key == PUBLIC_KEY


@pytest.mark.parametrize(
    "document",
    [
        "",
        "[]",
        "{",
        '{"keys": 3}',
        '{"keys": [3]}',
        "[" * 100_000,
        json.dumps({"keys": [{}]}),
        json.dumps({"keys": [{**ENTRY, "public_key": "%%"}]}),
        json.dumps({"keys": [{**ENTRY, "public_key": "AAAA"}]}),
        json.dumps({"keys": [{**ENTRY, "key_id": "0" * 16}]}),
        json.dumps({"keys": [{**ENTRY, "valid_from": "yesterday"}]}),
        json.dumps({"keys": [{**ENTRY, "valid_until": "2023-01-01T00:00:00Z"}]}),
        json.dumps({"keys": [{**ENTRY, "valid_until": "never"}]}),
        json.dumps({"keys": [ENTRY, ENTRY]}),
    ],
)
def test_refuses_a_ring_that_is_none(document: str) -> None:
    with pytest.raises(ContractBreach, match="key ring: "):
        KeyRing.parse(document)


def test_a_key_counts_from_its_first_moment_to_before_its_last(tmp_path: Path) -> None:
    folder = publish_feed(tmp_path, good_measures()).folder
    moment = timedelta(seconds=1)
    assert verify(folder, ring(START)) == []
    assert verify(folder, ring(end=START + moment)) == []
    assert "did not serve" in verify(folder, ring(START + moment))[0]
    assert "did not serve" in verify(folder, ring(end=START))[0]


def test_a_key_that_is_not_in_the_ring_is_not_known(tmp_path: Path) -> None:
    folder = publish_feed(tmp_path, good_measures()).folder
    assert "is not known" in verify(folder, KeyRing(()))[0]


def test_another_key_under_a_known_name_is_not_taken(tmp_path: Path) -> None:
    folder = publish_feed(tmp_path, good_measures()).folder
    assert "is not the key of that name" in verify(folder, {KEY_ID: bytes(32)})[0]
    assert "is not the key of that name" in verify(folder, {KEY_ID: b"short"})[0]
