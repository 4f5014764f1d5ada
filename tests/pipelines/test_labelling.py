"""A closed case teaches once, from the moment it closed, with the probability that it came to be looked at."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fairdeal.data_contracts.labels import LABELS as CONTRACT
from fairdeal.pipelines import labelling
from fairdeal.pipelines.ledger import LABELS
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.workplace import Workplace
from tests.disputes.alerts import alert
from tests.pipelines import worlds
from tests.pipelines.looking import EVER, close_case, deliver, run, workplace

DAY = "2026-01-02"
CLOSED = datetime(2026, 3, 2, 9, tzinfo=UTC)


def entered(place: Workplace) -> list[dict[str, Any]]:
    """Every label in the ledger, oldest first."""
    with place.ledger.engine.connect() as connection:
        return [json.loads(row[0]) for row in connection.execute(sa.select(LABELS.c.content).order_by(LABELS.c.seq))]


def collect(place: Workplace) -> int:
    return labelling.collect(place.ledger, place.cases().verdicts(labelling.last_verdict(place.ledger)))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return worlds.shop(tmp_path / "shop", {DAY: [worlds.payment(number, f"{DAY} 12:00:00", payer=f"B{number}") for number in range(6)]})


def test_a_closed_case_becomes_one_label_per_member_and_only_once(settings: Settings, shop: Path) -> None:
    with workplace(settings, shop) as place:
        place.cases().open_cases([alert(1), alert(2)], run_id="R1", at=CLOSED - timedelta(days=1))
        assert collect(place) == 0
        (case,) = place.cases().list_cases()
        close_case(place, case, "action_confirmed", at=CLOSED)
        assert collect(place) == 2
        assert collect(place) == 0
        assert labelling.collect(place.ledger, place.cases().verdicts(0)) == 0
        labels = entered(place)
        assert [(label["subject_kind"], label["subject_id"], label["is_fraud"]) for label in labels] == [
            ("order", "O1", True),
            ("order", "O2", True),
        ]
        for label in labels:
            assert label["typology"] == "brushing"
            assert label["member_of"] == case["case_id"]
            assert datetime.fromisoformat(label["available_at"]) == CLOSED
            assert label["supersedes"] is None
            assert set(label) <= set(CONTRACT.names)


def test_a_label_from_the_audit_sample_says_so_with_its_propensity(settings: Settings, shop: Path) -> None:
    summary = run(settings, shop, DAY)
    assert summary["audit_sample"] == summary["alerts"] == 6
    with workplace(settings, shop) as place:
        cases = place.cases().list_cases()
        for case in cases:
            close_case(place, case, "false_positive", at=CLOSED)
        assert collect(place) == 6
        labels = entered(place)
        assert {(label["source"], label["is_fraud"]) for label in labels} == {("audit", False)}
        assert {label["propensity"] for label in labels} == {1.0}  # all six of six were drawn


def test_the_propensity_of_an_audited_subject_is_how_many_were_drawn_of_how_many(settings: Settings, shop: Path) -> None:
    drawing_two = settings.model_copy(update={"capacity": {"audit_size": 2}})
    assert run(drawing_two, shop, DAY)["audit_sample"] == 2
    with workplace(settings, shop) as place:
        for case in place.cases().list_cases():
            close_case(place, case, "false_positive", at=CLOSED)
        collect(place)
        assert [label["propensity"] for label in entered(place)] == [pytest.approx(2 / 6)] * 2


def test_a_label_from_an_alert_is_an_analyst_s(settings: Settings, shop: Path) -> None:
    with workplace(settings, shop) as place:
        place.cases().open_cases([alert(1)], run_id="R1", at=CLOSED - timedelta(days=1))
        close_case(place, place.cases().list_cases()[0], "action_confirmed", at=CLOSED)
        collect(place)
        assert [(label["source"], label["propensity"]) for label in entered(place)] == [("analyst", 1.0)]


def test_each_member_is_labelled_by_its_own_finding_and_one_nobody_judged_by_none(settings: Settings, shop: Path) -> None:
    with workplace(settings, shop) as place:
        place.cases().open_cases([alert(1), alert(2), alert(3)], run_id="R1", at=CLOSED - timedelta(days=1))
        findings = {"order:O1": True, "order:O2": False}
        close_case(place, place.cases().list_cases()[0], "action_confirmed", at=CLOSED, findings=findings)
        assert collect(place) == 2
        assert [(label["subject_id"], label["is_fraud"]) for label in entered(place)] == [("O1", True), ("O2", False)]


def test_a_case_that_is_rejected_teaches_nothing(settings: Settings, shop: Path) -> None:
    with workplace(settings, shop) as place:
        services = place.cases()
        services.open_cases([alert(1)], run_id="R1", at=CLOSED - timedelta(days=1))
        (case,) = services.list_cases()
        services.apply(case["case_id"], "reject", actor="ana", role="agent", at=CLOSED, reasons=["out of scope"], remedies=["court"])
        assert collect(place) == 0


def test_a_verdict_without_a_finding_is_no_label_and_does_not_hold_up_the_next(settings: Settings, shop: Path) -> None:
    nothing = {**word(4, "P1", True), "is_fraud": None}
    with workplace(settings, shop) as place:
        assert labelling.collect(place.ledger, [nothing, word(5, "P2", False)]) == 1
        assert labelling.last_verdict(place.ledger) == 5


def word(seq: int, subject: str, found: bool, *, at: datetime = CLOSED, decided: datetime | None = None) -> dict[str, Any]:
    """What a closed case says about one payment."""
    return {
        "seq": seq,
        "case_id": "C1",
        "subject_kind": "payment",
        "subject_id": subject,
        "chosen_by": "expected_loss",
        "selection_probability": 1.0,
        "typology": "stolen_instrument",
        "is_fraud": found,
        "decided_at": (decided or at).isoformat(),
        "closed_at": at.isoformat(),
    }


def told(place: Workplace, before: datetime, **rest: Any) -> dict[str, bool]:
    labels = labelling.known_labels(place.lake, place.mapping.name, watermark=2**31 - 1, known_before=before, **rest)
    return dict(labels.select("subject_id", "is_fraud").iter_rows())


def test_a_later_finding_supersedes_and_the_earlier_stays_what_was_known_then(settings: Settings, shop: Path) -> None:
    with workplace(settings, shop) as place:
        labelling.collect(place.ledger, [word(5, "P9", True), word(9, "P9", False, at=CLOSED + timedelta(days=10))])
        first, second = entered(place)
        assert second["supersedes"] == first["label_id"]
        assert told(place, CLOSED) == {}
        assert told(place, CLOSED + timedelta(seconds=1)) == {"P9": True}
        assert told(place, CLOSED + timedelta(days=10)) == {"P9": True}
        assert told(place, CLOSED + timedelta(days=11)) == {"P9": False}


def test_a_label_is_available_when_its_case_closed_not_when_it_was_decided(settings: Settings, shop: Path) -> None:
    with workplace(settings, shop) as place:
        labelling.collect(place.ledger, [word(5, "P9", True, decided=CLOSED - timedelta(days=7))])
        assert told(place, CLOSED) == {}
        assert told(place, CLOSED + timedelta(seconds=1)) == {"P9": True}


def test_a_source_s_own_label_is_known_from_its_moment_on(settings: Settings, shop: Path) -> None:
    with workplace(settings, shop) as place:
        deliver(place)
        available = datetime(2026, 1, 3, 4, tzinfo=UTC)  # noon in Shanghai, and a day
        assert told(place, available) == {}
        assert len(told(place, available + timedelta(seconds=1))) == 6
        assert told(place, EVER)["P1"] is False


def test_of_two_sources_at_one_moment_the_more_trusted_counts(settings: Settings, shop: Path) -> None:
    with workplace(settings, shop) as place:
        deliver(place)
        labelling.collect(place.ledger, [word(5, "P1", True, at=datetime(2026, 1, 3, 4, tzinfo=UTC))])
        assert told(place, EVER)["P1"] is True


def test_labels_entered_after_a_run_froze_are_not_its_own(settings: Settings, shop: Path) -> None:
    with workplace(settings, shop) as place:
        labelling.collect(place.ledger, [word(5, "P8", True)])
        mark = labelling.last_label(place.ledger)
        labelling.collect(place.ledger, [word(6, "P9", True)])
        assert told(place, EVER, labels_until=mark) == {"P8": True}
        assert told(place, EVER, labels_until=0) == {}


def test_what_holds_of_two_judgements_is_a_label_of_its_own_and_moves_no_measure(settings: Settings, shop: Path) -> None:
    every = settings.model_copy(update={"desk": settings.desk.model_copy(update={"second_look_share": 1.0})})
    with workplace(every, shop) as place:
        services = place.cases()
        services.open_cases([alert(1)], run_id="R1", at=CLOSED - timedelta(days=1))
        close_case(place, services.list_cases()[0], "false_positive", at=CLOSED)
        assert services.draw_second_looks(CLOSED) == 1
        look = services.take_second_look(actor="li", role="analyst", at=CLOSED)
        services.judge_second_look(look["look_id"], "action_confirmed", actor="li", role="analyst", at=CLOSED)
        said = CLOSED + timedelta(days=1)
        services.adjudicate_second_look(look["look_id"], "second", word="one device", actor="wu", role="approver", at=said)
        assert collect(place) == 2
        first, second = entered(place)
        assert (first["source"], first["is_fraud"]) == ("analyst", False)
        assert (second["source"], second["is_fraud"], second["supersedes"]) == ("second_look", True, first["label_id"])
        assert datetime.fromisoformat(second["available_at"]) == said
    run(every, shop, DAY)
    with workplace(every, shop) as place:
        (last,) = place.ledger.runs(place.mapping.name)
        assert last.frozen is not None
        assert [row["is_fraud"] for row in last.frozen["verdicts"]] == [False]
