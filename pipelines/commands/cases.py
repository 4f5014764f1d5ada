"""The dispute queue: on the command line, and its console in the browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from fairdeal.pipelines.commands.options import AsJson, Config, print_json, read_instant
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.telling import console, tell

app = typer.Typer(no_args_is_help=True, help="The dispute queue from the command line.")


def open_console(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 8000,
    config: Config = None,
) -> None:
    """Start the console of the dispute queue; the first time it prints a one-time password.

    Example: `fairdeal console --port 8000`
    """
    from fairdeal.disputes import django_setup
    from fairdeal.pipelines.queue import refuse_half_restored, set_up_queue

    settings = load_settings(config)
    refuse_half_restored(settings)
    set_up_queue(settings)
    django_setup.migrate()
    first = django_setup.create_first_user()
    console.print(f"Console: [bold]http://{host}:{port}/[/]")
    if first is not None:
        console.print(f"First account: [bold]{first[0]}[/], one-time password: [bold]{first[1]}[/] (you will be asked for a new one)")
    if not settings.console.second_factor:
        console.print(
            "Everybody is let in with a password alone: second_factor is off in the settings. Turn it on where real people are judged."
        )
    django_setup.serve(host, port)


def services_of(config: Path | None) -> Any:
    """The dispute queue's services, its database ready."""
    from fairdeal.disputes import django_setup
    from fairdeal.pipelines.queue import refuse_half_restored, set_up_queue

    settings = load_settings(config)
    refuse_half_restored(settings)
    set_up_queue(settings)
    django_setup.migrate()
    from fairdeal.disputes import services

    return services


@app.command("list")
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

    found = services_of(config).list_cases(status, limit)
    if as_json:
        print_json(found)
    cases_screen(found)


@app.command("show")
def cases_show(case_id: str, config: Config = None) -> None:
    """Print one case as JSON: members, reasons, events.

    Example: `fairdeal cases show C0123456789abcdef`
    """
    print_json(services_of(config).show_case(case_id))


@app.command("next")
def cases_next(
    analyst: Annotated[str, typer.Option("--analyst", help="Who takes it.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Give an analyst the best case that nobody works on; it is theirs alone for half an hour.

    Example: `fairdeal cases next --analyst li`
    """
    taken = services_of(config).next_case(analyst)
    if as_json:
        print_json(taken)
    if taken is None:
        tell("no case waits to be taken")
    else:
        tell(f"{taken['case_id']} is {analyst}'s until {taken['lease_until']:%Y-%m-%d %H:%M} UTC; `fairdeal cases show {taken['case_id']}`")


@app.command("decide")
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
    services_of(config).decide(case_id, maker=maker, checker=checker, close_code=code, findings=None, reasons=reason, at=datetime.now(UTC))
    tell(f"{case_id}: {code}; the next run publishes it and learns from it")


def work(
    once: Annotated[bool, typer.Option("--once", help="Do what has fallen due and end.")] = False,
    every: Annotated[int, typer.Option("--every", min=1, help="Seconds between two looks.")] = 60,
    at: Annotated[str | None, typer.Option("--at", help="With --once: the moment to look at, ISO time; default: now.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Do what falls due in the dispute queue: end pauses, take the system's steps, call seniors, carry measures out.

    Safe to run twice, and in two places.

    Example: `fairdeal worker --once`
    """
    if at is not None and not once:
        raise WrongUse("--at: a moment is looked at once; give --once with it, or leave --at out")
    settings, services = load_settings(config), services_of(config)
    moment = read_instant(settings, "--at", at) if at else None
    while True:
        done = _look(settings, services, lambda: moment or datetime.now(UTC))
        if as_json:
            print_json(done)
        tell(
            f"{len(done['resumed'])} go on, {len(done['woken'])} woken, {len(done['stepped'])} steps taken, "
            f"{len(done['escalated'])} seniors called, {done['second_looks']} drawn for a second look"
        )
        tell(f"first answers: {done['late']} late, {sum(done['warned'].values())} warned")
        actions = done["actions"]
        tell(f"measures: {actions['done']} carried out, {actions['tried_again']} to be tried again, {len(actions['gave_up'])} given up")
        tell(f"messages: {done['messages']['delivered']} delivered, {done['messages']['missed']} missed")
        if once:
            return
        time.sleep(every)


def _look(settings: Settings, services: Any, now: Callable[[], datetime]) -> dict[str, Any]:
    """One look of the worker: what fell due, what waits to be carried out, what nothing holds up any more, who is to be told."""
    from fairdeal.pipelines.enforcing import carry_out_waiting, endpoint_of
    from fairdeal.pipelines.notifying import notify
    from fairdeal.pipelines.webhooks import deliver_waiting

    due = services.apply_due(now())
    services.forget_answers(now())
    services.forget_buckets(now())
    drawn = services.draw_second_looks(now())
    if due["escalated"]:
        notify(settings, "cases_overdue", f"{len(due['escalated'])} cases ran over their time", cases=due["escalated"][:100])
    endpoint = endpoint_of(settings)
    actions: dict[str, Any] = carry_out_waiting(endpoint, services, now) if endpoint else {"done": 0, "tried_again": 0, "gave_up": []}
    if actions["gave_up"]:
        notify(settings, "actions_failed", f"{len(actions['gave_up'])} measures could not be carried out", actions=actions["gave_up"][:100])
    notices = services.write_notices(now())
    finished = services.finish_cases(now())
    messages = deliver_waiting(settings, services, now)
    if messages["gave_up"]:
        notify(settings, "messages_failed", f"{len(messages['gave_up'])} messages were given up", messages=messages["gave_up"][:100])
    return {**due, "notices": notices, "actions": actions, "finished": finished, "messages": messages, "second_looks": drawn}
