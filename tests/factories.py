"""Rows for tests: valid, random where the value does not matter. Random values come from the test's own seed (conftest)."""

import itertools
import uuid
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.enums import ActorKind, IdentifierSystem, Level, NoticeState, Role
from accounts.models import (
    Delegation,
    Invitation,
    Membership,
    Organization,
    Practitioner,
    Regulator,
    RegulatorIdentifier,
    TermsAcceptance,
    User,
)
from accounts.rights import Actor, acted_by
from accounts.services.regulators import RegulatorIdentity, create_regulator
from appointments.booking.events import event_of, record_event
from appointments.booking.services.booking import Visit
from appointments.enums import OUTSIDERS, Audience, ConsultationType, EventKind, Origin, Status
from appointments.models import (
    Absence,
    Appointment,
    AppointmentEvent,
    Calendar,
    Emptying,
    ImportRun,
    Location,
    Patient,
    PatientMessage,
    Reason,
    ReasonAt,
    Rule,
    RuleOffer,
    Schedule,
)
from appointments.openings.grants import Grants, asked_of, granted, lasting, row_of
from appointments.openings.values import Shown
from appointments.patients.services.files import open_file
from appointments.patients.values import PatientDetails
from appointments.places.selectors import calendar_of
from tests.names import FAMILY, GIVEN, deal, new_name, rng

PARIS = ZoneInfo("Europe/Paris")
PASSWORD = "mot de passe de test"

_numbers = itertools.count(1)


def digits(count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def user(**fields: Any) -> User:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "email": f"personne{number}.{rng.randrange(10**6)}@exemple.test",
        "first_name": rng.choice(GIVEN),
        "last_name": rng.choice(FAMILY),
    }
    hashed = _hashed(fields.pop("password", PASSWORD), settings.PASSWORD_HASHERS[0])
    made = User(**defaults | fields, password=hashed)
    made.email = User.objects.normalize(made.email)
    made.save()
    return made


@cache
def _hashed(password: str | None, hasher: str) -> str:
    """Once for all who have it: the product's own hasher takes a quarter of a second."""
    return make_password(password)


def practitioner(**fields: Any) -> Practitioner:
    family_name, given_name = new_name()
    defaults: dict[str, Any] = {
        "family_name": family_name,
        "given_name": given_name,
        "rpps": digits(11),
        "specialty_codes": ["SM54"],
    }
    made = Practitioner.objects.create(**defaults | fields)
    deal(made.family_name, made.given_name)
    return made


def organization(**fields: Any) -> Organization:
    defaults = {"name": f"Maison de santé {next(_numbers)}", "finess": digits(9)}
    return Organization.objects.create(**defaults | fields)


def location(**fields: Any) -> Location:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "name": f"Cabinet {number}",
        "line": f"{number} rue de l’Exemple",
        "postal_code": digits(5),
        "city": "Villefictive",
        "phone": "+33199001234",
        # Else what tests expect would depend on the day they run.
        "holidays": "none",
    }
    if "organization" not in fields:
        defaults["organization"] = organization()
    return Location.objects.create(**defaults | fields)


def schedule(**fields: Any) -> Schedule:
    """In the line of time of `practitioner`; one, and a place, are made when none is given."""
    if "calendar" not in fields:
        given = fields.pop("practitioner", None)
        fields["calendar"] = calendar_of(given.id) if given else Calendar.objects.create(practitioner=practitioner())
    if "location" not in fields:
        fields["location"] = location()
    made = Schedule.objects.create(**fields)
    for helper in _everywhere.get(made.calendar.practitioner_id, []):
        delegate(helper, made)
    return made


def colleague(schedule_: Schedule, **fields: Any) -> Schedule:
    """The agenda of somebody else (`practitioner`) in the same organization, at another of its places."""
    return schedule(location=location(organization=schedule_.organization), **fields)


