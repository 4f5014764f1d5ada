"""What a run needs is gone or garbled, before any of its steps: it says so, publishes nothing half done, and ends as ever once restored."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fairdeal.pipelines.errors import FairdealError
from fairdeal.pipelines.running import begin, do_step
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.steps import STEPS
from tests.pipelines import worlds
from tests.pipelines.looking import faults, run, tree, workplace

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

DAYS = ("2026-01-02", "2026-01-03")
#: The steps of the default suite.
FEW = ("score", "publish_feed")
STEPS_TO_DO = tuple(pytest.param(name, marks=[] if name in FEW else [pytest.mark.slow]) for name in STEPS)


def accepted(home: Path) -> list[Path]:
    return sorted((home / "lake").rglob("*.parquet"))


def lose_the_lake(home: Path) -> None:
    for path in accepted(home):
        path.unlink()


def garble_the_lake(home: Path) -> None:
    for path in accepted(home):
        path.write_bytes(b"PAR1 and then nothing that anybody can read PAR1")


def alter_the_lake(home: Path) -> None:
    """Sound files, other content: each holds the rows of another table's or day's file."""
    whole = {path: path.read_bytes() for path in accepted(home)}
    for path, other in zip(whole, [*list(whole)[1:], next(iter(whole))], strict=True):
        path.write_bytes(whole[other])


def lose_what_earlier_steps_left(home: Path) -> None:
    shutil.rmtree(home / "runs")


def garble_the_queue(home: Path) -> None:
    for path in home.glob("disputes.db*"):
        path.unlink()
    (home / "disputes.db").write_bytes(b"no database at all, whatever its name says" * 100)


def lose_the_queue(home: Path) -> None:
    for path in home.glob("disputes.db*"):
        path.unlink()


def garble_the_ledger(home: Path) -> None:
    for path in home.glob("ledger.db*"):
        path.unlink()
    (home / "ledger.db").write_bytes(b"no database at all, whatever its name says" * 100)


#: What goes wrong, and what the message must name and advise.
TROUBLES: dict[Callable[[Path], None], tuple[str, ...]] = {
    lose_the_lake: ("lake/", "is gone", "restore"),
    garble_the_lake: ("lake/", "not what the ledger entered", "restore"),
    alter_the_lake: ("lake/", "not what the ledger entered", "restore"),
    lose_what_earlier_steps_left: ("runs/", "is gone", "restore"),
    garble_the_queue: ("disputes.db", "cannot be read", "restore"),
    lose_the_queue: ("the ledger knows of", "restore"),
    garble_the_ledger: ("ledger", "cannot be opened"),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = {
        day: [
            worlds.payment(50 * number + row, f"{day} {8 + row % 12:02}:{row:02}:00", amount=f"{10 + row * row}.00", payer=f"B{row % 7}")
            for row in range(40)
        ]
        for number, day in enumerate(DAYS)
    }
    return worlds.shop(tmp_path_factory.mktemp("shop"), lines)


@pytest.fixture(scope="module")
def moments(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The home as it is before each step of the second day, and at the end."""
    base = tmp_path_factory.mktemp("moments")
    home = base / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIRDEAL_HOME", str(home))
        settings = load_settings()
        assert run(settings, shop, DAYS[0])["cases_opened"] > 0
        with workplace(settings, shop) as place:
            started, _ = begin(place, *settings.day_bounds(DAYS[1]))
        kept = {}
        for name in STEPS:
            kept[name] = Path(shutil.copytree(home, base / f"before {name}"))
            with workplace(settings, shop) as place:
                do_step(place, started.run_id, name)
        run(settings, shop, DAYS[1])
    return {**kept, "end": home}


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Settings]:
    def settings(home: Path) -> Settings:
        monkeypatch.setenv("FAIRDEAL_HOME", str(home))
        return load_settings()

    return settings


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
@pytest.mark.parametrize("step", STEPS_TO_DO)
def test_a_loss_before_a_step_has_a_defined_end(
    step: str,
    trouble: Callable[[Path], None],
    moments: dict[str, Path],
    shop: Path,
    settings_of: Callable[[Path], Settings],
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    shutil.copytree(moments[step], home)
    settings = settings_of(home)
    trouble(home)
    said, code = "", 3
    try:
        run(settings, shop, DAYS[1])
    except FairdealError as error:
        said, code = str(error), error.exit_code
    assert code == 3
    assert not said or all(word in said for word in TROUBLES[trouble]), said
    assert faults(home) == {}
    assert (home / "feed" / DAYS[1] / "manifest.json").exists() == (said == "")
    if said:
        shutil.rmtree(home)
        shutil.copytree(moments[step], home)
        run(settings, shop, DAYS[1])
    assert tree(home / "feed") == tree(moments["end"] / "feed")


def test_the_losses_that_a_later_step_needs_are_told_before_it(
    moments: dict[str, Path], shop: Path, settings_of: Callable[[Path], Settings], tmp_path: Path
) -> None:
    """The step that reads what is gone is the one that refuses: none works on with less."""
    needs = {
        "build_features": (lose_the_lake, garble_the_lake, alter_the_lake),
        "score": (lose_what_earlier_steps_left,),
        "collect_labels": (garble_the_queue, lose_the_queue),
        "open_cases": (garble_the_queue, lose_the_queue),
        "publish_feed": (lose_what_earlier_steps_left, garble_the_ledger),
    }
    for step, troubles in needs.items():
        for trouble in troubles:
            home = tmp_path / f"{step} {trouble.__name__}"
            shutil.copytree(moments[step], home)
            settings = settings_of(home)
            trouble(home)
            with pytest.raises(FairdealError):
                run(settings, shop, DAYS[1])


def test_keys_that_are_gone_are_made_anew_and_the_consumers_old_ring_refuses(
    moments: dict[str, Path], shop: Path, settings_of: Callable[[Path], Settings], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(moments["publish_feed"], home)
    old_ring = (home / "keys" / "feed.ring.json").read_bytes()
    for path in (home / "keys").glob("feed*"):
        path.unlink()
    settings = settings_of(home)
    run(settings, shop, DAYS[1])
    from fairdeal.control_center.keys import KeyRing
    from fairdeal.control_center.verification import verify

    assert "key" in " ".join(verify(home / "feed" / DAYS[1], KeyRing.parse(old_ring)))
    assert list(faults(home)) == [DAYS[0]]
    assert os.stat(home / "keys" / "feed.pem").st_mode & 0o077 == 0
