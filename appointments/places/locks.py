"""The one lock of an agenda: who books with a practitioner, or changes when they receive, holds it."""

import uuid

from accounts.models import Practitioner


def lock_agendas(practitioner_ids: list[uuid.UUID]) -> None:
    """Until the end of the transaction nobody else books with or changes the agenda of these practitioners.

    Always in the same order, so that two reassignments crossing each other can't deadlock.
    """
    rows = Practitioner.objects.select_for_update(no_key=True).filter(pk__in=practitioner_ids).order_by("pk")
    list(rows.values_list("pk"))
