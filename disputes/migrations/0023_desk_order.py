"""The indexes of the desk: the queue of a holder and of a type, by age, and what was done in a day."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('disputes', '0022_queue_order'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['holder', 'status', '-expected_loss_minor', 'opened_at', 'case_id'], name='case_holder_order'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['case_type', 'status', '-expected_loss_minor', 'opened_at', 'case_id'], name='case_type_order'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['status', 'opened_at', 'case_id'], name='case_age_order'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['opened_at'], name='case_opened'),
        ),
        migrations.AddIndex(
            model_name='caseevent',
            index=models.Index(fields=['event', 'at'], name='event_kind_and_time'),
        ),
    ]
