"""Roles of people: asked for by whoever manages accounts, confirmed by an approver, taken away at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, connection, transaction

from fairdeal.disputes.account_models import AccountEvent
from fairdeal.disputes.granting import confirm_roles, grant, refuse_roles, waiting
from fairdeal.disputes.refused import RefusedChange
from tests.disputes.test_console import browser, person, text_of

pytestmark = pytest.mark.usefixtures("home")


def roles(name: str) -> set[str]:
    user = User.objects.get(username=name)
    return set(user.groups.values_list("name", flat=True)) | ({"admin"} if user.is_superuser else set())


def admin() -> Any:
    user = person("gu")
    User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)
    return browser(User.objects.get(pk=user.pk))


def save(client: Any, name: str, *wanted: str, is_superuser: bool = False) -> Any:
    user = User.objects.get(username=name)
    form = {"username": name, "is_active": "on", "groups": [Group.objects.get(name=role).pk for role in wanted]}
    return client.post(f"/admin/auth/user/{user.pk}/change/", form | ({"is_superuser": "on"} if is_superuser else {}), follow=True)


def test_in_a_new_console_the_first_approver_is_made_by_one_person_and_that_is_entered() -> None:
    client = admin()
    person("wang")
    save(client, "wang", "approver")
    assert roles("wang") == {"approver"}
    event = AccountEvent.objects.get()
    assert (event.event, event.person, event.actor, event.reason) == ("roles_granted", "wang", "gu", "approver")


def test_later_roles_wait_until_an_approver_confirms_them() -> None:
    client, wang = admin(), browser(person("wang", "approver"))
    person("li", "agent")
    assert "waits for an approver" in text_of(save(client, "li", "agent", "approver", "legal", is_superuser=True))
    assert roles("li") == {"agent"}
    assert text_of(wang.get("/")).count("Roles of people wait for an approver: 1") == 1
    (asked,) = waiting()
    assert asked.roles == ("admin", "approver", "legal")
    wang.post("/roles/", {"event": asked.event_id, "what": "confirm"})
    assert roles("li") == {"admin", "agent", "approver", "legal"}
    assert waiting() == []
    save(client, "li", "agent", is_superuser=True)
    assert roles("li") == {"admin", "agent"}
    assert [event.event for event in AccountEvent.objects.order_by("pk")][-2:] == ["roles_granted", "roles_taken"]


def test_nobody_confirms_what_they_asked_for_or_get_and_what_is_refused_is_not_given() -> None:
    wang, li = person("wang", "approver"), person("li", "analyst")
    grant(li, ["approver"], actor="gu")
    (asked,) = waiting()
    person("zhou", "approver")
    for actor, role, code in (("gu", "admin", "role"), ("li", "approver", "second_eyes"), (" GU", "approver", "second_eyes")):
        with pytest.raises(RefusedChange) as refused:
            confirm_roles(asked.event_id, actor=actor, role=role)
        assert refused.value.refusal.code == code
    refuse_roles(asked.event_id, actor=wang.username, role="approver")
    assert (waiting(), roles("li")) == ([], {"analyst"})
    with pytest.raises(RefusedChange, match="nothing like that waits"):
        confirm_roles(asked.event_id, actor="zhou", role="approver")


def test_what_was_asked_for_last_counts_and_nobody_changes_what_was_asked() -> None:
    wang, li = person("wang", "approver"), person("li")
    grant(li, ["approver"], actor="gu")
    first = waiting()[0].event_id
    grant(li, ["agent"], actor="gu")
    with pytest.raises(RefusedChange):
        confirm_roles(first, actor=wang.username, role="approver")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE disputes_accountevent SET reason = 'admin, approver'")
    confirm_roles(waiting()[0].event_id, actor=wang.username, role="approver")
    assert roles("li") == {"agent"}
