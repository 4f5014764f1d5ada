"""What shifts leave to each other."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('disputes', '0034_snoozes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Handover',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('by', models.CharField(max_length=150)),
                ('to', models.CharField(blank=True, default='', max_length=150)),
                ('word', models.TextField(blank=True, default='')),
                ('at', models.DateTimeField(db_index=True)),
                ('read_by', models.CharField(blank=True, default='', max_length=150)),
                ('read_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='HandedCase',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('word', models.TextField(blank=True, default='')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handed', to='disputes.case')),
                ('handover', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handed', to='disputes.handover')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('handover', 'case'), name='one_case_per_handover')],
            },
        ),
    ]
