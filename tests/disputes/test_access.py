"""Tokens: shown once, kept as a keyed hash, valid until they end; and how often they may ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from fairdeal.disputes import services
from fairdeal.disputes.access import holder_of
from fairdeal.disputes.access_models import AccessToken, AskedBucket
from fairdeal.disputes.domain import Role
from fairdeal.disputes.people import roles_of
from fairdeal.disputes.throttling import Throttle, forget_buckets
from tests.disputes.alerts import AT


@pytest.fixture
def li(home: Path) -> User:
    return User.objects.create(username="li")


def test_a_token_is_found_again_by_its_secret_and_its_secret_lies_nowhere(home: Path, li: User) -> None:
    made = services.new_token("li", days=30, name="script", at=AT)
    secret = made["token"].split("_", 2)[2]
    held = holder_of(made["token"], at=AT)
    assert held is not None
    assert (held.user, held.name) == (li, "script")
    assert "token" not in services.list_tokens()[0]
    for path in home.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("spoil", ["", "x", "fairdeal_", "other id", "other secret", "space"])
def test_what_is_not_a_token_of_ours_is_nobodys(li: User, spoil: str) -> None:
    token = services.new_token("li", days=30, at=AT)["token"]
    other = services.new_token("li", days=30, at=AT)["token"]
    swapped = {
        "other id": "_".join((*other.split("_", 2)[:2], token.split("_", 2)[2])),
        "other secret": token[:-1] + ("a" if token[-1] != "a" else "b"),
        "space": token + " ",
    }
    assert holder_of(swapped.get(spoil, spoil), at=AT) is None


def test_a_token_ends_when_its_time_is_over_when_revoked_and_with_its_account(li: User) -> None:
    made = services.new_token("li", days=1, at=AT)
    assert holder_of(made["token"], at=AT + timedelta(days=1) - timedelta(seconds=1)) is not None
    assert holder_of(made["token"], at=AT + timedelta(days=1)) is None
    User.objects.update(is_active=False)
    assert holder_of(made["token"], at=AT) is None
    User.objects.update(is_active=True)
    first = services.revoke_token(made["token_id"], at=AT)
    assert services.revoke_token(made["token_id"], at=AT + timedelta(hours=1)) == first
    assert holder_of(made["token"], at=AT) is None


def test_under_another_key_no_token_is_known(li: User, monkeypatch: pytest.MonkeyPatch) -> None:
    token = services.new_token("li", days=1, at=AT)["token"]
    monkeypatch.setattr(settings, "TOKEN_KEY", "another")
    assert holder_of(token, at=AT) is None


def test_the_last_use_is_noted_once_a_minute(li: User) -> None:
    token = services.new_token("li", days=1, at=AT)["token"]
    noted = []
    for seconds in (0, 30, 90):
        holder_of(token, at=AT + timedelta(seconds=seconds))
        noted.append(AccessToken.objects.get().last_used_at)
    assert noted == [AT, AT, AT + timedelta(seconds=90)]


def test_a_systems_account_is_made_without_password_and_in_one_role(home: Path) -> None:
    services.new_token("crm", days=1, is_system=True)
    services.new_token("crm", days=1, is_system=True)
    crm = User.objects.get()
    assert roles_of(crm) == {Role.PIPELINE}
    assert (crm.has_usable_password(), crm.is_staff) == (False, False)


def test_a_persons_account_becomes_no_systems_and_a_stranger_gets_no_token(li: User) -> None:
    for change in ({"username": "li", "is_system": True}, {"username": "nobody"}):
        with pytest.raises(services.RefusedChange):
            services.new_token(days=1, **change)  # type: ignore[arg-type]
    with pytest.raises(services.RefusedChange, match="1 to 730 days"):
        services.new_token("li", days=1_000)
    assert AccessToken.objects.count() == 0
    assert User.objects.count() == 1


def test_processes_that_answer_share_a_bucket(either: str | None) -> None:
    now = [1e9]
    several = [Throttle(lambda: now[0]) for _ in range(3)]
    asked = [several[n % 3].wait("token a", 30) for n in range(60)]
    assert asked.count(0.0) == 30
    now[0] += 4.0  # two more
    assert [throttle.wait("token a", 30) for throttle in several].count(0.0) == 2
    assert all("token a" not in bucket.name for bucket in AskedBucket.objects.all())
    assert forget_buckets(datetime.fromtimestamp(now[0], UTC)) == 0
    assert forget_buckets(datetime.fromtimestamp(now[0] + 3_601, UTC)) == 1


def test_what_a_process_took_and_nobody_used_is_gone_after_a_minute(home: Path) -> None:
    now = [1e9]
    throttle = Throttle(lambda: now[0])
    assert [throttle.wait("a", 600) for _ in range(2)] == [0.0, 0.0]
    assert AskedBucket.objects.get().left == 570  # thirty at a time
    now[0] += 61
    assert throttle.wait("a", 600) == 0.0
    assert AskedBucket.objects.get().left == 570


def test_a_bucket_gives_a_minutes_requests_and_then_waits_for_its_pace(home: Path) -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    assert [throttle.wait("a", 60) for _ in range(60)] == [0.0] * 60
    assert throttle.wait("a", 60) == pytest.approx(1.0)
    assert throttle.wait("b", 60) == 0.0
    now[0] = 2.0
    assert [throttle.wait("a", 60) for _ in range(3)] == [0.0, 0.0, pytest.approx(1.0)]
    now[0] = 1e6
    assert [throttle.wait("a", 60) for _ in range(60)] == [0.0] * 60
    assert throttle.wait("a", 60) > 0
