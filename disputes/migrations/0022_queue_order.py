"""The queue's index in the whole order in which the next case is looked for."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('disputes', '0021_webhooks'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='case',
            name='case_queue_order',
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['status', '-expected_loss_minor', 'opened_at', 'case_id'], name='case_queue_order'),
        ),
    ]
