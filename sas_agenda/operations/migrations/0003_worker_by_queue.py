"""A sign of life for each queue. Said to Django only; the version before neither writes nor reads `worker_sas`."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0002_alert_ended"),
    ]

    operations = [
        migrations.AlterField(
            model_name="heartbeat",
            name="part",
            field=models.CharField(
                choices=[
                    ("worker", "Exécutant des tâches courantes"),
                    ("worker_sas", "Exécutant des envois au SAS"),
                    ("beat", "Horloge des tâches"),
                ],
                max_length=10,
                primary_key=True,
                serialize=False,
                verbose_name="processus",
            ),
        ),
    ]
