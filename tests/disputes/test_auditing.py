"""The history as one sealed chain: whoever changes it behind the queue's back is found, at the first entry that was changed."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from fairdeal.disputes import history, services
from fairdeal.disputes.django_setup import configure
from fairdeal.disputes.models import CaseEvent
from tests.disputes.alerts import AT, alert
from tests.disputes.many import take_or_audit, together

#: So often each kind of tampering is tried.
TRIES = 200
COLUMNS = ("case_id", "at", "actor", "role", "event", "from_status", "to_status", "revision", "old", "new", "entry_hash")

Tamper = Callable[[sqlite3.Connection, random.Random], int]


@pytest.fixture
def told(home: Path) -> services.Anchor:
    """Some dozens of entries, and the head that was told outside."""
    opened = services.open_cases([alert(n, f"M{n % 9}", probability=n / 40) for n in range(40)], run_id="run-1", at=AT).opened
    for number, case_id in enumerate(opened[:6]):
        services.claim(case_id, actor="li", at=AT)
        if number % 2:
            code = "action_confirmed" if number == 1 else "false_positive"
            services.decide(case_id, maker="li", checker="wang", close_code=code, findings=None, reasons=["looked, 看过"], at=AT)
    head = services.audit_head()
    assert head is not None
    return services.Anchor(head["count"], head["hash"], "the feed 2026-03-01")


def open_file(home: Path) -> sqlite3.Connection:
    """The database without its protection, as whoever owns the file can have it."""
    raw = sqlite3.connect(home / "disputes.db")
    for change in ("update", "delete"):
        raw.execute(f"DROP TRIGGER disputes_caseevent_no_{change}")
    return raw


def count_of(raw: sqlite3.Connection) -> int:
    return int(raw.execute("SELECT count(*) FROM disputes_caseevent").fetchone()[0])


def tell_head(raw: sqlite3.Connection) -> None:
    raw.execute(
        "UPDATE disputes_audithead SET (count, entry_hash) = (SELECT seq, entry_hash FROM disputes_caseevent ORDER BY seq DESC LIMIT 1)"
    )


def renumber(raw: sqlite3.Connection, rows: list[tuple[object, ...]]) -> None:
    raw.execute("DELETE FROM disputes_caseevent")
    places = ", ".join("?" * (len(COLUMNS) + 1))
    raw.executemany(
        f"INSERT INTO disputes_caseevent (seq, {', '.join(COLUMNS)}) VALUES ({places})", [(n, *row) for n, row in enumerate(rows, 1)]
    )
    tell_head(raw)


def rows_of(raw: sqlite3.Connection) -> list[tuple[object, ...]]:
    return raw.execute(f"SELECT {', '.join(COLUMNS)} FROM disputes_caseevent ORDER BY seq").fetchall()


def flip(raw: sqlite3.Connection, rng: random.Random) -> int:
    seq = rng.randint(1, count_of(raw))
    column, value = rng.choice(
        [("actor", "nobody"), ("at", "2026-02-01 00:00:00"), ("to_status", "LEGAL"), ("new", '{"x": 1}'), ("role", "buyer"), ("event", "x")]
    )
    raw.execute(f"UPDATE disputes_caseevent SET {column} = ? WHERE seq = ?", (value, seq))
    return seq


def delete(raw: sqlite3.Connection, rng: random.Random) -> int:
    rows, seq = rows_of(raw), rng.randint(1, count_of(raw) - 1)
    if rng.random() < 0.5:
        raw.execute("DELETE FROM disputes_caseevent WHERE seq = ?", (seq,))
    else:
        renumber(raw, rows[: seq - 1] + rows[seq:])
    return seq


def insert(raw: sqlite3.Connection, rng: random.Random) -> int:
    rows, seq = rows_of(raw), rng.randint(1, count_of(raw))
    made_up = [*rows[seq - 1]]
    made_up[2], made_up[7] = "nobody", 900 + seq
    renumber(raw, [*rows[: seq - 1], tuple(made_up), *rows[seq - 1 :]])
    return seq


def swap(raw: sqlite3.Connection, rng: random.Random) -> int:
    rows = rows_of(raw)
    one, other = sorted(rng.sample(range(len(rows)), 2))
    rows[one], rows[other] = rows[other], rows[one]
    renumber(raw, rows)
    return one + 1


def cut_the_tail(raw: sqlite3.Connection, rng: random.Random) -> int:
    left = rng.randint(1, count_of(raw) - 1)
    raw.execute("DELETE FROM disputes_caseevent WHERE seq > ?", (left,))
    tell_head(raw)
    return left + 1


def rewrite(raw: sqlite3.Connection, rng: random.Random) -> int:
    """Everything from an entry on, sealed anew by somebody who has not the key but knows how sealing goes."""
    seq = rng.randint(1, count_of(raw))
    raw.execute("UPDATE disputes_caseevent SET actor = 'nobody' WHERE seq = ?", (seq,))
    raw.commit()
    before = raw.execute("SELECT entry_hash FROM disputes_caseevent WHERE seq = ?", (seq - 1,)).fetchone()
    entry_hash = before[0] if before else history.BEGINNING
    for entry in list(CaseEvent.objects.filter(seq__gte=seq).order_by("seq")):
        entry_hash = history.seal(entry.seq, entry_hash, history.content_sha256(entry))
        raw.execute("UPDATE disputes_caseevent SET entry_hash = ? WHERE seq = ?", (entry_hash, entry.seq))
    tell_head(raw)
    return seq


@pytest.mark.parametrize("tamper", [flip, delete, insert, swap, cut_the_tail, rewrite])
def test_tampering_is_found_at_the_first_entry_that_is_not_what_was_written(
    tamper: Tamper, told: services.Anchor, home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert services.verify_history([told]).faults == ()
    other, rng = tmp_path_factory.mktemp("tampered"), random.Random(6)
    shutil.copytree(home / "keys", other / "keys")
    for number in range(TRIES):
        with sqlite3.connect(home / "disputes.db") as source, sqlite3.connect(other / "disputes.db") as copy:
            source.backup(copy)
        configure(other)
        with open_file(other) as raw, monkeypatch.context() as patch:
            patch.setattr("django.conf.settings.AUDIT_KEY", "a key of one's own")
            seq = tamper(raw, rng)
        raw.close()
        audit = services.verify_history([told])
        assert audit.first_bad == seq, f"try {number}: {audit.faults}"
        assert audit.faults[0].startswith(f"entry {seq}: ")
        configure(home)


def test_without_a_head_told_outside_a_tail_that_was_cut_off_goes_unnoticed(told: services.Anchor, home: Path) -> None:
    with open_file(home) as raw:
        raw.execute("UPDATE disputes_case SET status = 'NEW', revision = 0")
        cut_the_tail(raw, random.Random(1))
    raw.close()
    assert services.verify_history().first_bad is None
    assert services.verify_history([told]).first_bad is not None


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE disputes_case SET status = 'CLOSED' WHERE status = 'NEW'", "its history ends at NEW"),
        ("UPDATE disputes_case SET revision = revision + 1", "at revision"),
        ("UPDATE disputes_casealert SET amount_minor = 1 WHERE alert_id = 'A7'", "they are not what was filed"),
        ("UPDATE disputes_casealert SET reasons = '[]' WHERE alert_id = 'A7'", "they are not what was filed"),
        ("DELETE FROM disputes_casealert WHERE alert_id = 'A7'", "they are not what was filed"),
        ("UPDATE disputes_audithead SET count = 1", "the head: it says 1 entries"),
    ],
)
def test_what_leans_on_the_history_is_compared_with_it(told: services.Anchor, home: Path, statement: str, fault: str) -> None:
    with sqlite3.connect(home / "disputes.db") as raw:
        raw.execute(statement)
    raw.close()
    audit = services.verify_history([told])
    assert audit.first_bad is None
    assert audit.faults
    assert fault in audit.faults[0]


def test_the_numbers_of_entries_have_no_gap_and_a_step_refused_leaves_none(told: services.Anchor) -> None:
    case_id = services.list_cases("NEW")[0]["case_id"]
    with pytest.raises(services.RefusedChange):
        services.apply(case_id, "approve", actor="wang", role="approver", at=AT)
    assert services.audit_head() == {"count": told.count, "hash": told.hash}
    assert list(CaseEvent.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, told.count + 1))


def test_a_history_from_before_the_chain_is_sealed_when_the_database_is_brought_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: services.Anchor, home: Path
) -> None:
    from django.core.management import call_command

    from fairdeal.disputes.django_setup import migrate

    call_command("migrate", "disputes", "0003", verbosity=0)
    migrate()
    audit = services.verify_history([told])
    assert (audit.entries, audit.faults) == (told.count, ())
    with pytest.raises(sqlite3.IntegrityError, match="added, never changed"), sqlite3.connect(home / "disputes.db") as raw:
        raw.execute("DELETE FROM disputes_caseevent")


def test_who_audits_while_others_work_finds_nothing_amiss(home: Path) -> None:
    services.open_cases([alert(n, f"M{n}") for n in range(150)], run_id="run-1", at=AT)
    assert together(take_or_audit, home, 3) == [[], [], []]
    assert CaseEvent.objects.count() == 300
