"""What the checks of group 5 share, and the group itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.recette.accounts import Accounts, Person
from conformance.recette.book import Group
from conformance.recette.context import Context, Recorded
from conformance.recette.judging.accounts import Refusal, refusal_problems
from conformance.recette.sources import cadrage, fhir, guide, kit
from conformance.recette.verdicts import CheckFailed
from sandbox.sas.exchange import Exchange

# Seconds for a check that makes twenty requests, each of which may take one.
LONG = 90.0
TABLE = "INT_R02, tableau des éléments"
RULES = cadrage("INT_R02, gestion des comptes régulateurs")
API = guide("Gestion des comptes régulateurs, caractéristiques de l’API")
EXAMPLES = guide("FAQ, gestion des comptes régulateurs")
KIT = kit("Flux V1, comptes régulateurs")
CREATE = fhir("RESTful API, create")
UPDATE = fhir("RESTful API, conditional update")
OUTCOME = fhir("OperationOutcome")


@dataclass(slots=True)
class State:
    """accounts: made at the first check, as the editor's data are needed; created, updated: answers that accepted;
    refusals: what had to be refused and was, to look at what accompanies it."""

    made: Accounts | None = None
    national: Person | None = None
    technical: Person | None = None
    created: list[Exchange] = field(default_factory=list)
    updated: list[Exchange] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


Check = Context[State]


def accounts(context: Check) -> Accounts:
    """The accounts of this run."""
    if context.state.made is None:
        context.state.made = Accounts(context.environment.regulators)
    return context.state.made


def judge_refusal(
    context: Check, exchange: Exchange, what: str, *, wanted: tuple[int, ...], tolerated: tuple[int, ...] = (),
    elements: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """Note whether a request was refused, and keep the refusal for the checks of OperationOutcome."""
    context.judge(refusal_problems(exchange.status, exchange.failure, wanted, tolerated, what))
    if exchange.status is not None and exchange.status >= 400:
        context.state.refusals.append(Refusal(what, exchange, elements))


def show_again(context: Check, exchanges: list[Exchange]) -> None:
    """Put exchanges of earlier checks in this one's report."""
    context.exchanges.extend(Recorded(exchange, "Échange d’un contrôle précédent") for exchange in exchanges)


def known(person: Person | None) -> Person:
    """A person whom an earlier check created."""
    if person is None:
        raise CheckFailed("Le compte qu’il fallait n’a pas été créé.")
    return person


def _tidy(context: Check) -> None:
    if context.state.made is not None:
        context.state.made.withdraw_all(context)


ACCOUNTS: Group[State] = Group(5, "comptes", "Comptes des régulateurs (INT_R02)", State)
ACCOUNTS.cleanup = _tidy
