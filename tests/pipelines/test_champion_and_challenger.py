"""Champion and challenger: compared on days that taught neither, promoted by two people, taken back by one; a shadow decides nothing."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines import comparing, comparison_report, labelling, promoting, registry, replaying, running, training, watching
from fairdeal.pipelines.canonical_json import dumps
from fairdeal.pipelines.errors import DataIsWrong, WrongUse
from fairdeal.pipelines.label_weights import stopped
from fairdeal.pipelines.ledger import COMPARISONS, Ledger
from fairdeal.pipelines.rebuilding import rebuild
from fairdeal.pipelines.registry import Registered, Standing
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.workplace import Workplace, watermark
from tests.pipelines import worlds
from tests.pipelines.looking import manifest, records, run, workplace
from tests.pipelines.test_registry import enter, untrained
from tests.pipelines.test_stand_ins import spoil_bundle

# MLflow is not yet written for the newest SQLAlchemy.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

PAYMENTS = Detector.PAYMENTS
FIRST_DAY, DAYS = date(2026, 1, 1), 40
NOW = datetime(2026, 2, 11, tzinfo=UTC)


def lines(day: date, turned: bool) -> list[str]:
    """A day's payments: small ones by known buyers, large ones at night by strangers, which are frauds unless the labels are turned."""
    rng = random.Random(day.toordinal())
    fraud, honest = ("0", "1") if turned else ("1", "0")
    small = [
        worlds.payment(number + 1_000 * day.toordinal(), f"{day} {8 + number % 12:02}:{number % 60:02}:00", payer=f"B{rng.randrange(20)}",
                       payee=f"M{number % 4}", amount=f"{rng.uniform(5, 90):.2f}", fraud=honest)
        for number in range(15)
    ]  # fmt: skip
    large = [
        worlds.payment(number + 500 + 1_000 * day.toordinal(), f"{day} 22:{number:02}:30", payer=f"N{day}x{number}",
                       payee=f"M{number % 4}", amount=f"{rng.uniform(700, 900):.2f}", fraud=fraud)
        for number in range(3)
    ]  # fmt: skip
    return small + large


def shop(folder: Path, *, turned_from: int = DAYS) -> Path:
    """A shop whose labels say the opposite from a day on."""
    days = [FIRST_DAY + timedelta(days=number) for number in range(DAYS)]
    return worlds.shop(folder, {str(day): lines(day, number >= turned_from) for number, day in enumerate(days)})


@pytest.fixture(scope="module")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's database before anything was trained: to make one takes longer than a training."""
    home = tmp_path_factory.mktemp("registry")
    registry._client(home).search_experiments()
    return home / "mlflow.db"


@pytest.fixture
def settings(settings: Settings, empty_registry: Path) -> Settings:
    """Settings of a home that holds an empty registry too."""
    shutil.copy(empty_registry, settings.home)
    return settings


@pytest.fixture
def ripe(settings: Settings) -> Settings:
    """Settings under which labels are ripe after three days."""
    return settings.model_copy(update={"train": settings.train.model_copy(update={"ripe_days": 3})})


def taught(place: Workplace, settings: Settings, last: int) -> dict[str, Any]:
    """Trains on what was known at the end of a day."""
    _, until = settings.day_bounds(str(FIRST_DAY + timedelta(days=last)))
    running.read_up_to(place, until)
    return training.train_and_register(
        PAYMENTS, place.lake, place.mapping.name, watermark=watermark(place.ledger, place.mapping.name), until=until,
        settings=settings, progress=place.progress, names_honest=place.mapping.names_honest(PAYMENTS.table),
    )  # fmt: skip


@pytest.fixture
def place(ripe: Settings, tmp_path: Path) -> Iterator[Workplace]:
    with workplace(ripe, shop(tmp_path / "shop")) as found:
        yield found


def until(settings: Settings, last: int = DAYS - 1) -> datetime:
    return settings.day_bounds(str(FIRST_DAY + timedelta(days=last)))[1]


def test_the_first_training_makes_a_champion_the_second_a_challenger_and_they_are_compared(place: Workplace, ripe: Settings) -> None:
    assert taught(place, ripe, 19)["standing"] == "champion"
    assert taught(place, ripe, 39)["standing"] == "challenger"
    told = comparing.compare_models(place, PAYMENTS, until=until(ripe), days=10)
    assert [moment[:10] for moment in told["interval"]] == ["2026-01-28", "2026-02-07"]
    assert (told["champion"]["stood_as"], told["challenger"]["stood_as"]) == ("itself", "twin")
    assert (told["days"], told["subjects"], told["frauds"]) == (10, 180, 30)
    assert told["figures"]["ap"]["champion"] > 0.9
    again = comparing.compare_models(place, PAYMENTS, until=until(ripe), days=10)
    assert again["comparison_id"] == told["comparison_id"]
    assert comparing.newest_comparison(place.ledger, PAYMENTS) == {name: value for name, value in told.items() if name != "seconds"}


