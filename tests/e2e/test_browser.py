"""The console and the contract report in a real browser, in both languages: nothing asked of any network, nothing amiss."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fairdeal.pipelines import running
from fairdeal.pipelines.reporting import contract_report
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.sources.mapping import load_mapping
from tests.pipelines import worlds

pytestmark = pytest.mark.slow
DAYS = ("2026-01-07", "2026-01-08")


@pytest.fixture(scope="module")
def pictures() -> ModuleType:
    """The program that takes the README's pictures."""
    spec = importlib.util.spec_from_file_location("screenshots", Path(__file__).parents[2] / "docs" / "screenshots.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not Path(module.CHROMIUM).exists():
        pytest.skip(f"{module.CHROMIUM} is not there; apt-get install chromium fonts-noto-cjk")
    return module


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which two days of a small market ran, with their report."""
    folder = tmp_path_factory.mktemp("seen")
    settings: Settings = load_settings().model_copy(update={"home": folder / "home"})
    mapping = load_mapping(worlds.market(folder / "market"))
    for day in DAYS:
        running.run_interval(settings, mapping, *settings.day_bounds(day), lambda text: None)
    (folder / "home" / "report.html").write_text(contract_report(settings, 30), encoding="utf-8")
    return folder / "home"


@pytest.fixture
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium


def watched(page: Any) -> tuple[list[str], list[str]]:
    """Addresses asked for, and what the browser complained of, as they come."""
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return asked, complaints


@pytest.mark.parametrize(("language", "words"), [("en-US", ("Cases", "Accept")), ("zh-CN", ("案件", "受理"))])
def test_a_newcomer_finds_a_case_and_its_first_step(
    language: str, words: tuple[str, str], pictures: ModuleType, home: Path, browser: Any
) -> None:
    queue, first_step = words
    with pictures.served(home) as (address, password):
        opened = browser.launch(executable_path=pictures.CHROMIUM, args=list(pictures.QUIET))
        page = pictures.new_page(opened, language)
        asked, complaints = watched(page)
        pictures.sign_in(page, address, password)
        page.goto(f"{address}/admin/disputes/case/")
        assert queue in page.inner_text("body")
        page.goto(address + page.locator("#result_list a[href*='/change/']").first.get_attribute("href"))
        assert first_step in page.inner_text("body")
        opened.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert complaints == []


def test_the_contract_report_shows_every_table_without_a_network(pictures: ModuleType, home: Path, browser: Any) -> None:
    opened = browser.launch(executable_path=pictures.CHROMIUM, args=list(pictures.QUIET))
    page = pictures.new_page(opened, "en-US", dark=True)
    asked, complaints = watched(page)
    page.goto((home / "report.html").as_uri())
    words = page.inner_text("body")
    opened.close()
    for table in ("orders", "payments", "reviews", "shipments"):
        assert table in words
    assert "Rows, night by night" in words
    assert [url for url in asked if not url.startswith("file:")] == []
    assert complaints == []
