"""The search page: the platform asks the product for free slots."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Blueprint, render_template, request

from sandbox.sas.appointment_checks import FAULT, Check, faults_first
from sandbox.sas.clock import PARIS
from sandbox.sas.exchange import Exchange
from sandbox.sas.slots import MAX_IDENTIFIERS, Place, read_bundle, with_origin
from sandbox.sas.vocabulary import Identifier, practitioner_identifier
from sandbox.web.current import platform, sandbox
from sandbox.web.wording import MODES, window_days

blueprint = Blueprint("search", __name__)
# Slots shown of a day before "Voir n de plus".
SHOWN = 6


@dataclass(frozen=True, slots=True)
class Results:
    """What came back of one search."""

    exchange: Exchange
    asked: list[Identifier]
    places: list[Place]
    checks: list[Check]

    @property
    def slots(self) -> int:
        return sum(len(slots) for place in self.places for slots in place.days.values())

    @property
    def practitioners(self) -> int:
        return len({place.identifier for place in self.places})

    @property
    def faults(self) -> int:
        return sum(check.verdict == FAULT for check in self.checks)


@blueprint.get("/")
def page() -> tuple[str, int] | str:
    """The form; with `chercher`, the results too."""
    known = sandbox().practitioners
    searched = "chercher" in request.args
    chosen = set(request.args.getlist("ps")) if searched else {item.identifier for item in known}
    others = request.args.get("autres", "")
    mode = request.args.get("mode", "")
    problem, results = "", None
    if searched:
        typed = [part for part in re.split(r"[,;\n]+", others) if part.strip()]
        values = [item.identifier for item in known if item.identifier in chosen] + typed
        asked = list(dict.fromkeys(practitioner_identifier(value) for value in values))
        if not asked:
            problem = "Choisissez au moins un praticien."
        elif len(asked) > MAX_IDENTIFIERS:
            extra = len(asked) - MAX_IDENTIFIERS
            problem = f"La plateforme demande {MAX_IDENTIFIERS} praticiens au plus à la fois : retirez-en {extra}."
        else:
            results = _search(asked, mode)
    shown = render_template(
        "search.html",
        known=known, chosen=chosen, others=others, mode=mode, modes=MODES, results=results, problem=problem,
        days=window_days(platform().clock().astimezone(PARIS).date()), shown=SHOWN, with_origin=with_origin,
        profiles_available=platform().profiles.available,
    )  # fmt: skip
    return (shown, 422) if problem else shown


def _search(asked: list[Identifier], mode: str) -> Results:
    exchange = platform().search.run(asked)
    bundle = exchange.json() if exchange.ok else None
    places = read_bundle(bundle)
    checks: list[Check] = []
    if isinstance(bundle, dict) and platform().profiles.available:
        checks = faults_first(platform().profiles.check_slot_bundle(bundle))
    if mode in MODES:
        for place in places:
            for day, slots in place.days.items():
                place.days[day] = [slot for slot in slots if mode in slot.modes]
        places = [place for place in places if any(place.days.values())]
    return Results(exchange, asked, places, checks)
