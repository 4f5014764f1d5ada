"""Where the feed stands: what was published last, whether it is fresh, and whether the consumer has it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from fairdeal.control_center.claims import faults_in_manifest, generated_at, valid_until
from fairdeal.control_center.consumer import read_acknowledgement
from fairdeal.control_center.keys import Keys
from fairdeal.control_center.manifest import manifest_sha256
from fairdeal.control_center.publishing import feed_folders
from fairdeal.control_center.records import instant_text
from fairdeal.control_center.strict_json import NotStrict
from fairdeal.control_center.verification import read_manifest_unverified, verify


def status(feed_root: Path, state_dir: Path, now: datetime, *, keys: Keys | None = None) -> dict[str, Any]:
    """Where the feed stands at this moment; everything in it can be written as JSON.

    Parameters
    ----------
    feed_root, state_dir
        The publisher's and the consumer's folder; either may be missing.
    now
        Aware.
    keys
        When given, the newest feed is verified too; otherwise manifests are taken at their word.

    Returns
    -------
    dict
        ``now``; ``feeds`` how many can be read; ``latest`` the newest by number (``path, feed_seq, day, revision, generated_at,
        valid_until, rows, by_action, degraded, manifest_sha256``) or null; ``age_s`` its age in seconds; ``is_valid`` within its
        validity; ``is_acknowledged``; ``acknowledgement`` the consumer's last or null; ``gaps`` missing numbers; ``degraded``;
        ``unreadable`` folders without a readable manifest; ``warnings`` a sentence each, empty when all is well.
    """
    feeds: dict[int, tuple[Path, dict[str, Any], str]] = {}
    unreadable: list[str] = []
    warnings: list[str] = []
    for folder in feed_folders(feed_root):
        try:
            manifest = read_manifest_unverified(folder)
        except NotStrict:
            manifest = {}
        if faults_in_manifest(manifest):
            unreadable.append(folder.name)
            warnings.append(f"{folder.name}: its manifest cannot be read; verify the feed for the exact fault")
            continue
        seq = manifest["feed_seq"]
        if seq in feeds:
            warnings.append(f"{folder.name}: feed {seq} stands also in {feeds[seq][0].name}; a number may stand once")
        feeds[seq] = (folder, manifest, manifest_sha256(manifest))
    gaps = sorted(set(range(min(feeds), max(feeds))) - feeds.keys()) if feeds and max(feeds) - min(feeds) < 10 * len(feeds) + 1000 else []
    acknowledgement = read_acknowledgement(state_dir)
    answer: dict[str, Any] = {
        "now": instant_text(now),
        "feeds": len(feeds),
        "latest": None,
        "age_s": None,
        "is_valid": False,
        "is_acknowledged": False,
        "acknowledgement": acknowledgement,
        "gaps": gaps,
        "degraded": False,
        "unreadable": unreadable,
        "warnings": warnings,
    }
    if gaps:
        warnings.append(f"Feeds {', '.join(map(str, gaps[:10]))} are missing; a consumer that needs them will refuse what follows.")
    warnings += [
        f"{folder.name}: it does not name feed {seq - 1} as published; the chain is broken there"
        for seq, (folder, manifest, _) in sorted(feeds.items())
        if seq - 1 in feeds and manifest["previous_manifest_sha256"] != feeds[seq - 1][2]
    ]
    if not feeds:
        warnings.append("No feed has been published.")
        return answer
    folder, manifest, digest = feeds[max(feeds)]
    made, end = generated_at(manifest), valid_until(manifest)
    named = ("feed_seq", "day", "revision", "generated_at", "valid_until", "rows", "by_action", "degraded")
    answer["latest"] = {"path": str(folder), **{name: manifest[name] for name in named}, "manifest_sha256": digest}
    answer["age_s"] = None if made is None else int((now - made).total_seconds())
    answer["is_valid"] = now <= end
    answer["is_acknowledged"] = acknowledgement is not None and acknowledgement["manifest_sha256"] == digest
    answer["degraded"] = manifest["degraded"]
    if now > end:
        warnings.append(f"{folder.name}: stale since {instant_text(end)}; unreviewed blocks count as step_up until a new feed comes.")
    if manifest["degraded"]:
        warnings.append(f"{folder.name}: degraded; machine blocks became holds, a person must look.")
    if not answer["is_acknowledged"]:
        has = "no feed at all" if acknowledgement is None else f"feed {acknowledgement['feed_seq']}"
        warnings.append(f"{folder.name}: feed {manifest['feed_seq']} is not acknowledged; the consumer has acknowledged {has}.")
    if keys is not None:
        warnings += [f"{folder.name}: {fault}" for fault in verify(folder, keys)]
    return answer
