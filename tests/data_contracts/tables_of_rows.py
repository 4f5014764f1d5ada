"""Small tables for these tests: rows that keep every promise, and faults planted in them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl

from fairdeal.data_contracts.contract import Column, Contract, Kind, bounds

#: One column of every kind and every kind of rule.
EVERY_RULE = Contract(
    name="every_rule",
    grain="one row",
    key=("row_id",),
    columns=(
        Column("row_id", Kind.ID, "key", required=True, max_length=5),
        Column("colour", Kind.CATEGORY, "from a set", required=True, allowed=("red", "green", "")),
        Column("currency", Kind.CATEGORY, "by a pattern", pattern=r"^[A-Z]{3}$"),
        Column("size", Kind.CATEGORY, "by a pattern with a choice and no anchors", pattern="S|SX|[0-9]{2}"),
        Column("words", Kind.TEXT, "by length", max_length=3),
        Column("happened_at", Kind.INSTANT, "by year", required=True),
        Column("due_on", Kind.DATE, "by year", at_least=2000, at_most=2030),
        Column("pieces", Kind.INTEGER, "from below", required=True, at_least=0),
        Column("tier", Kind.INTEGER, "to above", at_most=4),
        Column("amount_minor", Kind.MINOR, "money", at_least=0),
        Column("rate", Kind.NUMBER, "both bounds", required=True, at_least=0, at_most=1),
        Column("is_new", Kind.BOOLEAN, "yes or no", required=True),
        Column("facts", Kind.JSON, "as JSON"),
    ),
)


def good_rows(contract: Contract, rows: int = 3) -> pl.DataFrame:
    """Rows that break no rule of the contract, every column given."""
    return pl.DataFrame(
        {column.name: [_good_value(column, row) for row in range(rows)] for column in contract.columns}, schema=contract.polars_schema()
    )


def _good_value(column: Column, row: int) -> object:
    if column.allowed is not None:
        return str(column.allowed[row % len(column.allowed)])
    if column.pattern is not None:
        return ("S", "SX", "42")[row % 3] if column.name == "size" else ("CNY", "EUR", "JPY")[row % 3]
    match column.kind:
        case Kind.INSTANT:
            return datetime(2024, 2, 29, 23, 59, row, tzinfo=UTC)
        case Kind.DATE:
            return date(2024, 2, 1 + row)
        case Kind.BOOLEAN:
            return row % 2 == 0
        case Kind.JSON:
            return "{}"
        case Kind.INTEGER | Kind.MINOR | Kind.NUMBER:
            low, high = bounds(column) or (0, 1)
            return (high if high is not None and row % 2 else low) or 0
    return f"v{row}"
