"""Ways to break a file's bytes further: each takes bytes and a source of chance, and gives other bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.broken.kinds import pack

Mutation = Callable[[bytes, Random, Sequence[bytes]], bytes]

#: Bytes that readers stumble over.
_TRAPS = (
    *(b"\0", b'"', b'""', b"'", b"\\", b"\\u0000", b"\\ud800", b",", b";", b"\t", b"|", b"\n", b"\r", b"\r\n", b"\x85", b"\x1a", b"\x1b["),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xff", b"\x80", b"\xc0\xaf", b"\xed\xa0\x80", "\u202e\u200b\u2028\u0085".encode(), "１２".encode()),
    *(
        b"{",
        b"}",
        b"[",
        b"[" * 3000,
        b'{"',
        b"NaN",
        b"1e999",
        b"-",
        b"-0",
        b"9" * 400,
        b"null",
        b"PAR1",
        b"\x1f\x8b\x08",
        b"\x28\xb5\x2f\xfd",
    ),
    *(b"sep=;\n", b"=1+1", b"4111111111111111", b"2026-02-30", b"0000-00-00", b" " * 300, b"\n" * 50, b"," * 200, b"x" * 3000),
)
_CODECS = ("gb18030", "utf-16", "utf-16-le", "utf-32", "latin-1", "big5", "shift_jis", "cp037", "utf-8-sig", "utf-7")


def _span(content: bytes, chance: Random) -> tuple[int, int]:
    start = chance.randint(0, len(content))
    return start, min(len(content), start + chance.choice((1, 2, 7, 40, 300, 5000)))


def flipped(content: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8, 40)) if content else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def truncated(content: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    return content[: chance.randint(0, len(content))]


def beheaded(content: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    return content[chance.randint(0, min(len(content), 300)) :]


def lacking(content: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    start, end = _span(content, chance)
    return content[:start] + content[end:]


def doubled(content: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    start, end = _span(content, chance)
    return content[:end] + content[start:end] * chance.choice((1, 1, 3, 20)) + content[end:]


def swapped(content: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    start, end = _span(content, chance)
    place = chance.randint(0, len(content))
    rest = content[:start] + content[end:]
    return rest[:place] + content[start:end] + rest[place:]


def trapped(content: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    for _ in range(chance.choice((1, 2, 5))):
        place = chance.randint(0, len(content))
        content = content[:place] + chance.choice(_TRAPS) + content[place + chance.choice((0, 0, 1, 3)) :]
    return content


def spliced(content: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    start, end = _span(other, chance)
    place = chance.randint(0, len(content))
    return content[:place] + other[start:end] + content[place:]


def joined(content: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    return content + chance.choice(others)


def recoded(content: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    half = chance.choice((0, 0, len(content) // 2))
    return content[:half] + content[half:].decode("utf-8", "ignore").encode(chance.choice(_CODECS), "replace")


def replaced(content: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    old, new = chance.choice(
        ((b",", b";"), (b"\n", b"\r"), (b"\n", b"\r\n"), (b"\n", b"\x1e"), (b'"', b"'"), (b'"', b""), (b".", b","), (b"-", b"/"))
    )
    return content.replace(old, new)


def shuffled(content: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    lines = content.splitlines(keepends=True)
    chance.shuffle(lines)
    return b"".join(lines)


def repacked(content: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    return pack(content, chance.choice(("gzip", "zstd")))


MUTATIONS: tuple[Mutation, ...] = (
    *(flipped, truncated, beheaded, lacking, doubled, swapped, trapped, spliced, joined, recoded, replaced, shuffled, repacked),
)


def mutated(content: bytes, chance: Random, others: Sequence[bytes], most: int = 4) -> bytes:
    """The content after one to ``most`` mutations, never much larger than a quarter of a megabyte."""
    for _ in range(chance.randint(1, most)):
        content = chance.choice(MUTATIONS)(content, chance, others)[: 1 << 18]
    return content
