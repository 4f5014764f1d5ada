"""What a run works with: settings, ledger, lake, mapping, and the dispute queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fairdeal.disputes import django_setup
from fairdeal.pipelines.errors import OutsideFailure
from fairdeal.pipelines.keys import FIRST_MOMENT, enforcement_secret, hashing_key, signer
from fairdeal.pipelines.lake import Lake
from fairdeal.pipelines.ledger import BATCHES, Ledger
from fairdeal.pipelines.queue import refuse_half_restored, set_up_queue
from fairdeal.pipelines.settings import Settings
from fairdeal.sources.fetching import Fetching
from fairdeal.sources.mapping import Mapping

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Workplace:
    """What a run works with."""

    settings: Settings
    ledger: Ledger
    lake: Lake
    mapping: Mapping
    progress: Progress

    @property
    def home(self) -> Path:
        return self.settings.home

    def cases(self) -> Any:
        """The dispute queue's services, its database ready.

        Raises
        ------
        OutsideFailure
            When its database cannot be read, or is not the one that the ledger's runs opened cases in.
        """
        return queue(self.settings, self.ledger)


def queue(settings: Settings, ledger: Ledger) -> Any:
    """See `Workplace.cases`."""
    set_up_queue(settings)
    try:
        django_setup.migrate()
    except django_setup.DatabaseUnreadable as error:
        raise OutsideFailure(f"{error}; restore it from its backup, together with ledger.db") from error
    from fairdeal.disputes import services

    opened = 0 if services.list_cases(limit=1) else ledger.cases_opened()
    if opened:
        raise OutsideFailure(
            f"the queue's database: the ledger knows of {opened} cases and it holds none; it was lost, or is another one; "
            "restore it from its backup, together with ledger.db"
        )
    return services


def open_workplace(settings: Settings, mapping: Mapping, progress: Progress) -> Workplace:
    """The ledger and lake of the home folder, made where they are not there yet."""
    refuse_half_restored(settings)
    ledger = Ledger(settings.ledger_url)
    hashing_key(settings.home)  # all keys are made at once, so that a copy of the home carries them
    for purpose in ("feed", "models"):
        signer(settings.home, purpose, since=FIRST_MOMENT)
    if settings.enforcement.url is not None:
        enforcement_secret(settings.home)
    mapping = replace(mapping, memory_mb=settings.memory_mb, fetching=fetching(settings, settings.home / "fetched"))
    return Workplace(settings, ledger, Lake(settings.home, ledger), mapping, progress)


def fetching(settings: Settings, folder: Path) -> Fetching:
    """How objects and tables are fetched into a folder."""
    return Fetching(folder, settings.object_store.endpoint, settings.object_store.region)


def instant(text: str) -> datetime:
    """An instant as the ledger writes it."""
    return datetime.fromisoformat(text)


def watermark(ledger: Ledger, source: str) -> int:
    """Number of the last batch of a source; 0 before the first."""
    with ledger.engine.connect() as connection:
        return int(
            connection.execute(sa.select(sa.func.coalesce(sa.func.max(BATCHES.c.seq), 0)).where(BATCHES.c.source == source)).scalar() or 0
        )
