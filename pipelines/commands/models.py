"""Models: what is registered, champion against challenger, promotion by two people, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines.commands.options import AsJson, Config, Data, Source, print_json, read_mapping
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.settings import load_settings
from fairdeal.pipelines.telling import tell

app = typer.Typer()
Which = Annotated[Detector, typer.Argument(help="Which detector.")]
Until = Annotated[str, typer.Option("--until", help="What is known at the end of this day, YYYY-MM-DD, is the truth.")]
Report = Annotated[Path | None, typer.Option("--report", help="Folder for an HTML report with its picture.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the promotion.")]


@contextmanager
def _at_the_end_of(day: str, source: Path, data: Path | None, config: Path | None) -> Iterator[tuple[Any, datetime]]:
    """A source's workplace, and the moment at which a day ends."""
    from fairdeal.pipelines.workplace import open_workplace

    settings = load_settings(config)
    _, moment = settings.day_bounds(day)
    place = open_workplace(settings, read_mapping(source, data), tell)
    try:
        yield place, moment
    finally:
        place.ledger.close()


@app.command("models")
def list_models(config: Config = None, as_json: AsJson = False) -> None:
    """List every registered model, which decides, which waits, and who promoted what.

    Example: `fairdeal models`
    """
    from fairdeal.pipelines import registry
    from fairdeal.pipelines.ledger import Ledger
    from fairdeal.pipelines.model_screens import models_screen
    from fairdeal.pipelines.promoting import history

    settings = load_settings(config)
    ledger = Ledger(settings.ledger_url)
    found: dict[str, Any] = {
        detector.value: {
            "models": [{**model.as_dict(), **about} for model, about in registry.versions(settings.home, detector)],
            "promotions": history(ledger, detector),
        }
        for detector in Detector
    }
    ledger.close()
    models_screen(found)
    if as_json:
        print_json(found)