def emptying(schedule_: Schedule, day: str, **fields: Any) -> Emptying:
    """A morning that its practitioner emptied, nothing of it noted elsewhere."""
    assert schedule_.practitioner is not None
    start = at(day, "08:00")
    defaults: dict[str, Any] = {
        "calendar": schedule_.calendar, "day": start.date(), "start": start, "end": start + timedelta(hours=5),
        "at": start, "messages_at": start, **acted_by(practice_actor(schedule_.practitioner)),
    }  # fmt: skip
    return Emptying.objects.create(**defaults | fields)


def reason(schedule_: Schedule | None = None, **fields: Any) -> Reason:
    """One of the organization's, done at `schedule_` when it is given."""
    if schedule_ is not None:
        fields["organization"] = schedule_.organization
    elif "organization" not in fields:
        fields["organization"] = organization()
    made = Reason.objects.create(**{"label": f"Motif {next(_numbers)}"} | fields)
    if schedule_ is not None:
        ReasonAt.objects.create(schedule=schedule_, reason=made)
    return made


def rule(**fields: Any) -> Rule:
    """Every day from 9 to 12, slots of 15 minutes, shown to all, at the surgery, unless said otherwise."""
    reasons, audiences = fields.pop("reasons", []), fields.pop("audiences", [Audience.PUBLIC, Audience.SNP])
    if "schedule" not in fields:
        fields["schedule"] = schedule()
    where = fields["schedule"]
    known = set(ReasonAt.objects.filter(schedule=where).values_list("reason", flat=True)) if reasons else set()
    ReasonAt.objects.bulk_create(
        ReasonAt(schedule=where, reason=one, organization=one.organization) for one in reasons if one.id not in known
    )
    defaults: dict[str, Any] = {
        "weekdays": [1, 2, 3, 4, 5, 6, 7],
        "start_time": time(9),
        "end_time": time(12),
        "step_minutes": 15,
        "first_day": date(2020, 1, 1),
        "consultation_types": [ConsultationType.AMB],
    }
    made = Rule.objects.create(**defaults | {name: value for name, value in fields.items() if value is not None})
    lasts = lasting(made.schedule.reasons_at.select_related("reason"))
    asked = asked_of(Grants(), [Shown(Audience(code)) for code in audiences], {one.id for one in reasons}, lasts)
    said = granted(asked, lasts, step=made.step_minutes, capacity=made.capacity)
    RuleOffer.objects.bulk_create([row_of(made, one) for one in said])
    return made


def absence(**fields: Any) -> Absence:
    """Of the whole line of time of `practitioner`."""
    fields["calendar"] = calendar_of((fields.pop("practitioner", None) or practitioner()).id)
    if "first_day" in fields:
        return Absence.objects.create(**fields)
    start = fields.pop("start", timezone.now())
    return Absence.objects.create(start=start, end=fields.pop("end", start + timedelta(days=1)), **fields)


def member(organization: Organization, user_: User | None = None, role: Role = Role.MEMBER) -> Membership:
    """Without a word to anybody. As if they worked there a moment ago: the next use is not written."""
    defaults = {"role": role, "last_used_at": timezone.now()}
    made, _ = Membership.objects.update_or_create(user=user_ or user(), organization=organization, defaults=defaults)
    return made


def delegate(user_: User, schedule_: Schedule, level: Level = Level.MANAGE, **fields: Any) -> Delegation:
    """At the agenda's organization alone."""
    if not Membership.objects.filter(user=user_, organization=schedule_.organization).exists():
        member(schedule_.organization, user_)
    defaults = {"level": level, "granted_at": timezone.now()} | fields
    whose = schedule_.calendar.practitioner
    return Delegation.objects.update_or_create(
        user=user_, organization=schedule_.organization, practitioner=whose, defaults=defaults
    )[0]


# Who helps a practitioner wherever they receive, places made later included.
_everywhere: dict[uuid.UUID | None, list[User]] = {}


def delegation(practitioner: Practitioner, user_: User | None = None) -> User:
    """A secretary who manages the practitioner's agenda at all their organizations."""
    secretary = user_ or user()
    _everywhere.setdefault(practitioner.id, []).append(secretary)
    for one in Schedule.objects.filter(calendar__practitioner=practitioner):
        delegate(secretary, one)
    return secretary


