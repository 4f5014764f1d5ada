"""Measures are carried out once, whatever happens between the queue and who carries them out."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fairdeal.pipelines import enforcing
from fairdeal.pipelines.commands.cases import _look, services_of
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.keys import enforcement_secret
from fairdeal.pipelines.queue import set_up_queue
from fairdeal.pipelines.settings import Settings, load_settings
from tests.disputes.alerts import alert
from tests.e2e.commands import environment
from tests.pipelines.enforcer import Enforcer, is_signed, serving

AT = datetime(2026, 3, 1, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def enforcer() -> Iterator[Enforcer]:
    with serving() as running:
        yield running


@pytest.fixture
def ordered(settings: Settings, enforcer: Enforcer, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings under which measures are posted to the stub."""
    monkeypatch.setenv("FAIRDEAL_ENFORCEMENT_URL", enforcer.address + "/measures")
    monkeypatch.setenv("FAIRDEAL_ENFORCEMENT_TIMEOUT_S", "0.5")
    return load_settings()


def decided(*rows: dict[str, Any]) -> tuple[Any, str]:
    """The queue, and a case in it that two people decided and whose measures wait."""
    services = services_of(None)
    (case_id,) = services.open_cases(list(rows) or [alert(1)], run_id="run-1", at=AT).opened
    services.decide(case_id, maker="li", checker="wang", close_code="action_confirmed", reasons=["one device"], at=AT)
    assert services.show_case(case_id)["status"] == "ENFORCING"
    return services, case_id


def look(settings: Settings, services: Any, at: datetime) -> dict[str, Any]:
    done: dict[str, Any] = _look(settings, services, lambda: at)
    return done


def steps(services: Any, case_id: str) -> list[str]:
    return [event["event"] for event in services.show_case(case_id)["events"]]


def test_a_measure_is_posted_signed_and_its_receipt_moves_the_case_on(ordered: Settings, enforcer: Enforcer) -> None:
    services, case_id = decided()
    done = look(ordered, services, AT)
    assert (done["actions"]["done"], done["actions"]["gave_up"]) == (1, [])
    (headers,), (body,) = enforcer.requests, enforcer.bodies
    assert headers["idempotency-key"] == headers["webhook-id"]
    assert is_signed(headers, body, ordered.home)
    assert not is_signed(headers, body + b" ", ordered.home)
    sent = json.loads(body)
    told = {name: sent[name] for name in ("case_id", "kind", "target", "amount_minor", "currency")}
    assert told == {"case_id": case_id, "kind": "hold", "target": "order:O1", "amount_minor": 10_001, "currency": "CNY"}
    assert datetime.fromisoformat(sent["expires_at"]) == AT + timedelta(days=30)
    case = services.show_case(case_id)
    assert case["status"] == "CLOSED"
    assert case["decision"]["receipts"] == {sent["action_id"]: f"R-{sent['idempotency_key'][:8]}"}
    assert [row["is_fraud"] for row in services.verdicts()] == [True]


@pytest.mark.parametrize("fault", ["500", "refused", "redirect", "dropped", "lost", "late"])
def test_whatever_goes_wrong_the_measure_takes_effect_once_and_the_case_moves_on_once(
    fault: str, ordered: Settings, enforcer: Enforcer
) -> None:
    enforcer.faults = [fault, fault]
    services, case_id = decided()
    for at in (AT, AT + MINUTE, AT + 3 * MINUTE, AT + 10 * MINUTE):
        look(ordered, services, at)
    assert len(enforcer.requests) == 3
    assert len({headers["idempotency-key"] for headers in enforcer.requests}) == 1
    assert len(enforcer.effects) == 1
    assert services.show_case(case_id)["status"] == "CLOSED"
    assert steps(services, case_id).count("confirm_actions") == steps(services, case_id).count("close") == 1


