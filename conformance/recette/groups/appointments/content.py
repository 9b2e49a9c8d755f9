"""The first request: the thirteen elements of the table, the profile, and nothing of the patient."""

from __future__ import annotations

from urllib.parse import urlsplit

from conformance.recette.booking.inbox import record
from conformance.recette.context import Context
from conformance.recette.findings import Problem
from conformance.recette.groups.appointments.group import (
    APPOINTMENTS,
    State,
    book,
    first_accepted,
    first_of,
    first_resource,
    quiet,
    say_once,
)
from conformance.recette.judging import appointments as rules
from conformance.recette.judging.leaks import find_leaks
from conformance.recette.sources import cadrage, fhir, guide
from conformance.recette.verdicts import CheckSkipped
from sandbox.sas.appointment_checks import FAULT, OK

TABLE = "INT_R03, tableau des éléments"


@APPOINTMENTS.check(
    "R03-01", "Un rendez-vous pris par un régulateur est annoncé au SAS par POST [base]/Appointment",
    cadrage("INT_R03, création"), fhir("RESTful API, create"),
)  # fmt: skip
def is_posted(context: Context[State]) -> None:
    _, first = book(context)
    context.state.first = first
    if first.method != "POST":
        context.fault(f"Premier envoi par {first.method} au lieu de POST.")
    elif urlsplit(first.target).query:
        context.fault("Le POST porte une requête dans son adresse.", "URL")


@APPOINTMENTS.check("R03-02", "L’envoi est un Appointment en JSON FHIR", fhir("Appointment, JSON"), cadrage("INT_R03"))
def is_fhir(context: Context[State]) -> None:
    first = first_of(context)
    record(context, [first])
    context.judge(rules.media_problems(first.content_type))
    context.expect(first.resource is not None, "Le corps n’est pas un objet JSON en UTF-8.")
    kind = (first.resource or {}).get("resourceType")
    context.expect(kind == "Appointment", "La ressource envoyée n’est pas un Appointment.", "resourceType")


@APPOINTMENTS.check(
    "R03-03", "Il est conforme au profil FrAppointmentSAS", guide("StructureDefinition FrAppointmentSAS")
)
def conforms(context: Context[State]) -> None:
    resource = first_resource(context)
    if not context.run.profiles.available:
        raise CheckSkipped("Les définitions du guide ne sont pas là : la conformité aux profils n’est pas contrôlée.")
    record(context, [first_of(context)])
    context.judge(rules.titled_problems(resource, (rules.CLAIM,)))
    for check in context.run.profiles.check_appointment(resource):
        if check.verdict != OK:
            context.judge([Problem(f"{check.detail}.", check.path, check.verdict != FAULT)])


@APPOINTMENTS.check("R03-04", "Éléments 1 et 2 : un identifiant, UUID dans un système de l’éditeur", cadrage(TABLE))
def is_identified(context: Context[State]) -> None:
    resource = first_resource(context)
    record(context, [first_of(context)])
    context.judge(rules.identifier_problems(resource))


@APPOINTMENTS.check(
    "R03-05", "Éléments 3 à 6 : l’opérateur est le régulateur, tel que le SAS l’a donné", cadrage(TABLE)
)
def has_its_operator(context: Context[State]) -> None:
    resource, regulator = first_resource(context), context.state.regulator
    record(context, [first_of(context)])
    if regulator is not None:
        context.judge(rules.operator_problems(resource, regulator.identifier))


@APPOINTMENTS.check("R03-06", "Élément 7 : le statut est booked", cadrage(TABLE))
def is_booked(context: Context[State]) -> None:
    resource = first_resource(context)
    record(context, [first_of(context)])
    context.judge(rules.status_problems(resource, "booked"))


@APPOINTMENTS.check("R03-07", "Éléments 8 et 9 : début et fin sont ceux du créneau, avec leur décalage", cadrage(TABLE))
def has_its_times(context: Context[State]) -> None:
    resource, booking = first_resource(context), context.state.bookings[0]
    record(context, [first_of(context)])
    problems = rules.time_problems(resource, booking.start, booking.end)
    context.state.exact_times = not problems
    context.judge(problems)


@APPOINTMENTS.check(
    "R03-08", "Éléments 10 à 12 : le praticien est celui du créneau, sous son identifiant national", cadrage(TABLE)
)  # fmt: skip
def has_its_practitioner(context: Context[State]) -> None:
    resource, booking = first_resource(context), context.state.bookings[0]
    record(context, [first_of(context)])
    context.judge(rules.practitioner_problems(resource, booking.practitioner))


@APPOINTMENTS.check("R03-09", "Élément 13 : la participation du praticien est accepted", cadrage(TABLE))
def is_accepted(context: Context[State]) -> None:
    resource = first_resource(context)
    record(context, [first_of(context)])
    context.judge(rules.element_problems(resource, rules.PARTICIPATION))


@APPOINTMENTS.check(
    "R03-10", "La date de prise (created) est celle de la réservation",
    guide("FrAppointmentSAS 1.2, created (must-support)"),
)  # fmt: skip
def is_dated(context: Context[State]) -> None:
    resource, between = first_resource(context), context.state.booked_between
    record(context, [first_of(context)])
    if between is not None:
        context.judge(rules.created_problems(resource, between=between))


@APPOINTMENTS.check(
    "R03-11", "Aucune donnée du patient n’y est, sous aucune forme", cadrage("INT_R03, données échangées")
)  # fmt: skip
def hides_the_patient(context: Context[State]) -> str:
    first = first_of(context)
    record(context, [first])
    say_once(context, find_leaks(context.state.details, target=first.target, body=first.body))
    context.judge(rules.titled_problems(first.resource or {}, (rules.LEAKING,)))
    return f"{sum(len(detail.writings) for detail in context.state.details)} écritures cherchées."


@APPOINTMENTS.check("R03-12", "Rien n’est envoyé hors du tableau, rien n’est vide", cadrage(TABLE), fhir("JSON, 2.6.2"))
def has_nothing_else(context: Context[State]) -> None:
    resource = first_resource(context)
    record(context, [first_of(context)])
    context.judge(rules.outside_problems(resource))


@APPOINTMENTS.check("R03-13", "Une fois accepté, il n’est pas envoyé de nouveau", cadrage("INT_R03, création"))
def is_sent_once(context: Context[State]) -> str:
    booking, first = first_accepted(context), first_of(context)
    again = [one for one in quiet(context, first.id) if one.identifier == booking.identifier]
    record(context, [first, *again])
    if again:
        context.fault(f"{len(again)} autre(s) envoi(s) sans qu’il ait changé.")
    return f"Rien en {context.environment.booking.quiet:.0f} s."
