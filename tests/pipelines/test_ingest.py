"""A source's files: each read once, on its day, or reported by name; nothing of a refused delivery counts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fairdeal.pipelines import ingest, running
from fairdeal.pipelines.errors import DataIsWrong
from fairdeal.pipelines.reporting import contract_report
from fairdeal.pipelines.settings import Settings
from fairdeal.sources import reading
from fairdeal.sources.mapping import load_mapping
from tests.pipelines import worlds
from tests.pipelines.looking import EVER, deliver, known, quarantine, run, tree, workplace

#: A card number that no bank gave out; Luhn holds.
CARD = "4539148803436467"
WRITTEN = (CARD, "4539 1488 0343 6467", "4539-1488-0343-6467", "４５３９１４８８０３４３６４６７")

ORDERS_MAPPING = """
[source]
name = "joined-shop"
time_zone = "Asia/Shanghai"

[files.head]
path = "orders-*.csv"

[files.items]
path = "items-*.csv"

[orders]
query = '''
select h.order_id, h.buyer_id, any_value(i.seller_id) merchant_id, any_value(h.ordered_at) ordered_at,
       sum(try_cast(i.price as bigint)) amount_minor, 'CNY' currency
from head h join items i using (order_id) group by h.order_id, h.buyer_id
'''
ordered_at = { column = "ordered_at", format = "%Y-%m-%d %H:%M:%S" }
"""


def joined_shop(folder: Path, day: str, heads: list[str], items: list[str]) -> Path:
    """Orders whose head and items stand in two files a day; gives the mapping."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mapping.toml").write_text(ORDERS_MAPPING, encoding="utf-8")
    (folder / f"orders-{day}.csv").write_text("\n".join(["order_id,buyer_id,ordered_at", *heads, ""]), encoding="utf-8")
    (folder / f"items-{day}.csv").write_text("\n".join(["order_id,seller_id,price", *items, ""]), encoding="utf-8")
    return folder / "mapping.toml"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths of the files whose content was read, in order; the real reader reads them."""
    seen: list[str] = []

    def watched(mapping: Any, files: Any, *rest: Any) -> Any:
        seen.extend(file.path for file in files)
        return reading.read(mapping, files, *rest)

    monkeypatch.setattr(ingest, "read", watched)
    return seen


def test_a_file_is_read_once(settings: Settings, tmp_path: Path, parsed: list[str]) -> None:
    mapping = worlds.shop(tmp_path / "shop", {"2026-01-02": [worlds.payment(1, "2026-01-02 12:00:00")]})
    with workplace(settings, mapping) as place:
        assert deliver(place) is not None
        assert deliver(place) is None
    assert parsed == ["payments-2026-01-02.csv"]


def test_a_file_waits_for_its_day_and_is_peeked_at_once(settings: Settings, tmp_path: Path, parsed: list[str]) -> None:
    days = {day: [worlds.payment(number, f"{day} 12:00:00")] for number, day in enumerate(("2026-01-02", "2026-01-05"))}
    mapping = worlds.shop(tmp_path / "shop", days)
    with workplace(settings, mapping) as place:
        first = deliver(place, settings.day_bounds("2026-01-02")[1])
        assert first is not None
        assert [file.path for file in first.files] == ["payments-2026-01-02.csv"]
        assert deliver(place, settings.day_bounds("2026-01-03")[1]) is None
        assert deliver(place, settings.day_bounds("2026-01-04")[1]) is None
        assert parsed.count("payments-2026-01-05.csv") == 1
        due = deliver(place, settings.day_bounds("2026-01-05")[1])
        assert due is not None
        assert [file.path for file in due.files] == ["payments-2026-01-05.csv"]
        assert len(known(place, "payments")) == 2


def test_a_file_with_one_row_of_the_day_is_read_and_the_rest_of_it_stays_unknown_till_its_moment(
    settings: Settings, tmp_path: Path
) -> None:
    lines = [worlds.payment(1, "2026-01-02 12:00:00"), worlds.payment(2, "2026-01-09 12:00:00")]
    with workplace(settings, worlds.shop(tmp_path / "shop", {"all": lines})) as place:
        _, close = settings.day_bounds("2026-01-02")
        delivery = deliver(place, close)
        assert delivery is not None
        assert delivery.report["tables"]["payments"]["rows_in"] == 2
        assert [row["payment_id"] for row in known(place, "payments", close)] == ["P1"]
        assert [row["payment_id"] for row in known(place, "payments")] == ["P1", "P2"]


def test_unreadable_partial_empty_and_absent_are_four_things_and_the_exit_code_tells(
    settings: Settings, tmp_path: Path, run_day: Callable[..., dict[str, Any]]
) -> None:
    good = [worlds.payment(number, "2026-01-02 12:00:00") for number in range(3)]
    mapping = worlds.shop(tmp_path / "shop", {"good": good, "empty": []})
    fine = run_day(mapping, "2026-01-02")
    assert fine["files"] == {"empty": ["payments-empty.csv"], "read": ["payments-good.csv"]}
    assert running.exit_code(fine) == 0

    (tmp_path / "shop" / "payments-broken.csv").write_bytes(b"\x00\x01\xff\xfe" * 50)
    lines = [worlds.payment(number, "2026-01-03 12:00:00") + "\n" for number in range(10, 40)]
    (tmp_path / "shop" / "payments-cut.csv").write_text(worlds.HEADER + "".join(lines) + '"P99,', encoding="utf-8")
    wrong = run_day(mapping, "2026-01-03")
    assert wrong["files"]["unreadable"] == ["payments-broken.csv"]
    assert wrong["files"]["partial"] == ["payments-cut.csv"]
    assert (wrong["rows_in"]["payments"], wrong["accepted"]["payments"], wrong["quarantined"]["payments"]) == (31, 30, 1)
    assert running.exit_code(wrong) == 1
    with workplace(settings, mapping) as place:
        told = {file["path"]: file["message"] for file in (place.ledger.step_result(wrong["run_id"], "ingest") or {})["files"]}
    assert "payments-broken.csv: unreadable" in told["payments-broken.csv"]

    for file in (tmp_path / "shop").glob("payments-*"):
        file.unlink()
    absent = run_day(mapping, "2026-01-04")
    assert absent["absent"] == ["tx"]
    assert running.exit_code(absent) == 3


def test_a_delivery_with_too_many_bad_rows_is_refused_leaves_nothing_and_can_be_mended(
    settings: Settings, tmp_path: Path, run_day: Callable[..., dict[str, Any]]
) -> None:
    lines = [worlds.payment(number, "2026-01-02 12:00:00", amount="ten" if number < 2 else "10.00") for number in range(10)]
    mapping = worlds.shop(tmp_path / "shop", {"2026-01-02": lines})
    told = r"payments: 2 of 10 rows break the contract, most often amount_minor:type \(2\); allowed is .*0\.05; .*correct"
    for _ in range(2):
        with pytest.raises(DataIsWrong, match=told):
            run_day(mapping, "2026-01-02")
    with sqlite3.connect(settings.home / "ledger.db") as ledger:
        for table in ("source_file", "source_peek", "batch", "lake_file", "run", "step", "label", "feed"):
            assert ledger.execute(f"select count(*) from {table}").fetchone() == (0,), table
        refused = ledger.execute("select source, report from refused_delivery").fetchall()
    assert [source for source, _ in refused] == ["little-shop"], "a refusal is told once, however often it comes"
    assert json.loads(refused[0][1])["tables"]["payments"]["breached"] == 2
    assert not (settings.home / "feed").exists()

    worlds.shop(tmp_path / "shop", {"2026-01-02": [worlds.payment(number, "2026-01-02 12:00:00") for number in range(10)]})
    mended = run_day(mapping, "2026-01-02")
    assert mended["revision"] == 1
    assert mended["accepted"]["payments"] == 10


def test_duplicates_do_not_count_towards_the_limit(settings: Settings, tmp_path: Path) -> None:
    line = worlds.payment(1, "2026-01-02 12:00:00")
    with workplace(settings, worlds.shop(tmp_path / "shop", {"2026-01-02": [line] * 10})) as place:
        delivery = ingest.take_in(place.mapping, place.lake, until=EVER, progress=lambda text: None)
        assert delivery is not None
        assert delivery.report["tables"]["payments"]["quarantined"] == 9
        assert ingest.over_limit(delivery) == []


def test_rows_that_happened_before_a_finished_day_ended_are_counted_as_late(
    tmp_path: Path, run_day: Callable[..., dict[str, Any]], settings: Settings
) -> None:
    mapping = worlds.shop(tmp_path / "shop", {"2026-01-02": [worlds.payment(1, "2026-01-02 12:00:00")]})
    run_day(mapping, "2026-01-02")
    lines = [worlds.payment(2, "2026-01-02 13:00:00"), worlds.payment(3, "2026-01-03 12:00:00")]
    worlds.shop(tmp_path / "shop", {"2026-01-03": lines})
    summary = run_day(mapping, "2026-01-03")
    with workplace(settings, mapping) as place:
        report = (place.ledger.step_result(summary["run_id"], "ingest") or {})["tables"]["payments"]
    assert (report["accepted"], report["late"]) == (2, 1)


def test_a_query_joins_files_and_reads_its_set_again_without_counting_known_rows(settings: Settings, tmp_path: Path) -> None:
    mapping = joined_shop(
        tmp_path / "shop", "1", ["O1,B1,2026-01-02 10:00:00", "O2,B2,2026-01-02 11:00:00"], ["O1,M1,500", "O1,M1,700", "O2,M2,900"]
    )
    with workplace(settings, mapping) as place:
        first = deliver(place)
        assert first is not None
        assert [(row["order_id"], row["merchant_id"], row["amount_minor"]) for row in known(place, "orders")] == [
            ("O1", "M1", 1_200),
            ("O2", "M2", 900),
        ]
        joined_shop(tmp_path / "shop", "2", ["O3,B1,2026-01-03 10:00:00"], ["O3,M1,100"])
        second = deliver(place)
        assert second is not None
        report = second.report["tables"]["orders"]
        assert (report["rows_in"], report["accepted"], report["quarantined"]) == (1, 1, 0)
        assert len(known(place, "orders")) == 3
        assert deliver(place) is None


def test_a_late_item_corrects_the_order_that_a_query_made(settings: Settings, tmp_path: Path) -> None:
    mapping = joined_shop(tmp_path / "shop", "1", ["O1,B1,2026-01-02 10:00:00"], ["O1,M1,500"])
    with workplace(settings, mapping) as place:
        deliver(place)
        joined_shop(tmp_path / "shop", "2", [], ["O1,M1,250"])
        second = deliver(place)
        assert second is not None
        assert second.report["tables"]["orders"]["corrections"] == 1
        assert [row["amount_minor"] for row in known(place, "orders")] == [750]


def test_a_row_that_the_reader_rejects_is_set_aside_also_where_a_query_reads_the_file(settings: Settings, tmp_path: Path) -> None:
    mapping = joined_shop(tmp_path / "shop", "1", ["O1,B1,2026-01-02 10:00:00", "O2,too,many,values,here"], ["O1,M1,500"])
    with workplace(settings, mapping) as place:
        delivery = deliver(place)
        assert delivery is not None
        report = delivery.report["tables"]["orders"]
        assert (report["rows_in"], report["accepted"], report["quarantined"]) == (2, 1, 1)
        assert quarantine(place).select("table", "file", "line").rows() == [("orders", "orders-1.csv", 3)]
        joined_shop(tmp_path / "shop", "2", ["O3,B1,2026-01-03 10:00:00"], ["O3,M1,100"])
        again = deliver(place)
        assert again is not None
        assert again.report["tables"]["orders"]["quarantined"] == 0


def test_a_row_that_the_reader_rejects_from_a_file_of_labels_is_set_aside(settings: Settings, tmp_path: Path) -> None:
    mapping = worlds.shop(tmp_path / "shop", {"2026-01-02": [worlds.payment(1, "2026-01-02 12:00:00")]})
    text = mapping.read_text(encoding="utf-8").partition("[payments.label]")[0]
    text = text.replace("[payments]", '[files.answer]\npath = "answer.csv"\n\n[payments]')
    text += '[payments.label]\nfrom = "answer"\ncolumn = "verdict"\npositive = ["bad"]\nnegative = ["good"]\navailable_after = "1d"\n'
    mapping.write_text(text, encoding="utf-8")
    (tmp_path / "shop" / "answer.csv").write_text("payment_id,verdict\nP1,bad\nP2,good,too,many\n", encoding="utf-8")
    with workplace(settings, mapping) as place:
        delivery = deliver(place)
        assert delivery is not None
        report = delivery.report["tables"]["labels"]
        assert (report["rows_in"], report["accepted"], report["quarantined"]) == (2, 1, 1)
        assert quarantine(place).select("table", "file", "line").rows() == [("labels", "answer.csv", 3)]


def everything_under(home: Path) -> str:
    """All that is kept, as text: databases as their bytes, Parquet decoded, the rest as it is."""
    parts = []
    for name, content in tree(home).items():
        if name.endswith(".parquet"):
            parts.append(str(pl.read_parquet(home / name).to_dict(as_series=False)))
        else:
            parts.append(content.decode("utf-8", errors="ignore"))
    return "\n".join(parts)


def test_a_card_number_is_kept_nowhere(settings: Settings, tmp_path: Path) -> None:
    lines = [worlds.payment(number, "2026-01-02 12:00:00", payer=f"B{number}") for number in range(200)]
    for number, written in enumerate(WRITTEN):
        lines += [
            worlds.payment(1000 + number, "2026-01-02 12:00:00", token=written),  # where an instrument stands
            worlds.payment(2000 + number, "2026-01-02 12:00:00", amount=written),  # where it cannot be read as the column's type
            f"P{3000 + number},B1,M1,2026-01-02 12:00:00,1.00,T1,,0,{written}",  # in a row that never became values
            worlds.payment(4000 + number, "2026-01-02 12:00:00", fraud=written),  # in an extra
        ]
    mapping = worlds.shop(tmp_path / "shop", {"2026-01-02": lines})
    text = mapping.read_text(encoding="utf-8").partition("[payments.label]")[0]
    mapping.write_text(text + 'extra = ["fraud"]\n', encoding="utf-8")
    said: list[str] = []
    start, end = settings.day_bounds("2026-01-02")
    summary = running.run_interval(settings, load_mapping(mapping), start, end, said.append)
    assert summary["quarantined"]["payments"] == 2 * len(WRITTEN)
    kept = everything_under(settings.home) + "\n".join(said) + str(summary)
    assert "tok_" in kept
    assert [written for written in WRITTEN if written in kept] == []


def test_a_refused_delivery_stands_in_the_contract_report(settings: Settings, tmp_path: Path) -> None:
    mapping = worlds.shop(tmp_path / "shop", {"2026-01-02": [worlds.payment(number, "never") for number in range(9)]})
    with pytest.raises(DataIsWrong):
        run(settings, mapping, "2026-01-02")
    page = contract_report(settings, 30)
    assert "refused as a whole, nothing of it counts" in page
    assert "2026-01-02" in page
