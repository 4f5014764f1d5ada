from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from fairdeal.control_center.consumer import Applied, Refused, active_actions, catch_up, consume, read_acknowledgement
from fairdeal.data_contracts.contract import ContractBreach
from tests.control_center.feeds import DAY_LONG, KEYS, NOW, START, Published, good_measures, lift, measure, publish_feed


@pytest.fixture
def three(tmp_path: Path) -> list[Published]:
    first = publish_feed(tmp_path / "feed", good_measures())
    second = publish_feed(tmp_path / "feed", [measure("tok-9", valid_until=START + 2 * DAY_LONG)], first, [lift("tok-2")])
    return [first, second, publish_feed(tmp_path / "feed", [], second)]


def seq_in_force(state: Path) -> int:
    return int(json.loads((state / "current.json").read_text())["feed_seq"])


def test_applies_the_feeds_of_three_days_one_after_the_other(tmp_path: Path, three: list[Published]) -> None:
    for days, feed in enumerate(three):
        applied = consume(feed.folder, tmp_path / "state", keys=KEYS, now=NOW + days * DAY_LONG)
        assert isinstance(applied, Applied), applied
        assert (applied.feed_seq, applied.rows, applied.is_repeated) == (days + 1, len(feed.records), False)


def test_acknowledges_what_it_applied(tmp_path: Path, three: list[Published]) -> None:
    applied = consume(three[0].folder, tmp_path / "state", keys=KEYS, now=NOW)
    assert isinstance(applied, Applied)
    assert json.loads((tmp_path / "state" / "acknowledgement.json").read_text()) == {
        "feed_seq": 1,
        "day": "2024-05-01",
        "revision": 1,
        "manifest_sha256": applied.manifest_sha256,
        "applied_at": "2024-05-01T18:00:00Z",
        "rows": 6,
    }


def test_the_feed_in_force_again_is_acknowledged_again_and_changes_nothing(tmp_path: Path, three: list[Published]) -> None:
    state = tmp_path / "state"
    consume(three[0].folder, state, keys=KEYS, now=NOW)
    before = (state / "current.json").read_bytes()
    (state / "acknowledgement.json").unlink()
    again = consume(three[0].folder, state, keys=KEYS, now=NOW + 9 * DAY_LONG)
    assert isinstance(again, Applied)
    assert again.is_repeated
    assert again.applied_at == NOW
    assert (state / "current.json").read_bytes() == before
    assert read_acknowledgement(state) is not None


def test_a_new_consumer_may_begin_with_any_feed(tmp_path: Path, three: list[Published]) -> None:
    assert isinstance(consume(three[2].folder, tmp_path / "state", keys=KEYS, now=NOW + 2 * DAY_LONG), Applied)


def test_refuses_a_gap(tmp_path: Path, three: list[Published]) -> None:
    consume(three[0].folder, tmp_path / "state", keys=KEYS, now=NOW)
    refused = consume(three[2].folder, tmp_path / "state", keys=KEYS, now=NOW + 2 * DAY_LONG)
    assert isinstance(refused, Refused)
    assert "gap" in refused.reasons[0]
    assert seq_in_force(tmp_path / "state") == 1


def test_refuses_an_older_feed_again(tmp_path: Path, three: list[Published]) -> None:
    consume(three[0].folder, tmp_path / "state", keys=KEYS, now=NOW)
    consume(three[1].folder, tmp_path / "state", keys=KEYS, now=NOW + DAY_LONG)
    refused = consume(three[0].folder, tmp_path / "state", keys=KEYS, now=NOW + DAY_LONG)
    assert isinstance(refused, Refused)
    assert "older feed again" in refused.reasons[0]
    assert seq_in_force(tmp_path / "state") == 2


def test_refuses_another_feed_under_the_same_number(tmp_path: Path, three: list[Published]) -> None:
    other = publish_feed(tmp_path / "other", [measure("tok-77")])
    consume(three[0].folder, tmp_path / "state", keys=KEYS, now=NOW)
    refused = consume(other.folder, tmp_path / "state", keys=KEYS, now=NOW)
    assert isinstance(refused, Refused)
    assert "another feed has this number" in refused.reasons[0]


def test_refuses_a_feed_whose_predecessor_is_another(tmp_path: Path, three: list[Published]) -> None:
    other = publish_feed(tmp_path / "other", [measure("tok-77")])
    after_other = publish_feed(tmp_path / "other", [], other)
    consume(three[0].folder, tmp_path / "state", keys=KEYS, now=NOW)
    refused = consume(after_other.folder, tmp_path / "state", keys=KEYS, now=NOW + DAY_LONG)
    assert isinstance(refused, Refused)
    assert "predecessor" in refused.reasons[0]


