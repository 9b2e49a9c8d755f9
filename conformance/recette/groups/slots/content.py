"""The answer's content: one search of the declared practitioners, read by a check per rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from conformance.recette.book import Source
from conformance.recette.context import Context
from conformance.recette.findings import Problem
from conformance.recette.groups.slots.group import (
    ANSWER,
    BUNDLE,
    IDENTIFIERS,
    JSON,
    KIT,
    REQUEST,
    SLOTS,
    TABLE,
    State,
    ask,
    bundle_of,
    content,
    declared,
    usual_query,
)
from conformance.recette.judging import envelope, graph, people, slots
from conformance.recette.judging.searchset import SearchSet
from conformance.recette.judging.slots import Window
from conformance.recette.verdicts import CheckSkipped
from sandbox.sas.vocabulary import PROFILE_SLOT_BUNDLE

Judge = Callable[[SearchSet], Iterable[Problem]]
FOUND = ("R01-01",)


@SLOTS.check("R01-01", "Une recherche répond 200 par un Bundle", REQUEST, ANSWER)
def is_answered(context: Context[State]) -> str:
    query, start, end = usual_query(context, declared(context))
    now = context.run.clock()
    exchange = ask(context, query)
    found = bundle_of(context, exchange)
    context.state.url, context.state.exchange, context.state.found = exchange.url, exchange, found
    context.state.window = Window(start, end, now)
    count = len(found.of_type("Slot"))
    return f"{count} créneaux, {len(found.of_type('Schedule'))} agendas."


@SLOTS.check("R01-02", "Les praticiens déclarés ont des créneaux dans les trois jours", KIT, requires=FOUND)
def has_slots(context: Context[State]) -> None:
    found = context.state.found
    if found is not None and not found.of_type("Slot"):
        context.fault("Aucun créneau : le logiciel n’en publie pas, ou l’environnement nomme d’autres praticiens.")


@SLOTS.check("R01-03", "Le type du contenu est application/fhir+json", ANSWER, requires=FOUND)
def is_fhir_json(context: Context[State]) -> None:
    if context.state.exchange is None:
        raise CheckSkipped("La recherche de référence n’a pas abouti.")
    exchange = context.record(context.state.exchange)
    headers = {name.lower(): value for name, value in exchange.response_headers.items()}
    kind, _, options = headers.get("content-type", "").lower().partition(";")
    context.expect(
        kind.strip() == "application/fhir+json", f"Content-Type annoncé : {kind.strip() or 'aucun'}.", "Content-Type"
    )
    if "charset" in options and "utf-8" not in options:
        context.fault("Le jeu de caractères annoncé n’est pas UTF-8.", "Content-Type")


@SLOTS.check("R01-04", "Le lien self reprend la requête : mêmes paramètres, mêmes valeurs", ANSWER, KIT, requires=FOUND)
def self_link_is_the_query(context: Context[State]) -> None:
    if context.state.found is not None and context.state.exchange is not None:
        context.record(context.state.exchange)
        context.judge(envelope.judge_self_link(context.state.found, context.state.url))


def _rule(identifier: str, title: str, *sources: Source, judge: Judge) -> None:
    """Declares the check that a pure rule makes of the reference answer."""

    @SLOTS.check(identifier, title, *sources, requires=FOUND)
    def judged(context: Context[State]) -> None:
        context.judge(judge(content(context)))


_rule("R01-05", "Le Bundle est de type searchset", ANSWER, BUNDLE, judge=envelope.judge_type)
_rule(
    "R01-06", "Le Bundle et chaque ressource annoncent leur profil", ANSWER,
    judge=lambda found: envelope.judge_declared_profiles(found, envelope.SLOT_PROFILES),
)  # fmt: skip
_rule(
    "R01-07", "Rien n’y est que Slot, Schedule, Practitioner et PractitionerRole", ANSWER,
    judge=lambda found: envelope.judge_resource_types(found, envelope.SLOT_PROFILES, contained=("Location",)),
)  # fmt: skip
_rule("R01-08", "total est le nombre de Slots", ANSWER, BUNDLE, judge=envelope.judge_total)
_rule("R01-09", "Chaque entrée a un fullUrl absolu, à elle seule", ANSWER, BUNDLE, judge=envelope.judge_full_urls)
_rule(
    "R01-10",
    "search.mode vaut match pour un Slot, include pour le reste",
    ANSWER,
    BUNDLE,
    judge=envelope.judge_search_modes,
)
_rule("R01-11", "Chaque ressource incluse n’est donnée qu’une fois", ANSWER, judge=envelope.judge_repeated)
_rule("R01-12", "Toutes les références mènent à une ressource du Bundle", ANSWER, judge=graph.judge_references)
_rule("R01-13", "Rien n’est inclus sans qu’une référence y mène", BUNDLE, judge=graph.judge_unreferenced)
_rule("R01-14", "Aucun élément n’est vide", ANSWER, JSON, judge=lambda found: graph.judge_emptiness(found.bundle))


@SLOTS.check("R01-15", "Le Bundle et chaque entrée sont conformes à leur profil", TABLE, requires=FOUND, limit=90)
def follows_profiles(context: Context[State]) -> None:
    found = content(context)
    context.judge(context.run.profile_problems(found.bundle, PROFILE_SLOT_BUNDLE))


_rule("R01-16", "Chaque Slot mène à son Schedule", TABLE, judge=graph.judge_slots_schedule)
_rule(
    "R01-17", "Un Schedule par PractitionerRole : un praticien à un lieu", ANSWER, TABLE, judge=graph.judge_schedules
)  # fmt: skip
_rule("R01-18", "La Location est contenue dans son PractitionerRole", ANSWER, TABLE, judge=graph.judge_locations)
_rule(
    "R01-19",
    "Les praticiens portent leur identifiant national préfixé",
    IDENTIFIERS,
    TABLE,
    judge=people.judge_practitioners,
)
_rule("R01-20", "Les praticiens ont un nom et un prénom", TABLE, judge=people.judge_names)


@SLOTS.check("R01-21", "Seuls les praticiens demandés sont rendus", REQUEST, requires=FOUND)
def only_who_was_asked(context: Context[State]) -> None:
    context.judge(people.judge_asked(content(context), declared(context)))


_rule(
    "R01-22",
    "Les structures portent leur identifiant national préfixé",
    IDENTIFIERS,
    TABLE,
    judge=people.judge_structures,
)
_rule("R01-23", "Les lieux portent un identifiant interne", IDENTIFIERS, TABLE, judge=people.judge_location_identifiers)
_rule("R01-24", "Les téléphones sont en forme internationale", TABLE, judge=people.judge_phones)
_rule("R01-25", "Les lieux ont une ligne d’adresse, une ville, un code postal", TABLE, judge=people.judge_addresses)
_rule("R01-26", "Les types de créneau sont PUBLIC, PRO ou SNP", TABLE, judge=slots.judge_slot_types)
_rule(
    "R01-27",
    "Les types de consultation sont AMB, HH ou VR, un par élément",
    TABLE,
    judge=slots.judge_consultation_types,
)
_rule("R01-28", "Les spécialités sont prises dans TRE-R38, ou en texte", TABLE, judge=slots.judge_specialties)
_rule("R01-29", "Le mode de rendez-vous est ROUTINE ou WALKIN", TABLE, judge=slots.judge_appointment_types)
_rule("R01-30", "Tous les créneaux sont libres", REQUEST, TABLE, judge=slots.judge_status)
_rule("R01-31", "Les instants ont des millisecondes et un décalage", TABLE, judge=slots.judge_written_instants)
_rule("R01-32", "Chaque créneau finit après avoir commencé", TABLE, judge=slots.judge_order)


@SLOTS.check("R01-33", "Les créneaux commencent dans la période demandée", REQUEST, requires=FOUND)
def inside_the_window(context: Context[State]) -> None:
    found = content(context)
    if context.state.window is not None:
        context.judge(slots.judge_window(found, context.state.window))


@SLOTS.check("R01-34", "Aucun créneau n’est passé", ANSWER, requires=FOUND)
def none_in_the_past(context: Context[State]) -> None:
    found = content(context)
    if context.state.window is not None:
        context.judge(slots.judge_past(found, context.state.window))


_rule("R01-35", "Chaque créneau porte l’adresse de la page d’agenda", TABLE, judge=slots.judge_pages)
_rule("R01-36", "Le même créneau n’est pas donné deux fois", ANSWER, judge=slots.judge_doubles)
