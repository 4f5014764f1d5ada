"""The data dictionary: every contract as Markdown, for people who write mappings or read the feed.

``python -m fairdeal.data_contracts.dictionary`` prints what ``docs/data_dictionary.md`` holds.
"""

from __future__ import annotations

from collections.abc import Iterable

from fairdeal.data_contracts.actions import UNREVIEWED_BLOCK_HOURS, Action, StepUp
from fairdeal.data_contracts.contract import DUCKDB_TYPES, LARGEST_MINOR, Check, Column, Contract, Kind, bounds
from fairdeal.data_contracts.tables import INBOUND, OUTBOUND
from fairdeal.data_contracts.typologies import TYPOLOGIES

#: What a value of each kind is, in the reader's words.
KIND_MEANINGS: dict[Kind, str] = {
    Kind.ID: "opaque key; neither its value nor its order is ever a feature",
    Kind.CATEGORY: "short text from a small set",
    Kind.TEXT: "what a person wrote",
    Kind.INSTANT: "a moment in UTC, to the microsecond",
    Kind.DATE: "a calendar day",
    Kind.INTEGER: "a whole number",
    Kind.MINOR: "money in whole minor units (fen, cents); the currency stands beside it",
    Kind.NUMBER: "a finite number",
    Kind.BOOLEAN: "true or false",
    Kind.JSON: "a structured value as JSON text",
}

#: What breaks each rule.
CHECK_MEANINGS: dict[Check, str] = {
    Check.REQUIRED: "a key column has no value",
    Check.TYPE: "the source's text cannot be read as the column's type, or a number is not finite",
    Check.ALLOWED: "the value is not one of those the column knows",
    Check.RANGE: "the value lies outside its bounds; every instant and every amount has bounds, so that a mistaken unit does not pass",
    Check.PATTERN: "the whole value does not match the column's pattern",
    Check.ARTEFACT: (
        "an id that a tool has spoiled or that is not what it looks like: it begins with a quote, an apostrophe or `=`, is a spreadsheet's "
        "error or a number in scientific notation, or holds control, invisible, direction-turning or replacement characters"
    ),
    Check.LENGTH: "the text is longer than the column allows, counted in characters (Unicode code points)",
}

ACTION_MEANINGS: dict[Action, str] = {
    Action.ALLOW: "let it pass; in a feed it lifts an earlier action",
    Action.CONFIRM: "ask the payer to confirm the transaction (核实交易)",
    Action.STEP_UP: "verify identity again, by the method beside it (重新核验身份)",
    Action.HOLD: "delay: the money or the parcel waits (延迟支付结算)",
    Action.BLOCK: f"restrict or stop (限制或中止业务); lapses after {UNREVIEWED_BLOCK_HOURS} hours unless a person has confirmed it",
}

STEP_UP_MEANINGS: dict[StepUp, str] = {
    StepUp.NONE: "no further proof",
    StepUp.SMS: "a code sent to the bound number",
    StepUp.PASSWORD: "the payment password",
    StepUp.FACE: "a live face check",
    StepUp.CERT: "a digital certificate or hardware token",
    StepUp.ASSISTANT_APPROVAL: "approval by the bound assistant account",
}


#: Of more allowed values than these, only their number is told.
_LISTED = 40


