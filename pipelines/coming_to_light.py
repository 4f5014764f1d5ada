"""How many frauds come to light: the share of which anybody ever hears, as random audits tell."""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.data_contracts.labels import LabelSource

#: Frauds that a source's audit is taken to have come upon in advance, all of them reported by somebody else too.
FOUND_IN_ADVANCE = 2
#: As how many of a kind's audited frauds those of the other kinds count, at most.
FOUND_ELSEWHERE = 20


def found_share(labels: pl.DataFrame, kind: str) -> float:
    """Share of frauds of a kind of subject that anybody ever hears of; 1 where no audit has found any.

    Parameters
    ----------
    labels
        Every label known then, see `fairdeal.pipelines.labelling.every_label`.
    kind
        Of the subjects.

    Notes
    -----
    An audit of our own looks at what was not flagged, each with a known probability, the most unusual with probability one: the frauds that
    it alone came upon stand for as many as their probability says (Horvitz and Thompson, 1952), less one standard error of the draw. It
    speaks of the time since it began. Of the time before a source's audit may tell, which says no probability and is taken to be drawn
    from all: of the frauds that it came upon, those count as found that somebody else reported too, and as many are hidden behind all
    reported ones as behind these. A handful says little, so that the share is held towards that of the platform's other kinds, which count
    as `FOUND_ELSEWHERE` such frauds at most, and towards all being found, as `FOUND_IN_ADVANCE` (an empirical Bayes estimate; Casella,
    "An introduction to empirical Bayes data analysis", 1985). So a small audit claims little, and none that has found nothing claims
    anything.
    """
    besides, audited = _frauds(labels, kind)
    began = labels.filter(pl.col("subject_kind") == kind, _is_audit(), pl.col("propensity").is_not_null())["available_at"].min()
    ours = audited.filter(pl.col("propensity").is_not_null()).join(besides, on="subject_id", how="anti")["propensity"].to_numpy()
    hidden = float((1.0 / ours).sum()) - float(np.sqrt(((1.0 - ours) / np.square(ours)).sum()))
    since = 0 if began is None else besides.filter(pl.col("available_at") >= began).height
    before = besides.height - since
    share = _share_before(labels, kind)
    of_all = before / share + since + max(0.0, hidden)
    return besides.height / of_all if besides.height else share


def _share_before(labels: pl.DataFrame, kind: str) -> float:
    """Share of frauds that anybody hears of as audits that sources brought tell it."""
    found, of = _also_reported(labels, kind)
    others = [_also_reported(labels, name) for name in labels["subject_kind"].unique().sort() if name != kind]
    elsewhere = sum(count for _, count in others)
    weight = min(FOUND_ELSEWHERE, elsewhere)
    common = weight * sum(both for both, _ in others) / max(elsewhere, 1)
    return (found + common + FOUND_IN_ADVANCE) / (of + weight + FOUND_IN_ADVANCE) if of else 1.0


def _is_audit() -> pl.Expr:
    return (pl.col("source") == LabelSource.AUDIT.value).fill_null(False)


def _frauds(labels: pl.DataFrame, kind: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Frauds of a kind that somebody besides an audit told of, each when it was first told, and those that an audit came upon."""
    own = labels.filter(pl.col("subject_kind") == kind)
    # A second look at what an audit came upon finds nothing that nobody had heard of.
    is_again = (pl.col("source") == LabelSource.SECOND_LOOK.value).fill_null(False)
    frauds = own.filter(pl.col("is_fraud"), ~(is_again & pl.col("subject_id").is_in(own.filter(_is_audit())["subject_id"].implode())))
    besides = frauds.filter(~_is_audit()).group_by("subject_id").agg(pl.col("available_at").min())
    return besides, frauds.filter(_is_audit()).unique("subject_id", keep="first", maintain_order=True)


def _also_reported(labels: pl.DataFrame, kind: str) -> tuple[int, int]:
    """How many frauds that a source's audit came upon others reported too, and how many there are."""
    besides, audited = _frauds(labels, kind)
    brought = audited.filter(pl.col("propensity").is_null())
    return brought.join(besides, on="subject_id", how="semi").height, brought.height
