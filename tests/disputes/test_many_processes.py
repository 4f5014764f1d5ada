"""Many processes file and change the same cases at once: none lost, none twice."""

from __future__ import annotations

from pathlib import Path

from fairdeal.disputes import services
from fairdeal.disputes.models import Case, CaseAlert, CaseEvent, CaseMember
from tests.disputes.alerts import AT, alert
from tests.disputes.many import accept_cases, file_alerts, set_up, together


def test_processes_that_file_the_same_alerts_make_one_case_each_and_lose_none(home: Path) -> None:
    answers = together(file_alerts, home, 4)
    assert Case.objects.count() == 5
    assert CaseAlert.objects.count() == CaseMember.objects.count() == 40 + 4 * 5
    homes = dict(CaseAlert.objects.values_list("alert_id", "case_id"))
    for answer in answers:
        assert answer.items() <= homes.items()
    for case in Case.objects.all():
        events = list(CaseEvent.objects.filter(case=case).order_by("seq"))
        assert [event.revision for event in events] == list(range(len(events)))
        written = [alert_id for event in events for alert_id in event.new["alerts"]]
        assert sorted(written) == sorted(CaseAlert.objects.filter(case=case).values_list("pk", flat=True))
        assert case.member_count == case.members.count()  # type: ignore[attr-defined]


def test_processes_that_accept_the_same_cases_each_win_some_and_none_twice(home: Path) -> None:
    services.open_cases([alert(n, f"M{n}") for n in range(30)], run_id="run-1", at=AT)
    won = together(accept_cases, home, 3)
    assert sorted(case_id for cases in won for case_id in cases) == sorted(Case.objects.values_list("pk", flat=True))
    assert CaseEvent.objects.filter(event="accept").count() == 30


def test_processes_that_set_up_one_home_at_once_do_it_once(tmp_path: Path) -> None:
    assert sorted(together(set_up, tmp_path, 3)) == [False, False, True]
    assert (tmp_path / "keys" / "django_secret").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["audit_key", "django_secret", "token_key"]
