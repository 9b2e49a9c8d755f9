"""Creations: by POST, by PUT, what they answer, and what is already there."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from conformance.recette.groups.accounts.state import (
    ACCOUNTS,
    API,
    CREATE,
    KIT,
    RULES,
    UPDATE,
    Check,
    accounts,
    judge_refusal,
    known,
    show_again,
)
from conformance.recette.judging.accounts import location_problems, same_account
from conformance.recette.raw_http import raw_call
from sandbox.sas.exchange import PLATFORM_TIMEOUT
from sandbox.sas.vocabulary import NATIONAL_PERSON


@ACCOUNTS.check("R02-01", "Un compte à identifiant national est créé par POST (201)", API, RULES, KIT)
def creates_with_national(context: Check) -> None:
    made = accounts(context)
    person = made.person(made.national())
    exchange = context.answered(made.post(context, person), 201)
    context.state.national = person
    context.state.created.append(exchange)


@ACCOUNTS.check("R02-02", "Un compte à identifiant technique du SAS est créé par POST (201)", API, RULES, KIT)
def creates_with_technical(context: Check) -> None:
    made = accounts(context)
    person = made.person(made.technical())
    exchange = context.answered(made.post(context, person), 201)
    context.state.technical = person
    context.state.created.append(exchange)


@ACCOUNTS.check(
    "R02-03", "Un POST pour un identifiant déjà connu est refusé (409)", RULES, CREATE, requires=("R02-01", "R02-02")
)
def refuses_known_identifier(context: Check) -> None:
    made = accounts(context)
    for person, kind in ((context.state.national, "national"), (context.state.technical, "technique")):
        # Another e-mail: only the identifier is already there.
        again = replace(known(person), email=made.email())
        judge_refusal(
            context, made.post(context, again), f"Identifiant {kind} déjà connu",
            wanted=(409,), tolerated=(400, 412, 422), elements=("identifier",),
        )  # fmt: skip


@ACCOUNTS.check(
    "R02-04", "Un POST pour un e-mail qu’un compte a déjà est refusé (409)", RULES, CREATE, requires=("R02-02",)
)
def refuses_known_email(context: Check) -> None:
    made = accounts(context)
    other = replace(made.person(), email=known(context.state.technical).email)
    judge_refusal(
        context, made.post(context, other), "E-mail déjà connu",
        wanted=(409,), tolerated=(400, 412, 422), elements=("telecom",),
    )  # fmt: skip


@ACCOUNTS.check("R02-05", "Un PUT pour un identifiant que personne n’a crée le compte (201)", RULES, UPDATE, KIT)
def put_creates(context: Check) -> None:
    made = accounts(context)
    for identifier in (made.national(), made.technical()):
        person = made.person(identifier)
        context.state.created.append(context.answered(made.put(context, identifier, person), 201))
        # An editor that answers 201 and writes nothing would create again.
        changed = replace(person, email=made.email())
        again = context.answered(made.put(context, identifier, changed, label="Un autre PUT, pour voir s’il est là"))
        context.expect(again.status == 200, "Le compte créé par PUT n’est pas retrouvé par le PUT suivant.")


@ACCOUNTS.check(
    "R02-06", "Le « | » de la recherche se lit encodé ou non, et le paramètre _format est supporté", API, KIT,
    requires=("R02-01",),
)  # fmt: skip
def reads_raw_query(context: Check) -> None:
    made = accounts(context)
    person = made.created(context, made.person(made.national()))
    raw = f"Practitioner?identifier={person.identifier.token}"
    mixed = f"Practitioner?identifier={quote(NATIONAL_PERSON, safe='')}|{quote(person.identifier.value, safe='')}&_format=json"
    for query, what in ((raw, "« | » non encodé"), (mixed, "« | » non encodé et _format=json")):
        changed = replace(person, email=made.email())
        timeout = min(PLATFORM_TIMEOUT, context.remaining())
        exchange = raw_call(context.run.fhir, "PUT", query, body=changed.as_practitioner(), timeout=timeout)
        context.record(exchange, what)
        if exchange.status != 200:
            context.fault(f"{what} : réponse {exchange.status or 'absente'} au lieu de 200.", "identifier")


@ACCOUNTS.check(
    "R02-07", "Une création répond par l’en-tête Location: [base]/Practitioner/<id>, différent pour chaque compte",
    API, CREATE, RULES,
)  # fmt: skip
def tells_where(context: Check) -> None:
    created = context.state.created
    context.expect(created, "Aucune création n’a été acceptée.")
    for exchange in created:
        problems = location_problems(exchange, context.environment.base_url)
        context.judge(problems)
        if problems:
            show_again(context, [exchange])
    if len(created) > 1 and not context.problems and same_account(*created):
        show_again(context, created)
        context.fault("Deux comptes différents ont le même Location.", "Location")
