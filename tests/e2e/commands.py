"""The command as a user gives it: a process of its own, what it said, and how it ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: What would lead a command elsewhere than the test means.
_OURS = ("FAIRDEAL_", "PREFECT_", "DJANGO_", "MLFLOW_")


def environment(home: Path, **more: str) -> dict[str, str]:
    """This process's environment, with a home folder and nothing else of Fairdeal's or Prefect's, plus ``more``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**kept, "FAIRDEAL_HOME": str(home), "COLUMNS": "160", **more}


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on stdout; fails when there is anything else."""
        return json.loads(self.out)


def fairdeal(*words: str | Path, home: Path, cwd: Path | None = None, timeout: float = 300, **more: str) -> Said:
    """Gives ``fairdeal words…`` and waits for its end."""
    done = subprocess.run(
        [sys.executable, "-m", "fairdeal", *map(str, words)],
        capture_output=True,
        encoding="utf-8",
        env=environment(home, **more),
        cwd=cwd or home.parent,
        timeout=timeout,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def fails_plainly(said: Said, code: int, *words: str) -> None:
    """A failure is told in one message that holds ``words``, on stderr only, without a traceback."""
    assert said.code == code, said
    assert said.out == ""
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.err
