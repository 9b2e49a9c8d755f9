"""Whom an update means, and on what a write hangs: done only if all of its conditions were understood."""

from __future__ import annotations

import json
from dataclasses import replace

from conformance.recette.groups.accounts.state import (
    ACCOUNTS,
    CREATE,
    KIT,
    RULES,
    UPDATE,
    Check,
    accounts,
    judge_refusal,
)
from conformance.recette.sources import fhir
from sandbox.sas.exchange import Exchange
from sandbox.sas.vocabulary import NATIONAL_PERSON, SAS_TECHNICAL, Identifier

MODIFIERS = fhir("Extensibility, modifier extensions")
JSON = fhir("JSON representation")
HTTP = fhir("RESTful API, managing resource contention")
CONTACT = fhir("Datatypes, ContactPoint.use")
IDENTIFIER = fhir("Datatypes, Identifier.value")
UNKNOWN_EXTENSION = [{"url": "https://recette.invalid/negation", "valueBoolean": True}]


@ACCOUNTS.check(
    "R02-75", "La conversion du kit, qui cherche dans un système l’identifiant que le compte a dans l’autre, passe (200)",
    KIT, RULES, requires=("R02-02",),
)  # fmt: skip
def crossed_conversion(context: Check) -> None:
    made = accounts(context)
    before = made.created(context, made.person(made.technical()))
    searched = Identifier(NATIONAL_PERSON, before.identifier.value)
    after = replace(before, identifier=Identifier(SAS_TECHNICAL, made.national().value))
    exchange = made.put(context, searched, after, label="Conversion croisée")
    if exchange.status == 201:
        context.fault(
            "La conversion a créé un second compte (201) au lieu de changer celui qui a cet e-mail.", "identifier"
        )
    else:
        context.expect(
            exchange.ok, f"La conversion croisée est refusée : réponse {exchange.status or 'absente'}.", "identifier"
        )


@ACCOUNTS.check(
    "R02-76", "Un identifiant technique (un UUID) se retrouve en majuscules comme en minuscules", IDENTIFIER, RULES,
    requires=("R02-02",),
)  # fmt: skip
def any_capitals(context: Check) -> None:
    made = accounts(context)
    before = made.created(context, made.person(made.technical()))
    after = replace(before, identifier=Identifier(SAS_TECHNICAL, before.identifier.value.upper()), email=made.email())
    exchange = made.put(context, after.identifier, after, label="Le même UUID, en majuscules")
    if exchange.status != 200:
        context.warn(
            f"Réponse {exchange.status or 'absente'} : le compte n’est pas retrouvé, un retrait écrit ainsi serait perdu.",
            "identifier",
        )


@ACCOUNTS.check(
    "R02-77", "Un retrait qui ne trouve personne, alors qu’un compte habilité a cet e-mail, n’est pas dit fait", RULES, UPDATE,
    requires=("R02-04",),
)  # fmt: skip
def withdrawal_of_nobody(context: Check) -> None:
    made = accounts(context)
    held = made.created(context)
    unknown = made.technical()
    exchange = made.put(
        context, unknown, replace(held, identifier=unknown, active=False), label="Retrait par un identifiant inconnu"
    )
    if not exchange.ok:
        judge_refusal(
            context, exchange, "Retrait par un identifiant inconnu",
            wanted=(409,), tolerated=(400, 404, 412, 422), elements=("identifier", "telecom"),
        )  # fmt: skip
        return
    # Whoever recognised the account by its e-mail has freed it.
    other = made.post(context, replace(made.person(), email=held.email), label="Son e-mail, pour un autre")
    context.expect(
        other.ok, f"Le retrait est accepté ({exchange.status}), et le compte qui a cet e-mail reste habilité.", "active"
    )


