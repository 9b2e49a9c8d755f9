"""The platform's own accounts of regulators, and what it tells the editor about them."""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.sas.clock import Clock, from_text, to_text, utc_now
from sandbox.sas.exchange import Exchange
from sandbox.sas.passwords import hash_password, matches
from sandbox.sas.provisioning import ProvisioningClient, build_practitioner, spoiled
from sandbox.sas.store import Store
from sandbox.sas.vocabulary import NATIONAL_PERSON, SAS_TECHNICAL, Identifier

# What became of the last sending of an account to the editor.
PENDING, SENT, REFUSED, UNREACHABLE, HELD = "pending", "sent", "refused", "unreachable", "held"


class AccountConflictError(Exception):
    """Another active account of the platform has that e-mail or that identifier; `field` names the form's field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Regulator:
    """A user of the platform. `id` is its technical UUID (the token's `sub`); `held` is what the editor knows it by."""

    id: str
    family: str
    given: str
    email: str
    service: str
    active: bool
    identifier: Identifier
    held: Identifier | None
    delivery: str
    delivered_at: datetime | None

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def is_technical(self) -> bool:
        return self.identifier.system == SAS_TECHNICAL

    def as_practitioner(self) -> dict[str, Any]:
        return build_practitioner(
            identifier=self.identifier, family=self.family, given=self.given, email=self.email, active=self.active
        )


@dataclass(frozen=True, slots=True)
class Account:
    """What a form or a file says of a regulator. `national` None means: known by the technical UUID."""

    family: str
    given: str
    email: str
    service: str = ""
    national: str | None = None

    def identifier(self, technical: str) -> Identifier:
        return Identifier(NATIONAL_PERSON, self.national) if self.national else Identifier(SAS_TECHNICAL, technical)


@dataclass(frozen=True, slots=True)
class KeptExchange:
    """An exchange of the ledger, with when and why it was made."""

    id: int
    at: datetime
    regulator_id: str | None
    label: str
    exchange: Exchange


class Regulators:
    """Accounts and their sending: what writes commits first, then calls the editor, then records the answer."""

    def __init__(self, store: Store, client: ProvisioningClient, clock: Clock = utc_now) -> None:
        self._store = store
        self._client = client
        self._clock = clock

    # Reading

    def all(self) -> list[Regulator]:
        """The active ones first, then by name."""
        return [
            _regulator(row) for row in self._store.rows("SELECT * FROM regulator ORDER BY active DESC, family, given")
        ]

    def get(self, regulator_id: str) -> Regulator | None:
        row = self._store.row("SELECT * FROM regulator WHERE id = ?", regulator_id)
        return _regulator(row) if row else None

    def authenticate(self, email: str, password: str) -> Regulator | None:
        """The account with that e-mail and password; withdrawn ones too, since only the editor's right is withdrawn."""
        rows = self._store.rows("SELECT * FROM regulator WHERE email = ? ORDER BY active DESC", email.strip())
        return next((_regulator(row) for row in rows if matches(password, row["password"])), None)

    def find_by_identifier(self, identifier: Identifier) -> Regulator | None:
        """Who has, or once had, that identifier; the present holder wins."""
        row = self._store.row(
            "SELECT r.* FROM regulator r LEFT JOIN regulator_identifier_history h ON h.regulator_id = r.id "
            "WHERE (r.system = ?1 AND r.value = ?2) OR (h.system = ?1 AND h.value = ?2) OR (r.id = ?2 AND ?1 = ?3) "
            "ORDER BY (r.system = ?1 AND r.value = ?2) DESC, r.active DESC LIMIT 1",
            identifier.system, identifier.value, SAS_TECHNICAL,
        )  # fmt: skip
        return _regulator(row) if row else None

    def exchanges(self, limit: int = 12) -> list[KeptExchange]:
        """The latest exchanges, newest first."""
        rows = self._store.rows("SELECT * FROM exchange ORDER BY id DESC LIMIT ?", limit)
        return [
            KeptExchange(
                row["id"], from_text(row["at"]), row["regulator_id"], row["label"], Exchange.load(row["content"])
            )
            for row in rows
        ]

    # Writing

    def add(self, account: Account, *, password: str, technical: str | None = None) -> Regulator:
        """Record an account without sending it. Raises AccountConflictError."""
        technical = technical or str(uuid.uuid4())
        identifier = account.identifier(technical)
        with self._store.transaction() as connection:
            self._refuse_conflict(account.email, identifier, exclude=technical)
            connection.execute(
                "INSERT INTO regulator (id, family, given, email, service, password, active, system, value, delivery,"
                " created_at) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)",
                (technical, account.family, account.given, account.email, account.service, hash_password(password),
                 identifier.system, identifier.value, PENDING, to_text(self._clock())),
            )  # fmt: skip
            self._remember(connection, technical, identifier)
        return self._require(technical)

    def create(
        self, account: Account, *, password: str, spoilings: list[str], send: bool = True, twice: bool = False
    ) -> Regulator:
        """Record an account and POST it (again when `twice`). Raises AccountConflictError, nothing being written."""
        regulator = self.add(account, password=password)
        if not send:
            self._store.run("UPDATE regulator SET delivery = ? WHERE id = ?", HELD, regulator.id)
            return self._require(regulator.id)
        regulator = self.deliver(regulator.id, label=f"Création de {regulator.name}", spoilings=spoilings)
        if twice:
            again = self._client.create(spoiled(regulator.as_practitioner(), spoilings))
            self._keep(again, regulator.id, f"Seconde création de {regulator.name}")
        return regulator

    def change(self, regulator_id: str, account: Account, *, spoilings: list[str]) -> Regulator:
        """Change names, e-mail or identifier, and PUT under the identifier that the editor holds."""
        before = self._require(regulator_id)
        identifier = account.identifier(regulator_id)
        with self._store.transaction() as connection:
            if before.active:
                self._refuse_conflict(account.email, identifier, exclude=regulator_id)
            connection.execute(
                "UPDATE regulator SET family = ?, given = ?, email = ?, service = ?, system = ?, value = ?"
                " WHERE id = ?",
                (account.family, account.given, account.email, account.service, identifier.system, identifier.value,
                 regulator_id),
            )  # fmt: skip
            self._remember(connection, regulator_id, identifier)
        what = "Changement d’identifiant" if identifier != before.identifier else "Changement"
        return self.deliver(regulator_id, label=f"{what} de {self._require(regulator_id).name}", spoilings=spoilings)

    def set_entitlement(self, regulator_id: str, *, active: bool) -> Regulator:
        """Withdraw (active=false) or restore. Raises AccountConflictError when another took e-mail or identifier."""
        regulator = self._require(regulator_id)
        with self._store.transaction() as connection:
            if active:
                self._refuse_conflict(regulator.email, regulator.identifier, exclude=regulator_id)
            connection.execute("UPDATE regulator SET active = ? WHERE id = ?", (int(active), regulator_id))
        verb = "Rétablissement" if active else "Retrait"
        return self.deliver(regulator_id, label=f"{verb} de {regulator.name}", spoilings=[])

    def deliver(self, regulator_id: str, *, label: str | None = None, spoilings: list[str] | None = None) -> Regulator:
        """Send the account as it is now: POST when the editor has never accepted it, PUT after."""
        regulator = self._require(regulator_id)
        practitioner = spoiled(regulator.as_practitioner(), spoilings or [])
        if regulator.held is None:
            exchange = self._client.create(practitioner)
        else:
            exchange = self._client.update(regulator.held, practitioner)
        return self._record(regulator, exchange, label or f"Nouvel envoi de {regulator.name}")

    def deliver_first(self, regulator_id: str) -> bool:
        """POST a new account, or PUT it when the editor already has it (409).

        False, and nothing recorded, while the editor is silent or answers 5xx: it may be starting.
        """
        regulator = self._require(regulator_id)
        exchange = self._client.create(regulator.as_practitioner())
        if exchange.status is None or exchange.status >= 500:
            return False
        self._record(regulator, exchange, f"Création de {regulator.name}")
        if exchange.status == 409:
            exchange = self._client.update(regulator.identifier, regulator.as_practitioner())
            self._record(regulator, exchange, f"Mise à jour de {regulator.name}, déjà connu")
        return True

    def deliver_all(self) -> list[Regulator]:
        return [self.deliver(regulator.id) for regulator in self.all()]

    # Inside

    def _require(self, regulator_id: str) -> Regulator:
        regulator = self.get(regulator_id)
        if regulator is None:
            raise LookupError(regulator_id)
        return regulator

    def _record(self, regulator: Regulator, exchange: Exchange, label: str) -> Regulator:
        now = to_text(self._clock())
        delivery = SENT if exchange.ok else UNREACHABLE if exchange.status is None else REFUSED
        with self._store.transaction() as connection:
            self._keep(exchange, regulator.id, label)
            connection.execute(
                "UPDATE regulator SET delivery = ?, delivered_at = ? WHERE id = ?", (delivery, now, regulator.id)
            )
            if exchange.ok:
                connection.execute(
                    "UPDATE regulator SET held_system = ?, held_value = ? WHERE id = ?",
                    (regulator.identifier.system, regulator.identifier.value, regulator.id),
                )
        return self._require(regulator.id)

    def _keep(self, exchange: Exchange, regulator_id: str, label: str) -> None:
        self._store.run(
            "INSERT INTO exchange (at, regulator_id, label, content) VALUES (?, ?, ?, ?)",
            to_text(self._clock()), regulator_id, label, exchange.dump(),
        )  # fmt: skip

    def _refuse_conflict(self, email: str, identifier: Identifier, *, exclude: str) -> None:
        if self._store.row("SELECT 1 FROM regulator WHERE active AND email = ? AND id <> ?", email, exclude):
            raise AccountConflictError("email", "Un autre régulateur a cet e-mail : choisissez-en un autre.")
        if self._store.row(
            "SELECT 1 FROM regulator WHERE active AND system = ? AND value = ? AND id <> ?",
            identifier.system, identifier.value, exclude,
        ):  # fmt: skip
            raise AccountConflictError("national", "Un autre régulateur a cet identifiant : choisissez-en un autre.")

    @staticmethod
    def _remember(connection: sqlite3.Connection, regulator_id: str, identifier: Identifier) -> None:
        connection.execute(
            "INSERT OR IGNORE INTO regulator_identifier_history VALUES (?, ?, ?)",
            (regulator_id, identifier.system, identifier.value),
        )


def _regulator(row: sqlite3.Row) -> Regulator:
    held = Identifier(row["held_system"], row["held_value"]) if row["held_value"] else None
    delivered_at = from_text(row["delivered_at"]) if row["delivered_at"] else None
    return Regulator(
        row["id"], row["family"], row["given"], row["email"], row["service"], bool(row["active"]),
        Identifier(row["system"], row["value"]), held, row["delivery"], delivered_at,
    )  # fmt: skip
