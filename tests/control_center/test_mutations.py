"""Every mutation of a good feed is refused as a whole, and the last good one stays in force."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairdeal.control_center.claims import FIELDS
from fairdeal.control_center.consumer import Applied, Refused, consume
from fairdeal.control_center.keys import key_id_of
from fairdeal.control_center.manifest import canonical, render_manifest
from fairdeal.control_center.rendering import render_csv
from fairdeal.control_center.verification import verify
from tests.control_center.feeds import DAY_LONG, KEY_ID, KEYS, NOW, PRIVATE_KEY, START, good_measures, measure, publish_feed

Files = dict[str, bytes]
J, C, M = "actions.jsonl", "actions.csv", "manifest.json"
TOMORROW = NOW + DAY_LONG


@dataclass(frozen=True)
class Good:
    """Feed 1, feed 2 that follows, and the feed 3 after that, as files."""

    first: Files
    second: Files
    third: Files


@functools.cache
def good() -> Good:
    with tempfile.TemporaryDirectory() as root:
        first = publish_feed(Path(root), good_measures())
        tomorrow = {"valid_from": START + DAY_LONG, "valid_until": START + 2 * DAY_LONG}
        second = publish_feed(Path(root), [measure("tok-9", **tomorrow), measure("tok-8", "block", **tomorrow)], first)
        third = publish_feed(Path(root), [], second)
        return Good(*({file.name: file.read_bytes() for file in feed.folder.iterdir()} for feed in (first, second, third)))


def resigned(files: Files, **claims: Any) -> Files:
    """The files with a manifest that says something else, signed by the right key."""
    manifest = {**json.loads(files[M]), **claims}
    manifest["signature"] = base64.b64encode(PRIVATE_KEY.sign(canonical(manifest))).decode()
    return {**files, M: render_manifest(manifest)}


def rebound(files: Files, jsonl: bytes, csv: bytes | None = None, **claims: Any) -> Files:
    """Other records under a manifest that has their hashes, signed by the right key: only the records are wrong."""
    csv = files[C] if csv is None else csv
    digests = {"content_sha256": hashlib.sha256(jsonl).hexdigest(), "csv_sha256": hashlib.sha256(csv).hexdigest()}
    return resigned({**files, J: jsonl, C: csv}, **digests, **claims)


def with_record(files: Files, line: int, **changes: Any) -> Files:
    """One record changed, CSV and hashes following as far as they can."""
    records = [json.loads(text) for text in files[J].splitlines()]
    records[line].update(changes)
    jsonl = b"".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n" for r in records)
    try:
        csv = render_csv(records)
    except (ValueError, TypeError, KeyError):
        csv = files[C]
    return rebound(files, jsonl, csv)


def with_line(files: Files, line: int, text: bytes) -> Files:
    lines = files[J].splitlines(keepends=True)
    lines[line] = text
    return rebound(files, b"".join(lines))


def lines_of(files: Files, name: str = J) -> list[bytes]:
    return files[name].splitlines(keepends=True)


def mutations() -> Iterator[tuple[str, Files]]:
    files = good().second
    yield from _damage(files)
    yield from _unsigned_claims(files)
    yield from _signed_nonsense(files)
    yield from _wrong_records(files)
    yield from _signatures(files)
    yield from _wrong_turn(files)


def _damage(files: Files) -> Iterator[tuple[str, Files]]:
    for name, content in files.items():
        for step in range(44):
            place = step * (len(content) - 1) // 43
            flipped = bytes([content[place] ^ (1 << step % 8)])
            yield f"{name}: bit flipped at {place}", {**files, name: content[:place] + flipped + content[place + 1 :]}
        for step in range(10):
            yield f"{name}: cut after {step} tenths", {**files, name: content[: step * len(content) // 10]}
        yield f"{name}: last byte cut", {**files, name: content[:-1]}
        yield f"{name}: byte added", {**files, name: content + b"\n"}
        yield f"{name}: missing", {other: text for other, text in files.items() if other != name}
        yield f"{name}: that of the feed before", {**files, name: good().first[name]}
        yield f"{name}: binary", {**files, name: bytes(range(256)) * 40}
        yield f"{name}: zeros", {**files, name: bytes(1 << 20)}
        yield f"{name}: one huge line", {**files, name: b"[" * (1 << 20)}
    for name in (J, C):
        lines = lines_of(files, name)
        for n in range(len(lines)):
            yield f"{name}: line {n} dropped", {**files, name: b"".join(lines[:n] + lines[n + 1 :])}
            yield f"{name}: line {n} twice", {**files, name: b"".join([*lines[: n + 1], *lines[n:]])}
        yield f"{name}: reversed", {**files, name: b"".join(reversed(lines))}
        yield f"{name}: first two swapped", {**files, name: b"".join([lines[1], lines[0], *lines[2:]])}
        yield f"{name}: Windows line ends", {**files, name: files[name].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n"}
        yield f"{name}: mark in front", {**files, name: b"\xef\xbb\xbf" + files[name]}
    for extra in ("actions.jsonl.bak", ".hidden", "acknowledgement.json", "行.csv", "a\nb"):
        yield f"extra file {extra!r}", {**files, extra: b""}


def _unsigned_claims(files: Files) -> Iterator[tuple[str, Files]]:
    manifest = json.loads(files[M])
    for name in FIELDS:
        value = manifest[name]
        other = value + 1 if isinstance(value, int) and not isinstance(value, bool) else not value if isinstance(value, bool) else "x"
        yield f"unsigned: {name} changed", {**files, M: render_manifest({**manifest, name: other})}
        yield f"unsigned: {name} gone", {**files, M: render_manifest({k: v for k, v in manifest.items() if k != name})}
    yield "unsigned: a field more", {**files, M: render_manifest({**manifest, "note": "x"})}


def _signed_nonsense(files: Files) -> Iterator[tuple[str, Files]]:
    manifest = json.loads(files[M])
    deep: Any = 0
    for _ in range(200):
        deep = [deep]
    nonsense: dict[str, list[Any]] = {
        "schema_version": ["2.0", "0.9", "1", "", None, 1.0, "1.0.0", "١.٠"],
        "feed_seq": [0, -1, True, "2", 2.0, None],
        "day": ["2024-05-32", "20240502", "", None, "２０２４-05-02"],
        "revision": [0, True, "1"],
        "run_id": ["", None, "a\nb", "x" * 300],
        "interval": [None, {}, {"from": manifest["interval"]["to"], "to": manifest["interval"]["from"]}, {**manifest["interval"], "x": 1}],
        "generated_at": ["2024-05-02T16:00:00", "2024-05-02T16:00:00+08:00", "now", manifest["valid_until"]],
        "valid_until": ["2024-05-01T00:00:00Z", "9999-12-31T00:00:00Z", "2024-05-03T16:00:00.000000Z"],
        "rows": [0, 7, -1, True, "6"],
        "by_action": [{}, {**manifest["by_action"], "hold": 99}, {**manifest["by_action"], "explode": 0}, []],
        "money_by_action_and_currency": [{}, {"hold": {"CNY": 1}}, {"hold": 3}, {"explode": {}}, None, deep],
        "changes_since_previous": [
            {},
            {**manifest["changes_since_previous"], "added": 9},
            {**manifest["changes_since_previous"], "lifted": 1},
        ],
        "rows_in": [{}, {"payments": 101, "orders": 40}, {"payments": -1}, 140],
        "accepted": [{"payments": 97}, None],
        "quarantined": [{"payments": 2, "orders": 0}],
        "degraded": [None, 0, "no", True],
        "models": [None, ["m"], {}],
        "code_version": ["", None],
        "content_sha256": ["", "0" * 64, "G" * 64, None],
        "csv_sha256": ["0" * 63, "0" * 64, None],
        "previous_manifest_sha256": [None, "0" * 64, ""],
        "audit_head": ["x", 3],
        "note": ["a field of no schema"],
    }
    for name, values in nonsense.items():
        for value in values:
            yield f"signed: {name} = {str(value)[:40]!r}", resigned(files, **{name: value})
    for name in sorted(set(FIELDS) - {"signature", "key_id"}):
        less = {**files, M: render_manifest({k: v for k, v in manifest.items() if k != name})}
        yield f"signed: {name} gone", resigned(less)
    compact = json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode()
    yield "signed: other spaces", {**files, M: compact}
    yield "signed: a key twice", {**files, M: files[M].replace(b'"rows": ', b'"rows": 1,\n  "rows": ', 1)}


def _wrong_records(files: Files) -> Iterator[tuple[str, Files]]:
    lines = lines_of(files)
    first = json.loads(lines[0])
    nonsense: dict[str, list[Any]] = {
        "seq": [2, 0, -1, True, "1", None, 1.0],
        "subject_kind": ["person", "", None, 3, []],
        "subject_token": ["", None, "x" * 129, "a\nb", "5555555555554444", "\ud800", 7, {}],
        "action": ["explode", "ALLOW", "", None, 1, "allow", "step_up"],
        "step_up_method": ["iris", None, ""],
        "valid_from": ["2024-05-01", "2099-01-01T00:00:00Z", None, 0],
        "valid_until": ["2024-04-01T00:00:00Z", first["valid_from"], "2024-13-01T00:00:00Z", None],
        "probability": [1.1, -0.1, "0.5", True, float("nan"), float("inf")],
        "expected_loss_minor": [-1, 1.5, None, True, 10**13, "5"],
        "currency": ["yuan", "", 5],
        "reasons": [
            [],
            None,
            "x",
            [{}],
            first["reasons"] * 6,
            [{**first["reasons"][0], "text_zh": ""}],
            [{**first["reasons"][0], "value": []}],
        ],
        "detector": ["ghost", None],
        "model_version": ["", None],
        "case_id": ["", 3],
        "human_reviewed": [None, 1, "true"],
        "supersedes": ["", "yesterday", "2024-05-01#1", "2024-02-31.1#1", 4],
        "appeal_text_key": ["", None, "x" * 65],
        "note": ["a column of no schema"],
    }
    for name, values in nonsense.items():
        for value in values:
            yield f"record: {name} = {str(value)[:30]!a}", with_record(files, 0, **{name: value})
    for name in first:
        less = {k: v for k, v in first.items() if k != name}
        yield f"record: {name} gone", with_line(files, 0, json.dumps(less, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    machine_block = next(n for n, line in enumerate(lines) if b'"block"' in line and b'"human_reviewed":false' in line)
    yield "record: a machine's block of 73 hours", with_record(files, machine_block, valid_until="2099-01-01T00:00:00Z")
    last = json.loads(lines[-1])
    yield "record: a subject twice", with_record(files, -2, subject_kind=last["subject_kind"], subject_token=last["subject_token"])
    yield "record: subjects out of order", with_record(files, 0, subject_kind="payment", subject_token="zzz")
    texts = {
        "empty": b"\n",
        "not JSON": b"hello\n",
        "a list": b"[]\n",
        "null": b"null\n",
        "a number": b"1\n",
        "deep": b"[" * 60_000 + b"\n",
        "deep object": b'{"a":' * 30_000 + b"\n",
        "huge": b'{"seq":"' + b"x" * 400_000 + b'"}\n',
        "digits": b'{"seq":' + b"9" * 9000 + b"}\n",
        "not UTF-8": b'{"seq":"\xff"}\n',
        "NUL": b"\x00\n",
        "spaces": lines[0].replace(b":", b": ", 1),
        "a key twice": lines[0].replace(b"{", b'{"seq":1,', 1),
        "other order": json.dumps(dict(reversed(first.items())), ensure_ascii=False, separators=(",", ":")).encode() + b"\n",
        "escaped Chinese": json.dumps(first, separators=(",", ":")).encode() + b"\n",
        "two records": lines[0].rstrip() + lines[1],
        "beyond numbers": lines[0].replace(b"0.91", b"1e999"),
        "carriage return": lines[0].replace(b"\n", b"\r\n"),
    }
    for name, text in texts.items():
        if text != lines[0]:
            yield f"line: {name}", with_line(files, 0, text)
    yield "rows fewer than claimed", rebound(files, b"".join(lines[:-1]), render_csv(map(json.loads, lines[:-1])))
    yield "CSV of other records, hash right", rebound(files, files[J], good().first[C])
    yield "CSV with a formula, hash right", rebound(files, files[J], files[C] + b'"=1+1"\r\n')


def _signatures(files: Files) -> Iterator[tuple[str, Files]]:
    manifest = json.loads(files[M])
    stranger = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    stranger_id = key_id_of(stranger.public_key().public_bytes_raw())
    theirs = {
        "of the feed before": json.loads(good().first[M])["signature"],
        "by a stranger": base64.b64encode(stranger.sign(canonical(manifest))).decode(),
        "empty": "",
        "null": None,
        "no base64": "%%%",
        "too short": base64.b64encode(b"x").decode(),
        "zeros": base64.b64encode(bytes(64)).decode(),
        "padded with newline": manifest["signature"] + "\n",
        "over other bytes": base64.b64encode(PRIVATE_KEY.sign(render_manifest(manifest))).decode(),
        "a list": [manifest["signature"]],
    }
    for name, signature in theirs.items():
        yield f"signature {name}", {**files, M: render_manifest({**manifest, "signature": signature})}
    for key_id in (stranger_id, "", None, KEY_ID.upper(), ["x"]):
        named = {**manifest, "key_id": key_id}
        named["signature"] = base64.b64encode(stranger.sign(canonical(named))).decode()
        yield f"key id {key_id!r} with a stranger's signature", {**files, M: render_manifest(named)}


def _wrong_turn(files: Files) -> Iterator[tuple[str, Files]]:
    yield "gap", good().third
    yield "a later number", resigned(files, feed_seq=9)
    yield "an earlier number", resigned(files, feed_seq=1, previous_manifest_sha256=None)
    yield "another predecessor", resigned(files, previous_manifest_sha256="a" * 64)
    yield "stale", resigned(files, valid_until="2024-05-02T17:00:00Z")
    yield "from the future", resigned(files, generated_at="2024-05-02T18:05:01Z")


MUTATIONS = list(mutations())


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A consumer that has feed 1 in force."""
    root = tmp_path_factory.mktemp("consumer")
    assert isinstance(consume(written(root / "first", good().first), root / "state", keys=KEYS, now=NOW), Applied)
    return root / "state"


