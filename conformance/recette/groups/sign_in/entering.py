"""Who comes in with a good token, and who does not."""

from __future__ import annotations

from conformance.recette.groups.sign_in.state import (
    LONG,
    SIGN_IN,
    SSO,
    Check,
    accounts,
    agenda_page,
    arrive,
    comes_in,
    known_regulator,
    newcomer,
    says_why,
    stays_out,
    told,
)
from conformance.recette.judging.pages import Shown
from conformance.recette.signing_in import look_at, same_path
from conformance.recette.sources import cadrage
from conformance.recette.verdicts import CheckSkipped
from sandbox.sas.sessions import PRO_SANTE_CONNECT

WITHDRAWAL = cadrage("INT_R02, retrait d’une habilitation")


@SIGN_IN.check(
    "SSO-20",
    "Un régulateur habilité, muni d’un bon jeton, ouvre une session et voit l’agenda",
    SSO,
    requires=("SSO-02",),
)
def lets_in(context: Check) -> None:
    # First: with another provider than the one played this is all skipped, and nobody is made at the editor's.
    arrive(context)
    if context.state.ajar and not context.environment.landing.shows:
        raise CheckSkipped("Suppose SSO-06 : une page d’agenda ouverte à tous ne dit pas si une session l’est.")
    person, regulator = newcomer(context)
    accounts(context).created(context, person, label="Création du compte du régulateur")
    arrival, page, again = comes_in(context, regulator)
    context.state.regulator = regulator
    context.state.seen = look_at(again if arrival.shown(again) is Shown.AGENDA else page)


@SIGN_IN.check("SSO-21", "Il revient droit à la page d’agenda qu’il demandait, et elle reste ouverte", SSO)
def comes_back_where_asked(context: Check) -> None:
    arrival, page, again = comes_in(context, known_regulator(context))
    # An agenda may have another address than the one of the slot: then this one leads there again.
    right_page = same_path(page.url, agenda_page(context)) or same_path(page.url, again.url)
    if not right_page or arrival.shown(page) is not Shown.AGENDA:
        context.fault("Après la connexion, une autre page que celle d’abord demandée.", page.url)
    if arrival.shown(again) is not Shown.AGENDA:
        context.warn(
            "Redemandée sans origine, avec les cookies reçus, la page d’agenda ne s’affiche plus.", arrival.agenda
        )


@SIGN_IN.check("SSO-22", "Un régulateur à identifiant national est reconnu par son e-mail", SSO)
def lets_in_by_email(context: Check) -> None:
    known_regulator(context)
    person, regulator = newcomer(context, national=True)
    accounts(context).created(context, person, label="Création du compte du régulateur")
    comes_in(context, regulator)


@SIGN_IN.check("SSO-23", "L’arrivée par Pro Santé Connect (idp_connect) est acceptée comme celle par mot de passe", SSO)
def lets_in_by_psc(context: Check) -> None:
    comes_in(context, known_regulator(context), way=PRO_SANTE_CONNECT)


@SIGN_IN.check("SSO-30", "Un inconnu, muni d’un bon jeton, n’a pas de session : page claire (403)", SSO)
def keeps_out_unknown(context: Check) -> None:
    known_regulator(context)
    _, regulator = newcomer(context)
    arrival = arrive(context)
    page = arrival.come_back(arrival.callback(regulator))
    stays_out(context, arrival, page)
    says_why(context, page, wanted=403)


@SIGN_IN.check("SSO-31", "Sa venue n’a créé aucun compte ; son compte arrivé, il entre", SSO)
def makes_no_account(context: Check) -> None:
    known_regulator(context)
    person, regulator = newcomer(context)
    arrival = arrive(context)
    arrival.come_back(arrival.callback(regulator), label="Retour d’un inconnu")
    exchange = accounts(context).post(context, person, label="Son compte arrive ensuite")
    context.expect(
        exchange.status == 201,
        f"Réponse {exchange.status or 'absente'} à la création de son compte : la connexion en avait créé un.", "telecom",
    )  # fmt: skip
    comes_in(context, regulator)


@SIGN_IN.check("SSO-32", "Un régulateur dont l’habilitation est retirée n’a pas de session : page claire (403)", SSO,
               WITHDRAWAL, limit=LONG)  # fmt: skip
def keeps_out_withdrawn(context: Check) -> None:
    known_regulator(context)
    for national in (False, True):
        person, regulator = newcomer(context, national=national)
        accounts(context).created(context, person, label="Création du compte du régulateur")
        told(context, person, active=False)
        arrival = arrive(context)
        page = arrival.come_back(arrival.callback(regulator))
        stays_out(context, arrival, page)
        says_why(context, page, wanted=403)


@SIGN_IN.check("SSO-33", "Le retrait de l’habilitation ferme aussitôt la session ouverte", WITHDRAWAL)
def withdrawal_ends_the_session(context: Check) -> None:
    known_regulator(context)
    person, regulator = newcomer(context)
    accounts(context).created(context, person, label="Création du compte du régulateur")
    arrival, _, _ = comes_in(context, regulator)
    told(context, person, active=False)
    if arrival.shown(arrival.asks_again()) is Shown.AGENDA:
        context.fault("Après le retrait, la page d’agenda s’affiche encore dans la session ouverte.", arrival.agenda)


@SIGN_IN.check("SSO-34", "Une habilitation rétablie laisse entrer de nouveau", WITHDRAWAL)
def restoration_lets_in(context: Check) -> None:
    known_regulator(context)
    person, regulator = newcomer(context)
    accounts(context).created(context, person, label="Création du compte du régulateur")
    told(context, told(context, person, active=False), active=True)
    comes_in(context, regulator)
