from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairdeal.control_center.claims import FIELDS, Manifest
from fairdeal.control_center.manifest import build_manifest, canonical, manifest_sha256, render_manifest, sign_manifest
from fairdeal.control_center.measures import Measure
from fairdeal.control_center.records import Record
from fairdeal.control_center.rendering import render_csv, render_jsonl
from fairdeal.data_contracts.contract import ContractBreach
from tests.control_center.feeds import DAY, DAY_LONG, KEY_ID, PRIVATE_KEY, PUBLIC_KEY, START, good_measures, measure, records_of


def build(measures: list[Measure], **claims: Any) -> Manifest:
    records: list[Record] = records_of(*measures)
    whole: dict[str, Any] = {
        "jsonl": render_jsonl(records),
        "csv": render_csv(records),
        "feed_seq": 1,
        "day": DAY,
        "revision": 1,
        "run_id": "run-1",
        "interval": (START - DAY_LONG, START),
        "generated_at": START,
        "valid_until": START + timedelta(hours=36),
        "changes": {"added": len(records), "changed": 0, "lifted": 0, "carried": 0, "expired": 0},
        "rows_in": {"payments": 5},
        "accepted": {"payments": 5},
        "quarantined": {},
        "degraded": False,
        "models": [],
        "code_version": "0.1.0",
        "previous_manifest_sha256": None,
        "audit_head": None,
    }
    return build_manifest(records, **{**whole, **claims})


def signed(measures: list[Measure], **claims: Any) -> Manifest:
    return sign_manifest(build(measures, **claims), KEY_ID, PRIVATE_KEY.sign)


def test_has_exactly_the_fields_that_consumers_know() -> None:
    assert set(signed(good_measures())) == set(FIELDS)


def test_counts_records_and_money_by_action_and_currency() -> None:
    manifest = build(good_measures())
    assert manifest["rows"] == 6
    assert manifest["by_action"] == {"allow": 0, "confirm": 1, "step_up": 1, "hold": 2, "block": 2}
    assert manifest["money_by_action_and_currency"] == {"confirm": {"EUR": 12_300}, "hold": {"CNY": 24_600}, "block": {"CNY": 24_600}}


def test_money_of_which_nobody_said_the_currency_stands_apart() -> None:
    assert build([measure(currency=None)])["money_by_action_and_currency"] == {"hold": {"XXX": 12_300}}


def test_names_both_files_by_their_hash() -> None:
    records = records_of(measure())
    manifest = build([measure()])
    assert manifest["content_sha256"] == hashlib.sha256(render_jsonl(records)).hexdigest()
    assert manifest["csv_sha256"] == hashlib.sha256(render_csv(records)).hexdigest()


def test_the_signature_covers_everything_but_itself() -> None:
    import base64

    manifest = signed(good_measures())
    Ed25519PublicKey.from_public_bytes(PUBLIC_KEY).verify(base64.b64decode(manifest["signature"]), canonical(manifest))
    assert canonical({**manifest, "signature": "other"}) == canonical(manifest)
    for name in set(FIELDS) - {"signature"}:
        assert canonical({**manifest, name: "other"}) != canonical(manifest)


def test_the_order_of_fields_does_not_matter() -> None:
    manifest = signed(good_measures())
    turned = dict(reversed(manifest.items()))
    assert (canonical(turned), render_manifest(turned)) == (canonical(manifest), render_manifest(manifest))
    assert manifest_sha256(turned) == hashlib.sha256(render_manifest(manifest)).hexdigest()


def test_what_is_published_reads_back() -> None:
    manifest = signed(good_measures())
    assert json.loads(render_manifest(manifest)) == manifest
    assert render_manifest(manifest).endswith(b"}\n")


def test_refuses_rows_that_are_not_conserved() -> None:
    with pytest.raises(ContractBreach, match="rows of payments are not conserved"):
        build([], accepted={"payments": 4})


def test_refuses_machine_blocks_in_a_degraded_feed() -> None:
    with pytest.raises(ContractBreach, match="apply the brake first"):
        build([measure(action="block")], degraded=True)
    assert build([measure(action="block", human_reviewed=True)], degraded=True)["degraded"]


@pytest.mark.parametrize(
    "claims",
    [
        {"feed_seq": 0},
        {"feed_seq": 2},
        {"revision": 0},
        {"valid_until": START},
        {"interval": (START, START)},
        {"run_id": ""},
        {"changes": {"added": 9, "changed": 0, "lifted": 0, "carried": 0, "expired": 0}},
        {"changes": {"added": 1}},
        {"previous_manifest_sha256": "0" * 64},
    ],
)
def test_signs_nothing_that_no_consumer_would_take(claims: dict[str, Any]) -> None:
    with pytest.raises(ContractBreach, match="no consumer would take it"):
        signed([measure()], **claims)


def test_refuses_what_cannot_be_written() -> None:
    with pytest.raises(ContractBreach, match="manifest: it cannot be written"):
        signed([measure()], models=[{"auc": float("nan")}])
