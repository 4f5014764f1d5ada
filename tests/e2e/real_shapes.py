"""Small marketplaces of our own making in the formats of public data sets: Olist, Online Retail, S-FFSD."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl


def olist(folder: Path, *, first: datetime, days: int, orders_a_day: int = 25, seed: int = 1) -> None:
    """Seven CSV files under ``olist/``; some orders have several sellers, payments or reviews, some have no items and were cancelled."""
    chance = Random(seed)
    orders, items, paid, reviewed, customers = [], [], [], [], []
    for number in range(days * orders_a_day):
        order, customer, person = f"o{number:06d}", f"c{number:06d}", f"u{chance.randrange(days * orders_a_day // 2):06d}"
        at = first + timedelta(days=number // orders_a_day, seconds=chance.randrange(86_400))
        ended = chance.choices(("delivered", "shipped", "canceled", "unavailable"), (80, 10, 6, 4))[0]
        approved, sent, arrived = at + timedelta(hours=1), at + timedelta(days=2), at + timedelta(days=chance.randint(4, 20))
        due = (at + timedelta(days=15)).replace(hour=0, minute=0, second=0)
        is_sent = ended in ("delivered", "shipped")
        orders.append((order, customer, ended, at, approved, sent if is_sent else "", arrived if ended == "delivered" else "", due))
        customers.append((customer, person, f"{chance.randrange(99_999):05d}", "sao paulo", chance.choice(("SP", "RJ", "MG"))))
        total = 0
        for item in range(0 if ended == "unavailable" else 1 + (chance.random() < 0.1)):
            price, freight = chance.randint(500, 40_000), chance.randint(500, 3_000)
            total += price + freight
            product = chance.randrange(120)
            items.append((order, item + 1, f"p{product}", f"s{(product + item) % 30}", due, f"{price / 100:.2f}", f"{freight / 100:.2f}"))
        total = total or chance.randint(1_000, 20_000)
        kind = chance.choice(("credit_card", "credit_card", "boleto", "debit_card"))
        first_part = total if chance.random() < 0.9 else total // 2
        paid.append((order, 1, kind, chance.randint(1, 10) if kind == "credit_card" else 1, f"{first_part / 100:.2f}"))
        if first_part < total:
            paid.append((order, 2, "voucher", 1, f"{(total - first_part) / 100:.2f}"))
        asked = ((arrived if ended == "delivered" else due) + timedelta(days=1)).replace(hour=0, minute=0, second=0)
        words = '"Chegou antes do prazo, recomendo"' if chance.random() < 0.4 else ""
        answered = asked + timedelta(hours=chance.randint(9, 90))
        reviewed.append((f"r{number}", order, chance.randint(1, 5) if ended == "delivered" else 1, "", words, asked, answered))
    _csv(folder, "orders", _ORDERS, orders)
    _csv(folder, "order_items", "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value", items)
    _csv(folder, "order_payments", "order_id,payment_sequential,payment_type,payment_installments,payment_value", paid)
    _csv(folder, "order_reviews", _REVIEWS, reviewed)
    _csv(folder, "customers", "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state", customers)
    _csv(folder, "sellers", _SELLERS, [(f"s{number}", "01001", "sao paulo", "SP") for number in range(30)])
    _csv(folder, "products", "product_id,product_category_name,product_name_lenght", [(f"p{number}", "bebes", 40) for number in range(120)])


_ORDERS = (
    "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,"
    "order_delivered_customer_date,order_estimated_delivery_date"
)
_REVIEWS = "review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp"
_SELLERS = "seller_id,seller_zip_code_prefix,seller_city,seller_state"


def _csv(folder: Path, name: str, header: str, rows: list[tuple[object, ...]]) -> None:
    (folder / "olist").mkdir(parents=True, exist_ok=True)
    lines = [header, *(",".join(map(str, row)) for row in rows)]
    (folder / "olist" / f"olist_{name}_dataset.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def online_retail(folder: Path, *, first: datetime, days: int, invoices_a_day: int = 12, seed: int = 1) -> None:
    """One Parquet file of invoice lines: guests, lines that stand twice, postage, cancellations, stock corrections."""
    chance = Random(seed)
    rows: list[tuple[object, ...]] = []
    sold: list[tuple[str, str, int, float, str | None]] = []
    for number in range(days * invoices_a_day):
        at = first + timedelta(days=number // invoices_a_day, minutes=chance.randrange(8 * 60, 18 * 60))
        customer = None if chance.random() < 0.2 else f"{12_000 + chance.randrange(200)}.0"
        invoice = f"{540_000 + number}"
        for _ in range(chance.randint(1, 6)):
            article, price, pieces = f"{20_000 + chance.randrange(90)}", chance.randint(40, 900) / 100, chance.randint(1, 12)
            line = (invoice, article, "THING", pieces, at, price, customer, "United Kingdom")
            rows += [line] * (2 if chance.random() < 0.02 else 1)
            sold.append((invoice, article, pieces, price, customer))
        if chance.random() < 0.1:
            rows.append((invoice, "POST", "POSTAGE", 1, at, 18.0, customer, "United Kingdom"))
        if sold and chance.random() < 0.2:
            _, article, pieces, price, buyer = chance.choice(sold)
            rows.append((f"C{invoice}", article, "THING", -pieces, at + timedelta(minutes=5), price, buyer, "United Kingdom"))
        if chance.random() < 0.05:
            rows.append((f"{invoice}9", "20001", None, -3, at, 0.0, None, "United Kingdom"))
    names = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
    (folder / "online-retail").mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None).write_parquet(folder / "online-retail" / "invoices.parquet")


def s_ffsd(folder: Path, *, rows: int, seed: int = 1) -> None:
    """One Parquet file of payments in order; the frauds are large ones at few targets, and six of ten rows carry no verdict."""
    chance = Random(seed)
    found = []
    for number in range(rows):
        is_fraud = chance.random() < 0.06
        target = f"T{chance.randrange(6)}" if is_fraud else f"T{chance.randrange(200)}"
        amount = chance.randint(20_000, 90_000) / 100 if is_fraud else chance.randint(200, 12_000) / 100
        label = int(is_fraud) if chance.random() < 0.4 else 2
        found.append(
            (number, f"S{chance.randrange(4_000)}", target, amount, f"L{chance.randrange(40)}", f"TP{chance.randrange(12)}", label)
        )
    names = ["Time", "Source", "Target", "Amount", "Location", "Type", "Labels"]
    (folder / "s-ffsd").mkdir(parents=True, exist_ok=True)
    pl.DataFrame(found, schema=names, orient="row").write_parquet(folder / "s-ffsd" / "transactions.parquet")
