from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("appointments", "0007_to_erase")]

    operations = [
        # unsafe-migration: RenameField: nothing is released, the schema is laid anew next
        migrations.RenameField(model_name="patientmessage", old_name="last_error", new_name="cause"),
        # unsafe-migration: AlterField: nothing is released, the schema is laid anew next
        migrations.AlterField(
            model_name="patientmessage",
            name="cause",
            field=models.TextField(
                blank=True, help_text="Pourquoi le dernier essai n’a pas abouti.", verbose_name="cause"
            ),
        ),
        # unsafe-migration: AlterField: nothing is released, the schema is laid anew next
        migrations.AlterField(
            model_name="patientmessage",
            name="attempts",
            field=models.PositiveIntegerField(default=0, verbose_name="essais"),
        ),
        migrations.AddField(
            model_name="patientmessage",
            name="lease_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="réservé jusqu’à"),
        ),
    ]