def test_a_worker_that_makes_a_key_for_every_attempt_takes_effect_twice(
    ordered: Settings, enforcer: Enforcer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the tests above would miss if the stub did not know measures by their keys."""
    real = enforcing.post
    monkeypatch.setattr(
        enforcing, "post", lambda client, to, action: real(client, to, action | {"idempotency_key": f"E{action['attempt']}"})
    )
    enforcer.faults = ["lost"]
    services, _ = decided()
    for at in (AT, AT + MINUTE):
        look(ordered, services, at)
    assert len(enforcer.effects) == 2


def test_what_one_look_has_no_time_for_waits_for_the_next(ordered: Settings, enforcer: Enforcer, monkeypatch: pytest.MonkeyPatch) -> None:
    services, case_id = decided()
    with monkeypatch.context() as hurried:
        hurried.setattr(enforcing, "LOOK_S", 0)
        look(ordered, services, AT)
    assert enforcer.requests == []
    look(ordered, services, AT)
    assert services.show_case(case_id)["status"] == "CLOSED"


def test_the_secret_is_not_told(ordered: Settings) -> None:
    endpoint = enforcing.endpoint_of(ordered)
    assert endpoint is not None
    assert repr(endpoint.secret) not in repr(endpoint)


def test_the_waits_between_attempts_double(ordered: Settings, enforcer: Enforcer) -> None:
    enforcer.faults = ["500"] * 99
    services, _ = decided()
    tried = []
    for minute in range(70):
        before = len(enforcer.requests)
        look(ordered, services, AT + minute * MINUTE)
        tried += [minute] * (len(enforcer.requests) - before)
    assert tried == [0, 1, 3, 7, 15, 31, 63]


def test_after_the_last_attempt_people_look_at_the_case_and_nothing_more_is_sent(ordered: Settings, enforcer: Enforcer) -> None:
    enforcer.faults = ["500"] * 99
    services, case_id = decided(alert(1), alert(2))
    told = [look(ordered, services, AT + hours * timedelta(hours=3)) for hours in range(9)]
    gave_up = [given for done in told for given in done["actions"]["gave_up"]]
    assert {given["case_id"] for given in gave_up} == {case_id}
    case = services.show_case(case_id)
    assert (case["status"], case["close_code"]) == ("INVESTIGATION", None)
    assert "HTTP 500" in case["events"][-1]["new"]["given"]["comment"]
    sent = len(enforcer.requests)
    look(ordered, services, AT + timedelta(days=2))
    assert len(enforcer.requests) == sent


def test_a_case_closes_when_the_last_of_its_measures_has_its_receipt(ordered: Settings, enforcer: Enforcer) -> None:
    enforcer.faults = ["", "500", ""]
    services, case_id = decided(alert(1), alert(2), alert(3))
    look(ordered, services, AT)
    assert services.show_case(case_id)["status"] == "ENFORCING"
    look(ordered, services, AT + MINUTE)
    assert services.show_case(case_id)["status"] == "CLOSED"
    assert len(enforcer.effects) == 3


def test_what_was_carried_out_is_taken_back_when_the_case_is_reopened_and_cleared(ordered: Settings, enforcer: Enforcer) -> None:
    services, case_id = decided(alert(1), alert(2))
    look(ordered, services, AT)
    later = AT + timedelta(days=1)
    asked = {"on_behalf_of": "merchant", "reasons": ["the parcels exist"], "new_evidence": ["the carrier's list"]}
    services.apply(case_id, "reopen", actor="zhao", role="approver", at=later, **asked)
    people = {"maker": "li", "checker": "wang", "reasons": ["the list"], "at": later}
    services.decide(case_id, close_code="action_confirmed", findings={"O1": True, "O2": False}, **people)
    look(ordered, services, later)
    sent = [(effect["kind"], effect["target"]) for effect in enforcer.effects.values()]
    assert sent == [("hold", "order:O1"), ("hold", "order:O2"), ("hold", "order:O1"), ("allow", "order:O2")]
    services.apply(case_id, "reopen", actor="zhao", role="approver", at=later, **asked)
    services.decide(case_id, close_code="false_positive", **people)
    look(ordered, services, later)
    assert [(effect["kind"], effect["target"]) for effect in list(enforcer.effects.values())[4:]] == [("allow", "order:O1")]
    assert services.show_case(case_id)["status"] == "CLOSED"


def test_a_receipt_that_comes_again_changes_nothing(ordered: Settings, enforcer: Enforcer) -> None:
    services, case_id = decided()
    action = services.take_action(AT)
    assert services.take_action(AT) is None
    assert services.record_receipt(action["idempotency_key"], "R-1", at=AT) is True
    before = services.show_case(case_id)
    assert services.record_receipt(action["idempotency_key"], "R-2", at=AT) is False
    assert services.record_failure(action["idempotency_key"], "late", at=AT) is False
    assert services.record_receipt("E0", "R-1", at=AT) is False
    assert services.show_case(case_id) == before


def test_an_answer_without_a_readable_receipt_is_one_all_the_same(ordered: Settings, enforcer: Enforcer) -> None:
    enforcer.faults = ["garbage"]
    services, case_id = decided()
    look(ordered, services, AT)
    assert list(services.show_case(case_id)["decision"]["receipts"].values()) == ["HTTP 200"]


def test_a_server_that_is_not_there_is_tried_again_later(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRDEAL_ENFORCEMENT_URL", "http://127.0.0.1:1/measures")
    services, case_id = decided()
    assert look(load_settings(), services, AT)["actions"]["tried_again"] == 1
    assert services.show_case(case_id)["status"] == "ENFORCING"


def test_without_an_address_the_feed_carries_out_and_what_waited_for_one_is_done(
    ordered: Settings, enforcer: Enforcer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, case_id = decided()
    monkeypatch.delenv("FAIRDEAL_ENFORCEMENT_URL")
    services = services_of(None)
    assert look(load_settings(), services, AT)["finished"] == [case_id]
    assert enforcer.requests == []
    (receipt,) = services.show_case(case_id)["decision"]["receipts"].values()
    assert receipt.startswith("event ")


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_short", "other_" + "A" * 44, "whsec_\u00e9"])
def test_a_secret_that_is_none_is_refused_by_name(secret: str, settings: Settings) -> None:
    enforcement_secret(settings.home)
    path = settings.home / "keys" / "enforcement.secret"
    assert path.stat().st_mode & 0o077 == 0
    path.write_text(secret, encoding="utf-8")
    with pytest.raises(WrongUse, match=r"enforcement\.secret: not a secret for signing"):
        enforcement_secret(settings.home)


@pytest.mark.parametrize(("name", "value"), [("URL", "ftp://x"), ("TIMEOUT_S", "0"), ("TIMEOUT_S", "61")])
def test_settings_that_cannot_work_are_refused(name: str, value: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"FAIRDEAL_ENFORCEMENT_{name}", value)
    with pytest.raises(WrongUse, match=rf"enforcement\.{name.lower()}"):
        load_settings()


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(request: pytest.FixtureRequest, ordered: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same settings with the queue in either database, empty."""
    if request.param == "postgresql":
        monkeypatch.setenv("FAIRDEAL_DATABASE_DISPUTES_URL", request.getfixturevalue("postgresql_queue"))
    settings = load_settings()
    set_up_queue(settings)
    return settings


def worker(home: Path, at: datetime, **more: str) -> subprocess.CompletedProcess[str]:
    """A worker's one look, in a process of its own."""
    command = [sys.executable, "-m", "fairdeal", "worker", "--once", "--json", "--at", at.isoformat()]
    return subprocess.run(command, env=environment(home, **more), capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("point", ["took action", "sent action", "recorded receipt"])
@pytest.mark.slow
def test_a_killed_enforcement_is_carried_out_once(point: str, anywhere: Settings, enforcer: Enforcer) -> None:
    services, case_id = decided()
    assert anywhere.enforcement.url is not None
    more = {"FAIRDEAL_ENFORCEMENT_URL": anywhere.enforcement.url}
    if anywhere.database.disputes_url:
        more["FAIRDEAL_DATABASE_DISPUTES_URL"] = anywhere.database.disputes_url
    killed = worker(anywhere.home, AT, FAIRDEAL_CRASH_AT=point, **more)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    for minutes in (1, 3, 5):
        again = worker(anywhere.home, AT + minutes * MINUTE, **more)
        assert again.returncode == 0, again.stderr
    assert len(enforcer.effects) == 1
    assert len(enforcer.requests) == (2 if point == "sent action" else 1)
    assert services.show_case(case_id)["status"] == "CLOSED"
    assert steps(services, case_id).count("confirm_actions") == steps(services, case_id).count("close") == 1
    assert services.verify_history().faults == ()
