"""The regulator accounts of a small correct editor, into which a test plants faults (INT_R02)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from sandbox.sas.vocabulary import IDENTIFIER_TYPES, SAS_TECHNICAL, TYPE_OF_SYSTEM

Key = tuple[str, str]
Resource = dict[str, Any]
RACE = 0.03
PRECONDITIONS = {"If-Match", "If-None-Match", "If-Unmodified-Since"}


class Refused(Exception):
    """status, issue code, element."""

    def __init__(self, status: int, code: str, element: str = "") -> None:
        super().__init__(element)
        self.status, self.code, self.element = status, code, element


@dataclass
class Account:
    id: str
    key: Key = ("", "")
    former: set[Key] = field(default_factory=set)
    email: str = ""
    name: str = ""
    active: bool = False
    epoch: int = 0


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    kind: str = "application/fhir+json"
    location: str = ""


@dataclass
class AccountBook:
    """`flaws` name what is wrong with this editor; a rule's name of `broken_rules` is the flaw of not looking at it."""

    base: str
    flaws: set[str] = field(default_factory=set)
    accounts: list[Account] = field(default_factory=list)
    half_written: set[str] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)
    count: int = 0

    def handle(self, method: str, query: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        try:
            return self._post(body) if method == "POST" else self._put(query, body, headers)
        except Refused as refusal:
            return self._refusal(refusal)

    def find(self, *, sub: str = "", email: str = "") -> Account | None:
        """The active account with this technical identifier, else with this e-mail."""
        by_sub = [one for one in self.accounts if one.active and sub and self._is(one, (SAS_TECHNICAL, sub))]
        by_email = [one for one in self.accounts if one.active and email and one.email == email]
        return next(iter(by_sub + by_email), None)

    # Requests

    def _post(self, body: bytes) -> Reply:
        resource = self._read(body, "POST")
        key, email, active = self._key(resource), self._email(resource), resource.get("active") is True
        if not active and "no inactive creation" in self.flaws:
            raise Refused(422, "value", "Practitioner.active")
        with self._maybe_locked("race by identifier", "race by e-mail"):
            if "duplicate identifier" not in self.flaws and self._holders(key):
                raise Refused(self._conflict, "duplicate", "Practitioner.identifier[0].value")
            if active and "duplicate e-mail" not in self.flaws and self._users(email):
                raise Refused(self._conflict, "duplicate", "Practitioner.telecom[0].value")
            if {"race by identifier", "race by e-mail"} & self.flaws:
                self._lose_the_race(key, email)
            account = self._new()
            account.name = _name(resource)
            self._write(account, key, email, active)
        return self._answer(201, account)

    def _put(self, query: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        if "raw bar" in self.flaws and "|" in query:
            raise Refused(400, "value", "identifier")
        pairs = parse_qsl(query, keep_blank_values=True)
        if "strict" in self.flaws and len(pairs) > 1:
            raise Refused(400, "not-supported", "_format")
        strange = [name for name, _ in pairs if name not in ("identifier", "_format")]
        if strange and "criteria ignored" not in self.flaws:
            raise Refused(400, "not-supported", strange[0])
        asked = next((value for name, value in pairs if name == "identifier"), "")
        system, _, value = unquote(asked).partition("|")
        if not value and "blind put" not in self.flaws:
            raise Refused(400, "required", "http.identifier")
        resource = self._read(body, "PUT")
        key, email, active = self._key(resource), self._email(resource), resource.get("active") is True
        with self._maybe_locked("race by put"):
            account = self._meant((system, self._spelled(value)), email)
            if account is None and not active and self._users(email) and "withdraws nobody" not in self.flaws:
                raise Refused(409, "conflict", "Practitioner.identifier[0].value")
            if account and PRECONDITIONS & set(headers) and "preconditions ignored" not in self.flaws:
                raise Refused(412, "conflict")
            if "race by put" in self.flaws and account is None:
                time.sleep(RACE)
            created = account is None
            if account is None:
                return self._put_creates(key, email, active)
            same = (account.key, account.email, account.name, account.active) == (key, email, _name(resource), active)
            if same and "refuses unchanged" in self.flaws:
                raise Refused(409, "conflict")
            account.name = _name(resource)
            self._change(account, key, email, active)
        return self._answer(201 if created else 200, account)

    def _put_creates(self, key: Key, email: str, active: bool) -> Reply:
        if "put never creates" in self.flaws:
            raise Refused(404, "not-found", "http.identifier")
        account = self._new(kept="put creates nothing" not in self.flaws)
        self._write(account, key, email, active)
        return self._answer(200 if "put creates with 200" in self.flaws else 201, account)

    def _change(self, account: Account, key: Key, email: str, active: bool) -> None:
        if key[0] != account.key[0] and "type is for life" in self.flaws:
            raise Refused(422, "business-rule", "Practitioner.identifier[0].type")
        holder = next((one for one in self._holders(key) if one is not account), None)
        frees = "keeps withdrawn identifiers" not in self.flaws
        if holder and (holder.active or not frees) and "takes identifiers" not in self.flaws:
            raise Refused(self._conflict, "duplicate", "Practitioner.identifier[0].value")
        if active and self._users(email, other_than=account) and "takes e-mails" not in self.flaws:
            raise Refused(self._conflict, "duplicate", "Practitioner.telecom[0].value")
        if holder:
            holder.key = ("", "")
        for other in self.accounts:
            other.former.discard(key)
        restored = active and not account.active
        if restored and "restores elsewhere" in self.flaws:
            self.accounts.remove(account)
            account.id = self._new(kept=False).id
            self.accounts.append(account)
        if restored and "restoration forgotten" in self.flaws:
            active = False
        if "old e-mail kept" in self.flaws and email != account.email:
            self.half_written.add(account.email)
        if "e-mail not written" in self.flaws:
            email = account.email
        if "identifier not written" in self.flaws:
            key = account.key
        self._write(account, key, email, active)
        if not active and "withdrawn are deleted" in self.flaws:
            self.accounts.remove(account)

    def _write(self, account: Account, key: Key, email: str, active: bool) -> None:
        if account.key != key and account.key[1]:
            account.former.add(account.key)
        if account.active and not active:
            account.epoch += 1
        account.key, account.email, account.active = key, email, active

    # Reading a body

    def _read(self, body: bytes, method: str) -> Resource:
        try:
            resource = json.loads(body, object_pairs_hook=dict if "last name wins" in self.flaws else _each_name_once)
        except ValueError as error:
            raise Refused(500 if "breaks on malformed" in self.flaws else 400, "structure") from error
        if not isinstance(resource, dict):
            raise Refused(400, "structure")
        if resource.get("resourceType") != "Practitioner" and "takes anything" not in self.flaws:
            raise Refused(400, "structure", "resourceType")
        modified = [name for name in ("modifierExtension", "implicitRules") if name in resource]
        if modified and "modifiers ignored" not in self.flaws:
            raise Refused(422, "extension", f"Practitioner.{modified[0]}")
        broken = [found for found in broken_rules(resource) if not {found[0], f"{found[0]} on {method}"} & self.flaws]
        if broken:
            self._write_half(resource, method)
            rule, element = broken[0]
            status = 500 if f"500 on {rule}" in self.flaws else 400 if "400 always" in self.flaws else 422
            raise Refused(status, "required", f"Practitioner.{element}" if element else "")
        if "latin only" in self.flaws and {"Œ", "’"} & set(_name(resource)):
            raise Refused(422, "value", "Practitioner.name")
        return resource

    def _write_half(self, resource: Resource, method: str) -> None:
        """What a careless editor has already written when it refuses."""
        if f"half {method.lower()} identifier" in self.flaws and self._key(resource)[1]:
            self._write(self._new(), self._key(resource), "", True)
        if f"half {method.lower()} e-mail" in self.flaws:
            self.half_written.add(self._email(resource))

    # Who has what

    def _key(self, resource: Resource) -> Key:
        given = (resource.get("identifier") or [{}])[0]
        return given.get("system", ""), self._spelled(given.get("value", "").strip())

    def _email(self, resource: Resource) -> str:
        told = resource.get("telecom") or [{}]
        present = [one for one in told if one.get("use") != "old" or "former address" in self.flaws]
        return str((present or told)[0].get("value", "")).strip()

    def _spelled(self, value: str) -> str:
        return value if "case matters" in self.flaws else value.lower()

    def _meant(self, key: Key, email: str) -> Account | None:
        """Who has the identifier, else who has the e-mail and the same value in the other system."""
        found = self._holders(key, former=True)
        if not found and "conversion not crossed" not in self.flaws:
            crossed = [one for one in self.accounts if one.active and one.email == email]
            found = [one for one in crossed if any(self._is(one, (system, key[1])) for system in TYPE_OF_SYSTEM)]
        return next(iter(found), None)

    def _is(self, account: Account, key: Key) -> bool:
        return key in ({account.key} if "forgets" in self.flaws else {account.key, *account.former})

    def _holders(self, key: Key, *, former: bool = False) -> list[Account]:
        present = [one for one in self.accounts if one.key == key]
        return present or [one for one in self.accounts if former and self._is(one, key)]

    def _users(self, email: str, *, other_than: Account | None = None) -> bool:
        kept = "keeps withdrawn e-mails" in self.flaws
        others = (one for one in self.accounts if one is not other_than)
        return email in self.half_written or any(one.email == email and (one.active or kept) for one in others)

    def _lose_the_race(self, key: Key, email: str) -> None:
        """Everyone has looked before anyone writes; only one of the two rules is forgotten."""
        time.sleep(RACE)
        if "race by e-mail" in self.flaws and self._holders(key):
            raise Refused(409, "duplicate", "Practitioner.identifier")
        if "race by identifier" in self.flaws and self._users(email):
            raise Refused(409, "duplicate", "Practitioner.telecom")

    def _maybe_locked(self, *races: str) -> Any:
        return threading.Lock() if set(races) & self.flaws else self.lock

    @property
    def _conflict(self) -> int:
        return 422 if "422 for conflicts" in self.flaws else 409

    def _new(self, *, kept: bool = True) -> Account:
        with self.lock:
            self.count += 1
            account = Account(f"r{self.count}")
            if kept:
                self.accounts.append(account)
            return account

    # Answers

    def _answer(self, status: int, account: Account) -> Reply:
        location = f"{self.base}/Practitioner/{account.id}"
        if "no location" in self.flaws and status == 201:
            location = ""
        elif "odd location" in self.flaws and status == 201:
            location = f"{self.base}/regulateurs/{account.id}"
        elif "same location" in self.flaws and status == 201:
            location = f"{self.base}/Practitioner/1"
        elif "no location on update" in self.flaws and status == 200:
            location = ""
        return Reply(status, b"", location=location)

    def _refusal(self, refusal: Refused) -> Reply:
        if "no outcome" in self.flaws:
            return Reply(refusal.status, b"Refus", "text/plain")
        issue: Resource = {"severity": "error", "code": refusal.code, "diagnostics": f"Refus : {refusal.element}"}
        if refusal.element and "no expression" not in self.flaws:
            element = "Practitioner.photo" if "wrong expression" in self.flaws else refusal.element
            issue["expression"] = [element]
        if "strange code" in self.flaws:
            issue["code"] = "bad"
        if "only warnings" in self.flaws:
            issue["severity"] = "warning"
        if "silent outcome" in self.flaws:
            del issue["diagnostics"]
        kind = "application/json" if "plain json" in self.flaws else "application/fhir+json"
        return Reply(refusal.status, json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}).encode(), kind)


