"""Answering for what was done about a subject."""

from __future__ import annotations

from typing import Annotated

import typer

from fairdeal.pipelines.commands.options import AsJson, Config, print_json, read_instant
from fairdeal.pipelines.settings import load_settings


def explain(
    token: Annotated[str, typer.Argument(help="A payment, order or review; or an instrument or account that a feed acted upon.")],
    at: Annotated[str | None, typer.Option("--at", help="What had been decided by this moment, ISO time; default: the last.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Answer for a past action: the score made again to the last bit, its reasons, model, data and rule, and what people and feeds did.

    Example: `fairdeal explain P0000123 --at 2026-03-01`
    """
    from fairdeal.pipelines.answer_screen import answer_screen
    from fairdeal.pipelines.answering import answer
    from fairdeal.pipelines.ledger import Ledger

    settings = load_settings(config)
    moment = None if at is None else read_instant(settings, "--at", at)
    ledger = Ledger(settings.ledger_url)
    try:
        told = answer(settings, ledger, token, moment)
    finally:
        ledger.close()
    answer_screen(told, settings.zone)
    if as_json:
        print_json(told)
