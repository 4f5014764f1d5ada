"""CSV files that are odd as a whole: encodings, line ends, quotes, delimiters, headers, lines that are no rows, rows that share a key."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

from tests.broken.kinds import FIELDS, HEADER, SOUND, Broken, line, sound, table, text

EMPTY_ROW = "payment_id:required payer_id:required payee_id:required paid_at:required amount_minor:required currency:required"


#: What a row breaks whose every value is nonsense.
NONSENSE = (
    "paid_at:type amount_minor:type currency:allowed status:allowed safety_tier:type is_weak_credential:type updated_at:type "
    "shown_amount_minor:type"
)


def three(k: str, *middle: str, end: str = "\n", head: str = HEADER) -> str:
    """A header, a sound row, lines between, a sound row."""
    return "".join(found + end for found in (head, line(k, 1), *middle, line(k, 3)))


def coded(name: str, encoding: str, payer: str = "张三", aside: dict[int, str] | None = None, **facts: Any) -> Broken:
    """Three rows in an encoding, the middle one with a payer beyond ASCII."""
    kept = {} if aside or facts.get("status") == "unreadable" else {3: {"payer_id": payer}}
    rows = 0 if facts.get("status") == "unreadable" else 3
    return Broken(name, lambda k: three(k, line(k, 2, payer=payer)).encode(encoding), rows, aside or {}, kept, **facts)


def spliced(name: str, middle: bytes, aside: str = "", encoding: str = "utf-8", **facts: Any) -> Broken:
    """Three rows, the middle one with a payer of raw bytes; a line of Chinese keeps the encoding clear."""

    def build(k: str) -> bytes:
        return three(k, line(k, 2, payer="@@"), line(k, 4, payer="李四"), line(k, 5, payer="王五")).encode(encoding).replace(b"@@", middle)

    return Broken(name, build, 5, {3: aside} if aside else {}, **facts)


WIDE = {"status": "unreadable", "says": "UTF-16 or UTF-32 found"}
ENCODINGS = (
    coded("a file in UTF-8", "utf-8"),
    coded("a file in UTF-8 with its mark", "utf-8-sig"),
    coded("a file in GB18030", "gb18030"),
    coded("a file in GBK with a traditional character", "gbk", "張三"),
    coded("a file in GB18030 with a character of four bytes", "gb18030", "𠮷野家"),
    coded("a file in GB18030, as the mapping says", "gb18030", mapping="gb18030 told"),
    coded("a file in GB18030 that the mapping calls UTF-8", "gb18030", aside={3: "encoding"}, mapping="utf-8 told"),
    coded("a file in Big5 that the mapping calls UTF-8", "big5", "張三", {3: "encoding"}, mapping="utf-8 told"),
    coded("a file in Shift-JIS that the mapping calls UTF-8", "shift_jis", "山田", {3: "encoding"}, mapping="utf-8 told"),
    coded("a file in GBK in traditional characters", "gbk", "賣家發貨很快商品與描述一致客服態度非常好下次還會再來購買"),
    coded("a file in Big5", "big5", "賣家發貨很快商品與描述一致客服態度非常好下次還會再來購買", {3: "encoding"}),
    coded("a file in Shift-JIS", "shift_jis", "商品の到着が早くてとても満足していますまた利用したいと思います", {3: "encoding"}),
    coded("a file in Latin-1 with an accent before a comma", "latin-1", "José", {3: "encoding"}),
    coded("a file in Windows-1252 with typographic quotes", "cp1252", "“B1”", {3: "encoding"}),
    coded("a file in KOI8-R that the mapping calls UTF-8", "koi8-r", "Иван", {3: "encoding"}, mapping="utf-8 told"),
    coded("a file in UTF-16 with its mark", "utf-16", **WIDE),
    coded("a file in big-endian UTF-16 with its mark", "utf-16-be", "\ufeffB", **WIDE),
    Broken("a file in UTF-16 that begins with a mark for big ends", lambda k: b"\xfe\xff" + three(k).encode("utf-16-be"), 0, **WIDE),
    coded("a file in little-endian UTF-16 without a mark", "utf-16-le", **WIDE),
    coded("a file in UTF-32 with its mark", "utf-32", **WIDE),
    coded("a file in big-endian UTF-32 without a mark", "utf-32-be", **WIDE),
    coded("a file in EBCDIC", "cp037", "B2", status="unreadable", says="header breaks the rule encoding"),
    spliced("one value in Latin-1 in a file in UTF-8", b"Jos\xe9", "encoding"),
    spliced("one value in GBK in a file in UTF-8", "赵六".encode("gbk"), "encoding"),
    spliced("an overlong slash", b"B\xc0\xaf", "encoding"),
    spliced("half of a pair, in bytes", b"B\xed\xa0\x80", "encoding"),
    spliced("a pair written as six bytes", b"\xed\xa0\xbd\xed\xb8\x80", "encoding"),
    spliced("a byte that only continues", b"B\x80", "encoding"),
    spliced("a character cut through", "张".encode()[:2], "encoding"),
    spliced("a sequence of five bytes", b"\xf8\x88\x80\x80\x80", "encoding"),
    spliced("a code point past the last", b"\xf4\x90\x80\x80", "encoding"),
    spliced("bytes that are never text", b"\xff\xfe", "encoding"),
    spliced("half a character in a file in GB18030", b"\xd5", "encoding", "gb18030"),
    spliced("a character that somebody else could not read", "�".encode(), "payer_id:artefact"),
    Broken("two byte order marks", lambda k: b"\xef\xbb\xbf" * 2 + three(k).encode(), 2),
    Broken("a byte order mark in the middle", lambda k: three(k, "\ufeff" + line(k, 2)).encode(), 3, kept={3: SOUND}),
    Broken(
        "a mark for GB18030", lambda k: ("\ufeff" + three(k, line(k, 2, payer="张三"))).encode("gb18030"), 3, kept={3: {"payer_id": "张三"}}
    ),
)


def ended(name: str, end: str, lines: tuple[int, ...] = (2, 3), **facts: Any) -> Broken:
    return text(name, lambda k: three(k, end=end), 2, kept=dict.fromkeys(lines, SOUND), **facts)


LINE_ENDS = (
    ended("lines that end in LF", "\n"),
    ended("lines that end in CR and LF", "\r\n"),
    ended("lines that end in CR", "\r"),
    ended("lines that end in LF and CR", "\n\r", (3, 5)),
    ended("lines that end in CR, CR and LF", "\r\r\n", (3, 5)),
    ended("lines with a blank line after each", "\n\n", (3, 5)),
    text("lines that end in all three ways", lambda k: f"{HEADER}\r{line(k, 1)}\r\n{line(k, 2)}\n{line(k, 3)}", 3, kept={4: SOUND}),
    text("a last line without an end", lambda k: three(k).rstrip("\n"), 2),
    text("blank lines before the header", lambda k: "\n\n" + three(k), 2, kept={4: SOUND, 5: SOUND}),
    text("blank lines at the end", lambda k: three(k) + "\n" * 50, 2),
    text("a line of blanks", lambda k: three(k, "   "), 3, {3: "columns"}),
    text("a line of one tab", lambda k: three(k, "\t"), 3, {3: "columns"}),
    text("lines that end in a next-line sign", lambda k: three(k, end="\u0085"), 0, status="empty", says="no rows"),
    text("lines that end in a line separator", lambda k: three(k, end="\u2028"), 0, status="empty", says="no rows"),
    text("lines that end in a record separator", lambda k: three(k, end="\x1e"), 0, status="empty", says="no rows"),
    text("a form feed between pages", lambda k: three(k, "\f" + line(k, 2)), 3, kept={3: SOUND}),
)

QUOTES = (
    text("every value in quotes", lambda k: table([sound(k, 1), sound(k, 2)], quoting=csv.QUOTE_ALL), 2, kept={3: SOUND}),
    text("a header in quotes", lambda k: three(k, head=",".join(f'"{name}"' for name in FIELDS)), 2),
    text("a header in quotes behind a mark", lambda k: "\ufeff" + three(k, head=",".join(f'"{name}"' for name in FIELDS)), 2),
    text("a comma within quotes", lambda k: three(k, line(k, 2, payer='"B,2"')), 3, kept={3: {"payer_id": "B,2"}}),
    text("a doubled quote within quotes", lambda k: three(k, line(k, 2, payer='"B""2"')), 3, kept={3: {"payer_id": 'B"2'}}),
    text("a line break within quotes", lambda k: three(k, line(k, 2, order='"a\nb"')), 3, {3: "order_id:artefact"}, kept={5: SOUND}),
    text("empty quotes", lambda k: three(k, line(k, 2, payer='""')), 3, {3: "payer_id:required"}),
    text("a stray quote within a value", lambda k: three(k, line(k, 2, payer='B"2')), 3, kept={3: {"payer_id": 'B"2'}}),
    text("a stray quote at the end of a value", lambda k: three(k, line(k, 2, payer='B2"')), 3, kept={3: {"payer_id": 'B2"'}}),
    text("a quote escaped with a backslash", lambda k: three(k, line(k, 2, payer=r'"B \"2\" C"')), 3, {3: "quotes"}),
    text("a quote escaped with a backslash, and a comma", lambda k: three(k, line(k, 2, payer=r'"B \"2\", C"')), 3, {3: "quotes"}),
    text("text behind a closing quote", lambda k: three(k, line(k, 2, payer='"B2"x')), 3, {3: "quotes"}),
    text("a blank behind a closing quote", lambda k: three(k, line(k, 2, payer='"B2" ')), 3, {3: "quotes"}),
    text("a blank before an opening quote", lambda k: three(k, line(k, 2, payer=' "B2"')), 3, {3: "payer_id:artefact"}),
    text("quotes thrice", lambda k: three(k, line(k, 2, payer='"""B2"""')), 3, {3: "payer_id:artefact"}),
    text("apostrophes for quotes", lambda k: three(k, line(k, 2, payer="'B2'")), 3, {3: "payer_id:artefact"}),
    text("apostrophes around a comma", lambda k: three(k, line(k, 2, payer="'B,2'")), 3, {3: "columns"}),
    text("typographic quotes", lambda k: three(k, line(k, 2, payer="“B2”")), 3, kept={3: {"payer_id": "“B2”"}}),
    text("a formula for text, unquoted", lambda k: three(k, line(k, 2, payer='="002"')), 3, {3: "payer_id:artefact"}),
    text(
        "a quote that never closes",
        lambda k: three(k, line(k, 2, payer='"B2')),
        2,
        {3: "truncated"},
        status="partial",
        says="quote opened at line 3 or after it never closes",
    ),
    text(
        "a quote that never closes in the last line",
        lambda k: three(k) + line(k, 4, order='"'),
        3,
        {4: "truncated"},
        status="partial",
        says="never closes",
    ),
    text("a quote that another row closes", lambda k: three(k, line(k, 2, order='"'), line(k, 4, order='"')), 3, {3: "order_id:artefact"}),
    text(
        "a quote in the header that never closes", lambda k: '"' + three(k), 0, status="unreadable", says="quote in the header never closes"
    ),
    text("text behind a closing quote in the header", lambda k: '"id"x' + three(k), 0, status="unreadable", says="follows a closing quote"),
)


def delimited(name: str, sign: str, **facts: Any) -> Broken:
    return text(name, lambda k: three(k).replace(",", sign), facts.pop("rows", 2), **facts)


DELIMITERS = (
    delimited("semicolons", ";"),
    delimited("tabs", "\t"),
    delimited("bars", "|"),
    delimited("semicolons, as the mapping says", ";", mapping="semicolons told"),
    delimited("control-A, as the mapping says", "\x01", mapping="control-a told"),
    delimited("control-A that nobody told", "\x01", rows=0, status="unreadable", says="none of the mapped columns"),
    delimited("two colons", "::", rows=0, status="unreadable", says="check delimiter"),
    delimited("full-width commas", "，", rows=0, status="unreadable", says="check delimiter"),
    delimited("columns of blanks", "  ", rows=0, status="unreadable", says="check delimiter"),
    text("commas where the mapping says semicolons", three, 0, mapping="semicolons told", status="unreadable", says="check delimiter"),
    text(
        "semicolons with decimal commas",
        lambda k: three(k, line(k, 2, amount="12@50")).replace(",", ";").replace("@", ","),
        3,
        {3: "amount_minor:type"},
    ),
    text("one row with semicolons", lambda k: three(k, line(k, 2).replace(",", ";")), 3, {3: "columns"}),
    text(
        "a header with commas over rows with semicolons",
        lambda k: f"{HEADER}\n{line(k, 1)}\n".replace(",", ";").replace(HEADER.replace(",", ";"), HEADER),
        1,
        {2: "columns"},
    ),
    text("a first line that tells the delimiter", lambda k: "sep=;\n" + three(k).replace(",", ";"), 2, kept={3: SOUND, 4: SOUND}),
    text("a first line that tells a rare delimiter", lambda k: "sep=^\r\n" + three(k, end="\r\n").replace(",", "^"), 2, kept={3: SOUND}),
    text("a first line that tells the delimiter, in quotes", lambda k: '"sep=,"\n' + three(k), 2, kept={3: SOUND}),
    text("nothing but a line that tells the delimiter", lambda k: "sep=;\n", 0, status="empty", says="no rows"),
    text("one value too few", lambda k: three(k, line(k, 2).rpartition(",")[0]), 3, {3: "columns"}),
    text("one value too many", lambda k: three(k, line(k, 2) + ",x"), 3, {3: "columns"}),
    text("a comma at the end of one row", lambda k: three(k, line(k, 2) + ","), 3, {3: "columns"}),
    text("a comma at the end of every row and of the header", lambda k: three(k).replace("\n", ",\n"), 2),
    text(
        "a comma at the end of every row and not of the header",
        lambda k: f"{HEADER}\n{line(k, 1)},\n{line(k, 2)},\n",
        2,
        {2: "columns", 3: "columns"},
    ),
    text("an amount whose thousands comma nobody quoted", lambda k: three(k, line(k, 2, amount="1,234.00")), 3, {3: "columns"}),
    text("a row of commas only", lambda k: three(k, "," * (len(FIELDS) - 1)), 3, {3: EMPTY_ROW}),
)


def headed(name: str, head: str, aside: dict[int, str] | None = None, **facts: Any) -> Broken:
    rows = facts.pop("rows", 0 if facts.get("status") == "unreadable" else 2)
    return text(name, lambda k: three(k, head=head), rows, aside or {}, **facts)


def without(k: str, column: str) -> str:
    """Two sound rows without a column."""
    return table([{name: found for name, found in sound(k, n).items() if name != column} for n in (1, 2)])


HEADERS = (
    headed("a header with blanks around its names", HEADER.replace(",", " , ")),
    headed("a header with signs that nobody sees", HEADER.replace(",", "\u200b,\u00a0")),
    headed("a header in capitals", HEADER.upper(), status="unreadable", says="amount may be 'AMOUNT'"),
    headed(
        "a header of another system", ",".join(f"f{n}" for n in range(len(FIELDS))), status="unreadable", says="allowed is a header line"
    ),
    headed(
        "one name in another case",
        HEADER.replace("payer", "Payer"),
        {2: "payer_id:required", 3: "payer_id:required"},
        says="payer may be 'Payer'",
    ),
    headed(
        "one name written apart",
        HEADER.replace("payer", "pay_er"),
        {2: "payer_id:required", 3: "payer_id:required"},
        says="payer may be 'pay_er'",
    ),
    headed("one optional name that is another", HEADER.replace("tier", "level"), says="no column tier", kept={2: {"safety_tier": None}}),
    headed("a mapped name twice", HEADER.replace("payee", "payer"), status="unreadable", says="'payer' more than once"),
    headed(
        "a mapped name three times", HEADER.replace("payee", "payer").replace("card", "payer"), status="unreadable", says="more than once"
    ),
    text("a name twice that nobody needs", lambda k: f"{HEADER},x,x\n{line(k, 1)},1,2\n", 1, says="'x' stands more than once"),
    text("two columns without names", lambda k: f"{HEADER},,\n{line(k, 1)},1,2\n", 1, says="stands more than once"),
    text("columns that nobody knows", lambda k: f"new,{HEADER},newer\n7,{line(k, 1)},8\n", 1, kept={2: SOUND}),
    text("columns in another order", lambda k: table([dict(reversed(sound(k, n).items())) for n in (1, 2)]), 2, kept={2: SOUND}),
    text(
        "no optional column at all",
        lambda k: table([{name: sound(k, n)[name] for name in FIELDS[:6]} for n in (1, 2)]),
        2,
        says="no column card",
    ),
    text("no column for the key", lambda k: without(k, "id"), 2, {2: "payment_id:required", 3: "payment_id:required"}, says="no column id"),
    text("no column for the moment", lambda k: without(k, "at"), 2, {2: "paid_at:required", 3: "paid_at:required"}, says="no column at"),
    text(
        "no column for the currency",
        lambda k: without(k, "currency"),
        2,
        {2: "currency:required", 3: "currency:required"},
        says="no column currency",
    ),
    text("no header", lambda k: f"{line(k, 1)}\n{line(k, 2)}\n", 0, status="unreadable", says="allowed is a header line"),
    text("a title above the header", lambda k: "Payments of January\n" + three(k), 0, status="unreadable", says="is in the first line"),
    text("a comment above the header", lambda k: "# exported by hand\n" + three(k), 0, status="unreadable", says="is in the first line"),
    text("a line of commas above the header", lambda k: ",,,\n" + three(k), 0, status="unreadable", says="is in the first line"),
    text("the header twice", lambda k: f"{HEADER}\n{three(k)}", 3, {2: "header"}),
    text("the header again in the middle", lambda k: three(k, HEADER), 3, {3: "header"}),
    text("the header again in quotes", lambda k: three(k, ",".join(f'"{name}"' for name in FIELDS)), 3, {3: "header"}),
    text("the header again behind a byte order mark", lambda k: three(k, "\ufeff" + HEADER), 3, {3: "header"}),
    text("the header again at the end", lambda k: three(k) + HEADER, 3, {4: "header"}),
    text("a header of numbers", lambda k: three(k, head=",".join(map(str, range(13)))), 0, status="unreadable", says="header line"),
    text("a header only", lambda k: HEADER + "\n", 0, status="empty", says="empty: no rows"),
    text("a header without a line end", lambda k: HEADER, 0, status="empty", says="empty: no rows"),
    text("nothing at all", lambda k: "", 0, status="empty", says="empty: no rows"),
    text("one line end", lambda k: "\n", 0, status="empty", says="empty: no rows"),
    text("line ends only", lambda k: "\r\n" * 40, 0, status="empty", says="empty: no rows"),
    text("a byte order mark only", lambda k: "\ufeff", 0, status="empty", says="empty: no rows"),
    text("one blank", lambda k: " ", 0, status="unreadable", says="header line"),
    text("too many columns", lambda k: ",".join(f"c{n}" for n in range(10_001)) + "\n", 0, status="unreadable", says="10001 columns"),
    text("a name as long as a book", lambda k: f"{HEADER},{'x' * 100_000}\n{line(k, 1)},1\n", 1),
)

LINES = (
    text(
        "a line of totals",
        lambda k: three(k) + "Total,,,,20.00,CNY" + "," * 7 + "\n",
        3,
        {4: "payer_id:required payee_id:required paid_at:required"},
    ),
    text(
        "a line of totals without a name",
        lambda k: three(k) + ",,,,20.00" + "," * 8 + "\n",
        3,
        {4: EMPTY_ROW.replace(" amount_minor:required", "")},
    ),
    text("a count of rows at the end", lambda k: three(k) + "(2 rows affected)\n", 3, {4: "columns"}),
    text("a note at the end", lambda k: three(k) + "\n-- end of export --\n", 3, {5: "columns"}),
    text(
        "a line of dashes under the header",
        lambda k: f"{HEADER}\n{','.join(['----'] * 13)}\n{line(k, 1)}\n",
        2,
        {2: NONSENSE},
    ),
    text("a comment between rows", lambda k: three(k, "# corrected by hand"), 3, {3: "columns"}),
    text("JSON between rows", lambda k: three(k, '{"id": "x"}'), 3, {3: "columns"}),
    text("a mark of a merge conflict", lambda k: three(k, "<<<<<<< HEAD"), 3, {3: "columns"}),
    text("an old system's end of file", lambda k: three(k) + "\x1a\n", 3, {4: "columns"}),
    text(
        "an old system's end of file without a line end",
        lambda k: three(k) + "\x1a",
        3,
        {4: "columns"},
        status="partial",
        says="ends too early",
    ),
    text(
        "a last line that stops in a value",
        lambda k: three(k) + line(k, 4)[:-14],
        3,
        {4: "columns"},
        status="partial",
        says="ends too early",
    ),
    text("a NUL in a value", lambda k: three(k, line(k, 2, payer="B\0")), 3, {3: "nul"}),
    text("a NUL in a value that nobody needs", lambda k: f"{HEADER},x\n{line(k, 1)},\0\n{line(k, 2)},1\n", 2, {2: "nul"}),
    text("NULs at the end, as of a file made in advance", lambda k: three(k) + "\0" * 4096, 3, {4: "nul"}),
    text("NULs only", lambda k: "\0" * 512, 0, status="unreadable", says="header breaks the rule nul"),
    text("a NUL in the header", lambda k: three(k, head=HEADER.replace("id", "i\0d")), 0, status="unreadable", says="rule nul"),
    text("a value of a megabyte and one", lambda k: three(k, line(k, 2, order="x" * ((1 << 20) + 1))), 3, {3: "field_size"}),
    text("a value of a megabyte", lambda k: three(k, line(k, 2, order="x" * (1 << 20))), 3, {3: "order_id:length"}),
    text("a value of a megabyte that nobody needs", lambda k: f"{HEADER},x\n{line(k, 1)},{'x' * ((1 << 20) + 1)}\n", 1, {2: "field_size"}),
    text("a row of six megabytes", lambda k: three(k, "x" * (6 << 20)), 3, {3: "field_size"}),
    text("a row in quotes of six megabytes", lambda k: three(k, f'"{"x" * (6 << 20)}"'), 3, {3: "field_size"}),
    text("two hundred thousand values in a row", lambda k: three(k, "," * 200_000), 3, {3: "columns"}),
    text("a header of six megabytes", lambda k: "x" * (6 << 20) + "\n", 0, status="unreadable", says="header line"),
    text("a row and then its double", lambda k: three(k, line(k, 3)), 3, {4: "duplicate"}),
    text("a row three times", lambda k: three(k, line(k, 3), line(k, 3)), 4, {4: "duplicate", 5: "duplicate"}),
    text("a double that differs in blanks", lambda k: three(k, line(k, 3, payer=" B1 ")), 3, {4: "duplicate"}),
    text("a double that writes its amount otherwise", lambda k: three(k, line(k, 3, amount="010.0")), 3, {4: "duplicate"}),
    text("a double that writes its moment otherwise", lambda k: three(k, line(k, 3, at="2026-01-02T04:00:00Z")), 3, {4: "duplicate"}),
    text("one key with two amounts", lambda k: three(k, line(k, 3, amount="11.00")), 3, {3: "conflict"}),
    text("one key with two payers", lambda k: three(k, line(k, 3, payer="B0")), 3, {4: "conflict"}),
    text(
        "one key changed later",
        lambda k: three(k, line(k, 3, amount="11.00", changed="2026-01-03 12:00:00")),
        3,
        kept={3: {"amount_minor": 1100}},
    ),
    text("one key with a sound and a broken row", lambda k: three(k, line(k, 3, amount="eleven")), 3, {3: "amount_minor:type"}),
    text(
        "several faults in one row",
        lambda k: three(k, line(k, 2, payer="", amount="-1", currency="RMB", tier="9")),
        3,
        {3: "payer_id:required amount_minor:range currency:allowed safety_tier:range"},
    ),
    text(
        "every value of a row is a question mark",
        lambda k: three(k, ",".join("?" * 13)),
        3,
        {3: NONSENSE},
    ),
)


def foreign(name: str, content: Callable[[str], bytes] | bytes, says: str, suffix: str = "csv", **facts: Any) -> Broken:
    """A file that holds no table."""
    return Broken(name, content if callable(content) else lambda k: content, 0, status="unreadable", says=says, suffix=suffix, **facts)


TEXTS: tuple[Broken, ...] = (*ENCODINGS, *LINE_ENDS, *QUOTES, *DELIMITERS, *HEADERS, *LINES)
