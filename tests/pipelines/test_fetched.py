"""A source may be a table of a database or a prefix of an object store: its rows go the same way, each of them once."""

from __future__ import annotations

import gzip
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.sources.drafting import draft
from fairdeal.sources.fetching import Fetching
from fairdeal.sources.object_store import object_store
from tests import outside
from tests.e2e.commands import fails_plainly, fairdeal
from tests.pipelines import looking, worlds

TABLE = """
[source]
name = "shop"
time_zone = "Asia/Shanghai"

[files.paid]
postgresql = "payments"
connection = "env:FAIRDEAL_SHOP_DSN"
watermark = "changed"

[payments]
from = "paid"
payment_id = "id"
payer_id = "payer"
payee_id = "payee"
paid_at = "at"
amount_minor = { column = "amount", decimal = 2 }
currency = { constant = "CNY" }
updated_at = "changed"
"""


def test_a_table_runs_to_the_feed_and_a_later_row_is_the_only_new_one(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop.toml").write_text(TABLE, encoding="utf-8")
    with outside.postgresql() as address, psycopg.connect(address, autocommit=True) as connection:
        monkeypatch.setenv("FAIRDEAL_SHOP_DSN", address)
        connection.execute(
            "create table payments (id text, payer text, payee text, at timestamptz, amount numeric(9, 2), changed timestamptz)"
        )
        for number in range(12):
            connection.execute(
                "insert into payments values (%s, %s, 'M1', '2026-05-01 10:00+08', %s, '2026-05-01 10:00+08')",
                (f"P{number}", f"B{number % 5}", 10 + number),
            )
        first = looking.run(settings, tmp_path / "shop.toml", "2026-05-01")
        assert first["rows_in"] == {"payments": 12}
        assert sum(first["decisions"]["payments"].values()) == 12
        assert looking.faults(settings.home) == {}
        connection.execute("insert into payments values ('P12', 'B1', 'M1', '2026-05-01 11:00+08', 5, '2026-05-01 11:00+08')")
        connection.execute("update payments set amount = 99, changed = '2026-05-01 12:00+08' where id = 'P1'")
        second = looking.run(settings, tmp_path / "shop.toml", "2026-05-01")
        assert (second["rows_in"], second["quarantined"]) == ({"payments": 2}, {"payments": 0})
        assert second["files"]["read"] == ["postgresql:payments#2"]
        assert sum(second["decisions"]["payments"].values()) == 13
        again = looking.run(settings, tmp_path / "shop.toml", "2026-05-01")
        assert again["run_id"] == second["run_id"], "nothing new became known"
        with looking.workplace(settings, tmp_path / "shop.toml") as place:
            assert {row["payment_id"]: row["amount_minor"] for row in looking.known(place, "payments")}["P1"] == 9900
            assert looking.quarantine(place).height == 0
    assert (settings.home / "fetched").stat().st_mode & 0o077 == 0, "only its owner looks into what was fetched"


def test_a_prefix_runs_to_the_feed(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = worlds.shop(tmp_path / "shop", {})
    mapping.write_text(
        worlds.PAYMENTS_MAPPING.replace('path = "payments-*.csv"', 'path = "s3://shop/in/payments-*.csv.gz"'), encoding="utf-8"
    )
    with outside.object_store() as address:
        monkeypatch.setenv("FAIRDEAL_OBJECT_STORE_ENDPOINT", address)
        monkeypatch.setenv("FAIRDEAL_OBJECT_STORE_REGION", "us-east-1")
        store = object_store(Fetching(endpoint=address, region="us-east-1"))
        lines = [worlds.payment(number, f"2026-01-01 10:{number:02}:00") for number in range(10)]
        outside.put(store, "shop/in/payments-1.csv.gz", gzip.compress((worlds.HEADER + "\n".join(lines) + "\n").encode()))
        summary = looking.run(load_settings(), mapping, "2026-01-01")
    assert summary["rows_in"] == {"labels": 10, "payments": 10}
    assert summary["files"]["read"] == ["s3://shop/in/payments-1.csv.gz"]
    assert looking.faults(settings.home) == {}


@pytest.mark.parametrize(
    ("wrong", "code", "told"),
    [("postgresql://u:hidden@127.0.0.1:9/x", 3, "the database refuses or does not answer"), ("", 2, "FAIRDEAL_SHOP_DSN is not set")],
)
def test_the_command_tells_what_is_out_of_reach(tmp_path: Path, wrong: str, code: int, told: str) -> None:
    (tmp_path / "shop.toml").write_text(TABLE, encoding="utf-8")
    said = fairdeal("source", "check", tmp_path / "shop.toml", home=tmp_path / "home", FAIRDEAL_SHOP_DSN=wrong)
    fails_plainly(said, code)
    assert told in said.err.replace("\n", " ")
    assert "hidden" not in said.err


def test_the_simulated_providers_files_are_drafted_as_they_are_mapped(market: Path) -> None:
    folder = market.parent
    found = tomllib.loads(draft([path for path in sorted(folder.iterdir()) if path.name not in ("truth", "mapping.toml")], folder))
    written = tomllib.loads(market.read_text(encoding="utf-8"))
    keys = [(table, column) for table in written if table in INBOUND for column in INBOUND[table].required]
    wrong = [key for key in keys if _origin(found, *key) != _origin(written, *key)]
    assert wrong == []


def _origin(mapping: dict[str, Any], table: str, column: str) -> Any:
    """The source column or constant behind one of ours."""
    entry = mapping.get(table, {}).get(column)
    return entry.get("column", entry.get("constant")) if isinstance(entry, dict) else entry


def test_the_command_drafts_a_mapping_that_runs(tmp_path: Path, run_day: Callable[..., dict[str, Any]]) -> None:
    lines = [f"{number},C{number % 4},S{number % 2},2026-05-01 {8 + number}:12,{10 + number}.50" for number in range(10)]
    (tmp_path / "payments.csv").write_text("no,customer,shop,time,amount\n" + "\n".join(lines) + "\n", encoding="utf-8")
    said = fairdeal("source", "new", "payments.csv", "-o", "shop.toml", home=tmp_path / "home", cwd=tmp_path)
    assert (said.code, said.out) == (0, "")
    assert "2 lines with TODO need a decision; then: fairdeal source check shop.toml" in said.err
    assert fairdeal("source", "new", "payments.csv", home=tmp_path / "home", cwd=tmp_path).out == (tmp_path / "shop.toml").read_text(
        "utf-8"
    )
    fails_plainly(fairdeal("source", "new", "payments.csv", "-o", "shop.toml", home=tmp_path / "home", cwd=tmp_path), 2)
    fails_plainly(fairdeal("source", "new", "payments.csv", "--table", "=orders", home=tmp_path / "home", cwd=tmp_path), 2)
    undecided = (tmp_path / "shop.toml").read_text("utf-8")
    (tmp_path / "shop.toml").write_text(undecided.replace('"XXX"', '"CNY"'), encoding="utf-8")
    assert sum(run_day(tmp_path / "shop.toml", "2026-05-01")["decisions"]["payments"].values()) > 0