def written(folder: Path, files: Files) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def in_force(state: Path) -> tuple[bytes, bytes]:
    return (state / "current.json").read_bytes(), (state / "acknowledgement.json").read_bytes()


def test_the_corpus_is_large_and_every_mutation_is_another() -> None:
    assert len(MUTATIONS) >= 500
    assert len({tuple(sorted(files.items())) for _, files in MUTATIONS}) == len(MUTATIONS)
    assert all(files != good().second for _, files in MUTATIONS)


def test_the_good_feed_itself_is_applied(tmp_path: Path) -> None:
    first, second = written(tmp_path / "1", good().first), written(tmp_path / "2", good().second)
    assert verify(second, KEYS) == []
    assert isinstance(consume(first, tmp_path / "state", keys=KEYS, now=NOW), Applied)
    assert isinstance(consume(second, tmp_path / "state", keys=KEYS, now=TOMORROW), Applied)


@pytest.mark.parametrize("files", [pytest.param(files, id=f"{n} {name!a}") for n, (name, files) in enumerate(MUTATIONS)])
def test_a_mutation_is_refused_and_the_last_good_kept(state: Path, tmp_path: Path, files: Files) -> None:
    before = in_force(state)
    answer = consume(written(tmp_path / "feed", files), state, keys=KEYS, now=TOMORROW)
    assert isinstance(answer, Refused)
    assert answer.reasons
    assert all(len(reason) < 2500 and reason.isprintable() for reason in answer.reasons), answer.reasons
    assert in_force(state) == before


