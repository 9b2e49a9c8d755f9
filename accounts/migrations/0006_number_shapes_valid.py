from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_number_shapes"),
    ]

    operations = [
        ValidateConstraint(model_name="practitioner", name="practitioner_rpps_bare"),
        ValidateConstraint(model_name="practitioner", name="practitioner_adeli_bare"),
    ]
