"""Scoring: every subject of the interval, by the frozen champion, or by what is unusual where there is none yet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from fairdeal.data_contracts.promises import promised
from fairdeal.data_contracts.scores import SCORES
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import reasons
from fairdeal.models.detector import TrainedDetector
from fairdeal.models.training import fit_unsupervised
from fairdeal.pipelines import registry
from fairdeal.pipelines.training import contract_version

if TYPE_CHECKING:
    from fairdeal.pipelines.ledger import Run


#: Subjects that others are compared with, at most, where nothing was learned yet.
COMPARED = 200_000
#: Rows that are scored, or decided about, at a time.
AT_ONCE = 100_000


def cold_model(detector: Detector, rows: pl.DataFrame, names: list[str], *, data_version: str, seed: int) -> TrainedDetector:
    """A detector that knows no labels: it ranks by how unusual a subject is among those of its own interval, and claims no probability."""
    usable = [name for name in names if rows[name].null_count() < rows.height]
    version = {"data_version": data_version, "contract_version": contract_version(detector)}
    # Of a long day every so manyth row tells what is usual.
    some = rows.select("subject_id", "as_of_at", *usable).gather_every(1 + rows.height // COMPARED)
    return fit_unsupervised(detector, some.to_pandas(), feature_names=usable, reasons=reasons(detector), seed=seed, **version)


def model_of(home: Path, run: Run, detector: Detector, rows: pl.DataFrame, names: list[str]) -> TrainedDetector:
    """The model that scored a run: the champion that it froze, or what is unusual among its own ``rows`` where there was none.

    Parameters
    ----------
    names
        Features that the run made.
    """
    frozen = run.frozen or {}
    champion = frozen["champions"][detector.value]
    if champion is not None:
        return registry.load(home, champion)
    return cold_model(detector, rows, names, data_version=frozen["data_version"], seed=frozen["settings"]["train"]["seed"])


def score(model: TrainedDetector, rows: pl.DataFrame) -> pl.DataFrame:
    """Scores under their contract, sorted by moment and subject; probability is null where none is claimed."""
    missing = [name for name in model.feature_names if name not in rows.columns]
    scored = [SCORES.empty()]
    # A row's score depends on that row alone: by slices, few copies of the whole table are held at a time.
    for some in rows.iter_slices(AT_ONCE):
        frame = some.with_columns(*(pl.lit(None, pl.Float64).alias(name) for name in missing)).to_pandas()
        scored.append(SCORES.conform(pl.from_dataframe(model.score(frame)).with_columns(pl.col("probability", "unusual").fill_nan(None))))
    return promised(SCORES, pl.concat(scored)).sort("as_of_at", "subject_id")
