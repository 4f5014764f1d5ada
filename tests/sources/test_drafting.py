"""A drafted mapping finds the key columns of files that nobody described, says why, and says what it does not know."""

from __future__ import annotations

import re
import tempfile
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.sources.check import Verdict, check
from fairdeal.sources.drafting import draft
from fairdeal.sources.drafting_profiles import profile
from fairdeal.sources.drafting_words import COLUMN_WORDS, STATES, likeness, words
from fairdeal.sources.mapping import MappingError, load_mapping
from tests.sources.making import parquet

README = """no,customer,shop,time,amount
1001,C7,S1,2026-05-01 09:12,35.00
1002,C8,S1,2026-05-01 09:40,12.50
1003,C7,S2,2026-05-01 23:05,4999.00
1004,C9,S1,2026-05-01 10:02,12.50
"""


def drafted(folder: Path, *names: str, **tables: str) -> dict[str, Any]:
    """The draft for files of a folder, read back."""
    paths = [folder / name for name in names] or [folder]
    return tomllib.loads(draft(paths, folder, {("" if name == "every" else name): table for name, table in tables.items()}))


def verdict(folder: Path, text: str) -> Verdict:
    (folder / "drafted.toml").write_text(text, encoding="utf-8")
    return check(load_mapping(folder / "drafted.toml")).verdict


def test_a_plain_payments_file_needs_only_its_currency(tmp_path: Path) -> None:
    (tmp_path / "payments.csv").write_text(README, encoding="utf-8")
    text = draft([tmp_path / "payments.csv"], tmp_path)
    assert tomllib.loads(text)["payments"] == {
        "from": "payments",
        "payment_id": "no",
        "payer_id": "customer",
        "payee_id": "shop",
        "paid_at": "time",
        "amount_minor": {"column": "amount", "decimal": 2},
        "currency": {"constant": "XXX"},
    }
    assert re.findall(r"TODO.*", text)[1:] == [
        "TODO the zone of times that name none",
        'TODO put the ISO code of your amounts here, for example "CNY"',
    ]
    assert "different in every row" in text
    assert verdict(tmp_path, text) is Verdict.READY


ALIPAY = """交易号,商家订单号,交易创建时间,付款时间,最近修改时间,类型,交易对方,商品名称,金额（元）,收/支,交易状态,备注
2026050122001,T200P1,2026-05-01 09:12:00,2026-05-01 09:12:31,2026-05-01 09:12:31,即时到账交易,张**,手机壳,35.00,收入,交易成功,
2026050122002,T200P2,2026-05-01 09:40:00,2026-05-01 09:41:02,2026-05-03 19:40:02,担保交易,李**,数据线,12.50,收入,交易关闭,
2026050122003,T200P3,2026-05-01 23:05:00,2026-05-01 23:05:44,2026-05-01 23:05:44,即时到账交易,王**,耳机,4999.00,收入,等待确认收货,加急
"""


def test_a_chinese_bill_in_gb18030(tmp_path: Path) -> None:
    (tmp_path / "alipay_record.csv").write_bytes(ALIPAY.encode("gb18030"))
    text = draft([tmp_path / "alipay_record.csv"], tmp_path)
    found = tomllib.loads(text)
    assert found["source"]["time_zone"] == "Asia/Shanghai"
    payments = found["payments"]
    assert {name: payments[name] for name in ("payment_id", "payer_id", "paid_at", "amount_minor", "order_id", "currency")} == {
        "payment_id": "交易号",
        "payer_id": "交易对方",
        "paid_at": "付款时间",
        "amount_minor": {"column": "金额（元）", "decimal": 2},
        "order_id": "商家订单号",
        "currency": {"constant": "CNY"},
    }
    assert payments["status"]["values"] == {"交易成功": "approved", "交易关闭": "reversed", "等待确认收货": "pending"}
    assert verdict(tmp_path, text) is Verdict.READY


TAOBAO = """订单编号,买家会员名,总金额,买家实际支付金额,订单状态,买家留言,收货地址,订单创建时间,宝贝标题,店铺名称,宝贝总数量
1001,张,40.00,38.00,交易成功,请发顺丰,浙江杭州A路1号,2026/5/1 9:12,手机壳,小店,1
1002,李,12.50,12.50,交易关闭,,浙江杭州B路2号,2026/5/1 9:40,数据线,小店,2
"""


