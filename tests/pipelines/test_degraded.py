"""A day far out of the usual range goes out degraded, with holds in place of blocks, and someone is called."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines import running, training
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.workplace import watermark
from tests.e2e.commands import fairdeal
from tests.pipelines import worlds
from tests.pipelines.looking import faults, manifest, records, run, workplace
from tests.pipelines.test_flows import called

# MLflow is not yet written for the newest SQLAlchemy.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

FIRST_DAY = date(2026, 1, 1)
LEARNED, QUIET = 24, 5


def lines(day: date, honest: int, frauds: int, rng: random.Random) -> list[str]:
    """A day's payments: small ones by known buyers, and large ones at night by strangers."""
    small = [
        worlds.payment(
            number + 1_000 * day.toordinal(),
            f"{day} {8 + number % 12:02}:{number % 60:02}:00",
            payer=f"B{rng.randrange(20)}",
            payee=f"M{number % 4}",
            amount=f"{rng.uniform(5, 90):.2f}",
        )
        for number in range(honest)
    ]
    large = [
        worlds.payment(
            number + 500 + 1_000 * day.toordinal(),
            f"{day} 22:{number % 60:02}:30",
            payer=f"N{day}x{number}",
            payee=f"M{number % 4}",
            amount=f"{rng.uniform(7_000, 9_000):.2f}",
            fraud="1",
        )
        for number in range(frauds)
    ]
    return small + large


def test_a_flood_of_blocks_goes_out_as_holds_and_calls_someone(settings: Settings, tmp_path: Path) -> None:
    rng = random.Random(3)
    days = [FIRST_DAY + timedelta(days=number) for number in range(LEARNED + QUIET + 1)]
    volumes = [(20, 3)] * LEARNED + [(5, 0)] * QUIET + [(5, 30)]
    mapping = worlds.shop(tmp_path / "shop", {str(day): lines(day, *volume, rng) for day, volume in zip(days, volumes, strict=True)})
    _, until = settings.day_bounds(str(days[LEARNED - 1]))
    with workplace(settings, mapping) as place:
        running.read_up_to(place, until)
        learned = training.train_and_register(
            Detector.PAYMENTS,
            place.lake,
            place.mapping.name,
            watermark=watermark(place.ledger, place.mapping.name),
            until=until,
            settings=settings,
            progress=lambda text: None,
        )
    assert learned["calibrated"] is True
    for day in days[LEARNED:-1]:
        assert run(settings, mapping, str(day))["degraded"] is None
    flood = str(days[-1])
    with called() as (address, heard):
        said = fairdeal(*("run", "--day", flood, "--source", mapping, "--json"), home=settings.home, FAIRDEAL_NOTIFY_WEBHOOK_URL=address)
    assert said.code == 0, said
    (call,) = heard
    assert call["kind"] == "feed_degraded"
    assert "30 machine blocks became holds" in call["text"]
    assert manifest(settings.home, flood)["degraded"] is True
    assert {record["action"] for record in records(settings.home, flood)} == {"hold"}
    assert faults(settings.home) == {}
