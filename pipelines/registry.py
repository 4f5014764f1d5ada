"""Models kept safely: MLflow tracks and names them, a signed manifest vouches for every byte before any parser sees it.

A model is a folder of LightGBM text, arrays and JSON with ``manifest.json`` (sha256 of every file) and ``manifest.sig`` (Ed25519 over
the manifest's bytes). Nothing is ever unpickled. The champion is MLflow's ``models:/fairdeal-<detector>@champion``, which decides; the
challenger ``@challenger``, which decides nothing until people have compared the two and promoted it.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.bundle import from_files, to_files
from fairdeal.models.detector import TrainedDetector
from fairdeal.pipelines.canonical_json import dumps
from fairdeal.pipelines.errors import DataIsWrong, OutsideFailure
from fairdeal.pipelines.files import write_whole
from fairdeal.pipelines.keys import FIRST_MOMENT, Signer, ring_path, signer

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
EXPERIMENT = "fairdeal"
#: Where, beside a bundle, lies what people read of a model.
PAGES = "pages"
#: A bundle larger than this is not a model of ours.
LARGEST_BUNDLE = 512 * 1024 * 1024


class Standing(StrEnum):
    """What the registry calls a model; each detector has at most one of either."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"


@dataclass(frozen=True)
class Registered:
    """A model that the registry knows: its name, where it lies, and the sha256 of its manifest, as a run freezes it."""

    detector: Detector
    model_version: str
    registry_version: str
    folder: str
    manifest_sha256: str

    def as_dict(self) -> dict[str, str]:
        return {
            "detector": self.detector.value,
            "model_version": self.model_version,
            "registry_version": self.registry_version,
            "folder": self.folder,
            "manifest_sha256": self.manifest_sha256,
        }


def _client(home: Path) -> Any:
    import mlflow

    home.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(f"sqlite:///{home / 'mlflow.db'}")
    return mlflow.MlflowClient()


def _experiment(client: Any, home: Path) -> str:
    """Where runs of this home are logged. MLflow keeps an experiment's place as an address: a home that moved gets one of its own."""
    place = (home / "mlartifacts").as_uri()
    known = client.search_experiments()
    for experiment in known:
        if experiment.artifact_location == place:
            return str(experiment.experiment_id)
    taken = sum(experiment.name.startswith(EXPERIMENT) for experiment in known)
    return str(client.create_experiment(EXPERIMENT if not taken else f"{EXPERIMENT}-{taken + 1}", artifact_location=place))


def pack(model: TrainedDetector, facts: Mapping[str, Any], key: Signer) -> dict[str, bytes]:
    """The files of a signed bundle."""
    files = to_files(model)
    manifest = {**facts, "key_id": key.key_id, "files": {name: _sha256(content) for name, content in sorted(files.items())}}
    text = dumps(manifest).encode()
    return {**files, "manifest.json": text, "manifest.sig": base64.b64encode(key.sign(text))}


def unpack(folder: Path, public_keys: Mapping[str, bytes], expected_manifest_sha256: str | None = None) -> TrainedDetector:
    """The model in a bundle folder, after its signature and every hash held.

    Raises
    ------
    DataIsWrong
        Naming the file and what is wrong with it; no parser has seen a byte then.
    """
    try:
        names = sorted(path.name for path in folder.iterdir())
        if any(not (folder / name).is_file() or (folder / name).is_symlink() for name in names):
            raise DataIsWrong(f"{folder}: holds something that is no plain file; a model bundle holds files only; do not use it")
        if sum((folder / name).stat().st_size for name in names) > LARGEST_BUNDLE:
            raise DataIsWrong(f"{folder}: larger than {LARGEST_BUNDLE} bytes; no model of ours is; do not use it")
        files = {name: (folder / name).read_bytes() for name in names}
    except OSError as error:
        raise OutsideFailure(
            f"{folder}: the model cannot be read ({error.strerror}); restore the home folder or promote another model"
        ) from None
    manifest_text, signature = files.pop("manifest.json", None), files.pop("manifest.sig", None)
    if manifest_text is None or signature is None:
        raise DataIsWrong(f"{folder}: not signed; a model needs manifest.json and manifest.sig; train it again or promote another model")
    if expected_manifest_sha256 is not None and _sha256(manifest_text) != expected_manifest_sha256:
        raise DataIsWrong(
            f"{folder}/manifest.json: not the manifest that the run froze; another model was put in its place; promote a model again"
        )
    if not any(_verifies(key, signature, manifest_text) for key in public_keys.values()):
        raise DataIsWrong(f"{folder}/manifest.sig: no trusted key made this signature; do not use the model; promote another one")
    promised: dict[str, str] = json.loads(manifest_text)["files"]
    if set(promised) != set(files):
        raise DataIsWrong(f"{folder}: holds {sorted(files)}; signed are {sorted(promised)}; do not use the model; promote another one")
    for name, content in files.items():
        if _sha256(content) != promised[name]:
            raise DataIsWrong(f"{folder}/{name}: content differs from what was signed; do not use the model; promote another one")
    try:
        return from_files(files)
    except Exception as error:  # whatever a parser of another version's files may say
        raise DataIsWrong(
            f"{folder}: signed, yet this version cannot read it ({str(error).splitlines()[0] if str(error) else type(error).__name__}); "
            "train it again or promote another model"
        ) from error


