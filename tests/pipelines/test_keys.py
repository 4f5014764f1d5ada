"""Keys are made once, belong to their owner, and what an old one signed stays verifiable."""

from __future__ import annotations

import multiprocessing
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from fairdeal.control_center.keys import KeyRing, faults_in_signature
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.keys import hashing_key, keyed_hash, ring_path, rotate, signer
from fairdeal.pipelines.settings import Settings, load_settings
from tests.pipelines import worlds
from tests.pipelines.looking import faults, manifest, run

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
PROCESSES = 4


def ring(home: Path) -> KeyRing:
    return KeyRing.parse(ring_path(home, "feed").read_bytes())


def first_use(home: str) -> tuple[bytes, str]:
    """What a process sees that comes first, or thinks so."""
    return hashing_key(Path(home)), signer(Path(home), "feed", since=BEGAN).key_id


def test_processes_that_come_first_at_once_see_one_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with context.Pool(PROCESSES) as pool:
        for attempt in range(5):
            home = tmp_path / str(attempt)
            seen = set(pool.map(first_use, [str(home)] * PROCESSES, chunksize=1))
            assert len(seen) == 1
            assert [key.key_id for key in ring(home).keys] == [next(iter(seen))[1]]
            left = sorted(path.name for path in (home / "keys").iterdir())
            assert left == [".feed.ring.json.lock", "feed.pem", "feed.ring.json", "hashing.key"]


def test_secrets_are_readable_by_their_owner_only_and_the_ring_by_all(tmp_path: Path) -> None:
    hashing_key(tmp_path)
    signer(tmp_path, "feed", since=BEGAN)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").glob("[!.]*")}
    assert modes == {"hashing.key": 0o600, "feed.pem": 0o600, "feed.ring.json": 0o644}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_key_stays_what_it_is_and_another_home_has_another(tmp_path: Path) -> None:
    assert hashing_key(tmp_path / "one") == hashing_key(tmp_path / "one")
    assert hashing_key(tmp_path / "one") != hashing_key(tmp_path / "two")
    assert len(hashing_key(tmp_path / "one")) == 32


def test_equal_values_have_equal_hashes_and_without_the_key_none(tmp_path: Path) -> None:
    key, other = hashing_key(tmp_path / "one"), hashing_key(tmp_path / "two")
    assert keyed_hash(key, "4539148803436467") == keyed_hash(key, "4539148803436467")
    assert keyed_hash(key, "4539148803436467") != keyed_hash(other, "4539148803436467")
    assert keyed_hash(key, "1") != keyed_hash(key, "2")


def test_what_the_old_key_signed_stays_verifiable_and_it_ends_after_the_overlap(tmp_path: Path) -> None:
    old = signer(tmp_path, "feed", since=BEGAN)
    at = BEGAN + timedelta(days=30)
    new = rotate(tmp_path, "feed", at=at)
    assert new.key_id != old.key_id
    assert signer(tmp_path, "feed", since=at).key_id == new.key_id

    def told(key_id: str, signature: bytes, moment: datetime) -> list[str]:
        return faults_in_signature(b"feed", signature, key_id, moment, ring(tmp_path))

    assert told(old.key_id, old.sign(b"feed"), BEGAN + timedelta(days=1)) == []
    assert told(old.key_id, old.sign(b"feed"), at + timedelta(days=6)) == []
    assert told(old.key_id, old.sign(b"feed"), at + timedelta(days=8)) != []
    assert told(new.key_id, new.sign(b"feed"), at) == []
    assert told(new.key_id, old.sign(b"feed"), at) != []


def test_a_second_rotation_does_not_prolong_the_first_key(tmp_path: Path) -> None:
    signer(tmp_path, "feed", since=BEGAN)
    rotate(tmp_path, "feed", at=BEGAN + timedelta(days=30))
    rotate(tmp_path, "feed", at=BEGAN + timedelta(days=60))
    ends = [key.valid_until for key in ring(tmp_path).keys]
    assert ends == [BEGAN + timedelta(days=37), BEGAN + timedelta(days=67), None]


def test_rotated_twice_within_a_second_no_private_key_is_lost(tmp_path: Path) -> None:
    signer(tmp_path, "feed", since=BEGAN)
    rotate(tmp_path, "feed", at=BEGAN)
    rotate(tmp_path, "feed", at=BEGAN)
    assert len(list((tmp_path / "keys").glob("feed-*.retired.pem"))) == 2


def test_the_first_key_serves_days_before_the_first_run_too(tmp_path: Path) -> None:
    signer(tmp_path, "feed", since=BEGAN)
    signer(tmp_path, "feed", since=BEGAN - timedelta(days=9))
    assert ring(tmp_path).keys[0].valid_from == BEGAN - timedelta(days=9)


def test_feeds_before_and_after_a_rotation_verify_also_where_the_days_lie_in_the_past(tmp_path: Path, settings: Settings) -> None:
    days = {day: [worlds.payment(number, f"{day} 12:00:00")] for number, day in enumerate(("2026-01-02", "2026-01-03"))}
    mapping = worlds.shop(tmp_path / "shop", days)
    run(settings, mapping, "2026-01-02")
    rotate(settings.home, "feed", at=datetime(2026, 11, 1, tzinfo=UTC))
    run(settings, mapping, "2026-01-03")
    assert manifest(settings.home, "2026-01-02")["key_id"] != manifest(settings.home, "2026-01-03")["key_id"]
    assert faults(settings.home) == {}


def test_a_key_of_another_kind_is_refused_with_what_to_do(tmp_path: Path) -> None:
    signer(tmp_path, "feed", since=BEGAN)
    other = generate_private_key(SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for content in (other, b"", b"no key"):
        (tmp_path / "keys" / "feed.pem").write_bytes(content)
        with pytest.raises(WrongUse, match=r"feed\.pem: .*put the key file back"):
            signer(tmp_path, "feed", since=BEGAN)


def test_a_ring_that_is_spoiled_is_refused_with_what_to_do(tmp_path: Path) -> None:
    signer(tmp_path, "feed", since=BEGAN)
    ring_path(tmp_path, "feed").write_bytes(b"{")
    with pytest.raises(WrongUse, match=r"feed\.ring\.json: .*restore"):
        signer(tmp_path, "feed", since=BEGAN)


def test_settings_do_not_show_a_key(settings: Settings) -> None:
    hashing_key(settings.home)
    assert hashing_key(settings.home).hex() not in repr(load_settings())
