"""Tokens of people and systems for the API: made once, shown once, kept as keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from fairdeal.disputes.access_models import AccessToken, KeptAnswer
from fairdeal.disputes.domain import Role
from fairdeal.disputes.refused import refuse
from fairdeal.disputes.verdict_rows import as_utc

#: A token: a word to find it by in what somebody left lying about, its id, its secret.
_FORM = re.compile(r"fairdeal_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
#: A token is valid for at most so many days.
MOST_DAYS = 730
#: Requests in a minute that a token may make unless it is made with another number.
PER_MINUTE = 600
#: The last use of a token is noted at most this often.
_NOTED_EVERY = timedelta(minutes=1)
#: How long a write under an idempotency key is answered as the first time.
ANSWERS_KEPT = timedelta(days=7)


def new_token(
    username: str, *, days: int, name: str = "", per_minute: int = PER_MINUTE, is_system: bool = False, at: datetime | None = None
) -> dict[str, Any]:
    """Make a token for an account.

    Parameters
    ----------
    days
        It is valid so long.
    name
        What it is for, for people.
    is_system
        The account is a system's: made where it is not there, without a password, in the role ``pipeline``.

    Returns
    -------
    dict
        As in `list_tokens`, and ``token``, which is told here and nowhere else.

    Raises
    ------
    RefusedChange
        When there is no such account, it may not sign in, or a person's account is to become a system's.
    """
    moment = timezone.now() if at is None else at
    if not 1 <= days <= MOST_DAYS or per_minute < 1:
        found, rule = f"{days} days, {per_minute} requests a minute", f"1 to {MOST_DAYS} days and at least one request a minute are allowed"
        raise refuse("token", "bad_token", found, rule, "choose within these bounds")
    with transaction.atomic():
        user = _system_account(username) if is_system else get_user_model().objects.filter(username=username, is_active=True).first()
        if user is None:
            rule = "a token is made for an account that may sign in"
            raise refuse(f"user {username}", "no_such_user", "there is no such account", rule, "add it in the console, or give --system")
        token_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        kept = AccessToken.objects.create(
            token_id=token_id,
            user=user,
            name=name,
            keyed_hash=keyed_hash(secret),
            per_minute=per_minute,
            made_at=moment,
            expires_at=moment + timedelta(days=days),
        )
    return {**_told(kept), "token": f"fairdeal_{token_id}_{secret}"}


def list_tokens() -> list[dict[str, Any]]:
    """All tokens, the newest first: ``token_id, user, name, per_minute, made_at, expires_at, last_used_at, revoked_at``; never a secret."""
    return [_told(kept) for kept in AccessToken.objects.select_related("user").order_by("-made_at", "token_id")]


def revoke_token(token_id: str, *, at: datetime | None = None) -> dict[str, Any]:
    """End a token at once; one that ended before stays as it was.

    Raises
    ------
    RefusedChange
        When there is no such token.
    """
    kept = AccessToken.objects.select_related("user").filter(pk=token_id).first()
    if kept is None:
        raise refuse(f"token {token_id}", "no_such_token", "there is no such token", "a token is named by its id", "list the tokens")
    AccessToken.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=timezone.now() if at is None else at)
    kept.refresh_from_db()
    return _told(kept)


def holder_of(token: str, *, at: datetime | None = None) -> AccessToken | None:
    """The token as it is kept, its account with it; None for one that is not ours, has ended, or whose account has."""
    moment = timezone.now() if at is None else at
    parts = _FORM.fullmatch(token)
    kept = AccessToken.objects.select_related("user").filter(pk=parts[1]).first() if parts else None
    if parts is None or kept is None or not hmac.compare_digest(kept.keyed_hash, keyed_hash(parts[2])):
        return None
    if kept.revoked_at is not None or kept.expires_at <= moment or not kept.user.is_active:
        return None
    stale = Q(last_used_at=None) | Q(last_used_at__lt=moment - _NOTED_EVERY)
    if kept.last_used_at is None or kept.last_used_at < moment - _NOTED_EVERY:
        AccessToken.objects.filter(stale, pk=kept.pk).update(last_used_at=moment)
    return kept


def forget_answers(at: datetime | None = None) -> int:
    """Remove the answers that were kept long enough; how many."""
    moment = timezone.now() if at is None else at
    return KeptAnswer.objects.filter(kept_at__lt=moment - ANSWERS_KEPT).delete()[0]


def keyed_hash(value: str) -> str:
    """Stands for a value that is not kept: hex HMAC-SHA256 under the key of tokens."""
    return hmac.new(settings.TOKEN_KEY.encode(), value.encode(), hashlib.sha256).hexdigest()


def _system_account(username: str) -> Any:
    """The account of a system, made where it is not there."""
    users: Any = get_user_model().objects
    user, is_new = users.get_or_create(username=username)
    if is_new:
        user.set_unusable_password()
        user.save()
        user.groups.add(Group.objects.get(name=Role.PIPELINE))
    roles = set(user.groups.values_list("name", flat=True))
    if roles != {Role.PIPELINE.value} or user.has_usable_password() or user.is_superuser or not user.is_active:
        rule = "a system has an account of its own: active, without password, in the role pipeline alone"
        raise refuse(
            f"user {username}",
            "not_a_system",
            f"an account with the roles {', '.join(sorted(roles)) or 'none'}",
            rule,
            "choose another name",
        )
    return user


def _told(kept: AccessToken) -> dict[str, Any]:
    def when(at: datetime | None) -> str | None:
        return as_utc(at) if at else None

    return {
        "token_id": kept.pk,
        "user": kept.user.get_username(),
        "name": kept.name,
        "per_minute": kept.per_minute,
        "made_at": when(kept.made_at),
        "expires_at": when(kept.expires_at),
        "last_used_at": when(kept.last_used_at),
        "revoked_at": when(kept.revoked_at),
    }