def test_a_chinese_order_export(tmp_path: Path) -> None:
    (tmp_path / "ExportOrderList.csv").write_text(TAOBAO, encoding="utf-8-sig")
    text = draft([tmp_path / "ExportOrderList.csv"], tmp_path)
    orders = tomllib.loads(text)["orders"]
    assert [orders[name] for name in ("order_id", "buyer_id", "merchant_id", "ordered_at")] == [
        "订单编号",
        "买家会员名",
        "店铺名称",
        "订单创建时间",
    ]
    assert orders["amount_minor"] == {"column": "买家实际支付金额", "decimal": 2}
    assert verdict(tmp_path, text) is Verdict.READY


def handbook(days: int = 30) -> pl.DataFrame:
    """Payments in the shape of the Handbook's files."""
    count = days * 4
    return pl.DataFrame(
        {
            "TRANSACTION_ID": range(count),
            "TX_DATETIME": [datetime(2018, 4, 1) + timedelta(hours=6 * row) for row in range(count)],
            "CUSTOMER_ID": [row % 17 for row in range(count)],
            "TERMINAL_ID": [row % 11 for row in range(count)],
            "TX_AMOUNT": [10 + row / 7 for row in range(count)],
            "TX_TIME_SECONDS": [row * 21_600 for row in range(count)],
            "TX_FRAUD": [int(row % 13 == 0) for row in range(count)],
            "TX_FRAUD_SCENARIO": [3 * int(row % 13 == 0) for row in range(count)],
        }
    )


def test_labels_are_found_and_the_answer_is_never_a_feature(tmp_path: Path) -> None:
    (tmp_path / "transactions-2018-04.parquet").write_bytes(parquet(handbook()))
    (tmp_path / "transactions-2018-05.parquet").write_bytes(parquet(handbook(10)))
    text = draft([tmp_path], tmp_path)
    found = tomllib.loads(text)
    assert found["files"] == {"transactions": {"path": "transactions-*.parquet"}}
    assert list(found["payments"].items())[:6] == [
        ("from", "transactions"),
        ("payment_id", "TRANSACTION_ID"),
        ("payer_id", "CUSTOMER_ID"),
        ("payee_id", "TERMINAL_ID"),
        ("paid_at", "TX_DATETIME"),
        ("amount_minor", {"column": "TX_AMOUNT", "decimal": 2}),
    ]
    assert found["payments"]["label"] == {"column": "TX_FRAUD", "positive": [1], "negative": [0], "available_after": "7d"}
    assert "SCENARIO" not in text
    assert verdict(tmp_path, text) is Verdict.READY


def test_rows_that_are_numbered_but_not_timed(tmp_path: Path) -> None:
    rows = "".join(f"{row},S{row % 7},T{row % 5},{row / 4},L{row % 3},{row % 3}\n" for row in range(60))
    (tmp_path / "transactions.csv").write_text("Time,Source,Target,Amount,Location,Labels\n" + rows, encoding="utf-8")
    text = draft([tmp_path], tmp_path)
    payments = tomllib.loads(text)["payments"]
    assert payments["payment_id"] == "Time"
    assert payments["paid_at"] == {"column": "Time", "unit": "step", "seconds": 60}
    assert payments["label"]["positive"] == [1]
    assert "2 counts as unlabelled" in text
    assert verdict(tmp_path, text) is Verdict.READY


