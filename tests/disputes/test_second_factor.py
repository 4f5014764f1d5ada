"""The second factor: a device's code or a recovery code, each good once; a lost device is taken away with a reason, by somebody else."""

from __future__ import annotations

import sqlite3
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from fairdeal.disputes import second_factor
from fairdeal.disputes.account_models import AccountEvent
from fairdeal.disputes.second_factor import RECOVERY_CODES, begin, check, codes_left, confirm, reset_second_factor, waits_until
from fairdeal.disputes.services import RefusedChange

pytestmark = pytest.mark.usefixtures("home")


def code_of(device: TOTPDevice, steps_ahead: int = 0) -> str:
    """What the device shows now, or so many half minutes later."""
    shown = TOTP(device.bin_key, device.step, device.t0, device.digits)
    shown.time = time.time() + steps_ahead * device.step
    return f"{shown.token():06d}"


def enrolled(name: str = "wang") -> tuple[User, TOTPDevice, list[str]]:
    """A person whose device was trusted with the code of half a minute ago, so that the present one is still good."""
    user = User.objects.create(username=name)
    made = confirm(user, code_of(begin(user), -1))
    assert made is not None
    return user, *made


def wait_no_longer(device: Any) -> None:
    """Let the wait after wrong codes be over."""
    type(device).objects.filter(user_id=device.user_id).update(throttling_failure_timestamp=timezone.now() - timedelta(days=1))


def test_a_device_is_trusted_once_it_shows_the_right_code() -> None:
    user = User.objects.create(username="wang")
    device = begin(user)
    assert begin(user) == device  # the page was loaded twice
    assert not second_factor.has_device(user)
    wrong = f"{(int(code_of(device)) + 1) % 10**6:06d}"
    assert confirm(user, wrong) is None
    wait_no_longer(device)
    made = confirm(user, code_of(device))
    assert made is not None
    assert second_factor.has_device(user)
    assert len(set(made[1])) == RECOVERY_CODES == codes_left(user)


def test_a_code_is_good_once() -> None:
    user, device, _ = enrolled()
    code = code_of(device)
    assert check(user, code) == device
    assert check(user, code) is None  # seen over the shoulder, or caught on the way
    wait_no_longer(device)
    assert check(user, code) is None
    wait_no_longer(device)
    assert check(user, code_of(device, 1)) == device


def test_wrong_codes_make_the_next_wait_and_the_wait_doubles() -> None:
    user, device, _ = enrolled()
    right = code_of(device)
    waits = []
    for number in range(4):
        assert check(user, f"{(int(right) + 1 + number) % 10**6:06d}") is None
        until, failed = waits_until(user), TOTPDevice.objects.get().throttling_failure_timestamp
        assert until is not None
        waits.append((until - failed).total_seconds())
        assert check(user, right) is None  # not looked at
        if number < 3:
            wait_no_longer(device)
    assert waits == [1, 2, 4, 8]
    wait_no_longer(device)
    assert waits_until(user) is None
    assert check(user, right) is not None


def test_a_recovery_code_is_good_once_and_is_told_of() -> None:
    user, _, codes = enrolled()
    assert check(user, f" {codes[3].lower()} ") is not None
    assert codes_left(user) == RECOVERY_CODES - 1
    assert check(user, codes[3]) is None
    assert list(AccountEvent.objects.values_list("event", "person")) == [("second_factor_enrolled", "wang"), ("recovery_code_used", "wang")]


def test_the_database_holds_no_recovery_code(home: Path) -> None:
    _, _, codes = enrolled()
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert not {code.replace("-", "") for code in codes} & kept
    raw = (home / "disputes.db").read_bytes() + (home / "disputes.db-wal").read_bytes()
    assert not any(code.encode() in raw or code.replace("-", "").encode() in raw for code in codes)


def test_one_persons_codes_open_nothing_of_anothers() -> None:
    _, device, codes = enrolled("wang")
    other, *_ = enrolled("li")
    assert check(other, code_of(device)) is None
    assert check(other, codes[0]) is None


def test_a_new_device_takes_the_place_of_the_old_one_and_its_recovery_codes() -> None:
    user, old, codes = enrolled()
    made = confirm(user, code_of(begin(user)))
    assert made is not None
    assert check(user, codes[0]) is None
    assert list(TOTPDevice.objects.values_list("pk", flat=True)) == [made[0].pk] != [old.pk]


def test_a_lost_device_is_taken_away_by_somebody_else_with_a_reason_that_is_kept() -> None:
    user, device, codes = enrolled()
    for actor, reason, match in (("Wang ", "lost", "own second factor"), ("chen", " ", "with a reason"), ("chen", "x", "")):
        if match:
            with pytest.raises(RefusedChange, match=match):
                reset_second_factor("wang", actor=actor, reason=reason)
    reset_second_factor("wang", actor="chen", reason="phone stolen, card 4111 1111 1111 1111 with it")
    assert check(user, code_of(device)) is None
    assert check(user, codes[0]) is None
    told = AccountEvent.objects.latest("id")
    assert (told.event, told.actor, told.person) == ("second_factor_reset", "chen", "wang")
    assert "4111 1111" not in told.reason
    with pytest.raises(RefusedChange, match="no second factor"):
        reset_second_factor("wang", actor="chen", reason="again")
    with pytest.raises(RefusedChange, match="no such account"):
        reset_second_factor("nobody", actor="chen", reason="x")


def test_what_was_done_about_accounts_cannot_be_changed(home: Path) -> None:
    enrolled()
    for statement in ("UPDATE disputes_accountevent SET actor = 'x'", "DELETE FROM disputes_accountevent"):
        with pytest.raises(sqlite3.IntegrityError, match="added, never changed"), sqlite3.connect(home / "disputes.db") as raw:
            raw.execute(statement)
