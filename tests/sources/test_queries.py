"""Tables made by a query."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fairdeal.sources.conversion import candidates
from fairdeal.sources.discovery import discover
from fairdeal.sources.labelling import label_candidates
from fairdeal.sources.mapping import MappingError, load_mapping
from fairdeal.sources.queries import result_columns
from fairdeal.sources.reading import read
from tests.sources.making import reading_of, source

TOML = """
[source]
name = "market"
[files.orders]
path = "orders.csv"
[files.items]
path = "items.jsonl"
[orders]
query = '''{query}'''
"""
ORDERS = "order_id,customer,bought\no2,c2,2018-01-02 10:00\no1,c1,2018-01-01 10:00\n"
ITEMS = """{"order_id": "o1", "seller_id": "s1", "price": 1.10}
{"order_id": "o1", "seller_id": "s1", "price": 2.20}
{"order_id": "o2", "seller_id": "s2", "price": 5}
"""
QUERY = """
select o.order_id, customer buyer_id, any_value(i.seller_id) merchant_id, bought ordered_at,
       cast(sum(cast(price as decimal(12, 2))) * 100 as bigint) amount_minor, 'CNY' currency
from orders o left join items i using (order_id) group by all
"""


def test_joins_and_groups_declared_files(tmp_path: Path) -> None:
    mapping = source(tmp_path, TOML.format(query=QUERY), orders_csv=ORDERS, items_jsonl=ITEMS)
    raw = reading_of(mapping).raw
    rows = candidates(mapping, "orders", raw)
    assert rows.select("__file", "__line", "order_id", "buyer_id", "merchant_id", "amount_minor", "currency").rows() == [
        ("query:orders", 1, "o1", "c1", "s1", 330, "CNY"),
        ("query:orders", 2, "o2", "c2", "s2", 500, "CNY"),
    ]
    assert rows.get_column("ordered_at").null_count() == 0
    assert result_columns(mapping, "orders", raw)[:2] == ("order_id", "buyer_id")


def test_conversions_extras_and_labels_apply_to_the_result(tmp_path: Path) -> None:
    toml = TOML.format(query="select order_id, price, seller_id, seller_id = 's1' as bad from items")
    toml += 'amount_minor = { column = "price", decimal = 2 }\nmerchant_id = "seller_id"\nextra = ["price"]\n'
    toml += '[orders.label]\ncolumn = "bad"\npositive = [1]\nnegative = [0]\n'
    mapping = source(tmp_path, toml, orders_csv=ORDERS, items_jsonl=ITEMS)
    raw = reading_of(mapping).raw
    rows = candidates(mapping, "orders", raw)
    assert sorted(rows.select("order_id", "merchant_id", "amount_minor", "x_price").rows()) == [
        ("o1", "s1", 110, 1.1),
        ("o1", "s1", 220, 2.2),
        ("o2", "s2", 500, 5.0),
    ]
    labels = label_candidates(mapping, "orders", raw)
    assert labels is not None
    assert labels.get_column("is_fraud").to_list() == [True, True, False]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("select * from orderz", "did you mean orders"),
        ("select custmer from orders", "orders.customer"),
        ("selec", "one select"),
        ("select 1; select 2", "2 statements"),
        ("create table x as select 1", "no select"),
        ("copy orders to 'x.csv'", "no select"),
        ("select * from read_csv('/etc/passwd')", "declared file sets"),
        ("select * from '/etc/passwd'", "declared file sets"),
        ("select * from mapping", "declared file sets"),
        ("select customer::int from orders", "try_cast"),
    ],
)
def test_a_query_that_cannot_be_followed_is_refused(tmp_path: Path, query: str, told: str) -> None:
    mapping = source(tmp_path, TOML.format(query=query), orders_csv=ORDERS, items_jsonl=ITEMS)
    with pytest.raises(MappingError) as error:
        candidates(mapping, "orders", reading_of(mapping).raw)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_refusal_quotes_no_card_number(tmp_path: Path) -> None:
    mapping = source(tmp_path, TOML.format(query="select customer::date from orders"), orders_csv=ORDERS.replace("c1", "4111111111111111"))
    with pytest.raises(MappingError) as error:
        candidates(mapping, "orders", reading_of(mapping).raw)
    assert "4111111111111111" not in str(error.value)


def test_absent_sets_are_named_unless_all_are(tmp_path: Path) -> None:
    mapping = source(tmp_path, TOML.format(query=QUERY), orders_csv=ORDERS)
    with pytest.raises(MappingError, match="file set items has no file"):
        candidates(mapping, "orders", reading_of(mapping).raw)
    (tmp_path / "orders.csv").unlink()
    assert candidates(mapping, "orders", reading_of(mapping).raw).height == 0


def test_a_set_with_only_a_header_has_columns(tmp_path: Path) -> None:
    toml = TOML.format(query=QUERY).replace("items.jsonl", "items.csv")
    mapping = source(tmp_path, toml, orders_csv=ORDERS, items_csv="order_id,seller_id,price\n")
    assert candidates(mapping, "orders", reading_of(mapping).raw).get_column("merchant_id").to_list() == [None, None]


def test_an_extra_that_the_query_does_not_give_is_refused(tmp_path: Path) -> None:
    mapping = source(tmp_path, TOML.format(query="select order_id from orders") + 'extra = ["colour"]\n', orders_csv=ORDERS)
    with pytest.raises(MappingError, match="gives no column 'colour'"):
        candidates(mapping, "orders", reading_of(mapping).raw)


def test_a_query_beyond_its_memory_is_refused_with_the_limit_named(tmp_path: Path) -> None:
    (tmp_path / "paid.csv").write_text("no,at\n" + "".join(f"P{n},2026-05-01\n" for n in range(2000)), encoding="utf-8")
    query = "select string_agg(repeat(no, 200000), ',') as payment_id from paid"
    (tmp_path / "m.toml").write_text(
        f'[source]\nname = "s"\n[files.paid]\npath = "paid.csv"\n[payments]\nquery = "{query}"\n', encoding="utf-8"
    )
    mapping = replace(load_mapping(tmp_path / "m.toml"), memory_mb=64)
    with pytest.raises(MappingError, match=r"(?i)memory"):
        candidates(mapping, "payments", read(mapping, discover(mapping).all).raw)
