"""Shapes of numbers that more than one model holds."""

from django.core.validators import RegexValidator

phone_format = RegexValidator(
    r"^\+\d{8,15}$", "Le téléphone s’écrit au format international, par exemple +33199001234."
)
