"""Whom the search is about: one, several, one at two places, nobody, 25, 26."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from conformance.recette.context import Context
from conformance.recette.groups.slots.group import (
    ANSWER,
    ERRORS,
    IDENTIFIERS,
    KIT,
    REQUEST,
    SLOTS,
    State,
    ask,
    bundle_of,
    usual_query,
)
from conformance.recette.judging import envelope, graph, people
from conformance.recette.judging.graph import identifier_values
from conformance.recette.judging.searchset import SearchSet
from conformance.recette.judging.slots import offered
from conformance.recette.slot_queries import completed
from conformance.recette.verdicts import CheckSkipped
from sandbox.sas.slots import DAYS, MAX_IDENTIFIERS
from sandbox.sas.vocabulary import Identifier

# What may start or be booked while the book compares two answers is left out of the comparison.
SOON = timedelta(minutes=5)
# A practice may be closed for the three days (a week-end): then a week is asked for, in the same way.
WEEK = 8


@SLOTS.check("R01-40", "Un praticien : ses créneaux, et ceux de personne d’autre", REQUEST)
def one_practitioner(context: Context[State]) -> None:
    one = context.environment.practitioners.one
    found = _search(context, [one])
    context.expect(found.of_type("Slot"), "Le praticien déclaré n’a aucun créneau.", "practitioners.one")
    context.judge(people.judge_asked(found, [one]))


@SLOTS.check("R01-41", "Plusieurs praticiens : les créneaux de chacun", REQUEST, KIT)
def several_practitioners(context: Context[State]) -> None:
    several = context.environment.practitioners.several
    if len(several) < 2:
        raise CheckSkipped("L’environnement ne déclare pas plusieurs praticiens (practitioners.several).")
    found = _search(context, list(several))
    if _missing(found, several):
        found = _search(context, list(several), days=WEEK)
    context.judge(people.judge_asked(found, several))
    missing = _missing(found, several)
    context.expect(not missing, f"{missing} des {len(several)} praticiens demandés n’ont aucun créneau.")


@SLOTS.check(
    "R01-42", "Un praticien en deux lieux : deux Schedules, deux PractitionerRoles, un Practitioner", ANSWER, KIT
)
def two_places(context: Context[State]) -> None:
    wanted = context.environment.practitioners.two_places
    if wanted is None:
        raise CheckSkipped("L’environnement ne déclare pas de praticien en deux lieux (practitioners.two_places).")
    found = _search(context, [wanted])
    if len(found.of_type("Schedule")) < 2:
        found = _search(context, [wanted], days=WEEK)
    context.judge(graph.judge_two_places(found, wanted.value))


@SLOTS.check("R01-43", "Un praticien inconnu : un Bundle sans entrée, total 0", ANSWER, KIT)
def unknown_practitioner(context: Context[State]) -> None:
    query, _, _ = usual_query(context, [context.environment.practitioners.unknown])
    exchange = ask(context, query)
    found = bundle_of(context, exchange)
    context.judge(envelope.judge_type(found))
    context.judge(envelope.judge_no_entry(found))
    context.judge(envelope.judge_self_link(found, exchange.url))
    context.judge(envelope.judge_declared_profiles(found, envelope.SLOT_PROFILES))


@SLOTS.check("R01-44", "Un praticien inconnu parmi d’autres ne change rien aux autres", REQUEST)
def unknown_among_others(context: Context[State]) -> None:
    declared = context.environment.practitioners
    alone = _search(context, [declared.one])
    together = _search(context, [declared.unknown, declared.one])
    after = context.run.clock() + SOON
    context.expect(
        offered(alone, after=after) == offered(together, after=after), "Les créneaux rendus ne sont pas les mêmes."
    )


@SLOTS.check("R01-45", "Le numéro sans préfixe trouve le même praticien, rendu avec le préfixe", IDENTIFIERS)
def bare_number(context: Context[State]) -> None:
    one = context.environment.practitioners.one
    found = _search(context, [Identifier(one.system, one.value[1:])])
    context.expect(found.of_type("Slot"), "Le numéro sans préfixe ne trouve aucun créneau.", "identifier")
    context.judge(people.judge_asked(found, [one]))
    context.judge(people.judge_practitioners(found))


@SLOTS.check("R01-46", f"{MAX_IDENTIFIERS} praticiens en une requête", REQUEST)
def twenty_five(context: Context[State]) -> str:
    many = context.environment.practitioners.many
    found = _search(context, completed(many))
    context.judge(envelope.judge_total(found))
    return f"{len(many)} praticiens déclarés, {MAX_IDENTIFIERS - len(many)} numéros de personne pour compléter."


@SLOTS.check("R01-47", f"{MAX_IDENTIFIERS + 1} praticiens : refus 400 et OperationOutcome", REQUEST, ERRORS)
def twenty_six(context: Context[State]) -> None:
    query, _, _ = usual_query(context, completed(context.environment.practitioners.many, MAX_IDENTIFIERS + 1))
    context.refused(ask(context, query), 400)


def _search(context: Context[State], identifiers: list[Identifier], *, days: int = DAYS) -> SearchSet:
    query, _, _ = usual_query(context, identifiers, days=days)
    return bundle_of(context, ask(context, query))


def _missing(found: SearchSet, wanted: Sequence[Identifier]) -> int:
    """How many of these practitioners are not in the answer."""
    known = {value for one in found.of_type("Practitioner") for value in identifier_values(one)}
    return sum(identifier.value not in known for identifier in wanted)
