"""A ring is drawn: accounts on one side, what they share on the other, a line for every use."""

from __future__ import annotations

import json

import pytest

from fairdeal.disputes import services
from fairdeal.disputes.models import CaseAlert
from fairdeal.disputes.ring_picture import ACCOUNTS_SHOWN, RingPicture, ring_picture
from fairdeal.disputes.shared import ties_of
from tests.disputes.alerts import AT, alert

pytestmark = pytest.mark.usefixtures("home")


def picture(*uses: tuple[str, dict[str, str]]) -> RingPicture | None:
    """The picture of members, each an account and what it used."""
    rows = [alert(number, account_id=account, snapshot=json.dumps(used)) for number, (account, used) in enumerate(uses)]
    services.open_cases(rows, run_id="run-1", at=AT)
    alerts = list(CaseAlert.objects.order_by("-expected_loss_minor"))
    return ring_picture(alerts, ties_of(alerts, "M1"))


def test_every_use_of_something_shared_is_a_line() -> None:
    drawn = picture(
        ("B1", {"device_id": "D1", "address_id": "A1"}),
        ("B2", {"device_id": "D1", "address_id": "A2"}),
        ("B3", {"device_id": "D2", "address_id": "A1"}),
        ("B4", {"device_id": "D3", "address_id": "A3"}),
    )
    assert drawn is not None
    assert {dot.name for dot in drawn.accounts} == {"B1", "B2", "B3"}
    assert [dot.name for dot in drawn.things] == ["D1", "A1"]
    assert len(drawn.lines) == 4


def test_accounts_that_share_nothing_make_no_picture() -> None:
    assert picture(("B1", {"device_id": "D1"}), ("B2", {"device_id": "D2"})) is None


def test_one_account_with_its_own_device_makes_no_picture() -> None:
    assert picture(("B1", {"device_id": "D1"}), ("B1", {"device_id": "D1"})) is None


def test_a_large_ring_shows_those_with_most_at_stake_and_tells_how_many_are_not_drawn() -> None:
    drawn = picture(*((f"B{number}", {"device_id": "D1"}) for number in range(ACCOUNTS_SHOWN + 5)))
    assert drawn is not None
    assert len(drawn.accounts) == ACCOUNTS_SHOWN
    assert drawn.hidden == 5
    assert "B0" not in {dot.name for dot in drawn.accounts}


def test_all_that_is_drawn_lies_within_the_picture() -> None:
    drawn = picture(*((f"B{number}", {"device_id": f"D{number % 3}", "network_id": "N1"}) for number in range(12)))
    assert drawn is not None
    for dot in (*drawn.accounts, *drawn.things):
        assert dot.radius <= dot.y <= drawn.height - dot.radius
