"""Raw rows into candidate rows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.sources.conversion import candidates
from tests.sources.making import PAYMENTS, parquet, reading_of, source


def test_values_land_in_their_storage_type_and_failures_beside_them(tmp_path: Path) -> None:
    toml = PAYMENTS + 'paid_at = "t"\nis_weak_credential = "weak"\nsafety_tier = "tier"\nstatus = "s"\n'
    text = "payment_id,payer_id,amount,t,weak,tier,s\n p1 ,17850.0,0.29,2018-04-01 08:00,是,3.0,approved\np2,,x,yesterday,maybe,1.5,\n"
    rows = candidates(mapping := source(tmp_path, toml, tx_csv=text), "payments", reading_of(mapping).raw)
    schema = INBOUND["payments"].polars_schema()
    assert all(rows.schema[name] == schema[name] for name in rows.columns if name in schema)
    assert rows.row(0, named=True) == {
        "__file": "tx.csv",
        "__line": 2,
        "payment_id": "p1",
        "payer_id": "17850.0",
        "paid_at": datetime(2018, 4, 1, tzinfo=UTC),
        "paid_at__unparsed": None,
        "amount_minor": 29,
        "amount_minor__unparsed": None,
        "status": "approved",
        "safety_tier": 3,
        "safety_tier__unparsed": None,
        "is_weak_credential": True,
        "is_weak_credential__unparsed": None,
    }
    assert rows.row(1, named=True) == {
        "__file": "tx.csv",
        "__line": 3,
        "payment_id": "p2",
        "payer_id": None,
        "paid_at": None,
        "paid_at__unparsed": "yesterday",
        "amount_minor": None,
        "amount_minor__unparsed": "x",
        "status": None,
        "safety_tier": None,
        "safety_tier__unparsed": "1.5",
        "is_weak_credential": None,
        "is_weak_credential__unparsed": "maybe",
    }


def test_constants_joins_and_value_maps(tmp_path: Path) -> None:
    toml = PAYMENTS.replace('payment_id = "payment_id"', 'payment_id = { columns = ["payment_id", "payer_id"], join = "-" }') + (
        'currency = { constant = "EUR" }\n'
        'status = { column = "s", values = { 1 = "approved", NULL = "" }, otherwise = "failed" }\n'
        'method = { column = "s", values = { 1 = "card" } }\n'
    )
    text = "payment_id,payer_id,amount,s\np1,a,1,1\np2,,1,2\np3,c,1,NULL\np4,d,1,\n"
    rows = candidates(mapping := source(tmp_path, toml, tx_csv=text), "payments", reading_of(mapping).raw)
    assert rows.select("payment_id", "currency", "status", "method").rows() == [
        ("p1-a", "EUR", "approved", "card"),
        (None, "EUR", "failed", "2"),
        ("p3-c", "EUR", None, None),
        ("p4-d", "EUR", None, None),
    ]


def test_extras_are_numbers_only_where_all_are_quantities(tmp_path: Path) -> None:
    toml = PAYMENTS + 'extra = ["n", "mixed", "long id", "padded", "flag", "none"]\n'
    text = "payment_id,payer_id,amount,n,mixed,long id,padded,flag,none\n"
    text += "p1,a,1,1.5,1,4111111111111111,007,true,\np2,b,1,,x,4111111111111112,1,false,\n"
    rows = candidates(mapping := source(tmp_path, toml, tx_csv=text), "payments", reading_of(mapping).raw)
    assert rows.select("x_n", "x_mixed", "x_long_id", "x_padded", "x_none").rows() == [
        (1.5, "1", "4111111111111111", "007", None),
        (None, "x", "4111111111111112", "1", None),
    ]
    frame = pl.DataFrame({"payment_id": [1], "payer_id": [2], "amount": [1], "n": [3], "mixed": [4111111111111111.0], "flag": [True]})
    (tmp_path / "tx.csv").unlink()
    rows = candidates(mapping := source(tmp_path, toml, tx_parquet=parquet(frame)), "payments", reading_of(mapping).raw)
    assert rows.select("x_n", "x_mixed", "x_flag", "payment_id").rows() == [(3.0, "4111111111111111", 1.0, "1")]


def test_a_review_without_words_is_a_review(tmp_path: Path) -> None:
    toml = '[source]\nname = "s"\n[files.r]\npath = "r*"\n[reviews]\nfrom = "r"\ntext = "words"\nrating = "stars"\n'
    rows = candidates(mapping := source(tmp_path, toml, r_csv="words,stars\n好,5\n,1\n"), "reviews", reading_of(mapping).raw)
    assert rows.get_column("text").to_list() == ["好", ""]


def test_no_rows_and_missing_columns_give_typed_columns(tmp_path: Path) -> None:
    mapping = source(tmp_path, PAYMENTS + 'extra = ["e"]\n')
    rows = candidates(mapping, "payments", reading_of(mapping).raw)
    assert rows.height == 0
    assert rows.schema["amount_minor"] == pl.Int64
    rows = candidates(source(tmp_path, tx_csv="payment_id\np1\n"), "payments", {"tx": pl.DataFrame({"__file": ["f"], "__line": [2]})})
    assert rows.row(0, named=True)["amount_minor"] is None
    assert candidates(mapping, "payments", {}).height == 0


def test_what_the_mapping_does_not_name_is_not_even_read(tmp_path: Path) -> None:
    mapping = source(tmp_path, tx_csv="payment_id,payer_id,amount,answer\np1,a,1,fraud\n")
    assert "answer" not in reading_of(mapping).raw["tx"].columns
    assert reading_of(mapping).files[0].columns == ("payment_id", "payer_id", "amount", "answer")
