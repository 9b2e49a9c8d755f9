"""Arriving at an editor's agenda page from the platform, and signing in at the provider that the book plays."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from conformance.recette.accounts import Accounts
from conformance.recette.browser import MAX_REDIRECTS, Browser, Form, Page
from conformance.recette.context import Context
from conformance.recette.judging.authorization import Asked, read_asked
from conformance.recette.judging.pages import Look, Shown, read_page, terms_form, what_is_shown
from conformance.recette.verdicts import CheckFailed, CheckSkipped
from sandbox.sas.identity import IdentityProvider, ProtocolError
from sandbox.sas.keys import SigningKey
from sandbox.sas.platform import Platform
from sandbox.sas.regulators import Account, Regulator
from sandbox.sas.sessions import PASSWORD
from sandbox.sas.slots import with_origin

SomeContext = Context[Any]
Claims = dict[str, Any]
Forge = Callable[[Claims, SigningKey], str]
# New terms of use may come one after the other; more than this is a loop.
MAX_TERMS = 3


class PlayedProvider(IdentityProvider):
    """The platform's provider, which issues forged tokens while `forge` is set and remembers the codes it refused."""

    forge: Forge | None = None

    def __init__(self, platform: Platform) -> None:
        given = platform.identity
        super().__init__(
            base_url=given.base_url, client=given.client, key=given.key, store=platform.store,
            regulators=platform.regulators, sessions=platform.sessions, clock=platform.clock,
        )  # fmt: skip
        self.exchanged = 0
        self.refusals: list[str] = []

    def sign_id_token(self, claims: Claims) -> str:
        return self.forge(claims, self.key) if self.forge else super().sign_id_token(claims)

    def exchange_code(self, form: Mapping[str, str], authorization: str | None) -> Claims:
        try:
            tokens = super().exchange_code(form, authorization)
        except ProtocolError as refusal:
            self.refusals.append(str(refusal))
            raise
        self.exchanged += 1
        return tokens


def played_provider(context: SomeContext) -> PlayedProvider:
    """The provider, listening. Raises CheckSkipped when the platform's side is not declared."""
    platform = context.run.listener.platform
    if not isinstance(platform.identity, PlayedProvider):
        platform.identity = PlayedProvider(platform)
    platform.identity.forge = None
    return platform.identity


def user_of_the_platform(context: SomeContext, accounts: Accounts, *, national: bool = False) -> Regulator:
    """Somebody who can sign in at the platform and of whom the editor has heard nothing; known by their technical
    identifier, or by a national one (the token's `sub` is the technical one in both cases)."""
    data = accounts.data
    technical = accounts.technical().value
    account = Account(
        data.family, data.given, accounts.email(), national=accounts.national().value if national else None
    )
    regulators = context.run.listener.regulators
    return regulators.add(account, password=secrets.token_urlsafe(16), technical=technical)


@dataclass(frozen=True, slots=True)
class Departure:
    """Where an arrival led: the addresses one after the other, the last answer, the request to a provider if any."""

    hops: tuple[str, ...]
    last: Page
    asked: Asked | None

    def went_to(self, endpoint: str) -> bool:
        return any(hop.startswith(endpoint) for hop in self.hops) if endpoint else False


def leave(browser: Browser, url: str, *, until: str = "", label: str = "") -> Departure:
    """Ask for `url` and follow to the last answer, or to a redirect below the address `until`, which is not followed."""
    page, hops, asked = browser.get(url, label=label), [url], None
    for _ in range(MAX_REDIRECTS):
        target = page.location
        if not target:
            break
        hops.append(target)
        asked = read_asked(target) or asked
        if until and target.startswith(until):
            break
        page = browser.get(target)
    return Departure(tuple(hops), page, asked)


def look_at(page: Page) -> Look:
    return Look(page.status, page.url, page.is_html, read_page(page.text, page.url), page.location)


@dataclass(slots=True)
class Visit:
    """A browser sent from the agenda page to the provider, which it has reached. door, seen: see `what_is_shown`."""

    context: SomeContext
    browser: Browser
    agenda: str
    asked: Asked
    door: Look | None = None
    seen: Look | None = None

    def callback(self, regulator: Regulator, *, way: str = PASSWORD) -> str:
        """The person signs in at the platform: the address that the browser is sent back to, with a new code."""
        platform = self.context.run.listener.platform
        _, session = platform.sessions.open(regulator.id, way)
        return platform.identity.grant(self.asked.lenient(), session)

    def come_back(self, callback: str, *, label: str = "Retour au logiciel") -> Page:
        """The page that the return ends on, terms of use accepted on the way."""
        return self._settled(self.browser.get(callback, label=label))

    def asks_again(self) -> Page:
        """The agenda page asked for without an origin, with the cookies received: what an open session shows."""
        return self._settled(self.browser.get(self.agenda, label="La page d’agenda, redemandée sans origine"))

    def _settled(self, page: Page) -> Page:
        """Where redirects end, terms of use accepted on the way: they are asked of whoever has a session."""
        provider = self.context.run.listener.identity.base_url
        page = self.browser.follow(page, until=provider)
        for _ in range(MAX_TERMS):
            form = terms_form(read_page(page.text, page.url)) if page.status and page.status < 300 else None
            if form is None:
                break
            ticked = Form(form.action, form.method, form.fields | form.boxes)
            answer = self.browser.submit(ticked, referer=page.url, label="Acceptation des conditions d’utilisation")
            page = self.browser.follow(answer, until=provider)
        return page

    def shown(self, page: Page) -> Shown:
        shows = self.context.environment.landing.shows
        return what_is_shown(look_at(page), self.agenda, door=self.door, seen=self.seen, shows=shows)

    def is_agenda(self, page: Page) -> bool:
        """Whether the page that a return ends on is the agenda for sure: the text is there, or the address is right. A
        refusal may be a 2xx page too, but not at the agenda's own address."""
        if self.shown(page) is not Shown.AGENDA:
            return False
        return bool(self.context.environment.landing.shows) or same_path(page.url, self.agenda)

    def twin(self) -> Visit:
        """The same visit in a browser that has the cookies of this one as they are now."""
        other = Browser(self.context)
        other.cookies.update(self.browser.cookies)
        return replace(self, browser=other)


def same_path(one: str, other: str) -> bool:
    """Whether two addresses are of the same page, whatever their queries."""
    first, second = urlsplit(one), urlsplit(other)
    return (first.netloc, first.path.rstrip("/")) == (second.netloc, second.path.rstrip("/"))


def visit(
    context: SomeContext, agenda: str, origin: str, *, door: Look | None = None, seen: Look | None = None
) -> Visit:
    """Arrive as somebody sent by the platform. Raises CheckSkipped when the editor's provider is not the one played,
    CheckFailed when it sends nowhere."""
    provider = played_provider(context)
    browser = Browser(context)
    departure = leave(
        browser, with_origin(agenda, origin), until=provider.base_url, label="Arrivée depuis la plateforme"
    )
    if departure.asked is None:
        raise CheckFailed(
            f"Réponse {departure.last.status or 'absente'} au lieu d’un envoi vers le fournisseur d’identité."
        )
    if not departure.asked.url.startswith(provider.base_url):
        raise CheckSkipped(
            "Le logiciel envoie vers un autre fournisseur d’identité que celui que joue le cahier : configurez-le avec "
            f"l’émetteur {provider.issuer} pour passer ce contrôle."
        )
    return Visit(context, browser, agenda, departure.asked, door, seen)
