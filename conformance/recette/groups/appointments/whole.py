"""What is true of all the requests of the group together, once they are all there."""

from __future__ import annotations

from datetime import UTC

from conformance.recette.booking.inbox import record
from conformance.recette.context import Context
from conformance.recette.findings import Problem, gathered
from conformance.recette.groups.appointments.changes import STATUSES, UPDATE, tells_status
from conformance.recette.groups.appointments.group import (
    APPOINTMENTS,
    State,
    book,
    change,
    driver_of,
    first_accepted,
    first_of,
    inbox,
    say_once,
    still_followed,
)
from conformance.recette.judging import appointments as rules
from conformance.recette.judging.leaks import find_leaks
from conformance.recette.sources import cadrage, guide
from conformance.recette.verdicts import CheckSkipped
from sandbox.sas.appointment_checks import FAULT, read_instant
from sandbox.sas.receiver import Received


@APPOINTMENTS.check("R03-27", "Un rendez-vous non honoré est annoncé par le statut noshow", STATUSES)
def tells_missed(context: Context[State]) -> None:
    """So late because an appointment must have begun before it can be missed."""
    first_accepted(context)
    if len(context.state.bookings) < 2:
        raise CheckSkipped("Suppose un second rendez-vous.")
    booking, driver = still_followed(context, context.state.bookings[1]), driver_of(context)
    booking.resource = inbox(context).of(booking)[-1].resource or booking.resource
    tells_status(context, booking, "noshow", lambda: driver.miss(context, booking))


@APPOINTMENTS.check(
    "R03-28", "Le régulateur retiré, ses rendez-vous sont encore suivis, sous son identifiant",
    cadrage("INT_R02, retrait d’habilitation"), UPDATE,
)  # fmt: skip
def outlives_its_regulator(context: Context[State]) -> None:
    first_accepted(context)
    driver, regulator = driver_of(context), context.state.regulator
    booking = still_followed(context, book(context)[0])
    if regulator is not None:
        context.run.listener.regulators.set_entitlement(regulator.id, active=False)
    before = booking.resource
    told = change(context, booking, lambda: driver.move(context, booking), "l’annonce du déplacement")
    say_once(context, rules.unchanged_problems(before, told.resource or {}, but=("times",)))


@APPOINTMENTS.check(
    "R03-29", "Aucune donnée d’aucun patient n’est dans les envois suivants", cadrage("INT_R03, données échangées")
)  # fmt: skip
def hides_every_patient(context: Context[State]) -> str:
    later = _later(context)
    for request in later:
        leaks = find_leaks(context.state.details, target=request.target, body=request.body)
        if leaks:
            record(context, [request])
        say_once(context, leaks)
    return f"{len(later)} envois regardés."


@APPOINTMENTS.check(
    "R03-30", "Les envois suivants sont conformes au profil comme le premier",
    guide("StructureDefinition FrAppointmentSAS"),
)  # fmt: skip
def conform_all(context: Context[State]) -> str:
    if not context.run.profiles.available:
        raise CheckSkipped("Les définitions du guide ne sont pas là : la conformité aux profils n’est pas contrôlée.")
    later = _later(context)
    known = _broken(context, context.state.first)
    found = []
    for request in later:
        new = [problem for problem in _broken(context, request) if problem not in known]
        if new:
            record(context, [request])
        found += new
    context.judge(gathered(found))
    return f"{len(later)} envois regardés."


@APPOINTMENTS.check("R03-31", "Chaque rendez-vous n’a qu’un identifiant au SAS", cadrage("INT_R03, éléments 1 et 2"))
def has_no_double(context: Context[State]) -> str:
    first_accepted(context)
    known = {booking.identifier for booking in context.state.bookings} | context.state.told
    strangers = [one for one in inbox(context).since(0) if one.identifier and one.identifier not in known]
    record(context, strangers)
    context.expect(not strangers, "Des envois portent un identifiant qui n’est celui d’aucun rendez-vous pris.")
    return f"{len(context.state.bookings)} rendez-vous pris, autant d’identifiants."


@APPOINTMENTS.check(
    "R03-32", "Un motif listé par le créneau ne change pas la fin du rendez-vous",
    cadrage("INT_R01, motifs"), cadrage("INT_R03, tableau des éléments"),
)  # fmt: skip
def keeps_the_end(context: Context[State]) -> str:
    """Of every booking, as it was first told: the reason was one of the slot's, so the end is the slot's."""
    first_of(context)
    chosen = [booking for booking in context.state.bookings if booking.reasons and booking.identifier]
    if not chosen:
        raise CheckSkipped("Aucun des créneaux réservés ne liste de motif.")
    for booking in chosen:
        # In UTC: as in `time_problems`.
        told, end = inbox(context).of(booking)[:1], booking.end.astimezone(UTC)
        if any(read_instant((one.resource or {}).get("end")) != end for one in told):
            record(context, told)
            say_once(
                context, [Problem("La fin n’est pas celle du créneau dont le motif est listé.", "Appointment.end")]
            )
    return f"{len(chosen)} rendez-vous pris sur un créneau qui liste des motifs."


def _later(context: Context[State]) -> list[Received]:
    first = context.state.first
    later = inbox(context).since(first.id) if first else []
    if not later:
        raise CheckSkipped("Aucun autre envoi n’est arrivé.")
    return later


def _broken(context: Context[State], request: Received | None) -> list[Problem]:
    resource = request.resource if request else None
    checks = context.run.profiles.check_appointment(resource) if resource else []
    return [Problem(f"{check.detail}.", check.path) for check in checks if check.verdict == FAULT]
