"""Staffing and the trust-list, which no database lets anybody change in silence.

What was said of staffing and what a night kept back is added to, never changed. An entry of the trust-list stays as it was asked for: it is
confirmed once and withdrawn once.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

ADDED_ONLY = {
    "disputes_staffing": "what was said of staffing is added to, never changed",
    "disputes_trustnight": "what a night kept back is added to, never changed",
}
TRUST, TRUST_RULE = "disputes_trustentry", "an entry of the trust-list is confirmed once and withdrawn once, and otherwise never changed"
#: Columns that stay, those that are filled once with the confirmation, and once with the withdrawal.
FIXED = ("id", "case_id", "subject_kind", "subject_id", "detector", "typology", "reason", "days", "proposed_by", "proposed_at")
CONFIRMED, WITHDRAWN = ("confirmed_by", "confirmed_at", "until"), ("withdrawn_by", "withdrawn_at")


def _same(columns: tuple[str, ...], is_same: str) -> str:
    return " AND ".join(f"NEW.{column} {is_same} OLD.{column}" for column in columns)


def _allowed(is_same: str) -> str:
    """The one kind of change that an entry of the trust-list may see."""
    return (
        f"{_same(FIXED, is_same)} AND (OLD.confirmed_at IS NULL OR ({_same(CONFIRMED, is_same)}))"
        f" AND (OLD.withdrawn_at IS NULL OR ({_same(WITHDRAWN, is_same)}))"
    )


def protect(apps: Any, schema_editor: Any) -> None:
    """Let the database refuse to change what is written there."""
    if schema_editor.connection.vendor == "postgresql":
        for table, rule in (ADDED_ONLY | {TRUST: TRUST_RULE}).items():
            schema_editor.execute(
                f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION '{rule}'; END $$ LANGUAGE plpgsql"
            )
            changes = "DELETE OR TRUNCATE" if table == TRUST else "UPDATE OR DELETE OR TRUNCATE"
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_change BEFORE {changes} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
            )
        schema_editor.execute(
            f"CREATE TRIGGER {TRUST}_once BEFORE UPDATE ON {TRUST} FOR EACH ROW "
            f"WHEN (NOT ({_allowed('IS NOT DISTINCT FROM')})) EXECUTE FUNCTION {TRUST}_refuse()"
        )
        return
    for table, rule in (ADDED_ONLY | {TRUST: TRUST_RULE}).items():
        for change in ("DELETE",) if table == TRUST else ("UPDATE", "DELETE"):
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} BEGIN SELECT RAISE(ABORT, '{rule}'); END"
            )
    schema_editor.execute(
        f"CREATE TRIGGER {TRUST}_once BEFORE UPDATE ON {TRUST} WHEN NOT ({_allowed('IS')}) BEGIN SELECT RAISE(ABORT, '{TRUST_RULE}'); END"
    )


def unprotect(apps: Any, schema_editor: Any) -> None:
    """Let it be changed again."""
    if schema_editor.connection.vendor == "postgresql":
        for table in (*ADDED_ONLY, TRUST):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}")
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TRUST}_once ON {TRUST}")
        return
    for table in (*ADDED_ONLY, TRUST):
        for change in ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{change}")
    schema_editor.execute(f"DROP TRIGGER IF EXISTS {TRUST}_once")


class Migration(migrations.Migration):
    dependencies = [("disputes", "0041_evidence_files")]

    operations = [migrations.RunPython(protect, unprotect)]