@app.command()
def rebuild(
    detector: Which,
    model: Annotated[str | None, typer.Option("--model", help="Its version, as `fairdeal models` tells it; default: the champion.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make a registered model again from the rows, labels, features and settings that its manifest names, and say whether it is the same.

    Example: `fairdeal rebuild payments`
    """
    from fairdeal.pipelines import registry
    from fairdeal.pipelines.ledger import Ledger
    from fairdeal.pipelines.rebuilding import rebuild as make_again

    settings = load_settings(config)
    known = registry.versions(settings.home, detector)
    found = [one for one, about in known if (model is None and "champion" in about["standings"]) or one.model_version == model]
    if not found:
        names = ", ".join(one.model_version for one, _ in known) or "none"
        raise WrongUse(f"rebuild: {detector} has no {model or 'champion'}; registered are {names}; name one of these")
    ledger = Ledger(settings.ledger_url)
    try:
        told = make_again(settings, ledger, found[0], tell)
    finally:
        ledger.close()
    if told["same"]:
        tell(f"{told['model_version']}: the same to the last bit")
    else:
        tell(f"{told['model_version']}: another model came of it, {told['rebuilt_version']}: {'; '.join(told['because'])}")
    if as_json:
        print_json(told)
    raise typer.Exit(0 if told["same"] else 1)


@app.command()
def features() -> None:
    """Print the catalogue of features as Markdown: what each is made of, what it is there for, what null means, how it is told.

    Example: `fairdeal features > docs/features.md`
    """
    from fairdeal.features.catalogue import render_catalogue

    typer.echo(render_catalogue(), nl=False)


@app.command()
def compare(
    detector: Which,
    source: Source,
    until: Until,
    days: Annotated[int, typer.Option("--days", min=1, max=400, help="How many days are judged, the last whose labels are ripe.")] = 14,
    report: Report = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Hold the challenger against the champion on the same past days: money, hours, honest people disturbed, and in the field's terms.

    No day judges a model that it taught: where one has learned from these days, a twin that learned from earlier ones stands in.

    Example: `fairdeal compare payments --source my-shop.toml --until 2026-03-01 --days 14 --report compared`
    """
    from fairdeal.pipelines.comparing import compare_models
    from fairdeal.pipelines.comparison_report import write_comparison
    from fairdeal.pipelines.model_screens import comparison_screen

    with _at_the_end_of(until, source, data, config) as (place, moment):
        told = compare_models(place, detector, until=moment, days=days)
    if report is not None:
        told["report"] = str(write_comparison(told, report))
    comparison_screen(told)
    if as_json:
        print_json(told)


@app.command()
def watch(
    source: Source,
    until: Annotated[str, typer.Option("--until", help="The week ends with this day, YYYY-MM-DD.")],
    report: Annotated[Path | None, typer.Option("--report", help="Folder for the page; default: watch/DAY in the home folder.")] = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Look at a week: what has moved since the four weeks before, the models on ripe days, label delay, alerts by reason, data; alarms.

    Example: `fairdeal watch --source my-shop.toml --until 2026-03-01`
    """
    from fairdeal.pipelines.model_screens import watch_screen
    from fairdeal.pipelines.watch_report import write_watch
    from fairdeal.pipelines.watching import watch as look

    with _at_the_end_of(until, source, data, config) as (place, moment):
        told = look(place, moment)
    told["report"] = str(write_watch(told, report or place.home / "watch" / until))
    watch_screen(told)
    if as_json:
        print_json(told)


@app.command()
def whatif(
    detector: Which,
    source: Source,
    until: Until,
    change: Annotated[list[str], typer.Option("--set", help="A setting under policy, capacity or loss, NAME=VALUE; may be repeated.")],
    days: Annotated[int, typer.Option("--days", min=1, max=400, help="How many days, the last whose labels are ripe.")] = 28,
    report: Report = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Decide past days again under another threshold, policy, loss or number of people: who saves and loses what, hours, honest people.

    Example: `fairdeal whatif payments --source my-shop.toml --until 2026-03-01 --set policy.hold.friction_minor=800`
    """
    from fairdeal.pipelines.model_screens import whatif_screen
    from fairdeal.pipelines.whatif import what_if
    from fairdeal.pipelines.whatif_report import write_what_if

    with _at_the_end_of(until, source, data, config) as (place, moment):
        told = what_if(place, detector, change, until=moment, days=days)
    if report is not None:
        told["report"] = str(write_what_if(told, report))
    whatif_screen(told)
    if as_json:
        print_json(told)


@app.command()
def promote(
    detector: Which,
    maker: Annotated[str | None, typer.Option("--maker", help="Who proposes the challenger.")] = None,
    checker: Annotated[str | None, typer.Option("--checker", help="Who approves what was proposed; somebody else.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; with --maker.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Put the challenger in the champion's place: one person proposes, another approves, both with this command.

    The newest comparison must allow it. From the next run on the new champion decides; `fairdeal rollback` takes it back.

    Example: `fairdeal promote payments --maker chen --reason "finds card tests"`, then `fairdeal promote payments --checker zhao`
    """
    from fairdeal.pipelines.ledger import Ledger
    from fairdeal.pipelines.promoting import approve, propose

    if (maker is None) == (checker is None) or (maker is not None) != (reason is not None):
        raise WrongUse("promote: allowed are --maker with --reason, which proposes, or --checker, which approves; give one of them")
    settings = load_settings(config)
    ledger, at = Ledger(settings.ledger_url), datetime.now(UTC)
    try:
        if maker is not None:
            entry = propose(settings.home, ledger, detector, maker=maker, reason=str(reason), at=at)
            tell(f"{detector}: {entry['model']['model_version']} is proposed by {maker}; somebody else approves it with --checker")
        else:
            entry = approve(settings.home, ledger, detector, checker=str(checker), at=at)
            tell(f"{detector}: {entry['model']['model_version']} is champion; the next run decides by it")
    finally:
        ledger.close()
    if as_json:
        print_json(entry)


@app.command()
def rollback(
    detector: Which,
    person: Annotated[str, typer.Option("--by", help="Who takes it back.")],
    reason: Reason,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make the champion that the present one replaced champion again, at once.

    Example: `fairdeal rollback payments --by zhao --reason "blocks regular buyers since Tuesday"`
    """
    from fairdeal.pipelines.ledger import Ledger
    from fairdeal.pipelines.promoting import roll_back

    settings = load_settings(config)
    ledger = Ledger(settings.ledger_url)
    try:
        entry = roll_back(settings.home, ledger, detector, person=person, reason=reason, at=datetime.now(UTC))
    finally:
        ledger.close()
    tell(f"{detector}: {entry['model']['model_version']} is champion again; the next run decides by it")
    if as_json:
        print_json(entry)
