"""What people said of reasons is read in its order."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('disputes', '0031_trust'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='caseevent',
            index=models.Index(condition=models.Q(('event', 'reason_marked')), fields=['seq'], name='event_reason_marks'),
        ),
    ]
