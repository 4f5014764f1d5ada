"""What was done about people's accounts, which no database lets anybody change."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

TABLE, RULE = "disputes_accountevent", "account events are added, never changed"


def protect(apps: Any, schema_editor: Any) -> None:
    """Let the database refuse to change what is written there."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"CREATE OR REPLACE FUNCTION {TABLE}_refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION '{RULE}'; END $$ LANGUAGE plpgsql"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_refuse()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        schema_editor.execute(
            f"CREATE TRIGGER {TABLE}_no_{change.lower()} BEFORE {change} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{RULE}'); END"
        )


def unprotect(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_no_change ON {TABLE}")
        return
    for change in ("update", "delete"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_no_{change}")


class Migration(migrations.Migration):
    dependencies = [("disputes", "0036_own")]

    operations = [
        migrations.CreateModel(
            name="AccountEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(verbose_name="when")),
                ("actor", models.CharField(max_length=150, verbose_name="who")),
                ("person", models.CharField(db_index=True, max_length=150, verbose_name="whose account")),
                ("event", models.CharField(max_length=32, verbose_name="what")),
                ("reason", models.CharField(blank=True, default="", max_length=500, verbose_name="why")),
            ],
            options={
                "verbose_name": "account event",
                "verbose_name_plural": "account events",
                "ordering": ["id"],
            },
        ),
        migrations.RunPython(protect, unprotect),
    ]
