"""A model is loaded only where every byte is the one that was signed, and then it scores as it did when it was trained."""

from __future__ import annotations

import base64
import json
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.detector import TrainedDetector
from fairdeal.models.training import fit_unsupervised, train
from fairdeal.pipelines import registry
from fairdeal.pipelines.errors import DataIsWrong, OutsideFailure
from fairdeal.pipelines.keys import rotate, signer
from fairdeal.pipelines.registry import Registered, Standing
from tests.models.given import FEATURES, REASONS, feature_frame, labelled_frame

# MLflow is not yet written for the newest SQLAlchemy.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SINCE = datetime(2000, 1, 1, tzinfo=UTC)
Given = tuple[Path, Registered]


def trained(detector: Detector = Detector.PAYMENTS, seed: int = 1) -> TrainedDetector:
    """A small trained detector."""
    frame = labelled_frame(detector)
    model = train(
        detector, frame, feature_names=FEATURES, reasons=REASONS, seed=seed, day_zone="UTC", data_version="d", contract_version="c"
    )
    return model.detector_model


def untrained(detector: Detector = Detector.PAYMENTS, rows: int = 200) -> TrainedDetector:
    """A detector without labels: made in no time."""
    frame = feature_frame(rows)
    return fit_unsupervised(detector, frame, feature_names=FEATURES, reasons=REASONS, seed=1, data_version=str(rows), contract_version="c")


def enter(home: Path, model: TrainedDetector) -> Registered:
    entered, _ = registry.register(
        home,
        model,
        facts={"model_version": model.model_version, "detector": model.detector.value},
        params={"detector": model.detector.value},
        metrics={"ap": 0.5},
        pages={"ranking.png": b"\x89PNG"},
    )
    return entered


def crown(home: Path, model: TrainedDetector) -> Registered:
    """Enters a model and makes it champion."""
    entered = enter(home, model)
    registry.give_standing(home, entered, Standing.CHAMPION)
    return entered


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Given:
    """A home with one registered champion."""
    home = tmp_path_factory.mktemp("registry") / "home"
    return home, enter(home, untrained())


