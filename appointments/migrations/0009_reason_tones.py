"""The colours of reasons are the eight tones of the design."""

from django.db import migrations, models

TONES = {
    "blue": "tone-2",
    "purple": "tone-3",
    "red": "tone-5",
    "orange": "tone-6",
    "yellow": "tone-6",
    "green": "tone-7",
}


def to_tones(apps, schema_editor):
    reasons = apps.get_model("appointments", "Reason").objects
    for colour, tone in TONES.items():
        reasons.filter(colour=colour).update(colour=tone)
    reasons.exclude(colour__startswith="tone-").update(colour="tone-8")


class Migration(migrations.Migration):
    dependencies = [("appointments", "0008_published")]

    operations = [
        migrations.RunPython(to_tones, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="reason",
            name="colour",
            field=models.CharField(
                choices=[
                    ("tone-1", "Pétrole"),
                    ("tone-2", "Bleu"),
                    ("tone-3", "Violet"),
                    ("tone-4", "Prune"),
                    ("tone-5", "Brique"),
                    ("tone-6", "Ocre"),
                    ("tone-7", "Olive"),
                    ("tone-8", "Ardoise"),
                ],
                default="tone-8",
                max_length=20,
                verbose_name="couleur",
            ),
        ),
        migrations.AddConstraint(
            model_name="reason",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    colour__in=["tone-1", "tone-2", "tone-3", "tone-4", "tone-5", "tone-6", "tone-7", "tone-8"]
                ),
                name="reason_known_colour",
            ),
        ),
    ]
