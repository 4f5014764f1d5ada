"""Addresses: the desk at the root, the switch of language, the back office, and the API."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from fairdeal.disputes.api.app import api
from fairdeal.disputes.desk.addresses import urlpatterns as desk
from fairdeal.disputes.desk.signing_in import sign_out

admin.autodiscover()

handler404 = "fairdeal.disputes.desk.refusing.not_found"

urlpatterns = [
    *desk,
    path("i18n/", include("django.conf.urls.i18n")),
    # People sign in, sign out and change their password at the desk; the back office has no door of its own.
    path("admin/login/", RedirectView.as_view(pattern_name="login", query_string=True)),
    path("admin/logout/", sign_out),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password")),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
]
