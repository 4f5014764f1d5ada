"""Writes under an idempotency key: done once, answered always as the first time, kept with their effect or not at all."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from fairdeal.disputes import services
from fairdeal.disputes.access_models import KeptAnswer
from fairdeal.disputes.evidence_models import CaseEvidence
from fairdeal.disputes.models import Case, CaseEvent
from tests.disputes.alerts import AT, alert
from tests.disputes.asking import COMPLAINT, analyst, approver, code_of, system, token_of
from tests.disputes.many import ask_once, together

KEY = {"Idempotency_Key": "key-1"}


def test_the_same_write_again_is_done_once_and_answered_the_same(either: str | None) -> None:
    services.open_cases([alert(n, f"M{n}") for n in range(3)], run_id="run-1", at=AT)
    li = analyst()
    first = li.post("cases/next", **KEY)
    assert first.json()["taken"] is not None
    again = [li.post("cases/next", **KEY) for _ in range(2)]
    assert {(answer.status_code, answer.content) for answer in (first, *again)} == {(200, first.content)}
    assert Case.objects.exclude(holder="").count() == 1
    assert li.post("cases/next", Idempotency_Key="key-2").json() != first.json()


def test_a_refusal_is_an_answer_too(either: str | None) -> None:
    (case_id,) = services.open_cases([alert(1)], run_id="run-1", at=AT).opened
    li = analyst()
    services.claim(case_id, actor="zhao")
    first = li.post(f"cases/{case_id}/claim", {"revision": 1}, **KEY)
    assert code_of(first) == "409 held_by_other"
    services.release(case_id, actor="zhao")
    assert li.post(f"cases/{case_id}/claim", {"revision": 1}, **KEY).content == first.content
    assert li.post(f"cases/{case_id}/claim", {"revision": 2}, Idempotency_Key="key-2").status_code == 200


@pytest.mark.parametrize(
    ("where", "body"),
    [("complaints", {**COMPLAINT, "text": "other"}), ("cases/next", None)],
)
def test_a_key_stands_for_one_write(home: Path, where: str, body: Any) -> None:
    li = analyst()
    assert li.post("complaints", COMPLAINT, **KEY).status_code == 201
    assert code_of(li.post(where, body, **KEY)) == "409 key_used_otherwise"
    assert CaseEvidence.objects.count() == 1


def test_space_and_the_order_of_names_make_no_other_write(home: Path) -> None:
    li = analyst()
    first = li.post("complaints", COMPLAINT, **KEY)
    turned = "{\n" + ", ".join(f'"{name}":   "{COMPLAINT[name]}"' for name in reversed(COMPLAINT)) + "}"
    assert li.post("complaints", turned, **KEY).content == first.content


def test_a_key_is_its_accounts_own(home: Path) -> None:
    assert analyst().post("complaints", COMPLAINT, **KEY).json()["outcome"] == "opened"
    assert system().post("complaints", COMPLAINT, **KEY).json()["outcome"] == "known"


def test_what_was_not_begun_is_not_kept(home: Path) -> None:
    li = analyst()
    assert code_of(li.post("complaints", {}, **KEY)) == "422 bad_value"
    assert code_of(approver().post("cases/next", **KEY)) == "403 no_right"
    assert KeptAnswer.objects.count() == 0
    assert li.post("complaints", COMPLAINT, **KEY).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "with space", "ключ", "k" * 256])
def test_a_key_that_is_none_is_refused(home: Path, key: str) -> None:
    assert code_of(analyst().post("complaints", COMPLAINT, Idempotency_Key=key.encode().decode("latin-1"))) == "422 bad_value"
    assert Case.objects.count() == 0


@pytest.mark.parametrize(("where", "body"), [("cases/next", None), ("complaints", COMPLAINT)])
def test_duplicates_that_come_at_once_have_one_effect_and_one_answer(either: str | None, home: Path, where: str, body: Any) -> None:
    services.open_cases([alert(n, f"M{n}") for n in range(8)], run_id="run-1", at=AT)
    before = CaseEvent.objects.count()
    (home / "asked.txt").write_text(repr((token_of("li", "analyst"), where, body)))
    connection.close()
    answers = together(ask_once, home, 6, either)
    assert len(set(answers)) == 1, answers
    assert answers[0][0] in (200, 201)
    assert CaseEvent.objects.count() == before + 1


def test_an_answer_is_forgotten_after_its_time(home: Path) -> None:
    li = analyst()
    li.post("complaints", COMPLAINT, **KEY)
    now = timezone.now()
    assert services.forget_answers(now + timedelta(days=6)) == 0
    assert services.forget_answers(now + timedelta(days=8)) == 1
    assert li.post("complaints", COMPLAINT, **KEY).json()["outcome"] == "known"
