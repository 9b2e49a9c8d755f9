from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_access")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="discreet_agenda",
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name="agenda discret"),
        ),
    ]
