"""Whatever a folder holds, verification answers in sentences."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fairdeal.control_center.claims import FIELDS
from fairdeal.control_center.manifest import canonical, render_manifest
from fairdeal.control_center.verification import verify
from fairdeal.data_contracts.contract import ContractBreach
from fairdeal.data_contracts.feed import FEED
from tests.control_center.feeds import KEY_ID, KEYS, PRIVATE_KEY, good_measures, publish_feed

FILES = ("actions.jsonl", "actions.csv", "manifest.json")

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["hold", "2024-05-01", "1.0"])
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=6
)


def answer(files: dict[str, bytes]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        return verify(Path(folder), KEYS)


def good_files() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as root:
        return {file.name: file.read_bytes() for file in publish_feed(Path(root), good_measures()).folder.iterdir()}


GOOD = good_files()


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(FILES), st.binary(max_size=200)))
def test_any_bytes_in_any_file(files: dict[str, bytes]) -> None:
    assert answer({**GOOD, **files} if files else {})


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(FIELDS), anything, min_size=1))
def test_any_value_in_any_field_of_a_signed_manifest(claims: dict[str, Any]) -> None:
    manifest = {**json.loads(GOOD["manifest.json"]), "key_id": KEY_ID, **claims}
    if "signature" not in claims:
        try:
            manifest["signature"] = base64.b64encode(PRIVATE_KEY.sign(canonical(manifest))).decode()
        except ContractBreach:
            manifest["signature"] = ""
    try:
        text = render_manifest(manifest)
    except ContractBreach:
        text = json.dumps(manifest).encode()
    faults = answer({**GOOD, "manifest.json": text})
    free = {"run_id", "models", "code_version", "audit_head", "revision", "day", "feed_seq", "previous_manifest_sha256", "degraded"}
    assert faults or manifest == json.loads(GOOD["manifest.json"]) or set(claims) <= free


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(FEED.names), anything, min_size=1))
def test_any_value_in_any_column_of_a_record(changes: dict[str, Any]) -> None:
    first, *others = GOOD["actions.jsonl"].splitlines(keepends=True)
    line = json.dumps({**json.loads(first), **changes}).encode() + b"\n"
    assert line == first or answer({**GOOD, "actions.jsonl": b"".join([line, *others])})
