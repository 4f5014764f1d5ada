"""The bundle: a trained detector as plain files of text, arrays and JSON, and back; nothing in it can run."""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.data_contracts.typologies import Detector, Typology
from fairdeal.models.boosting import Boosted
from fairdeal.models.calibration import Calibration
from fairdeal.models.detector import TrainedDetector
from fairdeal.models.errors import BadBundle
from fairdeal.models.kinds import Kinds
from fairdeal.models.ngrams import BITS
from fairdeal.models.text import Blend, TextModel
from fairdeal.models.unsupervised import Tails

#: Raised when files written by older code can no longer be read.
FORMAT = 2
MODEL, BOOSTER, TAILS, TEXT, KINDS = "model.json", "booster.txt", "tails.npz", "text.npz", "kinds.txt"
FILES = (MODEL, BOOSTER, TAILS, TEXT, KINDS)
#: No part of an honest bundle comes near.
LARGEST_FILE = 64 * 2**20

_TAILS_ARRAYS = {
    "knots": "float64",
    "at_or_above": "float64",
    "at_or_below": "float64",
    "offsets": "int64",
    "directions": "int64",
    "totals": "float64",
    "ranks": "float64",
}
_TEXT_ARRAYS = {"buckets": "int64", "rarity": "float32", "weights": "float32", "evidence": "float32"}


