"""Tables of a real PostgreSQL as files: consistent, counted twice, and each row delivered once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import LiteralString

import polars as pl
import psycopg
import pytest

from fairdeal.data_contracts.contract import ContractBreach
from fairdeal.sources import postgresql as snapshots
from fairdeal.sources.conversion import candidates
from fairdeal.sources.discovery import discover
from fairdeal.sources.fetching import Fetching, SourceUnreachable
from fairdeal.sources.mapping import Mapping, MappingError
from fairdeal.sources.postgresql import told_reading
from fairdeal.sources.reading import FileStatus, read
from tests.sources.making import source

FILES = '[source]\nname = "shop"\n[files.tx]\nconnection = "env:SHOP_DSN"\n'
PAYMENTS = '[payments]\nfrom = "tx"\npayment_id = "id"\npaid_at = "at"\namount_minor = { column = "amount", decimal = 2 }\nmethod = "how"\n'
TABLE = FILES + 'postgresql = "shop.payments"\n' + PAYMENTS


@pytest.fixture
def database(postgresql_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A connection to a database with one payment in ``shop.payments``; its address is in ``SHOP_DSN``."""
    monkeypatch.setenv("SHOP_DSN", postgresql_server)
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute("drop schema if exists shop cascade")
        connection.execute("create schema shop")
        connection.execute(
            "create table shop.payments (id bigint, at timestamptz, amount numeric(12, 2), how text, secret text, changed timestamptz)"
        )
        add(connection, 1)
        yield connection


def add(connection: psycopg.Connection, number: int, changed: str = "2026-05-01 10:00+08", how: str | None = "card") -> None:
    connection.execute(
        "insert into shop.payments values (%s, '2026-05-01 09:12+08', 12.50, %s, 'not asked for', %s)", (number, how, changed)
    )


def mapped(folder: Path, toml: str = TABLE) -> Mapping:
    return replace(source(folder, toml), fetching=Fetching(folder / "fetched"))


def rows(mapping: Mapping, *columns: str) -> list[list[tuple[object, ...]]]:
    """Per file of the source, its raw rows."""
    return [read(mapping, [file]).raw["tx"].select(columns).rows() for file in discover(mapping).all]


def test_a_table_is_read_like_a_file(tmp_path: Path, database: psycopg.Connection) -> None:
    add(database, 2, how='a, "quoted"\nline')
    mapping = mapped(tmp_path)
    (file,) = discover(mapping).all
    assert file.path == "postgresql:shop.payments#1"
    reading = read(mapping, [file])
    (report,) = reading.files
    assert (report.status, report.rows_counted, report.rows_read) == (FileStatus.READ, 2, 2)
    assert "secret" not in report.columns, "what nothing needs never leaves the database"
    found = candidates(mapping, "payments", reading.raw)
    assert found.select("payment_id", "amount_minor", "method").rows() == [("1", 1250, "card"), ("2", 1250, 'a, "quoted"\nline')]
    assert str(found["paid_at"][0]) == "2026-05-01 01:12:00+00:00"
    assert found["paid_at__unparsed"].null_count() == 2


def test_each_reading_gives_a_file_with_what_is_new(tmp_path: Path, database: psycopg.Connection) -> None:
    mapping = mapped(tmp_path)
    before = discover(mapping).all
    assert discover(mapping).all == before, "a table that did not change gives the same file, byte for byte"
    add(database, 2)
    database.execute("update shop.payments set amount = 13 where id = 1")
    assert rows(mapping, "id", "amount") == [[("1", "12.50")], [("1", "13.00"), ("2", "12.50")]]
    assert discover(mapping).all[0] == before[0], "what was handed out once is never rewritten"
    database.execute("delete from shop.payments")
    assert len(discover(mapping).all) == 2, "what went is no new row"


