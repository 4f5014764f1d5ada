"""The outbox of measures; and the skills that an approver or analyst may have beyond the role, as groups."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

SKILLS = ("appeal_review", "legal", "second_level")


def add_skills(apps: Any, schema_editor: Any) -> None:
    group = apps.get_model("auth", "Group")
    for skill in SKILLS:
        group.objects.get_or_create(name=skill)


def leave_skills(apps: Any, schema_editor: Any) -> None:
    """Groups stay: people may have been put into them."""


class Migration(migrations.Migration):
    dependencies = [
        ("disputes", "0005_pauses"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseAction",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("action_id", models.CharField(max_length=200, verbose_name="measure")),
                ("kind", models.CharField(max_length=32, verbose_name="what")),
                ("target", models.CharField(max_length=200, verbose_name="on whom")),
                ("amount_minor", models.BigIntegerField(null=True, verbose_name="amount")),
                ("currency", models.CharField(blank=True, default="", max_length=3, verbose_name="currency")),
                ("expires_at", models.DateTimeField(verbose_name="stands until")),
                ("idempotency_key", models.CharField(max_length=64, unique=True, verbose_name="key")),
                ("state", models.CharField(default="waiting", max_length=16, verbose_name="state")),
                ("attempts", models.IntegerField(default=0, verbose_name="attempts")),
                ("next_try_at", models.DateTimeField(verbose_name="next try")),
                ("receipt", models.CharField(blank=True, default="", max_length=200, verbose_name="receipt")),
                ("error", models.CharField(blank=True, default="", max_length=200, verbose_name="last error")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="actions", to="disputes.case", verbose_name="case"
                    ),
                ),
            ],
            options={
                "verbose_name": "measure",
                "verbose_name_plural": "measures",
                "indexes": [models.Index(fields=["state", "next_try_at"], name="action_next_try")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["done", "failed", "sent", "waiting"])), name="action_state_is_known"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="caseevent",
            index=models.Index(condition=models.Q(("event", "approve")), fields=["seq"], name="event_approvals"),
        ),
        migrations.RunPython(add_skills, leave_skills),
    ]
