"""A claim ends by itself: until when a case is its holder's."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("disputes", "0002_history_and_roles")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="lease_until",
            field=models.DateTimeField(
                blank=True, help_text="After this moment the case is anybody's again.", null=True, verbose_name="held until"
            ),
        ),
    ]
