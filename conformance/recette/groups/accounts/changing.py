"""Updates: each element changed, and seen by what the editor then accepts or refuses, since it has no reading."""

from __future__ import annotations

from dataclasses import replace

from conformance.recette.accounts import Person
from conformance.recette.groups.accounts.state import (
    ACCOUNTS,
    EXAMPLES,
    KIT,
    LONG,
    RULES,
    UPDATE,
    Check,
    accounts,
    judge_refusal,
    show_again,
)
from conformance.recette.judging.accounts import account_id, location_problems, same_account
from sandbox.sas.exchange import Exchange

FREED = "Ce que le compte a quitté, pour un autre"
TAKEN = "Ce que le compte a pris, pour un autre"


@ACCOUNTS.check("R02-60", "Le même PUT deux fois répond deux fois 200, pour le même compte", RULES, UPDATE)
def same_put_twice(context: Check) -> None:
    made = accounts(context)
    person = made.created(context)
    first = made.changed(context, person, person)
    second = made.changed(context, person, person, label="Le même PUT")
    context.state.updated += [first, second]
    _is_one(context, first, second)


@ACCOUNTS.check(
    "R02-61",
    "L’e-mail d’un compte se change : l’ancien est libre, le nouveau est pris",
    RULES,
    KIT,
    requires=("R02-04",),
)
def changes_email(context: Check) -> None:
    made = accounts(context)
    before = made.created(context)
    after = replace(before, email=made.email())
    context.state.updated.append(made.changed(context, before, after, label="Changement d’e-mail"))
    taken = made.post(context, replace(made.person(), email=after.email), label=TAKEN)
    if taken.ok:
        context.fault("Le nouvel e-mail n’a pas été enregistré : un autre compte a pu être créé avec lui.", "telecom")
    freed = made.post(context, replace(made.person(), email=before.email), label=FREED)
    if freed.status != 201:
        context.fault(f"L’ancien e-mail n’est pas libéré : réponse {freed.status} à un autre compte.", "telecom")


@ACCOUNTS.check("R02-62", "Le nom et le prénom d’un compte se changent (200)", RULES, KIT)
def changes_names(context: Check) -> None:
    made = accounts(context)
    before = made.created(context)
    for after in (
        replace(before, family=f"{before.family}-Nouveau"),
        replace(before, given=f"{before.given}-Nouveau"),
        replace(before, family="D’Œuvre-Ångström", given="Anaïs Zoé"),
    ):
        for name in (after.family, after.given):
            context.run.masker.add(name)
        context.state.updated.append(made.changed(context, before, after, label="Changement de nom"))


@ACCOUNTS.check(
    "R02-63",
    "La valeur de l’identifiant d’un compte se change, national et technique",
    RULES,
    EXAMPLES,
    requires=("R02-03",),
    limit=LONG,
)
def changes_identifier(context: Check) -> None:
    made = accounts(context)
    for old, new in ((made.national(), made.national()), (made.technical(), made.technical())):
        before = made.created(context, made.person(old))
        _identifier_changes(context, before, replace(before, identifier=new))


@ACCOUNTS.check(
    "R02-64",
    "L’identifiant technique d’un compte se change en identifiant national",
    RULES,
    EXAMPLES,
    KIT,
    requires=("R02-03",),
)
def technical_to_national(context: Check) -> None:
    made = accounts(context)
    before = made.created(context, made.person(made.technical()))
    _identifier_changes(context, before, replace(before, identifier=made.national()))


@ACCOUNTS.check(
    "R02-65", "L’identifiant national d’un compte se change en identifiant technique", RULES, requires=("R02-03",)
)
def national_to_technical(context: Check) -> None:
    made = accounts(context)
    before = made.created(context, made.person(made.national()))
    _identifier_changes(context, before, replace(before, identifier=made.technical()))


@ACCOUNTS.check(
    "R02-66", "Un compte se retrouve aussi par l’identifiant qu’il avait avant", EXAMPLES, RULES, requires=("R02-64",)
)
def former_identifier_reaches(context: Check) -> None:
    made = accounts(context)
    before = made.created(context, made.person(made.technical()))
    after = replace(before, identifier=made.national())
    first = made.changed(context, before, after, label="Changement d’identifiant")
    moved = replace(after, email=made.email())
    again = made.put(context, before.identifier, moved, label="PUT par l’identifiant d’avant")
    if again.status != 200 or not same_account(first, again):
        context.warn(
            f"Réponse {again.status} à un PUT par l’identifiant d’avant : les exemples du guide cherchent un même "
            "compte tantôt par l’un, tantôt par l’autre.", "identifier",
        )  # fmt: skip


@ACCOUNTS.check("R02-67", "Prendre l’identifiant d’un autre compte habilité est refusé (409)", RULES, UPDATE)
def refuses_taken_identifier(context: Check) -> None:
    made = accounts(context)
    holder, other = (made.created(context, made.person(made.national())) for _ in range(2))
    exchange = made.put(context, other.identifier, replace(other, identifier=holder.identifier))
    judge_refusal(
        context, exchange, "PUT, identifiant d’un autre compte",
        wanted=(409,), tolerated=(400, 412, 422), elements=("identifier",),
    )  # fmt: skip


@ACCOUNTS.check("R02-68", "Prendre l’e-mail d’un autre compte habilité est refusé (409)", RULES, UPDATE)
def refuses_taken_email(context: Check) -> None:
    made = accounts(context)
    holder, other = made.created(context), made.created(context)
    exchange = made.put(context, other.identifier, replace(other, email=holder.email))
    judge_refusal(
        context, exchange, "PUT, e-mail d’un autre compte",
        wanted=(409,), tolerated=(400, 412, 422), elements=("telecom",),
    )  # fmt: skip


@ACCOUNTS.check("R02-69", "Une mise à jour répond par l’en-tête Location du compte, toujours le même", RULES, UPDATE)
def update_tells_where(context: Check) -> None:
    made = accounts(context)
    person = made.person()
    created = context.answered(made.post(context, person, label="Création"), 201)
    updated = made.changed(context, person, replace(person, email=made.email()), label="Mise à jour")
    for exchange in (*context.state.updated, updated):
        problems = location_problems(exchange, context.environment.base_url)
        if problems:
            context.judge(problems)
            show_again(context, [exchange])
            return
    if account_id(created) and not same_account(created, updated):
        context.fault("La mise à jour a un autre Location que la création.", "Location")


def _identifier_changes(context: Check, before: Person, after: Person) -> None:
    """The new identifier is written: it finds the account, and nobody else may be created with it."""
    made = accounts(context)
    changed = made.changed(context, before, after, label="Changement d’identifiant")
    context.state.updated.append(changed)
    moved = replace(after, email=made.email())
    again = context.answered(made.put(context, after.identifier, moved, label="PUT par le nouvel identifiant"))
    if again.status != 200:
        context.fault(
            f"Le nouvel identifiant ne retrouve pas le compte : réponse {again.status} au lieu de 200.", "identifier"
        )
        return
    _is_one(context, changed, again)
    taken = made.post(context, made.person(after.identifier), label=TAKEN)
    if taken.ok:
        context.fault("Un autre compte a pu être créé avec le nouvel identifiant.", "identifier")


def _is_one(context: Check, first: Exchange, second: Exchange) -> None:
    if not same_account(first, second):
        context.fault("Les deux réponses désignent deux comptes différents.", "Location")
