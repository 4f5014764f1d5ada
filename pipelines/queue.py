"""The dispute queue as the settings have it: where it is kept, and who carries out what is decided in it."""

from __future__ import annotations

from fairdeal.disputes import django_setup
from fairdeal.pipelines.settings import Settings


def set_up_queue(settings: Settings) -> None:
    """Let this process work in the queue of these settings; its database may still have to be migrated."""
    django_setup.configure(
        settings.home,
        database_url=settings.database.disputes_url,
        time_zone=settings.time_zone,
        actions_elsewhere=settings.enforcement.url is not None,
    )
