"""Searches that can't be understood: refused by a 4xx and an OperationOutcome, never by a 5xx."""

from __future__ import annotations

from collections.abc import Callable

from conformance.recette.context import Context
from conformance.recette.groups.slots.group import ERRORS, REQUEST, SLOTS, State, ask
from conformance.recette.slot_queries import (
    PRACTITIONER,
    Parameter,
    encoded,
    parameters,
    replaced,
    whole_window,
    without,
    written,
)
from sandbox.sas.vocabulary import NATIONAL_PERSON

Given = list[Parameter]
Spoil = Callable[[Given], Given]


def _refusal(identifier: str, title: str, spoil: Spoil, *statuses: int) -> None:
    """Declares the check that a spoiled query is refused, with one of these statuses (none: any 4xx)."""

    @SLOTS.check(identifier, title, REQUEST, ERRORS)
    def refused(context: Context[State]) -> None:
        start, end = whole_window(context.run.clock())
        given = parameters([context.environment.practitioners.one], written(start), written(end))
        context.refused(ask(context, encoded(spoil(given))), *statuses)


def _second_start(value: str) -> Spoil:
    """Replaces the lower bound."""
    return lambda given: [*without(given, "start", "ge"), Parameter("start", value)]


_refusal("R01-70", "Sans période : refus", lambda given: without(given, "start"), 400)
_refusal("R01-71", "Sans borne basse : refus", lambda given: without(given, "start", "ge"), 400)
_refusal("R01-72", "Sans borne haute : refus", lambda given: without(given, "start", "le"), 400)
_refusal("R01-73", "Sans praticien : refus", lambda given: without(given, PRACTITIONER), 400)
_refusal("R01-74", "Liste de praticiens vide : refus", lambda given: replaced(given, PRACTITIONER, ""), 400)
_refusal(
    "R01-75", "Praticien sans valeur après le système : refus",
    lambda given: replaced(given, PRACTITIONER, f"{NATIONAL_PERSON}|"), 400,
)  # fmt: skip
_refusal("R01-76", "Sans statut : refus", lambda given: without(given, "status"), 400)
_refusal("R01-77", "Statut vide : refus", lambda given: replaced(given, "status", ""), 400)
_refusal("R01-78", "Instant illisible : refus", _second_start("gedemain"), 400)
_refusal("R01-79", "Jour qui n’existe pas (30 février) : refus", _second_start("ge2027-02-30T08:00:00.000+01:00"), 400)
_refusal("R01-80", "Heure qui n’existe pas (25 h) : refus", _second_start("ge2027-02-01T25:00:00.000+01:00"), 400)
_refusal(
    "R01-83", "Modificateur de recherche que rien n’annonce (status:not) : refus",
    lambda given: [*given, Parameter("status:not", "free")], 400,
)  # fmt: skip


@SLOTS.check("R01-81", "Des octets illisibles dans la requête ne font pas d’erreur du serveur", ERRORS)
def unreadable_bytes(context: Context[State]) -> None:
    start, end = whole_window(context.run.clock())
    given = parameters([context.environment.practitioners.one], written(start), written(end))
    for label, tail in (
        ("pourcentage sans chiffres", "&x=%zz"),
        ("octets hors UTF-8", "&x=%ff%fe"),
        ("octet nul", "&x=%00"),
    ):
        exchange = ask(context, encoded(given) + tail)
        if exchange.status is None:
            context.fault(f"{label} : {exchange.failure}")
        elif exchange.status >= 500:
            context.fault(f"{label} : réponse {exchange.status}.")


@SLOTS.check("R01-82", "Une ressource que le guide ne demande pas : 404 et OperationOutcome", ERRORS)
def unknown_resource(context: Context[State]) -> None:
    context.refused(context.call("GET", "Encounter?status=planned"))