def test_takes_a_feed_until_its_last_moment_and_not_after(tmp_path: Path, three: list[Published]) -> None:
    end = START + timedelta(hours=36)
    late = consume(three[0].folder, tmp_path / "late", keys=KEYS, now=end + timedelta(seconds=1))
    assert isinstance(late, Refused)
    assert "stale" in late.reasons[0]
    assert isinstance(consume(three[0].folder, tmp_path / "in time", keys=KEYS, now=end), Applied)


def test_forgives_a_clock_that_is_300_seconds_behind_and_no_more(tmp_path: Path, three: list[Published]) -> None:
    refused = consume(three[0].folder, tmp_path / "a", keys=KEYS, now=START - timedelta(seconds=301))
    assert isinstance(refused, Refused)
    assert "from the future" in refused.reasons[0]
    assert isinstance(consume(three[0].folder, tmp_path / "b", keys=KEYS, now=START - timedelta(seconds=300)), Applied)


def test_a_consumer_that_was_away_catches_up_through_stale_feeds(tmp_path: Path, three: list[Published]) -> None:
    state, now = tmp_path / "state", START + timedelta(hours=70)
    consume(three[0].folder, state, keys=KEYS, now=NOW)
    assert isinstance(consume(three[1].folder, state, keys=KEYS, now=now), Refused)
    applied = catch_up(tmp_path / "feed", state, keys=KEYS, now=now)
    assert isinstance(applied, Applied)
    assert applied.feed_seq == 3


def test_catching_up_refuses_a_broken_link(tmp_path: Path, three: list[Published]) -> None:
    state, now = tmp_path / "state", NOW + 2 * DAY_LONG
    consume(three[0].folder, state, keys=KEYS, now=NOW)
    (three[1].folder / "actions.jsonl").write_bytes(b"")
    refused = catch_up(tmp_path / "feed", state, keys=KEYS, now=now)
    assert isinstance(refused, Refused)
    assert "on the way" in refused.reasons[0]
    assert seq_in_force(state) == 1


def test_catching_up_without_any_feed_is_refused(tmp_path: Path) -> None:
    assert isinstance(catch_up(tmp_path / "nowhere", tmp_path / "state", keys=KEYS, now=NOW), Refused)


def test_an_unreviewed_block_of_a_stale_feed_counts_as_step_up(tmp_path: Path) -> None:
    blocks = [
        measure("machine", "block", valid_until=START + 3 * DAY_LONG),
        measure("person", "block", human_reviewed=True, case_id="c", valid_until=START + 3 * DAY_LONG),
        measure("short", "hold"),
    ]
    feed = publish_feed(tmp_path / "feed", blocks)
    consume(feed.folder, tmp_path / "state", keys=KEYS, now=NOW)

    def actions(hours: float) -> dict[str, tuple[str, str]]:
        found = active_actions(tmp_path / "state", START + timedelta(hours=hours))
        return {record["subject_token"]: (record["action"], record["step_up_method"]) for record in found}

    assert actions(-1) == {}
    assert actions(1) == {"machine": ("block", "none"), "person": ("block", "none"), "short": ("hold", "none")}
    assert actions(36) == {"machine": ("block", "none"), "person": ("block", "none")}
    assert actions(36.01) == {"machine": ("step_up", "face"), "person": ("block", "none")}
    assert actions(72) == {}


def test_lifted_actions_are_not_active(tmp_path: Path, three: list[Published]) -> None:
    state = tmp_path / "state"
    consume(three[0].folder, state, keys=KEYS, now=NOW)
    consume(three[1].folder, state, keys=KEYS, now=NOW + DAY_LONG)
    assert [r["subject_token"] for r in json.loads((state / "current.json").read_text())["lifted"]] == ["tok-2"]
    assert "tok-2" not in {record["subject_token"] for record in active_actions(state, NOW + DAY_LONG)}


def test_no_feed_means_no_actions(tmp_path: Path) -> None:
    assert active_actions(tmp_path, NOW) == []


def test_a_state_that_cannot_be_read_is_said_not_guessed(tmp_path: Path, three: list[Published]) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "current.json").write_text("{")
    with pytest.raises(ContractBreach, match=r"current\.json: the consumer's state cannot be read"):
        consume(three[0].folder, state, keys=KEYS, now=NOW)
    with pytest.raises(ContractBreach, match="cannot be read"):
        active_actions(state, NOW)


def test_a_crash_between_switch_and_acknowledgement_is_mended_by_the_next_call(
    tmp_path: Path, three: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("fairdeal.control_center.consumer._acknowledge", dies)
        with pytest.raises(KeyboardInterrupt):
            consume(three[0].folder, state, keys=KEYS, now=NOW)
    assert read_acknowledgement(state) is None
    assert isinstance(consume(three[0].folder, state, keys=KEYS, now=NOW + timedelta(hours=1)), Applied)
    told = read_acknowledgement(state)
    assert told is not None
    assert told["applied_at"] == "2024-05-01T18:00:00Z"
