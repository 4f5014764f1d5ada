"""Middleware: until a person's second factor was shown, every page leads to showing it, or to setting one up."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from fairdeal.disputes.models import FirstPassword
from fairdeal.disputes.second_factor import Standing, standing_of

#: Where each standing leads.
PLACES = {Standing.SHOW_CODE: "second_factor", Standing.ENROL: "second_factor_new"}
#: Open to whoever is signed in, whatever stands before the console.
_FREE = ("login", "logout", "set_language", "theme")
#: Programs come with a token of their own; a session is nothing there.
_API = "/api/v1/"


def must_show_code(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """A new person changes the password first, then sets the second factor up; who has one shows it before anything else."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if not user.is_authenticated or request.path.startswith(_API):
            return get_response(request)
        standing = standing_of(user)
        if standing is Standing.FREE or (standing is Standing.ENROL and FirstPassword.binds(user)):
            return get_response(request)
        place = reverse(PLACES[standing])
        return get_response(request) if request.path in (place, *map(reverse, _FREE)) else redirect(place)

    return respond
