"""The history cannot be rewritten, and the roles exist as groups.

A later migration that makes SQLite rebuild the table of events drops its triggers; such a migration ends with ``protect`` again.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

ROLES = ("agent", "analyst", "approver", "mediator", "arbitrator", "operator", "editor", "auditor")


def protect(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "sqlite":
        return  # protected from the chain on
    for change in ("UPDATE", "DELETE"):
        schema_editor.execute(
            f"CREATE TRIGGER disputes_caseevent_no_{change.lower()} BEFORE {change} ON disputes_caseevent "
            "BEGIN SELECT RAISE(ABORT, 'case events are added, never changed'); END"
        )


def unprotect(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "sqlite":
        return
    for change in ("update", "delete"):
        schema_editor.execute(f"DROP TRIGGER disputes_caseevent_no_{change}")


def add_roles(apps: Any, schema_editor: Any) -> None:
    group = apps.get_model("auth", "Group")
    for role in ROLES:
        group.objects.get_or_create(name=role)


def leave_roles(apps: Any, schema_editor: Any) -> None:
    """Groups stay: people may have been put into them."""


class Migration(migrations.Migration):
    dependencies = [
        ("disputes", "0001_queue"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunPython(protect, unprotect),
        migrations.RunPython(add_roles, leave_roles),
    ]
