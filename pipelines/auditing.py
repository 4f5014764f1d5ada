"""The queue's history against its seals, and against what signed feeds say of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def look_at_history(services: Any, feeds: Path | None, ring: Any, anchors: Sequence[Any] = ()) -> tuple[Any, list[str]]:
    """What an audit of the history found, and all faults: the history's first, then those of the feeds.

    Parameters
    ----------
    services
        The queue's, its database ready.
    feeds
        Folder of published feeds, whose manifests carry heads of the history; None where there are none.
    ring
        Verifies the feeds.
    anchors
        Further heads that were told outside.
    """
    from fairdeal.control_center.publishing import feed_folders
    from fairdeal.control_center.verification import verify

    told, faults = list(anchors), []
    for one in feed_folders(feeds) if feeds is not None else ():
        faults += [f"feed {one.name}: {fault}" for fault in verify(one, ring)]
        told += _anchors_of(services, one)
    audit = services.verify_history(told)
    return audit, [*audit.faults, *faults]


def _anchors_of(services: Any, feed: Path) -> list[Any]:
    from fairdeal.control_center.strict_json import NotStrict
    from fairdeal.control_center.verification import read_manifest_unverified

    try:
        head = read_manifest_unverified(feed).get("audit_head")
    except NotStrict:
        return []  # told as a fault of the feed
    return [services.Anchor(int(head["count"]), str(head["hash"]), f"the feed {feed.name}")] if head else []
