"""The nightly run beside complaints: they take their share of the people, join what is flagged, and teach nothing by themselves."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fairdeal.disputes.evidence_kinds import EvidenceKind
from fairdeal.pipelines.settings import Settings
from tests.pipelines.looking import faults, run, workplace
from tests.pipelines.test_labelling import entered
from tests.pipelines.test_publishing import FIRST, SECOND, case_about, flagged_shop


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A weak payment by the card T1; the next day nothing weak."""
    return flagged_shop(tmp_path / "shop", {FIRST: [(1, "B1", "T1", "true"), (2, "B3", "T3", "false")], SECOND: [(5, "B3", "T3", "false")]})


def test_runs_go_on_beside_cases_that_only_complaints_opened(settings: Settings, shop: Path) -> None:
    moment = settings.day_bounds(FIRST)[0]
    with workplace(settings, shop) as place:
        services = place.cases()
        post = services.Exhibit(EvidenceKind.COMPLAINT, "not me", "crm", "1", "instrument", "T1")
        paid = services.file_complaint(post, actor="crm", role="pipeline", at=moment)["case_id"]
        late = services.Exhibit(EvidenceKind.COMPLAINT, "never came", "crm", "2", "order", "O9")
        other = services.file_complaint(late, case_type="NOT_RECEIVED", actor="crm", role="pipeline", at=moment)["case_id"]
    run(settings, shop, FIRST)
    with workplace(settings, shop) as place:
        services = place.cases()
        assert case_about(place, "instrument", "T1")["case_id"] == paid, "what is flagged joins the complaint's case"
        for case_id, code in ((paid, "action_confirmed"), (other, "decided_for_buyer")):
            services.decide(case_id, maker="li", checker="wang", close_code=code, reasons=["seen"], at=moment + timedelta(days=1, hours=1))
    run(settings, shop, SECOND)
    with workplace(settings, shop) as place:
        assert {label["subject_id"] for label in entered(place)} == {"P1"}
    assert faults(settings.home) == {}
