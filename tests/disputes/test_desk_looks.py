"""The desk is for everybody: every field has a name, what is written can be read, pages hold without scripts and without a network."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fairdeal.disputes import services
from tests.disputes.alerts import AT, alert
from tests.disputes.test_console import browser, person, send, text_of

ROOM = Path(__file__).resolve().parents[2] / "disputes"
STYLES = (ROOM / "static" / "disputes" / "desk.css").read_text(encoding="utf-8")

#: What is written on what.
WRITTEN_ON = [
    ("ink", "page"), ("ink", "card"), ("ink", "hover"), ("soft", "page"), ("soft", "card"), ("soft", "hover"), ("accent", "page"),
    ("accent", "card"), ("accent", "hover"), ("on-accent", "accent"), ("accent-ink", "accent-soft"), ("rest", "rest-bg"),
    ("good", "good-bg"),
    ("warn", "warn-bg"), ("near", "near-bg"), ("near", "card"), ("bad", "bad-bg"), ("on-mark", "mark"),
]  # fmt: skip


def palettes() -> list[dict[str, str]]:
    """The light colours, the dark ones of the system's choice, and the dark ones of the reader's."""
    blocks = re.findall(r"color-scheme: (?:light|dark);([^}]+)}", STYLES)
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in blocks]


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(("ink", "ground"), WRITTEN_ON)
def test_what_is_written_can_be_read_in_light_and_dark(place: int, ink: str, ground: str) -> None:
    colours = palettes()[place]
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_edges_of_fields_can_be_seen(place: int) -> None:
    colours = palettes()[place]
    assert contrast(colours["field"], colours["card"]) >= 3


def test_dark_is_one_dark_whoever_chose_it() -> None:
    light, system, reader = palettes()
    assert system == reader
    assert set(light) == set(system)


class Read(HTMLParser):
    """What a page has: fields without a name, ids, targets of labels, headings, and what would run by itself."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open_labels = 0
        self.fields: list[dict[str, str]] = []
        self.label_for: set[str] = set()
        self.ids: list[str] = []
        self.headings: list[str] = []
        self.runs: list[str] = []
        self.buttons: list[str] = []
        self._in_button = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids += [given["id"]] if "id" in given else []
        self.runs += [name for name in given if name.startswith("on")]
        if tag == "script" and "src" not in given:
            self.runs.append("script")
        if tag == "label":
            self.open_labels += 1
            self.label_for.add(given.get("for", ""))
        if tag in ("input", "select", "textarea") and given.get("type") != "hidden":
            named = bool(self.open_labels or given.get("aria-label"))
            self.fields.append({"id": given.get("id", ""), "named": "yes" if named else ""})
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(tag)
        if tag == "button":
            self._in_button = True
            self.buttons.append("")

    def handle_endtag(self, tag: str) -> None:
        self.open_labels -= tag == "label"
        self._in_button = self._in_button and tag != "button"

    def handle_data(self, data: str) -> None:
        if self._in_button:
            self.buttons[-1] += data.strip()


def pages() -> dict[str, str]:
    """Every page of the desk, as an analyst or an approver sees it."""
    rows = [alert(1), alert(2), alert(3, "M2"), alert(4, "M3")]
    services.open_cases(rows, run_id="run-1", at=AT)
    (first, *_), analyst = services.list_cases(), browser(person("li", "analyst"))
    case_id = first["case_id"]
    seen = {"login": text_of(browser().get("/login/")), "new": text_of(analyst.get(f"/case/{case_id}/"))}
    send(analyst, case_id, "accept")
    send(analyst, case_id, "start_review")
    seen["review"] = text_of(analyst.get(f"/case/{case_id}/"))
    form = {"preview": "propose_decision", "outcome": "action_confirmed", "reasons": "r"}
    seen["preview"] = text_of(analyst.post(f"/case/{case_id}/preview/", form))
    send(analyst, case_id, "propose_decision", outcome="action_confirmed", reasons="r")
    seen["pending"] = text_of(browser(person("wang", "approver")).get(f"/case/{case_id}/"))
    for address in ("/", "/queue/", "/queue/?status=all&q=M1", "/party/merchant/M1/", "/password/"):
        seen[address] = text_of(analyst.get(address))
    seen["refused"] = browser(person("guest")).get("/queue/").content.decode()
    return seen


@pytest.mark.usefixtures("home")
def test_every_page_is_named_whole_and_quiet() -> None:
    for name, page in pages().items():
        read = Read(page)
        nameless = [field for field in read.fields if not field["named"] and field["id"] not in read.label_for]
        assert nameless == [], name
        assert [text for text in read.buttons if not text] == [], name
        assert read.runs == [], f"{name}: nothing runs that does not come from a file of ours"
        assert len(read.ids) == len(set(read.ids)), (name, sorted(one for one in read.ids if read.ids.count(one) > 1))
        assert read.headings.count("h1") == 1, (name, read.headings)
        assert read.headings[0] == "h1" or name in ("/queue/",), name
        assert 'href="#fd-main"' in page
        assert re.findall(r'(?:src|href|action)="((?:https?:)?//[^"]+)', page) == []


@pytest.mark.usefixtures("home")
def test_a_page_may_load_nothing_from_elsewhere() -> None:
    policy = browser().get("/login/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert "script" not in policy, "scripts come from here, and none stands in a page"


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "name", ["disputes/desk.css", "disputes/desk.js", "django_htmx/htmx-2.min.js", "disputes/icon.svg", "disputes/back_office.css"]
)
def test_what_pages_load_is_served_from_the_packages(name: str) -> None:
    response = browser().get(f"/static/{name}")
    assert response.status_code == 200
    assert b"".join(response.streaming_content)  # type: ignore[attr-defined]
    response.close()


def test_keys_that_work_are_told_and_keys_that_are_told_work() -> None:
    script = (ROOM / "static" / "disputes" / "desk.js").read_text(encoding="utf-8")
    block = script[script.index("const keys = {") : script.index("};", script.index("const keys = {"))]
    bound = set(re.findall(r'^    "?([a-z/?])"?:', block, re.MULTILINE))
    base = (ROOM / "templates" / "desk" / "base.html").read_text(encoding="utf-8")
    told = set(re.findall(r"<kbd>([^<])</kbd>", base[base.index('<dl class="fd-keys">') :]))
    assert bound == told
