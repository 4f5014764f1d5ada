"""A Prefect server of our own, for as long as a command runs: started on a free loopback port, stopped with the command."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from fairdeal.data_contracts.masking_logs import MaskingFilter
from fairdeal.pipelines.errors import OutsideFailure

#: Nothing is asked of any network, and nothing is said that the user did not ask for.
QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
}


#: From Linux's prctl.h.
PR_SET_PDEATHSIG = 1


@contextmanager
def prefect_server(home: Path, *, patience_s: float = 120) -> Iterator[str]:
    """The address of a server that flows report to; one that ``PREFECT_API_URL`` names is used as it is.

    Raises
    ------
    OutsideFailure
        When the server does not answer in time, with the end of its log.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("PREFECT_HOME", str(home / "prefect"))
    given = os.environ.get("PREFECT_API_URL")
    if given:
        yield given
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}/api"
    log = home / "prefect" / "server.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutsideFailure(f"{log.parent}: cannot be made ({error.strerror}); the home folder must be writable; give another") from error
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=_end_with_us)  # noqa: S603
    try:
        _wait(server, address, log, patience_s)
        os.environ["PREFECT_API_URL"] = address
        yield address
    finally:
        os.environ.pop("PREFECT_API_URL", None)
        _hand_over()
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


#: How SQLite and the system say that nothing more can be written.
FULL = (
    "database or disk is full",
    "disk I/O error",
    "attempt to write a readonly database",
    "No space left on device",
    "Read-only file system",
)


def hush() -> None:
    """Makes Prefect's logging, which it sets up when it is imported, ours again.

    What flows and tasks log goes to the server and not to the terminal as well, where the command tells a failure in one sentence; and
    whatever is logged is masked first.
    """
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(name).propagate = False
    for name in ("EventsWorker", "APILogWorker"):
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in ("", "prefect.flow_runs", "prefect.task_runs", "prefect.extra"):
        for handler in logging.getLogger(name).handlers:
            if not any(isinstance(given, MaskingFilter) for given in handler.filters):
                handler.addFilter(MaskingFilter())


def _hand_over() -> None:
    """Lets Prefect's threads give the server what they still hold: once it is gone they would complain on the terminal."""
    if "prefect" not in sys.modules:
        return
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (EventsWorker, APILogWorker):
        worker.drain_all(timeout=20)


def _end_with_us() -> None:
    """On Linux, asks the kernel to end the server when this command ends, even by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait(server: subprocess.Popen[bytes], address: str, log: Path, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    # One client for all times that it is asked: making one reads every certificate there is.
    with httpx.Client(timeout=2) as client:
        while time.monotonic() < deadline and server.poll() is None:
            try:
                if client.get(f"{address}/health").status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.2)
    said = log.read_text(errors="replace")
    if any(sign in said for sign in FULL):
        raise OutsideFailure(f"{log.parent}: the disk is full or cannot be written to; make room there and give the command again")
    tail = said.splitlines()[-3:]
    raise OutsideFailure(
        f"Prefect server on {address}: did not answer within {patience_s:.0f} s ({' / '.join(tail)}); it must start once; see {log}"
    )
