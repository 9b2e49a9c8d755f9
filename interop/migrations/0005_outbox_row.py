import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interop", "0004_delivery_open")]

    operations = [
        migrations.AlterField(
            model_name="deliveryattempt",
            name="delivery",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="exchanges",
                to="interop.delivery",
                verbose_name="livraison",
            ),
        ),
        # unsafe-migration: RenameField: nothing is released, the schema is laid anew next
        migrations.RenameField(model_name="delivery", old_name="attempts_count", new_name="attempts"),
        migrations.AlterField(
            model_name="delivery",
            name="cause",
            field=models.TextField(
                blank=True, help_text="Pourquoi le dernier essai n’a pas abouti.", verbose_name="cause"
            ),
        ),
    ]
