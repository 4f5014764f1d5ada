"""Saved filters: views of the queue under a name, one's own or the team's; one of them may be what the queue opens with."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import Q

from fairdeal.disputes.domain import Deed, Role, may
from fairdeal.disputes.own_models import DefaultFilter, SavedFilter
from fairdeal.disputes.refused import refuse

#: What of an address is no part of a view: where one stands in it.
PASSING = frozenset({"p", "page", "after", "saved", "csrfmiddlewaretoken"})


def view_of(query: str) -> str:
    """A view's part of an address, in order of names, without where one stands in it.

    >>> view_of("?q=M1&page=3&status=NEW")
    'q=M1&status=NEW'
    """
    pairs = parse_qsl(query.lstrip("?"), keep_blank_values=False, max_num_fields=40)
    return urlencode(sorted((name, value) for name, value in pairs if name not in PASSING))


def save_filter(name: str, query: str, *, is_shared: bool = False, actor: str, role: str) -> dict[str, Any]:
    """Keep a view under a name; one's own of that name is replaced.

    Raises
    ------
    RefusedChange
        Without a name, with an address that cannot be kept, or when it is shared by somebody who does not lead.
    """
    where = f"filter {name:.60}"
    if not may(frozenset({Role(role)}), Deed.SHARE_WITH_TEAM if is_shared else Deed.KEEP_OWN):
        raise refuse(where, "role", f"asked by {actor} as {role}", "who leads the team shares with it", "keep it for yourself")
    if not 1 <= len(name.strip()) <= 60:
        raise refuse(where, "bad_name", f"{len(name.strip())} characters", "a name has 1 to 60", "give it a short name")
    try:
        view = view_of(query)
    except ValueError:
        view = "?" * 501
    if len(view) > 500:
        raise refuse(where, "bad_view", f"{len(query)} characters", "a view's address has at most 500", "filter by less")
    kept, _ = SavedFilter.objects.update_or_create(owner=actor, name=name.strip(), defaults={"query": view, "is_shared": is_shared})
    return _told(kept, "")


def filters_for(actor: str) -> list[dict[str, Any]]:
    """The filters that somebody may use, by name: ``filter_id, name, query, is_shared, owner, is_mine, is_default``."""
    default = DefaultFilter.objects.filter(owner=actor).values_list("filter_id", flat=True).first()
    rows = SavedFilter.objects.filter(Q(owner=actor) | Q(is_shared=True)).order_by("name", "pk")
    return [{**_told(row, actor), "is_default": row.pk == default} for row in rows]


def forget_filter(filter_id: int, *, actor: str) -> bool:
    """Remove one's own filter; whether there was one."""
    return SavedFilter.objects.filter(pk=filter_id, owner=actor).delete()[0] > 0


def open_with(filter_id: int | None, *, actor: str) -> bool:
    """Let the queue open with a filter that one may use, or with none; whether it was done."""
    if filter_id is None:
        DefaultFilter.objects.filter(owner=actor).delete()
        return True
    chosen = SavedFilter.objects.filter(Q(owner=actor) | Q(is_shared=True), pk=filter_id).first()
    if chosen is None:
        return False
    DefaultFilter.objects.update_or_create(owner=actor, defaults={"filter": chosen})
    return True


def default_view(actor: str) -> str | None:
    """The view that the queue opens with for somebody; None where they chose none, or what they chose is no longer theirs to use."""
    row = DefaultFilter.objects.filter(Q(filter__owner=actor) | Q(filter__is_shared=True), owner=actor).select_related("filter").first()
    return row.filter.query if row is not None else None


def _told(row: SavedFilter, actor: str) -> dict[str, Any]:
    own = {name: getattr(row, name) for name in ("name", "query", "is_shared", "owner")}
    return {"filter_id": row.pk, **own, "is_mine": row.owner == actor}