def test_without_the_signature_check_forgeries_would_pass(tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: it shows that the corpus depends on the check, not on luck."""
    forged = {**good().second, M: render_manifest({**json.loads(good().second[M]), "code_version": "forged"})}
    folder = written(tmp_path / "feed", forged)
    assert verify(folder, KEYS) != []
    monkeypatch.setattr("fairdeal.control_center.verification.faults_in_signature", lambda *_: [])
    assert verify(folder, KEYS) == []


def resolve(sentence: str, files: Files, folder: Path) -> None:
    faults = verify(written(folder, files), KEYS)
    assert any(sentence in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("mutate", "sentence"),
    [
        (lambda f: {k: v for k, v in f.items() if k != C}, "actions.csv: it is missing"),
        (lambda f: {**f, J: f[J][:-9]}, "it is cut off"),
        (lambda f: {**f, J: f[J] + b"x\n"}, "is not JSON (Expecting value at character 1)"),
        (lambda f: {**f, "more.txt": b""}, "'more.txt': it does not belong here"),
        (lambda f: {**f, C: f[C] + b" "}, "actions.csv: its hash is"),
        (lambda f: rebound(f, b"".join(lines_of(f)[1:])), "line 1: seq is 2; 1 is expected"),
        (lambda f: rebound(f, f[J], f[C] + b"\r\n"), "actions.csv: it does not say what actions.jsonl says"),
        (lambda f: resigned(f, schema_version="2.0"), "schema_version '2.0'; this reader knows 1.x"),
        (lambda f: with_record(f, 0, action="explode"), "line 1: action: 'explode'; allowed are allow, confirm"),
        (lambda f: with_record(f, 0, probability=float("nan")), "line 1: it is not JSON (NaN is no number)"),
        (lambda f: resigned(f, rows_in={"payments": 101, "orders": 40}), "rows are not conserved for 'payments'"),
        (lambda f: with_record(f, -1, expected_loss_minor=5), "money_by_action_and_currency is"),
        (lambda f: {**f, M: f[M].replace(b"run-2", b"run-3")}, "the signature does not match"),
    ],
)
def test_says_exactly_what_is_wrong(tmp_path: Path, mutate: Callable[[Files], Files], sentence: str) -> None:
    resolve(sentence, mutate(good().second), tmp_path / "feed")


def test_a_folder_named_like_another_feed_is_refused(tmp_path: Path) -> None:
    resolve("the folder holds the feed of 2024-05-02, revision 1", good().second, tmp_path / "2024-05-03")


@pytest.mark.parametrize("name", [J, C, M])
@pytest.mark.parametrize("kind", ["link", "loop", "folder", "pipe", "device"])
def test_only_regular_files_are_read(tmp_path: Path, name: str, kind: str) -> None:
    folder = written(tmp_path / "feed", good().second)
    path = folder / name
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    {
        "link": lambda: path.symlink_to(elsewhere),
        "loop": lambda: path.symlink_to(path),
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "device": lambda: path.symlink_to("/dev/zero"),
    }[kind]()
    assert any(fault.startswith(f"{name}: it is") or fault.startswith(f"{name}: it cannot") for fault in verify(folder, KEYS))


@pytest.mark.parametrize("folder", ["nowhere", "a\x00b", "x" * 5000])
def test_a_folder_that_is_none_is_said(tmp_path: Path, folder: str) -> None:
    assert "cannot be opened as a folder" in verify(tmp_path / folder, KEYS)[0]


def test_a_file_in_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "feed").touch()
    assert "cannot be opened as a folder" in verify(tmp_path / "feed", KEYS)[0]


def test_faults_beyond_a_hundred_are_counted(tmp_path: Path) -> None:
    faults = verify(written(tmp_path / "feed", {**good().second, J: b"x\n" * 5000}), KEYS)
    assert len(faults) == 101
    assert faults[-1].startswith("and 49")


def test_a_newer_minor_version_may_carry_more(tmp_path: Path) -> None:
    records = [{**json.loads(line), "region": "沪"} for line in lines_of(good().second)]
    jsonl = b"".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for r in records)
    newer = rebound(good().second, jsonl, good().second[C] + b"other\r\n", schema_version="1.7", regions=["沪"])
    assert verify(written(tmp_path / "feed", newer), KEYS) == []
    unknown = rebound(good().second, jsonl.replace(b'"hold"', b'"seize"'), schema_version="1.7")
    resolve("allowed are allow, confirm", unknown, tmp_path / "unknown")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_moments_of_the_corpus_are_those_of_the_good_feed() -> None:
    manifest = json.loads(good().second[M])
    assert moment(manifest["generated_at"]) == START + DAY_LONG < TOMORROW
    assert TOMORROW + timedelta(seconds=301) == moment("2024-05-02T18:05:01Z")
