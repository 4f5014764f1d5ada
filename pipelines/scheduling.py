"""By itself: every night the daily run of yesterday and a watch that cries when its feed is late, every week a look at what has moved."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from prefect import flow, serve
from prefect.schedules import Cron

from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.flows import call_someone, daily
from fairdeal.pipelines.ledger import FEEDS, Ledger
from fairdeal.pipelines.notifying import notify
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.telling import tell
from fairdeal.pipelines.watch_report import write_watch
from fairdeal.pipelines.watching import watch
from fairdeal.pipelines.workplace import open_workplace
from fairdeal.sources.mapping import load_mapping


def yesterday(settings: Settings, now: datetime) -> str:
    """The day before ``now`` in the settings' time zone, as YYYY-MM-DD."""
    return (now.astimezone(settings.zone) - timedelta(days=1)).date().isoformat()


def has_feed(settings: Settings, day: str) -> bool:
    """Whether the ledger knows a feed of that day."""
    ledger = Ledger(settings.ledger_url)
    try:
        with ledger.engine.connect() as connection:
            return connection.execute(sa.select(FEEDS.c.feed_seq).where(FEEDS.c.day == day)).first() is not None
    finally:
        ledger.close()


@flow(name="nightly", on_crashed=[call_someone])
def nightly(source: str, data: str | None = None, config: str | None = None) -> dict[str, object]:
    """The daily run of yesterday, in the settings' time zone.

    When that run fails it calls someone itself; a process that dies can only be told of from outside, by this flow's hook.
    """
    settings = load_settings(Path(config) if config else None)
    start, end = settings.day_bounds(yesterday(settings, datetime.now(settings.zone)))
    return daily(start.isoformat(), end.isoformat(), source, data, config)


@flow(name="feed-watch", on_failure=[call_someone], on_crashed=[call_someone])
def feed_watch(config: str | None = None) -> bool:
    """Calls someone when yesterday's feed is not there by its deadline; gives whether it is."""
    settings = load_settings(Path(config) if config else None)
    day = yesterday(settings, datetime.now(settings.zone))
    there = has_feed(settings, day)
    if not there:
        notify(settings, "feed_late", f"The feed of {day} is not published; it was due at {settings.schedule.feed_due}", day=day)
    return there


@flow(name="weekly-watch", on_failure=[call_someone], on_crashed=[call_someone])
def weekly_watch(source: str, data: str | None = None, config: str | None = None) -> dict[str, Any] | None:
    """Looks at the week that ended yesterday, writes its page, calls someone when there are alarms; None while there are too few runs."""
    settings = load_settings(Path(config) if config else None)
    day = yesterday(settings, datetime.now(settings.zone))
    place = open_workplace(settings, load_mapping(Path(source), Path(data) if data else None), tell)
    try:
        told = watch(place, settings.day_bounds(day)[1])
    except WrongUse as error:
        tell(str(error))
        return None
    finally:
        place.ledger.close()
    page = str(write_watch(told, settings.home / "watch" / day))
    if told["alarms"]:
        texts = [alarm["text_en"] for alarm in told["alarms"]]
        notify(settings, "watch_alarms", f"The week to {day}: {len(texts)} alarms", alarms=texts, page=page)
    return told


def serve_schedule(settings: Settings, source: str, data: str | None, config: str | None) -> None:
    """Serves the deployments until the process is told to stop."""
    # Its own greeting names an address of a user interface that is not served.
    serve(*deployments(settings, source, data, config), print_starting_message=False)


def deployments(settings: Settings, source: str, data: str | None, config: str | None) -> tuple[Any, Any, Any]:
    """The nightly run, the watch over its feed and, on Mondays with it, the look at the week, in the settings' time zone."""

    def at(time_of_day: str, days: str = "*") -> Any:
        hour, minute = time_of_day.split(":")
        return Cron(f"{int(minute)} {int(hour)} * * {days}", timezone=settings.time_zone)

    parameters = {"source": source, "data": data, "config": config}
    run = nightly.to_deployment("nightly", schedule=at(settings.schedule.at), parameters=parameters)
    week = weekly_watch.to_deployment("weekly-watch", schedule=at(settings.schedule.feed_due, "mon"), parameters=parameters)
    feed = feed_watch.to_deployment("feed-watch", schedule=at(settings.schedule.feed_due), parameters={"config": config})
    return run, feed, week
