"""What if: the same days decided otherwise, priced by one yardstick, and what a random sample says was missed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from fairdeal.models.errors import WrongSetting
from fairdeal.pipelines import replaying
from fairdeal.pipelines.canonical_json import dumps
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.ledger import LABELS
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.whatif import changed, missed, what_if
from fairdeal.pipelines.whatif_report import missed_words, staffing_words, write_what_if
from fairdeal.pipelines.workplace import Workplace
from tests.pipelines.looking import workplace
from tests.pipelines.test_champion_and_challenger import PAYMENTS, shop, taught, until

# MLflow is not yet written for the newest SQLAlchemy.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """A shop with a champion that has learned from half of its days."""
    folder = tmp_path_factory.mktemp("whatif")
    settings = load_settings().model_copy(update={"home": folder / "home"})
    settings = settings.model_copy(update={"train": settings.train.model_copy(update={"ripe_days": 3})})
    with workplace(settings, shop(folder / "shop")) as found:
        taught(found, settings, 19)
        yield found


def asked(place: Workplace, *changes: str) -> dict[str, Any]:
    return what_if(place, PAYMENTS, changes, until=until(place.settings), days=10)


def test_a_change_that_changes_no_decision_changes_no_figure(place: Workplace) -> None:
    told = asked(place, 'policy.version="2"')
    assert told["model"]["stood_as"] == "itself"
    assert {name: figure["difference"] for name, figure in told["figures"].items()} == dict.fromkeys(told["figures"], 0.0)
    assert told["figures"]["saved_per_day"]["now"] > 0


def test_nothing_allowed_but_to_let_pass_saves_nothing_and_disturbs_nobody(place: Workplace) -> None:
    told = asked(place, 'policy.allowed={payments = ["allow"]}')["figures"]
    assert {told[name]["what_if"] for name in ("saved_per_day", "disturbed_share", "prevented_share", "prevented_merchant_per_day")} == {
        0.0
    }
    parties = [figure["now"] for name, figure in told.items() if name.startswith("prevented_") and name.count("_") > 2]
    assert sum(parties) == pytest.approx(told["prevented_per_day"]["now"])
    assert told["saved_per_day"]["high"] < 0


def test_a_cost_that_is_written_lower_saves_nobody_anything(place: Workplace) -> None:
    """Where decisions stay as they are, so does the money, whatever the change says an action costs or stops."""
    told = asked(place, "policy.block.friction_minor=4001", "policy.block.effectiveness=0.9801")["figures"]
    assert told["disturbed_share"]["difference"] == 0.0
    assert told["saved_per_day"]["difference"] == 0.0


def test_without_people_nobody_looks(place: Workplace) -> None:
    told = asked(place, "capacity.people=0")["figures"]
    assert told["hours_per_day"]["what_if"] == 0.0
    acted = 3 + 15 * told["disturbed_share"]["what_if"]  # of a day: every fraud, and what honest ones are disturbed
    assert told["unseen_per_day"]["what_if"] == pytest.approx(acted)
    assert told["unseen_per_day"]["now"] == 0.0
    assert told["breached_per_day"]["now"] == 0.0
    assert told["breached_per_day"]["low"] > 0.0


def test_as_many_look_as_worked_on_the_day_after_unless_the_change_says_otherwise(place: Workplace) -> None:
    """On two of the ten days it was said that nobody works: their cases wait for longer than a day."""
    services = place.cases()
    for day in (date(2026, 2, 1), date(2026, 2, 4)):
        services.set_staffing(day, {"payments": 0.0, "all": 0.0}, actor="lin", role="approver", at=datetime(2026, 1, 31, tzinfo=UTC))
    try:
        told = asked(place, 'policy.version="2"')
        assert told["nights"] == {"default": 8, "set": 2}
        breached, unseen = (told["figures"][name] for name in ("breached_per_day", "unseen_per_day"))
        assert breached["now"] == breached["what_if"] == pytest.approx(unseen["now"])
        assert breached["now"] == pytest.approx(2 * 3 / 10, abs=0.2)
        assert staffing_words(told["nights"], told["changed"]) == "who works: said of 2 days, by the settings on 8 days"
        one_more = asked(place, "capacity.people=5")["figures"]["breached_per_day"]
        assert (one_more["now"], one_more["what_if"]) == (breached["now"], 0.0)
    finally:
        for day in (date(2026, 2, 1), date(2026, 2, 4)):
            services.set_staffing(day, {}, actor="lin", role="approver", at=datetime(2026, 1, 31, tzinfo=UTC))


def test_what_is_lost_is_told_by_whom(place: Workplace) -> None:
    told = asked(place, 'policy.allowed={payments = ["allow"]}')["figures"]
    lost = {name: figure for name, figure in told.items() if name.startswith("lost_") and name != "lost_per_day"}
    for side in ("now", "what_if"):
        assert sum(figure[side] for figure in lost.values()) == pytest.approx(told["lost_per_day"][side])
    assert told["lost_per_day"]["what_if"] - told["lost_per_day"]["now"] == pytest.approx(told["prevented_per_day"]["now"])


def test_the_random_sample_says_what_slipped_through(place: Workplace) -> None:
    start, end = replaying.ripe_days(place, until(place.settings), 10)
    past = replaying.past_days(place, PAYMENTS, start=start, end=end, until=until(place.settings))
    now = pd.DataFrame({"loss": np.full(past.rows.height, 700.0)})
    nobody = missed(place, past, now, seed=1)
    assert (nobody["looked_at"], nobody["missed_per_day"]) == (0, None)
    assert "not known" in missed_words(nobody, "CNY")
    with place.ledger.transaction() as tx:
        for at, (subject, is_fraud) in enumerate(zip(past.rows["subject_id"].gather([0, 20, 40]), (True, False, True), strict=True)):
            label = {"label_id": f"L{at}", "subject_kind": "payment", "subject_id": subject, "is_fraud": is_fraud, "source": "audit",
                     "decided_at": "2026-02-09T00:00:00Z", "available_at": "2026-02-09T00:00:00Z", "propensity": 0.1, "typology": None,
                     "member_of": "C1", "supersedes": None}  # fmt: skip
            tx.execute(sa.insert(LABELS).values(label_id=f"L{at}", content=dumps(label), verdict_seq=at + 1))
    told = missed(place, past, now, seed=1)
    assert (told["looked_at"], told["frauds"]) == (3, 2)
    assert told["missed_per_day"] == pytest.approx(2 * 700 * 10 / 10)  # each counts for ten, over ten days
    assert told["low"] <= told["missed_per_day"] <= told["high"]
    assert "about 14.00 CNY a day slip through" in missed_words(told, "CNY")


NOTHING: dict[str, Any] = {"capacity": {}, "policy": {}, "loss": {}}


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ("capacity.people", WrongUse, "allowed is NAME=VALUE"),
        ("train.days=3", WrongUse, "a name under capacity, policy, loss"),
        ("policy=3", WrongUse, "a name under capacity, policy, loss"),
        ("policy.hold.=3", WrongUse, "allowed is NAME=VALUE"),
        ("policy.block_probability=high", WrongUse, "'high' is no value"),
        ("policy.block_probability=2", WrongSetting, "allowed is a number from 0 to 1"),
        ("policy.hold.friction=2", WrongSetting, "allowed are effectiveness"),
        ("loss.brushing.buyer=0.2", WrongSetting, "no version is given"),
    ],
)
def test_a_change_that_is_no_setting_is_refused(change: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        changed(NOTHING, [change])


def test_no_change_is_refused_and_a_value_is_no_table() -> None:
    with pytest.raises(WrongUse, match="nothing is changed"):
        changed(NOTHING, [])
    with pytest.raises(WrongUse, match="hold is a value, not a table"):
        changed({**NOTHING, "policy": {"hold": 3}}, ["policy.hold.friction_minor=2"])
    assert NOTHING == {"capacity": {}, "policy": {}, "loss": {}}


def test_the_page_is_whole(place: Workplace, tmp_path: Path) -> None:
    page = write_what_if(asked(place, "capacity.people=0"), tmp_path / "report").read_text(encoding="utf-8")
    assert "What if 假如" in page
    assert "capacity.people=0" in page
    assert "http" not in page.replace("http-equiv", "")
    assert (tmp_path / "report" / "saved_by_day.png").read_bytes().startswith(b"\x89PNG")


def test_a_detector_without_champion_has_no_decisions_to_change(settings: Settings, tmp_path: Path) -> None:
    with workplace(settings, shop(tmp_path / "shop")) as found, pytest.raises(WrongUse, match="no champion"):
        asked(found, "capacity.people=1")