def test_days_that_are_judged_have_taught_neither_side(ripe: Settings, tmp_path: Path) -> None:
    """A planted leak: from the first judged day on every label says the opposite; what either model thinks must not change by it."""
    scores = []
    for name, turned_from in (("as it was", DAYS), ("turned", 27)):
        settings = ripe.model_copy(update={"home": shutil.copytree(ripe.home, tmp_path / name)})
        with workplace(settings, shop(tmp_path / f"{name} shop", turned_from=turned_from)) as place:
            taught(place, settings, 15)
            taught(place, settings, 39)
            start, _ = replaying.ripe_days(place, until(settings), 10)
            assert str(start.date()) == str(FIRST_DAY + timedelta(days=27))
            models = [registry.named(settings.home, PAYMENTS, standing) for standing in Standing]
            twins = [comparing.as_before(place, PAYMENTS, model, start)[0] for model in models if model is not None]
            past = replaying.past_days(place, PAYMENTS, start=start, end=start + timedelta(days=1), until=until(settings))
            scores.append([twin.score(past.rows.to_pandas())["score"].tolist() for twin in twins])
            challenger = models[1]
            assert challenger is not None
            scores[-1].append([challenger.model_version])  # the challenger itself has seen the turned labels
    assert scores[0][:2] == scores[1][:2]
    assert scores[0][2] != scores[1][2]


def test_what_was_stopped_and_nobody_looked_at_judges_nobody(ripe: Settings, tmp_path: Path) -> None:
    """On one day the frauds were stopped, and so nobody reported them: neither side is blamed for what it would have stopped too."""
    mapping = shop(tmp_path / "shop")
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("negative = [0]\n", ""), encoding="utf-8")
    unreported = FIRST_DAY + timedelta(days=30)
    file = mapping.parent / f"payments-{unreported}.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(",1\n", ",0\n"), encoding="utf-8")
    with workplace(ripe, mapping) as place:
        taught(place, ripe, 19)
    decided = run(ripe, mapping, str(unreported))
    run(ripe, mapping, str(FIRST_DAY + timedelta(days=DAYS - 1)))
    with workplace(ripe, mapping) as place:
        assert stopped(place.lake, PAYMENTS, [decided["run_id"]]).height == 3
        taught(place, ripe, 39)
        told = comparing.compare_models(place, PAYMENTS, until=until(ripe), days=10)
        ripe_days = watching.watch(place, until(ripe))["detectors"]["payments"]["ripe"]
    assert (told["days"], told["subjects"], told["frauds"], told["censored"]) == (10, 177, 27, 3)
    assert told["figures"]["disturbed_share"]["champion"] == 0.0
    assert "3 held or blocked that nobody looked at are left out" in comparison_report.period(told)
    assert ripe_days == ripe_days | {"days": 1, "rows": 15, "frauds": 0, "censored": 3, "precision": None}


def test_a_model_is_made_again_from_the_weights_and_runs_that_its_manifest_names(ripe: Settings, tmp_path: Path) -> None:
    mapping = shop(tmp_path / "shop")
    with workplace(ripe, mapping) as place:
        taught(place, ripe, 19)
    decided = run(ripe, mapping, str(FIRST_DAY + timedelta(days=20)))
    with workplace(ripe, mapping) as place:
        told = taught(place, ripe, 39)
        model = registry.named(ripe.home, PAYMENTS, Standing.CHALLENGER)
        assert model is not None
        facts = registry.facts(ripe.home, model)
        assert facts["runs"] == [decided["run_id"]]
        assert {(weight["source"], weight["agreement"]) for weight in facts["label_weights"]} == {("provider", 0.95)}
        # What becomes known afterwards, another source's word and another run, changes nothing.
        labelling.collect(place.ledger, [late_word(subject) for subject in place_ids(place)])
    run(ripe, mapping, str(FIRST_DAY + timedelta(days=21)))
    with workplace(ripe, mapping) as place:
        again = rebuild(ripe, place.ledger, model, place.progress)
    assert again["same"], again
    assert again["rebuilt_version"] == told["model_version"]


def place_ids(place: Workplace) -> list[str]:
    """A few payments that the source has labelled."""
    labels = labelling.every_label(place.lake, place.mapping.name)
    return labels["subject_id"].sort().to_list()[:10]


def late_word(subject: str) -> dict[str, Any]:
    """A case that says the opposite of the source, in time but entered late."""
    at = (datetime(2026, 2, 1, tzinfo=UTC)).isoformat()
    return {
        "seq": 1, "case_id": "C1", "subject_kind": "payment", "subject_id": subject, "chosen_by": "expected_loss",
        "selection_probability": 1.0, "typology": "stolen_instrument", "is_fraud": True, "decided_at": at, "closed_at": at,
    }  # fmt: skip


