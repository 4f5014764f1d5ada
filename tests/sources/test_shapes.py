"""The shapes of data that must work, labels included."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from fairdeal.sources.conversion import candidates
from fairdeal.sources.labelling import LabelCensus, label_candidates, label_census
from fairdeal.sources.mapping import Mapping, MappingError
from tests.sources.making import parquet, reading_of, source

HEAD = '[source]\nname = "s"\n[files.a]\npath = "a.*"\n'


def labels(mapping: Mapping, table: str) -> pl.DataFrame:
    found = label_candidates(mapping, table, reading_of(mapping).raw)
    assert found is not None
    return found


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def test_payments_with_time_and_labels(tmp_path: Path) -> None:
    toml = HEAD + (
        '[payments]\nfrom = "a"\npayment_id = "TX"\npaid_at = { column = "T" }\namount_minor = { column = "A", decimal = 2 }\n'
        '[payments.label]\ncolumn = "F"\npositive = [1]\nnegative = [0]\navailable_after = "7d"\ntypology = "stolen_instrument"\n'
    )
    frame = pl.DataFrame({"TX": [1, 2, 3], "T": [datetime(2018, 4, 1)] * 3, "A": [0.29, 1.0, 2.0], "F": [1, 0, 2], "SCENARIO": [1, 0, 0]})
    mapping = source(tmp_path, toml, a_parquet=parquet(frame))
    found = labels(mapping, "payments")
    assert found.select("subject_kind", "subject_id", "is_fraud", "available_at", "typology", "source").rows() == [
        ("payment", "1", True, utc(2018, 4, 8), "stolen_instrument", "provider"),
        ("payment", "2", False, utc(2018, 4, 8), None, "provider"),
    ]
    assert label_census(mapping, "payments", reading_of(mapping).raw) == LabelCensus(1, 1, 1)


def test_positive_and_unlabelled_reviews_without_time(tmp_path: Path) -> None:
    toml = HEAD + (
        '[reviews]\nfrom = "a"\nreview_id = "id"\nreviewer_id = "user"\nrating = "star"\ntext = "text"\nextra = ["IP"]\n'
        '[reviews.label]\ncolumn = "label"\npositive = ["+"]\n'
    )
    mapping = source(tmp_path, toml, a_csv="id,user,star,text,IP,label\n1,u1,5,很好,10.0.0.1,+\n2,u2,1,差,10.0.0.2,-\n")
    assert labels(mapping, "reviews").select("subject_kind", "subject_id", "is_fraud", "available_at").rows() == [
        ("review", "1", True, None)
    ]
    assert candidates(mapping, "reviews", reading_of(mapping).raw).get_column("x_IP").to_list() == ["10.0.0.1", "10.0.0.2"]
    assert mapping.missing_required("reviews") == ("subject_id", "posted_at")
    assert label_census(mapping, "reviews", reading_of(mapping).raw) == LabelCensus(1, 0, 1)


def test_reviews_with_only_text_and_label(tmp_path: Path) -> None:
    toml = HEAD + '[reviews]\nfrom = "a"\ntext = "t"\n[reviews.label]\ncolumn = "l"\npositive = [true]\nnegative = [false]\n'
    mapping = source(tmp_path, toml, a_jsonl='{"t": "a", "l": true}\n{"t": "b", "l": false}\n{"t": "c"}\n')
    rows = candidates(mapping, "reviews", reading_of(mapping).raw)
    assert rows.get_column("text").to_list() == ["a", "b", "c"]
    assert labels(mapping, "reviews").select("subject_id", "is_fraud").rows() == [("a.jsonl:1", True), ("a.jsonl:2", False)]
    assert label_census(mapping, "reviews", reading_of(mapping).raw) == LabelCensus(1, 1, 1)


def test_events_ordered_by_a_step_number(tmp_path: Path) -> None:
    toml = HEAD + '[payments]\nfrom = "a"\npaid_at = { column = "Time", unit = "step", seconds = 60 }\npayer_id = "Source"\n'
    rows = candidates(mapping := source(tmp_path, toml, a_csv="Time,Source\n0,S1\n61,S2\n"), "payments", reading_of(mapping).raw)
    assert rows.get_column("paid_at").to_list() == [utc(2000, 1, 1), utc(2000, 1, 1, 1, 1)]


SHOPS = HEAD + (
    '[files.answer]\npath = "answer.csv"\n[orders]\nfrom = "a"\nbuyer_id = "user"\nmerchant_id = "shop"\nordered_at = "t"\n'
    '[orders.label]\nfrom = "answer"\nsubject = "merchant_id"\ncolumn = "fake"\npositive = [1]\nnegative = [0]\n'
)
LOG = "user,shop,t\nu1,s1,2018-01-01\nu2,s1,2018-01-05\nu1,s2,2018-01-02\n"


@pytest.mark.parametrize("name", ["merchant_id", "shop"])
def test_labels_per_shop_from_a_second_file(tmp_path: Path, name: str) -> None:
    mapping = source(tmp_path, SHOPS + 'available_after = "1d"\n', a_csv=LOG, answer_csv=f"{name},fake\ns1,1\ns2,0\ns9,1\ns8,\n")
    assert labels(mapping, "orders").select("subject_kind", "subject_id", "is_fraud", "available_at", "__file", "__line").rows() == [
        ("merchant", "s1", True, utc(2018, 1, 6), "answer.csv", 2),
        ("merchant", "s2", False, utc(2018, 1, 3), "answer.csv", 3),
        ("merchant", "s9", True, None, "answer.csv", 4),
    ]


def test_a_second_file_under_another_name_or_none(tmp_path: Path) -> None:
    mapping = source(tmp_path, SHOPS + 'subject_column = "vendor"\n', a_csv=LOG, answer_csv="vendor,fake\ns1,1\n")
    assert labels(mapping, "orders").get_column("subject_id").to_list() == ["s1"]
    mapping = source(tmp_path, SHOPS, a_csv=LOG, answer_csv="vendor,fake\ns1,1\n")
    with pytest.raises(MappingError, match="no column shop or merchant_id"):
        labels(mapping, "orders")
    (tmp_path / "answer.csv").unlink()
    assert labels(mapping, "orders").height == 0


def test_a_shop_labelled_on_each_of_its_orders_is_labelled_once(tmp_path: Path) -> None:
    toml = HEAD + (
        '[orders]\nfrom = "a"\norder_id = "o"\nmerchant_id = "shop"\nordered_at = "t"\n'
        '[orders.label]\nsubject = "merchant_id"\ncolumn = "fake"\npositive = [1]\nnegative = [0]\navailable_after = "1w"\n'
    )
    mapping = source(tmp_path, toml, a_csv="o,shop,t,fake\n1,s1,2018-01-09,1\n2,s1,2018-01-01,1.0\n3,s2,2018-01-01,0\n")
    assert labels(mapping, "orders").select("subject_id", "is_fraud", "available_at").rows() == [
        ("s1", True, utc(2018, 1, 8)),
        ("s2", False, utc(2018, 1, 8)),
    ]


def test_moment_and_typology_may_be_columns(tmp_path: Path) -> None:
    toml = HEAD + (
        '[payments]\nfrom = "a"\npayment_id = "p"\n[payments.label]\ncolumn = "f"\npositive = ["Y"]\nnegative = ["N"]\n'
        'available_at = { column = "known", format = "%d/%m/%Y" }\n'
        'typology = { column = "why", values = { cnp = "stolen_instrument" } }\nsource = "chargeback"\n'
    )
    mapping = source(tmp_path, toml, a_csv="p,f,known,why\n1,Y,02/01/2018,cnp\n2,Y,soon,ato\n3,N,02/01/2018,cnp\n")
    assert labels(mapping, "payments").select("is_fraud", "available_at", "available_at__unparsed", "typology", "source").rows() == [
        (True, utc(2018, 1, 2), None, "stolen_instrument", "chargeback"),
        (True, None, "soon", "ato", "chargeback"),
        (False, utc(2018, 1, 2), None, None, "chargeback"),
    ]


def test_a_mistyped_typology_is_named(tmp_path: Path) -> None:
    toml = (
        HEAD + '[payments]\nfrom = "a"\npayment_id = "p"\n[payments.label]\ncolumn = "f"\npositive = [1]\ntypology = "stolen_instrumnt"\n'
    )
    with pytest.raises(MappingError, match="did you mean stolen_instrument"):
        labels(source(tmp_path, toml, a_csv="p,f\n1,1\n"), "payments")


def test_a_label_column_that_no_file_has_labels_nothing_and_is_reported(tmp_path: Path) -> None:
    toml = HEAD + '[payments]\nfrom = "a"\npayment_id = "p"\n[payments.label]\ncolumn = "f"\npositive = [1]\n'
    mapping = source(tmp_path, toml, a_csv="p,g\n1,1\n")
    assert labels(mapping, "payments").height == 0
    assert reading_of(mapping).files[0].missing == ("f",)


def test_a_table_without_a_rule_has_no_labels(tmp_path: Path) -> None:
    mapping = source(tmp_path, HEAD + '[payments]\nfrom = "a"\npayment_id = "p"\n', a_csv="p\n1\n")
    assert label_candidates(mapping, "payments", reading_of(mapping).raw) is None


def test_a_boolean_column_matches_numbers_and_words(tmp_path: Path) -> None:
    for listed in ("[1]", "[true]", '["true"]', "[1.0]"):
        toml = HEAD + f'[payments]\nfrom = "a"\npayment_id = "p"\n[payments.label]\ncolumn = "f"\npositive = {listed}\n'
        mapping = source(tmp_path, toml, a_parquet=parquet(pl.DataFrame({"p": [1, 2], "f": [True, False]})))
        assert labels(mapping, "payments").get_column("subject_id").to_list() == ["1"]
