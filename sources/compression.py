"""Packed files unpacked piece by piece, with a bound on what a small file may grow to."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from fairdeal.sources.limits import LIMITS, Limits
from fairdeal.sources.mapping_parts import Compression

_PIECE = 1 << 18
_MAGIC = {b"\x1f\x8b": Compression.GZIP, b"\x28\xb5\x2f\xfd": Compression.ZSTD}


class CutShort(Exception):
    """The file ends too early: what came before stands, the rest is missing."""


class Unreadable(Exception):
    """Nothing of the file can be trusted. The message says what was found, what is allowed and what to do."""


def detect_compression(head: bytes) -> Compression:
    """How a file is packed, by its first bytes."""
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), Compression.NONE)


def unpacked(path: Path, compression: Compression, limits: Limits = LIMITS) -> Iterator[bytes]:
    """The file's content in pieces of at most a few hundred kilobytes.

    Raises
    ------
    CutShort
        After the last piece, when the packed stream ends too early.
    Unreadable
        When the packed stream is damaged, or grows past the limits.
    """
    packed = max(path.stat().st_size, 1)
    grown = 0
    with path.open("rb") as stream:
        for piece in _PIECES[compression](stream):
            grown += len(piece)
            if compression is not Compression.NONE and grown > limits.bomb_bytes and grown > limits.bomb_ratio * packed:
                raise Unreadable(
                    f"{packed} packed bytes grow past {limits.bomb_bytes} and {limits.bomb_ratio} times their size; "
                    "such a file is not read; send it plain or in parts"
                )
            yield piece


def _told(error: Exception) -> str:
    """What a library says is wrong, without its own names."""
    return str(error).rpartition(": ")[2]


def _plain(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(_PIECE):
        yield piece


def _gzip(stream: BinaryIO) -> Iterator[bytes]:
    """Every member of a gzip file, one after the other; zero bytes after the last are padding."""
    member = zlib.decompressobj(wbits=31)
    begun = False
    try:
        while packed := stream.read(_PIECE):
            while packed:
                if member.eof:
                    packed = packed.lstrip(b"\0")
                    if not packed:
                        break
                    member, begun = zlib.decompressobj(wbits=31), False
                begun = True
                piece = member.decompress(packed, _PIECE)
                if piece:
                    yield piece
                packed = member.unused_data if member.eof else member.unconsumed_tail
        while begun and not member.eof:  # what the window still holds once the input has ended
            piece = member.decompress(member.unconsumed_tail, _PIECE)
            if not piece:
                break
            yield piece
    except zlib.error as error:
        raise Unreadable(f"damaged gzip ({_told(error)}); allowed is an undamaged file; ask for it again") from error
    if not member.eof:
        raise CutShort("the gzip stream ends too early")


def _zstd(stream: BinaryIO) -> Iterator[bytes]:
    """Every frame of a Zstandard file."""
    unpacker = pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")
    while True:
        try:
            piece = unpacker.read(1 << 14)
        except OSError as error:
            if "truncated" in str(error).casefold():
                raise CutShort("the zstd stream ends too early") from error
            raise Unreadable(f"damaged zstd ({_told(error)}); allowed is an undamaged file; ask for it again") from error
        if not piece:
            return
        yield piece


_PIECES = {Compression.NONE: _plain, Compression.GZIP: _gzip, Compression.ZSTD: _zstd}