def test_null_and_empty_text_are_two_things(tmp_path: Path, database: psycopg.Connection) -> None:
    add(database, 2, how=None)
    add(database, 3, how="")
    mapping = mapped(tmp_path)
    (file,) = discover(mapping).all
    assert pl.read_parquet(file.location(tmp_path))["how"].to_list() == ["card", None, ""]


def test_a_row_that_stands_twice_is_handed_on_twice(tmp_path: Path, database: psycopg.Connection) -> None:
    add(database, 1)
    assert rows(mapped(tmp_path), "id") == [[("1",), ("1",)]]


WATERMARK = TABLE.replace("[payments]", 'watermark = "changed"\noverlap = "1h"\n[payments]')


def test_a_watermark_bounds_what_is_fetched_and_the_overlap_finds_the_late(tmp_path: Path, database: psycopg.Connection) -> None:
    mapping = mapped(tmp_path, WATERMARK)
    add(database, 2, changed="2026-05-01 08:00+08")
    assert rows(mapping, "id") == [[("1",), ("2",)]]
    add(database, 3, changed="2026-05-01 09:30+08")  # written late by a slow transaction: within the overlap
    add(database, 4, changed="2026-05-02 09:30+08")
    add(database, 5, changed="2026-05-01 08:30+08")  # beyond the overlap: such a source must give a longer one
    assert rows(mapping, "id")[1:] == [[("3",), ("4",)]]
    reading = told_reading(discover(mapping).all[-1].location(tmp_path))
    assert (reading.counted, reading.held, reading.watermark) == (3, 1, "2026-05-02 01:30:00+00")


def test_a_row_that_was_touched_and_stayed_the_same_is_not_delivered_again(tmp_path: Path, database: psycopg.Connection) -> None:
    mapping = mapped(tmp_path, WATERMARK)
    discover(mapping)
    database.execute("update shop.payments set changed = '2026-06-01 10:00+08', secret = 'other'")
    assert len(discover(mapping).all) == 1


def test_readings_beside_a_writer_deliver_every_row_once(tmp_path: Path, database: psycopg.Connection, postgresql_server: str) -> None:
    mapping = mapped(tmp_path)
    done = threading.Event()

    def write() -> None:
        with psycopg.connect(postgresql_server) as connection:
            for number in range(2, 400):
                add(connection, number)
                if number % 7 == 0:
                    connection.commit()
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while not done.is_set():
            discover(mapping)
    finally:
        writer.join()
    found = [int(str(number)) for file in rows(mapping, "id") for (number,) in file]
    assert sorted(found) == list(range(1, 400))


def test_a_number_may_be_the_watermark(tmp_path: Path, database: psycopg.Connection) -> None:
    mapping = mapped(tmp_path, WATERMARK.replace('"changed"', '"id"').replace('"1h"', "0"))
    add(database, 7)
    assert rows(mapping, "id") == [[("1",), ("7",)]]
    add(database, 5)
    add(database, 8)
    assert rows(mapping, "id")[1:] == [[("8",)]]


def test_a_text_is_no_watermark(tmp_path: Path, database: psycopg.Connection) -> None:
    mapping = mapped(tmp_path, WATERMARK.replace('"changed"', '"how"'))
    discover(mapping)
    with pytest.raises(MappingError, match="how holds text; allowed are times and numbers"):
        discover(mapping)


JOINED = (
    FILES
    + 'postgresql = "shop.payments"\n[files.why]\nconnection = "env:SHOP_DSN"\nquery = "select id, \'x\' as note from shop.payments;"\n'
    + "[payments]\nquery = \"select tx.id as payment_id, tx.at paid_at, amount::double * 100 amount_minor, 'EUR' currency, note method"
    + ', how payer_id, how payee_id from tx join why using (id)"\n'
)


