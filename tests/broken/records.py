"""JSON Lines files: odd literals in a sound object, and lines that are no objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.broken.kinds import SOUND, Broken, json_line, json_value, line
from tests.broken.texts import EMPTY_ROW
from tests.broken.values import AMOUNT, MOMENT, NOTHING


def between(name: str, middle: Callable[[str], str] | str, rule: str, **facts: Any) -> Broken:
    """A line between two sound objects."""
    return lines(
        name, lambda k: f"{json_line(k, 1)}\n{middle(k) if callable(middle) else middle}\n{json_line(k, 3)}\n", 3, {2: rule}, **facts
    )


def lines(name: str, template: Callable[[str], str], rows: int, aside: dict[int, str] | None = None, **facts: Any) -> Broken:
    return Broken(name, lambda k: template(k).encode(), rows, aside or {}, suffix=facts.pop("suffix", "jsonl"), **facts)


LITERALS = (
    json_value("an amount as a JSON number", "amount", "10.5", amount_minor=1050),
    json_value("an amount as a whole JSON number", "amount", "10", amount_minor=1000),
    json_value("an amount as JSON text", "amount", '"10.50"', amount_minor=1050),
    json_value("a JSON minus zero", "amount", "-0", amount_minor=0),
    json_value("a JSON number with an exponent", "amount", "1E2", AMOUNT),
    json_value("a JSON number past every float", "amount", "1e400", AMOUNT),
    json_value("a JSON number of forty digits", "amount", "9" * 40, AMOUNT),
    json_value("a JSON number of five thousand digits", "amount", "9" * 5000, AMOUNT),
    json_value("a binary fraction in JSON", "amount", "0.30000000000000004", AMOUNT),
    json_value("three decimals in JSON", "amount", "10.005", AMOUNT),
    json_value("NaN in JSON", "amount", "NaN", AMOUNT),
    json_value("Infinity in JSON", "amount", "Infinity", AMOUNT),
    json_value("minus Infinity in JSON", "amount", "-Infinity", AMOUNT),
    json_value("true for an amount", "amount", "true", AMOUNT),
    json_value("null for an amount", "amount", "null", "amount_minor:required"),
    json_value("a list for an amount", "amount", "[10.00]", AMOUNT),
    json_value("an object for an amount", "amount", '{"value": 10, "currency": "CNY"}', AMOUNT),
    json_value("a database's wrapped amount", "amount", '{"$numberDecimal": "10.00"}', AMOUNT),
    json_value("a number for a moment", "at", "1767326400", MOMENT),
    json_value("a database's wrapped moment", "at", '{"$date": 1767326400000}', MOMENT),
    json_value("an id of nineteen digits", "payer", "1234567890123456789", payer_id="1234567890123456789"),
    json_value("an id with a fraction of nothing", "payer", "17.0", payer_id="17.0"),
    json_value("an id in scientific notation", "payer", "1.5e300", "payer_id:artefact"),
    json_value("an id that is true", "payer", "true", payer_id="true"),
    json_value("an id that is null", "payer", "null", NOTHING),
    json_value("an id that is empty", "payer", '""', NOTHING),
    json_value("an id that is an object", "payer", '{"$oid": "507f"}', payer_id='{"$oid":"507f"}'),
    json_value("an id that is an empty list", "payer", "[]", payer_id="[]"),
    json_value("an escaped turn of direction in an id", "payer", r'"B\u202e1"', "payer_id:artefact"),
    json_value("an escaped bell in an id", "payer", r'"B\u00071"', "payer_id:artefact"),
    json_value("an escaped NUL", "payer", r'"B\u0000"', "nul"),
    json_value("an escaped pair", "payer", r'"\ud83d\ude00"', payer_id="😀"),
    json_value("an escaped half of a pair", "payer", r'"\ud83d"', "encoding"),
    json_value("halves of a pair the wrong way round", "payer", r'"\ude00\ud83d"', "encoding"),
    json_value("a truth of JSON", "weak", "false", is_weak_credential=False),
    json_value("a number for a truth", "weak", "1", is_weak_credential=True),
    json_value("a fraction for a tier", "tier", "2.50", "safety_tier:type"),
    json_value("a nested number of five thousand digits", "order", '{"n": ' + "9" * 5000 + "}", "json"),
    json_value("a nested number past every float", "order", '{"n": 1e400}', "json"),
    json_value("a nested value a hundred deep", "tier", "[" * 100 + "]" * 100, "safety_tier:type"),
    json_value("a value of a megabyte in JSON", "order", f'"{"x" * ((1 << 20) + 1)}"', "field_size"),
    json_value("a raw next-line sign in JSON", "payer", '"B\u0085"', payer_id="B"),
    json_value("a raw line separator in JSON", "payer", '"B\u20281"', "payer_id:artefact"),
)

RECORDS = (
    lines("JSON Lines with a byte order mark", lambda k: f"\ufeff{json_line(k, 1)}\n", 1, kept={1: SOUND}),
    lines("JSON Lines put together with their marks", lambda k: f"\ufeff{json_line(k, 1)}\n\ufeff{json_line(k, 2)}\n", 2, kept={2: SOUND}),
    lines("JSON Lines with CR and LF", lambda k: f"{json_line(k, 1)}\r\n{json_line(k, 2)}\r\n", 2, kept={2: SOUND}),
    lines(
        "JSON Lines with CR only",
        lambda k: f"{json_line(k, 1)}\r{json_line(k, 2)}\r",
        1,
        {1: "json"},
        status="partial",
        says="ends too early",
    ),
    lines("JSON Lines with blank lines", lambda k: f"\n{json_line(k, 1)}\n \t\n\n{json_line(k, 2)}\n", 2, kept={5: SOUND}),
    lines("JSON Lines without a last line end", lambda k: json_line(k, 1), 1, kept={1: SOUND}),
    lines(
        "JSON Lines that stop in an object",
        lambda k: f"{json_line(k, 1)}\n{json_line(k, 2)[:-20]}",
        2,
        {2: "json"},
        status="partial",
        says="ends too early",
    ),
    lines("JSON Lines without a row", lambda k: "\n\n", 0, status="empty", says="no rows"),
    lines("an empty file of JSON Lines", lambda k: "", 0, status="empty", says="no rows"),
    lines(
        "one JSON array",
        lambda k: f"[{json_line(k, 1)},\n{json_line(k, 2)}]\n",
        2,
        {1: "json", 2: "json"},
        says="looks like one JSON array",
    ),
    lines("one JSON array on one line", lambda k: f"[{json_line(k, 1)},{json_line(k, 2)}]", 1, {1: "not_an_object"}, says="one JSON array"),
    lines(
        "an object over several lines",
        lambda k: '{\n  "id": "x",\n  "payer": "y"\n}\n',
        4,
        dict.fromkeys((1, 2, 3, 4), "json"),
        says="JSON over several lines",
    ),
    lines("CSV that calls itself JSON Lines", lambda k: line(k, 1) + "\n", 1, {1: "json"}),
    lines(
        "JSON Lines that call themselves CSV",
        lambda k: json_line(k, 1) + "\n",
        0,
        suffix="csv",
        status="unreadable",
        says="none of the mapped columns",
    ),
    lines("JSON Lines without a telling name", lambda k: json_line(k, 1) + "\n", 1, suffix="dat", kept={1: SOUND}),
    lines(
        "JSON Lines in a file that the mapping calls CSV",
        lambda k: json_line(k, 1) + "\n",
        0,
        mapping="csv told",
        status="unreadable",
        says="header line",
    ),
    Broken(
        "JSON Lines in GB18030",
        lambda k: (json_line(k, 1, payer="张三") + "\n").encode("gb18030"),
        1,
        kept={1: {"payer_id": "张三"}},
        suffix="jsonl",
    ),
    Broken("JSON Lines in UTF-16", lambda k: json_line(k, 1).encode("utf-16"), 0, suffix="jsonl", status="unreadable", says="UTF-16"),
    Broken(
        "JSON Lines with a broken byte",
        lambda k: f"{json_line(k, 1, payer='张')}\n{json_line(k, 2, payer='@')}\n".encode().replace(b"@", b"\xe9"),
        2,
        {2: "encoding"},
        suffix="jsonl",
    ),
    between("a list", "[1, 2]", "not_an_object"),
    between("a text", '"approved"', "not_an_object"),
    between("a number", "17", "not_an_object"),
    between("null", "null", "not_an_object"),
    between("NaN alone", "NaN", "not_an_object"),
    between("an empty object", "{}", EMPTY_ROW),
    between("an error that a service returned", '{"error": "too many requests"}', EMPTY_ROW),
    between("keys in capitals", lambda k: json_line(k, 2).replace("null", "1").upper(), EMPTY_ROW),
    between("an object under a key", lambda k: f'{{"payment": {json_line(k, 2)}}}', EMPTY_ROW),
    between("two objects on one line", lambda k: json_line(k, 2) + json_line(k, 4), "json"),
    between("two objects with a comma", lambda k: f"{json_line(k, 2)}, {json_line(k, 4)}", "json"),
    between("an object with a comma behind it", lambda k: json_line(k, 2) + ",", "json"),
    between("a comma before the end of an object", lambda k: json_line(k, 2)[:-1] + ",}", "json"),
    between("a comment behind an object", lambda k: json_line(k, 2) + " // mended", "json"),
    between("a comment line", "# nothing", "json"),
    between("apostrophes for quotes in JSON", lambda k: json_line(k, 2).replace('"', "'"), "json"),
    between("keys without quotes", "{id: 1}", "json"),
    between("a key twice", lambda k: json_line(k, 2)[:-1] + ', "amount": "99.00"}', "json"),
    between("a key twice with one value", lambda k: json_line(k, 2)[:-1] + ', "amount": "10.00"}', "json"),
    between("a leading zero", lambda k: json_line(k, 2, amount="@").replace('"@"', "010"), "json"),
    between("a plus sign", lambda k: json_line(k, 2, amount="@").replace('"@"', "+10"), "json"),
    between("a number that begins with a point", lambda k: json_line(k, 2, amount="@").replace('"@"', ".5"), "json"),
    between("a number that ends with a point", lambda k: json_line(k, 2, amount="@").replace('"@"', "1."), "json"),
    between("a hexadecimal number", lambda k: json_line(k, 2, amount="@").replace('"@"', "0x1F"), "json"),
    between("a script's True", lambda k: json_line(k, 2, weak="@").replace('"@"', "True"), "json"),
    between("a raw tab in a text", lambda k: json_line(k, 2, payer="@").replace("@", "B\t1"), "json"),
    between("a raw NUL in a text", lambda k: json_line(k, 2, payer="@").replace("@", "B\0"), "nul"),
    between("an unknown escape", lambda k: json_line(k, 2, payer="@").replace("@", r"\x41"), "json"),
    between("an escape cut short", lambda k: json_line(k, 2, payer="@").replace("@", r"\u00"), "json"),
    between("a text that never ends", lambda k: json_line(k, 2)[:30], "json"),
    between("brackets a hundred thousand deep", '{"id": ' + "[" * 100_000, "json"),
    between("closed brackets a hundred thousand deep", '{"id": ' + "[" * 100_000 + "]" * 100_000 + "}", "json"),
    between("an object of six megabytes", '{"id": "' + "x" * (6 << 20) + '"}', "field_size"),
    between("a key of a megabyte", '{"' + "x" * ((1 << 20) + 1) + '": 1}', "field_size"),
    between("a record separator before an object", lambda k: "\x1e" + json_line(k, 2), "json"),
    lines("a key that is empty", lambda k: json_line(k, 1)[:-1] + ', "": 1}\n', 1, kept={1: SOUND}),
    lines("keys that nobody knows", lambda k: json_line(k, 1)[:-1] + ', "new": {"deep": [1, null]}}\n', 1, kept={1: SOUND}),
    lines(
        "more keys than a file may have",
        lambda k: "{" + ",".join(f'"c{n}": 1' for n in range(10_001)) + "}\n",
        0,
        status="unreadable",
        says="different keys",
    ),
    lines("one row and then its double in JSON", lambda k: f"{json_line(k, 1)}\n{json_line(k, 1)}\n", 2, {2: "duplicate"}),
    lines("one key with two amounts in JSON", lambda k: f"{json_line(k, 1)}\n{json_line(k, 1, amount='11.00')}\n", 2, {2: "conflict"}),
)

JSON: tuple[Broken, ...] = (*LITERALS, *RECORDS)
