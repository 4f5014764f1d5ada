"""Messages about cases: one for each that happened, signed, repeated until they arrive, whoever dies in between."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from fairdeal.pipelines import webhooks
from fairdeal.pipelines.commands.cases import _look, services_of
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.webhook_keys import OVERLAP, rotate_webhook_secret, secret_path, webhook_secrets
from fairdeal.pipelines.webhooks import receivers_of
from tests.disputes.alerts import alert
from tests.e2e.commands import environment, fairdeal

AT = datetime(2026, 3, 1, 2, tzinfo=UTC)


@dataclass
class Listener:
    """A subscriber that keeps what it is sent, and fails on demand."""

    address: str = ""
    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def told(self) -> list[str]:
        """What was told, each message once, in the order of its first arrival."""
        first = {headers["webhook-id"]: json.loads(body)["type"] for headers, body in reversed(self.got)}
        return [first[name] for name in dict.fromkeys(headers["webhook-id"] for headers, _ in self.got)]


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listener.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(listener.status)
            self.send_header("Location", listener.address)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Ear) as server:
        server.daemon_threads = True
        listener.address = f"http://127.0.0.1:{server.server_port}/in"
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def crm() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def told(settings: Settings, crm: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings under which ``crm`` is told everything and ``mail`` of closings; the worker has looked once."""
    file = tmp_path / "fairdeal.toml"
    mail = f'[webhooks.mail]\nurl = "{crm.address}/mail"\nevents = ["case.closed"]\n'
    file.write_text(f'home = "{settings.home}"\n[webhooks.crm]\nurl = "{crm.address}"\n{mail}')
    monkeypatch.setenv("FAIRDEAL_CONFIG", str(file))
    look(load_settings(), AT)
    return load_settings()


def look(settings: Settings, at: datetime) -> dict[str, Any]:
    done: dict[str, Any] = _look(settings, services_of(None), lambda: at)["messages"]
    return done


def decide(*rows: dict[str, Any]) -> str:
    services = services_of(None)
    (case_id,) = services.open_cases(list(rows) or [alert(1)], run_id="run-1", at=AT).opened
    services.decide(case_id, maker="li", checker="wang", close_code="action_confirmed", reasons=["one device"], at=AT)
    return str(case_id)


