"""How good a detector is on anyone's labelled data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.learn import Learn
from fairdeal.pipelines.commands.options import AsJson, Config, Data, Source, print_json, read_mapping
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.settings import load_settings
from fairdeal.pipelines.telling import tell

app = typer.Typer()


@app.command()
def backtest(
    detector: Annotated[Detector, typer.Option("--detector", help="Which detector.")],
    source: Annotated[Path | None, typer.Option("--source", help="Mapping file of the labelled source (TOML).")] = None,
    split: Annotated[
        str | None,
        typer.Option("--split", help="time:train=7d,delay=7d,test=7d,folds=4 · time:train_share=0.7 · groups:COL,folds=5 · random:folds=5"),
    ] = None,
    learned: Annotated[Path | None, typer.Option("--train", help="Mapping file of what is learned from, with --test.")] = None,
    judged: Annotated[Path | None, typer.Option("--test", help="Mapping file of what is judged, with --train.")] = None,
    learn: Annotated[Learn, typer.Option("--learn", help="From labels; or what is unusual, with others' known history or without.")] = (
        Learn.LABELS
    ),
    report: Annotated[Path | None, typer.Option("--report", help="Folder for an HTML report and its pictures.")] = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Train a detector as the product trains it, on your labelled data, and judge it on what it could not know.

    Folds by time wait for labels as long as labels take; rows of one group stay in one fold; a set-up that leaks is refused with the
    reason, unless it is asked for as `random:`, which is stamped as no honest estimate.

    Example: `fairdeal backtest --source M.toml --data DIR --detector payments --split time:train=7d,delay=7d,test=7d --json`
    """
    from fairdeal.models.split_grammar import parse_split
    from fairdeal.pipelines.backtest_report import write_report
    from fairdeal.pipelines.backtesting import backtest as run_backtest
    from fairdeal.pipelines.screens import backtest_screen
    from fairdeal.pipelines.whole_source import read_whole

    settings = load_settings(config)
    pair = learned is not None and judged is not None
    if pair == (source is not None) or pair == (split is not None) or (learned is None) != (judged is None):
        raise WrongUse(
            "backtest: allowed are --source with --split, or --train with --test; for example --source M.toml --split random:folds=5"
        )
    one = read_whole(read_mapping(source or learned, data), tell)  # type: ignore[arg-type]
    other = None if judged is None else read_whole(read_mapping(judged, data), tell)
    found = run_backtest(
        detector,
        one,
        None if split is None else parse_split(split),
        test_source=other,
        learn=learn,
        seed=settings.train.seed,
        words=split or f"{learned} → {judged}",
        progress=tell,
    )
    if report is not None:
        found.figures["report"] = str(write_report(found, report))
    backtest_screen(found.figures)
    if as_json:
        print_json(found.figures)


@app.command()
def rings(
    source: Source,
    table: Annotated[str, typer.Option("--table", help="Whose rows join actors to targets: orders, payments or reviews.")] = "orders",
    actors: Annotated[str | None, typer.Option("--actors", help="Column that names who acts; the table's own when omitted.")] = None,
    targets: Annotated[str | None, typer.Option("--targets", help="Column that names at whom; the table's own when omitted.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="How far back from the last row.")] = 30,
    most: Annotated[int, typer.Option("--most", min=1, help="Rings told at most.")] = 10,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Find groups who deal with each other far more, and more evenly, than their traffic explains.

    Needs no labels. Camouflage, such as orders at popular shops, hides little: what traffic explains does not count.

    Example: `fairdeal rings --source my-shop.toml --table orders --days 30`
    """
    from fairdeal.pipelines.rings import find_rings
    from fairdeal.pipelines.screens import rings_screen
    from fairdeal.pipelines.whole_source import read_whole

    whole = read_whole(read_mapping(source, data), tell)
    found = find_rings(whole, table, actors=actors, targets=targets, days=days, most=most, progress=tell)
    rings_screen(found)
    if as_json:
        print_json(found)


@app.command()
def campaigns(
    source: Source,
    days: Annotated[int, typer.Option("--days", min=1, help="How far back from the last order.")] = 120,
    most: Annotated[int, typer.Option("--most", min=1, help="Campaigns told at most.")] = 20,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Find bursts of orders upon one merchant whose buyers share devices, networks or addresses, send the goods back, or get empty parcels.

    Needs no labels. A good week and a festival are none: what counts is what honest orders of the merchant do not show.

    Example: `fairdeal campaigns --source my-shop.toml --days 120`
    """
    from fairdeal.pipelines.campaigns import campaigns_of
    from fairdeal.pipelines.screens import campaigns_screen
    from fairdeal.pipelines.whole_source import read_whole

    found = campaigns_of(read_whole(read_mapping(source, data), tell), days=days, most=most, progress=tell)
    campaigns_screen(found)
    if as_json:
        print_json(found)


@app.command()
def card(
    detector: Annotated[Detector, typer.Argument(help="Which detector.")],
    config: Config = None,
) -> None:
    """Print the card of a detector's champion: what it learned from, how it did on days it never saw, where it fails, whom a mistake hurts.

    Example: `fairdeal card payments > payments.md`
    """
    from fairdeal.pipelines import registry
    from fairdeal.pipelines.model_card import FILE

    home = load_settings(config).home
    champion = registry.named(home, detector, registry.Standing.CHAMPION)
    found = None if champion is None else registry.page(home, champion, FILE)
    if found is None:
        raise WrongUse(f"card: {detector} has no champion with a card in {home}; `fairdeal train {detector}` makes one")
    typer.echo(found)
