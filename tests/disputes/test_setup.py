"""Setting the queue up: where its state goes, and what is said when it cannot."""

from __future__ import annotations

import http.client
import logging
import re
import socket
import subprocess
import sys
import time
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.core.management import call_command
from django.db import connection

from fairdeal.disputes import services
from fairdeal.disputes.django_setup import SettingsError, configure, kept_secret, migrate
from fairdeal.disputes.models import CaseMember
from tests.disputes.alerts import AT, alert


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "django_secret"
    secret = kept_secret(path)
    assert len(secret) >= 50
    assert kept_secret(path) == secret
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_process_turns_from_one_home_to_another(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    services.open_cases([alert(1)], run_id="run-1", at=AT)
    secret = settings.SECRET_KEY
    other = tmp_path_factory.mktemp("other")
    configure(other)
    migrate()
    assert services.list_cases() == []
    assert (other / "disputes.db").exists()
    assert secret != settings.SECRET_KEY
    configure(home)
    assert len(services.list_cases()) == 1
    assert secret == settings.SECRET_KEY


def test_a_connection_that_stayed_open_follows_to_the_new_home(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    services.open_cases([alert(1)], run_id="run-1", at=AT)
    raw = connection.connection
    assert raw is not None
    other = tmp_path_factory.mktemp("other")
    connection.settings_dict["NAME"] = str(other / "disputes.db")  # as another thread's turn would leave it
    with connection.cursor() as cursor:
        assert cursor.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    connection.settings_dict["NAME"] = str(home / "disputes.db")
    assert len(services.list_cases()) == 1


def test_migrating_again_changes_nothing(home: Path) -> None:
    before = (home / "disputes.db").read_bytes()
    migrate()
    assert (home / "disputes.db").read_bytes() == before


#: Migrates the database of a home in a child that dies at the n-th note of a made migration, then in one that lives; prints both ends.
_KILLED_WHILE_MIGRATING = """
import os, sys, pathlib
from django.db.migrations.recorder import MigrationRecorder
from fairdeal.disputes.django_setup import configure, migrate

def child(home, dies_at):
    pid = os.fork()
    if pid == 0:
        seen, record = [0], MigrationRecorder.record_applied
        def recorded(self, app, name):
            seen[0] += 1
            if seen[0] == dies_at:
                os._exit(9)
            record(self, app, name)
        MigrationRecorder.record_applied = recorded
        code = 1
        try:
            migrate()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

for number in sys.argv[2:]:
    home = pathlib.Path(sys.argv[1]) / number
    home.mkdir()
    configure(home)
    print(child(home, int(number)), child(home, None))
"""


def test_killed_between_a_migration_and_its_note_the_next_process_brings_the_database_on(tmp_path: Path) -> None:
    moments = [str(number) for number in (1, 2, 6, 9, 13)]
    done = subprocess.run([sys.executable, "-c", _KILLED_WHILE_MIGRATING, str(tmp_path), *moments], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["9 0"] * len(moments), done.stderr


def test_the_migrations_say_what_the_models_say(home: Path) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_djangos_own_checks_find_nothing(home: Path) -> None:
    import_module(settings.ROOT_URLCONF)  # the back office's pages are looked for there, and checked too then
    assert admin.site.is_registered(CaseMember)
    call_command("check", fail_level="WARNING", verbosity=0)


def test_the_log_of_requests_holds_no_card_number() -> None:
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "Not Found: /api/v1/cases/%s", ("4111111111111111",), None)
    (handler,) = (handler for handler in logging.getLogger("django").handlers if type(handler) is logging.StreamHandler)
    assert handler.filter(record)
    assert "4111" not in handler.format(record)


@pytest.mark.parametrize(
    ("url", "expected"),
    [(None, "disputes.db"), ("sqlite:///queue/d.db", "queue/d.db"), ("sqlite:////elsewhere/d.db", "/elsewhere/d.db")],
)
def test_the_database_lies_where_the_address_says(tmp_path: Path, url: str | None, expected: str) -> None:
    from fairdeal.disputes.databases import database

    assert database(tmp_path, url)["NAME"] == str(tmp_path / expected)


@pytest.mark.parametrize(
    "url",
    ["postgresql://u:secret@h", "postgresql://u:secret@h:port/d", "mysql://u:secret@h/d", "disputes.db", "sqlite://", "sqlite://host/x"],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="postgresql://USER@HOST:PORT/NAME") as refused:
        configure(tmp_path, database_url=url)
    assert "secret" not in str(refused.value)


def test_an_unknown_time_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=re.escape("time_zone: found 'Mars/Base'")):
        configure(tmp_path, time_zone="Mars/Base")


_SERVE = """
import sys
from pathlib import Path
from fairdeal.disputes.django_setup import configure, migrate, serve
configure(Path(sys.argv[1]))
migrate()
serve("127.0.0.1", int(sys.argv[2]))
"""


def test_the_console_answers_on_its_address_and_stops_when_told(home: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-W", "error::DeprecationWarning", "-c", _SERVE, str(home), str(port)], stderr=subprocess.PIPE
    )
    try:
        status, page = _ask(port, "/login/", until=time.monotonic() + 60)
        assert status == 200
        assert b"csrfmiddlewaretoken" in page
        status, style = _ask(port, "/static/disputes/desk.css", until=time.monotonic() + 10)
        assert (status, b".fd-card" in style) == (200, True)
    finally:
        server.terminate()
        _, err = server.communicate(timeout=60)
    assert server.returncode == 0, err
    assert b"Traceback" not in err


def _ask(port: int, path: str, until: float) -> tuple[int, bytes]:
    """Ask again until somebody answers."""
    while True:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as asking:
                asking.request("GET", path)
                answer = asking.getresponse()
                return answer.status, answer.read()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
