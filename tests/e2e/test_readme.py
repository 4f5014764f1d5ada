"""The README runs: its files are written, its commands given, and every command and setting it names exists."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from fairdeal.pipelines.command_line import app
from fairdeal.pipelines.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md")}


def console_lines(text: str) -> list[str]:
    """Every line of the console blocks."""
    return [line for block in re.findall(r"```console\n(.*?)```", text, re.S) for line in block.splitlines() if line.strip()]


def commands(group: typer.Typer, prefix: tuple[str, ...] = ()) -> dict[tuple[str, ...], set[str]]:
    """Every command of the program with its options."""
    tree = typer.main.get_command(group)
    found: dict[tuple[str, ...], set[str]] = {}

    def walk(command: object, name: tuple[str, ...]) -> None:
        inner = getattr(command, "commands", None)
        if inner is None:
            found[name] = {option for parameter in command.params for option in parameter.opts}  # type: ignore[attr-defined]
        else:
            for word, child in inner.items():
                walk(child, (*name, word))

    walk(tree, prefix)
    return found


def test_the_first_example_runs_as_written(tmp_path: Path) -> None:
    for name, content in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", README, re.S):
        (tmp_path / name).write_text(content, encoding="utf-8")
    block = "".join(re.findall(r"<!-- run -->\n```console\n(.*?)```", README, re.S))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FAIRDEAL_")}
    for line in block.splitlines():
        words = shlex.split(line)
        assert words[0] == "fairdeal"
        done = subprocess.run(
            [sys.executable, "-m", "fairdeal", *words[1:]], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (line, done.stderr)
        assert "Traceback" not in done.stderr
    assert (tmp_path / ".fairdeal" / "feed" / "2026-05-01" / "manifest.json").exists()
    assert "payments.csv" in (tmp_path / ".fairdeal" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("line", [line for line in console_lines(README) if line.startswith("fairdeal ")])
def test_every_command_it_shows_exists_with_its_options(line: str) -> None:
    words = shlex.split(line)[1:]
    known = commands(app)
    name = next((tuple(words[:length]) for length in (2, 1) if tuple(words[:length]) in known), None)
    assert name is not None, f"{line}: no such command"
    assert {word for word in words if word.startswith("--")} <= known[name]


def test_every_command_is_mentioned() -> None:
    for name in commands(app):
        assert f"fairdeal {name[0]}" in README, name
        assert len(name) == 1 or name[1] in README, name


def test_every_setting_is_documented() -> None:
    for name in Settings.model_fields:
        assert f"`{name}`" in DOCS["settings.md"] or f"[{name}" in DOCS["settings.md"], name


def test_every_make_target_it_shows_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for line in console_lines(README):
        if line.startswith("make "):
            assert line.split()[1] in targets


def test_links_to_files_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_no_quality_or_speed_figure_is_quoted() -> None:
    assert not re.search(r"\b(AP|AUC|precision|recall)\b[^.\n]{0,20}\d\.\d", README)
