"""Handed-out texts: the few templates of one campaign, posted by many accounts with more or less of their own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from fairdeal.simulator.chance import Ints, happens
from fairdeal.simulator.reviews import Writer, in_each_language
from fairdeal.simulator.wording import Language, write_out

#: Clauses (columns of `wording.CLAUSES`) of some reviews: language, row numbers of the writers, one row each.
Compose = Callable[[np.random.Generator, Language, Writer], pl.DataFrame]


def templates_of(campaign: Ints, rng: np.random.Generator) -> Ints:
    """Number of the template each text is taken from: a campaign hands out two to five."""
    _, number = np.unique(campaign, return_inverse=True)
    handed_out = 2 + number % 4
    return number * 8 + (rng.random(len(campaign)) * handed_out).astype(np.int64)


def handed_out(
    rng: np.random.Generator, writer: Writer, campaign: Ints, hard: float, compose: Compose, kept: tuple[str, ...] = ("product",)
) -> pl.Series:
    """One text per writer, from the templates of its campaign.

    Parameters
    ----------
    hard
        The more careful the gang is, the more clauses are left out or said anew.
    compose
        Says what a template or somebody on their own would say.
    kept
        Clauses that are never left out.
    """
    template = templates_of(campaign, rng)

    def words(rng: np.random.Generator, language: Language, mine: Writer) -> pl.Series:
        which = template[writer.is_english == (language.code == "en")]
        _, first, number = np.unique(which, return_index=True, return_inverse=True)
        models = compose(rng, language, mine.at(first))
        return _varied(rng, language, models[number], compose(rng, language, mine), hard, kept)

    return in_each_language(rng, writer, words)


def _varied(
    rng: np.random.Generator, language: Language, said: pl.DataFrame, fresh: pl.DataFrame, hard: float, kept: tuple[str, ...]
) -> pl.Series:
    columns = {}
    for name in said.columns:
        renewed = pl.Series(happens(rng, 0.06 + 0.6 * hard**1.5, said.height))
        dropped = pl.Series(happens(rng, 0.05 + 0.2 * hard, said.height) & (name not in kept))
        columns[name] = said[name].zip_with(~renewed, fresh[name]).set(dropped, None)
    varied = pl.DataFrame(columns)
    # Nobody posts nothing: where every clause fell out, the template stands.
    silent = varied.select(nothing=pl.all_horizontal(pl.all().is_null()))["nothing"]
    return write_out(rng, language, varied.select(varied[name].zip_with(~silent, said[name]) for name in varied.columns))
