"""Tokens for the API of the dispute queue: made, listed, ended."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from fairdeal.pipelines.commands.cases import services_of
from fairdeal.pipelines.commands.options import AsJson, Config, print_json
from fairdeal.pipelines.telling import console, tell

app = typer.Typer(no_args_is_help=True, help="Tokens for the API of the dispute queue: made, listed, ended.")


@app.command("new")
def token_new(
    user: Annotated[str, typer.Option("--user", help="Account that the token acts for.")],
    days: Annotated[int, typer.Option("--days", min=1, max=730, help="Days it is valid.")] = 90,
    name: Annotated[str, typer.Option("--name", help="What it is for.")] = "",
    per_minute: Annotated[int, typer.Option("--per-minute", min=1, max=1_000_000, help="Requests it may make in a minute.")] = 600,
    system: Annotated[
        bool, typer.Option("--system", help="The account is a system's, made where it is not there; it files complaints and evidence.")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it, this once; what is kept of it cannot be turned back into it.

    Example: `fairdeal token new --user crm --system --days 90`
    """
    made = services_of(config).new_token(user, days=days, name=name, per_minute=per_minute, is_system=system)
    if as_json:
        print_json(made)
        return
    tell(f"token {made['token_id']} for {user}, valid until {made['expires_at']}; it is shown this once:")
    typer.echo(made["token"])


@app.command("list")
def token_list(config: Config = None, as_json: AsJson = False) -> None:
    """List the tokens: whose, until when, when last used, whether revoked.

    Example: `fairdeal token list`
    """
    found = services_of(config).list_tokens()
    if as_json:
        print_json(found)
        return
    for one in found:
        state = f"revoked {one['revoked_at']}" if one["revoked_at"] else f"until {one['expires_at']}"
        used = one["last_used_at"] or "never"
        console.print(escape(f"{one['token_id']}  {one['user']}  {one['name'] or '—'}  {state}  last used {used}"))
    tell(f"{len(found)} tokens")


@app.command("revoke")
def token_revoke(token_id: str, config: Config = None, as_json: AsJson = False) -> None:
    """End a token at once.

    Example: `fairdeal token revoke 0123456789ab`
    """
    ended = services_of(config).revoke_token(token_id)
    if as_json:
        print_json(ended)
    tell(f"token {token_id} of {ended['user']} ended {ended['revoked_at']}")
