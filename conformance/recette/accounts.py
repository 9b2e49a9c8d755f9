"""The regulator accounts that the book makes at an editor's (INT_R02): new people at each run, withdrawn at its end."""

from __future__ import annotations

import contextlib
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from conformance.recette.context import Context
from conformance.recette.environment import RegulatorData
from sandbox.sas.exchange import Exchange
from sandbox.sas.provisioning import build_practitioner
from sandbox.sas.vocabulary import NATIONAL_PERSON, SAS_TECHNICAL, Identifier

SomeContext = Context[Any]
# A slow editor takes a second for each of some fifty accounts.
TIDYING_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Person:
    """A regulator as the platform describes them in one request."""

    identifier: Identifier
    family: str
    given: str
    email: str
    active: bool = True

    def as_practitioner(self) -> dict[str, Any]:
        return build_practitioner(
            identifier=self.identifier, family=self.family, given=self.given, email=self.email, active=self.active
        )


@dataclass(slots=True)
class Accounts:
    """Makes people up, sends them, and remembers what the editor accepted so that it can all be withdrawn.

    Identifiers and e-mails are drawn at random: a run never meets what another one left.
    """

    data: RegulatorData
    _kept: dict[str, Person] = field(default_factory=dict)

    # Making people up

    def national(self) -> Identifier:
        return Identifier(NATIONAL_PERSON, f"{self.data.national_prefix}{secrets.randbelow(90_000_000) + 10_000_000}")

    def technical(self) -> Identifier:
        return Identifier(SAS_TECHNICAL, str(uuid.uuid4()))

    def email(self) -> str:
        return f"recette-{secrets.token_hex(8)}@{self.data.email_domain}"

    def person(self, identifier: Identifier | None = None) -> Person:
        """Somebody new; known by the technical identifier unless another is given."""
        return Person(identifier or self.technical(), self.data.family, self.data.given, self.email())

    # Sending them

    def post(self, context: SomeContext, person: Person, *, body: object = None, label: str = "") -> Exchange:
        """POST a person, or `body` in their stead (bytes as they are); what the editor accepts will be withdrawn."""
        exchange = context.call("POST", "Practitioner", **_sent(person, body), label=label)
        if exchange.ok:
            self._keep(person)
        return exchange

    def put(
        self, context: SomeContext, held: Identifier, person: Person, *, body: object = None, more: str = "",
        headers: Mapping[str, str] | None = None, label: str = "",
    ) -> Exchange:  # fmt: skip
        """PUT a person, or `body`, under the identifier that the editor is thought to hold; `more` ends the query."""
        path = f"Practitioner?identifier={quote(held.token, safe='')}{more}"
        exchange = context.call("PUT", path, **_sent(person, body), headers=headers, label=label)
        if exchange.ok:
            self._kept.pop(held.token, None)
            self._keep(person)
        return exchange

    def created(self, context: SomeContext, person: Person | None = None, *, label: str = "") -> Person:
        """Somebody whom the editor holds from now on. Ends the check as failed when it refuses them."""
        person = person or self.person()
        context.answered(self.post(context, person, label=label or "Préparation : création d’un compte"), 201)
        return person

    def changed(self, context: SomeContext, before: Person, after: Person, *, label: str = "") -> Exchange:
        """The answer to an update that must pass. Ends the check as failed otherwise."""
        return context.answered(self.put(context, before.identifier, after, label=label), 200)

    def withdrawn(self, context: SomeContext, person: Person) -> Person:
        """The same person without their right, the editor having been told."""
        gone = replace(person, active=False)
        self.changed(context, person, gone, label="Retrait de l’habilitation")
        return gone

    def withdraw_all(self, context: SomeContext) -> None:
        """Withdraw whoever is still entitled, as well as can be."""
        context.extend(TIDYING_SECONDS)
        for person in list(self._kept.values()):
            if person.active:
                # One that the editor does not want to withdraw must not keep the others.
                with contextlib.suppress(Exception):
                    self.put(context, person.identifier, replace(person, active=False), label="Rangement")

    def _keep(self, person: Person) -> None:
        self._kept[person.identifier.token] = person


def _sent(person: Person, body: object) -> dict[str, Any]:
    """The arguments of `call` for a person, or for the body in their stead."""
    if isinstance(body, bytes):
        return {"raw_body": body}
    return {"body": person.as_practitioner() if body is None else body}
