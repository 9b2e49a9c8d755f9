"""Group 4, slots of communities (INT_R04)."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.recette.book import Group
from conformance.recette.context import Context, Run
from conformance.recette.environment import Communities
from conformance.recette.groups.slots.group import ask, bundle_of
from conformance.recette.judging import communities, envelope, slots
from conformance.recette.judging.searches import PRACTITIONERS, judge_all
from conformance.recette.judging.searchset import SearchSet
from conformance.recette.slot_queries import Parameter, encoded, parameters, whole_window, written
from conformance.recette.sources import guide
from conformance.recette.verdicts import CheckSkipped
from sandbox.sas.exchange import Exchange

REQUEST = guide("INT_R04, requête")
CONTENT = guide("INT_R04, contenu des ressources")
PROFILE = envelope.CPTS_PROFILES["Bundle"][0]
FOUND = ("CPTS-01",)


@dataclass(slots=True)
class State:
    """The communities' search and the plain one, of the same practitioners and hours."""

    exchange: Exchange | None = None
    found: SearchSet | None = None
    query: str = ""


CPTS: Group[State] = Group(
    4, "cpts", "Créneaux de CPTS (INT_R04)", State,
    why_not=lambda run: "" if run.environment.cpts else "L’environnement ne déclare pas de créneaux de CPTS ([cpts]).",
)  # fmt: skip


@CPTS.check("CPTS-01", "La recherche de créneaux de CPTS répond 200 par un Bundle", REQUEST)
def is_answered(context: Context[State]) -> str:
    start, end = whole_window(context.run.clock())
    plain = parameters(_declared(context.run).practitioners, written(start), written(end))
    context.state.query = encoded(plain)
    asked = [
        *plain,
        Parameter("_include", "Slot:service-type-reference"),
        Parameter("_include:iterate", "HealthcareService:organization"),
    ]
    exchange = ask(context, encoded(asked))
    context.state.found, context.state.exchange = bundle_of(context, exchange), exchange
    return f"{len(context.state.found.of_type('Slot'))} créneaux."


@CPTS.check("CPTS-02", "Le lien self reprend la requête, avec ses deux inclusions de plus", REQUEST, requires=FOUND)
def self_link(context: Context[State]) -> None:
    found = _content(context)
    context.judge(envelope.judge_self_link(found, context.state.exchange.url if context.state.exchange else ""))


@CPTS.check("CPTS-03", "Le Bundle et ses ressources annoncent les profils de CPTS", CONTENT, requires=FOUND)
def declared_profiles(context: Context[State]) -> None:
    found = _content(context)
    context.judge(envelope.judge_declared_profiles(found, envelope.CPTS_PROFILES))
    context.judge(envelope.judge_resource_types(found, envelope.CPTS_PROFILES, contained=("Location",)))


@CPTS.check("CPTS-04", "Le Bundle et chaque entrée sont conformes à leur profil", CONTENT, requires=FOUND, limit=90)
def follows_profiles(context: Context[State]) -> None:
    context.judge(context.run.profile_problems(_content(context).bundle, PROFILE))


@CPTS.check("CPTS-05", "Des créneaux portent le type CPTS, pris dans TRE-R314", CONTENT, requires=FOUND)
def some_community(context: Context[State]) -> None:
    found = _content(context)
    context.judge(communities.judge_some_community(found))
    context.judge(slots.judge_slot_types(found, slots.WITH_CPTS))


@CPTS.check(
    "CPTS-06", "Un créneau de CPTS nomme chaque communauté : code 604 et HealthcareService", CONTENT, requires=FOUND
)
def communities_are_named(context: Context[State]) -> None:
    context.judge(communities.judge_community_slots(_content(context)))


@CPTS.check("CPTS-07", "Chaque HealthcareService mène à l’Organization de sa CPTS", CONTENT, requires=FOUND)
def services_lead_on(context: Context[State]) -> None:
    context.judge(communities.judge_services(_content(context)))


@CPTS.check("CPTS-08", "Les CPTS ont leur FINESS préfixé, un nom, un téléphone", CONTENT, requires=FOUND)
def organizations(context: Context[State]) -> None:
    context.judge(communities.judge_organizations(_content(context), _declared(context.run).structures))


@CPTS.check("CPTS-09", "Les règles des créneaux de praticiens valent aussi", CONTENT, requires=FOUND)
def usual_rules(context: Context[State]) -> None:
    context.judge(judge_all(_content(context), PRACTITIONERS))


@CPTS.check(
    "CPTS-10", "Une recherche simple (INT_R01) ne rend ni CPTS ni créneau qui leur est réservé", REQUEST, requires=FOUND
)
def plain_stays_plain(context: Context[State]) -> None:
    plain = bundle_of(context, ask(context, context.state.query, label="Recherche simple"))
    context.judge(communities.judge_plain(plain, _content(context)))
    context.judge(envelope.judge_declared_profiles(plain, envelope.SLOT_PROFILES))


def _declared(run: Run) -> Communities:
    if run.environment.cpts is None:
        raise CheckSkipped("L’environnement ne déclare pas de créneaux de CPTS ([cpts]).")
    return run.environment.cpts


def _content(context: Context[State]) -> SearchSet:
    if context.state.found is None or context.state.exchange is None:
        raise CheckSkipped("La recherche de référence n’a pas abouti.")
    context.record(context.state.exchange, "Recherche de CPTS")
    return context.state.found
