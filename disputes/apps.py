"""The dispute queue as a Django app."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DisputesConfig(AppConfig):
    name = "fairdeal.disputes"
    label = "disputes"
    verbose_name = _("Dispute queue")
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        """Models stand in several files; Django looks into ``models`` by itself."""
        super().import_models()
        for module in (
            "access_models",
            "account_models",
            "desk_models",
            "device_models",
            "evidence_models",
            "handover_models",
            "own_models",
            "second_look_models",
            "trust_models",
            "webhook_models",
        ):
            import_module(f"{self.name}.{module}")
