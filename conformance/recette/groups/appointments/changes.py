"""What happens to an appointment after its booking, as the SAS is told of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

from conformance.recette.booking.driver import Booking
from conformance.recette.booking.inbox import record
from conformance.recette.context import Context
from conformance.recette.groups.appointments.group import (
    APPOINTMENTS,
    State,
    book,
    change,
    driver_of,
    first_accepted,
    inbox,
    new_patient,
    quiet,
    say_once,
    still_followed,
)
from conformance.recette.judging import appointments as rules
from conformance.recette.judging.leaks import details_of
from conformance.recette.sources import cadrage, fhir
from conformance.recette.verdicts import CheckSkipped
from sandbox.sas.appointment_checks import practitioner_identifiers, read_instant
from sandbox.sas.receiver import Received

TABLE = "INT_R03, éléments 1 et 2"
UPDATE = cadrage("INT_R03, mise à jour")
STATUSES = cadrage("INT_R03, statuts")
# Everybody else may be taken at the hour it has: as often it is moved before it is given away.
MOVES_TO_A_FREE_HOUR = 3


@APPOINTMENTS.check(
    "R03-14", "Un rendez-vous déplacé est annoncé par PUT [base]/Appointment?identifier=système|valeur",
    UPDATE, fhir("RESTful API, conditional update"),
)  # fmt: skip
def is_put(context: Context[State]) -> None:
    booking, driver = first_accepted(context), driver_of(context)
    context.state.moved_from = booking.resource

    def move() -> None:
        context.state.moved_to = driver.move(context, booking)

    moved = change(context, booking, move, "l’annonce du déplacement")
    context.state.moved = moved
    say_once(context, rules.update_problems(moved.method, moved.target))


@APPOINTMENTS.check(
    "R03-15", "L’identifiant du rendez-vous y est resté le même, dans l’adresse et dans le corps", UPDATE
)
def is_frozen(context: Context[State]) -> None:
    moved, booking = _moved(context), context.state.bookings[0]
    if booking.identifier is None:
        raise CheckSkipped("Le premier envoi n’a pas d’identifiant.")
    record(context, [moved])
    say_once(context, rules.frozen_problems(moved.target, moved.resource or {}, booking.identifier))


@APPOINTMENTS.check("R03-16", "Le PUT porte les nouveaux début et fin, et rien d’autre n’a changé", UPDATE)
def tells_the_move(context: Context[State]) -> None:
    moved, before, wanted = _moved(context), context.state.moved_from, context.state.moved_to
    resource = moved.resource or {}
    record(context, [moved])
    problems = rules.element_problems(resource, rules.TIMES)
    context.judge(problems)
    if not problems:
        start, end, old = (read_instant(value) for value in (resource["start"], resource["end"], before.get("start")))
        elsewhere = wanted is not None and start != wanted.astimezone(UTC)
        if start == old or (elsewhere and context.state.exact_times):
            context.fault("Le début n’est pas celui du déplacement.", "Appointment.start")
        elif start and end and old and end - start != (read_instant(before.get("end")) or end) - old:
            context.warn("La durée a changé avec l’heure.", "Appointment.end")
    say_once(context, rules.unchanged_problems(before, resource, but=("times",)))


@APPOINTMENTS.check("R03-17", "Un rendez-vous confié à un autre praticien est annoncé sous son identifiant", UPDATE)
def tells_the_practitioner(context: Context[State]) -> None:
    booking, driver = still_followed(context, first_accepted(context)), driver_of(context)
    for _ in range(MOVES_TO_A_FREE_HOUR):
        if driver.may_reassign(context, booking):
            break
        change(context, booking, lambda: driver.move_to_a_quiet_hour(context, booking), "l’annonce du déplacement")
    before = booking.resource
    told = change(context, booking, lambda: driver.reassign(context, booking), "l’annonce du nouveau praticien")
    resource = told.resource or {}
    problems = rules.element_problems(resource, rules.PRACTITIONER)
    if not problems and practitioner_identifiers(resource) == practitioner_identifiers(before):
        context.fault("Le praticien annoncé est resté le même.", "Appointment.participant.actor.identifier")
    context.judge(problems)
    _judge_update(context, told, booking)
    say_once(context, rules.unchanged_problems(before, resource, but=("practitioner", "participation")))


@APPOINTMENTS.check("R03-18", "Un rendez-vous honoré est annoncé par le statut fulfilled", STATUSES)
def tells_fulfilled(context: Context[State]) -> None:
    booking, driver = still_followed(context, first_accepted(context)), driver_of(context)
    tells_status(context, booking, "fulfilled", lambda: driver.fulfil(context, booking))


@APPOINTMENTS.check("R03-19", "Un autre rendez-vous a un autre identifiant, dans le même système", cadrage(TABLE))
def is_unique(context: Context[State]) -> None:
    first, driver = first_accepted(context), driver_of(context)
    other, request = book(context)
    if request.method != "POST":
        context.fault(f"Annoncé par {request.method} au lieu de POST.")
    context.expect(other.identifier is not None, "Le second envoi n’a pas d’identifiant.", "Appointment.identifier")
    if other.identifier and first.identifier and other.identifier.system != first.identifier.system:
        context.fault("Le système n’est pas celui du premier rendez-vous.", "Appointment.identifier.system")
    # What `R03-27` will need, as early as can be.
    driver.let_begin(context, other)


@APPOINTMENTS.check(
    "R03-20", "Un rendez-vous pris par le cabinet n’est pas annoncé au SAS", cadrage("INT_R03, périmètre")
)
def keeps_its_own(context: Context[State]) -> str:
    first_accepted(context)
    driver, mark = driver_of(context), inbox(context).mark()
    known = {booking.identifier for booking in context.state.bookings}
    patient = new_patient(context)
    context.state.details += details_of(patient)
    driver.book_at_the_practice(context, patient)
    driver.be_done(context)
    told = [one for one in quiet(context, mark) if one.identifier not in known]
    record(context, told)
    context.state.told |= {one.identifier for one in told if one.identifier}
    context.expect(not told, "Un rendez-vous que nul régulateur n’a pris est arrivé au SAS.")
    return f"Rien en {context.environment.booking.quiet:.0f} s."


def tells_status(context: Context[State], booking: Booking, status: str, act: Callable[[], object]) -> None:
    """The act is done and told: that status, and nothing else has changed."""
    before = booking.resource
    told = change(context, booking, act, f"l’annonce du statut {status}")
    resource = told.resource or {}
    context.judge(rules.status_problems(resource, status))
    _judge_update(context, told, booking)
    say_once(context, rules.unchanged_problems(before, resource, but=("status",)))


def _judge_update(context: Context[State], request: Received, booking: Booking) -> None:
    """An update like any other, sent as such and of the same appointment."""
    say_once(context, rules.update_problems(request.method, request.target))
    if booking.identifier is not None:
        say_once(context, rules.frozen_problems(request.target, request.resource or {}, booking.identifier))


def _moved(context: Context[State]) -> Received:
    if context.state.moved is None:
        raise CheckSkipped("Suppose que le déplacement soit arrivé (R03-14).")
    return context.state.moved