def marketplace(folder: Path) -> None:
    """Files in the shape of Olist's: what an order is stands in several of them."""
    orders, items, paid = (
        ["order_id,customer_id,order_status,order_purchase_timestamp"],
        ["order_id,order_item_id,product_id,seller_id,price"],
        [],
    )
    paid.append("order_id,payment_sequential,payment_type,payment_value")
    for row in range(40):
        orders.append(f"o{row},c{row},delivered,2018-01-{1 + row % 28:02d} 10:00:00")
        items += [f"o{row},{item},p{row % 9},s{row % 5},{10 + row}.50" for item in range(1, 2 + (row % 4 == 0))]
        paid += [f"o{row},{turn},{'voucher' if turn > 1 else 'credit_card'},{5 + row}.25" for turn in range(1, 2 + (row % 3 == 0))]
    for name, lines in (("orders", orders), ("order_items", items), ("order_payments", paid)):
        (folder / f"olist_{name}_dataset.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_what_stands_in_another_file_is_joined(tmp_path: Path) -> None:
    marketplace(tmp_path)
    text = draft([tmp_path], tmp_path)
    found = tomllib.loads(text)
    assert set(found["files"]) == {"orders", "order_items", "order_payments"}, "words that stand in every name tell nothing apart"
    assert {name: found["orders"][name] for name in ("order_id", "buyer_id", "ordered_at", "merchant_id", "amount_minor")} == {
        "order_id": "order_id",
        "buyer_id": "customer_id",
        "ordered_at": "order_purchase_timestamp",
        "merchant_id": "order_items_seller_id",
        "amount_minor": {"column": "order_items_price", "decimal": 2},
    }
    assert found["payments"]["payment_id"] == {"columns": ["order_id", "payment_sequential"], "join": "-"}
    assert found["payments"]["payer_id"] == "orders_customer_id"
    assert found["payments"]["paid_at"] == "orders_order_purchase_timestamp"
    assert "which shares order_id (100% of the sampled rows are found there)" in text
    assert verdict(tmp_path, text) is Verdict.READY


def test_lines_of_an_invoice_are_priced_and_told_apart_from_orders(tmp_path: Path) -> None:
    rows = "".join(
        f"{536 + row // 3},A{row % 7},{2 - 4 * (row == 8)},12/{1 + row % 9}/2010 8:26,2.5{row % 2},{17850 + row // 3}.0,United Kingdom\n"
        for row in range(30)
    )
    (tmp_path / "invoices.csv").write_text(
        "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n" + rows, encoding="utf-8"
    )
    text = draft([tmp_path], tmp_path)
    found = tomllib.loads(text)
    assert found["source"]["time_zone"] == "Europe/London"
    orders = found["orders"]
    assert (orders["buyer_id"], orders["listing_id"], orders["currency"]) == ("CustomerID", "StockCode", {"constant": "GBP"})
    assert orders["ordered_at"]["format"] == "%d/%m/%Y %H:%M"
    assert "%m/%d/%Y %H:%M fits every sampled value as well" in text
    assert "rows that take pieces back may be refunds" in text
    assert "try_cast" in orders["query"]


def test_seconds_milliseconds_and_minor_units_are_told_by_values_and_names(tmp_path: Path) -> None:
    lines = [
        f'{{"pay_id": "p{row}", "payer": "u{row % 3}", "payee": "m", "ts": {1767229239716 + row}, "amount_fen": {900 + row}}}'
        for row in range(9)
    ]
    (tmp_path / "payments-2026-01-01.jsonl").write_text("\n".join(lines), encoding="utf-8")
    payments = drafted(tmp_path)["payments"]
    assert payments["paid_at"] == {"column": "ts", "unit": "ms"}
    assert payments["amount_minor"] == "amount_fen"
    assert payments["currency"] == {"constant": "CNY"}


def test_a_table_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(README, encoding="utf-8")
    assert set(drafted(tmp_path, "export.csv", every="orders")) == {"source", "files", "orders"}
    assert drafted(tmp_path, "export.csv", **{"export.csv": "orders"})["orders"]["order_id"] == "no"
    with pytest.raises(MappingError, match=r"--table paymnts: no such table; .*did you mean payments"):
        drafted(tmp_path, "export.csv", every="paymnts")
    with pytest.raises(MappingError, match="no such file among those given"):
        drafted(tmp_path, "export.csv", other="orders")


def test_what_fits_nothing_is_left_to_a_person(tmp_path: Path) -> None:
    (tmp_path / "weather.csv").write_text("town,mm\nA,1.5\nB,2.5\n", encoding="utf-8")
    text = draft([tmp_path], tmp_path)
    assert "looks like none of our tables" in text
    assert "TODO no file looks like one of our tables" in text


@pytest.mark.parametrize(("name", "content"), [("a.csv", b"a,a\n1,2\n"), ("b.parquet", b"PAR1 nothing PAR1"), ("none.csv", None)])
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(MappingError, match=name):
        draft([tmp_path / name], tmp_path)


def test_lines_before_the_header_are_told(tmp_path: Path) -> None:
    (tmp_path / "alipay_record.csv").write_bytes(("支付宝交易记录明细查询\n账号:[a@x]\n" + ALIPAY).encode("gb18030"))
    with pytest.raises(MappingError, match="first line is the header; take away what stands before it"):
        draft([tmp_path], tmp_path)


def test_names_that_could_break_the_draft_are_quoted(tmp_path: Path) -> None:
    (tmp_path / 'payments "of" [may].csv').write_text('"a ""b""\\","=x\'\'\'",amount\n1,2,3.50\n', encoding="utf-8")
    found = drafted(tmp_path)
    assert check_paths(found, tmp_path) == ['payments "of" [may].csv']


def check_paths(found: dict[str, Any], folder: Path) -> list[str]:
    """Names of the files that the draft's globs find."""
    (only,) = found["files"].values()
    return sorted(path.name for path in folder.glob(only["path"]))


def test_a_card_number_is_not_written_into_a_draft(tmp_path: Path) -> None:
    rows = "".join(f"{row},u,m,2026-05-01,1.5{row},4111111111111111\n" for row in range(5))
    (tmp_path / "payments.csv").write_text("id,payer,payee,time,amount,type\n" + rows, encoding="utf-8")
    text = draft([tmp_path], tmp_path)
    assert "4111111111111111" not in text
    assert tomllib.loads(text)["payments"]["method"] == "type"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["2026-05-01T09:12:00+08:00"], {"is_zoned": True}),
        (["20260501", "20260502"], {"format": "%Y%m%d"}),
        (["01.05.2026 10:00"], {"format": "%d.%m.%Y %H:%M"}),
        (["13/05/2026"], {"format": "%d/%m/%Y", "other": None}),
        (["01/05/2026"], {"format": "%d/%m/%Y", "other": "%m/%d/%Y"}),
        (["05/13/2026"], {"format": "%m/%d/%Y", "other": None}),
        (["2026年5月1日"], {"format": "%Y年%m月%d日"}),
        (["1767229239"], {"unit": "s"}),
    ],
)
def test_times_are_recognised(values: list[str], told: dict[str, Any]) -> None:
    moment = profile(pl.DataFrame({"t": values}), "t").moment
    assert moment is not None
    assert {name: getattr(moment, name) for name in told} == told


