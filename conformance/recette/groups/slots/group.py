"""Group 3: what its checks share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conformance.recette.book import Group, Source
from conformance.recette.context import Context
from conformance.recette.judging.searchset import SearchSet
from conformance.recette.judging.slots import Window
from conformance.recette.slot_queries import encoded, parameters, whole_window, written
from conformance.recette.sources import cadrage, fhir, guide, kit
from conformance.recette.verdicts import CheckFailed, CheckSkipped
from sandbox.sas.exchange import Exchange
from sandbox.sas.slots import DAYS
from sandbox.sas.vocabulary import SEARCH_ACCEPT, Identifier

REQUEST: Source = guide("INT_R01, requête de recherche de créneaux")
ANSWER: Source = guide("INT_R01, réponse")
TABLE: Source = guide("INT_R01, contenu des ressources")
IDENTIFIERS: Source = cadrage("Identifiants")
BUNDLE: Source = fhir("Bundle, searchset")
JSON: Source = fhir("JSON")
ERRORS: Source = fhir("RESTful API, OperationOutcome")
KIT: Source = kit("Créneaux")


@dataclass(slots=True)
class State:
    """The answer that the content checks read: the declared practitioners, searched at once."""

    url: str = ""
    found: SearchSet | None = None
    window: Window | None = None
    exchange: Exchange | None = None


SLOTS: Group[State] = Group(3, "creneaux", "Créneaux des praticiens (INT_R01)", State)


def declared(context: Context[Any]) -> list[Identifier]:
    """Every practitioner that the environment says to have slots."""
    people = context.environment.practitioners
    both = (people.one, *((people.two_places,) if people.two_places else ()), *people.several)
    return list(dict.fromkeys(both))


def content(context: Context[State]) -> SearchSet:
    """The Bundle that the content checks read. Raises CheckSkipped when it holds no slot."""
    found = context.state.found
    if found is None or context.state.exchange is None:
        raise CheckSkipped("La recherche de référence n’a pas abouti.")
    context.record(context.state.exchange, "Recherche de référence")
    if not found.of_type("Slot"):
        raise CheckSkipped("Aucun créneau n’a été rendu pour les praticiens déclarés.")
    return found


def bundle_of(context: Context[Any], exchange: Exchange) -> SearchSet:
    """Of an answer that must be a Bundle. Ends the check as failed when it is not."""
    context.answered(exchange, 200)
    decoded = exchange.json()
    if not isinstance(decoded, dict) or decoded.get("resourceType") != "Bundle":
        raise CheckFailed("Le corps de la réponse n’est pas un Bundle en JSON.")
    return SearchSet.of(decoded)


def ask(
    context: Context[Any], query: str, *, accept: str = SEARCH_ACCEPT, path: str = "Slot", label: str = ""
) -> Exchange:
    return context.call("GET", f"{path}?{query}", accept=accept, label=label)


def usual_query(
    context: Context[Any], identifiers: list[Identifier], *, days: int = DAYS
) -> tuple[str, datetime, datetime]:
    """(query, start, end) over the three days of the platform (or more), as it writes it."""
    start, end = whole_window(context.run.clock(), days=days)
    return encoded(parameters(identifiers, written(start), written(end))), start, end
