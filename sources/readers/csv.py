"""CSV: records split by the standard library's reader, with the line each begins at."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import polars as pl

from fairdeal.sources.blanks import EDGE
from fairdeal.sources.compression import Unreadable
from fairdeal.sources.counting import CsvCount
from fairdeal.sources.encoding import UNDECODED
from fairdeal.sources.limits import LIMITS, Limits
from fairdeal.sources.readers.content import (
    PROVENANCE,
    Content,
    RawRule,
    Rejected,
    fault_in,
    kept,
    likely,
    no_rows,
    refuse_hopeless,
    text_frame,
)

_BATCH_ROWS = 50_000
_BATCH_CHARS = 32 << 20
_DELIMITERS = ",\t;|"
#: A first line by which a file tells a spreadsheet its delimiter.
_TOLD = re.compile(r'"?sep=([^\r\n"])"?(?:\r\n|\n|\r)')
#: A rejected row over so many lines is named in the report: a stray quote is likely.
_SUSPICIOUS_LINES = 50


def read_csv(
    pieces: Iterable[str], delimiter: str | None, wanted: Sequence[str] | None, cut: str | None = None, limits: Limits = LIMITS
) -> Content:
    """The records of a CSV text whose first record is the header.

    Parameters
    ----------
    pieces
        The text, piece by piece.
    delimiter
        None to detect it.
    wanted
        Columns to keep; None for all.
    cut
        How the file is known to end too early: its last record, unless a line end closes it, is then rejected.

    Raises
    ------
    Unreadable
        When the header cannot be used.

    Notes
    -----
    Quoting follows RFC 4180, and a row that does not is rejected, since its values would be guesses; line ends are LF, CRLF or CR;
    blank lines are no records; an empty value is null, quoted or not. A first line such as ``sep=;`` gives the delimiter.
    """
    if csv.field_size_limit() < limits.record_chars + 2:
        csv.field_size_limit(limits.record_chars + 2)  # the bound that counts is ours; the module's own is only ever raised
    beginning, rest = _beginning(iter(pieces), limits)
    told = _TOLD.match(beginning)
    delimiter = delimiter or (told[1] if told else detect_delimiter(beginning))
    count = CsvCount(delimiter, limits)
    lines = _Lines(chain((beginning[told.end() :] if told else beginning,), rest), count, limits, before=1 if told else 0)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    names = _header(reader, lines, limits)
    if names is None:
        return Content(no_rows(wanted or ()), cut=cut)
    note = _settle_header(names, wanted, limits)
    batches = _Batches(
        {name: names.index(name) for name in (wanted if wanted is not None else names) if name in names and name not in PROVENANCE}
    )
    again = {first + names[0] for first in ("", "\ufeff")}
    rejected: list[Rejected] = []
    widest = (0, 0)
    start = 0
    row: list[str] | None = None
    while True:
        spoiled = False
        try:
            row = next(reader)
        except StopIteration:
            break
        except _RecordTooLong:
            row = None
        except csv.Error:
            row = [lines.text.rstrip("\r\n")]
            spoiled = True
        start, length = lines.start, lines.length
        lines.begin_record()
        if row is None or length > limits.record_chars:
            fault: Rejected | None = Rejected(start, RawRule.FIELD_SIZE, kept(delimiter.join(row or ()), limits) or None)
        elif not row:
            continue
        elif lines.unfinished:
            fault = Rejected(start, RawRule.TRUNCATED, kept(delimiter.join(row), limits))
        elif spoiled:
            fault = Rejected(start, RawRule.QUOTES, kept(row[0], limits))
        elif row[0] in again and [value.strip(EDGE) for value in row] == list(names):
            fault = Rejected(start, RawRule.HEADER, kept(delimiter.join(row), limits))
        else:
            fault = _fault(row, names, start, delimiter, lines.suspect or length > limits.field_chars, limits)
        if fault is None and row is not None:
            batches.add(row, start, length)
        elif fault is not None:
            rejected.append(fault)
            refuse_hopeless(rejected, batches.taken + len(rejected), limits)
            widest = max(widest, (lines.line - start + 1, start))
    if lines.unfinished:
        cut = cut or f"the quote opened at line {rejected[-1].line} or after it never closes"
    elif not lines.ends_with_break and cut:
        if (last := batches.take_back(start)) is not None:
            rejected.append(Rejected(start, RawRule.TRUNCATED, kept(delimiter.join(last), limits)))
        elif rejected and rejected[-1].line == start:
            rejected[-1] = replace(rejected[-1], rule=RawRule.TRUNCATED)
    elif not lines.ends_with_break and rejected and rejected[-1].line == start and _ends_early(rejected[-1], row, names):
        cut = "the last line ends too early"
    if widest[0] > _SUSPICIOUS_LINES:
        note = f"{note + '; ' if note else ''}the rejected row at line {widest[1]} spans {widest[0]} lines, look for a stray quote"
    counted = max(count.finish() - 1, 0)
    return Content(batches.frame(), counted, tuple(dict.fromkeys(names)), rejected, cut, note)


def detect_delimiter(beginning: str) -> str:
    """Comma, tab, semicolon or bar: whichever stands most often outside quotes in the first line that is not blank; comma in doubt."""
    first = next((line for line in io.StringIO(beginning, newline=None) if line.strip("\n")), "")
    counts = Counter("".join(first.split('"')[::2]))
    return max(_DELIMITERS, key=lambda sign: counts[sign])


def _ends_early(last: Rejected, row: list[str] | None, names: tuple[str, ...]) -> bool:
    """Whether a last row that no line end closes lacks values: the file was cut off within it."""
    return last.rule is RawRule.COLUMNS and row is not None and len(row) < len(names)


class _RecordTooLong(Exception):
    """A record is under way and already longer than allowed."""


class _Lines:
    """Physical lines with their ends, for the splitter; each piece of text passes the independent count on its way."""

    def __init__(self, pieces: Iterator[str], count: CsvCount, limits: Limits, before: int = 0) -> None:
        self._pieces = pieces
        self._count = count
        self._limit = limits.record_chars
        self._rest = ""
        self._ready: Iterator[str] = iter(())
        self._ended = False
        self.suspect = False  # something seen so far is no storable text
        self.unfinished = False  # the text ends while a record is under way
        self.ends_with_break = True
        self.text = ""  # the line handed out last
        self.line = before  # its number
        self.start = before + 1  # number of the line at which the record under way began
        self.length = 0  # of the record under way, its line ends counted once each

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.length > self._limit:
            raise _RecordTooLong
        line = next(self._ready, None)
        while line is None:
            if self._ended:
                self.unfinished = self.unfinished or self.length > 0
                raise StopIteration
            self._ready = iter(self._more())
            line = next(self._ready, None)
        self.line += 1
        self.text = line
        bare = len(line.rstrip("\r\n"))
        self.ends_with_break = bare < len(line)
        self.length += bare + 1
        return line

    def begin_record(self) -> None:
        """The next line begins a record."""
        self.start = self.line + 1
        self.length = 0

    def _more(self) -> list[str]:
        """The lines that the next piece of text completes."""
        piece = next(self._pieces, None)
        if piece is None:
            self._ended = True
            last, self._rest = self._rest, ""
            return io.StringIO(last, newline="").readlines()
        self._count.add(piece)
        self.suspect = self.suspect or "\0" in piece or UNDECODED.search(piece) is not None
        block = self._rest + piece
        held = "\r" if block.endswith("\r") else ""  # its \n may follow
        lines = io.StringIO(block.removesuffix("\r"), newline="").readlines()
        rest = lines.pop() if lines and not lines[-1].endswith(("\n", "\r")) else ""
        self._rest = rest[: self._limit + 2] + held
        return lines


def _beginning(pieces: Iterator[str], limits: Limits) -> tuple[str, Iterator[str]]:
    """Text up to at least the end of the first line that is not blank, and what follows."""
    beginning = ""
    for piece in pieces:
        beginning += piece
        if len(beginning) > limits.record_chars or len(beginning.lstrip("\r\n").splitlines()) > 1:
            break
    return beginning, pieces


def _header(reader: Iterator[list[str]], lines: _Lines, limits: Limits) -> tuple[str, ...] | None:
    """The names of the first record; None for a text without any record."""
    try:
        while (names := next(reader, None)) == []:
            lines.begin_record()
    except _RecordTooLong:
        names = None
        lines.unfinished = True
    except csv.Error as error:
        if not lines.unfinished:
            raise Unreadable(
                f"line {lines.line}: something follows a closing quote in the header; allowed is CSV after RFC 4180; mend the line"
            ) from error
        names = None
    if lines.unfinished:
        raise Unreadable("a quote in the header never closes; allowed is CSV after RFC 4180; mend the first line")
    lines.begin_record()
    if names is not None and lines.suspect and (fault := fault_in(names, limits)) is not None:
        raise Unreadable(f"the header breaks the rule {fault[0]}; allowed is readable text; give the encoding or mend the first line")
    return None if names is None else tuple(name.strip(EDGE) for name in names)


def _settle_header(names: tuple[str, ...], wanted: Sequence[str] | None, limits: Limits) -> str | None:
    """A note on duplicated names that do no harm; raises `Unreadable` where the header cannot serve."""
    if len(names) > limits.columns:
        raise Unreadable(f"{len(names)} columns; allowed are {limits.columns}; check delimiter and format")
    twice = [name for name, times in Counter(names).items() if times > 1]
    harmful = [name for name in twice if wanted is None or name in wanted]
    if harmful:
        raise Unreadable(f"the header has {', '.join(map(repr, harmful))} more than once; allowed is once; rename one of them")
    if wanted and not set(wanted) & set(names):
        raise Unreadable(
            f"none of the mapped columns ({', '.join(wanted)}) is in the first line; allowed is a header line; "
            f"add the header, or check delimiter, encoding and the mapped names{likely(wanted, names)}"
        )
    return f"{', '.join(map(repr, twice))} stands more than once in the header and is not used" if twice else None


def _fault(row: list[str], names: tuple[str, ...], start: int, delimiter: str, suspect: bool, limits: Limits) -> Rejected | None:
    """Why the row cannot be taken, or None."""
    found = fault_in(row, limits) if suspect else None
    if found is not None:
        rule, position = found
        column = names[position] if len(row) == len(names) else None
        return Rejected(start, rule, kept(row[position], limits), column)
    if len(row) != len(names):
        return Rejected(start, RawRule.COLUMNS, kept(delimiter.join(row), limits))
    return None


@dataclass
class _Batches:
    """Accepted rows on their way into columns; the last row always stays within reach."""

    positions: dict[str, int]
    rows: list[list[str]] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    chars: int = 0
    taken: int = 0
    frames: list[pl.DataFrame] = field(default_factory=list)

    def add(self, row: list[str], start: int, length: int) -> None:
        if len(self.rows) >= _BATCH_ROWS or self.chars >= _BATCH_CHARS:
            self._close()
        self.rows.append(row)
        self.starts.append(start)
        self.chars += length
        self.taken += 1

    def take_back(self, start: int) -> list[str] | None:
        """The last row, out again, if it began at this line."""
        if not self.starts or self.starts[-1] != start:
            return None
        self.starts.pop()
        self.taken -= 1
        return self.rows.pop()

    def frame(self) -> pl.DataFrame:
        """All rows."""
        self._close()
        return pl.concat(self.frames)

    def _close(self) -> None:
        columns = {name: [row[position] for row in self.rows] for name, position in self.positions.items()}
        self.frames.append(text_frame(self.starts, columns))
        self.rows, self.starts, self.chars = [], [], 0