@pytest.mark.parametrize("value", ["12", "soon", "12.50", "1234567"])
def test_what_is_no_time_is_none(value: str) -> None:
    assert profile(pl.DataFrame({"t": [value]}), "t").moment is None


@pytest.mark.parametrize(
    ("name", "word", "fits"),
    [
        ("CustomerID", "customer", True),
        ("order_purchase_timestamp", "purchase timestamp", True),
        ("商家订单号", "商家", False),
        ("商家订单号", "商家订单号", True),
        ("tone", "to", False),
        ("买家留言", "买家", False),
    ],
)
def test_names_fit_by_their_words(name: str, word: str, fits: bool) -> None:
    assert (likeness(name, [word], ("order",)) >= 5) is fits


def test_the_vocabulary_speaks_of_columns_and_values_that_exist() -> None:
    for table, columns in COLUMN_WORDS.items():
        assert set(columns) <= set(INBOUND[table].names), table
        assert set(INBOUND[table].required) <= set(columns), table
        assert all(words(text) for text in columns.values())
    for (table, column), meanings in STATES.items():
        assert {meaning for meaning, _ in meanings} <= set(INBOUND[table].column(column).allowed or ())


@settings(max_examples=15)
@given(
    names=st.lists(
        st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=12), min_size=1, max_size=5
    ),
    cells=st.lists(st.text(st.sampled_from("a1.-/:'\"\\#{}[]=\n 是"), max_size=8), min_size=5, max_size=15),
    table=st.sampled_from(["payments", "orders"]),
)
def test_whatever_the_columns_are_called_the_draft_is_a_mapping(names: list[str], cells: list[str], table: str) -> None:
    rows = pl.DataFrame({name: (cells * 3)[at : at + 3] for at, name in enumerate(dict.fromkeys(["id", *names]))})
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.parquet").write_bytes(parquet(rows))
        (Path(folder) / "b.parquet").write_bytes(parquet(rows))
        text = draft([Path(folder) / "a.parquet", Path(folder) / "b.parquet"], Path(folder), {"a": table})
        (Path(folder) / "draft.toml").write_text(text, encoding="utf-8")
        assert table in load_mapping(Path(folder) / "draft.toml").tables
