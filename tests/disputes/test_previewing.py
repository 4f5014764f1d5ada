"""What a proposal leads to is shown before it is made, and is what comes of it."""

from __future__ import annotations

import re

import pytest

from fairdeal.disputes import services
from fairdeal.disputes.models import Case, CaseAction, CaseMember
from tests.disputes.alerts import AT, alert
from tests.disputes.test_console import browser, person, send, text_of

pytestmark = pytest.mark.usefixtures("home")

PAYMENT = {"subject_kind": "payment", "detector": "payments", "typology": "stolen_instrument", "case_type": "UNAUTH_PAY"}


def under_review(*rows: dict[str, object]) -> str:
    (case_id,) = services.open_cases(list(rows), run_id="run-1", at=AT).opened
    for event in ("accept", "start_review"):
        send(browser(person_named("li")), case_id, event)
    return case_id


def person_named(name: str) -> object:
    from django.contrib.auth.models import User

    return User.objects.filter(username=name).first() or person(name, "analyst")


def previewed(case_id: str, name: str = "li", **form: str) -> str:
    revision = str(Case.objects.get(pk=case_id).revision)
    form = {"preview": "propose_decision", "revision": revision, "reasons": "looked", **form}
    return text_of(browser(person_named(name)).post(f"/case/{case_id}/preview/", form, follow=True))


def listed(page: str, part: str) -> list[str]:
    """The entries of one part of the preview."""
    section = re.search(rf'id="fd-preview-{part}".*?</section>', page, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", entry) for entry in re.findall(r"<li>(.*?)</li>", section[0])] if section else []


def test_the_preview_names_the_measures_that_the_decision_then_orders() -> None:
    case_id = under_review(alert(1), alert(2), alert(3, probability=0.2))
    other = CaseMember.objects.get(subject_id="O2")
    form = {"outcome": "action_confirmed", f"finding_{other.pk}": "honest"}
    page = previewed(case_id, **form)
    assert listed(page, "measures") == ["hold: order O1"]
    assert listed(page, "lifted") == ["order O2"]
    for account, told in (("B1", True), ("B2", True), ("B3", False)):
        assert (f"<code>{account}</code>" in page) is told
    assert Case.objects.get().status == "INVESTIGATION"
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.partition('id="fd-confirm"')[2]))
    kept.pop("csrfmiddlewaretoken", None)
    send(browser(person_named("li")), case_id, "propose_decision", **kept)
    send(browser(person("wang", "approver")), case_id, "approve")
    assert list(CaseAction.objects.values_list("kind", "target")) == [("hold", "order:O1")]
    assert {row["subject_id"]: row["is_fraud"] for row in services.verdicts()} == {"O1": True, "O2": False, "O3": None}


def test_a_payment_is_acted_upon_by_its_instrument_once_and_an_honest_one_does_not_lift_it() -> None:
    shared = '{"instrument_id": "T1"}'
    rows = [alert(n, subject_id=f"P{n}", snapshot=shared if n < 3 else "{}", **PAYMENT) for n in (1, 2, 3)]
    case_id = under_review(*rows)
    honest = CaseMember.objects.get(subject_id="P2")
    page = previewed(case_id, outcome="action_confirmed", **{f"finding_{honest.pk}": "honest"})
    assert listed(page, "measures") == ["block: account B3", "block: instrument T1"]
    assert listed(page, "lifted") == []


@pytest.mark.parametrize(("language", "words"), [("en", "No measure is put on anybody."), ("zh-hans", "不对任何对象采取措施。")])
def test_a_false_positive_lifts_and_puts_no_measure_on_anybody(language: str, words: str) -> None:
    case_id = under_review(alert(1))
    client = browser(person_named("li"), language)
    form = {"preview": "propose_decision", "outcome": "false_positive", "reasons": "x"}
    page = text_of(client.post(f"/case/{case_id}/preview/", form, HTTP_ACCEPT_LANGUAGE=language))
    assert words in page
    assert len(listed(page, "lifted")) == 1


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"outcome": ""}, "not changed"),
        ({"outcome": "won"}, "not changed"),
        ({"outcome": "action_confirmed", "reasons": " "}, "a proposal gives its reasons"),
    ],
)
def test_a_proposal_that_would_be_refused_has_no_preview(form: dict[str, str], told: str) -> None:
    case_id = under_review(alert(1))
    assert told in previewed(case_id, **form)


def test_who_proposes_nothing_sees_no_preview() -> None:
    case_id = under_review(alert(1))
    revision = str(Case.objects.get().revision)
    client = browser(person("wang", "approver"))
    form = {"preview": "propose_decision", "outcome": "false_positive", "reasons": "x", "revision": revision}
    assert "Your role proposes nothing here." in text_of(client.post(f"/case/{case_id}/preview/", form, follow=True))
