"""What a detector learns from; apart, so that a command can name it without what learning takes."""

from __future__ import annotations

from enum import StrEnum


class Learn(StrEnum):
    """What a backtest learns from."""

    LABELS = "labels"  # as the product does once there are enough of them
    UNUSUAL = "unusual"  # what is unusual; labels only as the known history of others
    COLD = "cold"  # what is unusual, no label anywhere
