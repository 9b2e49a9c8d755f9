"""Who waits, for the pages that show it."""

from django.db.models import Q

from appointments.enums import WaitingState
from appointments.models import WaitingAt, WaitingEntry


def rank_of(entry: WaitingEntry) -> int:
    """Among those who wait at one of the same agendas: 1 is asked first. One query."""
    agendas = WaitingAt.objects.filter(entry=entry).values("schedule")
    before = Q(registered_at__lt=entry.registered_at) | Q(registered_at=entry.registered_at, pk__lt=entry.pk)
    rows = WaitingEntry.objects.filter(before, state=WaitingState.WAITING, places__schedule__in=agendas)
    return rows.order_by().distinct().count() + 1
