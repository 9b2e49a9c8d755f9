from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index made concurrently does not stop the bookings of the running version.
    atomic = False

    dependencies = [
        ("appointments", "0006_practice_retention"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="appointment",
            index=models.Index(
                fields=["end", "id"],
                condition=models.Q(patient_erased_at__isnull=True),
                name="appointment_to_erase",
            ),
        ),
    ]
