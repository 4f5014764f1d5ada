"""The trust-list after false positives."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('disputes', '0030_staffing'),
    ]

    operations = [
        migrations.CreateModel(
            name='TrustEntry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('subject_kind', models.CharField(max_length=32)),
                ('subject_id', models.CharField(max_length=128)),
                ('detector', models.CharField(max_length=32)),
                ('typology', models.CharField(max_length=32)),
                ('reason', models.TextField()),
                ('days', models.PositiveSmallIntegerField()),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at', models.DateTimeField()),
                ('confirmed_by', models.CharField(blank=True, default='', max_length=150)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('until', models.DateTimeField(null=True)),
                ('withdrawn_by', models.CharField(blank=True, default='', max_length=150)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='trust_entries', to='disputes.case')),
            ],
        ),
        migrations.CreateModel(
            name='TrustNight',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('run_id', models.CharField(max_length=128)),
                ('at', models.DateTimeField()),
                ('suppressed', models.PositiveIntegerField()),
                ('sampled', models.PositiveIntegerField()),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='nights', to='disputes.trustentry')),
            ],
        ),
        migrations.AddIndex(
            model_name='trustentry',
            index=models.Index(fields=['subject_kind', 'subject_id'], name='trust_subject'),
        ),
        migrations.AddConstraint(
            model_name='trustnight',
            constraint=models.UniqueConstraint(fields=('entry', 'run_id'), name='one_trust_night_per_entry_and_run'),
        ),
    ]
