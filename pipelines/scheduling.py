"""Every night by itself: the daily run of yesterday, and a watch that cries when its feed is late."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from prefect import flow, serve
from prefect.schedules import Cron

from fairdeal.pipelines.flows import call_someone, daily
from fairdeal.pipelines.ledger import FEEDS, Ledger
from fairdeal.pipelines.notifying import notify
from fairdeal.pipelines.settings import Settings, load_settings


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


def serve_schedule(settings: Settings, source: str, data: str | None, config: str | None) -> None:
    """Serves both deployments until the process is told to stop."""
    # Its own greeting names an address of a user interface that is not served.
    serve(*deployments(settings, source, data, config), print_starting_message=False)


def deployments(settings: Settings, source: str, data: str | None, config: str | None) -> tuple[Any, Any]:
    """The nightly run and the watch, each at its time of day in the settings' time zone."""

    def at(time_of_day: str) -> Any:
        hour, minute = time_of_day.split(":")
        return Cron(f"{int(minute)} {int(hour)} * * *", timezone=settings.time_zone)

    run = nightly.to_deployment("nightly", schedule=at(settings.schedule.at), parameters={"source": source, "data": data, "config": config})
    watch = feed_watch.to_deployment("feed-watch", schedule=at(settings.schedule.feed_due), parameters={"config": config})
    return run, watch
