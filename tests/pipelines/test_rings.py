"""Rings are found in anyone's orders, payments or reviews, without labels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.e2e.commands import fails_plainly, fairdeal

ORDERS = """
[source]
name = "shops"

[files.orders]
path = "orders.csv"

[orders]
from = "orders"
order_id = "id"
buyer_id = "user"
merchant_id = "shop"
ordered_at = "at"
"""


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty accounts that buy at a dozen shops by turns, among two thousand honest orders. Gives the mapping."""
    folder = tmp_path_factory.mktemp("shops")
    rng = np.random.default_rng(0)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    honest = [(f"u{int(500 * rng.random() ** 2)}", f"s{int(200 * rng.random() ** 2)}", 60 * rng.random()) for _ in range(2_000)]
    paid = [(f"p{buyer}", f"x{shop}", 40 + 20 * rng.random()) for buyer in range(30) for shop in range(12) if rng.random() < 0.6]
    rows = [
        {"id": f"o{number}", "user": user, "shop": shop, "at": (start + timedelta(days=day)).isoformat()}
        for number, (user, shop, day) in enumerate([*honest, *paid, ("u1", "s1", 60.0)])
    ]
    pl.DataFrame(rows).write_csv(folder / "orders.csv")
    (folder / "mapping.toml").write_text(ORDERS, encoding="utf-8")
    return folder / "mapping.toml"


def test_a_ring_is_told_with_its_members(shops: Path, tmp_path: Path) -> None:
    said = fairdeal("rings", "--source", shops, "--json", home=tmp_path / "home")
    assert said.code == 0, said.err
    first = said.json[0]
    assert {member["id"] for member in first["actors"]} >= {f"p{number}" for number in range(28)}
    assert {member["id"] for member in first["targets"]} == {f"x{number}" for number in range(12)}
    assert first["edges"] > 2 * first["expected"]
    assert [member["score"] for member in first["actors"]] == sorted((member["score"] for member in first["actors"]), reverse=True)
    assert "suspicion" in said.err
    assert first["actors"][0]["id"] in said.err


def test_a_file_of_a_day_without_orders_is_told_and_stops_nothing(shops: Path, tmp_path: Path) -> None:
    for name, text in (("orders.csv", (shops.parent / "orders.csv").read_text()), ("orders-2.csv", "id,user,shop,at\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "mapping.toml").write_text(ORDERS.replace('"orders.csv"', '"orders*.csv"'), encoding="utf-8")
    said = fairdeal("rings", "--source", tmp_path / "mapping.toml", "--json", home=tmp_path / "home")
    assert said.code == 0, said.err
    assert len(said.json) > 0
    assert "no rows in orders-2.csv" in said.err


def test_honest_orders_hold_no_ring(shops: Path, tmp_path: Path) -> None:
    rows = pl.read_csv(shops.parent / "orders.csv").filter(~pl.col("user").str.starts_with("p"))
    rows.write_csv(tmp_path / "orders.csv")
    (tmp_path / "mapping.toml").write_text(ORDERS, encoding="utf-8")
    said = fairdeal("rings", "--source", tmp_path / "mapping.toml", "--json", home=tmp_path / "home")
    assert said.json == []
    assert "no group stands out" in said.err
    assert "fairdeal campaigns" in said.err


@pytest.mark.parametrize(
    ("words", "told"),
    [(("--table", "payments"), "orders"), (("--table", "parcels"), "orders"), (("--targets", "device_id"), "merchant_id")],
)
def test_what_the_source_lacks_is_told(shops: Path, tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    fails_plainly(fairdeal("rings", "--source", shops, *words, home=tmp_path / "home"), 2, told)