def _verifies(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _sha256(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


def trusted_keys(home: Path) -> dict[str, bytes]:
    """Public keys that may vouch for a model, by key id."""
    path = ring_path(home, "models")
    if not path.exists():
        return {}
    return {entry["key_id"]: base64.b64decode(entry["public_key"]) for entry in json.loads(path.read_bytes())["keys"]}


def register(
    home: Path,
    model: TrainedDetector,
    *,
    facts: Mapping[str, Any],
    params: Mapping[str, Any],
    metrics: Mapping[str, float],
    pages: Mapping[str, bytes],
) -> tuple[Registered, Standing]:
    """Logs, signs and registers a model; ``pages`` are for people, by name.

    The first model of a detector is its champion, since nothing else decides; every later one is its challenger, in place of the
    challenger before it.
    """
    client = _client(home)
    key = signer(home, "models", since=FIRST_MOMENT)
    files = pack(model, facts, key)
    run = client.create_run(_experiment(client, home), run_name=str(facts["model_version"]))
    for name, value in params.items():
        client.log_param(run.info.run_id, name, value)
    for name, value in metrics.items():
        client.log_metric(run.info.run_id, name, value)
    staging = Path(tempfile.mkdtemp(dir=home))
    try:
        for name, content in files.items():
            write_whole(staging / "bundle" / name, content)
        for name, content in pages.items():
            write_whole(staging / PAGES / name, content)
        client.log_artifacts(run.info.run_id, str(staging))
    finally:
        shutil.rmtree(staging)
    name = _name(model.detector)
    if not any(found.name == name for found in client.search_registered_models(f"name = '{name}'")):
        client.create_registered_model(name)
    source = f"{run.info.artifact_uri}/bundle"
    version = client.create_model_version(
        name,
        source=source,
        run_id=run.info.run_id,
        tags={
            "model_version": str(facts["model_version"]),
            "manifest_sha256": _sha256(files["manifest.json"]),
            "folder": os.path.relpath(unquote(urlparse(source).path), home),  # the home may move, MLflow's own address does not
        },
    )
    client.set_terminated(run.info.run_id)
    standing = Standing.CHAMPION if named(home, model.detector, Standing.CHAMPION) is None else Standing.CHALLENGER
    entered = _registered(model.detector, version)
    give_standing(home, entered, standing)
    return entered, standing


def give_standing(home: Path, model: Registered, standing: Standing) -> None:
    """Names a registered model the champion or the challenger of its detector, in place of whichever was.

    Raises
    ------
    OutsideFailure
        When the registry does not name it so afterwards.
    """
    _client(home).set_registered_model_alias(_name(model.detector), str(standing), model.registry_version)
    if named(home, model.detector, standing) != model:
        raise OutsideFailure(
            f"{_name(model.detector)}: registered, yet the registry does not name version {model.registry_version} {standing}; "
            f"check {home / 'mlflow.db'}"
        )


def named(home: Path, detector: Detector, standing: Standing) -> Registered | None:
    """The model of that standing, or None where there is none, as before the first training.

    Raises
    ------
    OutsideFailure
        When the registry cannot be read.
    """
    if not (home / "mlflow.db").exists():
        return None
    with _readable(home) as client:
        found = client.search_registered_models(f"name = '{_name(detector)}'")
        if not any(str(standing) in model.aliases for model in found):
            return None
        return _registered(detector, client.get_model_version_by_alias(_name(detector), str(standing)))


def versions(home: Path, detector: Detector) -> list[tuple[Registered, dict[str, Any]]]:
    """Every registered model of a detector, the newest first, with ``params`` and ``metrics`` as logged and ``standings`` it has.

    Raises
    ------
    OutsideFailure
        When the registry cannot be read.
    """
    if not (home / "mlflow.db").exists():
        return []
    with _readable(home) as client:
        found = client.search_model_versions(f"name = '{_name(detector)}'")
        models = client.search_registered_models(f"name = '{_name(detector)}'")
        told = []
        for version in sorted(found, key=lambda version: -int(version.version)):
            logged = client.get_run(version.run_id).data
            standings = sorted(alias for model in models for alias, of in model.aliases.items() if str(of) == str(version.version))
            about = {"params": dict(logged.params), "metrics": dict(logged.metrics), "standings": standings}
            told.append((_registered(detector, version), about))
        return told


@contextmanager
def _readable(home: Path) -> Iterator[Any]:
    """MLflow's client; no answer is not the answer "there is none": a run would score without a model and nobody would notice."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield _client(home)
    except (MlflowException, SQLAlchemyError) as error:
        raise OutsideFailure(
            f"{home / 'mlflow.db'}: the model registry cannot be read ({str(error).splitlines()[0]}); "
            "a run needs its answer; restore the home folder from its backup"
        ) from error


def _name(detector: Detector) -> str:
    return f"fairdeal-{detector.value}"


def _registered(detector: Detector, version: Any) -> Registered:
    tags = version.tags
    return Registered(detector, tags["model_version"], str(version.version), tags["folder"], tags["manifest_sha256"])


def page(home: Path, model: Registered, name: str) -> str | None:
    """A page of text about a model; None when there is none, as for models of earlier versions."""
    path = (home / model.folder).parent / PAGES / name
    return path.read_text(encoding="utf-8") if path.is_file() else None


def facts(home: Path, model: Registered) -> dict[str, Any]:
    """What a model was trained from, as its manifest tells; to be trusted once `load` has accepted the model."""
    found: dict[str, Any] = json.loads((home / model.folder / "manifest.json").read_bytes())
    return found


def load(home: Path, frozen: Mapping[str, str]) -> TrainedDetector:
    """The model that a run froze.

    Raises
    ------
    DataIsWrong
        When it is not to be trusted, or hunts something else.
    """
    model = unpack(home / frozen["folder"], trusted_keys(home), frozen["manifest_sha256"])
    if model.detector.value != frozen["detector"]:
        raise DataIsWrong(
            f"{home / frozen['folder']}: a model of {model.detector}; wanted is one of {frozen['detector']}; promote one of these"
        )
    return model
