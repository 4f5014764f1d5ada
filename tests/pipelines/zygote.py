"""Runs days in child processes that may be killed: imports everything once, then forks for each order that comes on stdin.

Each order is one JSON line: ``home, source, day, crash_at`` (name or number of a crash point, or null), ``kill_after_s`` (or null),
``mutant`` (take the ledger's transactions away). Each answer is one JSON line: ``signal`` (or 0), ``code``, ``seconds``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

# Everything heavy is imported before the first fork; nothing of it has started a thread yet.
from fairdeal.data_contracts import expectations
from fairdeal.pipelines import running
from fairdeal.pipelines.ledger import Ledger
from fairdeal.pipelines.settings import load_settings
from fairdeal.sources.mapping import load_mapping


class EachByItself:
    """A connection on which every statement stands at once, as if nobody had thought of transactions."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def execute(self, statement: sa.Executable) -> sa.Result[Any]:
        connection = self.ledger.engine.connect()
        result = connection.execute(statement)
        kept = result.freeze()() if result.returns_rows else result
        connection.commit()
        connection.close()
        return kept


@contextmanager
def without_transaction(ledger: Ledger) -> Iterator[EachByItself]:
    """What `Ledger.transaction` would be if it were none."""
    yield EachByItself(ledger)


def run_day(order: dict[str, str]) -> None:
    os.environ["FAIRDEAL_HOME"] = order["home"]
    if order.get("crash_at"):
        os.environ["FAIRDEAL_CRASH_AT"] = str(order["crash_at"])
    else:
        os.environ.pop("FAIRDEAL_CRASH_AT", None)
    if order.get("mutant"):
        Ledger.transaction = without_transaction  # type: ignore[assignment,method-assign]
    settings = load_settings()
    start, end = settings.day_bounds(order["day"])
    running.run_interval(settings, load_mapping(Path(order["source"])), start, end, lambda text: None)


def obey(order: dict[str, str]) -> dict[str, float]:
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            run_day(order)
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    if order.get("kill_after_s") is not None:
        deadline = began + float(order["kill_after_s"])
        while time.monotonic() < deadline:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return _answer(status, began)
            time.sleep(0.005)
        os.kill(child, signal.SIGKILL)
    return _answer(os.waitpid(child, 0)[1], began)


def _answer(status: int, began: float) -> dict[str, float]:
    return {
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        "code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1,
        "seconds": time.monotonic() - began,
    }


if __name__ == "__main__":
    expectations._library()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(obey(json.loads(line))) + "\n")
        sys.stdout.flush()
