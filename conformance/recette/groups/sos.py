"""Group 4, slots of SOS Médecins associations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.recette.book import Group
from conformance.recette.context import Context
from conformance.recette.environment import NATIONAL_STRUCTURE
from conformance.recette.groups.slots.group import ERRORS, ask, bundle_of
from conformance.recette.judging import associations, envelope, slots
from conformance.recette.judging.searches import COMMON, judge_all
from conformance.recette.judging.searchset import SearchSet
from conformance.recette.judging.slots import Window
from conformance.recette.slot_queries import Parameter, encoded, whole_window, without, written
from conformance.recette.sources import guide
from conformance.recette.verdicts import CheckSkipped
from sandbox.sas.exchange import Exchange
from sandbox.sas.slots import MAX_IDENTIFIERS
from sandbox.sas.vocabulary import Identifier

REQUEST = guide("SOS Médecins, requête")
CONTENT = guide("SOS Médecins, contenu des ressources")
PROFILE = envelope.SOS_PROFILES["Bundle"][0]
FOUND = ("SOS-01",)
ASSOCIATION = "actor:Location.organization.identifier"


@dataclass(slots=True)
class State:
    exchange: Exchange | None = None
    found: SearchSet | None = None
    window: Window | None = None


SOS: Group[State] = Group(
    4, "sos", "Créneaux de SOS Médecins", State,
    why_not=lambda run: "" if run.environment.sos else "L’environnement ne déclare pas d’associations SOS Médecins ([sos]).",
)  # fmt: skip


def _parameters(context: Context[State], asked: Iterable[Identifier]) -> list[Parameter]:
    start, end = whole_window(context.run.clock())
    context.state.window = context.state.window or Window(start, end, context.run.clock())
    return [
        Parameter("_revinclude", "Slot:schedule"),
        Parameter("_include", "Schedule:actor:Location"),
        Parameter("_include:iterate", "Location:organization"),
        Parameter("_has:Slot:schedule:start", f"ge{written(start)}"),
        Parameter("_has:Slot:schedule:start", f"le{written(end)}"),
        Parameter("_has:Slot:schedule:status", "free"),
        Parameter(ASSOCIATION, ",".join(identifier.token for identifier in asked)),
    ]


@SOS.check("SOS-01", "GET [base]/Schedule répond 200 par un Bundle", REQUEST)
def is_answered(context: Context[State]) -> str:
    exchange = ask(context, encoded(_parameters(context, context.environment.sos)), path="Schedule")
    context.state.found, context.state.exchange = bundle_of(context, exchange), exchange
    return f"{len(context.state.found.of_type('Slot'))} créneaux."


@SOS.check("SOS-02", "Le lien self reprend la requête", REQUEST, requires=FOUND)
def self_link(context: Context[State]) -> None:
    found = _content(context)
    context.judge(envelope.judge_self_link(found, context.state.exchange.url if context.state.exchange else ""))


@SOS.check("SOS-03", "Le Bundle et ses ressources annoncent les profils de SOS Médecins", CONTENT, requires=FOUND)
def declared_profiles(context: Context[State]) -> None:
    found = _content(context)
    context.judge(envelope.judge_declared_profiles(found, envelope.SOS_PROFILES))
    context.judge(envelope.judge_resource_types(found, envelope.SOS_PROFILES, contained=()))


@SOS.check("SOS-04", "Le Bundle et chaque entrée sont conformes à leur profil", CONTENT, requires=FOUND, limit=90)
def follows_profiles(context: Context[State]) -> None:
    context.judge(context.run.profile_problems(_content(context).bundle, PROFILE))


@SOS.check("SOS-05", "total et search.mode décrivent le résultat", CONTENT, requires=FOUND)
def result_is_described(context: Context[State]) -> None:
    found = _content(context)
    # The guide's example counts its Slots, FHIR its matches, the Schedules.
    context.judge(envelope.judge_total(found, ("Slot", "Schedule")))
    context.judge(associations.judge_modes(found))


@SOS.check("SOS-06", "Un Schedule par point fixe, un point fixe d’une association", CONTENT, requires=FOUND)
def places(context: Context[State]) -> None:
    context.judge(associations.judge_places(_content(context)))


@SOS.check("SOS-07", "Les points fixes ont un nom, des horaires, un téléphone", CONTENT, requires=FOUND)
def place_details(context: Context[State]) -> None:
    context.judge(associations.judge_place_details(_content(context)))


@SOS.check("SOS-08", "Les associations demandées, et elles seules, avec leur SIRET préfixé", CONTENT, requires=FOUND)
def organizations(context: Context[State]) -> None:
    context.judge(associations.judge_associations(_content(context), context.environment.sos))


@SOS.check("SOS-09", "Les types de créneau sont PUBLIC ou SNP", CONTENT, requires=FOUND)
def slot_types(context: Context[State]) -> None:
    context.judge(slots.judge_slot_types(_content(context), slots.SOS_TYPES))


@SOS.check("SOS-10", "Les créneaux sont à venir, dans la période demandée", REQUEST, requires=FOUND)
def inside_the_window(context: Context[State]) -> None:
    found = _content(context)
    if context.state.window is not None:
        context.judge(slots.judge_window(found, context.state.window))
        context.judge(slots.judge_past(found, context.state.window))


@SOS.check("SOS-11", "Les règles communes à tous les créneaux valent aussi", CONTENT, requires=FOUND)
def usual_rules(context: Context[State]) -> None:
    context.judge(judge_all(_content(context), COMMON))


@SOS.check("SOS-12", "Une association inconnue : un Bundle sans entrée, total 0", REQUEST)
def unknown_association(context: Context[State]) -> None:
    nobody = [Identifier(NATIONAL_STRUCTURE, "399999999999999")]
    exchange = ask(context, encoded(_parameters(context, nobody)), path="Schedule")
    context.judge(envelope.judge_no_entry(bundle_of(context, exchange)))


@SOS.check(
    "SOS-13",
    f"{MAX_IDENTIFIERS + 1} associations, aucune, ou pas de période : refus et OperationOutcome",
    REQUEST,
    ERRORS,
)
def refusals(context: Context[State]) -> None:
    many = [Identifier(NATIONAL_STRUCTURE, f"39999999999{number:04d}") for number in range(MAX_IDENTIFIERS + 1)]
    given = _parameters(context, context.environment.sos)
    for query in (
        _parameters(context, many), without(given, ASSOCIATION), without(given, "_has:Slot:schedule:start"),
    ):  # fmt: skip
        context.refused(ask(context, encoded(query), path="Schedule"), 400)


def _content(context: Context[State]) -> SearchSet:
    if context.state.found is None or context.state.exchange is None:
        raise CheckSkipped("La recherche de référence n’a pas abouti.")
    context.record(context.state.exchange, "Recherche d’associations")
    return context.state.found
