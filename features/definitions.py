"""The four ways to define a feature: a window over history, a fact of the own row, a ratio, and what follows from others."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.data_contracts.typologies import Typology
from fairdeal.features.windows import Aggregate, Trail
from fairdeal.features.wording import sentence


@dataclass(frozen=True)
class Own:
    """A fact of the subject's own row, known at ``as_of_at``.

    Parameters
    ----------
    name
        The feature's name.
    expression
        Over the prepared subject rows; null means not known.
    """

    name: str
    expression: pl.Expr


@dataclass(frozen=True)
class Ratio:
    """One feature over another, in double precision; null where either is null or the lower one is 0.

    Parameters
    ----------
    name
        The feature's name.
    upper, lower
        Names of features, or of whole-number columns of the prepared subject rows.
    """

    name: str
    upper: str
    lower: str


@dataclass(frozen=True)
class Derived:
    """What follows from other features of the row, in double precision; null where one that it needs is null.

    Parameters
    ----------
    name
        The feature's name.
    expression
        Over features, whole-number columns of the prepared rows, and derived features registered before.
    """

    name: str
    expression: pl.Expr


@dataclass(frozen=True)
class Feature:
    """One registered feature.

    Parameters
    ----------
    definition
        How it is computed.
    catches
        The typologies it is there for.
    absent
        What a null means.
    reason
        The sentence that explains it to a person; a feature without one never becomes a reason.
    is_part
        It is there for other features to be made of: no model reads it.
    """

    definition: Trail | Own | Ratio | Derived
    catches: tuple[Typology, ...]
    absent: str
    reason: ReasonTemplate | None
    is_part: bool = False

    @property
    def name(self) -> str:
        return self.definition.name


def window_feature(
    entity: str,
    key: tuple[str, ...],
    measure: str,
    aggregate: Aggregate,
    window: int,
    catches: tuple[Typology, ...],
    *,
    stream: str,
    value: str | None = None,
    where: str | None = None,
    is_part: bool = False,
) -> Feature:
    """A window over a stream as a registered feature; its name, its null and its sentence follow from the definition. See `Trail`."""
    trail = Trail(entity, key, stream, measure, aggregate, window, value, where)
    always_there = aggregate in (Aggregate.COUNT, Aggregate.SUM, Aggregate.DISTINCT)
    absent = "the key is not known" if always_there else "no history, or the key is not known"
    return Feature(trail, catches, absent, None if is_part else sentence(trail), is_part)
