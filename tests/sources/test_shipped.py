"""What the shipped mappings make of a few rows in the original formats."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from fairdeal import sources
from fairdeal.sources.check import Verdict, check
from fairdeal.sources.conversion import candidates
from fairdeal.sources.labelling import label_candidates
from fairdeal.sources.mapping import Mapping, load_mapping
from tests.sources.making import parquet, reading_of

OLIST = {
    "orders": "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,"
    """order_delivered_customer_date,order_estimated_delivery_date
o1,c1,delivered,2018-01-01 10:00:00,2018-01-01 10:10:00,2018-01-02 09:00:00,2018-01-09 18:00:00,2018-01-20 00:00:00
o2,c2,unavailable,2018-01-02 23:30:00,2018-01-02 23:40:00,,,2018-01-25 00:00:00
o3,c3,canceled,2018-01-03 08:00:00,,,,2018-01-26 00:00:00
""",
    "order_items": """order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value
o1,1,p1,s1,2018-01-05 00:00:00,10.10,1.05
o1,2,p2,s2,2018-01-05 00:00:00,20.20,2.05
o1,3,p2,s2,2018-01-05 00:00:00,20.20,2.05
o3,1,p1,s1,2018-01-05 00:00:00,10.10,1.05
""",
    "order_payments": """order_id,payment_sequential,payment_type,payment_installments,payment_value
o1,1,credit_card,8,50.00
o1,2,voucher,1,5.65
o2,1,boleto,1,99.90
o3,1,debit_card,1,11.15
""",
    "order_reviews": "review_id,order_id,review_score,review_comment_title,review_comment_message,"
    """review_creation_date,review_answer_timestamp
r1,o1,5,Ótimo ,"Chegou antes,
recomendo",2018-01-10 00:00:00,2018-01-11 12:00:00
r2,o2,1,,,2018-01-27 00:00:00,2018-01-28 01:00:00
""",
    "customers": """customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state
c1,u1,01001,sao paulo,SP
c2,u1,20031,rio de janeiro,RJ
c3,u2,20031,rio de janeiro,RJ
""",
    "sellers": "seller_id,seller_zip_code_prefix,seller_city,seller_state\ns1,70740,brasilia,DF\ns2,03726,sao paulo,SP\n",
    "products": "product_id,product_category_name,product_name_lenght\np1,bebes,49\np2,moveis,40\n",
}


def shipped(name: str, folder: Path) -> Mapping:
    return load_mapping(Path(sources.__path__[0]) / f"{name}.toml", folder)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.fixture
def olist(tmp_path: Path) -> Mapping:
    (tmp_path / "olist").mkdir()
    for name, text in OLIST.items():
        (tmp_path / "olist" / f"olist_{name}_dataset.csv").write_text(text, encoding="utf-8")
    return shipped("olist", tmp_path)


def rows(mapping: Mapping, table: str, *columns: str) -> list[tuple[object, ...]]:
    return candidates(mapping, table, reading_of(mapping).raw).select(columns).rows()


def test_every_table_of_olist_is_ready(olist: Mapping) -> None:
    assert check(olist).verdict is Verdict.READY
    assert set(olist.tables) == {"orders", "payments", "refunds", "reviews", "shipments", "merchants", "buyers", "listings"}


def test_an_olist_order_belongs_to_the_seller_with_most_of_its_value(olist: Mapping) -> None:
    assert rows(olist, "orders", "order_id", "buyer_id", "merchant_id", "ordered_at", "amount_minor", "listing_id", "quantity") == [
        ("o1", "u1", "s2", utc(2018, 1, 1, 12), 5565, "p2", 3),
        ("o2", "u1", "no-seller-o2", utc(2018, 1, 3, 1, 30), 9990, None, None),
        ("o3", "u2", "s1", utc(2018, 1, 3, 10), 1115, "p1", 1),
    ]


def test_every_olist_payment_has_a_key_of_its_own(olist: Mapping) -> None:
    assert rows(olist, "payments", "payment_id", "payer_id", "payee_id", "amount_minor", "method", "x_installments") == [
        ("o1-1", "u1", "s2", 5000, "credit_card", 8.0),
        ("o1-2", "u1", "s2", 565, "voucher", 1.0),
        ("o2-1", "u1", "no-seller-o2", 9990, "boleto", 1.0),
        ("o3-1", "u2", "s1", 1115, "debit_card", 1.0),
    ]


def test_an_olist_cancellation_counts_from_the_day_it_must_have_been_known(olist: Mapping) -> None:
    asked, due = utc(2018, 1, 28, 1, 59, 59), utc(2018, 1, 27, 1, 59, 59)
    assert rows(olist, "refunds", "order_id", "requested_at", "amount_minor", "payment_id", "merchant_id", "reason") == [
        ("o2", asked, 9990, "o2-1", None, "unavailable"),
        ("o3", due, 1115, "o3-1", "s1", "canceled"),
    ]


def test_an_olist_review_is_posted_when_it_is_answered(olist: Mapping) -> None:
    assert rows(olist, "reviews", "review_id", "reviewer_id", "subject_id", "posted_at", "rating", "text", "merchant_id", "language") == [
        ("r1-o1", "u1", "p2", utc(2018, 1, 11, 14), 5.0, "Ótimo Chegou antes,\nrecomendo", "s2", "pt"),
        ("r2-o2", "u1", "no-seller-o2", utc(2018, 1, 28, 3), 1.0, "", None, "pt"),
    ]


def test_olist_parcels_and_people(olist: Mapping) -> None:
    assert rows(olist, "shipments", "order_id", "shipped_at", "delivered_at") == [("o1", utc(2018, 1, 2, 11), utc(2018, 1, 9, 20))]
    assert rows(olist, "buyers", "buyer_id", "region") == [("u1", "SP"), ("u2", "RJ")]
    assert rows(olist, "merchants", "merchant_id", "region") == [("s1", "DF"), ("s2", "SP")]
    assert rows(olist, "listings", "listing_id", "category", "merchant_id") == [("p1", "bebes", "s1"), ("p2", "moveis", "s2")]


def test_no_olist_table_carries_how_an_order_ended(olist: Mapping) -> None:
    assert "status" not in candidates(olist, "orders", reading_of(olist).raw).columns


INVOICES = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,85123a,HOLDER,2,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536365,POST,POSTAGE,1,2010-12-01 08:26:00,18.00,17850.0,United Kingdom
536400,71053,LANTERN,1,2010-12-02 09:00:00,4.25,,United Kingdom
536401,22139,,-5,2010-12-02 09:10:00,0.0,,United Kingdom
A56318,B,Adjust bad debt,1,2010-12-02 09:20:00,11062.06,,United Kingdom
536500,71053,LANTERN,3,2011-06-01 10:00:00,3.39,17850.0,United Kingdom
C536600,71053,LANTERN,-2,2011-06-02 10:00:00,3.39,17850.0,United Kingdom
C536601,85123A,HOLDER,-1,2010-12-01 08:00:00,2.55,17850.0,United Kingdom
C536602,71053,LANTERN,-1,2011-06-03 10:00:00,3.39,,United Kingdom
"""


