"""What accompanied the refusals of the whole group."""

from __future__ import annotations

from conformance.recette.groups.accounts.state import ACCOUNTS, API, OUTCOME, RULES, Check, show_again
from conformance.recette.judging.accounts import Refusal, names_element, outcome_problems
from conformance.recette.sources import fhir
from conformance.recette.verdicts import CheckSkipped

SHOWN = 6


@ACCOUNTS.check("R02-90", "Chaque refus porte un OperationOutcome (gravité, code, explication)", API, OUTCOME)
def refusals_explain(context: Check) -> str:
    faulty: list[Refusal] = []
    for refusal in _refusals(context):
        problems = outcome_problems(refusal)
        if problems:
            faulty.append(refusal)
            context.judge(problems)
    _show(context, faulty)
    return f"{len(context.state.refusals)} refus examinés."


@ACCOUNTS.check("R02-91", "Chaque refus nomme l’élément en cause dans issue.expression", RULES, OUTCOME)
def refusals_name_elements(context: Check) -> None:
    # Without an OperationOutcome there is nothing to read: that is the check above.
    silent = [refusal for refusal in _refusals(context) if refusal.exchange.issues() and not names_element(refusal)]
    for refusal in silent:
        element = " ou ".join(refusal.elements)
        context.fault(f"{refusal.label} : le refus ne nomme pas {element}.", "OperationOutcome.issue.expression")
    _show(context, silent)


@ACCOUNTS.check(
    "R02-92", "Les refus sont en application/fhir+json", fhir("RESTful API, content types and encodings"), API
)
def refusals_are_fhir(context: Check) -> None:
    other = [refusal for refusal in _refusals(context) if refusal.exchange.issues() and not _is_fhir_json(refusal)]
    if other:
        context.fault(f"{len(other)} refus ont un autre Content-Type que application/fhir+json.", "Content-Type")
    _show(context, other)


def _refusals(context: Check) -> list[Refusal]:
    if not context.state.refusals:
        raise CheckSkipped("Aucune demande n’a été refusée : il n’y a rien à examiner.")
    return context.state.refusals


def _show(context: Check, refusals: list[Refusal]) -> None:
    show_again(context, [refusal.exchange for refusal in refusals[:SHOWN]])


def _is_fhir_json(refusal: Refusal) -> bool:
    headers = {name.lower(): value for name, value in refusal.exchange.response_headers.items()}
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/fhir+json"
