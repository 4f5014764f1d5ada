"""What every page of the desk has around it: where one can go, who is signed in, how it looks."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from fairdeal.disputes.desk.theme import theme_of
from fairdeal.disputes.domain import Deed, Role, may
from fairdeal.disputes.people import may_read_queue, roles_of


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: ``desk``.

    It has ``theme`` and ``here``, the page to come back to; of who is signed in ``places`` (address, name, whether it is here), ``reads``
    (the queue) and ``takes_cases``.
    """
    user: Any = getattr(request, "user", None)
    here = request.get_full_path() if request.method == "GET" else reverse("today")
    if user is None or not user.is_authenticated:
        return {"desk": {"theme": theme_of(request), "here": here}}
    reads = may_read_queue(user)
    roles = roles_of(user)
    keeps = bool(may(roles, Deed.KEEP_OWN))
    is_mine = request.path == reverse("my_cases") or (request.path == reverse("queue") and request.GET.get("held") == "me")
    places = [(reverse("today"), _("Today"), request.path == reverse("today"))]
    if reads:
        places += [
            (reverse("queue"), _("Queue"), request.path == reverse("queue") and not is_mine),
            (reverse("my_cases"), _("My cases"), is_mine) if keeps else (f"{reverse('queue')}?held=me", _("My cases"), is_mine),
        ]
        more = [
            ("handover", _("Handover"), keeps),
            ("second_look", _("Second look"), bool(may(roles, Deed.REVIEW_BLIND))),
            ("agreement", _("Agreement"), bool(may(roles, Deed.ADJUDICATE_REVIEW))),
            ("trust", _("Trust-list"), True),
            ("staffing", _("Staffing"), True),
            ("own", _("My tools"), keeps),
        ]
        places += [(reverse(name), title, request.path == reverse(name)) for name, title, is_open in more if is_open]
    if user.is_staff and (reads or user.has_perm("auth.view_user")):
        places.append((reverse("admin:index"), _("Back office"), False))
    return {
        "desk": {
            "places": places,
            "reads": reads,
            "takes_cases": reads and Role.ANALYST in roles_of(user),
            "theme": theme_of(request),
            "here": here,
        }
    }
