import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("appointments", "0008_outbox_row"),
    ]

    operations = [
        migrations.AlterField(
            model_name="location",
            name="phone",
            field=models.CharField(
                blank=True,
                max_length=16,
                validators=[
                    django.core.validators.RegexValidator(
                        "^\\+[1-9][0-9]{6,14}\\Z",
                        "Le téléphone s’écrit au format international, par exemple +33199001234.",
                    )
                ],
                verbose_name="téléphone",
            ),
        ),
    ]
