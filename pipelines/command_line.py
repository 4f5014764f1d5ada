"""The ``fairdeal`` command: human text on stderr, what was asked on stdout, an exit code that tells."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import traceback
import warnings
from datetime import UTC, datetime
from pathlib import Path

import typer

from fairdeal.pipelines.commands import (
    audit,
    backup,
    case,
    cases,
    contracts,
    explain,
    feed,
    measure,
    models,
    people,
    runs,
    source,
    tokens,
    webhooks,
)
from fairdeal.pipelines.errors import FairdealError
from fairdeal.pipelines.settings import load_settings
from fairdeal.pipelines.telling import console, tell_error

app = typer.Typer(
    name="fairdeal",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Finds fake deals, fake reviews and abnormal payments, and brings each one to a fair end.",
)
app.add_typer(runs.app)
app.add_typer(measure.app)
app.add_typer(models.app)
app.command("explain")(explain.explain)
app.command("console")(cases.open_console)
app.command("worker")(cases.work)
app.add_typer(case.app, name="case")
app.add_typer(cases.app, name="cases")
app.add_typer(audit.app, name="audit")
app.add_typer(backup.app, name="backup")
app.command("restore")(backup.restore)
app.add_typer(feed.app, name="feed")
app.add_typer(contracts.app, name="contracts")
app.add_typer(source.app, name="source")
app.add_typer(people.app, name="people")
app.add_typer(tokens.app, name="token")
app.add_typer(webhooks.app, name="webhook")


def _known_failure(error: BaseException) -> int | None:
    """The exit code of an error whose message is made for people, or None."""
    from fairdeal.data_contracts.contract import ContractBreach
    from fairdeal.disputes.django_setup import DatabaseUnreadable
    from fairdeal.disputes.refused import RefusedChange
    from fairdeal.models.errors import ModelError
    from fairdeal.sources.fetching import SourceUnreachable
    from fairdeal.sources.mapping_parts import MappingError

    if isinstance(error, FairdealError):
        return error.exit_code
    if isinstance(error, MappingError | ModelError | RefusedChange):
        return 2
    if isinstance(error, ContractBreach):
        return 1
    if isinstance(error, SourceUnreachable | DatabaseUnreadable):
        return 3
    return None


def _quiet() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    from fairdeal.data_contracts.masking_logs import MaskingFilter

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
    except SystemExit:
        raise
    except BaseException as error:  # a library written in Rust that panics raises something that is no Exception
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


def _unforeseen(error: BaseException) -> str:
    """An error that nobody wrote a sentence for."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}; it must be there and within reach; correct the place or its rights and try again"
    said = (str(error).splitlines() or [""])[0]
    if "DatabaseError" in {kind.__name__ for kind in type(error).__mro__}:
        return f"a database of the home folder fails ({said}); when it is locked or full, try again later; else restore it from its backup"
    return f"{type(error).__name__}: {said}"


def _keep_details() -> Path:
    """Writes the traceback, masked, for a developer, where a user need not see it: in the home folder, else a temporary file."""
    from fairdeal.data_contracts.masking import mask_text

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
