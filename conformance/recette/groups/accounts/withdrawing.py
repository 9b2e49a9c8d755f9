"""Withdrawals and restorations, and what a withdrawn account leaves to others."""

from __future__ import annotations

from dataclasses import replace

from conformance.recette.groups.accounts.state import ACCOUNTS, EXAMPLES, KIT, RULES, Check, accounts
from conformance.recette.judging.accounts import same_account
from sandbox.sas.exchange import Exchange


@ACCOUNTS.check(
    "R02-70", "Une habilitation se retire par active=false (200), deux fois sans erreur", RULES, EXAMPLES, KIT
)
def withdraws(context: Check) -> None:
    made = accounts(context)
    for identifier in (made.national(), made.technical()):
        person = made.created(context, made.person(identifier))
        gone = made.withdrawn(context, person)
        context.state.updated.append(made.changed(context, gone, gone, label="Le même retrait, une seconde fois"))


@ACCOUNTS.check(
    "R02-71",
    "Une habilitation retirée se rétablit par active=true, sur le même compte",
    RULES,
    KIT,
    requires=("R02-04",),
)
def restores(context: Check) -> None:
    made = accounts(context)
    person = made.created(context)
    withdrawal = made.changed(context, person, replace(person, active=False), label="Retrait")
    restoration = made.changed(context, person, person, label="Rétablissement")
    if not same_account(withdrawal, restoration):
        context.fault("Le rétablissement a créé un autre compte.", "Location")
    # Restored, the e-mail is again somebody's.
    other = made.post(context, replace(made.person(), email=person.email), label="Son e-mail, pour un autre")
    if other.ok:
        context.fault("Après le rétablissement, l’e-mail du compte a pu être donné à un autre.", "telecom")


@ACCOUNTS.check("R02-72", "Un compte créé sans habilitation (active=false) s’active ensuite", KIT)
def created_withdrawn(context: Check) -> None:
    made = accounts(context)
    person = made.person()
    context.answered(made.post(context, replace(person, active=False), label="Création avec active=false"), 201)
    context.state.updated.append(made.changed(context, person, person, label="Activation"))


@ACCOUNTS.check(
    "R02-73", "L’identifiant national d’un compte retiré se réattribue à un autre par une mise à jour", KIT, RULES
)
def reattributes_identifier(context: Check) -> None:
    made = accounts(context)
    gone = made.withdrawn(context, made.created(context, made.person(made.national())))
    heir = made.created(context, made.person(made.national()))
    after = replace(heir, identifier=gone.identifier)
    given = made.put(context, heir.identifier, after, label="L’identifiant du compte retiré, pour un autre")
    _is_given(context, given, "identifiant national")
    moved = replace(after, email=made.email())
    found = made.put(context, after.identifier, moved, label="PUT par l’identifiant réattribué")
    if found.status != 200 or not same_account(given, found):
        context.fault(
            f"L’identifiant réattribué ne retrouve pas son nouveau titulaire : réponse {found.status}.", "identifier"
        )


@ACCOUNTS.check("R02-74", "L’e-mail d’un compte retiré se donne à un autre, par une mise à jour", RULES)
def reattributes_email(context: Check) -> None:
    made = accounts(context)
    gone = made.withdrawn(context, made.created(context))
    heir = made.created(context)
    given = made.put(context, heir.identifier, replace(heir, email=gone.email), label="Son e-mail, pour un autre")
    _is_given(context, given, "e-mail")


def _is_given(context: Check, exchange: Exchange, what: str) -> None:
    context.expect(
        exchange.status == 200,
        f"L’{what} d’un compte retiré n’est pas libre : réponse {exchange.status or 'absente'} au lieu de 200.",
    )
