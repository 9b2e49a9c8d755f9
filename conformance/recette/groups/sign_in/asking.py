"""The request that the editor makes to the identity provider."""

from __future__ import annotations

from conformance.recette.book import Source
from conformance.recette.browser import Browser
from conformance.recette.groups.sign_in.state import KIT, REQUEST, SIGN_IN, SSO, Check, agenda_page, depart
from conformance.recette.judging.authorization import (
    Asked,
    client_problems,
    pkce_problems,
    random_problems,
    redirect_problems,
    response_type_problems,
    scope_problems,
)
from conformance.recette.sources import OAUTH, PKCE
from conformance.recette.verdicts import CheckFailed
from sandbox.sas.slots import with_origin


def _two(context: Check) -> tuple[Asked, Asked]:
    """Two requests, of two browsers that arrive one after the other."""
    address = with_origin(agenda_page(context), context.environment.origins.accepted[0])
    first, second = (depart(context, address, label="Arrivée depuis la plateforme") for _ in range(2))
    if first.asked is None or second.asked is None:
        raise CheckFailed("L’arrivant n’est pas envoyé au fournisseur d’identité.")
    return first.asked, second.asked


@SIGN_IN.check("SSO-10", "La demande est celle du code d’autorisation (response_type=code)", REQUEST, SSO,
               requires=("SSO-02",))  # fmt: skip
def asks_for_a_code(context: Check) -> None:
    context.judge(response_type_problems(_two(context)[0]))


@SIGN_IN.check("SSO-11", "Elle porte l’identifiant de client donné par la plateforme", REQUEST, requires=("SSO-02",))
def says_who_asks(context: Check) -> None:
    side = context.environment.platform
    context.judge(client_problems(_two(context)[0], side.client_id if side else ""))


@SIGN_IN.check("SSO-12", "Elle demande la portée openid", REQUEST, requires=("SSO-02",))
def asks_for_openid(context: Check) -> None:
    context.judge(scope_problems(_two(context)[0]))


@SIGN_IN.check("SSO-13", "Elle a un state imprévisible, nouveau à chaque fois", REQUEST, Source(OAUTH, "§10.12"),
               requires=("SSO-02",))  # fmt: skip
def has_a_state(context: Check) -> None:
    context.judge(random_problems(*_two(context), "state"))


@SIGN_IN.check("SSO-14", "Elle a un nonce imprévisible, nouveau à chaque fois", REQUEST, requires=("SSO-02",))
def has_a_nonce(context: Check) -> None:
    context.judge(random_problems(*_two(context), "nonce"))


@SIGN_IN.check("SSO-15", "Elle est protégée par PKCE (S256)", Source(PKCE, "§4.3"), requires=("SSO-02",))
def has_pkce(context: Check) -> None:
    context.judge(pkce_problems(*_two(context)))


@SIGN_IN.check("SSO-16", "L’adresse de retour est celle qui a été enregistrée", REQUEST, SSO, requires=("SSO-02",))
def comes_back_where_registered(context: Check) -> None:
    side = context.environment.platform
    context.judge(redirect_problems(_two(context)[0], side.callback if side else ""))


@SIGN_IN.check("SSO-17", "Suivie, la demande mène à la page de connexion du fournisseur", KIT,
               requires=("SSO-10", "SSO-11", "SSO-12", "SSO-15", "SSO-16"))  # fmt: skip
def ends_at_the_provider(context: Check) -> None:
    asked = _two(context)[0]
    browser = Browser(context)
    page = browser.follow(browser.get(asked.url, label="Page de connexion du fournisseur"))
    context.expect(page.status is not None, page.exchange.failure)
    if page.status != 200 or not page.is_html:
        context.fault(f"Le fournisseur ne montre pas sa page de connexion : réponse {page.status}.", asked.endpoint)
