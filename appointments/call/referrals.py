"""« Mes orientations »: what a regulator booked, found again by what a caller says of it."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import DateField, F, Func, Q
from django.db.models.functions import Cast

from accounts.enums import ActorKind
from accounts.french import fold
from accounts.rights import Actor
from accounts.when import parse_day
from appointments.booking.outward import OutwardNews, known_outside, news_of
from appointments.booking.reference import range_of
from appointments.enums import CancelledFor, EventKind, MessageState, Status
from appointments.messages.selectors import latest_messages, told_only
from appointments.models import Appointment, AppointmentEvent, PatientMessage
from appointments.models.booking import AppointmentQuerySet
from appointments.patients.selectors import Seen, seen_by

# Below, nearly everybody's number ends so; of a name, nearly everybody's begins so.
_DIGITS, _LETTERS = 4, 3
_INITIALS = re.compile(r"[^\W\d_]{2}")
_OUTCOMES = [EventKind.FULFILLED, EventKind.NOSHOW, EventKind.CANCELLED]


@dataclass(frozen=True, slots=True)
class Row:
    """`outcome`: the fact that closed it, once it is closed. `may_change`: still by who booked it."""

    appointment: Appointment
    seen: Seen
    message: PatientMessage | None
    outward: OutwardNews | None
    outcome: AppointmentEvent | None
    may_change: bool

    @property
    def zone(self) -> ZoneInfo:
        return self.appointment.schedule.location.zone

    @property
    def is_to_tell(self) -> bool:
        return self.message is not None and self.message.state == MessageState.TO_CALL

    @property
    def phone_end(self) -> str:
        """12 34: enough to tell two callers apart. Of the patient, else of who called."""
        phone = self.seen.phone or self.seen.caller_phone
        return f"{phone[-4:-2]} {phone[-2:]}" if phone else ""


def rows_of(appointments: Collection[Appointment], *, actor: Actor, now: datetime) -> list[Row]:
    """Of these, loaded with their context and the patient. Three queries."""
    messages, outward = latest_messages(appointments), news_of(appointments)
    closed = AppointmentEvent.objects.filter(appointment__in=[one.id for one in appointments], kind__in=_OUTCOMES)
    outcomes = {event.appointment_id: event for event in closed.order_by("sequence")}
    return [
        Row(
            one,
            seen_by(actor, one),
            messages.get(one.id),
            outward.get(one.id),
            outcomes.get(one.id) if one.status != Status.BOOKED else None,
            one.is_booked and one.start > now,
        )
        for one in appointments
    ]


def narrowed(booked: AppointmentQuerySet, *, status: str, sas: str, told: str) -> AppointmentQuerySet:
    """`sas`: "transmis", "attente"; `told`: "oui", "non"; or blank for all."""
    if status:
        booked = booked.filter(status=status)
    if told:
        booked = told_only(booked, told=told == "oui")
    return booked.filter(known_outside(sas == "transmis")) if sas else booked


def found_by(booked: AppointmentQuerySet, words: str, *, today: date) -> AppointmentQuerySet:
    """Those that the words mean: a reference, initials or how the name begins, a day however it is typed, the end of the phone;
    several of them, in any order. The latest first; nothing for words that mean none of it.
    """
    booked = booked.alias(
        local_day=Cast(Func(F("schedule__location__time_zone"), F("start"), function="timezone"), DateField())
    )
    means = _meaning(words, today)
    for part in words.split() if not means else []:
        booked = booked.filter(_meaning(part, today) or Q(pk__in=[]))
    return (booked.filter(means) if means else booked if words.strip() else booked.none()).order_by("-start", "pk")


def _meaning(words: str, today: date) -> Q:
    """Empty where it is none of them."""
    words, found = words.strip(), Q()
    letters, digits = fold(words), re.sub(r"[\s.]", "", words)
    initials = re.sub(r"[\s.-]", "", letters)
    if bounds := range_of(words):
        found |= Q(pk__range=bounds)
    if _INITIALS.fullmatch(initials):
        found |= Q(
            given_as__given_name_folded__startswith=initials[0], given_as__family_name_folded__startswith=initials[1]
        )
    if len(initials) == 1 and initials.isalpha():
        # Somebody with one name.
        found |= Q(given_as__given_name_folded="", given_as__family_name_folded__startswith=initials)
    if len(letters) >= _LETTERS and not any(one.isdigit() for one in letters):
        found |= Q(given_as__family_name_folded__startswith=letters)
    if digits.isdecimal() and digits.isascii() and len(digits) >= _DIGITS:
        # As it is dialled: the zero at its head is not kept. Of the patient only as they gave it, whatever the practice knows.
        end = digits.removeprefix("0") if len(digits) == 10 else digits
        found |= Q(given_as__phone__endswith=end) | Q(caller_phone__endswith=end) & ~Q(
            contacts_by_practice__contains=["caller"]
        )
    try:
        day = parse_day(words, today=today)
    except ValueError:
        return found
    near = Q(start__gte=_noon(day) - timedelta(days=2), start__lt=_noon(day) + timedelta(days=2))
    return found | near & Q(local_day=day)


def _noon(day: date) -> datetime:
    """Within two days of it is all that any clock on earth calls that day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def closed_by(row: Row) -> str:
    """Of a cancelled one: who did it, and for whom; blank where nobody is to be named."""
    event = row.outcome
    if event is None or event.kind != EventKind.CANCELLED:
        return ""
    if event.by_regulator_id is not None:
        return "par vous"
    if event.actor_kind == ActorKind.PATIENT:
        return "par le patient"
    if event.actor_kind != ActorKind.USER:
        return ""
    asked = row.appointment.cancelled_for == CancelledFor.PATIENT
    return "par le cabinet, à la demande du patient" if asked else "par le cabinet"
