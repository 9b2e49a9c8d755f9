from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_sas_subject"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="shortcuts_off",
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name="sans raccourcis"),
        ),
    ]
