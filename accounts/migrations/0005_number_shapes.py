import django.core.validators
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_identifier_shapes"),
    ]

    operations = [
        # unsafe-migration: RemoveConstraint: its stricter successor of the same name follows in this transaction
        migrations.RemoveConstraint(model_name="practitioner", name="practitioner_rpps_bare"),
        # unsafe-migration: RemoveConstraint: its stricter successor of the same name follows in this transaction
        migrations.RemoveConstraint(model_name="practitioner", name="practitioner_adeli_bare"),
        AddConstraintNotValid(
            model_name="practitioner",
            constraint=models.CheckConstraint(
                condition=models.Q(("rpps__isnull", True), ("rpps__regex", "^[0-9]{11}\\Z"), _connector="OR"),
                name="practitioner_rpps_bare",
                violation_error_message="Le RPPS compte 11 chiffres, sans préfixe.",
            ),
        ),
        AddConstraintNotValid(
            model_name="practitioner",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("adeli__isnull", True), ("adeli__regex", "^[0-9][0-9AB][0-9]{7}\\Z"), _connector="OR"
                ),
                name="practitioner_adeli_bare",
                violation_error_message="Le numéro ADELI compte 9 chiffres (en Corse, 2A ou 2B), sans préfixe.",
            ),
        ),
        migrations.AlterField(
            model_name="practitioner",
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
