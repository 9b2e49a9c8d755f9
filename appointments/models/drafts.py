"""What somebody types of a patient before it is booked."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Draft(models.Model):
    """The fields of a booking form as typed, one form a person: no page that is lost loses them. `sealed` is encrypted.

    It lives a quarter of an hour from the last change, by the database's clock.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+", verbose_name="compte"
    )
    # Of the form: once it has booked, its draft is nobody's any more.
    request_id = models.UUIDField("formulaire", default=uuid.uuid4)
    sealed = models.TextField("saisies, chiffrées")
    saved_at = models.DateTimeField("à", db_default=Now(), db_index=True)

    class Meta:
        verbose_name = "saisie en cours"
        verbose_name_plural = "saisies en cours"

    def __str__(self) -> str:
        return f"{self.user_id}"
