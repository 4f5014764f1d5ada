"""The dispute queue as the settings have it: where it is kept, and who carries out what is decided in it."""

from __future__ import annotations

from fairdeal.disputes import django_setup
from fairdeal.disputes.desk_rules import DeskRules
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.settings import Settings

#: Stands in a home from the beginning of its restoring until all of it was found sound.
RESTORING = "restoring.json"


def set_up_queue(settings: Settings) -> None:
    """Let this process work in the queue of these settings; its database may still have to be migrated."""
    django_setup.configure(
        settings.home,
        database_url=settings.database.disputes_url,
        time_zone=settings.time_zone,
        actions_elsewhere=settings.enforcement.url is not None,
        second_factor=settings.console.second_factor,
        is_https=settings.console.https,
        desk=DeskRules(trust_days=settings.desk.trust_days, second_look_share=settings.desk.second_look_share),
    )


def refuse_half_restored(settings: Settings) -> None:
    """Raises where a home was not restored to its end: work in it would be lost, or rest on what is missing."""
    if (settings.home / RESTORING).exists():
        raise WrongUse(f"{settings.home}: its restoring was interrupted or failed; give the same `fairdeal restore` again, to its end")