def invitation(organization_: Organization, **fields: Any) -> Invitation:
    """Of somebody without account, sent a moment ago by whoever looks after the installation."""
    now = timezone.now()
    defaults: dict[str, Any] = {
        "email": f"invite{next(_numbers)}@exemple.test",
        "made_at": now,
        "expires_at": now + timedelta(days=14),
        "next_attempt_at": now,
        "state": NoticeState.SENT,
        "sent_at": now,
        "actor_kind": ActorKind.SYSTEM,
    }
    return Invitation.objects.create(organization=organization_, **defaults | fields)


def identity(**fields: Any) -> RegulatorIdentity:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "system": IdentifierSystem.TECHNICAL,
        "value": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "active": True,
        "family_name": rng.choice(FAMILY),
        "given_name": rng.choice(GIVEN),
        "email": f"regulateur{number}.{rng.randrange(10**6)}@regulation.test",
    }
    return RegulatorIdentity(**defaults | fields)


def regulator(*, terms: str | None = "2026-11", **fields: Any) -> Regulator:
    """An account as the SAS made it, who has accepted the terms unless `terms` is None."""
    said = identity(**fields)
    plain = said.active and "email" not in fields
    made = _new_account(said) if plain else create_regulator(identity=said)
    if terms:
        TermsAcceptance.objects.create(regulator=made, version=terms)
    return made


def _new_account(said: RegulatorIdentity) -> Regulator:
    """The rows that the service writes, without its questions: they took twice the time of a page."""
    email = User.objects.normalize(said.email)
    names = {"email": email, "first_name": said.given_name, "last_name": said.family_name}
    whose = User.objects.create(password=make_password(None), made_for_regulator=True, **names)
    made = Regulator.objects.create(family_name=said.family_name, given_name=said.given_name, email=email, user=whose)
    RegulatorIdentifier.objects.create(regulator=made, system=said.system, value=said.value)
    return made


def regulator_actor(**fields: Any) -> Actor:
    made = regulator(**fields)
    return Actor(user=made.user, regulator=made)


def practice_actor(*practitioners: Practitioner, user_: User | None = None) -> Actor:
    """Who may everything in these agendas, wherever they are, as the practitioners themselves."""
    return Actor(user=user_ or user(), own=frozenset(one.id for one in practitioners))


def patient(**fields: Any) -> PatientDetails:
    """As somebody gives them."""
    defaults: dict[str, Any] = {
        "family_name": rng.choice(FAMILY),
        "given_name": rng.choice(GIVEN),
        "birth_date": date(1950 + rng.randrange(70), rng.randrange(1, 13), rng.randrange(1, 28)),
        "sex": rng.choice(["female", "male", "unknown"]),
        "phone": "+336" + digits(8),
    }
    if fields.get("birth_date", True) is None:
        defaults["birth_date_precision"] = "unknown"
    return PatientDetails(**defaults | fields)


def file(organization_: Organization | None = None, *, by: Actor | None = None, **fields: Any) -> Patient:
    """A patient's file, the practice's own unless `by` is a regulator."""
    where = organization_ or organization()
    return open_file(details=patient(**fields), organization_id=where.id, by=by or practice_actor())


def visit(**fields: Any) -> Visit:
    """What is asked for at a booking."""
    if "patient" not in fields:
        fields["patient"] = patient()
    defaults = {"consultation_type": ConsultationType.AMB, "reason_id": None, "request_id": uuid.uuid4()}
    return Visit(**defaults | fields)


def brought(schedule_: Schedule, by: User) -> ImportRun:
    """A file into this agenda, of which nothing is said yet."""
    return ImportRun.objects.create(
        schedule=schedule_,
        organization=schedule_.organization,
        kind="csv",
        encoding="utf-8",
        delimiter=";",
        content=b"Nom;Debut\nAil;27/11/2026 11:00\n",
        columns=["Nom", "Debut"],
        matching={"0": "family_name", "1": "start"},
        created_at=timezone.now(),
        actor_kind="user",
        by_user=by,
    )


