"""How many records a file holds, found without the parsers, so that no parser can lose a row unseen."""

from __future__ import annotations

from fairdeal.sources.limits import LIMITS, Limits


class CsvCount:
    """Counts the records of a CSV text as it goes by: RFC 4180 quoting, quoted line breaks, blank lines left out.

    Independent of the reader: it looks only at line ends, delimiters and quotes, and keeps no values. A quote opens a field only where
    a field begins; where something other than a delimiter follows a closing quote, the record ends with its line. A record longer than
    the limit ends with the line that passes it.
    """

    def __init__(self, delimiter: str, limits: Limits = LIMITS) -> None:
        self._delimiter = delimiter
        self._opening = delimiter + '"'
        self._limit = limits.record_chars
        self._rest = ""
        self._length = 0  # of the record that is under way, its line ends counted once each
        self._quoted = False
        self.records = 0

    def add(self, text: str) -> None:
        """Takes the next piece of text."""
        block = self._rest + text
        held = block.endswith("\r")  # its \n may follow
        body = block[:-1] if held else block
        end = max(body.rfind("\n"), body.rfind("\r")) + 1
        self._rest = block[end : end + self._limit + 2] if len(block) - end > self._limit + 2 else block[end:]
        if held and not self._rest.endswith("\r"):
            self._rest += "\r"
        if end:
            self._count(body[:end].replace("\r\n", "\n").replace("\r", "\n"))

    def finish(self) -> int:
        """The number of records, the header among them, once the whole text has been added."""
        if self._rest:
            self._count(self._rest.removesuffix("\r") + "\n")
            self._rest = ""
        if self._length:  # the text ends inside quotes
            self.records += 1
            self._length, self._quoted = 0, False
        return self.records

    def _count(self, body: str) -> None:
        lines = body.split("\n")[:-1]
        if not self._quoted and '"' not in body:
            self.records += len(lines) - lines.count("")
            return
        for line in lines:
            if not self._quoted and '"' not in line:
                self.records += line != ""
                continue
            self._length += len(line) + 1
            self._quoted = self._ends_quoted(line)
            if not self._quoted or self._length > self._limit:
                self.records += 1
                self._length, self._quoted = 0, False

    def _ends_quoted(self, line: str) -> bool:
        """Whether the line ends inside quotes."""
        quoted, at = self._quoted, 0
        if not quoted and line.startswith('"'):
            quoted, at = True, 1
        while True:
            if not quoted:
                opening = line.find(self._opening, at)
                if opening < 0:
                    return False
                quoted, at = True, opening + 2
            closing = line.find('"', at)
            if closing < 0:
                return True
            if line.startswith('"', closing + 1):
                at = closing + 2
            else:
                quoted, at = False, closing + 1
                if at < len(line) and line[at] != self._delimiter:
                    return False


class LineCount:
    """Counts the lines of a JSON Lines text that are not blank."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limit = limits.record_chars
        self._rest = ""
        self.records = 0

    def add(self, text: str) -> None:
        """Takes the next piece of text."""
        *lines, rest = (self._rest + text).split("\n")
        self._rest = rest[: self._limit + 1]
        self.records += sum(1 for line in lines if self._is_record(line))

    def finish(self) -> int:
        """The number of records once the whole text has been added."""
        self.records += self._is_record(self._rest)
        self._rest = ""
        return self.records

    def _is_record(self, line: str) -> bool:
        return len(line) > self._limit or bool(line.strip(" \t\r"))
