"""What a verdict says, whichever executor gives it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import polars as pl
import pytest

from fairdeal.data_contracts.compiled import validate_compiled
from fairdeal.data_contracts.contract import Column, Contract, ContractBreach, Kind
from fairdeal.data_contracts.expectations import validate
from fairdeal.data_contracts.tables import INBOUND, OUTBOUND
from fairdeal.data_contracts.verdict import BREACHES, RuleResult, Verdict, judge
from tests.data_contracts.tables_of_rows import EVERY_RULE, good_rows

Executor = Callable[[Contract, pl.DataFrame], Verdict]
CONTRACTS = {**INBOUND, **OUTBOUND}


@pytest.fixture(params=[validate, validate_compiled], ids=["great_expectations", "compiled"])
def executor(request: pytest.FixtureRequest) -> Executor:
    return request.param  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", CONTRACTS)
def test_good_rows_break_no_rule(executor: Executor, name: str) -> None:
    contract = CONTRACTS[name]
    verdict = executor(contract, good_rows(contract))
    assert verdict.breaches.is_empty()
    assert [(result.rule, result.breached) for result in verdict.results] == [(rule.name, 0) for rule in contract.rules()]


def fault(column: str, values: list[object], unread: list[str | None] | None = None) -> pl.DataFrame:
    """Good rows with one column's values replaced."""
    rows = good_rows(EVERY_RULE, len(values))
    rows = rows.with_columns(pl.Series(column, values, dtype=EVERY_RULE.polars_schema()[column]))
    return rows if unread is None else rows.with_columns(pl.Series(f"{column}__unparsed", unread, dtype=pl.String))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        pytest.param(fault("row_id", ["a", None, "ab"]), [(1, "row_id:required", None)], id="missing key"),
        pytest.param(fault("row_id", ["", "12345", "123456"]), [(2, "row_id:length", "123456")], id="length is inclusive"),
        pytest.param(
            fault(
                "row_id", ["1e5", '="1"', "'1", "#N/A", "#REF!", "1E+09", "1.2e9", "a\u200db", "a\u200bb", "a\u202eb", "a\tb", "a\ufffdb"]
            ),
            [
                (row, "row_id:artefact", value)
                for row, value in (
                    (1, '="1"'),
                    (2, "'1"),
                    (4, "#REF!"),
                    (5, "1E+09"),
                    (6, "1.2e9"),
                    (8, "a\u200bb"),
                    (9, "a\u202eb"),
                    (10, "a\tb"),
                    (11, "a\ufffdb"),
                )
            ],
            id="ids hold nothing that a tool left and nothing that cannot be seen",
        ),
        pytest.param(fault("words", ["中文字", "😀😀😀", "é́", "中文字长"]), [(3, "words:length", "中文字长")], id="length in code points"),
        pytest.param(fault("colour", ["red", "Red", "", "red "]), [(1, "colour:allowed", "Red"), (3, "colour:allowed", "red ")], id="set"),
        pytest.param(
            fault("currency", ["CNY", "cny", "CNYX", "CNY\n", None, "ＣＮＹ"]),
            [(row, "currency:pattern", value) for row, value in ((1, "cny"), (2, "CNYX"), (3, "CNY\n"), (5, "ＣＮＹ"))],
            id="pattern matches the whole value",
        ),
        pytest.param(
            fault("size", ["S", "SX", "42", "XS", "S42", "421", "S\n", ""]),
            [(row, "size:pattern", value) for row, value in ((3, "XS"), (4, "S42"), (5, "421"), (6, "S\n"), (7, ""))],
            id="pattern without anchors matches the whole value",
        ),
        pytest.param(
            fault("pieces", [None, None, 1], [None, "three", None]),
            [(0, "pieces:required", None), (1, "pieces:type", "three")],
            id="an unread text breaks type and not required",
        ),
        pytest.param(fault("pieces", [1, 2], ["1x", None]), [(0, "pieces:type", "1x")], id="an unread text beside a value breaks type"),
        pytest.param(fault("pieces", [0, -1, 2**62]), [(1, "pieces:range", "-1")], id="bound below only"),
        pytest.param(fault("tier", [4, 5, -(2**62), None]), [(1, "tier:range", "5")], id="bound above only"),
        pytest.param(
            fault("amount_minor", [10**12, 10**12 + 1, 2**63 - 1, None]),
            [(1, "amount_minor:range", "1000000000001"), (2, "amount_minor:range", "9223372036854775807")],
            id="money is bounded, values are exact beside nulls",
        ),
        pytest.param(
            fault("rate", [0.0, 1.0, 1.0000001, float("nan"), None, float("-inf")]),
            [(2, "rate:range", "1.0000001"), (3, "rate:type", "NaN"), (4, "rate:required", None), (5, "rate:type", "-inf")],
            id="what is not finite is no number",
        ),
        pytest.param(
            fault(
                "happened_at",
                [
                    datetime(2000, 1, 1, tzinfo=UTC),
                    datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
                    datetime(2099, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
                    datetime(2100, 1, 1, tzinfo=UTC),
                    datetime(1, 1, 1, tzinfo=UTC),
                ],
            ),
            [
                (1, "happened_at:range", "1999-12-31T23:59:59.999999Z"),
                (3, "happened_at:range", "2100-01-01T00:00:00.000000Z"),
                (4, "happened_at:range", "0001-01-01T00:00:00.000000Z"),
            ],
            id="instants lie within years",
        ),
        pytest.param(
            good_rows(EVERY_RULE).with_columns(happened_at=pl.Series([2**63 - 1, -(2**62), 0]).cast(pl.Datetime("us", "UTC"))),
            [
                (0, "happened_at:range", "9223372036854775807 us since 1970"),
                (1, "happened_at:range", "-4611686018427387904 us since 1970"),
                (2, "happened_at:range", "1970-01-01T00:00:00.000000Z"),
            ],
            id="instants beyond the calendar",
        ),
        pytest.param(
            fault("due_on", [date(1999, 12, 31), date(2000, 1, 1), date(2030, 12, 31), date(2031, 1, 1), None]),
            [(0, "due_on:range", "1999-12-31"), (3, "due_on:range", "2031-01-01")],
            id="days lie within years",
        ),
        pytest.param(
            fault("is_new", [None, True, None], ["maybe", None, None]),
            [(0, "is_new:type", "maybe"), (2, "is_new:required", None)],
            id="boolean",
        ),
        pytest.param(fault("facts", [None, "not json"]), [], id="the shape of a JSON text is no rule"),
    ],
)
def test_planted_fault_is_found_and_nothing_else(
    executor: Executor, table: pl.DataFrame, expected: list[tuple[int, str, str | None]]
) -> None:
    found = executor(EVERY_RULE, table).breaches
    assert found.select("row", "rule", "value").rows() == expected
    assert found["column"].to_list() == [rule.split(":")[0] for _, rule, _ in expected]
    assert found.schema == BREACHES


