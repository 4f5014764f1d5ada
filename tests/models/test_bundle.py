from __future__ import annotations

import functools
import io
import json
import pickle
import zipfile

import numpy as np
import pytest

from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.bundle import BOOSTER, MODEL, TAILS, TEXT, from_files, to_files, version_of
from fairdeal.models.errors import BadBundle
from fairdeal.models.training import fit_unsupervised, train
from tests.models.given import FEATURES, REASONS, feature_frame, review_frame


@functools.cache
def _reviews() -> dict[str, bytes]:
    told = train(
        Detector.REVIEWS, review_frame(600), feature_names=FEATURES, reasons=REASONS, seed=1, data_version="d", contract_version="c"
    )
    return to_files(told.detector_model)


@functools.cache
def _cold() -> dict[str, bytes]:
    return to_files(fit_unsupervised(Detector.PAYMENTS, feature_frame(300), FEATURES, 1, reasons=REASONS))


def changed(files: dict[str, bytes], **fields: object) -> dict[str, bytes]:
    return {**files, MODEL: json.dumps({**json.loads(files[MODEL]), **fields}).encode()}


def test_a_bundle_is_text_arrays_and_json() -> None:
    assert set(_reviews()) == {MODEL, BOOSTER, TAILS, TEXT}
    assert set(_cold()) == {MODEL, TAILS}
    assert _reviews()[BOOSTER].startswith(b"tree\n")
    assert b"num_threads" not in _reviews()[BOOSTER]


def test_the_version_names_the_detector_and_follows_from_every_byte() -> None:
    model = from_files(_reviews())
    assert model.model_version == f"reviews-{version_of(_reviews())}"
    assert len(version_of(_reviews())) == 12
    other = from_files(changed(_reviews(), data_version="e"))
    assert other.model_version != model.model_version
    swapped = {**_cold(), MODEL: _reviews()[MODEL]}
    assert version_of(swapped) != version_of(_cold())


@pytest.mark.parametrize("name", ["model.pkl", "../model.json", "lightgbm.py", "MODEL.JSON"])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(BadBundle, match=r"allowed are model\.json"):
        from_files({**_cold(), name: b""})


def test_missing_and_surplus_parts_are_refused() -> None:
    for files in ({}, {MODEL: _cold()[MODEL]}, {TAILS: _cold()[TAILS]}):
        with pytest.raises(BadBundle, match="wanted are"):
            from_files(files)


def test_what_is_usual_beside_the_labels_comes_back_with_the_detector() -> None:
    model, frame = from_files(_reviews()), review_frame(600)
    assert model.unusual is not None
    assert model.unusual.feature_count == len(FEATURES)
    told = model.score(frame)["unusual"].to_numpy()
    assert 0.0 < told.min() <= told.max() <= 1.0
    older = from_files({name: content for name, content in _reviews().items() if name != TAILS})
    assert np.isnan(older.score(frame)["unusual"].to_numpy()).all()
    assert older.score(frame)["probability"].equals(model.score(frame)["probability"])


def test_a_detector_whose_trees_and_usual_values_know_other_features_is_refused() -> None:
    narrow = to_files(fit_unsupervised(Detector.REVIEWS, feature_frame(300), FEATURES[:1], 1))
    with pytest.raises(BadBundle, match="both must agree"):
        from_files({**_reviews(), TAILS: narrow[TAILS]})


def test_a_text_model_without_its_arrays_is_refused() -> None:
    with pytest.raises(BadBundle, match="features are named"):
        from_files({name: content for name, content in _reviews().items() if name != TEXT})


def _npz(**arrays: np.ndarray) -> bytes:
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    return packed.getvalue()


def test_arrays_of_objects_are_refused_unread() -> None:
    evil = pickle.dumps(print)
    arrays = dict(np.load(io.BytesIO(_cold()[TAILS]), allow_pickle=False))
    held = io.BytesIO()
    np.lib.format.write_array_header_1_0(held, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, array in arrays.items():
            one = io.BytesIO()
            np.lib.format.write_array(one, array, allow_pickle=False)
            archive.writestr(f"{name}.npy", held.getvalue() + evil if name == "totals" else one.getvalue())
    with pytest.raises(BadBundle):
        from_files({**_cold(), TAILS: packed.getvalue()})


def test_shapes_types_and_sizes_that_do_not_fit_are_refused() -> None:
    arrays = dict(np.load(io.BytesIO(_cold()[TAILS]), allow_pickle=False))
    wrong = [
        {**arrays, "knots": arrays["knots"][:-1]},
        {**arrays, "knots": arrays["knots"].astype("float32")},
        {**arrays, "totals": arrays["totals"].reshape(1, -1)},
        {**arrays, "totals": arrays["totals"][:-1]},
        {**arrays, "offsets": arrays["offsets"][::-1].copy()},
        {**arrays, "directions": arrays["directions"][:-1]},
        {name: array for name, array in arrays.items() if name != "ranks"},
        {**arrays, "more": arrays["ranks"]},
    ]
    for each in wrong:
        with pytest.raises(BadBundle):
            from_files({**_cold(), TAILS: _npz(**each)})


def test_a_shape_that_claims_more_than_there_is_is_refused() -> None:
    arrays = dict(np.load(io.BytesIO(_cold()[TAILS]), allow_pickle=False))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, array in arrays.items():
            one = io.BytesIO()
            np.lib.format.write_array_header_1_0(one, {"descr": array.dtype.str, "fortran_order": False, "shape": (10**12,)})
            archive.writestr(f"{name}.npy", one.getvalue() + array.tobytes())
    with pytest.raises(BadBundle, match="shape"):
        from_files({**_cold(), TAILS: packed.getvalue()})


def test_compressed_arrays_are_refused() -> None:
    packed = io.BytesIO()
    np.savez_compressed(packed, **dict(np.load(io.BytesIO(_cold()[TAILS]), allow_pickle=False)))
    with pytest.raises(BadBundle, match="compressed"):
        from_files({**_cold(), TAILS: packed.getvalue()})


def test_garbage_is_refused_by_name_of_the_form() -> None:
    for files in (
        {**_cold(), MODEL: b"{"},
        {**_cold(), MODEL: b"\xff\xfe"},
        {**_cold(), MODEL: b"[]"},
        {**_cold(), TAILS: b"no archive"},
        {**_reviews(), BOOSTER: b"no trees"},
        changed(_cold(), detector="chargebacks"),
        changed(_cold(), typology="nonsense"),
        changed(_cold(), norms=[1.0]),
        changed(_cold(), format=1),
        changed(_cold(), reasons={"noise": {"code": "x", "zh": "{value.__class__}", "en": "", "unit": "count", "direction": 1}}),
        changed(_reviews(), calibration={"rise": -1.0, "fall": 1.0, "shift": 0.0}),
        changed(_reviews(), feature_names=["one"]),
    ):
        with pytest.raises(BadBundle):
            from_files(files)


def test_a_changed_byte_of_the_arrays_changes_the_version() -> None:
    content = bytearray(_cold()[TAILS])
    content[-200] ^= 1
    assert version_of({**_cold(), TAILS: bytes(content)}) != version_of(_cold())
