import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_access"),
        ("appointments", "0005_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=0, editable=False, verbose_name="version")),
                (
                    "secret_hash",
                    models.CharField(editable=False, max_length=64, unique=True, verbose_name="empreinte du secret"),
                ),
                ("with_names", models.BooleanField(default=False, verbose_name="avec les noms")),
                ("made_at", models.DateTimeField(verbose_name="faite le")),
                (
                    "digest",
                    models.CharField(blank=True, editable=False, max_length=64, verbose_name="empreinte du contenu"),
                ),
                ("changed_at", models.DateTimeField(editable=False, verbose_name="contenu changé le")),
                (
                    "last_read_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="lue pour la dernière fois le"),
                ),
                (
                    "practitioner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_feed",
                        to="accounts.practitioner",
                        verbose_name="praticien",
                    ),
                ),
            ],
            options={
                "verbose_name": "adresse de calendrier",
                "verbose_name_plural": "adresses de calendrier",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("secret_hash__regex", "^[0-9a-f]{64}$")), name="feed_holds_a_hash"
                    )
                ],
            },
        ),
    ]
