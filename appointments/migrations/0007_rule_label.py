from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("appointments", "0006_calendar_feeds")]

    operations = [
        migrations.AddField(
            model_name="rule",
            name="label",
            field=models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="nom"),
        ),
    ]
