"""The dispute queue as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DisputesConfig(AppConfig):
    name = "fairdeal.disputes"
    label = "disputes"
    verbose_name = _("Dispute queue")
    default_auto_field = "django.db.models.BigAutoField"
