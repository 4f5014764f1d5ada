"""The ``fairdeal`` command: human text on stderr, what was asked on stdout, an exit code that tells."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from fairdeal.data_contracts.contract import ContractBreach
from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines.errors import DataIsWrong, FairdealError, WrongUse
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.telling import console, tell, tell_error
from fairdeal.sources.mapping_parts import MappingError

app = typer.Typer(
    name="fairdeal",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Finds fake deals, fake reviews and abnormal payments, and brings each one to a fair end.",
)
feed_app = typer.Typer(no_args_is_help=True, help="The daily risk feed: state, verification, the consumer's side.")
cases_app = typer.Typer(no_args_is_help=True, help="The dispute queue from the command line.")
contracts_app = typer.Typer(no_args_is_help=True, help="What the tables promise, and how the last runs' data kept it.")
source_app = typer.Typer(no_args_is_help=True, help="Your own data: what a mapping finds in it.")
app.add_typer(feed_app, name="feed")
app.add_typer(cases_app, name="cases")
app.add_typer(contracts_app, name="contracts")
app.add_typer(source_app, name="source")

Config = Annotated[Path | None, typer.Option("--config", help="Settings file; without it fairdeal.toml is looked for upward.")]
Source = Annotated[Path, typer.Option("--source", help="Mapping file of the source (TOML).")]
Data = Annotated[Path | None, typer.Option("--data", help="Folder that the mapping's paths are relative to; default: the mapping's own.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]


class Which(StrEnum):
    """Detectors, or all of them."""

    PAYMENTS = "payments"
    DEALS = "deals"
    REVIEWS = "reviews"
    ALL = "all"


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def _mapping(source: Path, data: Path | None) -> Any:
    from fairdeal.sources.mapping import load_mapping

    if not source.is_file():
        raise WrongUse(f"--source {source}: no such file; a mapping file is needed; see `fairdeal source check --help`")
    if data is not None and not data.is_dir():
        raise WrongUse(f"--data {data}: no such folder; give the folder that the mapping's paths are relative to")
    return load_mapping(source, data)


def _runnable(mapping: Any) -> None:
    for table in mapping.tables:
        missing = mapping.missing_required(table)
        if missing:
            raise WrongUse(
                f"{mapping.path}, table {table}: {', '.join(missing)} missing; a run needs every key column; map them, or use backtest"
            )


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path.resolve())


@contextmanager
def _flows(settings: Settings) -> Iterator[Any]:
    """The flows module with a Prefect server behind it; a ledger that cannot be opened is told before anything is started."""
    from fairdeal.pipelines.ledger import Ledger
    from fairdeal.pipelines.prefect_server import prefect_server

    Ledger(settings.ledger_url).close()
    with prefect_server(settings.home):
        from fairdeal.pipelines import flows

        yield flows


def _interval(settings: Settings, day: str | None, start: str | None, end: str | None) -> tuple[datetime, datetime]:
    if day is not None and (start or end):
        raise WrongUse("run: found --day together with --from or --to; either a day or an interval is allowed; leave one out")
    if day is not None:
        return settings.day_bounds(day)
    if start is None or end is None:
        raise WrongUse("run: no interval; --day D, or --from T and --to T, is needed; for example --day 2018-08-08")
    return _instant(settings, "--from", start), _instant(settings, "--to", end)


def _instant(settings: Settings, name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"{name}: found {text!r}; an ISO date or time is allowed; for example 2018-08-08T12:00:00+08:00") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=settings.zone)


@app.command()
def run(
    source: Source,
    day: Annotated[str | None, typer.Option("--day", help="Day to run, YYYY-MM-DD in the settings' time zone.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="Beginning of a shorter interval, ISO time.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="End of the interval, not included.")] = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Take a day, or any interval, from raw files to decisions, alerts, cases and the signed feed.

    Safe to give again: an interrupted run is carried on, a finished one stands unless something new became known.

    Example: `fairdeal run --day 2018-08-08 --source sources/handbook.toml --data DIR --json`
    """
    settings = load_settings(config)
    begin, finish = _interval(settings, day, start, end)
    _runnable(_mapping(source, data))
    from fairdeal.pipelines.running import exit_code
    from fairdeal.pipelines.screens import run_screen

    with _flows(settings) as flows:
        summary = flows.daily(begin.isoformat(), finish.isoformat(), str(source.resolve()), _text(data), _text(config))
    run_screen(summary, settings.zone)
    if as_json:
        _print_json(summary)
    raise typer.Exit(exit_code(summary))


