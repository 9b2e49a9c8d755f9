"""Shapes of numbers that more than one model holds."""

from django.core.validators import RegexValidator

from accounts import phones

phone_format = RegexValidator(phones.E164, phones.E164_TOLD)