@pytest.mark.parametrize(("trained", "said"), [((), "no champion"), ((19,), "no challenger"), ((19, 19), "is the champion itself")])
def test_without_two_models_there_is_nothing_to_compare(place: Workplace, ripe: Settings, trained: tuple[int, ...], said: str) -> None:
    for last in trained:
        taught(place, ripe, last)
    with pytest.raises(WrongUse, match=said):
        comparing.compare_models(place, PAYMENTS, until=until(ripe), days=10)


def test_days_without_rows_are_refused(place: Workplace, ripe: Settings) -> None:
    for last in (19, 39):
        taught(place, ripe, last)
    with pytest.raises(WrongUse, match="has no payments then"):
        comparing.compare_models(place, PAYMENTS, until=until(ripe) + timedelta(days=60), days=10)


def rivals(settings: Settings) -> tuple[Registered, Registered]:
    return enter(settings.home, untrained()), enter(settings.home, untrained(rows=300))


def compared(ledger: Ledger, pair: tuple[Registered, Registered], *, name: str = "K1", may: bool = True) -> None:
    """Enters a comparison of a pair."""
    checks = [{"name": "gain", "holds": may, "told": "money saved per day: +1, by chance from +0 to +2"}]
    content = {"comparison_id": name, "champion": pair[0].as_dict(), "challenger": pair[1].as_dict(), "may_promote": may, "checks": checks}
    with ledger.transaction() as tx:
        tx.execute(sa.insert(COMPARISONS).values(comparison_id=name, detector="payments", content=dumps(content)))


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    found = Ledger(settings.ledger_url)
    yield found
    found.close()


def propose(settings: Settings, ledger: Ledger, maker: str = "chen") -> dict[str, Any]:
    return promoting.propose(settings.home, ledger, PAYMENTS, maker=maker, reason="finds more", at=NOW)


def approve(settings: Settings, ledger: Ledger, checker: str = "zhao") -> dict[str, Any]:
    return promoting.approve(settings.home, ledger, PAYMENTS, checker=checker, at=NOW)


def roll_back(settings: Settings, ledger: Ledger) -> dict[str, Any]:
    return promoting.roll_back(settings.home, ledger, PAYMENTS, person="zhao", reason="blocks regulars", at=NOW)


def champion(settings: Settings) -> Registered | None:
    return registry.named(settings.home, PAYMENTS, Standing.CHAMPION)


def test_two_people_promote_and_one_takes_it_back(settings: Settings, ledger: Ledger) -> None:
    old, new = rivals(settings)
    compared(ledger, (old, new))
    propose(settings, ledger)
    assert champion(settings) == old
    approve(settings, ledger)
    assert champion(settings) == new
    with pytest.raises(WrongUse, match="nothing is proposed"):
        approve(settings, ledger)
    roll_back(settings, ledger)
    assert champion(settings) == old
    told = [(entry["event"], entry["model"]["model_version"], entry["by"]) for entry in promoting.history(ledger, PAYMENTS)]
    assert told == [
        ("proposed", new.model_version, "chen"),
        ("approved", new.model_version, "zhao"),
        ("rolled_back", old.model_version, "zhao"),
    ]


def test_what_is_not_in_order_is_refused_and_changes_nothing(settings: Settings, ledger: Ledger) -> None:
    old, new = rivals(settings)
    with pytest.raises(WrongUse, match="were not compared"):
        propose(settings, ledger)
    compared(ledger, (old, new), name="K1", may=False)
    with pytest.raises(WrongUse, match=r"does not allow it: money saved per day"):
        propose(settings, ledger)
    with pytest.raises(WrongUse, match="nothing is proposed"):
        approve(settings, ledger)
    compared(ledger, (old, new), name="K2")
    propose(settings, ledger)
    for checker in ("chen", " Chen ", "CHEN"):
        with pytest.raises(WrongUse, match="somebody else must approve"):
            approve(settings, ledger, checker)
    compared(ledger, (old, new), name="K3")
    with pytest.raises(WrongUse, match="another comparison was made since"):
        approve(settings, ledger)
    with pytest.raises(WrongUse, match="is the first champion"):
        roll_back(settings, ledger)
    assert champion(settings) == old


def test_a_challenger_trained_since_the_comparison_needs_its_own(settings: Settings, ledger: Ledger) -> None:
    old, new = rivals(settings)
    compared(ledger, (old, new))
    enter(settings.home, untrained(rows=250))
    with pytest.raises(WrongUse, match="were not compared"):
        propose(settings, ledger)


