"""Small worlds for pipeline tests: a simulated market in provider files, and tiny payment files of our own making."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from fairdeal.simulator.simulate import simulate

FIRST_DAY = date(2026, 1, 1)

PAYMENTS_MAPPING = """
[source]
name = "little-shop"
time_zone = "Asia/Shanghai"

[files.tx]
path = "payments-*.csv"
format = "csv"

[payments]
from = "tx"
payment_id = "id"
payer_id = "payer"
payee_id = "payee"
paid_at = { column = "at", format = "%Y-%m-%d %H:%M:%S" }
amount_minor = { column = "amount", decimal = 2 }
currency = { constant = "CNY" }
instrument_id = "token"
updated_at = { column = "changed", format = "%Y-%m-%d %H:%M:%S" }

[payments.label]
column = "fraud"
positive = [1]
negative = [0]
available_after = "1d"
"""

HEADER = "id,payer,payee,at,amount,token,changed,fraud\n"


def market(folder: Path, *, days: int = 9, orders_per_day: int = 40, seed: int = 5) -> Path:
    """A simulated market, whose files are too small to have planted defects, with one broken buyer; gives its mapping."""
    simulate(folder, days=days, orders_per_day=orders_per_day, seed=seed, first_day=FIRST_DAY)
    with (folder / "buyers.csv").open("a", encoding="utf-8") as file:
        file.write(",2020-02-30 10:00:00,广东,N\n")
    return folder / "mapping.toml"


def shop(folder: Path, days: dict[str, list[str]]) -> Path:
    """A shop with one payments file a day, from CSV lines without header; gives its mapping."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mapping.toml").write_text(PAYMENTS_MAPPING, encoding="utf-8")
    for day, lines in days.items():
        (folder / f"payments-{day}.csv").write_text(HEADER + "".join(line + "\n" for line in lines), encoding="utf-8")
    return folder / "mapping.toml"


def payment(
    number: int,
    at: str,
    *,
    payer: str = "B1",
    payee: str = "M1",
    amount: str = "10.00",
    token: str = "",
    changed: str = "",
    fraud: str = "0",
) -> str:
    """One CSV line."""
    return f"P{number},{payer},{payee},{at},{amount},{token or 'T' + payer},{changed},{fraud}"
