"""Refusals: each rule of the table broken on POST, on PUT and on a PUT that would create; malformed requests."""

from __future__ import annotations

from dataclasses import replace

from conformance.recette.accounts import Person
from conformance.recette.groups.accounts.state import (
    ACCOUNTS,
    API,
    CREATE,
    KIT,
    LONG,
    RULES,
    TABLE,
    UPDATE,
    Check,
    accounts,
    judge_refusal,
    known,
)
from conformance.recette.judging.breaches import BREACHES, Breach
from conformance.recette.sources import cadrage
from sandbox.sas.exchange import Exchange

PARAMETER = "identifier"


def _refuses(breach: Breach) -> None:
    """Declare the check of one broken rule."""

    def is_refused(context: Check) -> None:
        made = accounts(context)
        held = known(context.state.technical)
        for way in ("POST", "PUT", "PUT qui créerait"):
            person = made.person(held.identifier if way == "PUT" else made.national())
            # A PUT must be refused for the rule alone: the rest is what the account already holds.
            sent = held if way == "PUT" else person
            body = breach.applied(sent.as_practitioner())
            label = f"{way} : {breach.title}"
            if way == "POST":
                exchange = made.post(context, sent, body=body, label=label)
            else:
                exchange = made.put(context, sent.identifier, sent, body=body, label=label)
            judge_refusal(
                context, exchange, f"{way}, {breach.title}",
                wanted=breach.statuses, tolerated=breach.tolerated, elements=breach.elements,
            )  # fmt: skip
            if way == "PUT" and exchange.ok:
                # What was written is not known: the next checks get an account of their own.
                context.state.technical = made.created(context, label="Préparation : un autre compte")

    title = f"{breach.title[0].upper()}{breach.title[1:]} : refus (422) d’un POST, d’un PUT et d’un PUT qui créerait"
    sources = (cadrage(f"{TABLE}, {breach.row}"), KIT)
    ACCOUNTS.check(f"R02-{breach.number}", title, *sources, requires=("R02-02",))(is_refused)


for _breach in BREACHES:
    _refuses(_breach)


@ACCOUNTS.check("R02-46", "Un corps vide ou qui n’est pas du JSON est refusé (400)", CREATE, RULES)
def refuses_malformed(context: Check) -> None:
    cases = ((b'{"resourceType": "Practitioner",', "JSON tronqué"), (b"", "corps vide"), (b"bonjour", "texte"))
    for body, what in cases:
        exchange = context.call("POST", "Practitioner", raw_body=body, label=what)
        judge_refusal(context, exchange, f"POST, {what}", wanted=(400,), tolerated=(422,))


@ACCOUNTS.check("R02-47", "Une autre ressource, une liste ou un Bundle sont refusés (400 ou 422)", CREATE, RULES)
def refuses_other_resources(context: Check) -> None:
    practitioner = accounts(context).person().as_practitioner()
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": practitioner}]}
    cases = (({**practitioner, "resourceType": "Patient"}, "Patient"), ([practitioner], "liste"), (bundle, "Bundle"))
    for body, what in cases:
        exchange = context.call("POST", "Practitioner", body=body, label=what)
        judge_refusal(context, exchange, f"POST, {what}", wanted=(400, 422))


@ACCOUNTS.check(
    "R02-48", "Un PUT sans identifiant de recherche, ou à identifiant vide, est refusé (400)", UPDATE, RULES
)
def refuses_blind_updates(context: Check) -> None:
    body = accounts(context).person().as_practitioner()
    cases = (
        ("Practitioner", "sans paramètre"),
        ("Practitioner?identifier=", "identifiant vide"),
        ("Practitioner?identifier=urn:oid:1.2.250.1.213.3.6%7C", "valeur vide"),
    )
    for path, what in cases:
        exchange = context.call("PUT", path, body=body, label=what)
        judge_refusal(
            context, exchange, f"PUT, {what}", wanted=(400,), tolerated=(404, 405, 412, 422), elements=(PARAMETER,)
        )


@ACCOUNTS.check(
    "R02-49", "Une création refusée n’a rien écrit : l’identifiant et l’e-mail restent libres", RULES, CREATE,
    requires=("R02-01", "R02-02"), limit=LONG,
)  # fmt: skip
def refused_creation_writes_nothing(context: Check) -> None:
    made = accounts(context)
    for breach in BREACHES:
        if breach.number not in SPARING:
            continue
        person = made.person(made.national())
        exchange = made.post(context, person, body=breach.applied(person.as_practitioner()), label=breach.title)
        if exchange.ok:
            continue  # said by the check of that rule
        corrected = made.post(context, person, label="La même personne, corrigée")
        context.expect(
            corrected.status == 201,
            f"Après le refus ({breach.title}), la même personne corrigée n’est plus créée : {_told(corrected)}.",
        )


@ACCOUNTS.check(
    "R02-50", "Une mise à jour refusée n’a rien écrit : le nouvel e-mail et le nouvel identifiant restent libres",
    RULES, UPDATE, API, requires=("R02-01", "R02-02"), limit=LONG,
)  # fmt: skip
def refused_update_writes_nothing(context: Check) -> None:
    made = accounts(context)
    before = made.created(context)
    for breach in BREACHES:
        if breach.number not in SPARING:
            continue
        after = replace(before, identifier=made.national(), email=made.email())
        exchange = made.put(
            context, before.identifier, after, body=breach.applied(after.as_practitioner()), label=breach.title
        )
        if exchange.ok:
            before = made.created(context)
            continue
        _is_free(context, Person(after.identifier, after.family, after.given, made.email()), "identifiant", breach)
        _is_free(context, replace(made.person(), email=after.email), "e-mail", breach)


# Rules that a naive writer looks at after it has begun to write: what comes last in the resource.
SPARING = (34, 41, 43)


def _is_free(context: Check, person: Person, what: str, breach: Breach) -> None:
    exchange = accounts(context).post(context, person, label=f"L’{what} refusé, pour un autre compte")
    context.expect(
        exchange.status == 201,
        f"Après le refus ({breach.title}), l’{what} du PUT n’est plus libre : {_told(exchange)}.",
    )


def _told(exchange: Exchange) -> str:
    return f"réponse {exchange.status}" if exchange.status else "aucune réponse"
