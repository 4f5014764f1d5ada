"""The history becomes one sealed chain, and no database lets anybody change it.

A later migration that makes SQLite rebuild the table of events drops its triggers; such a migration ends with ``protect`` again.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


def protect(apps: Any, schema_editor: Any) -> None:
    """Let the database refuse to change an entry of the history."""
    unprotect(apps, schema_editor)
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE OR REPLACE FUNCTION disputes_caseevent_refuse() RETURNS trigger AS $$ "
            "BEGIN RAISE EXCEPTION 'case events are added, never changed'; END $$ LANGUAGE plpgsql"
        )
        schema_editor.execute(
            "CREATE TRIGGER disputes_caseevent_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON disputes_caseevent "
            "FOR EACH STATEMENT EXECUTE FUNCTION disputes_caseevent_refuse()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        schema_editor.execute(
            f"CREATE TRIGGER disputes_caseevent_no_{change.lower()} BEFORE {change} ON disputes_caseevent "
            "BEGIN SELECT RAISE(ABORT, 'case events are added, never changed'); END"
        )


def unprotect(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER IF EXISTS disputes_caseevent_no_change ON disputes_caseevent")
        return
    for change in ("update", "delete"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS disputes_caseevent_no_{change}")


def seal_what_is_there(apps: Any, schema_editor: Any) -> None:
    """Chain the entries that were written before there was a chain."""
    from fairdeal.disputes.history import BEGINNING, content_sha256, seal

    events, heads = apps.get_model("disputes", "CaseEvent"), apps.get_model("disputes", "AuditHead")
    count, before = 0, BEGINNING
    for entry in events.objects.order_by("seq"):
        count = entry.seq
        before = seal(entry.seq, before, content_sha256(entry))
        events.objects.filter(pk=entry.pk).update(entry_hash=before)
    heads.objects.create(id=1, count=count, entry_hash=before)


def leave_seals(apps: Any, schema_editor: Any) -> None:
    """The column goes with its migration."""


class Migration(migrations.Migration):
    dependencies = [("disputes", "0003_leases")]

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("count", models.BigIntegerField(default=0)),
                ("entry_hash", models.CharField(max_length=64)),
            ],
        ),
        migrations.RunPython(unprotect, protect),
        migrations.AddField(
            model_name="caseevent",
            name="entry_hash",
            field=models.CharField(default="", max_length=64, verbose_name="seal"),
            preserve_default=False,
        ),
        migrations.RunPython(seal_what_is_there, leave_seals),
        migrations.RunPython(protect, unprotect),
    ]