def at(day: str, clock: str, zone: ZoneInfo = PARIS) -> datetime:
    """`at("2026-11-25", "14:00")`: an aware datetime from local wall-clock time."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)


def appointment(
    *,
    schedule_: Schedule | None = None,
    by: Actor | None = None,
    start: datetime | None = None,
    minutes: int = 15,
    **fields: Any,
) -> Appointment:
    """A booked appointment with its event (and so its delivery, when a regulator booked it), past ones included.

    `patient`: as given, or a file there is.
    """
    schedule_ = schedule_ or schedule()
    by = by or practice_actor(schedule_.practitioner)
    start = start or timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    given = fields.pop("patient", None) or patient()
    if not isinstance(given, Patient):
        given = open_file(details=given, organization_id=schedule_.organization_id, by=by)
    made = _unsaved(schedule_, by, given, start, minutes, fields)
    made.save(force_insert=True)
    record_event(appointment=made, kind=EventKind.BOOKED, by=by, at=timezone.now())
    return made


def appointments(schedule_: Schedule, starts: Iterable[datetime], **fields: Any) -> list[Appointment]:
    """Many at once, of one patient, by the practice, with their events; nobody is told of them."""
    by = practice_actor(schedule_.practitioner)
    whose = file(schedule_.organization, by=by)
    made = [_unsaved(schedule_, by, whose, start, 15, fields) for start in starts]
    Appointment.objects.bulk_create(made)
    AppointmentEvent.objects.bulk_create(
        event_of(appointment=one, kind=EventKind.BOOKED, by=by, at=timezone.now()) for one in made
    )
    return made


def _unsaved(
    schedule_: Schedule, by: Actor, given: Patient, start: datetime, minutes: int, fields: dict[str, Any]
) -> Appointment:
    at_home = fields.get("consultation_type") == ConsultationType.HH
    defaults: dict[str, Any] = {
        "end": start + timedelta(minutes=minutes),
        "origin": Origin.REGULATOR if by.is_regulator else Origin.PRACTICE,
        "consultation_type": ConsultationType.AMB,
        "status": Status.BOOKED,
        "contact_phone": given.phone,
        "contact_email": given.email,
        "visit_address": given.address if at_home else "",
    }
    made = Appointment(start=start, version=1, patient=given, **acted_by(by), **defaults | fields)
    made.at(schedule_)
    if made.origin in OUTSIDERS:
        made.given_as = given
    return made


def message(event_: AppointmentEvent, **fields: Any) -> PatientMessage:
    """One of this event, by mail unless said otherwise."""
    about = {"appointment": event_.appointment, "organization_id": event_.appointment.organization_id, "event": event_}
    address = "" if fields.get("channel") == "call" else "quelqu.un@exemple.test"
    common = {
        "kind": "confirmation",
        "next_attempt_at": timezone.now(),
        "address": address,
        "fact": f"event:{event_.pk}",
    }
    return PatientMessage.objects.create(**about | common | fields)


def to_call(appointment_: Appointment, **fields: Any) -> PatientMessage:
    """Its patient is to be told by somebody, what was sent having failed."""
    PatientMessage.objects.filter(appointment=appointment_, state="planned").update(state="refused")
    last = appointment_.events.order_by("sequence").last()
    assert last is not None
    return message(last, channel="call", state="to call", **fields)


def event(appointment_: Appointment, kind: EventKind, by: Actor | None = None, **fields: Any) -> AppointmentEvent:
    """The appointment's next fact, alone: nothing but its version changes."""
    appointment_.version += 1
    appointment_.save(update_fields=["version"])
    who = by or practice_actor(appointment_.schedule.practitioner)
    return record_event(appointment=appointment_, kind=kind, by=who, at=fields.pop("at", timezone.now()), **fields)
