"""The second factor: a device's code or a recovery code, each good once; a lost device is taken away with a reason, by somebody else."""

from __future__ import annotations

import re
import sqlite3
import time
from base64 import b32encode
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp import models as totp_models
from django_otp.plugins.otp_totp.models import TOTPDevice

from fairdeal.disputes import second_factor, services
from fairdeal.disputes.account_models import AccountEvent
from fairdeal.disputes.device_models import PURPOSE, SealedDevice
from fairdeal.disputes.django_setup import configure
from fairdeal.disputes.models import FirstPassword
from fairdeal.disputes.sealing import SealBroken, seal
from fairdeal.disputes.second_factor import RECOVERY_CODES, begin, check, codes_left, confirm, reset_second_factor, waits_until
from fairdeal.disputes.services import RefusedChange

pytestmark = pytest.mark.usefixtures("home", "clock")

#: The middle of a half minute. Codes live by half minutes, and no test may hang on whether one ends while it runs.
NOW = 30 * (int(time.time()) // 30) + 15.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices' time stands still."""
    monkeypatch.setattr(totp_models, "time", SimpleNamespace(time=lambda: NOW))


def code_of(device: TOTPDevice, steps_ahead: int = 0) -> str:
    """What the device shows now, or so many half minutes later."""
    shown = TOTP(device.bin_key, device.step, device.t0, device.digits)
    shown.time = NOW + steps_ahead * device.step
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


def test_the_database_holds_no_secret_of_a_device_and_takes_none_that_was_not_sealed_for_its_owner() -> None:
    user, device, _ = enrolled()
    secret, kept = device.bin_key, TOTPDevice.objects.get().key
    assert len(secret) == 20
    assert kept.startswith("s1:")
    assert len(kept) <= TOTPDevice._meta.get_field("key").max_length
    assert not any(form in kept for form in (secret.hex(), b32encode(secret).decode()))
    other = seal(secret, purpose=PURPOSE, owner=str(user.pk + 1))
    for spoiled in (secret.hex(), other, seal(secret, purpose="another", owner=str(user.pk)), kept[:-2] + "A=", "s1:", "s1:?"):
        TOTPDevice.objects.update(key=spoiled)
        assert check(user, code_of(device)) is None, spoiled
        with pytest.raises(SealBroken):
            assert SealedDevice.objects.get().bin_key
    TOTPDevice.objects.update(key=kept)
    assert check(user, code_of(device)) == device


def test_secrets_that_lay_open_are_sealed_where_they_are() -> None:
    user = User.objects.create(username="wang")
    old = TOTPDevice.objects.create(user=user, name="app", confirmed=True)
    seal_all = import_module("fairdeal.disputes.migrations.0052_sealed_devices")
    for _ in range(2):
        seal_all.seal_all(apps, None)
    assert SealedDevice.objects.get().bin_key == old.bin_key
    assert check(user, code_of(old)) == old
    seal_all.open_all(apps, None)
    assert TOTPDevice.objects.get().key == old.key


def test_a_device_that_was_begun_under_another_key_is_begun_anew() -> None:
    user = User.objects.create(username="wang")
    TOTPDevice.objects.create(user=user, name="app", confirmed=False)
    assert begin(user).is_readable


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


@pytest.fixture
def asked(home: Path) -> Iterator[None]:
    """A console that asks for second factors."""
    configure(home, second_factor=True)
    yield
    configure(home)


def browser(user: User) -> Client:
    client = Client(SERVER_NAME="localhost", headers={"accept-language": "en"})
    client.force_login(user)
    return client


def person(name: str, *roles: str, **fields: Any) -> User:
    user = User.objects.create(username=name, is_staff=True, **fields)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def lands(client: Client, path: str) -> str:
    """Where a page leads; the page itself when it is shown."""
    response = client.get(path)
    return str(response["location"]) if response.status_code == 302 else path


PAGES = ("/", "/queue/", "/admin/auth/user/", "/admin/", "/password/")


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("roles", "fields", "is_asked"),
    [
        (["approver"], {}, True),
        (["auditor"], {}, True),
        (["analyst", "approver"], {}, True),
        ([], {"is_superuser": True}, True),
        (["analyst"], {}, False),
        (["agent"], {}, False),
        (["operator"], {}, False),
    ],
)
def test_who_approves_audits_or_manages_is_let_in_nowhere_without(roles: list[str], fields: dict[str, Any], is_asked: bool) -> None:
    client = browser(person("wang", *roles, **fields))
    for path in PAGES:
        assert (lands(client, path) == "/second-factor/new/") == is_asked, path


def test_the_demo_asks_nobody(home: Path) -> None:
    assert lands(browser(person("wang", "approver")), "/queue/") == "/queue/"


@pytest.mark.usefixtures("asked")
def test_a_device_is_set_up_once_and_asked_for_whenever_one_signs_in() -> None:
    user = person("wang", "approver")
    client = browser(user)
    page = client.get("/second-factor/new/").content.decode()
    device = SealedDevice.objects.get()
    assert "<svg" in page
    assert b32encode(device.bin_key).decode() in page
    key = client.session.session_key
    codes = client.post("/second-factor/new/", {"code": code_of(device, -1)}).content.decode()
    assert len(re.findall(r"<code>\w{5}-\w{5}</code>", codes)) == RECOVERY_CODES
    assert client.session.session_key != key  # who knew the session before knows nothing of this one
    assert lands(client, "/queue/") == "/queue/"
    again = browser(user)
    for path in PAGES:
        assert lands(again, path) == "/second-factor/", path
    assert lands(again, "/second-factor/new/") == "/second-factor/"  # a password alone changes no device
    assert again.post("/second-factor/new/", {"code": code_of(device)}).status_code == 302
    assert again.post("/second-factor/", {"code": "000000"}).status_code == 429
    wait_no_longer(device)
    done = again.post("/second-factor/?next=/queue/", {"code": code_of(device), "next": "/queue/"})
    assert (done.status_code, done["location"]) == (302, "/queue/")
    assert lands(again, "/queue/") == "/queue/"


