"""The page on the API holds what it says: its example runs as written, its operations and commands are those there are."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairdeal.pipelines.command_line import app
from tests.e2e.commands import environment
from tests.e2e.test_readme import DOCS, commands

PAGE = DOCS["api.md"]
DOCUMENT = """
import json, pathlib, sys, tempfile
from fairdeal.disputes.django_setup import configure
configure(pathlib.Path(tempfile.mkdtemp()))
from fairdeal.disputes.api.app import api
from fairdeal.disputes.api.rights import DEEDS, who_may
print(json.dumps({name: who_may(deed) for name, deed in DEEDS.items()}))
"""


@pytest.fixture
def console(tmp_path: Path) -> Iterator[str]:
    """The port on which a console of its own answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "fairdeal", "console", "--port", str(port)], env=environment(tmp_path), stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/openapi.json", timeout=10)
                break
            except OSError:
                if time.monotonic() > until or server.poll() is not None:
                    raise
                time.sleep(0.2)
        yield str(port)
    finally:
        server.terminate()
        server.wait(60)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="the example is given with curl and jq")
def test_the_example_runs_as_written(console: str, tmp_path: Path) -> None:
    blocks = re.findall(r"<!-- run -->\n```console\n(.*?)```", PAGE, re.S)
    script = "set -eu\n" + "\n".join(blocks).replace(":8000", f":{console}")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", script], env=environment(tmp_path, PATH=path), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    filed, queue, taken, accepted, started, proposed = [json.loads(line) for line in done.stdout.replace("}{", "}\n{").splitlines()]
    assert filed["outcome"] == "opened"
    assert [row["case_id"] for row in queue["cases"]] == [filed["case_id"]] == [taken["taken"]["case_id"]]
    assert [step["status"] for step in (accepted, started, proposed)] == ["ACCEPTED", "INVESTIGATION", "DECISION_PENDING"]


def test_the_page_lists_the_operations_there_are_with_their_roles() -> None:
    told = subprocess.run([sys.executable, "-c", DOCUMENT], capture_output=True, text=True, check=True).stdout
    table = re.findall(r"^\| (`(?:GET|POST) [^|]*) \| [^|]* \| ([^|]*) \|$", PAGE, re.M)
    listed: dict[str, str] = {}
    roles = ""
    for cell, who in table:
        first, *rest = re.findall(r"`([^`]+)`", cell)
        method, address = first.split()
        roles = roles if who == "the same" else who
        for one in (address, *(other if other.startswith(("/cases", "/audit")) else re.sub(r"/\w+$", other, address) for other in rest)):
            listed[f"{method} {one.removeprefix('/').replace('CASE', '{case_id}').replace('EVIDENCE', '{evidence_id}')}"] = roles
    known = json.loads(told)
    assert set(listed) == set(known)
    for name, who in listed.items():
        assert who in (", ".join(known[name]), "by the process"), name


@pytest.mark.parametrize("line", [line for line in re.findall(r"fairdeal [a-z][^`)\n]*", PAGE) if not line.startswith("fairdeal:")])
def test_every_command_it_shows_exists_with_its_options(line: str) -> None:
    words = [word for word in shlex.split(line)[1:] if word != "ID"]
    known = commands(app)
    name = next((tuple(words[:length]) for length in (2, 1) if tuple(words[:length]) in known), None)
    assert name is not None, f"{line}: no such command"
    assert {word for word in words if word.startswith("--")} <= known[name]