def test_one_row_may_break_several_rules_and_is_quarantined_once(executor: Executor) -> None:
    table = fault("row_id", [None, "toolong", "c"]).with_columns(rate=pl.Series([2.0, 2.0, 0.5]))
    verdict = executor(EVERY_RULE, table)
    assert verdict.breaches["rule"].to_list() == ["row_id:required", "rate:range", "row_id:length", "rate:range"]
    assert verdict.quarantined == 2
    assert (verdict.ok(0.66), verdict.ok(2 / 3)) == (False, True)


def test_counts_the_rows_each_rule_had_a_say_in(executor: Executor) -> None:
    verdict = executor(EVERY_RULE, fault("pieces", [None, None, -5, 7], ["x", None, None, None]))
    assert [result for result in verdict.results if result.rule.startswith("pieces:")] == [
        RuleResult("pieces:required", checked=3, breached=1),
        RuleResult("pieces:type", checked=4, breached=1),
        RuleResult("pieces:range", checked=2, breached=1),
    ]


def test_table_without_rows_breaks_nothing(executor: Executor) -> None:
    verdict = executor(EVERY_RULE, EVERY_RULE.empty())
    assert (verdict.rows, verdict.quarantined, verdict.ok(0.0)) == (0, 0, True)
    assert len(verdict.results) == len(EVERY_RULE.rules())


def test_absent_optional_columns_are_not_judged_and_foreign_columns_are_ignored(executor: Executor) -> None:
    table = (
        good_rows(EVERY_RULE).select(EVERY_RULE.required).with_columns(__file=pl.lit("a.csv"), __line=pl.int_range(3), x_band=pl.lit(None))
    )
    verdict = executor(EVERY_RULE, table)
    assert {result.rule for result in verdict.results} == {rule.name for rule in EVERY_RULE.rules(EVERY_RULE.required)}
    assert verdict.ok(0.0)


def test_column_of_nothing_but_nulls_needs_no_type(executor: Executor) -> None:
    table = good_rows(EVERY_RULE).with_columns(tier=pl.lit(None), words=pl.lit(None), due_on=pl.lit(None), pieces__unparsed=pl.lit(None))
    assert executor(EVERY_RULE, table).breaches.is_empty()


@pytest.mark.parametrize("name", INBOUND)
def test_absent_required_column_is_named_with_what_to_do(executor: Executor, name: str) -> None:
    contract = INBOUND[name]
    gone = contract.required[0]
    with pytest.raises(
        ContractBreach, match=rf"^{name}: no column {gone}; the contract requires .*{gone}.*; give the column in the mapping"
    ):
        executor(contract, good_rows(contract).drop(gone))


def test_column_of_another_type_is_named_with_the_type_allowed(executor: Executor) -> None:
    table = good_rows(EVERY_RULE).with_columns(pl.col("pieces").cast(pl.String))
    with pytest.raises(ContractBreach, match=r"^every_rule\.pieces: the column has the type String; allowed is Int64; read it as Int64"):
        executor(EVERY_RULE, table)


def test_unread_text_without_its_column_is_refused(executor: Executor) -> None:
    table = good_rows(EVERY_RULE).drop("tier").with_columns(tier__unparsed=pl.lit("x"))
    with pytest.raises(ContractBreach, match=r"^every_rule\.tier__unparsed: there is no column tier beside it"):
        executor(EVERY_RULE, table)


def test_rule_that_cannot_be_judged_is_no_rule_that_held(executor: Executor) -> None:
    broken = Contract("broken", "one row", columns=(Column("code", Kind.ID, "code", required=True, pattern="("),), key=("code",))
    with pytest.raises(ContractBreach, match=r"^broken.*could not.*judge.*every rule must be judged"):
        executor(broken, pl.DataFrame({"code": ["a"]}))


def test_long_tables_are_judged_by_the_compiled_rules() -> None:
    table = good_rows(EVERY_RULE, 3)
    assert judge(EVERY_RULE, table, compiled_above=3).engine == "great_expectations"
    assert judge(EVERY_RULE, table, compiled_above=2).engine == "compiled"
