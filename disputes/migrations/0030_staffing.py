"""How many hours people work on a day."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('disputes', '0023_desk_order'),
    ]

    operations = [
        migrations.CreateModel(
            name='Staffing',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('hours', models.JSONField(default=dict)),
                ('word', models.CharField(blank=True, default='', max_length=200)),
                ('set_by', models.CharField(max_length=150)),
                ('set_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['day', '-id'], name='staffing_newest')],
            },
        ),
    ]
