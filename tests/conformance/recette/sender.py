"""The appointments of a small correct editor and their sending to the SAS, into which a test plants faults."""

from __future__ import annotations

import base64
import copy
import hashlib
import threading
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests

from conformance.recette.booking.patient import TypedPatient
from sandbox.sas.clock import PARIS
from sandbox.sas.vocabulary import FHIR_JSON, NATIONAL_PERSON, OPERATOR_EXTENSION, PROFILE_APPOINTMENT, Identifier

SYSTEM = "https://editeur.example/identifiants/rendez-vous"
# Seconds.
RETRY, GIVE_UP = 0.05, 0.25
Resource = dict[str, Any]
Spoil = Callable[[Resource, "Appointment"], object]


@dataclass
class Appointment:
    """One booking; `operator` is None when the practice made it."""

    practitioner: str
    start: datetime
    end: datetime
    patient: TypedPatient
    operator: Identifier | None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "booked"
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    announced: bool = False
    perhaps_known: bool = False
    stuck: bool = False

    def __post_init__(self) -> None:
        # Minutes are added to them: of a time of Paris that would be another instant where its clocks change.
        self.start, self.end = self.start.astimezone(UTC), self.end.astimezone(UTC)


@dataclass
class Message:
    appointment: Appointment
    resource: Resource
    is_first: bool
    attempts: int = 0
    last_status: int | None = None


class Sender:
    """`flaws` name ways of sending badly; `spoil` falsifies each request, `spoil_first` and `spoil_later` some of them."""

    def __init__(self, address: str, *flaws: str) -> None:
        self.address = address
        self.flaws = set(flaws)
        self.spoil: Spoil | None = None
        self.spoil_first: Spoil | None = None
        self.spoil_later: Spoil | None = None
        self.content_type = FHIR_JSON
        self.query = ""
        self.is_entitled: Callable[[Identifier], bool] = lambda operator: True
        self._doubled = False
        self._owed: deque[Message] = deque()
        self._lock = threading.Lock()
        self._ring = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._ring.set()
        self._thread.join()

    # What people do

    def tell(self, appointment: Appointment) -> None:
        """Owe the SAS the appointment as it is now."""
        if appointment.operator is None and "tells all" not in self.flaws:
            return
        if appointment.operator and "follows regulators" in self.flaws and not self.is_entitled(appointment.operator):
            return
        is_first, appointment.announced = not appointment.announced, True
        if not is_first and "only creations" in self.flaws:
            return
        resource = self._resource(appointment)
        for spoil in (self.spoil, self.spoil_first if is_first else self.spoil_later):
            if spoil:
                spoil(resource, appointment)
        with self._lock:
            waiting = [one for one in self._owed if one.appointment is appointment]
            if not waiting or "forgets the last" not in self.flaws:
                message = Message(appointment, resource, is_first)
                self._owed.appendleft(message) if "last first" in self.flaws else self._owed.append(message)
            if is_first and "twice" in self.flaws:
                self._owed.append(Message(appointment, resource, is_first))
            if is_first and "double" in self.flaws and not self._doubled:
                self._doubled = True
                twin = copy.deepcopy(resource)
                twin["identifier"][0]["value"] = str(uuid.uuid4())
                self._owed.append(Message(appointment, twin, is_first))
        self._ring.set()

    # Sending

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._ring.wait(0.5)
            self._ring.clear()
            while self._owed and not self._stopped.is_set():
                # Of each appointment the oldest: one that waits does not hold up the others.
                turns = {id(one.appointment): one for one in reversed(self._owed)}
                done = [self._send(one) for one in turns.values()]
                if not any(done):
                    self._stopped.wait(RETRY / 20 if "posts for ever" in self.flaws else RETRY)

    def _send(self, message: Message) -> bool:
        """Whether the message is done with."""
        message.attempts += 1
        if message.attempts > 1 and "other identifier" in self.flaws:
            message.resource["identifier"][0]["value"] = str(uuid.uuid4())
        # After a 500 only: an answer that is late on a busy machine is tried again too.
        if message.last_status == 500 and "forgets who" in self.flaws:
            message.resource["created"] = _instant(datetime.now(UTC) + timedelta(seconds=7))
        first = message.is_first and (not message.appointment.perhaps_known or "posts again" in self.flaws)
        status = message.last_status = self._call(message, first=first)
        if status in (200, 201):
            message.appointment.perhaps_known = True
            return self._done(message)
        if status == 409 and first and "posts for ever" not in self.flaws:
            message.appointment.perhaps_known = True
            return "posts again" in self.flaws and self._done(message)
        if status is not None and 400 <= status < 500 and (status != 409 or "posts updates" in self.flaws):
            return self._refused(message)
        message.appointment.perhaps_known = "posts for ever" not in self.flaws
        given_up = "no retry" in self.flaws or f"no retry after {status}" in self.flaws
        return given_up and self._done(message)

    def _call(self, message: Message, *, first: bool) -> int | None:
        """The status, None when no answer came."""
        identifier = message.resource.get("identifier", [{}])[0]
        token = quote(f"{identifier.get('system', '')}|{identifier.get('value', '')}", safe="")
        method, url = "PUT", f"{self.address}/Appointment?identifier={token}"
        if (first and "puts first" not in self.flaws) or ("posts updates" in self.flaws):
            method, url = "POST", f"{self.address}/Appointment{self.query}"
        elif not message.is_first and "no identifier" in self.flaws:
            url = f"{self.address}/Appointment"
        elif not message.is_first and "by id" in self.flaws:
            url = f"{self.address}/Appointment/{message.appointment.id}"
        if message.resource["status"] == "cancelled" and "deletes" in self.flaws:
            method = "DELETE"
        if "nothing" in self.flaws:
            return 201
        session = requests.Session()
        session.trust_env = False
        try:
            with session:
                answer = session.request(
                    method, url, json=message.resource, headers={"Content-Type": self.content_type}, timeout=GIVE_UP
                )
        except requests.Timeout:
            return -1 if "no retry after -1" in self.flaws else None
        except requests.RequestException:
            return None
        return answer.status_code

    def _refused(self, message: Message) -> bool:
        if "hammers" in self.flaws and message.attempts < 30:
            self._stopped.wait(0.002)
            return self._send(message)
        message.appointment.stuck = "stops when refused" in self.flaws
        return self._done(message)

    def _done(self, message: Message) -> bool:
        with self._lock:
            self._owed.remove(message)
            if message.appointment.stuck:
                for other in [one for one in self._owed if one.appointment is message.appointment]:
                    self._owed.remove(other)
        return True

    # The resource

    def _resource(self, appointment: Appointment) -> Resource:
        operator = appointment.operator or Identifier(NATIONAL_PERSON, "0991000017")
        return {
            "resourceType": "Appointment",
            "meta": {"profile": [PROFILE_APPOINTMENT]},
            "extension": [{"url": OPERATOR_EXTENSION, "valueReference": {"identifier": operator.as_fhir()}}],
            "identifier": [{"system": SYSTEM, "value": appointment.id}],
            "status": appointment.status,
            "start": _instant(appointment.start),
            "end": _instant(appointment.end),
            "created": _instant(appointment.created),
            "participant": [
                {
                    "actor": {"identifier": Identifier(NATIONAL_PERSON, appointment.practitioner).as_fhir()},
                    "status": "accepted",
                }
            ],
        }


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _instant(moment: datetime) -> str:
    return moment.astimezone(PARIS).isoformat(timespec="milliseconds")