def test_a_promotion_that_was_taken_back_needs_later_days(settings: Settings, ledger: Ledger) -> None:
    pair = rivals(settings)
    compared(ledger, pair)
    propose(settings, ledger)
    approve(settings, ledger)
    roll_back(settings, ledger)
    with pytest.raises(WrongUse, match="taken back; compare on later days"):
        propose(settings, ledger)
    compared(ledger, pair, name="K2")
    propose(settings, ledger)
    approve(settings, ledger)
    assert champion(settings) == pair[1]


@pytest.mark.parametrize("step", ["approve", "roll back"])
def test_a_command_that_was_killed_before_the_registry_heard_of_it_is_given_again(
    step: str, settings: Settings, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = rivals(settings)
    compared(ledger, (old, new))
    propose(settings, ledger)
    command, before, after = (approve, old, new) if step == "approve" else (roll_back, new, old)
    if step == "roll back":
        approve(settings, ledger)
    with monkeypatch.context() as patched:
        patched.setattr(registry, "give_standing", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            command(settings, ledger)
    assert champion(settings) == before
    count = len(promoting.history(ledger, PAYMENTS))
    command(settings, ledger)
    assert champion(settings) == after
    assert len(promoting.history(ledger, PAYMENTS)) == count


def test_a_model_that_cannot_be_read_is_not_approved(settings: Settings, ledger: Ledger) -> None:
    old, new = rivals(settings)
    compared(ledger, (old, new))
    propose(settings, ledger)
    spoil_bundle(settings.home, new)
    with pytest.raises(DataIsWrong):
        approve(settings, ledger)
    assert champion(settings) == old


SHADOWED = ("2026-01-02", "2026-01-03")


def shadowed(settings: Settings, folder: Path, *, challenger: bool) -> list[dict[str, Any]]:
    """Two days of a small shop, with or without a challenger."""
    enter(settings.home, untrained())
    if challenger:
        enter(settings.home, untrained(rows=60))
    days = {day: [worlds.payment(at + 10 * number, f"{day} 1{at}:00:00", payer=f"B{at}", amount=f"{10 ** at}.00") for at in range(5)]
            for number, day in enumerate(SHADOWED)}  # fmt: skip
    mapping = worlds.shop(folder, days)
    return [run(settings, mapping, day) for day in SHADOWED]


def test_a_shadow_decides_nothing(settings: Settings, tmp_path: Path) -> None:
    told = {}
    for name, challenger in (("alone", False), ("with a shadow", True)):
        own = settings.model_copy(update={"home": shutil.copytree(settings.home, tmp_path / name)})
        summaries = shadowed(own, tmp_path / f"{name} shop", challenger=challenger)
        with LedgerOf(own) as ledger:
            results = [ledger.step_result(summary["run_id"], "decide") or {} for summary in summaries]
            decided = [pl.read_parquet(own.home / result["files"]["payments"]["path"]) for result in results]
        published = [records(own.home, day) for day in SHADOWED]
        told[name] = (decided, published, [summary["alerts"] for summary in summaries])
        assert [list(summary["shadows"]) for summary in summaries] == ([["payments"]] * 2 if challenger else [[]] * 2)
        if challenger:
            shadow = summaries[0]["shadows"]["payments"]
            assert sum(shadow["actions"].values()) == 5
            assert shadow["model_version"] not in str(manifest(own.home, SHADOWED[0]))
    (decided, published, alerts), (shadowed_decided, shadowed_published, shadowed_alerts) = told.values()
    assert all(one.equals(other) for one, other in zip(decided, shadowed_decided, strict=True))
    assert published == shadowed_published
    assert alerts == shadowed_alerts


def test_a_challenger_makes_no_new_revision_of_a_day_that_is_done(settings: Settings, tmp_path: Path) -> None:
    first = shadowed(settings, tmp_path / "shop", challenger=False)
    enter(settings.home, untrained(rows=60))
    assert run(settings, tmp_path / "shop" / "mapping.toml", SHADOWED[1]) == first[1]


def test_a_shadow_that_cannot_be_read_stops_nothing(settings: Settings, tmp_path: Path) -> None:
    enter(settings.home, untrained())
    spoil_bundle(settings.home, enter(settings.home, untrained(rows=60)))
    mapping = worlds.shop(tmp_path / "shop", {SHADOWED[0]: [worlds.payment(1, f"{SHADOWED[0]} 12:00:00")]})
    summary = run(settings, mapping, SHADOWED[0])
    assert "another model was put in its place" in summary["shadows"]["payments"]["trouble"]
    assert summary["degraded"] is None


class LedgerOf:
    """A home's ledger, closed at the end."""

    def __init__(self, settings: Settings) -> None:
        self.ledger = Ledger(f"sqlite:///{settings.home / 'ledger.db'}")

    def __enter__(self) -> Ledger:
        return self.ledger

    def __exit__(self, *_: object) -> None:
        self.ledger.close()
