"""Findings beside the score: wrong charges are told without any model, and who is a victim is shielded."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines import publishing
from fairdeal.pipelines.findings import SHIELDED, findings, shielded
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.tokens import case_subject
from tests.pipelines import worlds
from tests.pipelines.looking import records, run, workplace
from tests.pipelines.test_publishing import EXPLANATIONS, verdict

DAY = "2026-01-02"
HEADER = "id,payer,payee,at,amount,shown,order,status,token\n"
MAPPING = (
    worlds.PAYMENTS_MAPPING.partition("updated_at")[0]
    + """
order_id = "order"
status = "status"
shown_amount_minor = { column = "shown", decimal = 2 }
"""
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A day of a shop without labels: one charge as shown, one for more, one twice."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    lines = [
        "P1,B1,M1,{d} 09:00:00,10.00,10.00,O1,approved,T1",
        "P2,B2,M1,{d} 10:00:00,30.00,20.00,O2,approved,T2",
        "P3,B3,M1,{d} 11:00:00,40.00,40.00,O3,approved,T3",
        "P4,B3,M1,{d} 11:01:00,40.00,40.00,O3,approved,T3",
    ]
    (folder / "payments-1.csv").write_text(HEADER + "".join(line.format(d=DAY) + "\n" for line in lines), encoding="utf-8")
    return folder / "mapping.toml"


def test_wrong_charges_are_held_and_told_without_any_model(settings: Settings, shop: Path) -> None:
    summary = run(settings, shop, DAY)
    assert summary["cold"] == ["payments"]
    held = {record["subject_token"]: record for record in records(settings.home, DAY)}
    assert {(record["subject_kind"], token, record["action"]) for token, record in held.items()} == {
        ("payment", "P2", "hold"),
        ("payment", "P4", "hold"),
    }
    assert held["P2"]["probability"] is None
    assert held["P2"]["reasons"][0]["code"] == "CHARGED_MORE"
    assert held["P4"]["reasons"][0]["code"] == "CHARGED_TWICE"
    with workplace(settings, shop) as place:
        cases = {case["subject_id"]: case for case in place.cases().list_cases()}
        told = place.lake.read((place.ledger.step_result(summary["run_id"], "raise_alerts") or {})["alerts"])
    assert {(cases[buyer]["case_type"], cases[buyer]["subject_kind"]) for buyer in ("B2", "B3")} == {("PAY_ERROR", "account")}
    one = told.filter(pl.col("subject_id") == "P4").row(0, named=True)
    assert (one["typology"], one["probability"], one["action"]) == ("payment_error", None, "hold")
    assert '"first_payment_id":"P3"' in one["evidence"].replace(" ", "")
    assert one["expected_loss_minor"] == 4_000 + 500


def test_the_policy_may_ask_to_confirm_instead(settings: Settings, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRDEAL_POLICY_RECONCILED", "confirm")
    run(load_settings(), shop, DAY)
    assert {record["action"] for record in records(settings.home, DAY)} == {"confirm"}


def test_a_confirmed_wrong_charge_blocks_no_instrument() -> None:
    said = {**verdict(5, "P1", True), "typology": "payment_error"}
    (measure,) = publishing.measures({}, EXPLANATIONS, {}, [said], datetime(2026, 1, 3, tzinfo=UTC))
    assert (measure.subject_kind, measure.subject_token, measure.action) == ("payment", "P1", "hold")


ORDERS = pl.DataFrame(
    {
        "typology": ["reverse_brushing", "reverse_brushing", "brushing", "reverse_brushing"],
        "merchant_id": ["M1", "M1", "M1", "M2"],
        "buyer_id": ["B2", "B1", "B3", "B9"],
    }
)


def test_the_shop_under_attack_is_not_what_the_case_is_about() -> None:
    assert ORDERS.select(*case_subject(Detector.DEALS)).rows() == [
        ("FAKE_DEAL", "account", "B1"),
        ("FAKE_DEAL", "account", "B1"),
        ("FAKE_DEAL", "merchant", "M1"),
        ("FAKE_DEAL", "account", "B9"),
    ]


def test_orders_of_an_attack_shield_their_shop_and_other_orders_do_not() -> None:
    moment = datetime(2026, 1, 3, tzinfo=UTC)
    told = pl.DataFrame(
        {"detector": "deals", "subject_id": ["O1", "O2"], "as_of_at": [moment] * 2, "typology": ["reverse_brushing", "brushing"]}
    )
    snapshots: dict[tuple[str, str], dict[str, Any]] = {("deals", order): {"merchant_id": "M1"} for order in ("O1", "O2")}
    found = findings(told, snapshots, {}, (moment, moment))
    assert found == {
        ("deals", "O1", moment): (
            [SHIELDED],
            {"shielded": {"subject_kind": "merchant", "subject_id": "M1", "action": "allow", "reason": "VICTIM_SHIELDED"}},
        )
    }
    assert shielded(pl.Series(['{"shielded": {"subject_id": "M1"}}', "{}", '{"linked": []}'])) == ["M1"]
