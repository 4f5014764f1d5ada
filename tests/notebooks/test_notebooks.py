"""Notebooks are stories that run: from a clean state to their last cell, and kept without what they printed."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.e2e.commands import fairdeal

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


def test_there_is_a_notebook_to_test() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_a_valid_notebook_kept_without_outputs(path: Path) -> None:
    nbformat.validate(nbformat.read(path, as_version=4))
    for cell in cells(path):
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_opens_with_a_story_and_defines_no_classes(path: Path) -> None:
    assert cells(path)[0]["cell_type"] == "markdown"
    code = "\n".join("".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == "code")
    assert "class " not in code


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a small demo was played, for all stories that look at what it left."""
    home = tmp_path_factory.mktemp("notebooks") / "home"
    said = fairdeal("demo", "--days", "40", "--orders-per-day", "150", home=home, timeout=1200)
    assert said.code == 0, said
    return home


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_from_a_clean_state_to_its_last_cell(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("FAIRDEAL_HOME", raising=False)
    if path.stem != "01_tour":  # which makes a market of its own
        monkeypatch.setenv("FAIRDEAL_HOME", str(request.getfixturevalue("demo")))
    notebook = nbformat.read(path, as_version=4)
    with warnings.catch_warnings():
        # What the kernel's transport warns about is no matter of the notebook's.
        warnings.simplefilter("ignore")
        NotebookClient(notebook, timeout=500, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    pictures = sum("image/png" in output.get("data", {}) for output in shown)
    assert 2 <= pictures <= 4
