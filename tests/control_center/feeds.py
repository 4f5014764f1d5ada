"""Small measures, lifts and whole signed feeds that the tests of this room begin with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairdeal.control_center.claims import Manifest
from fairdeal.control_center.composing import compose
from fairdeal.control_center.keys import key_id_of
from fairdeal.control_center.manifest import build_manifest, manifest_sha256, render_manifest, sign_manifest
from fairdeal.control_center.measures import Lift, Measure
from fairdeal.control_center.publishing import CSV_NAME, JSONL_NAME, MANIFEST_NAME, publish
from fairdeal.control_center.records import Record
from fairdeal.control_center.rendering import render_csv, render_jsonl
from fairdeal.control_center.strict_json import read_object

DAY = date(2024, 5, 1)
START = datetime(2024, 5, 1, 16, tzinfo=UTC)
DAY_LONG = timedelta(days=1)
NOW = START + timedelta(hours=2)

PRIVATE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC_KEY = PRIVATE_KEY.public_key().public_bytes_raw()
KEY_ID = key_id_of(PUBLIC_KEY)
KEYS = {KEY_ID: PUBLIC_KEY}


def reason(code: str = "many_payments", **changes: Any) -> dict[str, Any]:
    """A reason with all its parts."""
    return {"code": code, "value": 12, "norm": 2.5, "text_zh": "一小时内支付 12 次", "text_en": "12 payments in one hour", **changes}


def measure(token: str = "tok-1", action: str = "hold", **changes: Any) -> Measure:
    """A machine's measure on an instrument for the first day."""
    whole = Measure(
        subject_kind="instrument",
        subject_token=token,
        action=action,
        step_up_method="sms" if action == "step_up" else "none",
        valid_from=START,
        valid_until=START + DAY_LONG,
        probability=0.91,
        expected_loss_minor=12_300,
        currency="CNY",
        reasons=[reason()],
        detector="payments",
        model_version="payments-7",
        case_id=None,
        human_reviewed=False,
        appeal_text_key="appeal.payment",
    )
    return replace(whole, **changes)


def lift(token: str = "tok-1", **changes: Any) -> Lift:
    """A lift of an instrument's action."""
    cleared = {"code": "case_cleared", "text_zh": "经核实未发现异常", "text_en": "checked, nothing was found"}
    return replace(Lift("instrument", token, "case-1", cleared, "payments", "payments-7"), **changes)


def records_of(*measures: Measure) -> list[Record]:
    """A first feed's records."""
    return compose(measures, [], None, day=DAY, revision=1, valid_from=START, valid_until=START + DAY_LONG).records


@dataclass(frozen=True)
class Published:
    """A feed on the disk and what it says."""

    folder: Path
    manifest: Manifest
    records: list[Record]
    name: tuple[date, int]


def files_of(records: list[Record], changes: dict[str, int], seq: int, previous: Manifest | None, **claims: Any) -> dict[str, bytes]:
    """The three files of feed number ``seq``; ``claims`` replace what the manifest says before it is signed."""
    day = DAY + timedelta(days=seq - 1)
    start = START + timedelta(days=seq - 1)
    jsonl, csv = render_jsonl(records), render_csv(records)
    manifest = build_manifest(
        records,
        jsonl=jsonl,
        csv=csv,
        feed_seq=seq,
        day=day,
        revision=1,
        run_id=f"run-{seq}",
        interval=(start - DAY_LONG, start),
        generated_at=start,
        valid_until=start + timedelta(hours=36),
        changes=changes,
        rows_in={"payments": 100, "orders": 40},
        accepted={"payments": 97, "orders": 40},
        quarantined={"payments": 3, "orders": 0},
        degraded=False,
        models=[{"detector": "payments", "model_version": "payments-7", "sha256": "0" * 64}],
        code_version="0.1.0",
        previous_manifest_sha256=None if previous is None else manifest_sha256(previous),
        audit_head={"count": 12, "hash": "1" * 64},
    )
    signed = sign_manifest(manifest, KEY_ID, PRIVATE_KEY.sign)
    return {JSONL_NAME: jsonl, CSV_NAME: csv, MANIFEST_NAME: render_manifest({**signed, **claims})}


def publish_feed(root: Path, measures: Iterable[Measure], previous: Published | None = None, lifts: Iterable[Lift] = ()) -> Published:
    """Compose, sign and publish the feed after ``previous``."""
    seq = 1 if previous is None else previous.manifest["feed_seq"] + 1
    day, start = DAY + timedelta(days=seq - 1), START + timedelta(days=seq - 1)
    composed = compose(
        measures,
        lifts,
        None if previous is None else previous.records,
        day=day,
        revision=1,
        valid_from=start,
        valid_until=start + DAY_LONG,
        previous_feed=None if previous is None else previous.name,
    )
    files = files_of(composed.records, composed.changes, seq, None if previous is None else previous.manifest)
    folder = publish(root, day, 1, files)
    return Published(folder, read_object(files[MANIFEST_NAME]), composed.records, (day, 1))


def good_measures() -> list[Measure]:
    """A handful of measures of every action, in both languages, with awkward texts."""
    return [
        measure("tok-1", "hold", valid_until=START + 5 * DAY_LONG),
        measure("tok-2", "block"),
        measure("tok-3", "block", human_reviewed=True, case_id="case-3", valid_until=START + 30 * DAY_LONG),
        measure("tok-4", "step_up", probability=None, expected_loss_minor=0, currency=None),
        measure("shop-5", "confirm", subject_kind="merchant", detector="deals", currency="EUR"),
        measure(
            "rev-6",
            "hold",
            subject_kind="review",
            detector="reviews",
            reasons=[reason("twin_texts", text_zh='=SUM(A1)"、"', text_en="-2; =1")],
        ),
    ]
