"""Trails: window features, declared once; engines interpret the declaration and nothing else knows how a window is evaluated.

The time law: time is whole seconds. History of a subject at ``t`` is every event ``u`` of the same key with ``t - window < u < t``:
the subject itself and everything of the same second stay out, so no tie-breaker is ever needed and a value cannot depend on row order.
What becomes known later than it happened (labels) enters a stream at the moment it became known, and counts from the second after; where
only a usual delay is known, the declaration names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

HOUR = 3_600
DAY = 86_400
#: An expanding window: all history there is.
EVER = 36_500 * DAY
#: The high quantile: the smallest value that so many tenths of the others do not exceed.
HIGH_TENTHS = 9


class Aggregate(StrEnum):
    """What is asked of a key's history."""

    COUNT = "count"
    SUM = "sum"
    MAX = "max"
    MIN = "min"
    DISTINCT = "distinct"
    SINCE = "since"  # seconds since the last event
    FIRST = "first"  # seconds since the first event: how long ago it was first seen
    HIGH = "high"  # the value that nine of ten do not exceed
    MEAN = "mean"
    SPREAD = "spread"  # standard deviation
    SHARE = "share"  # part of the events that hold ``where``

    @property
    def is_fraction(self) -> bool:
        """One division, or root, of whole numbers; the others are whole."""
        return self in (Aggregate.MEAN, Aggregate.SPREAD, Aggregate.SHARE)

    @property
    def is_always_there(self) -> bool:
        """No history gives 0; of the others it gives null."""
        return self in (Aggregate.COUNT, Aggregate.SUM, Aggregate.DISTINCT)


#: What sums, compares or tells apart a value; the others count events.
OF_VALUES = frozenset((Aggregate.SUM, Aggregate.MAX, Aggregate.MIN, Aggregate.DISTINCT, Aggregate.HIGH, Aggregate.MEAN, Aggregate.SPREAD))


@dataclass(frozen=True)
class Trail:
    """One window feature; its name follows from the definition.

    Parameters
    ----------
    entity
        Word for the key in the feature's name: ``payer``, ``device``, ``payer_device``.
    key
        Columns that make the key, present in the subjects and in the stream.
    stream
        Name of the stream of events.
    measure
        Word for what is measured in the feature's name: ``payment``, ``payment_amount``, ``payee``.
    aggregate
        What is asked of the history.
    window
        Length of the history in seconds; `EVER` for all of it.
    value
        Stream column of whole numbers that is summed or compared, or of anything that is counted as distinct; none for the others.
    where
        Boolean stream column that an event must hold to count; none takes all. A ``share`` is of those that hold it among all.
    delay
        Seconds after which an event is known: with a delay, ``t - delay - window < u <= t - delay``.

    Raises
    ------
    ValueError
        When a value or a condition is missing, or there is one that means nothing.
    """

    entity: str
    key: tuple[str, ...]
    stream: str
    measure: str
    aggregate: Aggregate
    window: int
    value: str | None = None
    where: str | None = None
    delay: int = 0

    def __post_init__(self) -> None:
        if (self.value is not None) != (self.aggregate in OF_VALUES):
            raise ValueError(
                f"feature {self.name}: value {self.value!r}; {', '.join(sorted(OF_VALUES))} take a column of the stream, "
                "the others none; give one or leave it out"
            )
        if self.aggregate is Aggregate.SHARE and self.where is None:
            raise ValueError(f"feature {self.name}: no condition; a share is of the events that hold one among all; give where=")

    @property
    def name(self) -> str:
        """``<entity>_<measure>_<aggregate>_<window>``, and after which delay.

        >>> Trail("payer", ("payer_id",), "payments", "payment", Aggregate.COUNT, 7 * DAY).name
        'payer_payment_count_7d'
        >>> Trail("payee", ("payee_id",), "payments", "payment", Aggregate.FIRST, EVER, delay=7 * DAY).name
        'payee_payment_first_ever_after_7d'
        """
        after = f"_after_{length_word(self.delay)}" if self.delay else ""
        return f"{self.entity}_{self.measure}_{self.aggregate}_{length_word(self.window)}{after}"

    @property
    def reach(self) -> int:
        """How far back it looks."""
        return self.window + self.delay


def length_word(seconds: int) -> str:
    """A length of time in a feature's name.

    >>> length_word(7 * DAY), length_word(HOUR), length_word(EVER)
    ('7d', '1h', 'ever')
    """
    if seconds == EVER:
        return "ever"
    return f"{seconds // DAY}d" if seconds % DAY == 0 else f"{seconds // HOUR}h"