@ACCOUNTS.check(
    "R02-78", "Un critère ou un modificateur de recherche inconnus font refuser la mise à jour (400)", UPDATE, RULES,
    requires=("R02-02",),
)  # fmt: skip
def unknown_criteria(context: Check) -> None:
    for more, what in (("&_id=recette", "critère _id"), ("&identifier:not=recette", "modificateur identifier:not")):
        exchange = _update(context, what, more=more)
        if exchange.ok:
            context.warn(
                f"PUT, {what} : accepté ({exchange.status}), la condition est passée sous silence.", "identifier"
            )
        else:
            judge_refusal(context, exchange, f"PUT, {what}", wanted=(400,), tolerated=(412, 422))


@ACCOUNTS.check(
    "R02-79", "Une précondition (If-Match, If-None-Match, If-Unmodified-Since) qui n’est pas remplie : refus (412)", HTTP, RULES,
    requires=("R02-02",),
)  # fmt: skip
def failed_preconditions(context: Check) -> None:
    for name, value in (
        ("If-Match", 'W/"recette-0"'),
        ("If-None-Match", "*"),
        ("If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT"),
    ):
        exchange = _update(context, f"{name}: {value}", headers={name: value})
        judge_refusal(context, exchange, f"PUT, {name}", wanted=(412,), tolerated=(400, 409, 422))


@ACCOUNTS.check(
    "R02-51", "Un élément qui modifie le sens de la ressource (modifierExtension, implicitRules) est refusé (422)",
    MODIFIERS, RULES, requires=("R02-02",),
)  # fmt: skip
def unknown_modifiers(context: Check) -> None:
    made = accounts(context)
    for name, value in (("modifierExtension", UNKNOWN_EXTENSION), ("implicitRules", "https://recette.invalid/regles")):
        person = made.person()
        exchange = made.post(context, person, body=person.as_practitioner() | {name: value}, label=name)
        judge_refusal(context, exchange, f"POST, {name}", wanted=(422,), tolerated=(400,), elements=(name,))


@ACCOUNTS.check("R02-52", "Un nom JSON écrit deux fois (active) est refusé (400)", JSON, CREATE, requires=("R02-02",))
def repeated_name(context: Check) -> None:
    made = accounts(context)
    person = made.person()
    whole = json.dumps(person.as_practitioner(), ensure_ascii=False)
    twice = whole.replace('"active": true', '"active": false, "active": true').encode()
    exchange = made.post(context, person, body=twice, label="« active » faux, puis vrai")
    judge_refusal(context, exchange, "POST, active deux fois", wanted=(400,), tolerated=(422,), elements=("active",))


@ACCOUNTS.check(
    "R02-53", "Une adresse e-mail qui n’est plus en vigueur (use = old) n’est pas celle du compte", CONTACT, RULES,
    requires=("R02-04",),
)  # fmt: skip
def former_address(context: Check) -> None:
    made = accounts(context)
    person, former = made.person(), made.email()
    body = person.as_practitioner()
    body["telecom"] = [{"system": "email", "value": former, "use": "old"}, *body["telecom"]]
    exchange = made.post(context, person, body=body, label="Une ancienne adresse, puis l’actuelle")
    if not exchange.ok:
        context.warn(
            f"POST, deux adresses dont une ancienne : refusé ({exchange.status or exchange.failure}).", "telecom"
        )
        return
    taken = made.post(context, replace(made.person(), email=person.email), label="L’adresse actuelle, pour un autre")
    if taken.ok:
        context.fault("L’adresse actuelle n’a pas été enregistrée : un autre compte a pu la prendre.", "telecom")
    freed = made.post(context, replace(made.person(), email=former), label="L’ancienne adresse, pour un autre")
    if not freed.ok:
        context.fault(f"L’ancienne adresse est prise : réponse {freed.status} à un autre compte.", "telecom")


def _update(context: Check, label: str, *, more: str = "", headers: dict[str, str] | None = None) -> Exchange:
    """An update that would change nothing, were it done."""
    made = accounts(context)
    held = made.created(context)
    return made.put(context, held.identifier, held, more=more, headers=headers, label=label)
