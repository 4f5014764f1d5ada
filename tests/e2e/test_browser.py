"""The console and the contract report in a real browser, in both languages: nothing asked of any network, nothing amiss."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fairdeal.pipelines import running
from fairdeal.pipelines.reporting import contract_report
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.sources.mapping import load_mapping
from tests.e2e.commands import environment
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


@pytest.mark.parametrize(("language", "words"), [("en-US", ("Queue", "Accept")), ("zh-CN", ("案件队列", "受理"))])
def test_a_newcomer_finds_a_case_and_its_first_step(
    language: str, words: tuple[str, str], pictures: ModuleType, home: Path, browser: Any
) -> None:
    queue, first_step = words
    with pictures.served(home) as (address, password):
        opened = browser.launch(executable_path=pictures.CHROMIUM, args=list(pictures.QUIET))
        page = pictures.new_page(opened, language)
        asked, complaints = watched(page)
        pictures.sign_in(page, address, password)
        page.goto(f"{address}/queue/")
        assert queue in page.inner_text("body")
        page.goto(address + page.locator("a.fd-open").first.get_attribute("href"))
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


ACCOUNTS = """
import sys
from pathlib import Path
from fairdeal.disputes import django_setup
django_setup.configure(Path(sys.argv[1]))
django_setup.migrate()
from django.contrib.auth.models import Group, User
people = {"li": ["analyst"], "wang": ["approver"], "zhao": ["approver", "appeal_review"], "sun": ["approver"], "guest": []}
for name, groups in people.items():
    User.objects.create_user(name, password=sys.argv[2], is_staff=True).groups.set(Group.objects.filter(name__in=groups))
"""
PASSWORD = "long enough for a test 7"


@contextmanager
def staffed(pictures: ModuleType, home: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """The console of a copy of a home, with an analyst, approvers and somebody without a role: its address, and the copy."""
    copy = folder / "home"
    shutil.copytree(home, copy, ignore=shutil.ignore_patterns("runs", "prefect"))
    subprocess.run([sys.executable, "-c", ACCOUNTS, str(copy), PASSWORD], check=True)
    port = pictures.free_port()
    command = [sys.executable, "-m", "fairdeal", "console", "--port", str(port)]
    with subprocess.Popen(
        command, env=environment(copy, FAIRDEAL_CONSOLE_SECOND_FACTOR="false"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(300):
                with suppress(OSError), urllib.request.urlopen(f"{address}/login/", timeout=5):
                    break
                time.sleep(0.1)
            yield address, copy
        finally:
            server.terminate()


def signed_in(pictures: ModuleType, opened: Any, language: str, address: str, name: str) -> Any:
    """A page of somebody's own browser, at the console's first page."""
    page = pictures.new_page(opened, language)
    page.goto(f"{address}/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_load_state()
    return page


def press(page: Any, button: str) -> None:
    """Press a button of the case's page, and wait until the page stands anew in its place."""
    # A draft that is kept meanwhile changes a line only.
    heard = "(event) => { if (event.detail.target.getAttribute('role') !== 'status') done(true); }"
    settled = f"new Promise((done) => document.addEventListener('htmx:afterSettle', {heard}))"
    page.evaluate(f"() => {{ window.anew = {settled}; }}")
    page.click(button)
    assert page.evaluate("window.anew")


