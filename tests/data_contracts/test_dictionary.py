"""The data dictionary: complete, and the same as the page in the documents."""

from __future__ import annotations

from pathlib import Path

from fairdeal.data_contracts.actions import Action, StepUp
from fairdeal.data_contracts.contract import Check, Column, Kind, money
from fairdeal.data_contracts.dictionary import (
    ACTION_MEANINGS,
    CHECK_MEANINGS,
    KIND_MEANINGS,
    STEP_UP_MEANINGS,
    allowed_values,
    render_dictionary,
)
from fairdeal.data_contracts.tables import INBOUND, OUTBOUND
from fairdeal.data_contracts.typologies import Typology

PAGE = Path(__file__).parents[2] / "docs" / "data_dictionary.md"


def test_page_in_the_documents_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_dictionary(), (
        "docs/data_dictionary.md: differs from the contracts; write it anew with "
        "python -m fairdeal.data_contracts.dictionary > docs/data_dictionary.md"
    )


def test_every_column_of_every_table_has_its_row() -> None:
    page = render_dictionary()
    for contract in (*INBOUND.values(), *OUTBOUND.values()):
        section = page.split(f"\n### {contract.name}\n")[1].split("\n### ")[0]
        for column in contract.columns:
            (row,) = (line for line in section.splitlines() if line.startswith(f"| `{column.name}` |"))
            assert column.meaning in row
            assert f"| `{column.kind}` |" in row


def test_every_word_of_the_vocabulary_is_explained() -> None:
    assert set(KIND_MEANINGS) == set(Kind)
    assert set(CHECK_MEANINGS) == set(Check)
    assert set(ACTION_MEANINGS) == set(Action)
    assert set(STEP_UP_MEANINGS) == set(StepUp)
    page = render_dictionary()
    for typology in Typology:
        assert f"| `{typology}` |" in page


def test_rows_of_a_table_have_as_many_cells_as_its_head() -> None:
    cells = 0
    for line in render_dictionary().splitlines():
        found = line.replace(r"\|", "").count("|")
        assert not (found and cells) or found == cells, line
        cells = found


def test_allowed_values_are_said_in_words() -> None:
    assert allowed_values(Column("a", Kind.CATEGORY, "", allowed=("x", "y"))) == "`x`, `y`"
    assert allowed_values(Column("a", Kind.NUMBER, "", at_least=0, at_most=0.5)) == "0 to 0.5"
    assert allowed_values(Column("a", Kind.INTEGER, "", at_least=1)) == "from 1"
    assert allowed_values(Column("a", Kind.INTEGER, "", at_most=1_000_000)) == "up to 1 000 000"
    assert allowed_values(Column("a", Kind.INSTANT, "")) == "years 2000 to 2099"
    assert allowed_values(money("a", "", at_least=None)) == "−10¹² to 10¹²"
    assert allowed_values(Column("a", Kind.TEXT, "", pattern="^a|b$", max_length=20_000)) == "matches `^a|b$`; at most 20 000 characters"
    assert allowed_values(Column("a", Kind.BOOLEAN, "")) == ""
