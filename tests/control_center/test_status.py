from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

from fairdeal.control_center.consumer import consume
from fairdeal.control_center.status import status
from tests.control_center.feeds import DAY_LONG, KEYS, NOW, START, good_measures, publish_feed


def test_says_that_nothing_was_published(tmp_path: Path) -> None:
    answer = status(tmp_path / "feed", tmp_path / "state", NOW)
    assert (answer["latest"], answer["is_valid"], answer["warnings"]) == (None, False, ["No feed has been published."])


def test_all_is_well_when_the_newest_feed_is_applied(tmp_path: Path) -> None:
    feed = publish_feed(tmp_path / "feed", good_measures())
    consume(feed.folder, tmp_path / "state", keys=KEYS, now=NOW)
    answer = status(tmp_path / "feed", tmp_path / "state", NOW, keys=KEYS)
    assert (answer["is_valid"], answer["is_acknowledged"], answer["age_s"], answer["warnings"]) == (True, True, 7200, [])
    assert answer["latest"]["feed_seq"] == 1
    assert json.loads(json.dumps(answer)) == answer


def test_a_missing_acknowledgement_shows(tmp_path: Path) -> None:
    first = publish_feed(tmp_path / "feed", good_measures())
    answer = status(tmp_path / "feed", tmp_path / "state", NOW)
    assert not answer["is_acknowledged"]
    assert answer["warnings"] == ["2024-05-01: feed 1 is not acknowledged; the consumer has acknowledged no feed at all."]
    consume(first.folder, tmp_path / "state", keys=KEYS, now=NOW)
    publish_feed(tmp_path / "feed", [], first)
    answer = status(tmp_path / "feed", tmp_path / "state", NOW + DAY_LONG)
    assert answer["warnings"] == ["2024-05-02: feed 2 is not acknowledged; the consumer has acknowledged feed 1."]


def test_a_stale_feed_shows(tmp_path: Path) -> None:
    publish_feed(tmp_path / "feed", good_measures())
    answer = status(tmp_path / "feed", tmp_path / "state", START + timedelta(hours=37))
    assert not answer["is_valid"]
    assert "stale since 2024-05-03T04:00:00Z" in answer["warnings"][0]


def test_a_gap_and_a_broken_chain_show(tmp_path: Path) -> None:
    first = publish_feed(tmp_path / "feed", good_measures())
    second = publish_feed(tmp_path / "feed", [], first)
    publish_feed(tmp_path / "feed", [], second)
    shutil.rmtree(second.folder)
    assert status(tmp_path / "feed", tmp_path / "state", NOW)["gaps"] == [2]
    other = publish_feed(tmp_path / "other", [])
    publish_feed(tmp_path / "feed", [], other)
    answer = status(tmp_path / "feed", tmp_path / "state", NOW)
    assert answer["gaps"] == []
    assert any("the chain is broken there" in warning for warning in answer["warnings"])


def test_a_manifest_that_cannot_be_read_shows(tmp_path: Path) -> None:
    feed = publish_feed(tmp_path / "feed", good_measures())
    (feed.folder / "manifest.json").write_bytes(b"\x00")
    assert status(tmp_path / "feed", tmp_path / "state", NOW)["unreadable"] == ["2024-05-01"]


def test_with_keys_the_newest_feed_is_verified(tmp_path: Path) -> None:
    feed = publish_feed(tmp_path / "feed", good_measures())
    (feed.folder / "actions.csv").write_bytes(b"")
    assert not any("actions.csv" in warning for warning in status(tmp_path / "feed", tmp_path / "state", NOW)["warnings"])
    assert any("actions.csv" in warning for warning in status(tmp_path / "feed", tmp_path / "state", NOW, keys=KEYS)["warnings"])