def is_signed(headers: dict[str, str], body: bytes, secret: bytes) -> bool:
    """As Standard Webhooks has a receiver look: any one of the signatures."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(one, expected) for one in headers["webhook-signature"].split())


def test_what_happens_to_a_case_is_told_once_and_signed_to_who_wants_it(told: Settings, crm: Listener) -> None:
    case_id = decide()
    assert look(told, AT) == {"delivered": 4, "missed": 0, "gave_up": []}
    assert look(told, AT) == {"delivered": 0, "missed": 0, "gave_up": []}
    assert sorted(crm.told()) == ["case.closed", "case.closed", "case.decided", "case.opened"]
    for headers, body in crm.got:
        message = json.loads(body)
        name = "mail" if message["type"] == "case.closed" and is_signed(headers, body, webhook_secrets(told.home, "mail", AT)[0]) else "crm"
        assert is_signed(headers, body, webhook_secrets(told.home, name, AT)[0])
        assert not is_signed(headers, body + b" ", webhook_secrets(told.home, name, AT)[0])
        assert headers["webhook-timestamp"] == str(int(AT.timestamp()))
        assert message["data"]["case_id"] == case_id
    opened, decided = [json.loads(body) for _, body in crm.got][:2]
    assert (opened["data"]["status"], opened["data"]["close_code"]) == ("NEW", None)
    assert (decided["data"]["status"], decided["data"]["close_code"]) == ("DECIDED", "action_confirmed")
    assert set(opened["data"]) == {"case_id", "case_type", "status", "close_code", "revision", "seq"}, "it names nobody"


@pytest.mark.slow
def test_a_subscriber_that_was_away_for_twenty_days_loses_nothing(told: Settings, crm: Listener) -> None:
    crm.status = 503
    cases = [decide(alert(n, f"M{n}")) for n in range(3)]
    for day in range(20):
        assert look(told, AT + timedelta(days=day))["delivered"] == 0
    assert len(crm.got) == 40, "its silence costs one attempt of each subscriber in a look"
    crm.status, crm.got = 200, []
    assert look(told, AT + timedelta(days=20)) == {"delivered": 12, "missed": 0, "gave_up": []}
    assert {json.loads(body)["data"]["case_id"] for _, body in crm.got} == set(cases)
    assert len({headers["webhook-id"] for headers, _ in crm.got}) == 12


def test_a_failed_attempt_waits_ever_longer_and_is_given_up_after_thirty_days(told: Settings, crm: Listener) -> None:
    crm.status = 307  # a redirect is not followed
    services_of(None).open_cases([alert(1)], run_id="run-1", at=AT)
    looks = [look(told, AT + timedelta(minutes=minutes))["missed"] for minutes in range(16)]
    assert looks == [1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert look(told, AT + timedelta(days=30))["gave_up"] == [{"subscriber": "crm", "error": "HTTP 307"}]
    assert look(told, AT + timedelta(days=31))["missed"] == 0
    assert services_of(None).messages_by_state()[0]["state"] == "failed"
    crm.status = 200
    assert services_of(None).try_again("crm", AT + timedelta(days=31)) == 1
    assert look(told, AT + timedelta(days=31))["delivered"] == 1


def test_one_subscriber_that_is_down_holds_up_no_other(told: Settings, crm: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    decide()
    down = told.webhooks["crm"].model_copy(update={"url": "http://127.0.0.1:9/nobody"})
    done = look(told.model_copy(update={"webhooks": {**told.webhooks, "crm": down}}), AT)
    assert done == {"delivered": 1, "missed": 1, "gave_up": []}
    assert crm.told() == ["case.closed"]


@pytest.mark.parametrize("point", ["took message", "sent message"])
@pytest.mark.slow
def test_a_worker_that_is_killed_loses_no_message_and_makes_none_up(point: str, told: Settings, crm: Listener, tmp_path: Path) -> None:
    decide()

    def work(at: datetime, **more: str) -> int:
        command = [sys.executable, "-m", "fairdeal", "worker", "--once", "--at", at.isoformat()]
        surroundings = environment(told.home, FAIRDEAL_CONFIG=str(tmp_path / "fairdeal.toml"), **more)
        return subprocess.run(command, env=surroundings, capture_output=True, timeout=120, check=False).returncode

    assert work(AT, FAIRDEAL_CRASH_AT=point) == -signal.SIGKILL
    assert [work(AT + timedelta(minutes=minutes)) for minutes in (3, 6)] == [0, 0]
    assert sorted(crm.told()) == ["case.closed", "case.closed", "case.decided", "case.opened"]
    assert len(crm.got) == (5 if point == "sent message" else 4), "what was sent and not entered comes again under its id"


def test_a_new_subscriber_is_told_what_happens_from_now_on(settings: Settings, told: Settings, crm: Listener) -> None:
    decide()
    look(told, AT)
    late = told.model_copy(update={"webhooks": {**told.webhooks, "late": told.webhooks["mail"]}})
    assert look(late, AT)["delivered"] == 0
    decide(alert(2, "M2"))
    assert look(late, AT)["delivered"] == 5


def test_a_secret_is_not_printed_with_its_receiver(told: Settings) -> None:
    (receiver,) = (one for one in receivers_of(told, AT) if one.name == "crm")
    assert repr(receiver.secrets[0]) not in repr(receiver)


def test_one_look_spends_no_more_than_its_time_on_a_subscriber(told: Settings, crm: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    decide()
    monkeypatch.setattr(webhooks, "LOOK_S", 0)
    assert look(told, AT) == {"delivered": 0, "missed": 0, "gave_up": []}


def test_a_secret_is_changed_without_a_message_that_its_receiver_cannot_check(told: Settings, crm: Listener) -> None:
    (old,) = webhook_secrets(told.home, "crm", AT)
    until = rotate_webhook_secret(told.home, "crm", AT)
    new, still = webhook_secrets(told.home, "crm", AT)
    assert (still, until) == (old, AT + OVERLAP)
    services_of(None).open_cases([alert(1)], run_id="run-1", at=AT)
    look(told, AT)
    ((headers, body),) = crm.got
    assert is_signed(headers, body, old)
    assert is_signed(headers, body, new)
    assert webhook_secrets(told.home, "crm", until) == (new,)
    rotate_webhook_secret(told.home, "crm", until)
    assert len(secret_path(told.home, "crm").read_text().splitlines()) == 2
    assert secret_path(told.home, "crm").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "hush", "whsec_c2hvcnQ=", "whsec_" + "QUFB" * 9 + " until 2026-01-01T00:00:00+00:00", "\udcff"])
def test_a_file_that_holds_no_secret_is_refused_without_its_content(settings: Settings, content: str) -> None:
    path = secret_path(settings.home, "crm")
    path.parent.mkdir(parents=True)
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(WrongUse, match=r"webhook-crm\.secret: no secret for signing") as refused:
        webhook_secrets(settings.home, "crm", AT)
    assert not content or content not in str(refused.value)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('[webhooks."../x"]\nurl = "https://a.example"', "webhooks"),
        ('[webhooks.crm]\nurl = "ftp://a.example"', "webhooks.crm.url"),
        ("[webhooks.crm]", "webhooks.crm.url"),
        ('[webhooks.crm]\nurl = "https://a.example"\nevents = ["case.lost"]', "webhooks.crm.events"),
        ('[webhooks.crm]\nurl = "https://a.example"\ncolour = "red"', "allowed are url, events, timeout_s"),
    ],
)
def test_settings_that_cannot_be_used_are_told(tmp_path: Path, toml: str, said: str) -> None:
    (tmp_path / "fairdeal.toml").write_text(toml)
    with pytest.raises(WrongUse, match=said):
        load_settings(tmp_path / "fairdeal.toml")


def test_the_commands_show_what_waits_and_send_it_again(told: Settings, crm: Listener, tmp_path: Path) -> None:
    crm.status = 500
    decide()
    look(told, AT)
    config = tmp_path / "fairdeal.toml"
    rows = fairdeal("webhook", "status", "--json", "--config", config, home=told.home).json
    assert [(row["name"], row["state"], row["messages"]) for row in rows] == [("crm", "waiting", 3), ("mail", "waiting", 1)]
    assert "3 messages to crm are due now" in fairdeal("webhook", "retry", "crm", "--config", config, home=told.home).err
    assert fairdeal("webhook", "rotate-key", "crm", "--config", config, home=told.home).code == 0
    strange = fairdeal("webhook", "retry", "nobody", "--config", config, home=told.home)
    assert (strange.code, "the settings' [webhooks] name crm, mail" in strange.err) == (2, True)
