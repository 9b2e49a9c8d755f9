from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index made concurrently does not stop the deliveries of the running version.
    atomic = False

    dependencies = [
        ("interop", "0002_circuit_and_inbound_calls"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(fields=["-created_at"], name="delivery_by_time"),
        ),
    ]
