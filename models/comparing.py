"""Comparing: two ways to decide on the same days, in money, hours, honest people disturbed and in the field's own terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairdeal.models.frames import Floats, floats, require
from fairdeal.models.intervals import HIGH, LOW, calibration_error_by_chance
from fairdeal.models.metrics import auc, average_precision, brier, expected_calibration_error

#: How often the days are drawn again.
DRAWS = 200
#: Columns of a side: what was made of each subject.
SIDE = ("score", "probability", "acted", "disturbed", "prevented", "friction", "saved", "minutes", "breached")
#: What stands before the name of a party, in columns that are its part of what is prevented, and of what is not.
OF_A_PARTY = ("prevented_", "lost_")
#: What the two sides are called.
RIVALS = ("champion", "challenger")


def compare(
    one: pd.DataFrame,
    other: pd.DataFrame,
    facts: pd.DataFrame,
    *,
    segments: Mapping[str, pd.Series],
    names: tuple[str, str] = RIVALS,
    seed: int = 0,
) -> dict[str, Any]:
    """Both sides' figures on the same subjects, their differences, and how far chance may have moved these.

    Parameters
    ----------
    one, other
        One row per subject, in the same order: the columns of `SIDE`, and ``prevented_<party>`` and ``lost_<party>`` where known;
        ``probability`` NaN where none is claimed, money in minor units, ``minutes`` those that people spent on the subject, 0 where nobody
        looked, ``breached`` 1 for one subject of each case that nobody could look at in time.
    facts
        Same order: ``is_fraud`` (1 or 0), ``day`` (integer), ``loss`` (what a fraud costs if let pass), ``typology`` (null where
        not said).
    segments
        Same order: what splits the subjects, by name, as one text per subject; null belongs to none.
    names
        What the sides are called.

    Returns
    -------
    dict
        ``days, subjects, frauds, figures`` (by name: either side's under its own name, ``difference, low, high``), ``typologies`` and
        ``segments`` (by name the same for the share acted upon, and of honest ones the share disturbed), every one a number or None.
        With ``ece`` stands ``by_chance``, see `fairdeal.models.intervals.calibration_error_by_chance`, of the second side.

    Notes
    -----
    Paired: a day drawn again is drawn for both, so that what a day brought both cancels. Days are the units because cheats come in
    campaigns (Efron and Tibshirani, "An introduction to the bootstrap", 1993). The interval is about what was judged, not learned.
    """
    for side, name in zip((one, other), names, strict=True):
        require(side, SIDE, f"compare: {name}")
    require(facts, ("is_fraud", "day", "loss", "typology"), "compare: facts")
    days = _Days(facts["day"].to_numpy(), seed, names)
    fraud, sides = floats(facts["is_fraud"]) > 0.5, (one, other)
    honest, each_day = (~fraud).astype(np.float64), np.ones(days.count)
    claimed = all(np.isfinite(floats(side["probability"])).all() for side in sides)
    figures = {
        name: days.ranked(figure, fraud.astype(np.float64), [floats(side[column]) for side in sides])
        if column == "score" or claimed
        else dict.fromkeys((*names, "difference", "low", "high"))
        for name, (figure, column) in _RANKING.items()
    }
    figures["ece"]["by_chance"] = calibration_error_by_chance(floats(other["probability"]), seed=seed) if claimed and len(other) else None
    parties = [name for name in one.columns if name.startswith(OF_A_PARTY)]
    sums: dict[str, tuple[list[Floats], Floats]] = {
        "disturbed_share": ([floats(side["disturbed"]) for side in sides], days.sums(honest)),
        "prevented_share": ([floats(side["prevented"]) for side in sides], days.sums(floats(facts["loss"]))),
        **{f"{name}_per_day": ([floats(side[name]) for side in sides], each_day) for name in ("prevented", "friction", "saved", *parties)},
        "lost_per_day": ([floats(facts["loss"]) - floats(side["prevented"]) for side in sides], each_day),
        "breached_per_day": ([floats(side["breached"]) for side in sides], each_day),
        "unseen_per_day": ([floats(side["acted"]) * (floats(side["minutes"]) == 0) for side in sides], each_day),
        "hours_per_day": ([floats(side["minutes"]) / 60 for side in sides], each_day),
        "hours_on_honest_per_day": ([floats(side["minutes"]) * honest / 60 for side in sides], each_day),
        "frauds_looked_at_per_day": ([((floats(side["minutes"]) > 0) & fraud).astype(np.float64) for side in sides], each_day),
    }
    figures |= {name: days.ratio([days.sums(values) for values in above], below) for name, (above, below) in sums.items()}

    def share(column: str, there: NDArray[np.bool_]) -> dict[str, Any]:
        below = days.sums(there.astype(np.float64))
        return {"count": int(there.sum()), **days.ratio([days.sums(floats(side[column]) * there) for side in sides], below)}

    kinds = facts["typology"].where(fraud)
    return {
        "days": days.count,
        "subjects": len(facts),
        "frauds": int(fraud.sum()),
        "figures": figures,
        "typologies": {str(name): share("acted", (kinds == name).to_numpy(dtype=bool)) for name in sorted(kinds.dropna().unique())},
        "segments": {
            f"{split}: {value}": share("disturbed", (column == value).to_numpy(dtype=bool) & ~fraud)
            for split, column in segments.items()
            for value in sorted(column.dropna().unique())
        },
    }


Figure = Callable[[Floats, Floats, Floats | None], float]
_RANKING: dict[str, tuple[Figure, str]] = {
    "ap": (average_precision, "score"),
    "auc": (auc, "score"),
    "ece": (expected_calibration_error, "probability"),
    "brier": (brier, "probability"),
}


class _Days:
    """The days judged, and how often each was drawn in every draw."""

    def __init__(self, day: NDArray[Any], seed: int, names: tuple[str, str]) -> None:
        self.names = names
        found, self.number = np.unique(day, return_inverse=True)
        self.count = len(found)
        random = np.random.default_rng(seed)
        drawn = random.integers(0, self.count, (DRAWS, self.count))
        self.drawn = np.stack([np.bincount(days, minlength=self.count) for days in drawn]).astype(np.float64)

    def sums(self, values: Floats) -> Floats:
        """Each day's sum."""
        return np.bincount(self.number, weights=values, minlength=self.count).astype(np.float64)

    def ratio(self, above: list[Floats], below: Floats) -> dict[str, float | None]:
        """Of either side the sum over another sum, by day; None where that is nothing."""
        once = np.ones((1, self.count))

        def of(counts: Floats, values: Floats) -> Floats:
            total = counts @ below
            return np.asarray(np.divide(counts @ values, total, out=np.full(len(total), np.nan), where=total > 0), dtype=np.float64)

        mine, theirs = (float(of(once, values)[0]) for values in above)
        return self._told(mine, theirs, of(self.drawn, above[1]) - of(self.drawn, above[0]))

    def ranked(self, figure: Figure, truth: Floats, told: list[Floats]) -> dict[str, float | None]:
        """A figure of either side over all subjects, a day drawn twice weighing twice."""
        mine, theirs = (figure(truth, values, None) for values in told)
        moved = [
            figure(truth, told[1], weight) - figure(truth, told[0], weight) for weight in (counts[self.number] for counts in self.drawn)
        ]
        return self._told(mine, theirs, np.asarray(moved))

    def _told(self, mine: float, theirs: float, moved: Floats) -> dict[str, float | None]:
        known = moved[np.isfinite(moved)]
        low, high = np.percentile(known, [LOW, HIGH]).tolist() if len(known) else (None, None)
        values = {self.names[0]: mine, self.names[1]: theirs, "difference": theirs - mine, "low": low, "high": high}
        return {name: None if value is None or not np.isfinite(value) else float(value) for name, value in values.items()}
