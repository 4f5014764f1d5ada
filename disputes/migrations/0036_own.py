"""Filters, drafts, macros and cases followed."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('disputes', '0035_handovers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Macro',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('owner', models.CharField(max_length=150)),
                ('name', models.CharField(max_length=60)),
                ('form', models.CharField(max_length=16)),
                ('outcome', models.CharField(blank=True, default='', max_length=32)),
                ('text_zh', models.TextField(blank=True, default='')),
                ('text_en', models.TextField(blank=True, default='')),
                ('due_days', models.PositiveSmallIntegerField(null=True)),
                ('is_shared', models.BooleanField(default=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('owner', 'name'), name='one_macro_per_owner_and_name')],
            },
        ),
        migrations.CreateModel(
            name='SavedFilter',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('owner', models.CharField(max_length=150)),
                ('name', models.CharField(max_length=60)),
                ('query', models.CharField(blank=True, max_length=500)),
                ('is_shared', models.BooleanField(default=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('owner', 'name'), name='one_filter_per_owner_and_name')],
            },
        ),
        migrations.CreateModel(
            name='DefaultFilter',
            fields=[
                ('owner', models.CharField(max_length=150, primary_key=True, serialize=False)),
                ('filter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='disputes.savedfilter')),
            ],
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('owner', models.CharField(max_length=150)),
                ('form', models.CharField(max_length=16)),
                ('content', models.JSONField(default=dict)),
                ('revision', models.IntegerField()),
                ('saved_at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='disputes.case')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('owner', 'case', 'form'), name='one_draft_per_owner_case_and_form')],
            },
        ),
        migrations.CreateModel(
            name='Follow',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('owner', models.CharField(max_length=150)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='disputes.case')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('owner', 'case'), name='one_follow_per_owner_and_case')],
            },
        ),
    ]
