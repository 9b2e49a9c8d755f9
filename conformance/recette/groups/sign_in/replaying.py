"""Returns that do not answer to what this browser asked: played again, stolen, made up, refused by the person."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from conformance.recette.book import Source
from conformance.recette.browser import Browser
from conformance.recette.groups.sign_in.state import SIGN_IN, SSO, Check, arrive, known_regulator, says_why, stays_out
from conformance.recette.judging.pages import Shown
from conformance.recette.signing_in import Visit
from conformance.recette.sources import OAUTH
from conformance.recette.verdicts import CheckFailed, CheckSkipped

FORGED_RETURN = Source(OAUTH, "§10.12, falsification de requête")
CODE = Source(OAUTH, "§4.1.2, code à usage unique")


@SIGN_IN.check("SSO-50", "Le même retour (state et code) joué une seconde fois n’ouvre pas de session", CODE)
def same_return_twice(context: Check) -> None:
    regulator, arrival = known_regulator(context), arrive(context)
    before = arrival.twin()
    callback = arrival.callback(regulator)
    _enters(arrival, callback)
    page = before.come_back(callback, label="Le même retour, avec les cookies d’avant")
    stays_out(context, before, page)
    says_why(context, page)


@SIGN_IN.check("SSO-51", "Un state qui a déjà servi ne sert plus, même avec un code nouveau", FORGED_RETURN)
def used_state(context: Check) -> None:
    regulator, arrival = known_regulator(context), arrive(context)
    before = arrival.twin()
    _enters(arrival, arrival.callback(regulator))
    page = before.come_back(before.callback(regulator), label="Le même state, avec un code nouveau")
    stays_out(context, before, page)
    says_why(context, page)


@SIGN_IN.check("SSO-52", "Le retour présenté par un autre navigateur n’y ouvre pas de session", FORGED_RETURN)
def in_another_browser(context: Check) -> None:
    regulator, arrival = known_regulator(context), arrive(context)
    stranger = replace(arrival, browser=Browser(context))
    page = stranger.come_back(arrival.callback(regulator), label="Retour dans un navigateur sans cookies")
    stays_out(context, stranger, page)
    says_why(context, page)


@SIGN_IN.check("SSO-53", "Un retour sans state, ou d’un state jamais donné, n’ouvre pas de session", FORGED_RETURN)
def made_up_state(context: Check) -> None:
    regulator = known_regulator(context)
    for state in ("", "un-state-que-personne-n-a-donne"):
        arrival = arrive(context)
        if not arrival.asked.get("state"):
            raise CheckSkipped("Le logiciel ne demande pas de state : voir SSO-13.")
        callback = _changed(arrival.callback(regulator), state=state)
        page = arrival.come_back(callback, label="State inconnu" if state else "Sans state")
        stays_out(context, arrival, page)
        says_why(context, page)


@SIGN_IN.check("SSO-54", "Un code inconnu du fournisseur n’ouvre pas de session", CODE)
def made_up_code(context: Check) -> None:
    regulator, arrival = known_regulator(context), arrive(context)
    page = arrival.come_back(_changed(arrival.callback(regulator), code="un-code-que-personne-n-a-donne"))
    stays_out(context, arrival, page)
    says_why(context, page)


@SIGN_IN.check("SSO-55", "Une connexion abandonnée (error=access_denied) mène à une page claire, sans session", SSO)
def given_up(context: Check) -> None:
    known_regulator(context)
    arrival = arrive(context)
    page = arrival.come_back(arrival.asked.lenient().answer(error="access_denied"), label="Connexion abandonnée")
    stays_out(context, arrival, page)
    says_why(context, page)


def _enters(arrival: Visit, callback: str) -> None:
    page = arrival.come_back(callback, label="Premier retour, le bon")
    if not arrival.is_agenda(page) and arrival.shown(arrival.asks_again()) is not Shown.AGENDA:
        raise CheckFailed("Le premier retour, pourtant bon, n’a pas ouvert de session.")


def _changed(callback: str, **values: str) -> str:
    """The return's address with these parameters replaced, or left out when they are empty."""
    parts = urlsplit(callback)
    kept = [(name, values.get(name, value)) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    return urlunsplit(parts._replace(query=urlencode([(name, value) for name, value in kept if value])))
