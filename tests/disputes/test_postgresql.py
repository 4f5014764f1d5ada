"""The queue on a real PostgreSQL: the same schema, the same protection, the same guarded changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

from fairdeal.disputes import services
from fairdeal.disputes.django_setup import DatabaseUnreadable, configure, create_first_user, migrate
from fairdeal.disputes.models import Case, CaseAlert, CaseEvent
from fairdeal.disputes.searching import search_cases
from tests.disputes.alerts import AT, alert
from tests.disputes.many import accept_cases, file_alerts, take_all, take_all_unguarded, together


@pytest.fixture
def address(postgresql_queue: str, home: Path) -> Iterator[str]:
    """The address of an empty queue; the process works in it."""
    configure(home, database_url=postgresql_queue)
    yield postgresql_queue
    connection.close()
    configure(home)


def test_the_queue_works_from_filing_to_label(address: str) -> None:
    opened = services.open_cases([alert(n, f"M{n % 4}") for n in range(12)], run_id="run-1", at=AT).opened
    taken = services.next_case("li", at=AT)
    assert taken is not None
    case_id = taken["case_id"]
    services.decide(case_id, maker="li", checker="wang", close_code="action_confirmed", findings=None, reasons=["同一设备"], at=AT)
    assert len(opened) == 4
    assert {row["is_fraud"] for row in services.verdicts()} == {True}
    head = services.audit_head()
    assert head is not None
    audit = services.verify_history([services.Anchor(head["count"], head["hash"], "the feed")])
    assert (audit.entries, audit.faults) == (head["count"], ())


def test_the_database_refuses_to_change_history(address: str) -> None:
    services.open_cases([alert(1)], run_id="run-1", at=AT)
    for statement in ("UPDATE disputes_caseevent SET actor = 'x'", "DELETE FROM disputes_caseevent", "TRUNCATE disputes_caseevent"):
        with pytest.raises(DatabaseError, match="added, never changed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_processes_that_file_the_same_alerts_make_one_case_each_and_lose_none(address: str, home: Path) -> None:
    together(file_alerts, home, 4, address)
    assert Case.objects.count() == 5
    assert CaseAlert.objects.count() == 40 + 4 * 5
    seqs = list(CaseEvent.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))
    assert services.verify_history().faults == ()


def test_processes_that_change_the_same_cases_each_win_some_and_none_twice(address: str, home: Path) -> None:
    services.open_cases([alert(n, f"M{n}") for n in range(30)], run_id="run-1", at=AT)
    won = together(accept_cases, home, 3, address)
    assert sorted(case_id for cases in won for case_id in cases) == sorted(Case.objects.values_list("pk", flat=True))
    assert services.verify_history().faults == ()


def test_no_case_is_taken_twice_and_all_are_taken(address: str, home: Path) -> None:
    services.open_cases([alert(n, f"M{n}") for n in range(200)], run_id="run-1", at=AT)
    taken = together(take_all, home, 8, address)
    assert sorted(case_id for cases in taken for case_id in cases) == sorted(Case.objects.values_list("pk", flat=True))


def test_a_program_that_reads_and_then_writes_takes_cases_twice(address: str, home: Path) -> None:
    services.open_cases([alert(n, f"M{n}") for n in range(200)], run_id="run-1", at=AT)
    taken = together(take_all_unguarded, home, 8, address)
    assert len([case_id for cases in taken for case_id in cases]) > 200


def test_people_find_cases_by_words_of_both_languages(address: str) -> None:
    services.open_cases([alert(1), alert(2, "M2", reasons="[]")], run_id="run-1", at=AT)
    for words in ("同一设备", "ordered from one device"):
        assert [case.subject_id for case in search_cases(Case.objects.all(), words)] == ["M1"]


def test_the_console_shows_the_queue_and_a_case(address: str) -> None:
    (case_id,) = services.open_cases([alert(1)], run_id="run-1", at=AT).opened
    first = create_first_user()
    assert first is not None
    from django.contrib.auth.models import Group, User

    user = User.objects.create_user("li", password="a long enough word")
    user.is_staff = True
    user.save()
    user.groups.add(Group.objects.get(name="analyst"))
    client = Client()
    client.force_login(user)
    for page in ("/admin/", "/queue/", f"/case/{case_id}/", "/queue/?q=M1"):
        answer = client.get(page, HTTP_HOST="localhost")
        assert answer.status_code == 200, page
        assert "M1" in answer.content.decode() or page == "/admin/", page


def test_the_schema_goes_back_and_forth_and_the_history_stays_sealed(address: str) -> None:
    services.open_cases([alert(1)], run_id="run-1", at=AT)
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    call_command("migrate", "disputes", "0003", verbosity=0)
    migrate()
    assert services.verify_history().faults == ()
    with pytest.raises(DatabaseError, match="added, never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM disputes_caseevent")


def test_a_server_that_is_not_there_is_told_without_the_password(home: Path) -> None:
    configure(home, database_url="postgresql://li:secret@127.0.0.1:1/queue")
    try:
        with pytest.raises(DatabaseUnreadable, match="postgresql database queue at 127") as refused:
            migrate()
        assert "secret" not in str(refused.value)
    finally:
        configure(home)
