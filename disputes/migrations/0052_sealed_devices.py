"""The secrets of devices, sealed: those that lay open are sealed where they are."""

from __future__ import annotations

from binascii import unhexlify
from typing import Any

from django.db import migrations

from fairdeal.disputes.sealing import FORM, seal, unseal

PURPOSE = "second factor"


def seal_all(apps: Any, schema_editor: Any) -> None:
    for device in apps.get_model("otp_totp", "TOTPDevice").objects.exclude(key__startswith=FORM):
        device.key = seal(unhexlify(device.key), purpose=PURPOSE, owner=str(device.user_id))
        device.save(update_fields=["key"])


def open_all(apps: Any, schema_editor: Any) -> None:
    for device in apps.get_model("otp_totp", "TOTPDevice").objects.filter(key__startswith=FORM):
        device.key = unseal(device.key, purpose=PURPOSE, owner=str(device.user_id)).hex()
        device.save(update_fields=["key"])


class Migration(migrations.Migration):
    dependencies = [("disputes", "0051_asked_buckets"), ("otp_totp", "0003_add_timestamps")]

    operations = [
        migrations.CreateModel(
            name="SealedDevice",
            fields=[],
            options={"proxy": True, "indexes": [], "constraints": []},
            bases=("otp_totp.totpdevice",),
        ),
        migrations.RunPython(seal_all, open_all),
    ]
