"""Light or dark: as the reader's system says, unless the reader says otherwise."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

COOKIE = "fairdeal_theme"
THEMES = ("auto", "light", "dark")
_KEPT_S = 365 * 24 * 3600


def theme_of(request: HttpRequest) -> str:
    """The reader's choice."""
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in THEMES else "auto"


def choose_theme(request: HttpRequest) -> HttpResponseBase:
    """Remember a choice, and show the page again on which it was made."""
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = redirect(back if is_ours else "today")
    chosen = request.POST.get("theme", "")
    response.set_cookie(COOKIE, chosen if chosen in THEMES else "auto", max_age=_KEPT_S, samesite="Lax", httponly=True)
    return response
