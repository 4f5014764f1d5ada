"""How often somebody asked, counted for all processes."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("disputes", "0050_protected_rows")]

    operations = [
        migrations.CreateModel(
            name="AskedBucket",
            fields=[
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("left", models.FloatField()),
                ("at", models.FloatField(db_index=True)),
            ],
        ),
    ]
