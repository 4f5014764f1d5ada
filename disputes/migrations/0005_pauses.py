"""A case may stand still, for a typed reason and until a moment."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("disputes", "0004_chain")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="paused_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="paused until"),
        ),
        migrations.AddField(
            model_name="case",
            name="pause_reason",
            field=models.CharField(blank=True, default="", max_length=32, verbose_name="paused because"),
        ),
    ]