def render_dictionary() -> str:
    """The whole dictionary as one Markdown page, ending in a newline."""
    parts = [
        "# Data dictionary",
        "Generated from `data_contracts/` by `python -m fairdeal.data_contracts.dictionary`; change the contracts, not this page.",
        (
            "A column that is not required may be absent or empty: signals that need it are then blind, and the run says so. "
            "A row that breaks a rule goes to quarantine with file, line, column and rule; a table of which more than its limit is "
            "quarantined counts as wrong, and the run stops."
        ),
        "## Contents\n\n" + "\n".join(_contents()),
        "## Kinds of value",
        _table(("kind", "stored as", "what it is"), ((f"`{kind}`", DUCKDB_TYPES[kind], KIND_MEANINGS[kind]) for kind in Kind)),
        "## Rules",
        (
            "A rule's name in a report is `column:rule`. An empty value breaks no rule but `required`; a text that cannot be read breaks "
            "`type` and not `required`."
        ),
        _table(("rule", "broken when"), ((f"`{check}`", CHECK_MEANINGS[check]) for check in Check)),
        "## Tables that a source may give",
        *(_contract(contract) for contract in INBOUND.values()),
        "## Tables that the product makes",
        *(_contract(contract) for contract in OUTBOUND.values()),
        "## Typologies",
        "The kinds of cheat, the detector that hunts each, and the case each opens.",
        _table(
            ("typology", "中文", "English", "detector", "case type"),
            ((f"`{name}`", facts.zh, facts.en, f"`{facts.detector}`", f"`{facts.case_type}`") for name, facts in TYPOLOGIES.items()),
        ),
        "## Actions",
        "What the platform does about a subject, mildest first; the four beyond `allow` are those of 反电信网络诈骗法, Art. 18.",
        _table(("severity", "action", "what it does"), ((str(each.severity), f"`{each}`", ACTION_MEANINGS[each]) for each in Action)),
        "How identity is verified again, weakest first.",
        _table(("step-up method", "what it asks"), ((f"`{method}`", STEP_UP_MEANINGS[method]) for method in StepUp)),
    ]
    return "\n\n".join(parts) + "\n"


def _contents() -> Iterable[str]:
    for title in ("Kinds of value", "Rules"):
        yield f"- [{title}](#{title.lower().replace(' ', '-')})"
    for title, contracts in (("Tables that a source may give", INBOUND), ("Tables that the product makes", OUTBOUND)):
        yield f"- {title}: " + " · ".join(f"[{name}](#{name})" for name in contracts)
    for title in ("Typologies", "Actions"):
        yield f"- [{title}](#{title.lower()})"


def _contract(contract: Contract) -> str:
    facts = [
        f"One row is {contract.grain}.",
        f"- key: {', '.join(f'`{name}`' for name in contract.key)}",
        f"- became a fact at: {f'`{contract.event_at}`' if contract.event_at else 'nothing; the table describes rather than happens'}",
    ]
    if contract.version_at:
        facts.append(f"- of two rows with one key the newer is told by: `{contract.version_at}`")
    facts.append(f"- may be quarantined: at most {contract.quarantine_limit:.0%} of a run's rows")
    columns = _table(
        ("column", "kind", "unit", "required", "allowed", "meaning", "empty means"), (_column(column) for column in contract.columns)
    )
    return f"### {contract.name}\n\n{facts[0]}\n\n" + "\n".join(facts[1:]) + f"\n\n{columns}"


def _column(column: Column) -> tuple[str, ...]:
    meaning = column.meaning
    if column.holds_instrument:
        meaning += "; card numbers and national ids are replaced by a token before storage"
    if column.holds_prose:
        meaning += "; card numbers and national ids are masked before storage"
    return (
        f"`{column.name}`",
        f"`{column.kind}`",
        column.unit or "",
        "yes" if column.required else "",
        allowed_values(column),
        meaning,
        "" if column.required else column.absent,
    )


def allowed_values(column: Column) -> str:
    """What the column admits, in words: its values, bounds, pattern and length; empty where any value of its kind will do."""
    parts: list[str] = []
    if column.allowed is not None:
        many = len(column.allowed) > _LISTED
        parts.append(f"one of {len(column.allowed)} codes" if many else ", ".join(f"`{word}`" for word in column.allowed))
    limits = bounds(column)
    if limits is not None:
        low, high = limits
        of = "years " if column.kind in (Kind.INSTANT, Kind.DATE) else ""
        if low is not None and high is not None:
            parts.append(f"{of}{_number(low)} to {_number(high)}")
        else:
            parts.append(f"{of}from {_number(low)}" if low is not None else f"{of}up to {_number(high)}")
    if column.pattern is not None:
        parts.append(f"matches `{column.pattern}`")
    if column.max_length is not None:
        parts.append(f"at most {column.max_length:,} characters".replace(",", " "))
    return "; ".join(parts)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if abs(value) == LARGEST_MINOR:
        return "10¹²" if value > 0 else "−10¹²"
    return f"{value:g}" if abs(value) < 10_000 else f"{value:,.0f}".replace(",", " ")


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; a bar inside a cell would end the cell and is escaped."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    print(render_dictionary(), end="")