@pytest.fixture(params=["csv", "kaggle", "parquet"])
def retail(tmp_path: Path, request: pytest.FixtureRequest) -> Mapping:
    """The invoices as CSV, as CSV with American dates, and as Parquet with typed columns."""
    (tmp_path / "online-retail").mkdir()
    text = INVOICES
    if request.param == "kaggle":
        text = pl.Series([text]).str.replace_all(r"(\d{4})-(\d{2})-(\d{2}) (\d{2}:\d{2}):00", "${2}/${3}/${1} ${4}")[0]
    if request.param == "parquet":
        types = {"InvoiceNo": pl.String, "StockCode": pl.String, "CustomerID": pl.String}
        frame = pl.read_csv(INVOICES.encode(), schema_overrides=types, try_parse_dates=True)
        (tmp_path / "online-retail" / "invoices.parquet").write_bytes(parquet(frame))
    else:
        (tmp_path / "online-retail" / "invoices.csv").write_text(text, encoding="utf-8")
    return shipped("online-retail", tmp_path)


def test_an_online_retail_order_is_an_article_of_an_invoice(retail: Mapping) -> None:
    assert check(retail).verdict is Verdict.READY
    assert rows(retail, "orders", "order_id", "buyer_id", "merchant_id", "ordered_at", "amount_minor", "quantity", "list_price_minor") == [
        ("536365-71053", "17850", "71053", utc(2010, 12, 1, 8, 26), 2034, 6, 339),
        ("536365-85123A", "17850", "85123A", utc(2010, 12, 1, 8, 26), 2040, 8, 255),
        ("536400-71053", "guest-536400", "71053", utc(2010, 12, 2, 9), 425, 1, 425),
        ("536500-71053", "17850", "71053", utc(2011, 6, 1, 9), 1017, 3, 339),
    ]


def test_an_online_retail_cancellation_gives_back_the_last_order_of_that_article(retail: Mapping) -> None:
    assert rows(retail, "refunds", "refund_id", "order_id", "requested_at", "amount_minor", "buyer_id") == [
        ("C536600-71053", "536500-71053", utc(2011, 6, 2, 9), 678, "17850"),
        ("C536601-85123A", "not-found-C536601-85123A", utc(2010, 12, 1, 8), 255, "17850"),
        ("C536602-71053", "not-found-C536602-71053", utc(2011, 6, 3, 9), 339, "guest-C536602"),
    ]


def test_every_buyer_of_online_retail_is_described(retail: Mapping) -> None:
    buyers = {row[0] for row in rows(retail, "buyers", "buyer_id")}
    assert {row[0] for table in ("orders", "refunds") for row in rows(retail, table, "buyer_id")} <= buyers
    assert ("71053", "LANTERN") in rows(retail, "listings", "listing_id", "title")


def test_s_ffsd_is_ordered_by_steps_and_two_is_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "s-ffsd").mkdir()
    text = "Time,Source,Target,Amount,Location,Type,Labels\n0,S1,T1,13.74,L1,TP1,2\n1,S2,T1,73.17,L1,TP2,0\n2,S1,T2,5.0,L2,TP1,1\n"
    (tmp_path / "s-ffsd" / "transactions.csv").write_text(text, encoding="utf-8")
    mapping = shipped("s-ffsd", tmp_path)
    assert check(mapping).verdict is Verdict.READY
    assert rows(mapping, "payments", "payment_id", "payer_id", "payee_id", "paid_at", "amount_minor", "network_id", "method") == [
        ("0", "S1", "T1", utc(2000, 1, 1), 1374, "L1", "TP1"),
        ("1", "S2", "T1", utc(2000, 1, 1, 0, 1), 7317, "L1", "TP2"),
        ("2", "S1", "T2", utc(2000, 1, 1, 0, 2), 500, "L2", "TP1"),
    ]
    labels = label_candidates(mapping, "payments", reading_of(mapping).raw)
    assert labels is not None
    assert labels.select("subject_id", "is_fraud", "available_at").rows() == [
        ("1", False, utc(2000, 1, 8, 0, 1)),
        ("2", True, utc(2000, 1, 8, 0, 2)),
    ]
