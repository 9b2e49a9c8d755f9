"""Reminders: planned when their moment comes, from the visit as it is then; nothing is to be taken back when it moves."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from appointments.enums import MessageKind, Status, Way
from appointments.messages.quiet import postponed
from appointments.messages.reach import new_settings, quiet_of, reachable
from appointments.messages.reminding import AFTER_BOOKING, LATE_BY, Reminder, due, reminders
from appointments.messages.services.facts import hour_fact
from appointments.models import Appointment, MessageSettings, MessageText, PatientMessage
from appointments.models.message import default_reminders

# What a night in which clocks change may put between a delay on the wall and the same in minutes.
_CLOCKS = timedelta(hours=1)
_SAME_DAY = timedelta(hours=25)


def plan_reminders(*, now: datetime, limit: int = 1000) -> int:
    """Those whose moment has come within the last hour, once each; how many. A few queries, and one or two for each of them."""
    settings = {one.pk: one for one in MessageSettings.objects.all()}
    ways = dict(MessageText.objects.filter(kind=MessageKind.REMINDER).values_list("organization", "way"))
    delays = {delay for one in settings.values() for delay in one.reminders} | set(default_reminders())
    found = list(_coming(delays, now).order_by("start", "pk")[:limit])
    wanted = list(_due_of(found, settings, now))
    known = set(
        PatientMessage.objects.filter(fact__in=[fact_of(*one) for one in wanted]).values_list("fact", flat=True)
    )
    rows = []
    for visit, reminder in wanted:
        fact, chosen = (
            fact_of(visit, reminder),
            settings.get(visit.organization_id) or new_settings(visit.organization_id),
        )
        if fact in known:
            continue
        zone, quiet = visit.schedule.location.zone, quiet_of(chosen)
        moment = postponed(reminder.at, visit=visit.start, zone=zone, quiet=quiet)
        way = Way(ways.get(visit.organization_id, Way.EMAIL_FIRST))
        if moment >= visit.start:
            continue
        targets = reachable(visit, way)
        for channel, address in targets if way == Way.BOTH and not visit.patient.wish else targets[:1]:
            rows.append(
                PatientMessage(
                    appointment=visit,
                    organization_id=visit.organization_id,
                    fact=fact,
                    kind=MessageKind.REMINDER,
                    channel=channel,
                    address=address,
                    next_attempt_at=moment,
                )
            )
    # Two sweeps at once plan it once.
    PatientMessage.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def fact_of(visit: Appointment, reminder: Reminder) -> str:
    return f"{hour_fact('reminder', visit)}{reminder.delay}"


def _coming(delays: Collection[int], now: datetime) -> QuerySet[Appointment]:
    """Visits that one of these delays may be of now, and those just taken for today."""
    near = Q(
        start__lte=now + _SAME_DAY, created_at__gt=now - AFTER_BOOKING - LATE_BY, created_at__lte=now - AFTER_BOOKING
    )
    for delay in delays:
        start = now + timedelta(minutes=delay)
        near |= Q(start__gt=start - LATE_BY - _CLOCKS, start__lte=start + _CLOCKS)
    rows = Appointment.objects.filter(near, status=Status.BOOKED, start__gt=now)
    return rows.select_related("patient", "schedule__location")


def _due_of(
    visits: Iterable[Appointment], settings: dict[object, MessageSettings], now: datetime
) -> Iterator[tuple[Appointment, Reminder]]:
    for visit in visits:
        chosen = settings.get(visit.organization_id)
        delays = chosen.reminders if chosen is not None else default_reminders()
        zone = visit.schedule.location.zone
        for one in reminders(start=visit.start, booked=visit.created_at, delays=delays, zone=zone):
            if due(one, now):
                yield visit, one
