"""Reasons: the features that raised a score most, told in plain sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.models.frames import Floats

#: Reasons told per subject at most.
MOST_REASONS = 4
#: A reason must add at least this part of all that speaks for fraud.
LEAST_SHARE = 0.05

#: The text model's score is a feature like any other and is told like one.
TEXT_SCORE = "text_score"
TEXT_REASON = ReasonTemplate(
    code="text_score",
    zh="文字与已知虚假评价的相似程度为{value}，正常评价一般为{norm}",
    en="the wording resembles known fakes to a degree of {value}; honest reviews usually show {norm}",
    unit="score",
    direction=1,
)


def reasons_of_row(
    names: Sequence[str],
    values: Floats,
    contributions: Floats,
    norms: Floats,
    templates: Mapping[str, ReasonTemplate],
    currency: str | None = None,
) -> list[dict[str, Any]]:
    """The reasons of one subject, strongest first.

    Parameters
    ----------
    names, values, contributions, norms
        Per feature: its name, its value, what it added to the score, and its median among honest training subjects.
    templates
        How features are told; one without a template is never a reason.
    currency
        Of the subject's amounts.

    Returns
    -------
    list of {code, value, norm, text_zh, text_en}
        Only features that raised the score, whose value is known, and whose value lies on the suspicious side of the norm; when
        no feature qualifies by its side, those that raised the score all the same, so that a high score is not left without words.
        One code is told once. ``norm`` is None where it is not known.
    """
    raised = [at for at in np.argsort(-contributions, kind="stable").tolist() if contributions[at] > 0]
    told = [at for at in raised if names[at] in templates and math.isfinite(values[at])]
    total = float(contributions[raised].sum()) if raised else 0.0
    strong = [at for at in told if contributions[at] >= LEAST_SHARE * total]
    sided = [at for at in strong if _on_suspicious_side(values[at], norms[at], templates[names[at]].direction)]
    found: dict[str, dict[str, Any]] = {}
    for at in sided or strong or told[:1]:
        template = templates[names[at]]
        value, norm = float(values[at]), float(norms[at])
        found.setdefault(
            template.code,
            {
                "code": template.code,
                "value": value,
                "norm": norm if math.isfinite(norm) else None,
                "text_zh": template.sentence(value, norm, "zh", currency),
                "text_en": template.sentence(value, norm, "en", currency),
            },
        )
        if len(found) == MOST_REASONS:
            break
    return list(found.values())


def _on_suspicious_side(value: float, norm: float, direction: int) -> bool:
    if direction == 0 or not math.isfinite(norm):
        return True
    return (value - norm) * direction > 0


def norms_of(values: Floats, honest: Any) -> Floats:
    """Median of each feature among honest rows, NaN where none is known; shape (features,)."""
    rows = values[honest]
    known = [column[np.isfinite(column)] for column in rows.T]
    return np.asarray([float(np.median(column)) if len(column) else np.nan for column in known], dtype=np.float64)
