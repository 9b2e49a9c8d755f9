"""Slot searches (INT_R01) for the groups that need a real slot: the platform's own query and reading."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from conformance.recette.context import Context
from conformance.recette.verdicts import CheckSkipped
from sandbox.sas.exchange import Exchange
from sandbox.sas.slots import FreeSlot, Place, read_bundle, search_query, search_window
from sandbox.sas.vocabulary import SEARCH_ACCEPT, Identifier

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class RealSlot:
    """A free slot of the editor and where it was found."""

    slot: FreeSlot
    place: Place


def search(context: Context[S], identifiers: Iterable[Identifier], *, label: str = "") -> Exchange:
    """The platform's search, today to the day after tomorrow."""
    start, end = search_window(context.run.clock())
    query = search_query(identifiers, start=start, end=end)
    return context.call("GET", f"Slot?{query}", accept=SEARCH_ACCEPT, label=label)


def find_slots(context: Context[S], identifiers: Iterable[Identifier] | None = None) -> list[RealSlot]:
    """Free slots with an agenda page, by start; of the declared practitioners unless told. Raises CheckSkipped when
    there is none."""
    wanted = tuple(
        identifiers
        or dict.fromkeys((context.environment.practitioners.one, *context.environment.practitioners.several))
    )
    exchange = search(context, wanted, label="Recherche d’un créneau réel")
    if not exchange.ok:
        raise CheckSkipped("La recherche de créneaux n’a pas abouti : voir le groupe 3.")
    found = [
        RealSlot(slot, place)
        for place in read_bundle(exchange.json())
        for slots in place.days.values()
        for slot in slots
        if slot.page and not slot.walk_in
    ]
    if not found:
        raise CheckSkipped("Aucun créneau libre avec une page d’agenda (Slot.comment) dans les trois jours.")
    return sorted(found, key=lambda item: item.slot.start)
