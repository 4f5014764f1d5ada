"""Reasons: the features that raised a score most, told in plain sentences."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.models.frames import Floats

#: Reasons told per subject at most.
MOST_REASONS = 4
#: A reason must add at least this part of all that speaks for fraud.
LEAST_SHARE = 0.05
#: The length of a window, which ends a feature's name: ``_7d``, ``_1h``, ``_ever``.
_WINDOW = re.compile(r"_(\d+[dh]|ever)$")

#: The text model's score is a feature like any other and is told like one.
TEXT_SCORE = "text_score"
TEXT_REASON = ReasonTemplate(
    code="text_score",
    zh="文字与已知虚假评价的相似程度为{value}，正常评价一般为{norm}",
    en="The wording resembles known fakes to a degree of {value}; honest reviews usually show {norm}",
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

    Notes
    -----
    Trees share out what one fact adds among the windows that tell it: a shop's known fakes of 3, 7 and 30 days are one reason, which
    weighs what they add together and is told by the window that adds most.
    """
    raised = [at for at in np.argsort(-contributions, kind="stable").tolist() if contributions[at] > 0]
    told = [at for at in raised if names[at] in templates and math.isfinite(values[at])]
    sided = [at for at in told if _on_suspicious_side(values[at], norms[at], templates[names[at]].direction)]
    least = LEAST_SHARE * float(contributions[raised].sum()) if raised else 0.0
    found: dict[str, dict[str, Any]] = {}
    for at in _strongest(names, contributions, sided, least) or _strongest(names, contributions, told, least) or told[:1]:
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


def _strongest(names: Sequence[str], contributions: Floats, raised: Sequence[int], least: float) -> list[int]:
    """Of each measure the window that adds most, ordered by what its windows add together, where that is at least ``least``."""
    weight: dict[str, float] = {}
    first: dict[str, int] = {}
    for at in raised:
        measure = _WINDOW.sub("", names[at])
        weight[measure] = weight.get(measure, 0.0) + float(contributions[at])
        first.setdefault(measure, at)
    return [first[measure] for measure in sorted(first, key=lambda measure: -weight[measure]) if weight[measure] >= least]


def _on_suspicious_side(value: float, norm: float, direction: int) -> bool:
    if not math.isfinite(norm):
        return True
    if direction == 0:
        return value != norm
    return (value - norm) * direction > 0


def norms_of(values: Floats, honest: Any) -> Floats:
    """Median of each feature among honest rows, NaN where none is known; shape (features,)."""
    rows = values[honest]
    known = [column[np.isfinite(column)] for column in rows.T]
    return np.asarray([float(np.median(column)) if len(column) else np.nan for column in known], dtype=np.float64)
