"""Work that the tests give to several processes at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from contextlib import nullcontext
from multiprocessing.synchronize import Barrier
from pathlib import Path
from queue import Empty
from typing import Any

Work = Callable[[Path, int], Any]

#: Processes are forked from one that has already imported what takes long and has set Django up; each opens connections of its own.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["polars", "django.contrib.admin", "django.db.migrations.executor", "tests.disputes.readied"])


def together(work: Work, home: Path, processes: int, database_url: str | None = None, patience: float = 120) -> list[Any]:
    """Run ``work(home, number)`` in so many processes that begin at one moment; what each gave back, by number.

    ``patience`` is how many seconds the next answer is waited for.
    """
    answers: Any = _PROCESSES.Queue()
    barrier = _PROCESSES.Barrier(processes)
    running = [_PROCESSES.Process(target=_run, args=(work, home, database_url, number, barrier, answers)) for number in range(processes)]
    for process in running:
        process.start()
    try:
        given = dict(answers.get(timeout=patience) for _ in running)
    except Empty:
        raise AssertionError(f"exit codes {[process.exitcode for process in running]}") from None
    finally:
        for process in running:
            process.join(timeout=30)
    for answer in given.values():
        if isinstance(answer, BaseException):
            raise answer
    return [given[number] for number in sorted(given)]


def _run(work: Work, home: Path, database_url: str | None, number: int, barrier: Barrier, answers: Any) -> None:
    from fairdeal.disputes.django_setup import configure

    try:
        configure(home, database_url=database_url)
        from fairdeal.disputes import services

        assert services
        barrier.wait(60)
        answers.put((number, work(home, number)))
    except BaseException as error:
        answers.put((number, RuntimeError(f"process {number}: {error!r}")))


def file_alerts(home: Path, number: int) -> dict[str, str]:
    """File alerts that every process files, in parts, and some of one's own."""
    from fairdeal.disputes import services
    from tests.disputes.alerts import AT, alert

    shared = [alert(n, f"M{n % 5}") for n in range(40)]
    own = [alert(1000 + 10 * number + n, f"M{n}") for n in range(5)]
    for part in range(0, 40, 8):
        services.open_cases(shared[part : part + 8] + own, run_id=f"run-{number}", at=AT)
    return dict(services.open_cases(shared + own, run_id=f"run-{number}", at=AT).joined)


def accept_cases(home: Path, number: int) -> list[str]:
    """Accept every new case that one still can; the cases won."""
    from fairdeal.disputes import services

    won = []
    for case in services.list_cases("NEW"):
        try:
            services.apply(case["case_id"], "accept", actor=f"analyst-{number}", role="analyst", revision=case["revision"])
            won.append(case["case_id"])
        except services.RefusedChange:
            continue
    return won


def set_up(home: Path, number: int) -> bool:
    """Migrate and make the first account; whether it was this process that made it."""
    from fairdeal.disputes.django_setup import create_first_user, migrate

    migrate()
    return create_first_user() is not None


def take_all(home: Path, number: int) -> list[str]:
    """Take the next case as long as there is one; the cases taken, in order."""
    from fairdeal.disputes import services
    from tests.disputes.alerts import AT

    taken = []
    while (given := services.next_case(f"analyst-{number}", at=AT)) is not None:
        taken.append(given["case_id"])
    return taken


def take_all_unguarded(home: Path, number: int) -> list[str]:
    """As `take_all`, by a program that reads who holds a case and then writes, as many desks do."""
    from fairdeal.disputes import claiming
    from fairdeal.disputes.models import Case

    def hand_to(case: Case, holder: str, at: Any, note: Any, **more: Any) -> bool:
        Case.objects.filter(pk=case.pk).update(holder=holder, lease_until=at + claiming.LEASE)
        return True

    claiming.hand_to, claiming.changing_history = hand_to, nullcontext
    return take_all(home, number)


def do_what_is_due(home: Path, number: int) -> dict[str, Any]:
    """Do what has fallen due ten days later."""
    from datetime import timedelta

    from fairdeal.disputes import services
    from tests.disputes.alerts import AT

    return services.apply_due(AT + timedelta(days=10))


def take_or_audit(home: Path, number: int) -> list[str]:
    """The first audits again and again while the others take cases; what it found wrong."""
    from fairdeal.disputes import services

    if number:
        return [] if take_all(home, number) else ["nothing was taken"]
    return [fault for _ in range(25) for fault in services.verify_history().faults]


def complain(home: Path, number: int) -> str:
    """File the complaint that every process files; what became of it."""
    from fairdeal.disputes import services
    from fairdeal.disputes.evidence_kinds import EvidenceKind
    from tests.disputes.alerts import AT

    post = services.Exhibit(EvidenceKind.SOCIAL_POST, "fake", "weibo", "W1", "merchant", "M1")
    return str(services.file_complaint(post, actor=f"crm-{number}", role="pipeline", at=AT)["outcome"])


def ask_once(home: Path, number: int) -> tuple[int, bytes]:
    """Send the write that every process sends, under one key; status and body of the answer."""
    import ast

    from tests.disputes.asking import Asker

    token, where, body = ast.literal_eval((home / "asked.txt").read_text())
    answer = Asker(token).post(where, body, Idempotency_Key="one")
    return answer.status_code, answer.content


def take_all_actions(home: Path, number: int) -> list[str]:
    """Take measures from the outbox as long as there are any; their keys, in order."""
    from fairdeal.disputes import services
    from tests.disputes.alerts import AT

    taken = []
    while (action := services.take_action(AT)) is not None:
        taken.append(action["idempotency_key"])
    return taken


def tell_of_warnings(home: Path, number: int) -> int:
    """Write the notices of twelve hours later."""
    from datetime import timedelta

    from fairdeal.disputes import services
    from tests.disputes.alerts import AT

    return services.write_notices(AT + timedelta(hours=12))


def write_and_take_messages(home: Path, number: int) -> list[str]:
    """Write the messages that the history gives and take them as long as there are any; their ids, in order."""
    from fairdeal.disputes import services
    from tests.disputes.alerts import AT

    services.write_messages({"crm": ["case.opened"]}, AT)
    taken = []
    while (message := services.take_message("crm", AT)) is not None:
        taken.append(message["message_id"])
    return taken
