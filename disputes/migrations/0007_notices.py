"""Notices to whoever leads the team."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("disputes", "0006_outbox"),
    ]

    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField(verbose_name="waits since")),
                ("hours", models.PositiveSmallIntegerField(verbose_name="hours passed")),
                ("due_at", models.DateTimeField(verbose_name="due")),
                ("written_at", models.DateTimeField(verbose_name="when")),
                ("seen_by", models.CharField(blank=True, default="", max_length=150, verbose_name="seen by")),
                ("seen_at", models.DateTimeField(blank=True, null=True, verbose_name="seen")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="notices", to="disputes.case", verbose_name="case"
                    ),
                ),
            ],
            options={
                "verbose_name": "notice",
                "verbose_name_plural": "notices",
                "constraints": [models.UniqueConstraint(fields=("case", "started_at", "hours"), name="one_notice_per_case_and_warning")],
            },
        ),
    ]
