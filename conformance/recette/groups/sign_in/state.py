"""What the checks of group 6 share, and the group itself.

How a black box tells a session: after the return from the provider, the agenda page is asked for again with the same
cookies, without an origin. The agenda shows (a 2xx page of the editor's host, without a password field, that is not what
a visitor without cookies gets at the same address and, once the agenda was seen, looks more like it): a session is
open. It does not: there is none, unless the return itself ended on the agenda page's own address, or on a page with the
text that the environment declares (`landing.shows`). See `judging.pages.what_is_shown`.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

from conformance.recette.accounts import Accounts, Person
from conformance.recette.book import Group
from conformance.recette.browser import Browser, Page
from conformance.recette.context import Context
from conformance.recette.judging.pages import Look, Shown
from conformance.recette.searching import find_slots
from conformance.recette.signing_in import (
    Departure,
    Visit,
    leave,
    look_at,
    played_provider,
    user_of_the_platform,
    visit,
)
from conformance.recette.sources import cadrage, guide, kit, oidc
from conformance.recette.verdicts import CheckFailed, CheckSkipped
from sandbox.sas.regulators import Regulator
from sandbox.sas.sessions import PASSWORD

# Seconds for a check that signs several people in.
LONG = 60.0
SSO = cadrage("SSO, parcours du régulateur")
ADDRESS = guide("Slot.comment, adresse de la page d’agenda")
KIT = kit("Flux V2, SSO")
REQUEST = oidc("§3.1.2.1, demande d’authentification")
TOKEN = oidc("§3.1.3.7, contrôle du jeton d’identité")


@dataclass(slots=True)
class State:
    """agenda: a slot's page, "" until it is known; endpoint: where arrivals with an origin are sent, the provider's;
    door: what the agenda page shows without an origin nor a session, and `seen` with one; ajar: a visitor without a
    session gets neither a sign-in page nor an error; regulator: somebody who came in."""

    made: Accounts | None = None
    agenda: str = ""
    endpoint: str = ""
    departure: Departure | None = None
    door: Look | None = None
    seen: Look | None = None
    ajar: bool = False
    regulator: Regulator | None = None


Check = Context[State]


def accounts(context: Check) -> Accounts:
    """The accounts that this group makes."""
    if context.state.made is None:
        context.state.made = Accounts(context.environment.regulators)
    return context.state.made


def agenda_page(context: Check) -> str:
    """The declared agenda page, or that of a slot that a search finds, the last: it must not pass, nor be booked, while
    it is used. Raises CheckSkipped when there is none."""
    if not context.state.agenda:
        context.state.agenda = context.environment.landing.url or find_slots(context)[-1].slot.page
    return context.state.agenda


def provider_address(context: Check) -> str:
    """Below what address the editor's provider is: where it was seen to send, else the one played, else "" """
    if context.state.endpoint:
        return context.state.endpoint
    with contextlib.suppress(CheckSkipped):
        return played_provider(context).base_url
    return ""


def depart(context: Check, url: str, *, label: str) -> Departure:
    """A new browser asks for `url`; the provider, when it is played, has to be there for an editor that reads its
    discovery document first."""
    return leave(Browser(context), url, until=provider_address(context), label=label)


def door(context: Check) -> Look:
    """What a visitor gets at the agenda page, without an origin nor a session."""
    if context.state.door is None:
        departure = depart(context, agenda_page(context), label="La page d’agenda, sans origine ni session")
        context.state.departure = departure
        context.state.door = look_at(departure.last)
    return context.state.door


def newcomer(context: Check, *, national: bool = False) -> tuple[Person, Regulator]:
    """Somebody who can sign in at the platform, as the editor would be told of them; nothing is sent yet."""
    made = accounts(context)
    regulator = user_of_the_platform(context, made, national=national)
    return Person(regulator.identifier, regulator.family, regulator.given, regulator.email), regulator


def known_regulator(context: Check) -> Regulator:
    """A regulator who was seen to come in. Raises CheckSkipped when nobody was: nothing can be said of refusals."""
    if context.state.regulator is None:
        played_provider(context)
        raise CheckSkipped("Suppose SSO-20, qui n’est pas acquis : un bon jeton n’a pas ouvert de session.")
    return context.state.regulator


def arrive(context: Check) -> Visit:
    """A new browser, at the provider's door."""
    origin = context.environment.origins.accepted[0]
    return visit(context, agenda_page(context), origin, door=door(context), seen=context.state.seen)


def comes_in(context: Check, regulator: Regulator, *, way: str = PASSWORD) -> tuple[Visit, Page, Page]:
    """The person signs in: (visit, page the return ended on, the agenda page asked for again). Ends the check as failed
    unless a session is open."""
    arrival = arrive(context)
    provider = played_provider(context)
    exchanged = provider.exchanged
    page = arrival.come_back(arrival.callback(regulator, way=way))
    shown, again = arrival.shown(page), arrival.asks_again()
    if arrival.is_agenda(page) or arrival.shown(again) is Shown.AGENDA:
        return arrival, page, again
    shown = Shown.OTHER if shown is Shown.AGENDA else shown
    if provider.refusals:
        context.note(f"Le fournisseur a refusé d’échanger le code : {provider.refusals[-1]}")
    elif provider.exchanged == exchanged:
        context.note("Le logiciel n’a pas échangé le code contre un jeton.")
    if shown is Shown.TERMS:
        context.note(
            "Le cahier n’a pas su accepter ces conditions : une case à cocher et un bouton d’envoi sont attendus."
        )
    raise CheckFailed(f"Au retour du fournisseur, {shown.value} ({page.status or 'sans statut'}) au lieu de l’agenda.")


def stays_out(context: Check, arrival: Visit, page: Page) -> None:
    """Note a fault when the browser has a session after all."""
    if arrival.is_agenda(page):
        context.fault("L’agenda s’affiche : une session est ouverte.", page.url)
    elif arrival.shown(arrival.asks_again()) is Shown.AGENDA:
        context.fault("Une session est ouverte : redemandée sans origine, la page d’agenda s’affiche.", arrival.agenda)


def says_why(context: Check, page: Page, *, wanted: int = 0) -> None:
    """Note a refusal that is a breakdown, or (with `wanted`) that says another status."""
    if page.status is None:
        context.fault(page.exchange.failure)
    elif page.status >= 500:
        context.fault(f"Erreur du serveur ({page.status}) au lieu d’un refus clair.", page.url)
    elif wanted and page.status != wanted:
        context.warn(f"Réponse {page.status} au lieu de {wanted} : le refus ne se dit pas par son statut.", page.url)
    elif not page.is_html and not page.location:
        context.warn("Le refus n’est pas une page HTML.", page.url)


def told(context: Check, person: Person, *, active: bool) -> Person:
    """The editor is told of the person's right, or of its withdrawal."""
    after = replace(person, active=active)
    accounts(context).changed(context, person, after, label="Habilitation" if active else "Retrait de l’habilitation")
    return after


def _tidy(context: Check) -> None:
    with contextlib.suppress(CheckSkipped):
        played_provider(context)
    if context.state.made is not None:
        context.state.made.withdraw_all(context)


SIGN_IN: Group[State] = Group(6, "connexion", "Arrivée sur l’agenda et connexion (SSO)", State)
SIGN_IN.cleanup = _tidy
