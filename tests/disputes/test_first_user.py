"""The first account and its one-time password."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from fairdeal.disputes.django_setup import create_first_user
from fairdeal.disputes.models import FirstPassword

pytestmark = pytest.mark.usefixtures("home")

CHANGE = "/password/"


def browser() -> Client:
    return Client(SERVER_NAME="localhost", headers={"accept-language": "en"})


def test_there_is_one_first_account_and_its_password_is_told_once() -> None:
    made = create_first_user()
    assert made is not None
    assert made[0] == "admin"
    assert len(made[1]) >= 16
    assert create_first_user() is None
    assert User.objects.get().check_password(made[1])


def test_the_first_password_must_be_changed_before_anything_else() -> None:
    name, password = create_first_user() or ("", "")
    client = browser()
    landed = client.post("/login/?next=/queue/", {"username": name, "password": password}, follow=True)
    assert landed.redirect_chain[-1][0] == CHANGE
    for path in ("/", "/admin/", "/queue/", "/admin/auth/user/"):
        response = client.get(path)
        assert (response.status_code, response["location"]) == (302, CHANGE)
    new = "a longer word of mine 7"
    form = {"old_password": password, "new_password1": new, "new_password2": new}
    assert client.post(CHANGE, form).status_code == 302
    assert client.get("/queue/").status_code == 200
    assert not FirstPassword.binds(User.objects.get())


def test_the_first_password_cannot_be_chosen_again() -> None:
    name, password = create_first_user() or ("", "")
    client = browser()
    client.login(username=name, password=password)
    page = client.post(CHANGE, {"old_password": password, "new_password1": password, "new_password2": password})
    assert "The new password is the old one" in page.content.decode()
    assert client.get("/")["location"] == CHANGE


def test_a_person_made_in_the_console_changes_the_password_that_was_handed_over() -> None:
    name, password = create_first_user() or ("", "")
    user = User.objects.get(username=name)
    FirstPassword.objects.all().delete()
    client = browser()
    client.login(username=name, password=password)
    form = {"username": "wang", "usable_password": "true", "password1": "handed over 1234", "password2": "handed over 1234"}
    response = client.post("/admin/auth/user/add/", form)
    assert response.status_code == 302, response.content.decode()
    made = User.objects.exclude(pk=user.pk).get()
    assert made.is_staff
    assert FirstPassword.binds(made)


def test_a_person_is_made_with_roles_and_never_deleted() -> None:
    name, password = create_first_user() or ("", "")
    FirstPassword.objects.all().delete()
    client = browser()
    client.login(username=name, password=password)
    approver = Group.objects.get(name="approver")
    form = {"username": "wang", "password1": "handed over 1234", "password2": "handed over 1234", "groups": [approver.pk]}
    assert client.post("/admin/auth/user/add/", form).status_code == 302
    made = User.objects.get(username="wang")
    assert list(made.groups.all()) == [approver]
    assert "approver" in client.get("/admin/auth/user/").content.decode()
    assert client.post(f"/admin/auth/user/{made.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in client.get("/admin/auth/user/").content.decode()


def test_the_login_page_opens_in_both_languages() -> None:
    for language, words in (("en", "Sign in"), ("zh-hans", "登录")):
        client = Client(SERVER_NAME="localhost", headers={"accept-language": language})
        page = client.get("/", follow=True).content.decode()
        assert words in page
