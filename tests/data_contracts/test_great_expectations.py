"""The suite that follows from a contract, and how the library behaves inside our process."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from fairdeal.data_contracts.contract import Check
from fairdeal.data_contracts.expectations import suite
from fairdeal.data_contracts.tables import INBOUND, OUTBOUND
from tests.data_contracts.tables_of_rows import EVERY_RULE


@pytest.mark.parametrize("contract", [EVERY_RULE, *INBOUND.values(), *OUTBOUND.values()], ids=lambda contract: contract.name)
def test_suite_has_one_expectation_per_rule_in_order(contract) -> None:  # type: ignore[no-untyped-def]
    written = suite(contract, contract.names).to_json_dict()["expectations"]
    assert [expectation["meta"] for expectation in written] == [
        {"rule": rule.name, "check": str(rule.check), "column": rule.column.name} for rule in contract.rules()
    ]


def test_suite_is_about_the_columns_present_only() -> None:
    written = suite(EVERY_RULE, ("row_id",)).to_json_dict()["expectations"]
    assert [expectation["meta"]["check"] for expectation in written] == [Check.REQUIRED, Check.ARTEFACT, Check.LENGTH]


def run_alone(program: str) -> str:
    """What a program prints in a process of its own, which must end well."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_verdict_does_not_import_great_expectations() -> None:
    printed = run_alone(
        """
        import sys
        import fairdeal.data_contracts.verdict
        import fairdeal.data_contracts.expectations
        print(sorted(name for name in ("great_expectations", "pandas") if name in sys.modules))
        """
    )
    assert printed == "[]\n"


def test_validating_reaches_for_no_network_prints_nothing_and_leaves_warnings_alone() -> None:
    printed = run_alone(
        """
        import socket, sys, warnings

        reached = []
        def refuse(event, arguments):
            if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "subprocess.Popen"):
                reached.append((event, str(arguments)))
        sys.addaudithook(refuse)
        shown_by = warnings.showwarning

        import polars as pl
        from fairdeal.data_contracts.contract import Column, Contract, Kind
        from fairdeal.data_contracts.expectations import validate

        contract = Contract("t", "one row", key=("key",), columns=(Column("key", Kind.ID, "key", required=True, max_length=3),))
        assert validate(contract, pl.DataFrame({"key": ["long text", None]})).quarantined == 2
        assert warnings.showwarning is shown_by, "the library took over the warnings"
        import time
        time.sleep(1.0)
        print(reached)
        """
    )
    assert printed == "[]\n"
