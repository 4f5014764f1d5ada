"""Opaque identifiers: tokens whose value and order say nothing about the thing they name."""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from fairdeal.simulator.chance import Ints

#: Thirty-two signs, five bits each; mostly letters, so that no token can be taken for a card number.
SIGNS: Final = np.frombuffer(b"abcdefghijkmnpqrstuvwxyz23456789", dtype=np.uint8)
LENGTH: Final = 13
#: Two signs at once, the first in the lower byte: on the little-endian machines that exist, first in memory.
PAIRS: Final = (np.tile(SIGNS, 32).astype("<u2") + np.repeat(SIGNS, 32).astype("<u2") * 256).astype("<u2")

PREFIXES: Final = {
    "order": "O",
    "payment": "P",
    "refund": "F",
    "review": "R",
    "shipment": "S",
    "event": "E",
    "buyer": "B",
    "merchant": "M",
    "listing": "L",
    "device": "D",
    "network": "N",
    "address": "A",
    "instrument": "T",
    "tracking": "W",
    "campaign": "C",
}


def space(number: int) -> int:
    """First code of a numbered code space: things invented by different parts get codes that never meet."""
    return number << 40


def tokens(kind: str, codes: Ints, seed: int) -> pl.Series:
    """One token per code: the kind's letter and thirteen signs.

    Notes
    -----
    The finaliser of SplitMix64 (Steele, Lea, Flood 2014) permutes the 64-bit integers, so different codes of a kind never share a token.
    """
    salt = np.random.SeedSequence([seed, zlib.crc32(kind.encode())]).generate_state(1, np.uint64)[0]
    mixed = codes.astype(np.uint64) ^ salt
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    text = np.empty((len(codes), (LENGTH + 1) // 2), dtype="<u2")
    text[:, 0] = (SIGNS.astype(np.uint16) * 256 + ord(PREFIXES[kind]))[(mixed & np.uint64(31)).astype(np.intp)]
    for pair in range(1, (LENGTH + 1) // 2):
        text[:, pair] = PAIRS[((mixed >> np.uint64(10 * pair - 5)) & np.uint64(1023)).astype(np.intp)]
    ends = np.arange(len(codes) + 1, dtype=np.int64) * (LENGTH + 1)
    array = pa.LargeStringArray.from_buffers(len(codes), pa.py_buffer(ends), pa.py_buffer(text.tobytes()))
    return pl.Series(kind, array, dtype=pl.String)
