"""In the evening, whoever keeps an agenda is told by e-mail how many visits were left open: once, and no patient is named."""

import logging
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Count, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.enums import Level, NoticeState, Role
from accounts.models import Delegation, Practitioner, User
from accounts.rights import practice_actor
from appointments.models import Appointment, ClosingReminder, Schedule
from appointments.openings.recurrence import instant
from outbox import ledger, mail

logger = logging.getLogger(__name__)

# By the clock of the place. What ends later is of the next evening.
EVENING = time(20)
_DAY = timedelta(days=1)
# A day of a zone has as many hours at most.
_LONGEST_DAY = timedelta(hours=25)
_INTERRUPTED = "L’envoi a été interrompu."
_ALL_CLOSED = "Tout était clos."


def set_reminded(*, user: User, wanted: bool) -> None:
    user.closing_reminder = wanted
    user.save(update_fields=["closing_reminder"])


def plan_reminders(*, now: datetime) -> int:
    """Of each zone in which it is evening: those who book where something was left open since the evening before, and who want to
    be told. How many were not told yet.
    """
    made = 0
    for zone, evening in _evenings(now):
        since, until = (instant(day, EVENING, zone) for day in (evening - _DAY, evening))
        for user in _keepers(zone, since, until, now=now).exclude(
            pk__in=ClosingReminder.objects.filter(evening=evening).values("user")
        ):
            kept = Schedule.objects.kept_by(practice_actor(user, now=now), Level.BOOK).order_by().values("pk")
            if _left_open(zone, since, until).filter(schedule__in=kept).exists():
                # Two workers may plan the same evening: the constraint keeps one.
                rows = [ClosingReminder(user=user, evening=evening, next_attempt_at=now)]
                made += len(ClosingReminder.objects.bulk_create(rows, ignore_conflicts=True))
    return made


def due_reminders(*, now: datetime, limit: int = 500) -> list[int]:
    return list(ClosingReminder.objects.due(now).order_by("next_attempt_at").values_list("pk", flat=True)[:limit])


def end_forsaken_reminders(*, now: datetime) -> None:
    for reminder in ClosingReminder.objects.forsaken(now):
        _record_failure(reminder, _INTERRUPTED, now)


def send_reminder(*, reminder_id: int, now: datetime) -> bool:
    """Claim, send, record. False when it was not ours to send, did not leave, or when nothing is open any more."""
    if not mail.may_send(ClosingReminder, now=now):
        return False
    if not ledger.claim(ClosingReminder, reminder_id, now=now, lease=mail.LEASE):
        return False
    reminder = ClosingReminder.objects.select_related("user").get(pk=reminder_id)
    lines = _lines(reminder.user, now)
    if not lines or not reminder.user.closing_reminder:
        ledger.try_again(reminder, at=now, cause=_ALL_CLOSED, state=NoticeState.ABANDONED)
        return False
    try:
        _compose(reminder, lines).send()
    except (OSError, ValueError) as error:
        logger.warning("reminder %s could not be sent: %s", reminder.pk, mail.told(error))
        _record_failure(reminder, mail.told(error), now, is_final=mail.is_final(error))
        return False
    ledger.settle(reminder, state=NoticeState.SENT, sent_at=now, cause="")
    return True


def _evenings(now: datetime) -> Iterator[tuple[ZoneInfo, date]]:
    """The zones in which something was left open lately, and where the evening has come."""
    recent = Appointment.objects.unclosed(now).filter(end__gt=now - _LONGEST_DAY - _DAY)
    for name in sorted(set(recent.order_by().values_list("schedule__location__time_zone", flat=True))):
        local = now.astimezone(zone := ZoneInfo(name))
        if local.time() >= EVENING:
            yield zone, local.date()


def _left_open(zone: ZoneInfo, since: datetime, until: datetime) -> QuerySet[Appointment]:
    return Appointment.objects.unclosed(until).filter(end__gt=since, schedule__location__time_zone=zone.key)


def _keepers(zone: ZoneInfo, since: datetime, until: datetime, *, now: datetime) -> QuerySet[User]:
    """Who may have to do with it: their own agenda, a delegation, a role. What each may is looked at then."""
    visits = _left_open(zone, since, until).order_by()
    delegated = Delegation.objects.valid(now).filter(
        level__gte=Level.BOOK, organization__in=visits.values("organization")
    )
    own = Practitioner.objects.filter(pk__in=visits.values("practitioner"), user__isnull=False)
    role = Q(memberships__role=Role.MANAGER, memberships__organization__in=visits.values("organization"))
    who = Q(pk__in=own.values("user")) | Q(pk__in=delegated.values("user")) | role
    return User.objects.filter(who, is_active=True, closing_reminder=True).order_by("pk").distinct()


def _lines(user: User, now: datetime) -> list[str]:
    """« Dr Alba Tournesol : 3 rendez-vous », of all that is open and theirs to close, whatever day it is of."""
    kept = Schedule.objects.kept_by(practice_actor(user, now=now), Level.BOOK).order_by().values("pk")
    rows = Appointment.objects.unclosed(now).filter(schedule__in=kept).order_by()
    counts = dict(rows.values_list("practitioner").annotate(Count("pk")))
    named = Practitioner.objects.filter(pk__in=[one for one in counts if one is not None])
    lines = [f"{one.name}\u00a0: {counts.pop(one.pk)} rendez-vous" for one in named]
    return lines + [f"Sans praticien\u00a0: {count} rendez-vous" for count in counts.values()]


def _compose(reminder: ClosingReminder, lines: list[str]) -> EmailMessage:
    context = {"lines": lines, "address": f"{settings.BASE_URL}{reverse('closing')}"}
    name = ("closing reminder", reminder.user_id, reminder.evening.isoformat(), reminder.user.email)
    return mail.letter(
        "Des rendez-vous restent à clore",
        render_to_string("practice/closing_mail.txt", context),
        to=[reminder.user.email],
        name=name,
    )


def _record_failure(reminder: ClosingReminder, cause: str, now: datetime, *, is_final: bool = False) -> None:
    is_over = is_final or reminder.attempts >= mail.MAX_ATTEMPTS
    delay = ledger.retry_delay(reminder.attempts, first=mail.FIRST_DELAY, longest=mail.LONGEST_DELAY)
    state = NoticeState.ABANDONED if is_over else NoticeState.PLANNED
    ledger.try_again(reminder, at=now + delay, cause=cause, state=state)
