"""Pages that say no, in words: what may not be seen, and what is not there."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def forbidden(request: HttpRequest, why: str = "") -> HttpResponse:
    """The page for who may not."""
    told = {"title": _("This is not open to you"), "why": why or _("Your role may not do this.")}
    return render(request, "desk/refused.html", told, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for what is not there."""
    told = {"title": _("There is no such page"), "why": _("The case or page is not there. Look for it in the queue.")}
    return render(request, "desk/refused.html", told, status=404)


def too_often(request: HttpRequest, seconds: int) -> HttpResponse:
    """The page for who tries to sign in too often."""
    told = {"title": _("Too many attempts"), "why": _("Wait %(n)d seconds before you try to sign in again.") % {"n": seconds}}
    response = render(request, "desk/refused.html", told, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response
