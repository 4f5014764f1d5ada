"""From files to feed: run, backfill, schedule, train, simulate, demo, and what the ledger and this machine say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from fairdeal.data_contracts.typologies import Detector, Typology
from fairdeal.pipelines.commands.options import AsJson, Config, Data, Source, print_json, read_instant, read_mapping
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.telling import console, tell

app = typer.Typer()


class Which(StrEnum):
    """Detectors, or all of them."""

    PAYMENTS = "payments"
    DEALS = "deals"
    REVIEWS = "reviews"
    ALL = "all"


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
    return read_instant(settings, "--from", start), read_instant(settings, "--to", end)


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
    _runnable(read_mapping(source, data))
    from fairdeal.pipelines.running import exit_code
    from fairdeal.pipelines.screens import run_screen

    with _flows(settings) as flows:
        summary = flows.daily(begin.isoformat(), finish.isoformat(), str(source.resolve()), _text(data), _text(config))
    run_screen(summary, settings.zone)
    if as_json:
        print_json(summary)
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
    _runnable(read_mapping(source, data))
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
                print_json(summary)
            worst = max(worst, exit_code(summary))
    raise typer.Exit(worst)


@app.command()
def schedule(source: Source, data: Data = None, config: Config = None) -> None:
    """Serve the nightly run of yesterday and the watch over its feed, until stopped.

    Times stand in `[schedule]`; whoever is to be called stands in `[notify]`.

    Example: `fairdeal schedule --source my-shop.toml`
    """
    settings = load_settings(config)
    _runnable(read_mapping(source, data))
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
    """Train detectors on what was known at a moment: the first model of each is champion, a later one challenger.

    A challenger decides nothing until `fairdeal compare` and `fairdeal promote` have put it in the champion's place.

    Example: `fairdeal train payments --source sources/handbook.toml --data DIR --until 2018-07-31 --json`
    """
    from fairdeal.pipelines.screens import training_screen

    settings = load_settings(config)
    _, moment = settings.day_bounds(until)
    _runnable(mapping := read_mapping(source, data))
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
        print_json({result["detector"]: result for result in results})


@app.command()
def simulate(
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")],
    days: Annotated[int, typer.Option("--days", min=1, max=1000, help="How many days.")],
    orders_per_day: Annotated[int, typer.Option("--orders-per-day", min=1, max=1_000_000, help="Honest and fake orders a day, about.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes.")],
    difficulty: Annotated[float, typer.Option("--difficulty", min=0, max=1, help="How well the cheats hide, 0 to 1.")] = 0.5,
    strength: Annotated[float, typer.Option("--strength", help="How much one campaign does, relative to the usual.")] = 1.0,
    share: Annotated[float, typer.Option("--share", help="How much of all trade is fake, relative to the usual; 0 for none.")] = 1.0,
    only: Annotated[list[Typology] | None, typer.Option("--only", help="A cheat that occurs, and no others but those named so.")] = None,
    without: Annotated[list[Typology] | None, typer.Option("--without", help="A cheat that does not occur.")] = None,
    first_day: Annotated[str, typer.Option("--first-day", help="First day, YYYY-MM-DD.")] = "2026-01-01",
    as_json: AsJson = False,
) -> None:
    """Write a marketplace that trades, cheats and complains, as its providers would send it; the truth lies apart in `truth/`.

    Example: `fairdeal simulate --out market --days 30 --orders-per-day 500 --seed 7 --without brushing`
    """
    from fairdeal.simulator.difficulty import Difficulty
    from fairdeal.simulator.simulate import simulate as write

    try:
        start = date.fromisoformat(first_day)
    except ValueError:
        raise WrongUse(f"--first-day: found {first_day!r}; YYYY-MM-DD is allowed; for example 2026-01-01") from None
    try:
        told = write(
            out,
            days=days,
            orders_per_day=orders_per_day,
            seed=seed,
            difficulty=Difficulty(difficulty, strength, share),
            only=only or (),
            without=without or (),
            first_day=start,
            progress=tell,
        )
    except ValueError as error:
        raise WrongUse(str(error)) from None
    tell(f"{sum(told.rows.values()):,} rows from {told.first_day} to {told.last_day}; mapping: {out / 'mapping.toml'}")
    if as_json:
        print_json(told.as_json())


@app.command()
def doctor(config: Config = None, as_json: AsJson = False) -> None:
    """Look at this machine: what is there, what is missing, what to do.

    Example: `fairdeal doctor`
    """
    from fairdeal.pipelines.doctor import examine

    found = examine(load_settings(config))
    if as_json:
        print_json([{"name": finding.name, "state": finding.state, "text": finding.text} for finding in found])
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
        print_json(
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
        print_json(result)
