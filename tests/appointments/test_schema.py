"""What the database itself refuses, whoever writes: rows that contradict each other, and double bookings."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Case, F, When

from accounts.enums import ActorKind
from accounts.models import Organization
from accounts.rights import acted_by
from appointments.enums import Audience, BirthPrecision, CalendarKind, Origin, Status
from appointments.models import (
    Absence,
    Appointment,
    Calendar,
    Closure,
    Patient,
    Reason,
    ReasonAt,
    RuleOffer,
    Schedule,
    TwoPersons,
)
from tests import factories
from tests.appointments.world import DAY, NINE, QUARTER, World, hold, put, visit, world
from tests.undoing import undone

__all__ = ["world"]
pytestmark = pytest.mark.django_db


def offer(world: World, **fields: Any) -> None:
    defaults: dict[str, Any] = {
        "rule": world.rule, "schedule": world.here, "organization": world.here.organization, "audience": Audience.PUBLIC,
    }  # fmt: skip
    RuleOffer.objects.bulk_create([RuleOffer(**defaults | fields)])


def done(schedule: Schedule, reason: Reason, organization: Organization) -> None:
    ReasonAt.objects.bulk_create([ReasonAt(schedule=schedule, reason=reason, organization=organization)])


def twice_held_by_a_regulator(world: World) -> None:
    by = acted_by(factories.regulator_actor())
    hold(world.here, **by)
    hold(world.foreign, **by)


def twice_held(world: World, **second: Any) -> None:
    hold(world.here)
    hold(second.pop("schedule", world.here), **second)


def of_a_visitor() -> dict[str, Any]:
    return {"actor_kind": ActorKind.PATIENT, "by_user": None, "by_regulator": None, "weak": True}


def given(world: World) -> Appointment:
    """What a regulator booked."""
    return factories.appointment(schedule_=world.here, start=NINE + QUARTER, by=factories.regulator_actor())


Wrong = Callable[[World], object]
WRONG: dict[str, tuple[str, Wrong]] = {
    # Whose line of time, and where
    "a practitioner's line of time without practitioner": (
        "calendar_practitioner_iff_practitioners",
        lambda w: Calendar.objects.create(kind=CalendarKind.PRACTITIONER),
    ),
    "a place's line of time with one": (
        "calendar_practitioner_iff_practitioners",
        lambda w: Calendar.objects.create(kind=CalendarKind.PLACE, practitioner=factories.practitioner()),
    ),
    "an agenda at another organization's place": (
        "schedule_location_of_organization",
        lambda w: put(w.there, organization=w.foreign.organization),
    ),
    "an agenda that says another kind than its line of time": (
        "schedule_kind_of_calendar",
        lambda w: put(w.there, calendar_kind=CalendarKind.PLACE),
    ),
    "two agendas of one line of time at one place": (
        "schedule_once",
        lambda w: factories.schedule(calendar=w.here.calendar, location=w.here.location),
    ),
    "a place's line of time at two places": (
        "schedule_a_place_calendar_has_one",
        lambda w: factories.schedule(calendar=w.place.calendar),
    ),
    "two lines of time of one place": (
        "schedule_one_place_calendar_at_a_location",
        lambda w: factories.schedule(
            calendar=Calendar.objects.create(kind=CalendarKind.PLACE), location=w.place.location
        ),
    ),
    # Openings
    "a rule of another organization": (
        "rule_schedule_of_organization",
        lambda w: put(
            factories.rule(schedule=w.here, audiences=[], reasons=[w.reason]), organization=w.foreign.organization
        ),
    ),
    "a rule counted from a Tuesday": ("rule_anchor_is_a_monday", lambda w: put(w.rule, anchor_week=DAY)),
    "a rule for nobody at a time": ("rule_capacity", lambda w: put(w.rule, capacity=0)),
    "a reason of the same name, in other letters": (
        "reason_once_while_active",
        lambda w: factories.reason(organization=w.here.organization, label=f" {w.reason.label.upper()}"),
    ),
    "a reason done at another organization's agenda": (
        "reason_at_reason_of_organization",
        lambda w: done(w.foreign, w.reason, w.foreign.organization),
    ),
    "the same, called the reason's organization": (
        "reason_at_schedule_of_organization",
        lambda w: done(w.foreign, w.reason, w.here.organization),
    ),
    "an offer for a reason that is not done there": (
        "rule_offer_reason_done_there",
        lambda w: offer(w, reason=factories.reason(organization=w.here.organization)),
    ),
    "an offer in another agenda than its rule": ("rule_offer_schedule_of_rule", lambda w: offer(w, schedule=w.there)),
    "an offer of another organization than its rule": (
        "rule_offer_rule_of_organization",
        lambda w: offer(w, organization=w.foreign.organization),
    ),
    "an offer to a community that is a practice": (
        "rule_offer_community_is_one",
        lambda w: offer(w, audience=Audience.CPTS, community=w.foreign.organization),
    ),
    "an offer to no community in particular": (
        "rule_offer_community_iff_cpts",
        lambda w: offer(w, audience=Audience.CPTS),
    ),
    "an offer twice": ("rule_offer_once", lambda w: offer(w, audience=Audience.SNP)),
    "a closed offer of no reason": ("rule_offer_closes_a_reason", lambda w: offer(w, open=False)),
    "a notice below nothing": (
        "appointments_ruleoffer_shown_until_minutes_check",
        lambda w: offer(w, shown_until_minutes=-1),
    ),
    "an offer shown after it is not any more": (
        "rule_offer_shown_for_a_while",
        lambda w: offer(w, shown_from_minutes=60, shown_until_minutes=60),
    ),
    # Absences and closures: a CHECK lets NULL pass
    "an absence without its last day": (
        "absence_one_form",
        lambda w: Absence.objects.create(calendar=w.here.calendar, first_day=DAY),
    ),
    "an absence in both forms": (
        "absence_one_form",
        lambda w: Absence.objects.create(
            calendar=w.here.calendar, first_day=DAY, last_day=DAY, start=NINE, end=NINE + QUARTER
        ),
    ),
    "a closure without end": (
        "closure_one_form",
        lambda w: Closure.objects.create(location=w.here.location, start=NINE),
    ),
    "an absence from somebody else's agenda": (
        "absence_schedule_of_calendar",
        lambda w: Absence.objects.create(calendar=w.here.calendar, schedule=w.foreign, first_day=DAY, last_day=DAY),
    ),
    # Appointments
    "a visit for another organization's reason": (
        "appointment_reason_of_organization",
        lambda w: put(w.appointment, reason=factories.reason(w.foreign)),
    ),
    "a visit in an agenda of another line of time": (
        "appointment_schedule_calendar_organization",
        lambda w: put(w.appointment, schedule=w.foreign),
    ),
    "a visit with somebody else than the line of time's": (
        "appointment_practitioner_of_calendar",
        lambda w: put(w.appointment, practitioner=w.foreign.practitioner),
    ),
    "a visit with nobody in a practitioner's line of time": (
        "appointment_practitioner_unless_place",
        lambda w: put(w.appointment, practitioner=None),
    ),
    "a visit nobody took in a practitioner's line of time": (
        "appointment_practitioner_unless_place",
        lambda w: put(w.appointment, practitioner=None, status=Status.PENDING),
    ),
    "the same, called a place's": (
        "appointment_kind_of_calendar",
        lambda w: put(w.appointment, practitioner=None, status=Status.PENDING, calendar_kind=CalendarKind.PLACE),
    ),
    "a visit nobody took, with somebody": (
        "appointment_pending_is_nobodys",
        lambda w: visit(w.place, status=Status.PENDING, practitioner=w.foreign.practitioner),
    ),
    "a regulator's visit without regulator": (
        "appointment_regulator_iff_by_regulator",
        lambda w: put(given(w), **acted_by(factories.practice_actor())),
    ),
    "a visit by nobody it names": ("appointment_actor", lambda w: put(w.appointment, by_user=None)),
    "one visit too many side by side": (
        "appointment_lane_below_capacity",
        lambda w: visit(w.here, lane=1),
    ),
    "two visits in one lane": ("appointment_lane_free", lambda w: visit(w.here)),
    "two visits in one lane, though overbooked": ("appointment_lane_free", lambda w: visit(w.here, overbooked=True)),
    "two visits at two places": ("appointment_one_place", lambda w: visit(w.there, lane=1, capacity=2)),
    "somebody who takes a visit at a place meanwhile": (
        "appointment_one_calendar",
        lambda w: visit(w.place, practitioner=w.here.practitioner),
    ),
    # Patients
    "a visit of another organization's patient": (
        "appointment_patient_of_organization",
        lambda w: put(w.appointment, patient=factories.file(w.foreign.organization)),
    ),
    "a visit of a patient as given to another organization": (
        "appointment_given_as_of_organization",
        lambda w: visit(w.here, start=NINE + QUARTER, origin=Origin.PATIENT, given_as=factories.file()),
    ),
    "a regulator's visit without the patient as given": (
        "appointment_given_as_by_outsiders",
        lambda w: put(given(w), origin=Origin.IMPORT, **acted_by(factories.practice_actor())),
    ),
    "the practice's own with one": (
        "appointment_given_as_by_outsiders",
        lambda w: visit(w.here, start=NINE + QUARTER, given_as=factories.file(w.here.organization)),
    ),
    "a patient as given for two visits": (
        "appointments_appointment_given_as_id_key",
        lambda w: visit(w.here, start=NINE - QUARTER, origin=Origin.PATIENT, given_as=given(w).given_as),
    ),
    "an erased visit that still says something": (
        "appointment_erased_is_empty",
        lambda w: put(w.appointment, patient_erased_at=NINE, contact_phone="+33199001234"),
    ),
    "a patient merged into another organization's": (
        "patient_merged_within_organization",
        lambda w: put(w.appointment.patient, merged_into=factories.file(w.foreign.organization)),
    ),
    "two persons in the wrong order": (
        "two_persons_in_order",
        lambda w: TwoPersons.objects.create(
            organization=w.here.organization,
            one=w.appointment.patient,
            other=w.appointment.patient,
            at=NINE,
            **acted_by(factories.practice_actor()),
        ),
    ),
    "a patient merged into themself": (
        "patient_merged_into_another",
        lambda w: put(w.appointment.patient, merged_into=w.appointment.patient),
    ),
    "a birth date without precision": (
        "patient_birth_date_has_precision",
        lambda w: put(w.appointment.patient, birth_date_precision=BirthPrecision.UNKNOWN),
    ),
    "a precision without birth date": (
        "patient_birth_date_has_precision",
        lambda w: put(w.appointment.patient, birth_date=None),
    ),
    "a given name that is missing": (
        "patient_given_name_or_why_not",
        lambda w: put(w.appointment.patient, no_given_name="newborn"),
    ),
    "a phone that is missing": ("patient_phone_or_why_not", lambda w: put(w.appointment.patient, no_phone="none")),
    "an unknown precision": (
        "patient_known_precision",
        lambda w: put(w.appointment.patient, birth_date_precision="week"),
    ),
    "an unknown identity": ("patient_known_identity", lambda w: put(w.appointment.patient, identity="qualified")),
    "an erased patient with a name": ("patient_erased_is_empty", lambda w: put(w.appointment.patient, erased_at=NINE)),
    # Holds
    "a hold of another organization": (
        "hold_schedule_calendar_organization",
        lambda w: hold(w.here, organization_id=w.foreign.organization_id),
    ),
    "one hold too many side by side": ("hold_lane_below_capacity", lambda w: hold(w.here, lane=1)),
    "a weak hold of the practice": ("hold_weak_by_visitors", lambda w: hold(w.here, weak=True)),
    "a hold by nobody it names": ("hold_actor", lambda w: hold(w.here, by_user=None)),
    "two holds of one regulator": ("hold_one_for_a_regulator", twice_held_by_a_regulator),
    "two holds in one lane": ("hold_lane_free", twice_held),
    "two holds at two places": ("hold_one_place", lambda w: twice_held(w, schedule=w.there, lane=1, capacity=2)),
}


def refused_by(write: Wrong, world: World) -> str:
    """The constraint; blank: none."""
    try:
        with undone():
            write(world)
    except IntegrityError as refused:
        return str(refused.__cause__.diag.constraint_name)  # type: ignore[union-attr]
    return ""


def test_a_wrong_row_is_refused(world: World) -> None:
    found = {wrong: (name, refused_by(write, world)) for wrong, (name, write) in WRONG.items()}
    assert {wrong: names for wrong, names in found.items() if len(set(names)) > 1} == {}


RIGHT: dict[str, Wrong] = {
    "a patient whom the practice takes for another": lambda w: put(
        given(w), patient=factories.file(w.here.organization)
    ),
    "a patient merged into another": lambda w: put(
        w.appointment.patient, merged_into=factories.file(w.here.organization)
    ),
    "further lanes, of a larger opening": lambda w: visit(w.here, lane=1, capacity=2),
    "a further lane, overbooked": lambda w: visit(w.here, lane=1, overbooked=True),
    "overbooked, at another place": lambda w: visit(w.there, lane=1, overbooked=True),
    "the next visit": lambda w: visit(w.here, start=NINE + QUARTER),
    "the time of a cancelled one": lambda w: (put(w.appointment, status=Status.CANCELLED), visit(w.there)),
    "a visit at a place that nobody took": lambda w: visit(w.place, status=Status.PENDING),
    "a visit at a place that somebody took": lambda w: visit(w.place, practitioner=w.foreign.practitioner),
    "a visitor's hold beside another": lambda w: twice_held(w, **of_a_visitor()),
    "an offer to a community": lambda w: offer(
        w, audience=Audience.CPTS, community=factories.organization(kind="community")
    ),
    "an offer that closes a reason": lambda w: offer(w, audience=Audience.SNP, reason=w.reason, open=False),
    "a reason of the same name once it is put away": lambda w: (
        put(w.reason, active=False),
        factories.reason(organization=w.here.organization, label=w.reason.label),
    ),
    "an absence from one place": lambda w: Absence.objects.create(
        calendar=w.here.calendar, schedule=w.there, start=NINE, end=NINE + QUARTER
    ),
}


def test_its_right_neighbour_is_not(world: World) -> None:
    found = {right: refused_by(write, world) for right, write in RIGHT.items()}
    assert {right: name for right, name in found.items() if name} == {}


def test_a_visit_keeps_its_patient_as_given(world: World) -> None:
    booked = given(world)
    with pytest.raises(IntegrityError, match="never changes given_as"), transaction.atomic():
        put(booked, given_as=factories.file(booked.organization))


def test_names_of_patients_are_folded(world: World) -> None:
    put(world.appointment.patient, family_name="L’Œil-de-Bœuf", given_name="Édouard\u00a0 Jean", birth_name="ÉCUREUIL")
    found = Patient.objects.get(family_name_folded="l oeil de boeuf", given_name_folded="edouard jean")
    assert found.birth_name_folded == "ecureuil"


# --- A day moved, two visits exchanged: one statement ----------------------------------------------------------------
def test_two_visits_are_exchanged_in_one_statement(world: World) -> None:
    first, second = world.appointment, visit(world.here, start=NINE + QUARTER)
    changed = Appointment.objects.filter(pk__in=[first.pk, second.pk]).update(
        start=Case(When(pk=first.pk, then=second.start), default=first.start),
        end=Case(When(pk=first.pk, then=second.end), default=first.end),
    )
    assert changed == 2
    assert list(Appointment.objects.order_by("start").values_list("pk", flat=True)) == [second.pk, first.pk]


def test_a_whole_day_is_moved_in_one_statement(world: World) -> None:
    for number in range(1, 6):
        visit(world.here, start=NINE + number * QUARTER)
    Appointment.objects.update(start=F("start") + QUARTER, end=F("end") + QUARTER)
    starts = Appointment.objects.order_by("start").values_list("start", flat=True)
    assert list(starts) == [NINE + number * QUARTER for number in range(1, 7)]
