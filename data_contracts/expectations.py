"""The contract as a Great Expectations suite, and the verdict that Great Expectations gives."""

from __future__ import annotations

import logging
import os
import warnings
from datetime import date, datetime
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import polars as pl

from fairdeal.data_contracts.contract import ID_ARTEFACT, UNPARSED, Check, Contract, ContractBreach, Rule
from fairdeal.data_contracts.judged_table import ROW, judged_table, limits, unread_companion
from fairdeal.data_contracts.verdict import Verdict, assemble

if TYPE_CHECKING:
    import great_expectations

# Read when the library is imported; releases that can report their use to their maker keep silent then.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

#: The library keeps one current context per process, and a validation reads it: two at once would mix.
_ONE_AT_A_TIME = Lock()


@cache
def _library() -> Any:
    """Great Expectations, imported once, without the warnings of its import and without its taking over of everybody's warnings."""
    shown_by = warnings.showwarning
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations
        import great_expectations.expectations
        import great_expectations.expectations.row_conditions
    if warnings.showwarning is not shown_by:
        logging.captureWarnings(False)
    for name in ("great_expectations", "great_expectations.data_context.types.base"):  # it tells of every temporary folder otherwise
        logging.getLogger(name).setLevel(logging.WARNING)
    return great_expectations


def suite(contract: Contract, present: tuple[str, ...]) -> great_expectations.ExpectationSuite:
    """The rules of the columns that are ``present``, one expectation each, over a `judged_table`.

    Returns
    -------
    great_expectations.ExpectationSuite
        In the contract's order; each expectation carries ``meta`` with ``rule``, ``check`` and ``column``. A null passes every
        expectation except the one for ``required``, and that one leaves alone the rows whose text could not be read.

    Notes
    -----
    The library wants a context before it builds a suite; one that lives in memory is opened.
    """
    gx = _library()
    gx.get_context(mode="ephemeral")
    return gx.ExpectationSuite(name=contract.name, expectations=[_expectation(rule) for rule in contract.rules(present)])


def validate(contract: Contract, table: pl.DataFrame) -> Verdict:
    """The verdict of Great Expectations on a table, by its pandas engine.

    Raises
    ------
    ContractBreach
        As `judge`; also when the library could not evaluate a rule, because a rule that was not judged is not a rule that held.

    Notes
    -----
    Integers beside nulls become floats in pandas: exact to 2**53, far beyond every bound a contract sets. The import costs some
    seconds, once. Nothing is sent or written anywhere.
    """
    gx = _library()
    judged = judged_table(contract, table)
    rules = contract.rules(tuple(judged.columns))
    with _ONE_AT_A_TIME:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        batch = (
            context.data_sources.add_pandas("in memory")
            .add_dataframe_asset(contract.name)
            .add_batch_definition_whole_dataframe("whole")
            .get_batch({"dataframe": judged.to_pandas()})
        )
        expectations = {rule.name: _expectation(rule) for rule in rules}
        counted = _answers(batch, contract, list(expectations.values()), {"result_format": "BASIC"})
        # Which rows break a rule is asked only where some row does: most rules hold, and telling rows is dear.
        broken = [expectations[name] for name, answer in counted.items() if answer.result.get("unexpected_count")]
        placed = _answers(batch, contract, broken, _WITH_ROWS) if broken else {}
    by_rule = counted | placed
    return assemble(contract, judged, "great_expectations", ((rule, *_found(contract, rule, by_rule[rule.name])) for rule in rules))


#: What tells the position of every row that breaks a rule.
_WITH_ROWS = {"result_format": "COMPLETE", "unexpected_index_column_names": [ROW], "return_unexpected_index_query": False}


def _answers(batch: Any, contract: Contract, expectations: list[Any], result_format: dict[str, Any]) -> dict[str, Any]:
    """What the library says of each expectation, by the name of its rule."""
    asked = _library().ExpectationSuite(name=contract.name, expectations=expectations)
    answer = batch.validate(asked, result_format=result_format)
    return {result.expectation_config.meta["rule"]: result for result in answer.results}


def _expectation(rule: Rule) -> Any:
    """The expectation that states the rule."""
    expectations, column = _library().expectations, rule.column
    facts: dict[str, Any] = {"column": column.name, "meta": {"rule": rule.name, "check": str(rule.check), "column": column.name}}
    match rule.check:
        case Check.REQUIRED:
            unread = unread_companion(rule)
            if unread is not None:
                facts["row_condition"] = expectations.row_conditions.Column(unread).is_null()
            return expectations.ExpectColumnValuesToNotBeNull(**facts)
        case Check.TYPE:
            return expectations.ExpectColumnValuesToBeNull(**{**facts, "column": column.name + UNPARSED})
        case Check.ALLOWED:
            return expectations.ExpectColumnValuesToBeInSet(**facts, value_set=[str(word) for word in column.allowed or ()])
        case Check.RANGE:
            low, high = (_moment(limit) for limit in limits(column))
            return expectations.ExpectColumnValuesToBeBetween(**facts, min_value=low, max_value=high)
        case Check.PATTERN:
            # The library searches; the contract means the whole value, to its last character.
            return expectations.ExpectColumnValuesToMatchRegex(**facts, regex=rf"\A(?:{column.pattern})\Z")
        case Check.ARTEFACT:
            return expectations.ExpectColumnValuesToNotMatchRegex(**facts, regex=ID_ARTEFACT)
        case Check.LENGTH:
            return expectations.ExpectColumnValueLengthsToBeBetween(**facts, max_value=column.max_length)


def _moment(limit: float | datetime | date | None) -> float | datetime | None:
    """A day as its first moment, which is how pandas holds days."""
    if isinstance(limit, date) and not isinstance(limit, datetime):
        return datetime(limit.year, limit.month, limit.day)
    return limit


def _found(contract: Contract, rule: Rule, result: Any) -> tuple[int, pl.Series]:
    """How many rows the library checked, and the positions of those that break the rule."""
    facts = result.result
    if "element_count" not in facts:
        raise ContractBreach(
            f"{contract.name}.{rule.column.name}: Great Expectations could not judge the rule {rule.check} "
            f"({_cause(result.exception_info)}); every rule must be judged; check the column's definition and its values"
        )
    rows = [int(place[ROW]) for place in facts.get("unexpected_index_list") or ()]
    checked = facts["element_count"] - (0 if rule.check in (Check.REQUIRED, Check.TYPE) else facts["missing_count"])
    return int(checked), pl.Series(rows, dtype=pl.Int64).sort()


def _cause(exception_info: dict[str, Any]) -> str:
    """What the library says went wrong; it reports one exception flat and several by the metric that raised each."""
    reports = [exception_info] if "raised_exception" in exception_info else list(exception_info.values())
    return "; ".join(str(report["exception_message"]) for report in reports if report["raised_exception"])
