"""Who acted: the same columns wherever a row says by whom it was made."""

from django.db import models

from accounts.enums import ActorKind
from accounts.models.regulator import Regulator
from accounts.models.user import User


class ActedBy(models.Model):
    """A user, a regulator, a patient, or the product itself. A patient is never named.

    Accounts that acted are deactivated, not deleted. A class that inherits adds `acted_by_constraint(...)` to its own.
    """

    actor_kind = models.CharField("par", max_length=10, choices=ActorKind.choices, editable=False)
    by_user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="compte", editable=False
    )
    by_regulator = models.ForeignKey(
        Regulator, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="régulateur", editable=False
    )
    by_name = models.CharField("nom de qui a agi", max_length=250, blank=True, editable=False)

    class Meta:
        abstract = True


def acted_by_constraint(name: str) -> models.CheckConstraint:
    """The kind says which of the columns is filled."""
    kind = models.Q(actor_kind=ActorKind.USER, by_user__isnull=False, by_regulator__isnull=True)
    kind |= models.Q(actor_kind=ActorKind.REGULATOR, by_user__isnull=True, by_regulator__isnull=False)
    kind |= models.Q(actor_kind=ActorKind.PATIENT, by_user__isnull=True, by_regulator__isnull=True, by_name="")
    kind |= models.Q(actor_kind=ActorKind.SYSTEM, by_user__isnull=True, by_regulator__isnull=True)
    return models.CheckConstraint(condition=kind, name=name)
