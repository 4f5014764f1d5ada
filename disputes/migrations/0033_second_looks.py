"""Closed cases that somebody else judges again."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('disputes', '0032_reason_marks'),
    ]

    operations = [
        migrations.CreateModel(
            name='SecondLook',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('closing_seq', models.BigIntegerField(unique=True)),
                ('drawn_at', models.DateTimeField()),
                ('first_outcome', models.CharField(max_length=32)),
                ('first_findings', models.JSONField(default=dict)),
                ('reviewer', models.CharField(blank=True, default='', max_length=150)),
                ('taken_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, default='', max_length=32)),
                ('findings', models.JSONField(default=dict)),
                ('word', models.TextField(blank=True, default='')),
                ('judged_at', models.DateTimeField(null=True)),
                ('agrees', models.BooleanField(null=True)),
                ('holds', models.CharField(blank=True, default='', max_length=8)),
                ('adjudicated_by', models.CharField(blank=True, default='', max_length=150)),
                ('adjudicated_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddIndex(
            model_name='caseevent',
            index=models.Index(condition=models.Q(('event', 'adjudicated')), fields=['seq'], name='event_adjudications'),
        ),
        migrations.AddField(
            model_name='secondlook',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='second_looks', to='disputes.case'),
        ),
        migrations.AddIndex(
            model_name='secondlook',
            index=models.Index(fields=["judged_at", "taken_at"], name="second_look_open"),
        ),
    ]
