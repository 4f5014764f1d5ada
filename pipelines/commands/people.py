"""People who sign in to the console: a lost second factor is taken away."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from fairdeal.pipelines.commands.cases import services_of
from fairdeal.pipelines.commands.options import AsJson, Config, print_json
from fairdeal.pipelines.telling import tell

app = typer.Typer(no_args_is_help=True, help="People who sign in to the console: a lost second factor is taken away.")


@app.callback()
def people() -> None:
    """People who sign in to the console: a lost second factor is taken away."""


@app.command("reset-second-factor")
def reset_second_factor(
    user: Annotated[str, typer.Argument(help="Whose device is lost.")],
    by: Annotated[str, typer.Option("--by", help="Who takes it away; somebody else.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Take somebody's lost device away, with its recovery codes; the owner sets up another when signing in.

    For where nobody else can do it in the console. Make sure first that it is the owner who asks.

    Example: `fairdeal people reset-second-factor wang --by chen --reason "phone stolen"`
    """
    done = services_of(config).reset_second_factor(user, actor=by, reason=reason)
    if as_json:
        print_json(done)
    tell(f"the second factor of {escape(user)} is taken away; who signs in under this name sets up another")
