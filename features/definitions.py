"""The ways to define a feature: a window over history, the own row against one, a fact of the row, a ratio, what follows from others."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.data_contracts.typologies import Typology
from fairdeal.features.trails import Aggregate, Trail
from fairdeal.features.wording import comparison, sentence


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
class ToHistory:
    """The subject's own value over what a window says of its history; null where either is null or the history's is 0.

    Parameters
    ----------
    measure
        Word for the own value in the feature's name: ``payment_amount``.
    own
        Whole-number column of the prepared subject rows.
    history
        What it is held against: a mean, a maximum, a high quantile. It need not be registered besides.
    """

    measure: str
    own: str
    history: Trail

    @property
    def name(self) -> str:
        """``<measure>_to_<entity>_<aggregate>_<window>``."""
        return f"{self.measure}_to_{self.history.entity}_{self.history.name.removeprefix(f'{self.history.entity}_{self.history.measure}_')}"


@dataclass(frozen=True)
class Derived:
    """What follows from other features of the row, in double precision; null where one it needs is null, or for 0 over 0.

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

    definition: Trail | ToHistory | Own | Ratio | Derived
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
    delay: int = 0,
    is_part: bool = False,
) -> Feature:
    """A window over a stream as a registered feature; its name, its null and its sentence follow from the definition. See `Trail`."""
    trail = Trail(entity, key, stream, measure, aggregate, window, value, where, delay)
    absent = "the key is not known" if aggregate.is_always_there else "no history, or the key is not known"
    return Feature(trail, catches, absent, None if is_part else sentence(trail), is_part)


def history_feature(measure: str, own: str, history: Trail, catches: tuple[Typology, ...], *, direction: int = 1) -> Feature:
    """The own value against its history as a registered feature. See `ToHistory`.

    ``direction`` says which end is suspicious, as in `ReasonTemplate`.
    """
    definition = ToHistory(measure, own, history)
    absent = "no history, or nothing to hold against it"
    return Feature(definition, catches, absent, comparison(definition.name, measure, history, direction))
