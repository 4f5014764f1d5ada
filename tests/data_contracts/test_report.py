"""The contract report: whole without a network, true to its input, and safe whatever the input holds."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from fairdeal.data_contracts.report import WORDS, render_report

VOID = {"meta", "br", "link", "img"}


def run(day: int = 1, **changes: Any) -> dict[str, Any]:
    """A run of one table and one file."""
    table = {
        "rows_in": 1_000,
        "accepted": 988,
        "quarantined": 12,
        "limit": 0.05,
        "engine": "great_expectations",
        "rules": [
            {"rule": "order_id:required", "checked": 1_000, "breached": 0},
            {"rule": "amount_minor:type", "checked": 1_000, "breached": 3},
            {"rule": "currency:pattern", "checked": 900, "breached": 9},
        ],
        "duplicates": 4,
        "corrections": 5,
        "late": 6,
    }
    table.update(changes.pop("table", {}))
    file = {"path": "orders.csv", "status": "read", "rows_counted": 1_000, "rows_read": 1_000, "rows_rejected": 0, "message": None}
    return {
        "run_id": f"run-{day}",
        "source": "shop",
        "interval": [f"2024-03-{day:02d}", f"2024-03-{day + 1:02d}"],
        "frozen_at": f"2024-03-{day + 1:02d}T01:00:00Z",
        "tables": {"orders": table},
        "files": [file],
        **changes,
    }


class Page(HTMLParser):
    """Reads a page, refusing tags that do not close in order, and keeps its tags, attributes and words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def words(page: str) -> str:
    return re.sub(r"\s+", " ", Page(page).words)


def test_page_is_whole_without_a_network_and_runs_nothing() -> None:
    page = Page(render_report([run(1), run(2)]))
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name in ("src", "href", "srcset", "action") or name.startswith("on")]
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    assert "url(" not in page.words
    assert "@import" not in page.words
    assert "svg" in page.tags


def test_page_follows_the_readers_light_or_dark() -> None:
    assert "@media (prefers-color-scheme: dark)" in render_report([])


def test_every_heading_stands_in_both_languages() -> None:
    said = words(render_report([run()]))
    for chinese, english in (WORDS[name] for name in ("title", "tables", "rules", "files", "rows_in", "accepted", "quarantined", "limit")):
        assert f"{chinese} {english}" in said


def test_shows_rows_shares_rules_executor_and_counts() -> None:
    said = render_report([run()])
    for cell in ("1,000", "988", "12", "1.20%", "5%", "0.30%", "1%", "Great Expectations", "2024-03-02 01:00 UTC", "run-1"):
        assert f">{cell}<" in said, cell
    rules = re.findall(r"<code>(\w+:\w+)</code>", said[said.index("<details") :])
    assert rules == ["currency:pattern", "amount_minor:type"], "broken rules only, most rows first"


def test_moments_are_told_in_utc_to_the_minute_and_once() -> None:
    page = render_report([run(interval=["2024-03-01T00:00:00+08:00", "2024-03-02T00:00:00+08:00"])])
    assert words(page).count("2024-02-29 16:00 UTC → 2024-03-01 16:00 UTC") == 2, "at the top and at the run"


def test_tables_are_named_in_both_languages_and_unknown_ones_in_their_own() -> None:
    said = words(render_report([run(tables={"orders": {"rows_in": 1, "accepted": 1, "quarantined": 0}, "own": {"rows_in": 0}})]))
    assert "orders 订单" in said
    assert "own (0)" in said


def test_compiled_verdicts_are_told_apart() -> None:
    assert "compiled rules" in render_report([run(table={"engine": "compiled"})])
    assert "compiled rules" not in render_report([run()])


@pytest.mark.parametrize(
    ("table", "word"),
    [
        ({"accepted": 950, "quarantined": 50}, "within limit"),
        ({"accepted": 949, "quarantined": 51}, "over limit"),
        ({"accepted": 987, "quarantined": 12}, "rows not conserved"),
        ({"rows_in": 0, "accepted": 0, "quarantined": 0, "limit": 0.0}, "within limit"),
    ],
)
def test_verdict_follows_the_limit_and_the_conservation_of_rows(table: dict[str, Any], word: str) -> None:
    said = words(render_report([run(table=table)]))
    assert [each for each in ("within limit", "over limit", "rows not conserved") if each in said] == [word]


@pytest.mark.parametrize(
    ("status", "chinese", "mark"),
    [("read", "已读", "good"), ("empty", "空", "warning"), ("partial", "不完整", "bad"), ("absent", "缺失", "bad"), ("odd", "", "warning")],
)
def test_read_empty_partial_and_absent_files_are_told_apart(status: str, chinese: str, mark: str) -> None:
    page = render_report([run(files=[{"path": "a.csv", "status": status}])])
    assert re.search(rf'<span class="mark {mark}">.</span> {chinese} {status}</td>', page)


def test_newest_run_comes_first_and_is_open_whatever_the_order_given() -> None:
    page = render_report([run(2), run(3), run(1)])
    assert re.findall(r"<details( open)?>.*?<code>(run-\d)</code>", page) == [(" open", "run-3"), ("", "run-2"), ("", "run-1")]
    assert page == render_report([run(1), run(2), run(3)])


def test_a_revision_that_read_nothing_does_not_hide_the_run_that_did() -> None:
    page = render_report([run(1), run(2, tables={}, files=[])])
    assert re.findall(r"<details( open)?>.*?<code>(run-\d)</code>", page) == [("", "run-2"), (" open", "run-1")]
    assert '<p class="figure">1,000</p>' in page
    assert words(page).count("nothing new was read") == 1


def test_every_table_of_every_source_has_its_pictures() -> None:
    page = Page(render_report([run(1), run(2, source="other")]))
    assert page.words.count("Rows, night by night") == 2
    assert page.words.count("Quarantine by rule") == 2


@pytest.mark.parametrize("hostile", ["</style><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onload='x", "&amp;"])
def test_whatever_a_name_holds_is_shown_and_not_obeyed(hostile: str) -> None:
    rules = [{"rule": hostile, "checked": 3, "breached": 1}]
    record = run(
        run_id=hostile,
        source=hostile,
        interval=[hostile, hostile],
        frozen_at=hostile,
        files=[{"path": hostile, "status": hostile, "message": hostile}],
        tables={hostile: {"rows_in": 3, "accepted": 2, "quarantined": 1, "limit": 0.5, "engine": hostile, "rules": rules}},
    )
    page = Page(render_report([record]))
    assert not {"script", "img"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert page.words.count(hostile) >= 9


def test_a_share_that_is_not_nothing_never_reads_as_nothing() -> None:
    said = render_report([run(table={"rows_in": 10_000_000, "accepted": 9_999_999, "quarantined": 1})])
    assert "&lt; 0.01%" in said
    assert '<rect class="quarantined" x="99.40" width="0.60"' in said


def test_no_runs_and_runs_without_facts_are_said_plainly() -> None:
    assert "No runs yet." in words(render_report([]))
    bare = words(render_report([{"run_id": "r", "tables": {"orders": {}}}]))
    assert "No files in this run." in bare
    assert "–" in bare
