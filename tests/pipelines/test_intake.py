"""Every row ends accepted or quarantined, with file, line, rule and a keyed hash, and by written rules where rows share a key."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fairdeal.pipelines.keys import hashing_key, keyed_hash
from fairdeal.pipelines.settings import Settings
from tests.pipelines import worlds
from tests.pipelines.looking import EVER, deliver, known, quarantine, workplace

DAY = "2026-01-02"
NOON = f"{DAY} 12:00:00"

#: Lines of every kind: good ones, some sharing a key, and defects that rules, types or the reader find.
NUMBERS = st.integers(1, 6)
LINES = st.one_of(
    st.builds(
        lambda number, minute, amount: worlds.payment(number, f"{DAY} 12:{minute:02}:00", amount=amount),
        NUMBERS,
        st.integers(0, 3),
        st.sampled_from(["10.00", "11.00", "secret-amount", "-4.00", ""]),
    ),
    st.builds(lambda number, at: worlds.payment(number, at), NUMBERS, st.sampled_from(["secret-moment", "", "1970-01-01 00:00:00"])),
    st.builds(lambda number: worlds.payment(number, NOON, payer=""), NUMBERS),
    st.builds(lambda number: worlds.payment(number, NOON, changed=f"{DAY} 13:00:00", amount="9.00"), NUMBERS),
    st.sampled_from(["too,few", "secret,far,too,many,values,to,be,any,row,of,this,file", '"', '"secret', "P1,\x00secret,M1,x,1.00,T,,0"]),
)


@given(files=st.lists(st.lists(LINES, max_size=12), min_size=1, max_size=3))
@hypothesis_settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_every_row_ends_accepted_or_quarantined(
    files: list[list[str]], settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("any")
    mapping = worlds.shop(root / "shop", {str(number): lines for number, lines in enumerate(files)})
    with workplace(settings.model_copy(update={"home": root / "home"}), mapping) as place:
        delivery = deliver(place)
        assert delivery is not None
        aside = quarantine(place)
        for table, report in delivery.report["tables"].items():
            written = delivery.written.get(table)
            own = aside.filter(pl.col("table") == table)
            assert report["accepted"] + report["quarantined"] == report["rows_in"]
            assert (written.rows if written else 0) == report["accepted"]
            assert own.select("file", "line").unique().height == report["quarantined"]
        counted = sum(file["rows_counted"] for file in delivery.report["files"])
        assert delivery.report["tables"]["payments"]["rows_in"] == counted
        for name in ("file", "line", "rule"):
            assert aside[name].null_count() == 0
        assert set(aside["file"]) <= {file["path"] for file in delivery.report["files"]}
        told = aside.filter(pl.col("rule").str.ends_with(":type") | pl.col("rule").str.ends_with(":range"))
        assert told["column"].null_count() == told["value_hash"].null_count() == 0
        assert "secret" not in str(aside.to_dict(as_series=False))
        assert aside["value_hash"].drop_nulls().str.contains("^[0-9a-f]{64}$").all()


def test_a_bad_value_is_told_with_its_place_its_rule_and_a_hash_that_only_the_key_gives(settings: Settings, tmp_path: Path) -> None:
    lines = [worlds.payment(1, NOON), worlds.payment(2, NOON, amount="ten"), worlds.payment(3, NOON, payer="")]
    with workplace(settings, worlds.shop(tmp_path / "shop", {DAY: lines})) as place:
        deliver(place)
        aside = quarantine(place).filter(pl.col("table") == "payments").sort("line")
        # A missing id is one broken rule; text where an amount should stand is another.
        assert aside.select("file", "line", "column", "rule").rows() == [
            (f"payments-{DAY}.csv", 3, "amount_minor", "amount_minor:type"),
            (f"payments-{DAY}.csv", 4, "payer_id", "payer_id:required"),
        ]
        assert aside["value_hash"].to_list() == [keyed_hash(hashing_key(place.home), "ten"), None]


def test_a_row_that_comes_twice_counts_once(settings: Settings, tmp_path: Path) -> None:
    line = worlds.payment(1, NOON)
    mapping = worlds.shop(tmp_path / "shop", {DAY: [line, line]})
    with workplace(settings, mapping) as place:
        first = deliver(place)
        worlds.shop(tmp_path / "shop", {"resent": [line, worlds.payment(2, NOON)]})
        second = deliver(place)
        assert first is not None
        assert second is not None
        for delivery in (first, second):
            report = delivery.report["tables"]["payments"]
            assert (report["rows_in"], report["accepted"], report["duplicates"]) == (2, 1, 1)
            assert report["breached"] == 0
        assert [row["payment_id"] for row in known(place, "payments")] == ["P1", "P2"]
        assert Counter(quarantine(place).filter(pl.col("table") == "payments")["rule"]) == {"duplicate": 2}


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 1, 0)])
def test_of_rows_in_conflict_the_same_one_counts_whatever_the_order(order: tuple[int, ...], settings: Settings, tmp_path: Path) -> None:
    lines = [worlds.payment(1, NOON, amount=amount) for amount in ("30.00", "10.00", "20.00")]
    days = {str(place): [lines[number]] for place, number in enumerate(order)}
    with workplace(settings, worlds.shop(tmp_path / "shop", days)) as place:
        delivery = deliver(place)
        assert delivery is not None
        assert delivery.report["tables"]["payments"]["conflicts"] == 2
        assert [row["amount_minor"] for row in known(place, "payments")] == [1_000]


def test_a_conflict_within_one_file_is_told_like_one_between_files(settings: Settings, tmp_path: Path) -> None:
    lines = [worlds.payment(1, NOON, amount=amount) for amount in ("30.00", "10.00", "20.00")]
    with workplace(settings, worlds.shop(tmp_path / "shop", {DAY: lines})) as place:
        deliver(place)
        aside = quarantine(place).filter(pl.col("table") == "payments").sort("line")
        assert aside.select("line", "rule").rows() == [(2, "conflict"), (4, "conflict")]
        assert [row["amount_minor"] for row in known(place, "payments")] == [1_000]


def test_the_version_changed_later_counts_from_the_moment_of_its_change(settings: Settings, tmp_path: Path) -> None:
    old, new = worlds.payment(1, NOON), worlds.payment(1, NOON, amount="12.00", changed="2026-01-05 09:00:00")
    with workplace(settings, worlds.shop(tmp_path / "shop", {DAY: [new, old]})) as place:
        delivery = deliver(place)
        assert delivery is not None
        assert delivery.report["tables"]["payments"]["accepted"] == 2
        assert delivery.report["tables"]["payments"]["conflicts"] == 0
        assert delivery.report["tables"]["payments"]["corrections"] == 1
        _, close = settings.day_bounds(DAY)
        assert [row["amount_minor"] for row in known(place, "payments", close)] == [1_000]
        assert [row["amount_minor"] for row in known(place, "payments")] == [1_200]


def test_a_row_delivered_later_corrects_the_one_before(settings: Settings, tmp_path: Path) -> None:
    mapping = worlds.shop(tmp_path / "shop", {DAY: [worlds.payment(1, NOON, amount="30.00")]})
    with workplace(settings, mapping) as place:
        deliver(place)
        worlds.shop(tmp_path / "shop", {"again": [worlds.payment(1, NOON, amount="40.00")]})
        delivery = deliver(place)
        assert delivery is not None
        assert delivery.report["tables"]["payments"]["corrections"] == 1
        assert [row["amount_minor"] for row in known(place, "payments")] == [4_000]
        before = place.lake.table("little-shop", "payments", watermark=1, known_before=EVER)
        assert before["amount_minor"].to_list() == [3_000]


def test_a_correction_that_moves_the_event_out_of_the_history_takes_the_old_one_along(settings: Settings, tmp_path: Path) -> None:
    mapping = worlds.shop(tmp_path / "shop", {DAY: [worlds.payment(1, NOON)]})
    with workplace(settings, mapping) as place:
        deliver(place)
        worlds.shop(tmp_path / "shop", {"again": [worlds.payment(1, "2025-12-01 12:00:00", changed="2026-01-03 12:00:00")]})
        deliver(place)
        start, _ = settings.day_bounds("2026-01-01")
        rows = place.lake.table("little-shop", "payments", watermark=2**31 - 1, known_before=EVER, since=start)
        assert rows.height == 0


def with_extra(mapping: Path) -> Path:
    """The shop's mapping with a column carried as an extra instead of as the label."""
    text = mapping.read_text(encoding="utf-8").partition("[payments.label]")[0]
    mapping.write_text(text + 'extra = ["fraud"]\n', encoding="utf-8")
    return mapping