def test_a_query_sees_the_table_as_it_is_now(tmp_path: Path, database: psycopg.Connection) -> None:
    mapping = mapped(tmp_path, JOINED)
    first = discover(mapping).all
    assert [file.path for file in first] == ["postgresql:shop.payments#1", "postgresql:select#1"]
    assert discover(mapping).all == first
    database.execute("update shop.payments set amount = 13")
    add(database, 2)
    files = discover(mapping).all
    assert [file.path for file in files] == ["postgresql:shop.payments#2", "postgresql:select#2"]
    found = candidates(mapping, "payments", read(mapping, files).raw)
    assert found.select("payment_id", "amount_minor", "method").rows() == [("1", 1300, "x"), ("2", 1250, "x")]


def test_an_empty_table_still_has_its_columns(tmp_path: Path, database: psycopg.Connection) -> None:
    database.execute("delete from shop.payments")
    (report,) = read(mapping := mapped(tmp_path), discover(mapping).all).files
    assert (report.status, report.columns) == (FileStatus.EMPTY, ("id", "at", "amount", "how"))


def test_fewer_rows_than_counted_stop_the_reading(tmp_path: Path, database: psycopg.Connection) -> None:
    cut = tmp_path / "cut.csv"
    cut.write_bytes(b"1,2026-05-01\n")
    with pytest.raises(ContractBreach, match="2 rows counted by the server and 1 fetched"):
        snapshots._rows("[files.tx]", ["id", "at"], cut, 2)


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ("shop.payments", "shop.paymnts", "does not exist"),
        ('"how"', '"haw"', "no column 'haw'; it has id, at, amount, how, secret, changed; did you mean how"),
        ("SHOP_DSN", "OTHER_DSN", "the variable OTHER_DSN is not set"),
    ],
)
def test_what_the_database_has_not_is_told(tmp_path: Path, database: psycopg.Connection, wrong: str, right: str, told: str) -> None:
    with pytest.raises(MappingError, match=told):
        discover(mapped(tmp_path, TABLE.replace(wrong, right)))


def test_a_select_cannot_write(tmp_path: Path, database: psycopg.Connection) -> None:
    toml = FILES + 'query = "with gone as (delete from shop.payments returning *) select * from gone"\n' + PAYMENTS
    with pytest.raises(MappingError, match="one select"):
        discover(mapped(tmp_path, toml))
    assert database.execute("select count(*) from shop.payments").fetchone() == (1,)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("host=127.0.0.1 port=9 dbname=x user=u password=hidden", "the database refuses or does not answer"),
        ("postgresql://u:hidden@127.0.0.1:9/x", "the database refuses or does not answer"),
    ],
)
def test_a_database_out_of_reach_is_an_outside_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, told: LiteralString
) -> None:
    monkeypatch.setenv("SHOP_DSN", address)
    with pytest.raises(SourceUnreachable, match=told) as refused:
        discover(mapped(tmp_path))
    assert "hidden" not in str(refused.value)


def test_a_malformed_address_is_never_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DSN", "password hidden")
    with pytest.raises(MappingError, match="what SHOP_DSN holds is no connection string") as refused:
        discover(mapped(tmp_path))
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        (TABLE.replace("env:SHOP_DSN", "postgresql://u:hidden@h/d"), 'allowed is "env:NAME"'),
        (FILES + PAYMENTS, "one of postgresql and query"),
        (TABLE.replace("shop.payments", "drop table x"), "allowed is a table or schema.table"),
        (TABLE.replace("[payments]", 'path = "x"\n[payments]'), "no such entry 'path'"),
        (TABLE.replace("[payments]", 'overlap = "1h"\n[payments]'), "found without watermark"),
        (TABLE + '[orders]\nquery = "select * from tx"\n', r"read by a query and from by \[payments\]"),
        (WATERMARK.split("[payments]")[0] + '[orders]\nquery = "select * from tx"\n', "watermark: found on a set that a query reads"),
    ],
)
def test_a_mapping_that_cannot_be_followed_is_refused(tmp_path: Path, toml: str, told: str) -> None:
    with pytest.raises(MappingError, match=told) as refused:
        mapped(tmp_path, toml)
    assert "hidden" not in str(refused.value)
