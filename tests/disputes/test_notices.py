"""Who leads the team is told in the console of first answers that near their end: each warning once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fairdeal.disputes import services
from fairdeal.disputes.models import Notice
from tests.disputes.alerts import AT, alert
from tests.disputes.many import tell_of_warnings, together
from tests.disputes.test_console import browser, person, text_of

pytestmark = pytest.mark.usefixtures("home")

HOUR = timedelta(hours=1)


def open_case(number: int = 1) -> str:
    (case_id,) = services.open_cases([alert(number, f"M{number}")], run_id="run-1", at=AT).opened
    return case_id


@pytest.mark.parametrize(("after", "told"), [(11, []), (12, [12]), (17, [12]), (18, [18]), (22, [22]), (24, [22]), (25, [24])])
def test_the_latest_warning_that_passed_is_told(after: int, told: list[int]) -> None:
    open_case()
    services.write_notices(AT + after * HOUR)
    assert list(Notice.objects.values_list("hours", flat=True)) == told


def test_every_warning_is_told_once_and_names_its_end() -> None:
    case_id = open_case()
    written = [services.write_notices(AT + hours * HOUR) for hours in range(30)]
    assert [hours for hours, count in enumerate(written) if count] == [12, 18, 22, 25]
    assert sum(written) == 4
    assert set(Notice.objects.values_list("case_id", "started_at", "due_at")) == {(case_id, AT, AT + 24 * HOUR)}


def test_a_case_that_was_answered_is_not_told_of_and_one_that_comes_back_is_told_of_anew() -> None:
    answered, refused = open_case(1), open_case(2)
    services.apply(answered, "accept", actor="li", role="analyst", at=AT + HOUR)
    services.write_notices(AT + 12 * HOUR)
    services.apply(refused, "reject", actor="kf", role="agent", reasons=["no"], remedies=["court"], at=AT + 13 * HOUR)
    services.apply(refused, "new_material", actor="M2", role="merchant", at=AT + 20 * HOUR)
    assert services.write_notices(AT + 31 * HOUR) == 0
    assert services.write_notices(AT + 32 * HOUR) == 1
    assert list(Notice.objects.order_by("pk").values_list("case_id", "hours")) == [(refused, 12), (refused, 12)]


def test_two_that_look_at_once_write_each_notice_once(home: Path) -> None:
    for number in range(40):
        open_case(number)
    together(tell_of_warnings, home, 3)
    assert Notice.objects.count() == 40


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("first answer: 12 hours passed", "Mark as seen", "1 notices of first answers")),
        ("zh-hans", ("首次答复：已过 12 小时", "标为已阅")),
    ],
)
def test_who_leads_the_team_reads_them_and_marks_them_as_seen(language: str, words: tuple[str, ...]) -> None:
    case_id = open_case()
    services.write_notices(AT + 12 * HOUR)
    client = browser(person("wang", "approver"), language)
    page = text_of(client.get("/admin/disputes/notice/")) + text_of(client.get("/"))
    for word in words:
        assert word in page, word
    notice = Notice.objects.get()
    landed = client.get(f"/admin/disputes/notice/{notice.pk}/change/")
    assert landed["location"] == f"/case/{case_id}/"
    client.post("/admin/disputes/notice/", {"action": "seen_selected", "_selected_action": [notice.pk]})
    assert Notice.objects.get().seen_by == "wang"
    assert case_id not in text_of(client.get("/admin/disputes/notice/"))
    assert case_id in text_of(client.get("/admin/disputes/notice/?seen=all"))
    assert 'id="fd-notices"' not in text_of(client.get("/"))


def test_who_saw_a_notice_first_stays() -> None:
    open_case()
    services.write_notices(AT + 12 * HOUR)
    notice = Notice.objects.get()
    for name in ("wang", "zhao"):
        form = {"action": "seen_selected", "_selected_action": [notice.pk]}
        browser(person(name, "approver")).post("/admin/disputes/notice/?seen=all", form)
    assert Notice.objects.get().seen_by == "wang"


@pytest.mark.parametrize("role", ["analyst", "agent", "auditor"])
def test_others_read_no_notices(role: str) -> None:
    open_case()
    services.write_notices(AT + 12 * HOUR)
    client = browser(person("li", role))
    assert client.get("/admin/disputes/notice/").status_code == 403
    assert "/admin/disputes/notice/" not in text_of(client.get("/"))
    client.post("/admin/disputes/notice/", {"action": "seen_selected", "_selected_action": [Notice.objects.get().pk]})
    assert Notice.objects.get().seen_by == ""
