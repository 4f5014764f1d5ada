"""Bytes into text: which encoding a file is in, and a decoder that marks what it cannot read instead of stopping."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator

from fairdeal.sources.limits import LIMITS, Limits
from fairdeal.sources.mapping_parts import Encoding

#: Characters that stand for bytes that could not be decoded, or for half a character.
UNDECODED = re.compile("[\ud800-\udfff]")
#: Characters of two bytes, and those that Chinese is mostly written in: the first level of GB2312 and punctuation.
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_USUAL = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")
#: From so many characters on a text tells whether it is Chinese, and of so many lines they are counted.
_TELLING_PAIRS, _TELLING_LINES = 20, 5_000


class EncodingTally:
    """Counts the lines that speak for UTF-8 and for GB18030.

    A file is UTF-8 unless most of its lines beyond ASCII are not, and are GB18030; a few such lines in a long ASCII file are damage, not
    an encoding, and become rejected rows. So do lines in Big5 or Shift-JIS, which decode as GB18030 into characters that hardly anybody
    writes; in fewer than twenty characters that cannot be told.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limit = limits.record_chars
        self._rest = b""
        self._lines = 0
        self._utf8 = 0
        self._not_utf8 = 0
        self._not_gb18030 = 0
        self._header_not_utf8 = False
        self._pairs = 0
        self._usual = 0

    def add(self, piece: bytes) -> None:
        """Takes the next bytes of the file."""
        block = self._rest + piece
        end = block.rfind(b"\n") + 1
        if not end and len(block) > self._limit:
            end = len(block)
        self._rest = block[end:]
        if end:
            self._judge(block[:end])

    def verdict(self) -> Encoding:
        """The encoding, once every byte has been added."""
        if self._rest:
            self._judge(self._rest)
            self._rest = b""
        telling = (
            self._header_not_utf8 or self._not_utf8 * 5 >= self._lines or (self._not_utf8 >= 3 and self._not_utf8 * 100 >= self._lines)
        )
        chinese = self._pairs < _TELLING_PAIRS or self._usual * 2 >= self._pairs
        if self._not_utf8 > self._utf8 and self._not_gb18030 * 2 < self._not_utf8 and telling and chinese:
            return Encoding.GB18030
        return Encoding.UTF_8

    def _judge(self, block: bytes) -> None:
        first = self._lines == 0
        self._lines += block.count(b"\n") + (not block.endswith(b"\n"))
        if block.isascii():
            return
        for number, line in enumerate(block.split(b"\n")):
            if line.isascii():
                continue
            if _decodes(line, "utf-8"):
                self._utf8 += 1
                continue
            self._not_utf8 += 1
            self._not_gb18030 += not _decodes(line, "gb18030")
            if self._not_utf8 <= _TELLING_LINES:
                pairs = _PAIR.findall(line)
                self._pairs += len(pairs)
                self._usual += sum(1 for pair in pairs if _USUAL.fullmatch(pair))
            self._header_not_utf8 = self._header_not_utf8 or (first and number == 0)


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def decoded(pieces: Iterable[bytes], encoding: Encoding) -> Iterator[str]:
    """The text in pieces, without a byte order mark; each byte that cannot be decoded becomes one character that `UNDECODED` finds."""
    decoder = codecs.getincrementaldecoder("gb18030" if encoding is Encoding.GB18030 else "utf-8")(errors="surrogateescape")
    beginning = True
    for piece in pieces:
        text = decoder.decode(piece)
        if beginning and text:
            text, beginning = text.removeprefix("\ufeff"), False
        if text:
            yield text
    if text := decoder.decode(b"", final=True):
        yield text


def readable(text: str) -> str:
    """Text that can be stored: undecoded bytes written as ``\\xNN``, halves of characters as ``\\uNNNN``."""
    if not UNDECODED.search(text):
        return text
    return (
        "".join(f"\\x{ord(sign) - 0xDC00:02x}" if "\udc80" <= sign <= "\udcff" else sign for sign in text)
        .encode("utf-8", "backslashreplace")
        .decode()
    )