@app.command()
def backfill(
    source: Source,
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last day, YYYY-MM-DD, included.")],
    data: Data = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per day on stdout, a line each.")] = False,
) -> None:
    """Run several days one by one, oldest first; days that are done stand.

    Example: `fairdeal backfill --from 2018-08-08 --to 2018-08-14 --source sources/handbook.toml --data DIR`
    """
    settings = load_settings(config)
    settings.day_bounds(first), settings.day_bounds(last)
    _runnable(_mapping(source, data))
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days
    if days < 0:
        raise WrongUse(f"backfill: found --from {first} after --to {last}; the first day must not be later; swap them")
    from fairdeal.pipelines.running import exit_code
    from fairdeal.pipelines.screens import run_screen

    worst = 0
    with _flows(settings) as flows:
        for offset in range(days + 1):
            begin, finish = settings.day_bounds((date.fromisoformat(first) + timedelta(days=offset)).isoformat())
            summary = flows.daily(begin.isoformat(), finish.isoformat(), str(source.resolve()), _text(data), _text(config))
            run_screen(summary, settings.zone)
            if as_json:
                _print_json(summary)
            worst = max(worst, exit_code(summary))
    raise typer.Exit(worst)


@app.command()
def schedule(source: Source, data: Data = None, config: Config = None) -> None:
    """Serve the nightly run of yesterday and the watch over its feed, until stopped.

    Times stand in `[schedule]`; whoever is to be called stands in `[notify]`.

    Example: `fairdeal schedule --source my-shop.toml`
    """
    settings = load_settings(config)
    _runnable(_mapping(source, data))
    with _flows(settings):
        from fairdeal.pipelines.scheduling import serve_schedule

        tell(
            f"the run starts at {settings.schedule.at}, the feed is due at {settings.schedule.feed_due}, {settings.time_zone}; Ctrl-C stops"
        )
        serve_schedule(settings, str(source.resolve()), _text(data), _text(config))