@pytest.mark.usefixtures("asked")
def test_one_is_led_to_pages_of_ours_only() -> None:
    user, device, _ = enrolled()
    client = browser(user)
    done = client.post("/second-factor/", {"code": code_of(device), "next": "https://evil.example/"})
    assert done["location"] == "/"


def test_who_has_a_device_shows_it_whatever_the_role_and_the_settings() -> None:
    user, *_ = enrolled("li")
    assert lands(browser(user), "/") == "/second-factor/"


@pytest.mark.usefixtures("asked")
def test_a_new_person_changes_the_password_first_and_then_sets_up_a_device() -> None:
    user = person("wang", "approver")
    user.set_password("handed over 1234")
    user.save()
    FirstPassword.objects.create(user=user, issued=user.password)
    client = browser(user)
    assert lands(client, "/queue/") == "/password/"
    new = "a longer word of mine 7"
    client.post("/password/", {"old_password": "handed over 1234", "new_password1": new, "new_password2": new})
    assert lands(client, "/queue/") == "/second-factor/new/"


@pytest.mark.usefixtures("asked")
def test_whose_password_was_handed_out_anew_shows_the_device_before_changing_it() -> None:
    user, device, _ = enrolled()
    FirstPassword.objects.create(user=user, issued=user.password)
    client = browser(user)
    assert lands(client, "/password/") == "/second-factor/"
    client.post("/second-factor/", {"code": code_of(device)})
    assert lands(client, "/queue/") == "/password/"


@pytest.mark.usefixtures("asked")
def test_a_lost_device_is_taken_away_in_the_back_office_and_its_sessions_end_there() -> None:
    lost, device, _ = enrolled("wang")
    lost.groups.add(Group.objects.get(name="approver"))
    theirs = browser(lost)
    theirs.post("/second-factor/", {"code": code_of(device)})
    assert lands(theirs, "/queue/") == "/queue/"
    admin, own, _ = enrolled("chen")
    User.objects.filter(pk=admin.pk).update(is_superuser=True, is_staff=True)
    client = browser(admin)
    client.post("/second-factor/", {"code": code_of(own)})
    address = f"/admin/auth/user/{lost.pk}/second-factor/"
    assert address in client.get("/admin/auth/user/").content.decode()
    assert "Make sure that it is the owner who asks" in client.get(address).content.decode()
    assert "not done without a reason" in client.post(address, {"reason": " "}, follow=True).content.decode()
    client.post(address, {"reason": "phone left on a train"})
    assert lands(theirs, "/queue/") == "/second-factor/new/"
    told = client.get("/admin/disputes/accountevent/").content.decode()
    assert "phone left on a train" in told


def test_nobody_but_who_manages_people_takes_a_device_away() -> None:
    lost, *_ = enrolled("wang")
    for role in ("analyst", "approver", "auditor", "operator"):
        client = browser(person(f"a-{role}", role))
        assert client.post(f"/admin/auth/user/{lost.pk}/second-factor/", {"reason": "x"}).status_code == 403, role
    assert second_factor.has_device(lost)


def test_secrets_of_devices_stand_on_no_page_of_the_back_office() -> None:
    client = browser(person("chen", is_superuser=True))
    enrolled("wang")
    for path in ("otp_totp/totpdevice/", "otp_static/staticdevice/"):
        assert client.get(f"/admin/{path}").status_code == 404


@pytest.mark.usefixtures("asked")
def test_programs_come_with_their_token_as_before_and_a_session_gives_them_nothing() -> None:
    user = person("wang", "approver")
    token = services.new_token("wang", days=1)["token"]
    client = browser(user)
    assert client.get("/api/v1/cases", headers={"authorization": f"Bearer {token}"}).status_code == 200
    assert client.get("/api/v1/cases").status_code == 401


@pytest.mark.parametrize("is_https", [True, False])
def test_cookies_go_over_https_only_where_the_console_is_behind_it(home: Path, is_https: bool) -> None:
    configure(home, is_https=is_https)
    user = person("li", "analyst")
    user.set_password("a longer word of mine 7")
    user.save()
    client = Client(SERVER_NAME="localhost")
    client.get("/login/")
    client.post("/login/", {"username": "li", "password": "a longer word of mine 7"})
    cookies = {name: (bool(one["secure"]), bool(one["httponly"]), one["samesite"]) for name, one in client.cookies.items()}
    assert cookies["sessionid"] == (is_https, True, "Lax")
    assert cookies["csrftoken"][:2] == (is_https, True)
    configure(home)


def test_a_session_lasts_a_working_day_and_its_key_changes_at_signing_in() -> None:
    user = person("li", "analyst")
    user.set_password("a longer word of mine 7")
    user.save()
    client = Client(SERVER_NAME="localhost")
    client.session.save()
    client.cookies["sessionid"] = "known-to-somebody-else"
    client.post("/login/", {"username": "li", "password": "a longer word of mine 7"})
    assert client.cookies["sessionid"].value != "known-to-somebody-else"
    assert client.cookies["sessionid"]["max-age"] == 12 * 3600


@pytest.mark.parametrize("password", ["short1", "password1234", "123456789012", "wang.approver1"])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, User(username="wang.approver"))
