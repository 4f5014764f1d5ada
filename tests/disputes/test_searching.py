"""Finding cases by what people type, in either language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairdeal.disputes import services
from fairdeal.disputes.models import Case
from fairdeal.disputes.searching import search_cases
from tests.disputes.alerts import AT, alert


@pytest.fixture
def cases(home: Path) -> None:
    review = alert(
        2,
        "M2",
        subject_kind="review",
        subject_id="R2",
        detector="reviews",
        typology="paid_praise",
        case_type="FAKE_REVIEW",
        account_id="Writer9",
        reasons=json.dumps([{"code": "x", "value": 1, "norm": 0, "text_zh": "下单后即评价", "text_en": "posted at once"}]),
        snapshot=json.dumps({"text": "好评返现 Love it"}),
    )
    services.open_cases([alert(1, "M1"), review], run_id="run-1", at=AT)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("M1", ["M1"]),
        ("m2", ["M2"]),
        ("writer9", ["M2"]),
        ("R2", ["M2"]),
        ("A1", ["M1"]),
        ("好评返现", ["M2"]),
        ("love", ["M2"]),
        ("同一设备", ["M1"]),
        ("one device", ["M1"]),
        ("虚假评价", ["M2"]),
        ("fake review", ["M2"]),
        ("刷单", ["M1"]),
        ("虚假", ["M1", "M2"]),
        ("虚假 love", ["M2"]),
        ("同一设备 love", []),
        ("100%", []),
        ("", ["M1", "M2"]),
    ],
)
@pytest.mark.usefixtures("cases")
def test_every_word_must_turn_up_somewhere_in_the_case(words: str, found: list[str]) -> None:
    assert sorted(search_cases(Case.objects.all(), words).values_list("subject_id", flat=True)) == found


@pytest.mark.usefixtures("cases")
def test_a_case_is_found_by_its_own_id_and_once() -> None:
    case = Case.objects.get(subject_id="M1")
    assert list(search_cases(Case.objects.all(), case.pk)) == [case]
