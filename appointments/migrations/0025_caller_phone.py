from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("appointments", "0024_waiting_list"),
    ]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="caller_phone",
            field=models.CharField(blank=True, db_default="", max_length=16, verbose_name="téléphone de qui appelle"),
        ),
        migrations.RemoveConstraint(model_name="appointment", name="appointment_erased_is_empty"),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("patient_erased_at__isnull", True),
                    models.Q(
                        ("caller", ""),
                        ("caller_phone", ""),
                        ("cancelled_because", ""),
                        ("contact_email", ""),
                        ("contact_phone", ""),
                        ("note", ""),
                        ("visit_address", ""),
                    ),
                    _connector="OR",
                ),
                name="appointment_erased_is_empty",
            ),
        ),
    ]
