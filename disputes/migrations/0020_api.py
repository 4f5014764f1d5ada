"""Other systems come to the queue: their tokens, what their writes were answered, what they put before cases, and their role."""

from __future__ import annotations

from typing import Any

import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def add_role(apps: Any, schema_editor: Any) -> None:
    apps.get_model("auth", "Group").objects.get_or_create(name="pipeline")


def leave_role(apps: Any, schema_editor: Any) -> None:
    """The group stays: accounts may have been put into it."""


class Migration(migrations.Migration):

    dependencies = [
        ('disputes', '0007_notices'),
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AccessToken',
            fields=[
                ('token_id', models.CharField(max_length=12, primary_key=True, serialize=False)),
                ('name', models.CharField(blank=True, default='', max_length=100)),
                ('keyed_hash', models.CharField(max_length=64)),
                ('per_minute', models.PositiveIntegerField()),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='CaseEvidence',
            fields=[
                ('evidence_id', models.CharField(max_length=17, primary_key=True, serialize=False, verbose_name='evidence')),
                ('kind', models.CharField(max_length=32, verbose_name='kind')),
                ('subject_kind', models.CharField(blank=True, default='', max_length=32, verbose_name='subject kind')),
                ('subject_id', models.CharField(blank=True, default='', max_length=128, verbose_name='subject')),
                ('source_system', models.CharField(max_length=128)),
                ('external_id', models.CharField(blank=True, default='', max_length=128)),
                ('language', models.CharField(blank=True, default='', max_length=35, verbose_name='language')),
                ('text', models.TextField()),
                ('location', models.CharField(blank=True, default='', max_length=500)),
                ('file_sha256', models.CharField(blank=True, default='', max_length=64)),
                ('occurred_at', models.DateTimeField(null=True, verbose_name='happened')),
                ('added_at', models.DateTimeField()),
                ('added_by', models.CharField(max_length=150)),
                ('sha256', models.CharField(max_length=64)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='disputes.case', verbose_name='case')),
            ],
            options={
                'verbose_name': 'evidence',
                'verbose_name_plural': 'evidence',
                'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('source_system', 'external_id'), name='one_evidence_per_source_and_id')],
            },
        ),
        migrations.CreateModel(
            name='KeptAnswer',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=64)),
                ('request_sha256', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('body', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('kept_at', models.DateTimeField(db_index=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'key'), name='one_answer_per_person_and_key')],
            },
        ),
        migrations.RunPython(add_role, leave_role),
    ]
