"""Disorder changes nothing: rows in any order, cut into any files, sent twice or late, and a day ends with the same rows and measures."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fairdeal.pipelines.settings import Settings
from tests.pipelines import worlds
from tests.pipelines.looking import faults, known, manifest, records, run, workplace

FIRST, SECOND = "2026-01-02", "2026-01-03"


def payments(day: str, *, changed: bool = False) -> list[str]:
    """A day of small payments, one large, and one that was corrected in the evening."""
    start = 100 * int(day[-2:])
    lines = [worlds.payment(start + n, f"{day} {9 + n % 10:02}:{n:02}:00", payer=f"B{n % 4}", payee=f"M{n % 3}") for n in range(12)]
    lines.append(worlds.payment(start + 50, f"{day} 22:00:00", payer="B9", payee="M2", amount="9000.00"))
    if changed:
        lines.append(worlds.payment(start, f"{day} 09:00:00", payer="B0", payee="M0", amount="77.00", changed=f"{day} 21:00:00"))
    return lines


def cut(lines: list[str], files: int, seed: int) -> dict[str, list[str]]:
    """The lines shuffled and dealt to so many files."""
    shuffled = random.Random(seed).sample(lines, len(lines))
    return {f"{seed}-{number}": shuffled[number::files] for number in range(files)}


def outcome(settings: Settings, mapping: Path, day: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows as known, and the day's records; a model that learned from differently cut files carries another version."""
    with workplace(settings, mapping) as place:
        rows = known(place, "payments")
    told = [{name: value for name, value in record.items() if name != "model_version"} for record in records(settings.home, day)]
    return rows, told


@given(files=st.integers(1, 5), seed=st.integers(0, 999), twice=st.booleans())
@hypothesis_settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_rows_in_any_order_and_cut_into_any_files_end_the_same(
    files: int, seed: int, twice: bool, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("disorder")
    orderly, disorderly = (settings.model_copy(update={"home": root / name}) for name in ("orderly", "disorderly"))
    straight = worlds.shop(root / "straight", {FIRST: payments(FIRST, changed=True)})
    parts = cut(payments(FIRST, changed=True), files, seed)
    again = {f"{name}-again": lines for name, lines in parts.items()} if twice else {}
    shuffled = worlds.shop(root / "shuffled", {**parts, **again})
    summaries = [run(orderly, straight, FIRST), run(disorderly, shuffled, FIRST)]
    assert outcome(disorderly, shuffled, FIRST) == outcome(orderly, straight, FIRST)
    sent = (1 + twice) * len(payments(FIRST, changed=True))
    assert summaries[1]["rows_in"]["payments"] == sent
    assert summaries[1]["quarantined"]["payments"] == (sent // 2 if twice else 0)


def test_what_arrives_late_makes_a_revision_beside_the_old_bytes(settings: Settings, tmp_path: Path) -> None:
    mapping = worlds.shop(tmp_path / "shop", {FIRST: payments(FIRST)[:-1]})
    run(settings, mapping, FIRST)
    before = {path.name: path.read_bytes() for path in (settings.home / "feed" / FIRST).iterdir()}
    worlds.shop(tmp_path / "shop", {SECOND: payments(SECOND), "late": payments(FIRST)[-1:]})
    later = run(settings, mapping, SECOND)
    assert later["rows_in"]["payments"] == len(payments(SECOND)) + 1
    again = run(settings, mapping, FIRST)
    assert again["revision"] == 2
    assert {path.name: path.read_bytes() for path in (settings.home / "feed" / FIRST).iterdir()} == before
    chain = [manifest(settings.home, name) for name in (FIRST, SECOND, f"{FIRST}.2")]
    assert [link["feed_seq"] for link in chain] == [1, 2, 3]
    assert faults(settings.home) == {}


def test_a_source_corrected_after_the_fact_is_a_revision_and_not_a_rewrite(settings: Settings, tmp_path: Path) -> None:
    mapping = worlds.shop(tmp_path / "shop", {FIRST: payments(FIRST)})
    run(settings, mapping, FIRST)
    before = records(settings.home, FIRST)
    worlds.shop(tmp_path / "shop", {f"{FIRST}-corrected": payments(FIRST, changed=True)[-1:]})
    assert run(settings, mapping, FIRST)["revision"] == 2
    assert records(settings.home, FIRST) == before
    with workplace(settings, mapping) as place:
        (corrected,) = [row for row in known(place, "payments") if row["payment_id"] == "P200"]
    assert corrected["amount_minor"] == 7_700
