from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_agenda_habits"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="shortcuts_off",
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name="sans raccourcis"),
        ),
    ]
