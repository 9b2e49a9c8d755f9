"""Every documented way of writing the same search gives the same answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from conformance.recette.context import Context
from conformance.recette.groups.slots.group import ANSWER, BUNDLE, KIT, REQUEST, SLOTS, State, ask, bundle_of
from conformance.recette.judging import envelope
from conformance.recette.judging.slots import Window, judge_window, offered
from conformance.recette.raw_http import raw_get
from conformance.recette.slot_queries import (
    PRACTITIONER,
    Parameter,
    encoded,
    once,
    parameters,
    replaced,
    spellings,
    whole_window,
    without,
    written,
)
from conformance.recette.sources import fhir
from conformance.recette.verdicts import CheckSkipped
from sandbox.sas.exchange import Exchange
from sandbox.sas.vocabulary import SEARCH_ACCEPT, Identifier

SOON = timedelta(minutes=5)
MEDIA_TYPES = ("application/json+fhir", "application/fhir+json", "application/json", "*/*")
NEGOTIATION = fhir("RESTful API, types de contenu")

Send = Callable[[Context[State], str], Exchange]


def _usual(context: Context[State], identifiers: Iterable[Identifier]) -> list[Parameter]:
    start, end = whole_window(context.run.clock())
    return parameters(identifiers, written(start), written(end))


def _pair(context: Context[State]) -> list[Identifier]:
    """Two practitioners, so that there is a comma to write."""
    people = context.environment.practitioners
    return list(dict.fromkeys((people.one, *people.several)))[:2]


def _same(
    context: Context[State], given: list[Parameter], queries: dict[str, str], *, path: str = "Slot", send: Send = ask
) -> None:
    """Each query must offer what the plain one offers, what is about to begin apart. Whoever books meanwhile changes
    the answer: a difference is looked at a second time."""
    plain = encoded(given)
    for label, query in queries.items():
        different = True
        for _ in range(2):
            exchange = send(context, query)
            if exchange.status != 200:
                break
            reference = bundle_of(context, ask(context, plain))
            after = context.run.clock() + SOON
            different = offered(reference, after=after) != offered(bundle_of(context, exchange), after=after)
            if not different:
                break
        if exchange.status is None:
            context.fault(f"{label} : {exchange.failure}", path)
        elif exchange.status != 200:
            context.fault(f"{label} : réponse {exchange.status} au lieu de 200.", path)
        elif different:
            context.fault(f"{label} : la réponse n’est pas celle de la même recherche écrite simplement.", path)


@SLOTS.check("R01-50", "/Slot et /Slot/ répondent tous deux, sans redirection", REQUEST, KIT)
def with_and_without_slash(context: Context[State]) -> None:
    given = _usual(context, [context.environment.practitioners.one])
    _same(context, given, {"/Slot/": encoded(given)}, path="Slot/", send=lambda at, query: ask(at, query, path="Slot/"))


@SLOTS.check("R01-51", "Les instants se lisent dans toutes leurs écritures", REQUEST, KIT, limit=60)
def spelled_instants(context: Context[State]) -> None:
    wanted = [context.environment.practitioners.one]
    start, end = whole_window(context.run.clock())
    start = once(start)
    queries = {label: encoded(parameters(wanted, *pair)) for label, pair in spellings(start, end).items()}
    _same(context, parameters(wanted, written(start), written(end)), queries)


@SLOTS.check("R01-52", "Un « + » d’instant non encodé, arrivé comme un blanc, est lu", REQUEST, KIT)
def bare_plus(context: Context[State]) -> None:
    given = _usual(context, [context.environment.practitioners.one])
    _same(
        context, given,
        {"« + » laissé tel quel": encoded(given, keep=":,+"), "blanc à la place du « + »": encoded(_blanks(given))},
    )  # fmt: skip


@SLOTS.check("R01-53", "« | » et « , » des identifiants se lisent bruts comme encodés", REQUEST)
def raw_separators(context: Context[State]) -> None:
    given = _usual(context, _pair(context))
    queries = {
        "virgule brute, barre encodée": encoded(given),
        "virgule et barre encodées": encoded(given, keep=":"),
        "tout encodé": encoded(given, keep=""),
    }
    _same(context, given, queries)
    _same(context, given, {"virgule et barre brutes": encoded(given, keep=":,|")}, send=_raw)


@SLOTS.check("R01-54", "Un blanc après une virgule entre identifiants ne gêne pas", REQUEST)
def stray_blanks(context: Context[State]) -> None:
    given = _usual(context, _pair(context))
    spaced = ", ".join(identifier.token for identifier in _pair(context))
    _same(context, given, {"blanc après la virgule": encoded(replaced(given, PRACTITIONER, spaced))})


@SLOTS.check("R01-55", "L’ordre des paramètres est indifférent", REQUEST)
def any_order(context: Context[State]) -> None:
    given = _usual(context, _pair(context))
    late = [*without(given, "start"), *reversed([item for item in given if item.name == "start"])]
    _same(context, given, {"ordre inverse": encoded(reversed(given)), "« le » avant « ge », à la fin": encoded(late)})


@SLOTS.check("R01-56", "Les paramètres inconnus sont ignorés", REQUEST)
def unknown_parameters(context: Context[State]) -> None:
    given = _usual(context, [context.environment.practitioners.one])
    _same(
        context, given,
        {
            "_count=1000": encoded([*given, Parameter("_count", "1000")]),
            "_format=json": encoded([Parameter("_format", "json"), *given]),
            "_format=application/fhir+json": encoded([*given, Parameter("_format", "application/fhir+json")]),
        },
    )  # fmt: skip


@SLOTS.check("R01-57", "Les identifiants répétés en plusieurs paramètres se lisent ensemble", REQUEST)
def repeated_parameter(context: Context[State]) -> None:
    pair = _pair(context)
    if len(pair) < 2:
        raise CheckSkipped("L’environnement ne déclare pas deux praticiens.")
    given = _usual(context, pair)
    split = [*without(given, PRACTITIONER), *(Parameter(PRACTITIONER, identifier.token) for identifier in pair)]
    before = len(context.problems)
    _same(context, given, {"un paramètre par praticien": encoded(split)})
    # The platform's documents show one list: repeating the parameter is only said to vary.
    if len(context.problems) > before:
        del context.problems[before:]
        context.warn("Un paramètre par praticien ne donne pas la même réponse qu’une liste à virgules.", PRACTITIONER)


@SLOTS.check("R01-58", "Tous les types de contenu demandés reçoivent du FHIR en JSON", REQUEST, NEGOTIATION)
def media_types(context: Context[State]) -> None:
    query = encoded(_usual(context, [context.environment.practitioners.one]))
    for accept in MEDIA_TYPES:
        exchange = ask(context, query, accept=accept)
        kind = {name.lower(): value for name, value in exchange.response_headers.items()}.get("content-type", "")
        if exchange.status != 200:
            context.fault(f"Accept: {accept} : {exchange.status or exchange.failure} au lieu de 200.", "Accept")
        elif kind.partition(";")[0].strip().lower() != "application/fhir+json":
            context.fault(f"Accept: {accept} : réponse en {kind or 'type inconnu'}.", "Content-Type")


@SLOTS.check("R01-59", "Les deux bornes sont comprises dans la période", REQUEST)
def bounds_are_included(context: Context[State]) -> None:
    wanted = [context.environment.practitioners.one]
    after = context.run.clock() + SOON
    start, end = whole_window(context.run.clock())
    found = bundle_of(context, ask(context, encoded(parameters(wanted, written(start), written(end)))))
    known = sorted(offered(found, after=after))
    if not known:
        raise CheckSkipped("Le praticien déclaré n’a pas de créneau à venir.")
    first = known[len(known) // 2][0]
    asked_at = context.run.clock()
    only = bundle_of(context, ask(context, encoded(parameters(wanted, written(first), written(first)))))
    starts = {start for start, _, _ in offered(only, after=after)}
    context.expect(first in starts, "Un créneau qui commence à la borne n’est pas rendu.", "start")
    context.judge(judge_window(only, Window(first, first, asked_at)))


@SLOTS.check("R01-60", "Une période passée : un Bundle vide", ANSWER, BUNDLE)
def past_window(context: Context[State]) -> None:
    start, end = whole_window(context.run.clock())
    week = timedelta(days=7)
    given = parameters([context.environment.practitioners.one], written(start - week), written(end - week))
    context.judge(envelope.judge_no_entry(bundle_of(context, ask(context, encoded(given)))))


@SLOTS.check("R01-61", "Une période commencée ne rend que ce qui est à venir", ANSWER)
def started_window(context: Context[State]) -> None:
    start, end = whole_window(context.run.clock())
    wanted = [context.environment.practitioners.one]
    now = context.run.clock()
    morning = start.replace(hour=0, minute=0)
    found = bundle_of(context, ask(context, encoded(parameters(wanted, written(morning), written(end)))))
    context.judge(judge_window(found, Window(now, end, now)))


def _blanks(given: list[Parameter]) -> list[Parameter]:
    return [
        Parameter(name, value.replace("+", " ")) if name == "start" else Parameter(name, value) for name, value in given
    ]


def _raw(context: Context[State], query: str) -> Exchange:
    exchange = raw_get(context.run.fhir, f"Slot?{query}", accept=SEARCH_ACCEPT, timeout=min(7.0, context.remaining()))
    return context.record(exchange)
