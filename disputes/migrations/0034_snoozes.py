"""Cases that are put aside until a moment or an occasion."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('disputes', '0033_second_looks'),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='snooze_case',
            field=models.CharField(blank=True, default='', max_length=17, verbose_name='waits for case'),
        ),
        migrations.AddField(
            model_name='case',
            name='snooze_for',
            field=models.CharField(blank=True, default='', max_length=16, verbose_name='woken by'),
        ),
        migrations.AddField(
            model_name='case',
            name='snoozed_by',
            field=models.CharField(blank=True, default='', max_length=150, verbose_name='put aside by'),
        ),
        migrations.AddField(
            model_name='case',
            name='snoozed_until',
            field=models.DateTimeField(blank=True, null=True, verbose_name='asleep until'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('snoozed_until__isnull', False)), fields=['snoozed_until'], name='case_asleep'),
        ),
    ]