@pytest.mark.parametrize(
    ("language", "asked_for", "closed"),
    [("en-US", "collecting evidence", "suspicion confirmed"), ("zh-CN", "证据收集", "确认属实")],
)
def test_two_people_work_a_ring_from_taking_it_to_its_end_and_a_third_is_turned_away(
    language: str, asked_for: str, closed: str, pictures: ModuleType, home: Path, browser: Any, tmp_path: Path
) -> None:
    with staffed(pictures, home, tmp_path) as (address, copy):
        opened = browser.launch(executable_path=pictures.CHROMIUM, args=list(pictures.QUIET))
        analyst = signed_in(pictures, opened, language, address, "li")
        asked, complaints = watched(analyst)
        analyst.goto(f"{address}/queue/?order=members")  # most members first
        analyst.goto(address + analyst.locator("a.fd-open").first.get_attribute("href"))
        case = analyst.url
        press(analyst, "button[name=event][value=accept]")
        press(analyst, "button[name=event][value=start_review]")
        analyst.locator("details:has(#fd-evidence) > summary").click()
        analyst.fill("#fd-evidence textarea", "the carrier's weight of the parcel / 承运商的包裹重量")
        press(analyst, "button[name=event][value=request_evidence]")
        assert asked_for in analyst.inner_text("body")
        press(analyst, "button[name=event][value=close_evidence]")

        def propose() -> None:
            analyst.goto(case)
            if analyst.locator("button[name=claim][value=take]").count():
                press(analyst, "button[name=claim][value=take]")
            verdicts = analyst.locator("select[name^=finding_]")
            for place in range(verdicts.count()):
                if verdicts.nth(place).is_visible():
                    verdicts.nth(place).select_option("honest" if place == 1 else "fraud")
            analyst.select_option("select[name=outcome]", "action_confirmed")
            analyst.fill("textarea[name=reasons]", "one device\n同一设备")
            press(analyst, "button[name=preview]")
            assert analyst.locator("#fd-preview-measures li").count() > 0
            press(analyst, "button[name=event][value=propose_decision]")

        propose()
        assert analyst.locator("button[name=event][value=approve]").count() == 0
        approver = signed_in(pictures, opened, language, address, "wang")
        approver.goto(case)
        approver.fill("textarea[name=comment]", "say more about the second / 请补充第二名成员的理由")
        press(approver, "button[name=event][value=return]")
        propose()
        approver.goto(case)
        press(approver, "button[name=event][value=approve]")
        assert closed in approver.inner_text("body")
        guest = signed_in(pictures, opened, language, address, "guest")
        guest.goto(case)
        assert case.rsplit("/", 2)[-2] not in guest.inner_text("body")
        opened.close()
        found = subprocess.run(
            [sys.executable, "-m", "fairdeal", "audit", "verify", "--json"],
            env=environment(copy),
            capture_output=True,
            text=True,
            check=False,
        )
        assert json.loads(found.stdout)["ok"] is True, found.stderr
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert complaints == []


@pytest.mark.parametrize(
    ("language", "appeals", "turned", "cleared"),
    [
        ("en-US", " appeals:", "replaces the decision that li proposed", "false positive"),
        ("zh-CN", "提出申诉：", "取代 li 提议的裁定", "误报"),
    ],
)
def test_an_appeal_is_written_down_judged_by_somebody_new_and_turns_the_decision(
    language: str, appeals: str, turned: str, cleared: str, pictures: ModuleType, home: Path, browser: Any, tmp_path: Path
) -> None:
    with staffed(pictures, home, tmp_path) as (address, _):
        opened = browser.launch(executable_path=pictures.CHROMIUM, args=list(pictures.QUIET))
        people = {name: signed_in(pictures, opened, language, address, name) for name in ("li", "wang", "zhao", "sun")}
        complaints = [watched(page)[1] for page in people.values()]
        analyst = people["li"]
        analyst.goto(f"{address}/queue/?order=members")
        analyst.goto(address + analyst.locator("a.fd-open").first.get_attribute("href"))
        case = analyst.url
        press(analyst, "button[name=event][value=accept]")
        press(analyst, "button[name=event][value=start_review]")
        verdicts = analyst.locator("select[name^=finding_]")
        for place in range(verdicts.count()):
            if verdicts.nth(place).is_visible():
                verdicts.nth(place).select_option("fraud")
        analyst.select_option("select[name=outcome]", "action_confirmed")
        analyst.fill("textarea[name=reasons]", "one device\n同一设备")
        press(analyst, "button[name=event][value=propose_decision]")
        people["wang"].goto(case)
        people["wang"].select_option("select[name=when]", "window")
        press(people["wang"], "button[name=event][value=approve]")
        people["wang"].locator("#fd-asking > summary").click()
        people["wang"].fill("#fd-asking textarea[name=reasons]", "the parcels exist / 包裹真实存在")
        people["wang"].fill("#fd-asking textarea[name=new_evidence]", "the carrier's list / 承运商清单")
        press(people["wang"], "button[name=event][value=appeal]")
        assert people["wang"].locator("button[name=event][value=reverse]").count() == 0
        people["zhao"].goto(case)
        assert appeals in people["zhao"].inner_text("body")
        people["zhao"].select_option("select[name=outcome]", "false_positive")
        people["zhao"].fill("#fd-step textarea[name=reasons]", "the carrier confirms / 承运商证实")
        press(people["zhao"], "button[name=event][value=reverse]")
        people["sun"].goto(case)
        assert turned in people["sun"].inner_text("body")
        press(people["sun"], "button[name=event][value=approve]")
        assert cleared in people["sun"].inner_text("body")
        opened.close()
    assert complaints == [[]] * len(people)


