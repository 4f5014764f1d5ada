"""The second factor of signing in: a code that a person's own device shows, or one of the recovery codes kept for the day it is lost."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice

from fairdeal.data_contracts.masking import mask_text
from fairdeal.disputes.access import keyed_hash
from fairdeal.disputes.account_models import AccountEvent
from fairdeal.disputes.device_models import SealedDevice, new_secret
from fairdeal.disputes.domain import SECOND_FACTOR, same_person
from fairdeal.disputes.people import roles_of
from fairdeal.disputes.refused import refuse

#: So many recovery codes are handed out at once; each works once.
RECOVERY_CODES = 10
#: Digits of a device's code; what has another form is taken for a recovery code.
DIGITS = 6
#: Letters of a recovery code that nobody mistakes for one another, and how many there are in it: 50 bits.
_LETTERS, _LENGTH = "ABCDEFGHJKMNPQRSTVWXYZ23456789", 10
#: So much of a recovery code's keyed hash is kept; the column holds no more.
_KEPT = 16


class Standing(StrEnum):
    """What stands between a signed-in person and the console."""

    FREE = "free"
    SHOW_CODE = "show_code"
    ENROL = "enrol"


class AccountNote(StrEnum):
    """What can happen to an account's second factor."""

    ENROLLED = "second_factor_enrolled"
    RECOVERY_USED = "recovery_code_used"
    RESET = "second_factor_reset"


def standing_of(user: Any) -> Standing:
    """What a signed-in person has still to do; whoever has a device shows its code, whether the role asks for it or not."""
    if user.is_verified():
        return Standing.FREE
    if has_device(user):
        return Standing.SHOW_CODE
    return Standing.ENROL if needs_device(user) else Standing.FREE


def needs_device(user: Any) -> bool:
    """Whether a role of ``user`` asks for a second factor, under the settings of this console."""
    return bool(settings.SECOND_FACTOR and roles_of(user) & SECOND_FACTOR)


def has_device(user: Any) -> bool:
    """Whether ``user`` has a device that has shown that it works."""
    return bool(SealedDevice.objects.filter(user_id=user.pk, confirmed=True).exists())


def begin(user: Any) -> SealedDevice:
    """A device that is not yet trusted: the one begun before, so that a page loaded twice shows the same secret."""
    known = SealedDevice.objects.filter(user_id=user.pk, confirmed=False).first()
    if known is not None and not known.is_readable:
        known.delete()
    start = {"name": "app", "key": new_secret(user.pk)}
    device, _ = SealedDevice.objects.get_or_create(user_id=user.pk, confirmed=False, defaults=start)
    return device  # type: ignore[no-any-return]


def confirm(user: Any, code: str, *, at: datetime | None = None) -> tuple[SealedDevice, list[str]] | None:
    """Trust the device that was begun, now that it shows the right code; it takes the place of an earlier one.

    Returns
    -------
    tuple or None
        The device and the recovery codes, which are told here and nowhere else. None when the code is wrong or comes too soon after one.
    """
    with transaction.atomic():
        device = SealedDevice.objects.select_for_update().filter(user_id=user.pk, confirmed=False).first()
        if device is None or not device.verify_token(_plain(code)):
            return None
        _forget(user)
        SealedDevice.objects.filter(pk=device.pk).update(confirmed=True)
        device.confirmed = True
        codes = _new_codes(user)
        _note(AccountNote.ENROLLED, actor=user.get_username(), person=user.get_username(), at=at)
    return device, codes


def check(user: Any, code: str, *, at: datetime | None = None) -> SealedDevice | StaticDevice | None:
    """The device whose code it is; None when it is wrong, was used before, or comes too soon after a wrong one.

    Notes
    -----
    The device is locked meanwhile: of two who send the same code at once one is let in. Each wrong code doubles the wait until the next
    is looked at.
    """
    given = _plain(code)
    is_device_code = len(given) == DIGITS and given.isdecimal()
    kind = SealedDevice if is_device_code else StaticDevice
    with transaction.atomic():
        device: SealedDevice | StaticDevice | None = kind.objects.select_for_update().filter(user_id=user.pk, confirmed=True).first()
        if device is None or not device.verify_token(given if is_device_code else _kept_form(given)):
            return None
        if not is_device_code:
            _note(AccountNote.RECOVERY_USED, actor=user.get_username(), person=user.get_username(), at=at)
    return device


def waits_until(user: Any) -> datetime | None:
    """Until when no code of ``user`` is looked at because of wrong ones before; None where one may come now."""
    found = []
    for kind in (SealedDevice, StaticDevice):
        for device in kind.objects.filter(user_id=user.pk):
            is_allowed, facts = device.verify_is_allowed()
            if not is_allowed and facts:
                found.append(facts["locked_until"])
    return max(found, default=None)


def codes_left(user: Any) -> int:
    """How many recovery codes are still good."""
    return sum(device.token_set.count() for device in StaticDevice.objects.filter(user_id=user.pk))


def reset_second_factor(username: str, *, actor: str, reason: str, at: datetime | None = None) -> dict[str, Any]:
    """Take a lost device away, with its recovery codes: sessions it opened end, and its owner sets up another.

    Raises
    ------
    RefusedChange
        When there is no such person or device, no reason is given, or somebody asks for themselves.
    """
    where = f"account {username}"
    user = get_user_model().objects.filter(username=username).first()
    if user is None:
        raise refuse(where, "no_such_user", "there is no such account", "a device is taken from an account", "look at the list of people")
    if same_person(actor, username):
        raise refuse(where, "own_device", f"asked by {actor}", "nobody takes away the own second factor", "ask somebody else who may")
    if not reason.strip():
        raise refuse(where, "no_word", "no reason is given", "a second factor is taken away with a reason", "say why")
    with transaction.atomic():
        if not _forget(user) + SealedDevice.objects.filter(user_id=user.pk).delete()[0]:
            raise refuse(where, "no_device", "it has no second factor", "only what is there is taken away", "nothing has to be done")
        _note(AccountNote.RESET, actor=actor, person=username, reason=reason, at=at)
    return {"user": username, "event": AccountNote.RESET.value}


def _forget(user: Any) -> int:
    """Remove the trusted device and the recovery codes; how many rows."""
    trusted = SealedDevice.objects.filter(user_id=user.pk, confirmed=True).delete()[0]
    return int(trusted + StaticDevice.objects.filter(user_id=user.pk).delete()[0])


def _new_codes(user: Any) -> list[str]:
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(RECOVERY_CODES)]
    device = StaticDevice.objects.create(user_id=user.pk, name="recovery")
    for code in codes:
        device.token_set.create(token=_kept_form(code))
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _kept_form(code: str) -> str:
    """What is kept of a recovery code: whoever copies the database has none."""
    return keyed_hash(code)[:_KEPT]


def _plain(code: str) -> str:
    return code.replace(" ", "").replace("-", "").strip().upper()


def _note(what: AccountNote, *, actor: str, person: str, at: datetime | None, reason: str = "") -> None:
    moment = timezone.now() if at is None else at
    longest = 500
    AccountEvent.objects.create(at=moment, actor=actor, person=person, event=what.value, reason=mask_text(reason.strip())[:longest])