def test_only_an_extra_that_changed_makes_a_correction_too(settings: Settings, tmp_path: Path) -> None:
    mapping = with_extra(worlds.shop(tmp_path / "shop", {DAY: [worlds.payment(1, NOON)]}))
    with workplace(settings, mapping) as place:
        deliver(place)
        with_extra(worlds.shop(tmp_path / "shop", {"again": [worlds.payment(1, NOON, fraud="1")]}))
        delivery = deliver(place)
        assert delivery is not None
        assert delivery.report["tables"]["payments"]["corrections"] == 1
        assert [row["x_fraud"] for row in known(place, "payments")] == [1.0]


def test_an_extra_that_is_a_number_in_one_file_and_a_word_in_the_next_stays_readable(settings: Settings, tmp_path: Path) -> None:
    mapping = with_extra(worlds.shop(tmp_path / "shop", {DAY: [worlds.payment(1, NOON)]}))
    with workplace(settings, mapping) as place:
        deliver(place)
        with_extra(worlds.shop(tmp_path / "shop", {"again": [worlds.payment(1, NOON), worlds.payment(2, NOON, fraud="maybe")]}))
        deliver(place)
        assert [row["payment_id"] for row in known(place, "payments")] == ["P1", "P2"]
        assert [row["x_fraud"] for row in known(place, "payments")][1] == "maybe"
