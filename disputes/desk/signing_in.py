"""Signing in and out, and changing one's password."""

from __future__ import annotations

import math
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from fairdeal.disputes.desk.refusing import too_often
from fairdeal.disputes.throttling import Throttle

#: Attempts to sign in of one name, and from one address, in a minute.
PER_NAME, PER_ADDRESS = 10, 60
#: Longest part of a name that is remembered.
_LONGEST = 150

THROTTLE = Throttle()


class SignIn(LoginView):
    """Name and password, as often as `THROTTLE` allows."""

    template_name = "desk/login.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = str(request.POST.get("username", ""))[:_LONGEST].strip().casefold()
        address = str(request.META.get("REMOTE_ADDR", ""))
        seconds = max(THROTTLE.wait(f"name {name}", PER_NAME), THROTTLE.wait(f"address {address}", PER_ADDRESS))
        return too_often(request, math.ceil(seconds)) if seconds else super().post(request, *args, **kwargs)


class ChangePassword(PasswordChangeView):
    """The old password and the new one, twice."""

    template_name = "desk/password.html"
    success_url = reverse_lazy("today")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password is changed."))
        return super().form_valid(form)


def sign_in(request: HttpRequest) -> HttpResponseBase:
    return SignIn.as_view()(request)


def sign_out(request: HttpRequest) -> HttpResponseBase:
    return LogoutView.as_view(next_page=reverse_lazy("login"))(request)


def change_password(request: HttpRequest) -> HttpResponseBase:
    return ChangePassword.as_view()(request)
