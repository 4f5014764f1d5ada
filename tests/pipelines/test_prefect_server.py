"""A Prefect server that does not come up is told in a sentence that says what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fairdeal.pipelines.errors import OutsideFailure
from fairdeal.pipelines.prefect_server import _wait


@pytest.mark.parametrize(
    ("last_words", "told"),
    [
        ("sqlite3.OperationalError: database or disk is full", "the disk is full or cannot be written to; make room"),
        ("OSError: [Errno 28] No space left on device", "the disk is full or cannot be written to; make room"),
        ("attempt to write a readonly database", "the disk is full or cannot be written to; make room"),
        ("address already in use", "did not answer within 5 s (address already in use); it must start once; see"),
    ],
)
def test_a_server_that_ended_is_told_by_its_cause(last_words: str, told: str, tmp_path: Path) -> None:
    log = tmp_path / "prefect.log"
    with log.open("wb") as output:
        server = subprocess.Popen([sys.executable, "-c", "import sys; print(sys.argv[1])", last_words], stdout=output)
        server.wait()
    with pytest.raises(OutsideFailure) as refused:
        _wait(server, "http://127.0.0.1:9/api", log, 5)
    assert told in str(refused.value)
