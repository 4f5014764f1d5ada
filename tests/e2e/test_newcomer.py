"""A newcomer's quarter of an hour: what docs/retraining.md says, given word by word, until a new feature decides and is taken back."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.commands import Said, fairdeal

ROOT = Path(__file__).parents[2]
#: Where the line that is shown goes, in the file that is named.
FILE, BEFORE = "payments.py", '    window_feature("network", NETWORK, "payment", COUNT, HOUR, TESTING, stream="payments"),\n'
#: What is given in a checkout besides, and tested elsewhere: the laws of every feature, and that the catalogue is up to date.
ELSEWHERE = {".venv/bin/python -m pytest tests/features -q", "make data-dictionary"}


def steps() -> list[tuple[str, str]]:
    """What the page shows, in order: ``python``, a line to be written, and ``console``, a command."""
    page = (ROOT / "docs" / "retraining.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(python|console)\n(.*?)```", page, flags=re.DOTALL)
    return [(kind, line) for kind, block in blocks for line in block.splitlines()]


def checkout(folder: Path) -> Path:
    """The program as in a checkout of one's own, whose features can be changed; gives what goes on the path."""
    package = folder / "src" / "fairdeal"
    package.mkdir(parents=True)
    for part in sorted((ROOT / "src" / "fairdeal").iterdir()):
        if part.is_symlink() and part.name != "features":
            (package / part.name).symlink_to(part.resolve())
        elif part.is_file():
            shutil.copy(part, package / part.name)
    shutil.copytree(ROOT / "features", package / "features", ignore=shutil.ignore_patterns("__pycache__"))
    return package.parent


def written(own: Path, line: str) -> None:
    """Writes the line that is shown, a tuple of one, among the features of its file."""
    file = own / "fairdeal" / "features" / FILE
    text = file.read_text(encoding="utf-8")
    assert BEFORE in text
    file.write_text(text.replace(BEFORE, f"    {line.removeprefix('(').removesuffix(')')}\n{BEFORE}"), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_feature_is_changed_trained_compared_promoted_and_taken_back(tmp_path: Path) -> None:
    own = checkout(tmp_path / "checkout")

    def give(*words: str) -> Said:
        said = fairdeal(*words, home=tmp_path / "home", cwd=tmp_path, PYTHONPATH=str(own), timeout=900)
        assert said.code == 0, (words, said)
        return said

    decided: list[str] = []
    said: dict[str, list[str]] = {}
    for kind, line in steps():
        if kind == "python":
            written(own, line)
            assert "`instrument_payee_payment_count_1d`" in give("features").out
        elif line not in ELSEWHERE:
            program, command, *words = shlex.split(line)
            assert program == "fairdeal"
            told = give(command, *words)
            said.setdefault(command, []).append(" ".join((told.out + told.err).split()))
            if command in ("train", "promote", "rollback"):
                decided.append(champion(give("models", "--json").json))

    first, trained, proposed, approved, taken_back = decided
    assert first == trained == proposed == taken_back != approved
    # The champion reads what it always read, and the challenger is scored in its shadow.
    assert "challenger" in said["models"][0]
    assert "challenger of payments" in said["run"][1]
    assert "in the shadow: stricter on" in said["run"][1]
    assert "the challenger may be promoted" in said["compare"][0]
    for report in ("compared", "whatif"):
        assert (tmp_path / report / "index.html").exists()


def champion(models: dict[str, Any]) -> str:
    """The version of the model that decides about payments."""
    (version,) = [model["model_version"] for model in models["payments"]["models"] if "champion" in model["standings"]]
    return str(version)