def to_files(trained: TrainedDetector) -> dict[str, bytes]:
    """The files of a trained detector by name; the same detector gives the same bytes.

    Returns
    -------
    dict
        ``model.json`` always; ``booster.txt``, with ``tails.npz`` where it knows besides what is usual, or ``tails.npz`` alone;
        ``text.npz`` where the detector reads texts; ``kinds.txt`` where it tells kinds of cheat apart.
    """
    described: dict[str, Any] = {
        "format": FORMAT,
        "detector": str(trained.detector),
        "typology": str(trained.typology),
        "feature_names": list(trained.feature_names),
        "norms": [value if math.isfinite(value) else None for value in trained.norms.tolist()],
        "reasons": {name: {**asdict(reason), "unit": str(reason.unit)} for name, reason in sorted(trained.reasons.items())},
        "data_version": trained.data_version,
        "contract_version": trained.contract_version,
    }
    files: dict[str, bytes] = {}
    if isinstance(trained.ranker, Boosted):
        described["calibration"] = asdict(trained.ranker.calibration)
        described["lead"] = trained.ranker.lead
        files[BOOSTER] = trained.ranker.booster_text.encode()
    tails = trained.unusual if isinstance(trained.ranker, Boosted) else trained.ranker
    if tails is not None:
        described["floor"] = tails.floor
        files[TAILS] = _pack({name: getattr(tails, name) for name in _TAILS_ARRAYS})
    if trained.text is not None:
        described["intercept"] = trained.text.intercept
        described["blend"] = asdict(trained.text.blend)
        files[TEXT] = _pack({name: getattr(trained.text, name) for name in _TEXT_ARRAYS})
    if trained.kinds is not None:
        described["kinds"] = [str(name) for name in trained.kinds.names]
        files[KINDS] = trained.kinds.booster_text.encode()
    # Python writes a float as the shortest text that reads back as the same float, so JSON is exact here.
    files[MODEL] = (json.dumps(described, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()
    return dict(sorted(files.items()))


def version_of(files: Mapping[str, bytes]) -> str:
    """Digest of names and contents, 12 hexadecimal digits."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name} {hashlib.sha256(files[name]).hexdigest()}\n".encode())
    return digest.hexdigest()[:12]


def sealed(trained: TrainedDetector) -> TrainedDetector:
    """The detector with the version that follows from its files."""
    return replace(trained, model_version=f"{trained.detector}-{version_of(to_files(trained))}")


def from_files(files: Mapping[str, bytes]) -> TrainedDetector:
    """The detector that the files hold, bit-equal in score, reasons and spans to the one they were made from.

    The caller has checked the files' signature before: the parser of LightGBM text is not made for hostile input.

    Raises
    ------
    BadBundle
        On an unknown or missing name, a size over the limit, an array of another type or shape, or anything that does not fit.
    """
    for name, content in files.items():
        if name not in FILES:
            raise BadBundle(f"bundle: file {name!r}; allowed are {', '.join(FILES)}; remove it or take the whole bundle anew")
        if len(content) > LARGEST_FILE:
            raise BadBundle(f"bundle: {name} has {len(content)} bytes; allowed are {LARGEST_FILE}; take the bundle anew")
    if MODEL not in files or not {BOOSTER, TAILS} & files.keys():
        raise BadBundle(f"bundle: files {', '.join(sorted(files))}; wanted are {MODEL} and {BOOSTER} or {TAILS}; take the bundle anew")
    try:
        trained = _read(files)
    except BadBundle:
        raise
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError, zipfile.BadZipFile, EOFError, lgb.basic.LightGBMError) as error:
        raise BadBundle(f"bundle: a part cannot be read ({error}); only files written by to_files can; take the bundle anew") from error
    return replace(trained, model_version=f"{trained.detector}-{version_of(files)}")


def _read(files: Mapping[str, bytes]) -> TrainedDetector:
    described = json.loads(files[MODEL].decode())
    if described["format"] != FORMAT:
        raise BadBundle(f"bundle: format {described['format']!r}; this version reads {FORMAT}; train anew")
    names = tuple(str(name) for name in described["feature_names"])
    norms = np.asarray([np.nan if value is None else float(value) for value in described["norms"]], dtype=np.float64)
    text = None
    if TEXT in files:
        arrays = _unpack(TEXT, files[TEXT], _TEXT_ARRAYS)
        blend = Blend(**{name: float(value) for name, value in described["blend"].items()})
        text = TextModel(**arrays, intercept=float(described["intercept"]), blend=blend)
        if not len(text.buckets) == len(text.rarity) == len(text.weights) == len(text.evidence):
            raise BadBundle(f"bundle: arrays of {TEXT} differ in length; one entry per bucket; take the bundle anew")
        if len(text.buckets) and not 0 <= text.buckets.min() <= text.buckets.max() < 1 << BITS:
            raise BadBundle(f"bundle: a bucket of {TEXT} is out of range; allowed are 0 to {(1 << BITS) - 1}; take the bundle anew")
    tails = _read_tails(files[TAILS], float(described["floor"])) if TAILS in files else None
    ranker: Boosted | Tails
    if BOOSTER in files:
        calibration = Calibration(**{name: float(value) for name, value in described["calibration"].items()})
        if not (calibration.rise > 0 and calibration.fall > 0 and math.isfinite(calibration.shift)):
            raise BadBundle("bundle: calibration slopes are not positive; probabilities must rise with the score; train anew")
        lead = described["lead"]
        ranker, unusual = Boosted(files[BOOSTER].decode(), calibration, None if lead is None else float(lead)), tails
    else:
        assert tails is not None  # from_files has seen one of the two
        ranker, unusual = tails, None
    width = len(names) + (text is not None)
    kinds = None
    if KINDS in files:
        kinds = Kinds(files[KINDS].decode(), tuple(Typology(name) for name in described["kinds"]))
        if kinds.shape != (width, len(kinds.names)):
            raise BadBundle(
                f"bundle: {KINDS} knows {kinds.shape[0]} features and {kinds.shape[1]} kinds, {width} and {len(kinds.names)} are named; "
                "all must agree; take the bundle anew"
            )
    if not ranker.feature_count == len(norms) == width:
        raise BadBundle(
            f"bundle: {width} features are named, {len(norms)} norms given, {ranker.feature_count} known to the model; "
            "all must agree; take the bundle anew"
        )
    if unusual is not None and unusual.feature_count != len(names):
        raise BadBundle(
            f"bundle: {TAILS} knows {unusual.feature_count} features, {len(names)} are named; both must agree; take the bundle anew"
        )
    return TrainedDetector(
        detector=Detector(described["detector"]),
        feature_names=names,
        ranker=ranker,
        norms=norms,
        reasons={str(name): ReasonTemplate(**reason) for name, reason in described["reasons"].items()},
        text=text,
        typology=Typology(described["typology"]),
        data_version=str(described["data_version"]),
        contract_version=str(described["contract_version"]),
        kinds=kinds,
        unusual=unusual,
    )


def _read_tails(content: bytes, floor: float) -> Tails:
    tails = Tails(**_unpack(TAILS, content, _TAILS_ARRAYS), floor=floor)
    spans = tails.offsets
    regular = len(spans) == len(tails.directions) + 1 and spans[0] == 0 and bool((np.diff(spans) >= 0).all())
    if not regular or not spans[-1] == len(tails.knots) == len(tails.at_or_above) == len(tails.at_or_below):
        raise BadBundle(f"bundle: arrays of {TAILS} do not fit each other; one entry per known value; take the bundle anew")
    if len(tails.totals) == 0 or len(tails.totals) != len(tails.ranks):
        raise BadBundle(f"bundle: totals and ranks of {TAILS} differ in length; one rank per total; take the bundle anew")
    return tails


def _pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """An npz file whose bytes depend on the arrays alone: fixed order, fixed dates, no compression."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            one = io.BytesIO()
            np.lib.format.write_array(one, np.ascontiguousarray(arrays[name]), version=(1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            archive.writestr(entry, one.getvalue())
    return packed.getvalue()


def _unpack(file: str, content: bytes, expected: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """The arrays of an npz file, exactly those expected, one-dimensional and of the expected type; nothing is unpickled."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if sorted(entry.filename for entry in entries) != sorted(f"{name}.npy" for name in expected):
            raise BadBundle(
                f"bundle: {file} holds {[entry.filename for entry in entries]}; wanted are {sorted(expected)}; take the bundle anew"
            )
        if sum(entry.file_size for entry in entries) > LARGEST_FILE or any(entry.compress_type for entry in entries):
            raise BadBundle(f"bundle: {file} is compressed or too large; arrays are stored plainly; take the bundle anew")
        arrays: dict[str, NDArray[Any]] = {}
        for name, dtype in expected.items():
            stored = io.BytesIO(archive.read(f"{name}.npy"))
            if np.lib.format.read_magic(stored) != (1, 0):
                raise BadBundle(f"bundle: {name} in {file} is no array of the written format; take the bundle anew")
            shape, _, kind = np.lib.format.read_array_header_1_0(stored, max_header_size=1_000)
            values = stored.read()
            if kind.str != np.dtype(dtype).str or len(shape) != 1 or shape[0] * kind.itemsize != len(values):
                raise BadBundle(f"bundle: {name} in {file} is {kind} of shape {shape}; wanted is a list of {dtype}; take the bundle anew")
            arrays[name] = np.frombuffer(values, dtype=kind)
    return arrays
