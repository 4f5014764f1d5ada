"""Small frames with a known truth for the tests of this room."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.data_contracts.typologies import Detector

FEATURES = ("payment_count_1h", "amount_ratio", "quiet_days", "noise")
REASONS = {
    "payment_count_1h": ReasonTemplate(
        "burst", "一小时内{value}次，通常{norm}次", "{value} payments in an hour, usually {norm}", "count", 1
    ),
    "amount_ratio": ReasonTemplate("amount", "金额为平时的{value}", "the amount is {value} as large as usual ({norm})", "ratio", 1),
    "quiet_days": ReasonTemplate("quiet", "沉默{value}", "quiet for {value}, usually {norm}", "days", -1),
}
PRAISE = ("返现五元 加微信领红包", "好评返现 联系客服", "cash back for five stars", "add me for a gift card")
HONEST = ("质量不错 物流很快", "尺码偏小 颜色一般", "arrived late but works", "does what it says")


def truth(frame: pd.DataFrame) -> np.ndarray:
    """The probability of fraud that the generator used."""
    known = frame[list(FEATURES)].fillna(0.0)
    margin = 1.2 * known["payment_count_1h"] + 1.5 * known["amount_ratio"] - 0.8 * known["quiet_days"] - 3.5
    return np.asarray(expit(margin))


def feature_frame(rows: int = 4_000, *, seed: int = 0, days: int = 40) -> pd.DataFrame:
    """A labelled frame whose features tell the truth as `truth` says; with ties in time, nulls, amounts and groups."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, len(FEATURES))), columns=list(FEATURES))
    frame = frame.mask(rng.random(frame.shape) < 0.05)
    moments = pd.Timestamp("2024-03-01", tz="UTC") + pd.to_timedelta(rng.integers(0, days * 1_440, rows), unit="min")
    frame.insert(0, "subject_id", [f"s{number:06d}" for number in range(rows)])
    frame["event_at"], frame["as_of_at"] = moments, moments
    frame["amount_minor"] = pd.array(rng.integers(100, 100_000, rows), dtype="Int64")
    frame["currency"] = "CNY"
    frame["group"] = [f"card{number}" for number in rng.integers(0, rows // 10 + 1, rows)]
    frame["is_fraud"] = (rng.random(rows) < truth(frame)).astype(float)
    return frame


def review_frame(rows: int = 1_500, *, seed: int = 0) -> pd.DataFrame:
    """A labelled frame of reviews whose words, more than its features, tell the truth."""
    frame = feature_frame(rows, seed=seed).drop(columns=["amount_minor", "currency", "group"])
    frame["amount_minor"] = pd.array([pd.NA] * rows, dtype="Int64")
    frame["currency"] = None
    rng = np.random.default_rng(seed + 1)
    frame["is_fraud"] = (rng.random(rows) < 0.3).astype(float)
    texts = []
    for is_fraud in frame["is_fraud"]:
        lies = is_fraud > 0.5 if rng.random() < 0.9 else is_fraud <= 0.5
        said = [*rng.choice(HONEST, 2), rng.choice(PRAISE if lies else HONEST), f"订单{rng.integers(10_000)}"]
        texts.append("，".join(rng.permutation(said)))
    frame["text"] = texts
    frame["rating"] = 5.0
    frame.loc[frame.index[::50], "text"] = ""
    return frame


def labelled_frame(detector: Detector) -> pd.DataFrame:
    return review_frame() if detector is Detector.REVIEWS else feature_frame(seed=3)