@app.command()
def train(
    source: Source,
    until: Annotated[str, typer.Option("--until", help="What is known at the end of this day, YYYY-MM-DD, is learned from.")],
    which: Annotated[Which, typer.Argument(help="Which detector.")] = Which.ALL,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Train detectors on what was known at a moment, and make them champions.

    Example: `fairdeal train payments --source sources/handbook.toml --data DIR --until 2018-07-31 --json`
    """
    from fairdeal.pipelines.screens import training_screen

    settings = load_settings(config)
    _, moment = settings.day_bounds(until)
    _runnable(mapping := _mapping(source, data))
    tables = {*mapping.tables}
    detectors = [
        detector for detector in Detector if which in (Which.ALL, detector.value) and (which is not Which.ALL or detector.table in tables)
    ]
    absent = [detector.value for detector in detectors if detector.table not in tables]
    if absent:
        raise WrongUse(
            f"{source}: no [{Detector(absent[0]).table}], which the {absent[0]} detector learns from; it has {', '.join(sorted(tables))}"
        )
    with _flows(settings) as flows:
        results = flows.train(
            [detector.value for detector in detectors], moment.isoformat(), str(source.resolve()), _text(data), _text(config)
        )
    training_screen(results)
    if as_json:
        _print_json({result["detector"]: result for result in results})


@app.command()
def simulate(
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")],
    days: Annotated[int, typer.Option("--days", min=1, max=1000, help="How many days.")],
    orders_per_day: Annotated[int, typer.Option("--orders-per-day", min=1, max=1_000_000, help="Honest and fake orders a day, about.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes.")],
    difficulty: Annotated[float, typer.Option("--difficulty", min=0, max=1, help="How well the cheats hide, 0 to 1.")] = 0.5,
    first_day: Annotated[str, typer.Option("--first-day", help="First day, YYYY-MM-DD.")] = "2026-01-01",
    as_json: AsJson = False,
) -> None:
    """Write a marketplace that trades, cheats and complains, as its providers would send it; the truth lies apart in `truth/`.

    Example: `fairdeal simulate --out market --days 30 --orders-per-day 500 --seed 7`
    """
    from fairdeal.simulator.simulate import simulate as write

    try:
        start = date.fromisoformat(first_day)
    except ValueError:
        raise WrongUse(f"--first-day: found {first_day!r}; YYYY-MM-DD is allowed; for example 2026-01-01") from None
    try:
        told = write(out, days=days, orders_per_day=orders_per_day, seed=seed, difficulty=difficulty, first_day=start, progress=tell)
    except ValueError as error:
        raise WrongUse(str(error)) from None
    tell(f"{sum(told.rows.values()):,} rows from {told.first_day} to {told.last_day}; mapping: {out / 'mapping.toml'}")
    if as_json:
        _print_json(told.as_json())


@app.command()
def doctor(config: Config = None, as_json: AsJson = False) -> None:
    """Look at this machine: what is there, what is missing, what to do.

    Example: `fairdeal doctor`
    """
    from fairdeal.pipelines.doctor import examine

    found = examine(load_settings(config))
    if as_json:
        _print_json([{"name": finding.name, "state": finding.state, "text": finding.text} for finding in found])
    colours = {"ok": "green", "missing": "yellow", "broken": "red"}
    for finding in found:
        console.print(f"[{colours[finding.state]}]{finding.state:>8}[/] {finding.name:<18} {escape(finding.text)}")
    raise typer.Exit(3 if any(finding.state == "broken" for finding in found) else 0)


@app.command()
def runs(config: Config = None, as_json: AsJson = False) -> None:
    """List the runs that the ledger knows.

    Example: `fairdeal runs --json`
    """
    from fairdeal.pipelines.ledger import Ledger

    ledger = Ledger(load_settings(config).ledger_url)
    found = ledger.runs()
    ledger.close()
    if as_json:
        _print_json(
            [
                {
                    "run_id": run.run_id,
                    "source": run.source,
                    "interval": [run.interval_from, run.interval_to],
                    "revision": run.revision,
                    "status": run.status,
                }
                for run in found
            ]
        )
    for run in found:
        told = f"{run.run_id}  {run.source}  {run.interval_from} – {run.interval_to}  revision {run.revision}  {run.status}"
        console.print(told, markup=False)


@app.command()
def demo(
    days: Annotated[int, typer.Option("--days", min=40, max=400, help="Days to simulate.")] = 60,
    orders_per_day: Annotated[int, typer.Option("--orders-per-day", min=100, max=20_000, help="Orders a day, about.")] = 400,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the simulated marketplace.")] = 7,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Simulate a marketplace, train on its past, run its last days one by one, and show what came of it.

    Example: `fairdeal demo`
    """
    from fairdeal.pipelines.demo import play

    settings = load_settings(config)
    result = play(settings, days=days, orders_per_day=orders_per_day, seed=seed, config=_text(config))
    if as_json:
        _print_json(result)


@app.command("console")
def open_console(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 8000,
    config: Config = None,
) -> None:
    """Start the console of the dispute queue; the first time it prints a one-time password.

    Example: `fairdeal console --port 8000`
    """
    from fairdeal.disputes import django_setup

    settings = load_settings(config)
    django_setup.configure(settings.home, database_url=settings.database.disputes_url, time_zone=settings.time_zone)
    django_setup.migrate()
    first = django_setup.create_first_user()
    console.print(f"Console: [bold]http://{host}:{port}/[/]")
    if first is not None:
        console.print(f"First account: [bold]{first[0]}[/], one-time password: [bold]{first[1]}[/] (you will be asked for a new one)")
    django_setup.serve(host, port)


def _cases(config: Path | None) -> Any:
    from fairdeal.disputes import django_setup

    settings = load_settings(config)
    django_setup.configure(settings.home, database_url=settings.database.disputes_url, time_zone=settings.time_zone)
    django_setup.migrate()
    from fairdeal.disputes import services

    return services


@cases_app.command("list")
def cases_list(
    status: Annotated[str | None, typer.Option("--status", help="Only cases in this status.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 20,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List cases, most money at risk first.

    Example: `fairdeal cases list --status NEW --limit 10`
    """
    from fairdeal.pipelines.screens import cases_screen

    found = _cases(config).list_cases(status, limit)
    if as_json:
        _print_json(found)
    cases_screen(found)


@cases_app.command("show")
def cases_show(case_id: str, config: Config = None) -> None:
    """Print one case as JSON: members, reasons, events.

    Example: `fairdeal cases show C0123456789abcdef`
    """
    _print_json(_cases(config).show_case(case_id))


@cases_app.command("decide")
def cases_decide(
    case_id: str,
    code: Annotated[str, typer.Option("--code", help="Close code, for example action_confirmed or false_positive.")],
    maker: Annotated[str, typer.Option("--maker", help="Who proposes.")],
    checker: Annotated[str, typer.Option("--checker", help="Who approves; somebody else.")],
    reason: Annotated[list[str], typer.Option("--reason", help="Why; may be given several times.")],
    config: Config = None,
) -> None:
    """Decide a case: one person proposes, another approves; the next feed confirms or lifts.

    Example: `fairdeal cases decide C0123… --code false_positive --maker li --checker wang --reason "bulk buyer, verified by phone"`
    """
    _cases(config).decide(case_id, maker=maker, checker=checker, close_code=code, findings=None, reasons=reason, at=datetime.now(UTC))
    tell(f"{case_id}: {code}; the next run publishes it and learns from it")


@contracts_app.command("report")
def contracts_report(
    out: Annotated[Path | None, typer.Option("--out", help="Where to write the page; default: report.html in the home folder.")] = None,
    last: Annotated[int, typer.Option("--last", min=1, max=1000, help="How many runs.")] = 30,
    config: Config = None,
) -> None:
    """Render how the last runs' data kept its contracts, as one HTML page that is whole without a network.

    Example: `fairdeal contracts report --out report.html`
    """
    from fairdeal.pipelines.reporting import contract_report

    settings = load_settings(config)
    target = out or settings.home / "report.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(contract_report(settings, last), encoding="utf-8")
    tell(f"written: {target}")


@contracts_app.command("quarantine")
def contracts_quarantine(
    source: Annotated[str | None, typer.Option("--source-name", help="Only this source, by the name in its mapping.")] = None,
    table: Annotated[str | None, typer.Option("--table", help="Only this table.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many on the screen, the newest; --json gives all.")] = 30,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the rows that were set aside: file, line, column, rule.

    Example: `fairdeal contracts quarantine --table payments`
    """
    from fairdeal.pipelines.reporting import quarantined
    from fairdeal.pipelines.screens import quarantine_screen

    found = quarantined(load_settings(config), source=source, table=table)
    if as_json:
        _print_json(found.to_dicts())
    quarantine_screen(found, limit)


@contracts_app.command("dictionary")
def contracts_dictionary() -> None:
    """Print the data dictionary as Markdown.

    Example: `fairdeal contracts dictionary > docs/data_dictionary.md`
    """
    from fairdeal.data_contracts.dictionary import render_dictionary

    sys.stdout.write(render_dictionary())


@source_app.command("check")
def source_check(mapping: Annotated[Path, typer.Argument(help="Mapping file (TOML).")], data: Data = None, as_json: AsJson = False) -> None:
    """Explain what a mapping finds: what matched, what is missing, which signals will be blind. Changes nothing.

    Example: `fairdeal source check sources/handbook.toml --data DIR`
    """
    from fairdeal.sources.check import check

    found = check(_mapping(mapping, data))
    if as_json:
        sys.stdout.write(found.as_json() + "\n")
    else:
        console.print(found.as_text(), markup=False)
    raise typer.Exit(0 if found.ok else 1)


def _feed_keys(settings: Settings, keys: Path | None) -> Any:
    from fairdeal.control_center.keys import KeyRing
    from fairdeal.pipelines.keys import ring_path

    path = keys or ring_path(settings.home, "feed")
    if not path.is_file():
        raise WrongUse(f"{path}: no key ring; a feed is verified with the publisher's public keys; give them with --keys")
    return KeyRing.parse(path.read_bytes())


Keys = Annotated[Path | None, typer.Option("--keys", help="Key ring of the publisher; default: this home's own.")]
At = Annotated[str | None, typer.Option("--at", help="Consumer's clock, ISO time, for past feeds; default: now.")]


def _now(settings: Settings, at: str | None) -> datetime:
    return _instant(settings, "--at", at) if at else datetime.now(UTC)


def _consumer(settings: Settings) -> Path:
    return settings.home / "consumer"


@feed_app.command("verify")
def feed_verify(folder: Path, keys: Keys = None, config: Config = None, as_json: AsJson = False) -> None:
    """Say yes, or exactly what is wrong with a feed; exit code 0 or 1.

    Example: `fairdeal feed verify .fairdeal/feed/2018-08-08`
    """
    from fairdeal.control_center.verification import verify

    faults = verify(folder, _feed_keys(load_settings(config), keys))
    if as_json:
        _print_json({"folder": str(folder), "ok": not faults, "faults": faults})
    if faults:
        raise DataIsWrong("\n".join(faults))
    console.print(f"[green]yes[/] {escape(str(folder))}: complete, signed and reconciled")


@feed_app.command("apply")
def feed_apply(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of one feed; without it the newest, through those that were missed.")
    ] = None,
    keys: Keys = None,
    at: At = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Take a feed as its consumer does: verify, put in force or keep the last good one, acknowledge.

    Example: `fairdeal feed apply .fairdeal/feed/2018-08-08 --at 2018-08-09T04:00:00+08:00`
    """
    from fairdeal.control_center.consumer import Refused, catch_up, consume

    settings = load_settings(config)
    ring, now = _feed_keys(settings, keys), _now(settings, at)
    if folder is None:
        result = catch_up(settings.home / "feed", _consumer(settings), keys=ring, now=now)
    else:
        result = consume(folder, _consumer(settings), keys=ring, now=now)
    if isinstance(result, Refused):
        if as_json:
            _print_json({"applied": False, "reasons": list(result.reasons)})
        raise DataIsWrong("\n".join(["refused, the last good feed stays in force:", *result.reasons]))
    if as_json:
        _print_json({"applied": True, "feed_seq": result.feed_seq, "rows": result.rows})
    console.print(f"[green]in force[/] feed {result.feed_seq} with {result.rows} rows, acknowledged")


@feed_app.command("status")
def feed_status(at: At = None, config: Config = None, as_json: AsJson = False) -> None:
    """Show the latest feed, its age, and whether it was acknowledged.

    Example: `fairdeal feed status`
    """
    from fairdeal.control_center.status import status

    settings = load_settings(config)
    found = status(settings.home / "feed", _consumer(settings), _now(settings, at))
    if as_json:
        _print_json(found)
        return
    for name, value in found.items():
        if name != "warnings":
            console.print(f"{name:>18}  {value}", markup=False)
    for warning in found.get("warnings", []):
        console.print(f"[yellow]![/] {escape(warning)}")


@feed_app.command("rotate-key")
def feed_rotate_key(config: Config = None) -> None:
    """Sign with a new key from now on; the old one still verifies for seven days. Hand the new key ring to the consumers first.

    Example: `fairdeal feed rotate-key`
    """
    from fairdeal.pipelines.keys import ring_path, rotate

    settings = load_settings(config)
    key = rotate(settings.home, "feed", at=datetime.now(UTC))
    console.print(f"signing key {key.key_id}; key ring for the consumers: {ring_path(settings.home, 'feed')}")


def _known_failure(error: Exception) -> int | None:
    """The exit code of an error whose message is made for people, or None."""
    from fairdeal.disputes.refused import RefusedChange
    from fairdeal.models.errors import ModelError

    if isinstance(error, FairdealError):
        return error.exit_code
    if isinstance(error, MappingError | ModelError | RefusedChange):
        return 2
    if isinstance(error, ContractBreach):
        return 1
    return None


def _quiet() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    from fairdeal.sources.masking_logs import MaskingFilter

    for handler in logging.getLogger().handlers:
        handler.addFilter(MaskingFilter())
    for chatty in ("great_expectations", "mlflow", "alembic", "prefect"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    warnings.simplefilter("ignore")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")


def main() -> None:
    """Runs the command; every failure ends in one message and an exit code, never in a traceback.

    Exit codes: 0 fine · 1 the data or feed is wrong · 2 wrong use · 3 outside failure.
    """
    _quiet()
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        _tell_usage(error)
        code = 2
    except (KeyboardInterrupt, typer.Abort):
        console.print("stopped; give the command again to carry on")
        code = 130
    except Exception as error:
        known = _known_failure(error)
        if known is not None:
            tell_error(str(error))
            code = known
        else:
            tell_error(f"{_unforeseen(error)}; the details are in {_keep_details()}")
            code = 3
    sys.exit(code if isinstance(code, int) else 0)


def _tell_usage(error: typer.TyperException) -> None:
    """What is wrong with the command's words; where only help was asked for, there is nothing to add."""
    context = getattr(error, "ctx", None)
    where = context.command_path if context is not None else "fairdeal"
    if error.format_message():
        tell_error(f"{where}: {error.format_message().rstrip('.')}; see `{where} --help`")


def _unforeseen(error: Exception) -> str:
    """An error that nobody wrote a sentence for."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}; it must be there and within reach; correct the place or its rights and try again"
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


def _keep_details() -> Path:
    """Writes the traceback, masked, for a developer, where a user need not see it: in the home folder, else a temporary file."""
    from fairdeal.sources.masking import mask_text

    details = mask_text(traceback.format_exc())
    try:
        path = load_settings().home / "errors" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(details, encoding="utf-8")
    except (FairdealError, OSError):
        handle, name = tempfile.mkstemp(prefix="fairdeal-", suffix=".txt")
        path = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(details)
    return path
