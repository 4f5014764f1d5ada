"""The mapping's schema, and what it answers to mistakes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairdeal.data_contracts.typologies import Typology
from fairdeal.sources.mapping import ColumnSource, Format, MappingError, TimeUnit, load_mapping
from tests.sources.making import PAYMENTS, source

FULL = """
[source]
name = "full"
time_zone = "Europe/London"
[files.tx]
path = "a/*.csv.gz"
format = "csv"
encoding = "gb18030"
delimiter = ";"
compression = "gzip"
[files.answer]
path = "answer.csv"
[payments]
from = "tx"
payment_id = { columns = ["a", "b"], join = "-" }
payer_id = "payer"
paid_at = { column = "t", unit = "step", seconds = 60, origin = 2018-04-01T00:00:00Z }
amount_minor = { column = "amount", decimal = 2 }
currency = { constant = "EUR" }
status = { column = "s", values = { ok = "approved", 0 = "declined" }, otherwise = "failed" }
updated_at = { column = "u", format = "%d/%m/%Y %H:%M:%S.%f", time_zone = "UTC" }
extra = ["IP address"]
[payments.label]
column = "fraud"
positive = [1, "yes"]
negative = [0]
available_after = "12h"
typology = "card_testing"
source = "chargeback"
"""


def refusal(folder: Path, toml: str) -> str:
    with pytest.raises(MappingError) as error:
        source(folder, toml)
    message = str(error.value)
    assert "\n" not in message
    assert ";" in message, "the form is where: what was found; what is allowed; what to do"
    return message


def test_reads_the_whole_schema(tmp_path: Path) -> None:
    mapping = source(tmp_path, FULL)
    payments = mapping.table("payments")
    assert mapping.files["tx"].format is Format.CSV
    assert mapping.files["answer"].format is None
    assert payments.columns["payment_id"] == ColumnSource(columns=("a", "b"), join="-")
    assert payments.columns["paid_at"].unit is TimeUnit.STEP
    assert payments.columns["paid_at"].origin == datetime(2018, 4, 1, tzinfo=UTC)
    assert payments.columns["status"].values == {"ok": "approved", "0": "declined"}
    assert payments.label is not None
    assert payments.label.available_after == timedelta(hours=12)
    assert payments.label.typology is Typology.CARD_TESTING
    assert mapping.missing_required("payments") == ("payee_id",)
    assert mapping.source_columns("tx") == ("IP address", "a", "amount", "b", "fraud", "payer", "s", "t", "u")


def test_paths_start_from_the_data_folder_when_given(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    source(tmp_path)
    assert load_mapping(tmp_path / "mapping.toml", tmp_path / "elsewhere").base == (tmp_path / "elsewhere").resolve()
    with pytest.raises(MappingError, match="no such folder"):
        load_mapping(tmp_path / "mapping.toml", tmp_path / "nowhere")


def test_label_subjects_of_another_file_are_sought_under_the_mapped_name_first(tmp_path: Path) -> None:
    toml = """
    [source]
    name = "s"
    [files.log]
    path = "log.csv"
    [files.answer]
    path = "answer.csv"
    [orders]
    from = "log"
    merchant_id = "shop"
    [orders.label]
    from = "answer"
    subject = "merchant_id"
    column = "bad"
    positive = [1]
    """
    assert source(tmp_path, toml).source_columns("answer") == ("bad", "merchant_id", "shop")


def test_a_query_takes_every_column_of_the_sets_that_it_names(tmp_path: Path) -> None:
    toml = '[source]\nname = "s"\n[files.a]\npath = "a"\n[files.b]\npath = "b"\n[files.c]\npath = "c"\n'
    mapping = source(tmp_path, toml + '[orders]\nquery = "select * from A join b using (id)"\n')
    assert mapping.file_sets_of("orders") == ("a", "b")
    assert mapping.source_columns("a") is None
    assert mapping.source_columns("c") == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("[payments]", "[paymnts]"), "did you mean payments"),
        (('payer_id = "payer_id"', 'payer_di = "payer_id"'), "did you mean payer_id"),
        (('from = "tx"', 'from = "txx"'), "did you mean tx?"),
        (('from = "tx"', 'from = "tx"\nquery = "select 1"'), "from and query"),
        (('from = "tx"\n', ""), "neither from nor query"),
        (("decimal = 2", "decimal = 9"), "0 to 6"),
        (("decimal = 2", 'decimal = "currency"'), "no currency mapped"),
        (("decimal = 2", "decimals = 2"), "did you mean decimal"),
        (("decimal = 2", 'format = "%d"'), "format is allowed for instant and date"),
        (("decimal = 2", "constant = 3"), "exactly one of column, columns, constant"),
        (("decimal = 2", "otherwise = 3"), "without values"),
        (('"Asia/Shanghai"', '"Asia/Shanghigh"'), "no time zone"),
        (('name = "shop"', ""), "no name"),
        (('path = "tx*"', ""), "no path"),
        (('path = "tx*"', 'path = "tx*"\nformat = "xls"'), "csv, jsonl, parquet"),
        (('path = "tx*"', 'path = "tx*"\ndelimiter = ";;"'), "one character"),
        (("[files.tx]", "[files.'t x']"), "cannot stand in a query"),
        (('payer_id = "payer_id"', "payer_id = 3"), "a column name or a section"),
        (('name = "shop"', 'name = "shop'), "no TOML"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    assert change[0] in PAYMENTS
    message = refusal(tmp_path, PAYMENTS.replace(*change, 1))
    assert message.startswith("mapping.toml")
    assert told in message


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ("positive = [1]", "no column"),
        ('column = "f"', "no positive"),
        ('column = "f"\npositive = []', "at least one"),
        ('column = "f"\npositive = [1]\nnegative = [1]', "one meaning per value"),
        ('column = "f"\npositive = [1]\navailable_after = "soon"', "7d or 12h"),
        ('column = "f"\npositive = [1]\navailable_after = "7d"\navailable_at = "t"', "one of them"),
        ('column = "f"\npositive = [1]\nsource = "hearsay"', "provider"),
        ('column = "f"\npositive = [1]\nfrom = "answers"', "tx"),
        ('column = "f"\npositive = [1]\nsubject = "shop"', "payment_id"),
        ('column = "f"\npositive = [1]\nsubject_column = "shop"', "without from"),
    ],
)
def test_a_mistake_in_a_label_is_named(tmp_path: Path, entries: str, told: str) -> None:
    message = refusal(tmp_path, PAYMENTS + "[payments.label]\n" + entries)
    assert "[payments.label]" in message
    assert told in message


def test_the_answer_cannot_be_carried_as_a_feature(tmp_path: Path) -> None:
    toml = PAYMENTS + 'extra = ["fraud"]\n[payments.label]\ncolumn = "fraud"\npositive = [1]\n'
    assert "holds the label" in refusal(tmp_path, toml)


def test_formats_that_the_engine_reads_otherwise_are_refused(tmp_path: Path) -> None:
    for form in ("%d/%m %H:%M", "%d/%m/%Y %f", "%Q", "%G-%V", "%d/%m/%Y %z"):
        toml = PAYMENTS + f'paid_at = {{ column = "t", format = "{form}" }}\n'
        assert "paid_at format" in refusal(tmp_path, toml)


def test_a_mapping_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        load_mapping(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(MappingError, match="no TOML"):
        load_mapping(tmp_path / "bad.toml")
