"""Campaigns are found in anyone's orders, without labels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.e2e.commands import fails_plainly, fairdeal

MAPPING = """
[source]
name = "shops"
time_zone = "Asia/Shanghai"

[files.orders]
path = "orders.csv"

[orders]
from = "orders"
order_id = "id"
buyer_id = "user"
merchant_id = "shop"
ordered_at = "at"
device_id = "phone"
"""


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty paid orders at one shop within four days, by accounts that share ten phones, among 3,000 honest ones. Gives the mapping."""
    folder = tmp_path_factory.mktemp("shops")
    rng = np.random.default_rng(0)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    buyers = rng.integers(0, 900, 3_000)
    honest = [(f"u{buyer}", f"s{rng.integers(0, 40)}", f"p{buyer}", 90 * rng.random()) for buyer in buyers]
    paid = [(f"x{number % 40}", "s3", f"q{number % 10}", 50 + 4 * rng.random()) for number in range(60)]
    rows = [
        {"id": f"o{number}", "user": user, "shop": shop, "phone": phone, "at": (start + timedelta(days=day)).isoformat()}
        for number, (user, shop, phone, day) in enumerate([*honest, *paid])
    ]
    pl.DataFrame(rows).write_csv(folder / "orders.csv")
    (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    return folder / "mapping.toml"


def test_a_campaign_is_told_with_its_orders_and_what_they_show(shops: Path, tmp_path: Path) -> None:
    said = fairdeal("campaigns", "--source", shops, "--json", home=tmp_path / "home")
    assert said.code == 0, said.err
    (one,) = said.json
    assert one["merchant_id"] == "s3"
    assert (one["first_day"], one["last_day"]) == ("2026-02-20", "2026-02-24")
    assert len({f"o{number}" for number in range(3_000, 3_060)} & set(one["order_ids"])) >= 58
    assert one["orders"] <= 62
    assert one["signs"]["shares_device_id"] > 0.9
    assert "shares_device_id" in said.err


def test_honest_orders_hold_no_campaign_and_orders_without_a_moment_are_refused(shops: Path, tmp_path: Path) -> None:
    rows = pl.read_csv(shops.parent / "orders.csv").filter(~pl.col("user").str.starts_with("x"))
    rows.write_csv(tmp_path / "orders.csv")
    (tmp_path / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    said = fairdeal("campaigns", "--source", tmp_path / "mapping.toml", "--json", home=tmp_path / "home")
    assert (said.code, said.json) == (0, [])
    (tmp_path / "mapping.toml").write_text(MAPPING.replace('ordered_at = "at"\n', ""), encoding="utf-8")
    refused = fairdeal("campaigns", "--source", tmp_path / "mapping.toml", home=tmp_path / "home")
    fails_plainly(refused, 2, "shops has no orders with a moment", "map ordered_at")