def _each_name_once(pairs: list[tuple[str, Any]]) -> Resource:
    names = [name for name, _ in pairs]
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise Refused(400, "structure", f"Practitioner.{repeated[0]}")
    return dict(pairs)


def broken_rules(resource: Resource) -> Iterator[tuple[str, str]]:
    """(name of the rule, element) for each rule of the table that a Practitioner breaks."""
    yield from _broken_identifier(resource.get("identifier") or [])
    active = resource.get("active")
    if active is None:
        yield "no active", "active"
    elif not isinstance(active, bool):
        yield "active as text", "active"
    name = (resource.get("name") or [None])[0]
    if name is None:
        yield "no name", "name"
    else:
        for part in ("family", "given"):
            text = "".join(name.get(part, ""))
            if not text:
                yield f"no {part}", f"name[0].{part}"
            elif not text.strip():
                yield f"blank {part}", f"name[0].{part}"
    yield from _broken_telecom(resource.get("telecom") or [])
    source = (resource.get("meta") or {}).get("source")
    if not source:
        yield "no source", "meta.source"
    elif source != SAS_TECHNICAL:
        yield "other source", "meta.source"


def _broken_identifier(identifiers: list[Resource]) -> Iterator[tuple[str, str]]:
    if len(identifiers) != 1:
        yield ("two identifiers" if identifiers else "no identifier"), "identifier"
        return
    given = identifiers[0]
    value, system = given.get("value", ""), given.get("system", "")
    if not value.strip():
        yield ("blank value" if value else "no value"), "identifier[0].value"
    if not system:
        yield "no system", "identifier[0].system"
    elif system not in TYPE_OF_SYSTEM:
        yield "unknown system", "identifier[0].system"
    coding = (given.get("type") or {}).get("coding", [{}])[0]
    if not coding:
        yield "no type", "identifier[0].type"
    elif coding["system"] != IDENTIFIER_TYPES:
        yield "foreign type", "identifier[0].type"
    elif coding["code"] not in TYPE_OF_SYSTEM.values():
        yield "unknown type", "identifier[0].type"
    elif system in TYPE_OF_SYSTEM and TYPE_OF_SYSTEM[system] != coding["code"]:
        yield "incoherent", "identifier[0].type"


def _broken_telecom(telecoms: list[Resource]) -> Iterator[tuple[str, str]]:
    if not telecoms:
        yield "no telecom", "telecom"
        return
    value = telecoms[0].get("value", "")
    if telecoms[0].get("system") != "email":
        yield "no e-mail", "telecom[0].system"
    elif not value:
        yield "no e-mail value", "telecom[0].value"
    elif not value.strip():
        yield "blank e-mail", "telecom[0].value"
    elif "@" not in value:
        yield "bad e-mail", "telecom[0].value"


def _name(resource: Resource) -> str:
    return json.dumps(resource.get("name"), ensure_ascii=False)
