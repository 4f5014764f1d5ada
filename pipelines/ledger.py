"""The run ledger: what was read, which run froze what, which step is done, which feed went out. Ours, in the database.

Everything else (Parquet files, feed folders, MLflow, Prefect's own state) may be lost or left half done; what counts is what a committed
transaction here points to. A step's outputs and the fact that it is done are one transaction.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fairdeal.pipelines.canonical_json import dumps, loads
from fairdeal.pipelines.errors import OutsideFailure, WrongUse

metadata = sa.MetaData()

FILES = sa.Table(
    "source_file",
    metadata,
    sa.Column("source", sa.String(128), primary_key=True),
    sa.Column("path", sa.String(1024), primary_key=True),
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("mapping_sha256", sa.String(64), primary_key=True),
    sa.Column("batch_id", sa.String(64), nullable=False),
    sa.Column("report", sa.Text, nullable=False),
)
PEEKS = sa.Table(
    "source_peek",
    metadata,
    sa.Column("source", sa.String(128), primary_key=True),
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("mapping_sha256", sa.String(64), primary_key=True),
    sa.Column("first_known_s", sa.BigInteger, nullable=True),
)
BATCHES = sa.Table(
    "batch",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("batch_id", sa.String(64), nullable=False, unique=True),
    sa.Column("source", sa.String(128), nullable=False),
    sa.Column("first_known_s", sa.BigInteger, nullable=True),
    sa.Column("report", sa.Text, nullable=False),
)
#: Deliveries that broke a contract's limit: nothing of them counts, but what was wrong with them is known.
REFUSED = sa.Table(
    "refused_delivery",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("batch_id", sa.String(64), nullable=False, unique=True),
    sa.Column("source", sa.String(128), nullable=False),
    sa.Column("report", sa.Text, nullable=False),
)
LAKE = sa.Table(
    "lake_file",
    metadata,
    sa.Column("batch_id", sa.String(64), primary_key=True),
    sa.Column("table_name", sa.String(64), primary_key=True),
    sa.Column("path", sa.String(1024), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
)
RUNS = sa.Table(
    "run",
    metadata,
    sa.Column("run_id", sa.String(64), primary_key=True),
    sa.Column("source", sa.String(128), nullable=False),
    sa.Column("interval_from", sa.String(40), nullable=False),
    sa.Column("interval_to", sa.String(40), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("frozen", sa.Text, nullable=True),
    sa.Column("summary", sa.Text, nullable=True),
    sa.UniqueConstraint("source", "interval_from", "interval_to", "revision"),
)
STEPS = sa.Table(
    "step",
    metadata,
    sa.Column("run_id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("result", sa.Text, nullable=False),
)
LABELS = sa.Table(
    "label",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("label_id", sa.String(64), nullable=False, unique=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("verdict_seq", sa.BigInteger, nullable=False),
)
#: What people said of reasons, by the number of the entry in the queue's history that says so.
REASON_MARKS = sa.Table(
    "reason_mark",
    metadata,
    sa.Column("mark_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("content", sa.Text, nullable=False),
)
FEEDS = sa.Table(
    "feed",
    metadata,
    sa.Column("feed_seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("day", sa.String(10), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("run_id", sa.String(64), nullable=False, unique=True),
    sa.Column("path", sa.String(1024), nullable=False),
    sa.Column("manifest_sha256", sa.String(64), nullable=False),
    sa.Column("manifest", sa.Text, nullable=False),
    sa.UniqueConstraint("day", "revision"),
)
#: Champion and challenger on the same days, as a promotion rests on it.
COMPARISONS = sa.Table(
    "comparison",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("comparison_id", sa.String(64), nullable=False, unique=True),
    sa.Column("detector", sa.String(16), nullable=False),
    sa.Column("content", sa.Text, nullable=False),
)
#: Who made which model champion, or proposed it; never changed, only added to.
PROMOTIONS = sa.Table(
    "promotion",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("detector", sa.String(16), nullable=False),
    sa.Column("event", sa.String(16), nullable=False),
    sa.Column("content", sa.Text, nullable=False),
)


@dataclass(frozen=True)
class Run:
    """One row of the run table."""

    run_id: str
    source: str
    interval_from: str
    interval_to: str
    revision: int
    status: str
    request: dict[str, Any]
    frozen: dict[str, Any] | None
    summary: dict[str, Any] | None


class Ledger:
    """The ledger in one database.

    Parameters
    ----------
    url
        SQLAlchemy address. SQLite runs in WAL with full sync: a committed transaction survives a power cut.
    """

    def __init__(self, url: str) -> None:
        try:
            self.engine = sa.create_engine(url, json_serializer=dumps)
            if self.engine.dialect.name == "sqlite":
                Path(self.engine.url.database or "").parent.mkdir(parents=True, exist_ok=True)
                sa.event.listen(self.engine, "connect", _sqlite_settings)
                sa.event.listen(self.engine, "begin", _sqlite_begin)
            metadata.create_all(self.engine)
        except (sa.exc.SQLAlchemyError, OSError, ModuleNotFoundError) as error:
            raise OutsideFailure(
                f"run ledger: cannot be opened ({str(error).splitlines()[0]}); a reachable database is needed; "
                "check [database] url, or the home folder"
            ) from error

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """All or nothing: what is written inside is there together or not at all."""
        with self.engine.execution_options(writes=True).begin() as connection:
            yield connection

    # Runs and steps.

    def runs(self, source: str | None = None, interval: tuple[str, str] | None = None) -> list[Run]:
        """Runs, oldest revision first."""
        query = sa.select(RUNS).order_by(RUNS.c.interval_to, RUNS.c.revision)
        if source is not None:
            query = query.where(RUNS.c.source == source)
        if interval is not None:
            query = query.where(RUNS.c.interval_from == interval[0], RUNS.c.interval_to == interval[1])
        with self.engine.connect() as connection:
            return [_run(row) for row in connection.execute(query).mappings()]

    def run(self, run_id: str) -> Run:
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(RUNS).where(RUNS.c.run_id == run_id)).mappings().first()
        if row is None:
            raise WrongUse(f"run {run_id}: the ledger knows no such run; `fairdeal runs` lists them")
        return _run(row)

    def start(self, run: Run) -> None:
        with self.transaction() as tx:
            tx.execute(
                sa.insert(RUNS).values(
                    run_id=run.run_id,
                    source=run.source,
                    interval_from=run.interval_from,
                    interval_to=run.interval_to,
                    revision=run.revision,
                    status="running",
                    request=dumps(run.request),
                )
            )

    def freeze(self, tx: sa.Connection, run_id: str, frozen: dict[str, Any]) -> None:
        """Writes down a run's inputs, once."""
        changed = tx.execute(sa.update(RUNS).where(RUNS.c.run_id == run_id, RUNS.c.frozen.is_(None)).values(frozen=dumps(frozen)))
        if changed.rowcount != 1:
            raise OutsideFailure(f"run {run_id}: its inputs were frozen already by another process; run the command again to continue it")

    def discard_unfrozen(self, run_id: str) -> None:
        """Forgets a run whose inputs were never frozen; a frozen run stays."""
        with self.transaction() as tx:
            if tx.execute(sa.delete(RUNS).where(RUNS.c.run_id == run_id, RUNS.c.frozen.is_(None))).rowcount:
                tx.execute(sa.delete(STEPS).where(STEPS.c.run_id == run_id))

    def finish(self, run_id: str, summary: dict[str, Any]) -> None:
        with self.transaction() as tx:
            tx.execute(sa.update(RUNS).where(RUNS.c.run_id == run_id).values(status="done", summary=dumps(summary)))

    def step_result(self, run_id: str, name: str) -> dict[str, Any] | None:
        """What a done step left, or None where it is not done."""
        with self.engine.connect() as connection:
            text = connection.execute(sa.select(STEPS.c.result).where(STEPS.c.run_id == run_id, STEPS.c.name == name)).scalar()
        return None if text is None else loads(text)

    def cases_opened(self) -> int:
        """How many cases all runs have opened."""
        with self.engine.connect() as connection:
            results = connection.execute(sa.select(STEPS.c.result).where(STEPS.c.name == "open_cases")).scalars().all()
        return sum(loads(result)["opened"] for result in results)

    def step_done(self, tx: sa.Connection, run_id: str, name: str, result: dict[str, Any]) -> None:
        tx.execute(sa.insert(STEPS).values(run_id=run_id, name=name, result=dumps(result)))


def _run(row: Any) -> Run:
    return Run(
        row["run_id"],
        row["source"],
        row["interval_from"],
        row["interval_to"],
        row["revision"],
        row["status"],
        loads(row["request"]),
        loads(row["frozen"]) if row["frozen"] else None,
        loads(row["summary"]) if row["summary"] else None,
    )


def _sqlite_settings(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin and commit ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=20000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


@contextmanager
def only_one(home: Path, name: str) -> Iterator[None]:
    """Holds a lock that the system releases when the process ends, however it ends.

    Raises
    ------
    WrongUse
        When another process holds it.
    """
    (home / "locks").mkdir(parents=True, exist_ok=True)
    with (home / "locks" / f"{name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WrongUse(
                f"{name}: another process is at work on it; one at a time is allowed; wait for it to end and run again"
            ) from None
        yield
