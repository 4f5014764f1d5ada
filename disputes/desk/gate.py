"""Who may see or do what on the desk: looked at before anything else of a request."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from fairdeal.disputes.desk.refusing import forbidden
from fairdeal.disputes.desk.rights import DEEDS, Door, refusal_of, roles_for
from fairdeal.disputes.domain import Deed
from fairdeal.disputes.second_looks import hidden_from

log = logging.getLogger("fairdeal.desk")

View = Callable[..., HttpResponseBase]

#: What a page may load and where its forms may lead: here, and nowhere else. The bars of clocks are as wide as their style says.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
#: A part of an address that varies, as Django writes it.
_PARAMETER = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")


@dataclass(frozen=True)
class Page:
    """One address of the desk.

    Parameters
    ----------
    address
        As Django writes it.
    name
        By which templates link to it.
    views
        What answers each method.
    """

    address: str
    name: str
    views: Mapping[str, View]

    @property
    def operations(self) -> list[str]:
        """Its methods and address, as `DEEDS` names them."""
        return [self.operation(method) for method in self.views]

    def operation(self, method: str) -> str:
        """A method and the address, as `DEEDS` names them."""
        address = _PARAMETER.sub(r"{\1}", self.address)
        return f"{method} {address}"

    @property
    def pattern(self) -> URLPattern:
        """It, behind the gate."""
        return path(self.address, _guarded(self), name=self.name)


def _guarded(page: Page) -> View:
    def respond(request: HttpRequest, **named: str) -> HttpResponseBase:
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method not in page.views:
            return HttpResponseNotAllowed(sorted(page.views))
        what = DEEDS.get(page.operation(method))
        response = _refused(request, what) or _blinded(request, named.get("case_id", "")) or page.views[method](request, **named)
        patch_cache_control(response, private=True, no_store=True)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        return response

    return respond


def _blinded(request: HttpRequest, case_id: str) -> HttpResponseBase | None:
    """The answer to who asks for a case that they judge blind just now; None for everybody else."""
    if case_id and case_id in hidden_from(request.user.get_username()):
        return forbidden(request, _("You judge this case a second time. What was found first is shown once you have judged."))
    return None


def _refused(request: HttpRequest, what: Deed | Door | None) -> HttpResponseBase | None:
    """The answer to who may not; None for who may."""
    if what is Door.ANYBODY:
        return None
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path() if request.method == "GET" else reverse("today"))
    if what is Door.SIGNED_IN or (isinstance(what, Deed) and roles_for(request.user, what)):
        return None
    log.warning("denied to %s: %s %s", request.user.get_username(), request.method, request.path[:200])
    return forbidden(request, refusal_of(what) if isinstance(what, Deed) else "")
