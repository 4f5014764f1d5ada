"""Who asks, whether they may, and how often: looked at before anything else of a request."""

from __future__ import annotations

import logging
import math
import re
from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer
from pydantic import BaseModel

from fairdeal.disputes.access import holder_of
from fairdeal.disputes.access_models import AccessToken
from fairdeal.disputes.api.problems import Problem
from fairdeal.disputes.api.rights import DEEDS, PREFIX, roles_for, who_may
from fairdeal.disputes.domain import Role
from fairdeal.disputes.people import roles_of
from fairdeal.disputes.second_looks import hidden_from
from fairdeal.disputes.throttling import Throttle

log = logging.getLogger("fairdeal.api")

THROTTLE = Throttle()

#: A part of an address that varies, as Django writes it.
_PARAMETER = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")


class BearerToken(HttpBearer):
    """A token of `fairdeal token new`, in the header ``Authorization: Bearer TOKEN``."""

    def authenticate(self, request: HttpRequest, token: str) -> AccessToken | None:
        """The token as it is kept; its account becomes the request's, as a session's does in the console."""
        held = holder_of(token)
        if held is None:
            log.warning("a token that is not valid was refused: %s %s", request.method, request.path[:200])
            return None
        wait = math.ceil(THROTTLE.wait(held.pk, held.per_minute))
        if wait:
            detail = f"token {held.pk}: it asked too often; allowed are {held.per_minute} requests a minute; wait {wait} s"
            raise Problem(429, "too_often", detail, {"Retry-After": str(wait)})
        request.user = held.user
        _check_right(request, held)
        return held


def acting(request: HttpRequest) -> tuple[str, Role]:
    """Who asks, and the role in which they may do what they ask for."""
    user: Any = request.user
    return user.get_username(), roles_for(roles_of(user), DEEDS[operation_of(request)])[0]


def operation_of(request: HttpRequest) -> str:
    """Method and address of what is asked for, as `DEEDS` names it."""
    match = request.resolver_match
    route = match.route if match is not None else ""
    address = _PARAMETER.sub(r"{\1}", route.removeprefix(PREFIX))
    return f"{request.method} {address}"


def _check_right(request: HttpRequest, held: AccessToken) -> None:
    operation = operation_of(request)
    deed, roles = DEEDS.get(operation), roles_of(held.user)
    if deed is not None and roles_for(roles, deed):
        case_id = str((request.resolver_match.kwargs if request.resolver_match else {}).get("case_id", ""))
        if case_id and case_id in hidden_from(held.user.get_username()):
            detail = f"case {case_id}: {held.user.get_username()} judges it again; what was found first is not told; judge it first"
            raise Problem(403, "judged_blind", detail)
        return
    log.warning("denied to %s: %s", held.user.get_username(), operation)
    able = ", ".join(who_may(deed)) if deed is not None else "nobody"
    found = f"asked by {held.user.get_username()} as {', '.join(sorted(roles)) or 'nobody'}"
    raise Problem(403, "no_right", f"{operation}: {found}; this is for: {able}; ask somebody in that role")


def only_known_names(request: HttpRequest, asked: BaseModel) -> None:
    """Refuse an address that narrows by a name nobody knows: what was misspelt would otherwise narrow nothing, silently."""
    known = list(type(asked).model_fields)
    strange = sorted(set(request.GET) - set(known))
    if strange:
        detail = f"query.{strange[0][:80]}: found a name that is not known; allowed are {', '.join(known)}; correct it or leave it out"
        raise Problem(422, "bad_value", detail)