@pytest.fixture
def given(original: Given, tmp_path: Path) -> Given:
    """A copy of it that a test may spoil."""
    shutil.copytree(original[0], tmp_path / "home")
    return tmp_path / "home", original[1]


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails the test when any parser saw a byte of a bundle, or anything was unpickled."""
    seen: list[str] = []
    monkeypatch.setattr(registry, "from_files", lambda files: seen.append("parsed"))
    for name in ("load", "loads"):
        monkeypatch.setattr(pickle, name, lambda *args, **rest: seen.append("unpickled"))
    yield
    assert seen == []


@pytest.mark.parametrize("detector", [Detector.PAYMENTS, Detector.REVIEWS])
def test_what_is_loaded_scores_to_the_bit_as_what_was_trained(detector: Detector, tmp_path: Path) -> None:
    model, home = trained(detector), tmp_path / "home"
    loaded = registry.load(home, enter(home, model).as_dict())
    frame = labelled_frame(detector)
    expected, found = model.score(frame), loaded.score(frame)
    for column in ("score", "probability"):
        assert expected[column].to_numpy().tobytes() == found[column].to_numpy().tobytes()
    assert loaded.explain(frame.head(5)) == model.explain(frame.head(5))
    assert loaded.model_version == model.model_version
    assert loaded.is_calibrated


def test_the_first_model_is_champion_and_later_ones_are_challengers_until_they_are_crowned(given: Given) -> None:
    home, first = given
    assert registry.named(home, Detector.PAYMENTS, Standing.CHAMPION) == first
    assert registry.named(home, Detector.PAYMENTS, Standing.CHALLENGER) is None
    second = enter(home, untrained(rows=300))
    assert second.registry_version == "2"
    assert registry.named(home, Detector.PAYMENTS, Standing.CHAMPION) == first
    assert registry.named(home, Detector.PAYMENTS, Standing.CHALLENGER) == second
    third = crown(home, untrained(rows=250))
    assert registry.named(home, Detector.PAYMENTS, Standing.CHAMPION) == third
    assert registry.named(home, Detector.DEALS, Standing.CHAMPION) is None


def test_a_run_keeps_the_model_that_it_froze(given: Given) -> None:
    home, first = given
    second = crown(home, untrained(rows=300))
    assert registry.load(home, first.as_dict()).model_version == first.model_version
    assert registry.load(home, second.as_dict()).model_version == second.model_version


def test_versions_are_listed_newest_first_with_their_standings(given: Given) -> None:
    home, first = given
    second = enter(home, untrained(rows=300))
    listed = registry.versions(home, Detector.PAYMENTS)
    assert [model for model, _ in listed] == [second, first]
    assert [about["standings"] for _, about in listed] == [["challenger"], ["champion"]]
    assert listed[0][1]["metrics"] == {"ap": 0.5}
    assert registry.versions(home, Detector.REVIEWS) == []


def test_before_the_first_training_there_is_no_champion(tmp_path: Path) -> None:
    assert registry.named(tmp_path / "home", Detector.PAYMENTS, Standing.CHAMPION) is None


def test_a_registry_that_cannot_be_read_is_no_cold_start(given: Given) -> None:
    home, _ = given
    (home / "mlflow.db").write_bytes(b"no database " * 1_000)
    with pytest.raises(OutsideFailure, match=r"mlflow\.db: .*restore the home folder"):
        registry.named(home, Detector.PAYMENTS, Standing.CHAMPION)


def test_a_home_that_moved_keeps_its_champion(given: Given, tmp_path: Path) -> None:
    home, first = given
    shutil.move(home, tmp_path / "elsewhere")
    assert registry.named(tmp_path / "elsewhere", Detector.PAYMENTS, Standing.CHAMPION) == first
    assert registry.load(tmp_path / "elsewhere", first.as_dict()).model_version == first.model_version


def test_a_home_that_moved_keeps_what_is_trained_there(given: Given, tmp_path: Path) -> None:
    home, _ = given
    shutil.move(home, tmp_path / "elsewhere")
    for rows in (250, 300):
        entered = enter(tmp_path / "elsewhere", untrained(rows=rows))
        assert ".." not in entered.folder
        assert (tmp_path / "elsewhere" / entered.folder / "manifest.json").is_file()
    assert not home.exists()


def flipped(name: str, place: float, bit: int = 1) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[int(place * (len(content) - 1))] ^= bit
        (folder / name).write_bytes(bytes(content))

    return spoil


def planted(name: str, content: bytes) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return spoil


class _Runs:
    """What a hostile pickle holds: unpickling it makes a file."""

    def __init__(self, where: str) -> None:
        self.where = where

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (self.where,))


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def as_symlink(folder: Path) -> None:
    shutil.copy(folder / "model.json", folder.parent / "elsewhere.json")
    (folder / "model.json").unlink()
    (folder / "model.json").symlink_to(folder.parent / "elsewhere.json")


def as_fifo(folder: Path) -> None:
    (folder / "model.json").unlink()
    os.mkfifo(folder / "model.json")


def huge(folder: Path) -> None:
    with (folder / "model.json").open("r+b") as stream:
        stream.truncate(registry.LARGEST_BUNDLE + 1)  # sparse: takes no room on the disk


def manifest_rewritten(folder: Path) -> None:
    """The attacker changes a file and the manifest with it, and cannot sign."""
    (folder / "model.json").write_bytes(b"{}")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"]["model.json"] = registry._sha256(b"{}")
    (folder / "manifest.json").write_bytes(json.dumps(manifest).encode())


SPOILED: dict[str, Callable[[Path], None]] = {
    **{
        f"{name} with a bit flipped at {place:g}": flipped(name, place, bit)
        for name in ("model.json", "tails.npz", "manifest.json", "manifest.sig")
        for place, bit in ((0.0, 1), (0.37, 1), (1.0, 128))
    },
    **{f"{name} missing": without(name) for name in ("model.json", "tails.npz", "manifest.json", "manifest.sig")},
    "an extra file": planted("notes.txt", b"hello"),
    "a pickle": planted("model.pkl", pickle.dumps(_Runs("/tmp/fairdeal-canary"))),
    "a module that would shadow a library": planted("lightgbm.py", b"import os; os.mkdir('/tmp/fairdeal-canary')"),
    "a hidden file": planted(".hidden", b""),
    "a folder": lambda folder: (folder / "more").mkdir(),
    "a symlink": as_symlink,
    "a pipe": as_fifo,
    "a file too large": huge,
    "an empty signature": planted("manifest.sig", b""),
    "a signature that is no base64": planted("manifest.sig", b"a"),
    "a signature of other length": planted("manifest.sig", base64.b64encode(b"short")),
    "a manifest that names what it wants": manifest_rewritten,
}


@pytest.mark.parametrize("how", SPOILED)
@pytest.mark.usefixtures("canary")
def test_a_spoiled_bundle_is_refused_before_any_parser_sees_it(how: str, given: Given) -> None:
    home, champion = given
    SPOILED[how](home / champion.folder)
    with pytest.raises(DataIsWrong, match=r"promote|do not use") as told:
        registry.load(home, champion.as_dict())
    assert str(home / champion.folder) in str(told.value)
    # Whoever does not know which manifest was frozen refuses it too.
    with pytest.raises(DataIsWrong):
        registry.unpack(home / champion.folder, registry.trusted_keys(home))
    assert not Path("/tmp/fairdeal-canary").exists()


@pytest.mark.usefixtures("canary")
def test_an_older_version_in_place_of_the_frozen_one_is_refused(given: Given) -> None:
    home, first = given
    second = enter(home, untrained(rows=300))
    shutil.rmtree(home / second.folder)
    shutil.copytree(home / first.folder, home / second.folder)
    with pytest.raises(DataIsWrong, match="not the manifest that the run froze"):
        registry.load(home, second.as_dict())


def test_the_model_of_another_detector_is_refused(given: Given) -> None:
    home, first = given
    with pytest.raises(DataIsWrong, match="a model of payments; wanted is one of deals"):
        registry.load(home, {**first.as_dict(), "detector": "deals"})


@pytest.mark.usefixtures("canary")
def test_a_bundle_signed_with_another_key_is_refused(given: Given, tmp_path: Path) -> None:
    home, champion = given
    folder = home / champion.folder
    stranger = signer(tmp_path / "stranger", "models", since=SINCE)
    (folder / "manifest.sig").write_bytes(base64.b64encode(stranger.sign((folder / "manifest.json").read_bytes())))
    with pytest.raises(DataIsWrong, match="no trusted key made this signature"):
        registry.load(home, champion.as_dict())


@pytest.mark.usefixtures("canary")
def test_a_model_is_not_vouched_for_by_the_key_of_the_feed(given: Given) -> None:
    home, champion = given
    folder = home / champion.folder
    feed = signer(home, "feed", since=SINCE)
    (folder / "manifest.sig").write_bytes(base64.b64encode(feed.sign((folder / "manifest.json").read_bytes())))
    with pytest.raises(DataIsWrong, match="no trusted key made this signature"):
        registry.load(home, champion.as_dict())


@pytest.mark.usefixtures("canary")
def test_without_a_key_ring_nothing_is_trusted(given: Given) -> None:
    home, champion = given
    (home / "keys" / "models.ring.json").unlink()
    with pytest.raises(DataIsWrong, match="no trusted key"):
        registry.load(home, champion.as_dict())


@pytest.mark.usefixtures("canary")
def test_a_bundle_that_is_gone_is_named(given: Given) -> None:
    home, champion = given
    shutil.rmtree(home / champion.folder)
    with pytest.raises(OutsideFailure, match="the model cannot be read"):
        registry.load(home, champion.as_dict())


def test_a_model_signed_before_the_key_was_rotated_still_loads(given: Given) -> None:
    home, champion = given
    rotate(home, "models", at=datetime(2026, 1, 1, tzinfo=UTC))
    assert registry.load(home, champion.as_dict()).model_version == champion.model_version
    assert enter(home, untrained(rows=300)).registry_version == "2"


def test_the_manifest_names_every_file_the_key_and_what_was_trained(given: Given) -> None:
    home, champion = given
    folder = home / champion.folder
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert set(manifest["files"]) == {"model.json", "tails.npz"}
    assert manifest["model_version"] == champion.model_version
    assert manifest["key_id"] == signer(home, "models", since=SINCE).key_id
