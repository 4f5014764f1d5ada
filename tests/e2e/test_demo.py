"""The demo starts what it needs, tells what came of it, and its feeds verify by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.commands import fairdeal


@pytest.mark.slow
def test_a_small_demo_ends_in_feeds_that_verify(tmp_path: Path) -> None:
    said = fairdeal("demo", "--days", "40", "--orders-per-day", "150", "--json", home=tmp_path / "home", timeout=600)
    assert said.code == 0, said
    told = said.json
    assert len(told["days"]) == len(told["feeds"]) == 5
    assert all(told["rows_in"][name] == told["accepted"][name] + told["quarantined"][name] for name in told["rows_in"])
    aside = fairdeal("contracts", "quarantine", "--json", home=tmp_path / "home" / "demo")
    assert len(aside.json) > 0, "the simulator plants broken rows, on which days depends on today's date"
    assert told["quality"].keys() == {"payments", "deals", "reviews"}
    for figures in told["quality"].values():
        assert 0 <= figures["precision_at"] <= figures["attainable"] <= 1
        assert figures["ap"] > figures["frauds"] / figures["subjects"], "better than chance"
    assert sum(kind["there"] for kind in told["found"].values()) == sum(figures["subjects"] for figures in told["quality"].values())
    assert all(kind["stopped"] <= kind["acted_on"] <= kind["there"] for kind in told["found"].values())
    assert told["cases_opened"] > 0
    assert [feed["faults"] for feed in told["feeds"]] == [[]] * 5
    assert all(feed["applied"] for feed in told["feeds"])
    for feed in told["feeds"]:
        assert fairdeal("feed", "verify", feed["folder"], home=tmp_path / "home" / "demo").code == 0
    assert "verified and applied" in said.err
    assert "Next:" in said.err
    assert "Traceback" not in said.err
    assert "INFO" not in said.err
