"""The first account: made once, with a password that works until it is changed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from fairdeal.disputes.domain import Role
from fairdeal.disputes.models import FirstPassword


def create_first_user(username: str = "admin") -> tuple[str, str] | None:
    """Make the first account when there is none.

    The account manages people and tables and is an analyst, so that a newcomer can work a case up to its proposal; a second
    person has to be made for the approval.

    Returns
    -------
    tuple of str or None
        User name and a password that must be changed after the first login. None when an account exists.
    """
    users = get_user_model()
    with transaction.atomic():
        if users.objects.exists():
            return None
        password = secrets.token_urlsafe(12)
        user = users.objects.create_superuser(username=username, email="", password=password)  # type: ignore[attr-defined]
        user.groups.add(Group.objects.get(name=Role.ANALYST))
        FirstPassword.objects.create(user=user, issued=user.password)
    return username, password


def must_change_first_password(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: until the first password is changed, every page leads to changing it."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if user.is_authenticated and FirstPassword.binds(user):
            change = reverse("password")
            free = (change, reverse("logout"), reverse("theme"), reverse("set_language"))
            if request.path not in free:
                return redirect(change)
        return get_response(request)

    return respond


class NotTheSameAgain:
    """A new password differs from the one it replaces."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is not None and user.pk is not None and user.check_password(password):
            raise ValidationError(_("The new password is the old one; choose another."), code="same_again")

    def get_help_text(self) -> str:
        return _("Your password must differ from the one it replaces.")