def test_the_queue_is_worked_by_keys_which_do_nothing_in_a_field(pictures: ModuleType, home: Path, browser: Any, tmp_path: Path) -> None:
    with staffed(pictures, home, tmp_path) as (address, _):
        opened = browser.launch(executable_path=pictures.CHROMIUM, args=list(pictures.QUIET))
        page = signed_in(pictures, opened, "en-US", address, "li")
        _, complaints = watched(page)
        page.keyboard.press("q")
        page.wait_for_url("**/queue/")
        cases = [link.get_attribute("href") for link in page.locator("a.fd-open").all()]
        for key in ("j", "j", "j", "k", "x"):
            page.keyboard.press(key)
        assert page.locator("input[name=case]:checked").get_attribute("value") == cases[1].split("/")[2]
        page.keyboard.press("?")
        assert page.locator("#fd-help").is_visible()
        page.keyboard.press("n")
        page.keyboard.press("Escape")
        assert not page.locator("#fd-help").is_visible()
        page.keyboard.press("/")
        page.keyboard.type("jon?")
        assert page.input_value("#fd-q") == "jon?"
        assert page.url.endswith("/queue/")
        page.goto(f"{address}/queue/")
        page.keyboard.press("j")
        page.keyboard.press("o")
        page.wait_for_url(f"**{cases[0]}")
        page.keyboard.press("n")
        page.wait_for_url("**/case/C*/")
        assert "Yours" in page.inner_text("#fd-hold")
        opened.close()
    assert complaints == []


def test_the_list_is_narrowed_in_place_and_the_way_back_is_kept(pictures: ModuleType, home: Path, browser: Any, tmp_path: Path) -> None:
    with staffed(pictures, home, tmp_path) as (address, _):
        opened = browser.launch(executable_path=pictures.CHROMIUM, args=list(pictures.QUIET))
        page = signed_in(pictures, opened, "en-US", address, "li")
        asked, complaints = watched(page)
        page.goto(f"{address}/queue/")
        page.evaluate("() => { window.same = true; }")
        page.select_option("#fd-held", "me")
        page.wait_for_selector("text=No case is like that.")
        assert page.evaluate("window.same"), "the page stayed"
        assert "held=me" in page.url
        page.go_back()
        page.wait_for_selector("a.fd-open")
        assert "held=me" not in page.url
        page.click(".fd-menu > summary")
        before = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.click("button[name=theme][value=dark]")
        page.wait_for_load_state()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
        opened.close()
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    assert complaints == []


def test_a_case_is_worked_without_scripts(pictures: ModuleType, home: Path, browser: Any, tmp_path: Path) -> None:
    with staffed(pictures, home, tmp_path) as (address, _):
        opened = browser.launch(executable_path=pictures.CHROMIUM, args=list(pictures.QUIET))
        page = opened.new_context(locale="en-US", java_script_enabled=False).new_page()
        page.goto(f"{address}/queue/")
        page.fill("input[name=username]", "li")
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.select_option("#fd-order", "members")
        page.click(".fd-filters button")
        page.locator("a.fd-open").first.click()
        for event in ("accept", "start_review"):
            page.click(f"button[name=event][value={event}]")
        page.select_option("select[name=outcome]", "false_positive")
        page.fill("textarea[name=reasons]", "a family behind one device")
        page.click("button[name=preview]")
        page.click("button[name=event][value=propose_decision]")
        assert "waiting for a second person" in page.inner_text("main")
        opened.close()


def test_what_is_typed_is_kept_and_stands_there_after_the_page_was_left(
    pictures: ModuleType, home: Path, browser: Any, tmp_path: Path
) -> None:
    with staffed(pictures, home, tmp_path) as (address, _):
        opened = browser.launch(executable_path=pictures.CHROMIUM, args=list(pictures.QUIET))
        page = signed_in(pictures, opened, "en-US", address, "li")
        _, complaints = watched(page)
        page.goto(f"{address}/queue/?order=members")
        page.goto(address + page.locator("a.fd-open").first.get_attribute("href"))
        for step in ("accept", "start_review"):
            press(page, f"button[name=event][value={step}]")
        page.locator("textarea[name=reasons]").press_sequentially("half a thought")
        page.locator("#fd-step p[role=status]", has_text="Draft kept at").wait_for()
        page.locator("#fd-note textarea").press_sequentially("half a word")
        page.locator("#fd-note p[role=status]", has_text="Draft kept at").wait_for()
        case = page.url
        page.goto(f"{address}/queue/")
        page.goto(case)
        assert page.input_value("textarea[name=reasons]") == "half a thought"
        assert page.input_value("#fd-note textarea") == "half a word"
        opened.close()
    assert complaints == []
