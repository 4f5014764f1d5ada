"""Messages about cases to other systems: how they stand, sent again, signed with another secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape

from fairdeal.pipelines.commands.cases import services_of
from fairdeal.pipelines.commands.options import AsJson, Config, print_json
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.telling import console, tell

app = typer.Typer(no_args_is_help=True, help="Messages about cases to other systems: how they stand, sent again, signed anew.")

Name = Annotated[str, typer.Argument(help="Name of the subscriber in the settings' [webhooks].")]


def _known(settings: Settings, name: str) -> None:
    if name not in settings.webhooks:
        listed = ", ".join(sorted(settings.webhooks)) or "none"
        raise WrongUse(f"webhook {name}: no such subscriber; the settings' [webhooks] name {listed}; use one of these, or add it there")


@app.command("status")
def webhook_status(config: Config = None, as_json: AsJson = False) -> None:
    """How the messages to each subscriber stand: waiting, sent, done, given up.

    Example: `fairdeal webhook status`
    """
    rows = services_of(config).messages_by_state()
    if as_json:
        print_json(rows)
        return
    for row in rows:
        told = f"{row['messages']} {row['state']}, the oldest of {row['oldest_at']}, tried up to {row['most_attempts']} times"
        console.print(escape(f"{row['name']}: {told}"))
    tell(f"{sum(row['messages'] for row in rows)} messages")


@app.command("retry")
def webhook_retry(name: Name, config: Config = None) -> None:
    """Let every message to a subscriber that waits or was given up be sent at the worker's next look.

    Example: `fairdeal webhook retry crm`
    """
    _known(load_settings(config), name)
    tell(f"{services_of(config).try_again(name, datetime.now(UTC))} messages to {name} are due now")


@app.command("rotate-key")
def webhook_rotate_key(name: Name, config: Config = None) -> None:
    """Sign messages to a subscriber with a new secret; the old one signs beside it for seven days.

    Example: `fairdeal webhook rotate-key crm`
    """
    from fairdeal.pipelines.webhook_keys import rotate_webhook_secret, secret_path

    settings = load_settings(config)
    _known(settings, name)
    until = rotate_webhook_secret(settings.home, name, datetime.now(UTC))
    tell(f"hand {name} the first line of {secret_path(settings.home, name)}; the old secret signs too until {until:%Y-%m-%d %H:%M} UTC")
