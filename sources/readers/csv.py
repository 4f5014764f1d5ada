"""CSV: records split by the standard library's reader, with the line each begins at."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from fairdeal.sources.compression import CutShort, Unreadable
from fairdeal.sources.counting import CsvCount
from fairdeal.sources.encoding import UNDECODED
from fairdeal.sources.limits import LIMITS, Limits
from fairdeal.sources.readers.content import Content, RawRule, Rejected, fault_in, kept, no_rows, text_frame

_BATCH_ROWS = 50_000
_BATCH_CHARS = 32 << 20
_DELIMITERS = ",\t;|"
#: A rejected row over so many lines is named in the report: a stray quote is likely.
_SUSPICIOUS_LINES = 50


class _RecordTooLong(Exception):
    """A record is under way and already longer than allowed."""


class _Lines:
    """Physical lines with their ends, for the splitter; counts each record's length and remembers where it began."""

    def __init__(self, pieces: Iterable[str], delimiter: str | None, limits: Limits) -> None:
        self._pieces = iter(pieces)
        self._limits = limits
        self._rest = ""
        self._ready: Iterator[str] = iter(())
        self._ended = False
        self.count: CsvCount | None = None
        self.delimiter = delimiter
        self.cut: str | None = None
        self.suspect = False
        self.ends_with_break = True
        self.line = 0  # of the line handed out last
        self.start = 1
        self.length = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.length > self._limits.record_chars:
            raise _RecordTooLong
        line = next(self._ready, None)
        while line is None:
            if self._ended:
                raise StopIteration
            self._ready = iter(self._more())
            line = next(self._ready, None)
        self.line += 1
        self.ends_with_break = line.endswith(("\n", "\r"))
        self.length += len(line.rstrip("\r\n")) + 1
        return line

    def begin_record(self) -> None:
        """The next line begins a record."""
        self.start = self.line + 1
        self.length = 0

    def _more(self) -> list[str]:
        """The lines that the next piece of text completes; the piece is counted on its way."""
        try:
            piece = next(self._pieces, None)
        except CutShort as error:
            piece, self.cut = None, str(error)
        if piece is None:
            self._ended = True
            if self.count is None:
                self._choose_delimiter(self._rest)
            last, self._rest = self._rest, ""
            return io.StringIO(last, newline="").readlines()
        self.suspect = self.suspect or "\0" in piece or UNDECODED.search(piece) is not None
        block = self._rest + piece
        if self.count is None:
            if not block.lstrip("\r\n").rstrip("\r").count("\n") + block.lstrip("\r\n").rstrip("\r").count("\r"):
                self._rest = block[: self._limits.record_chars + 2]
                return []
            self._choose_delimiter(block)
        elif self.count is not None:
            self.count.add(piece)
        held = block.endswith("\r")
        lines = io.StringIO(block[:-1] if held else block, newline="").readlines()
        self._rest = lines.pop()[: self._limits.record_chars + 2] if lines and not lines[-1].endswith(("\n", "\r")) else ""
        self._rest += "\r" if held else ""
        return lines

    def _choose_delimiter(self, beginning: str) -> None:
        """Settles the delimiter by the first line and starts the count with all text seen so far."""
        if self.delimiter is None:
            self.delimiter = detect_delimiter(beginning)
        self.count = CsvCount(self.delimiter, self._limits)
        self.count.add(beginning)


def detect_delimiter(beginning: str) -> str:
    """Comma, tab, semicolon or bar, whichever stands most often outside quotes in the first line that is not blank; comma when none does."""
    first = next((line for line in io.StringIO(beginning, newline=None) if line.strip("\n")), "")
    outside = "".join(first.split('"')[::2])
    counts = Counter(sign for sign in outside if sign in _DELIMITERS)
    return max(_DELIMITERS, key=lambda sign: counts[sign])


def read_csv(pieces: Iterable[str], delimiter: str | None, wanted: Sequence[str] | None, limits: Limits = LIMITS) -> Content:
    """The records of a CSV text whose first record is the header.

    Parameters
    ----------
    pieces
        The text, piece by piece; may end in `CutShort`.
    delimiter
        None to detect it.
    wanted
        Columns to keep; None for all.

    Notes
    -----
    Quoting follows RFC 4180; line ends are LF, CRLF or CR; blank lines are no records; an empty value is null, quoted or not.
    """
    if csv.field_size_limit() < limits.record_chars + 2:
        csv.field_size_limit(limits.record_chars + 2)  # ours is the bound that counts; the module's is only ever raised
    lines = _Lines(pieces, delimiter, limits)
    first = lines._more()
    while not first and not lines._ended:
        first = lines._more()
    lines._ready = iter(first)
    reader = csv.reader(lines, delimiter=lines.delimiter or ",")
    header = _header(reader, lines)
    if header is None:
        return Content(no_rows(wanted or ()), cut=lines.cut)
    if lines.suspect and (fault := fault_in(header, limits)):
        raise Unreadable(f"the header breaks the rule {fault[0]}; allowed is readable text; give the encoding or mend the header")
    names = tuple(name.strip() for name in header)
    note = _settle_header(names, wanted, limits)
    positions = {name: names.index(name) for name in (names if wanted is None else wanted) if name in names}
    content = Content(no_rows(positions), columns=tuple(dict.fromkeys(names)), note=note)
    frames: list[pl.DataFrame] = []
    rows: list[list[str]] = []
    starts: list[int] = []
    chars = 0
    widest = 0, 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            break
        except _RecordTooLong:
            widest = max(widest, (lines.line - lines.start + 1, lines.start))
            content.rejected.append(Rejected(lines.start, RawRule.FIELD_SIZE, None))
            lines.begin_record()
            continue
        start, length, last = lines.start, lines.length, lines.line
        inside = lines._ended and length > 0 and not reader_ended_cleanly(lines)
        lines.begin_record()
        if not row:
            continue
        rejected = _judge(row, names, start, length, inside, lines, limits)
        if rejected is not None:
            content.rejected.append(rejected)
            widest = max(widest, (last - start + 1, start))
            continue
        rows.append(row)
        starts.append(start)
        chars += length
        if len(rows) >= _BATCH_ROWS or chars >= _BATCH_CHARS:
            frames.append(_frame(rows, starts, positions))
            rows, starts, chars = [], [], 0
    return content
