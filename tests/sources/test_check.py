"""The source check says what a run would meet."""

from __future__ import annotations

import json
from pathlib import Path

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.sources.check import Verdict, check
from fairdeal.sources.mapping import load_mapping
from fairdeal.sources.signals import SIGNALS
from tests.sources.making import HEADER, PAYMENTS, source

COMPLETE = PAYMENTS + 'payee_id = "payee"\npaid_at = "t"\ncurrency = { constant = "CNY" }\n'
TEXT = "payment_id,payer_id,amount,payee,t\n" + "".join(f"p{n},a,1.00,m,2018-01-01\n" for n in range(100))


def test_a_complete_source_is_ready_and_its_blind_spots_are_told(tmp_path: Path) -> None:
    found = check(source(tmp_path, COMPLETE, tx_csv=TEXT))
    assert found.verdict is Verdict.READY
    assert found.ok
    assert not found.problems
    lacks = {spot.signal: spot.lacks for spot in found.blind}
    assert lacks["device sharing"] == ("payments.device_id",)
    assert "payer history" not in lacks
    assert {spot.detector for spot in found.blind} == {"payments"}, "tables that are not given are not called blind"
    assert "Verdict: ready" in found.as_text()
    assert json.loads(found.as_json())["verdict"] == "ready"
    assert json.loads(found.as_json())["files"][0]["rows"] == 100


def test_missing_key_columns_leave_measurements(tmp_path: Path) -> None:
    found = check(source(tmp_path, tx_csv=HEADER + "p1,a,1\n"))
    assert found.verdict is Verdict.BACKTEST_ONLY
    assert found.tables[0].missing_required == ("payee_id", "paid_at", "currency")
    assert "key columns not mapped: payee_id, paid_at, currency" in found.as_text()


def test_columns_that_are_not_there_are_named_with_near_ones(tmp_path: Path) -> None:
    found = check(
        source(tmp_path, COMPLETE + 'device_id = "devise"\n', tx_csv=TEXT.replace("payee", "paye").replace(",t\n", ",device\n", 1))
    )
    assert found.verdict is Verdict.UNUSABLE
    text = found.as_text()
    assert "payee_id: no column 'payee' in the files; did you mean paye" in text
    assert "device_id: no column 'devise' in the files; did you mean device" in text


def test_conversions_that_fail_are_shown_with_masked_examples(tmp_path: Path) -> None:
    found = check(source(tmp_path, COMPLETE, tx_csv=TEXT.replace("1.00", "4111111111111111x") + "p,a,1,m,soon\n"))
    assert found.verdict is Verdict.UNUSABLE
    assert "[card number removed]x" in found.as_text()
    assert "4111111111111111" not in found.as_text() + found.as_json()


def test_absent_and_unreadable_files_are_told(tmp_path: Path) -> None:
    found = check(source(tmp_path, COMPLETE))
    assert found.verdict is Verdict.UNUSABLE
    assert "nothing matches tx*" in found.as_text()
    found = check(source(tmp_path, COMPLETE, tx1_csv=TEXT, tx2_csv="no header\n1\n"))
    assert found.verdict is Verdict.UNUSABLE
    assert "tx2.csv: unreadable" in found.as_text()


def test_a_query_that_fails_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    toml = PAYMENTS + '[orders]\nquery = "select nothing from tx"\n'
    found = check(source(tmp_path, toml, tx_csv=TEXT))
    assert found.verdict is Verdict.UNUSABLE
    assert any("[orders] query" in problem for problem in found.problems)


def test_label_shares_are_told(tmp_path: Path) -> None:
    toml = COMPLETE + '[payments.label]\ncolumn = "payer_id"\npositive = ["b"]\nnegative = ["a"]\n'
    assert (
        "labels on the sample: 0 fraud, 100 honest, 0 unlabelled; moment not given" in check(source(tmp_path, toml, tx_csv=TEXT)).as_text()
    )


def test_every_signal_needs_columns_that_exist() -> None:
    for signal in SIGNALS:
        for need in signal.needs:
            table, _, column = need.partition(".")
            assert INBOUND[table].column(column)


def test_the_shipped_mapping_fits_files_of_its_shape(tmp_path: Path) -> None:
    from datetime import datetime

    import polars as pl

    from fairdeal import sources
    from tests.sources.making import parquet

    frame = pl.DataFrame(
        {
            "TRANSACTION_ID": [0, 1],
            "TX_DATETIME": [datetime(2018, 4, 1)] * 2,
            "CUSTOMER_ID": [5, 6],
            "TERMINAL_ID": [7, 8],
            "TX_AMOUNT": [57.16, 0.29],
            "TX_FRAUD": [0, 1],
            "TX_FRAUD_SCENARIO": [0, 1],
        }
    )
    (tmp_path / "fdh").mkdir()
    (tmp_path / "fdh" / "transactions-2018-04.parquet").write_bytes(parquet(frame))
    mapping = load_mapping(Path(sources.__path__[0]) / "handbook.toml", tmp_path)
    assert mapping.source_columns("tx") == ("CUSTOMER_ID", "TERMINAL_ID", "TRANSACTION_ID", "TX_AMOUNT", "TX_DATETIME", "TX_FRAUD")
    assert check(mapping).verdict is Verdict.READY
