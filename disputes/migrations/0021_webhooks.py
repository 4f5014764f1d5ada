"""Who is told what happened to cases, and what became of each message."""

from __future__ import annotations

import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('disputes', '0020_api'),
    ]

    operations = [
        migrations.CreateModel(
            name='Subscriber',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('seen', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('message_id', models.CharField(max_length=40, unique=True)),
                ('body', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('state', models.CharField(default='waiting', max_length=16)),
                ('attempts', models.IntegerField(default=0)),
                ('written_at', models.DateTimeField()),
                ('next_try_at', models.DateTimeField()),
                ('error', models.CharField(blank=True, default='', max_length=200)),
                ('subscriber', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='disputes.subscriber')),
            ],
            options={
                'indexes': [models.Index(fields=['subscriber', 'state', 'next_try_at'], name='delivery_next_try')],
            },
        ),
    ]
