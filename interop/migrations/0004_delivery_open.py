from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index made concurrently does not stop the deliveries of the running version.
    atomic = False

    dependencies = [
        ("interop", "0003_delivery_by_time"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                fields=["state", "created_at"],
                condition=models.Q(state__in=["planned", "claimed", "retrying", "blocked"]),
                name="delivery_open",
            ),
        ),
    ]
