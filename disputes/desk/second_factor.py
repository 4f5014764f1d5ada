"""Showing the second factor after the password, and setting one up."""

from __future__ import annotations

import math
from base64 import b32encode
from typing import Any

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django_otp import login as trust_session

from fairdeal.disputes import second_factor
from fairdeal.disputes.second_factor import Standing, standing_of


def show(request: HttpRequest) -> HttpResponseBase:
    """Ask for the code of the person's device, or a recovery code."""
    if standing_of(request.user) is not Standing.SHOW_CODE:
        return redirect(_next_of(request))
    error, status = "", 200
    if request.method == "POST":
        device = second_factor.check(request.user, _code_of(request))
        if device is not None:
            _let_in(request, device)
            return redirect(_next_of(request))
        error, status = _refusal(request.user)
    return render(request, "desk/second_factor.html", {"error": error, "next": request.GET.get("next", "")}, status=status)


def enrol(request: HttpRequest) -> HttpResponse | HttpResponseBase:
    """Show a new device's secret as a picture, and trust the device once its code is sent; the recovery codes are shown then, once."""
    if standing_of(request.user) is Standing.SHOW_CODE:  # who has only the password does not change the device
        return redirect("second_factor")
    error, status = "", 200
    if request.method == "POST":
        made = second_factor.confirm(request.user, _code_of(request))
        if made is not None:
            _let_in(request, made[0])
            return render(request, "desk/recovery_codes.html", {"codes": made[1]})
        error, status = _refusal(request.user)
    device: Any = second_factor.begin(request.user)
    picture = segno.make(device.config_url, error="m").svg_inline(scale=5, border=3, dark="#000", light="#fff")
    told = {
        "picture": mark_safe(picture),  # noqa: S308 - the package's own drawing
        "secret": b32encode(device.bin_key).decode(),
        "error": error,
        "is_asked_for": second_factor.needs_device(request.user),
        "has_device": second_factor.has_device(request.user),
    }
    return render(request, "desk/second_factor_new.html", told, status=status)


def _let_in(request: HttpRequest, device: Any) -> None:
    """From here on the session is one that showed its second factor; its key is a new one, which nobody knew before."""
    request.session.cycle_key()
    trust_session(request, device)
    left = second_factor.codes_left(request.user)
    if left < second_factor.RECOVERY_CODES // 2:
        messages.warning(request, _("%(n)d recovery codes are left. Set your device up anew to get others.") % {"n": left})


def _refusal(user: Any) -> tuple[str, int]:
    until = second_factor.waits_until(user)
    if until is None:
        return _("The code is wrong or was used before."), 200
    seconds = max(math.ceil((until - timezone.now()).total_seconds()), 1)
    return _("The code is wrong, was used before, or came too soon. Wait %(n)d seconds.") % {"n": seconds}, 429


def _code_of(request: HttpRequest) -> str:
    longest = 40
    return str(request.POST.get("code", ""))[:longest]


def _next_of(request: HttpRequest) -> str:
    """Where the person wanted to go, when it is a page of ours."""
    wanted = str(request.POST.get("next") or request.GET.get("next") or "")
    return wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()) else "/"
