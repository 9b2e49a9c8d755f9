"""All of a small correct editor at one address: slots, accounts, agenda page and sign-in, appointments and their sending.

Its parts are those of the other tests, each with its own faults to plant. What a person does there in group 7 is done by
`Hands`, a driver of the book that needs no page.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from conformance.recette.booking.driver import DRIVERS, Booking, SomeContext
from conformance.recette.booking.patient import TypedPatient
from conformance.recette.context import Run
from conformance.recette.environment import Environment
from conformance.recette.searching import find_slots
from conformance.recette.verdicts import CheckSkipped
from sandbox.sas.regulators import Regulator
from sandbox.sas.vocabulary import NATIONAL_PERSON, Identifier
from tests.conformance.recette.account_book import AccountBook, Reply
from tests.conformance.recette.editor import Editor
from tests.conformance.recette.editor_data import Resource
from tests.conformance.recette.sender import Appointment, Sender
from tests.conformance.recette.signing_editor import AGENDA, CALLBACK, HTML, SECRET, SigningEditor

FHIR_PATH = "/fhir/v1"
DRIVER = "hands"


class CompleteEditor:
    """`flaws` go to every part; use as a context manager. `platform_port`: where the book will listen."""

    def __init__(self, platform_port: int, *flaws: str) -> None:
        self.platform = f"http://127.0.0.1:{platform_port}"
        self.slots = Editor(flaws=set(flaws), spoil=self._point_at_the_agenda)
        self.pages = SigningEditor(f"{self.platform}/realms/sas", *flaws)
        self.sender = Sender(f"{self.platform}{FHIR_PATH}", *flaws)

    def __enter__(self) -> CompleteEditor:
        editor = self

        class Handler(_Handler):
            owner = editor

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.site = f"http://127.0.0.1:{self.server.server_port}"
        self.slots.server = self.server
        self.pages.site, self.pages.base = self.site, f"{self.site}/fhir"
        self.pages.book = AccountBook(self.pages.base, self.pages.flaws)
        self.sender.is_entitled = self._is_entitled
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.sender.start()
        DRIVERS[DRIVER] = lambda run, regulator, password: Hands(self, run, regulator)
        return self

    def __exit__(self, *details: object) -> None:
        del DRIVERS[DRIVER]
        self.sender.stop()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def settings(self) -> dict[str, Any]:
        """What its environment declares, beside its address, for `conftest.make_environment`."""
        return {
            "platform__listen": self.platform.removeprefix("http://"),
            "platform__public_url": self.platform,
            "platform__callback": f"{self.site}{CALLBACK}",
            "platform__post_logout": f"{self.site}/",
            "booking__practitioners": ["810002909371"],
        }

    def _is_entitled(self, operator: Identifier) -> bool:
        return any(one.active and one.key == (operator.system, operator.value) for one in self.pages.book.accounts)

    def _point_at_the_agenda(self, bundle: Resource) -> None:
        for item in bundle.get("entry", []):
            if item["resource"]["resourceType"] == "Slot":
                item["resource"]["comment"] = f"{self.site}{AGENDA}?creneau=7"


def quick(environment: Environment, *, quiet: float = 0.05) -> Environment:
    """The same with the delays of an editor that answers at once."""
    booking = replace(environment.booking, driver=DRIVER, delivery=0.8, retry=0.8, quiet=quiet)
    return replace(environment, booking=booking)


class Hands:
    """A driver that acts on the sender itself."""

    automatic = True
    patience = 0.0

    def __init__(self, editor: CompleteEditor, run: Run, regulator: Regulator) -> None:
        self._sender = editor.sender
        self._flaws = editor.sender.flaws
        self._run = run
        self._regulator = regulator
        self._taken = 0
        self._kept: dict[str, Appointment] = {}

    def book(self, context: SomeContext, patient: TypedPatient) -> Booking:
        practitioner, start, end, reasons = self._slot(context)
        made = Appointment(practitioner, start, end, patient, self._regulator.identifier)
        if "reason sets the end" in self._flaws and reasons and self._kept:
            made.end += timedelta(minutes=15)
        self._kept[made.id] = made
        self._sender.tell(made)
        return Booking(patient, Identifier(NATIONAL_PERSON, practitioner), start, end, reasons, made.id)

    def move(self, context: SomeContext, booking: Booking) -> datetime | None:
        with self._changing(booking) as appointment:
            appointment.start += timedelta(minutes=20)
            if "end stays" not in self._flaws:
                appointment.end += timedelta(minutes=20)
            if "moves elsewhere" in self._flaws:
                appointment.start += timedelta(minutes=5)
                return appointment.start - timedelta(minutes=5)
        return appointment.start

    def may_reassign(self, context: SomeContext, booking: Booking) -> bool:
        return True

    def move_to_a_quiet_hour(self, context: SomeContext, booking: Booking) -> None:
        self.move(context, booking)

    def reassign(self, context: SomeContext, booking: Booking) -> None:
        with self._changing(booking) as appointment:
            if "same practitioner" in self._flaws:
                appointment.created += timedelta(seconds=1)
            else:
                appointment.practitioner = "10100050075" if "bare number" in self._flaws else "810100050075"

    def fulfil(self, context: SomeContext, booking: Booking) -> None:
        with self._changing(booking) as appointment:
            appointment.status = "arrived" if "arrived" in self._flaws else "fulfilled"

    def let_begin(self, context: SomeContext, booking: Booking) -> None:
        """Nothing: it may be missed at any time."""

    def miss(self, context: SomeContext, booking: Booking) -> None:
        with self._changing(booking) as appointment:
            appointment.status = "cancelled" if "missed is cancelled" in self._flaws else "noshow"

    def cancel(self, context: SomeContext, booking: Booking) -> None:
        with self._changing(booking) as appointment:
            appointment.status = "entered-in-error" if "cancelled is an error" in self._flaws else "cancelled"

    def book_at_the_practice(self, context: SomeContext, patient: TypedPatient) -> None:
        practitioner, start, end, _ = self._slot(context)
        self._sender.tell(Appointment(practitioner, start, end, patient, operator=None))

    def be_done(self, context: SomeContext) -> None:
        """Acts are done when their method returns."""

    def look_up(self) -> None:
        """Nobody gives up."""

    @contextlib.contextmanager
    def _changing(self, booking: Booking) -> Iterator[Appointment]:
        appointment = self._kept[booking.reference]
        yield appointment
        if not appointment.stuck:
            self._sender.tell(appointment)

    def _slot(self, context: SomeContext) -> tuple[str, datetime, datetime, tuple[str, ...]]:
        found = find_slots(context, self._run.environment.booking.practitioners)
        if not found:
            raise CheckSkipped("Aucun créneau.")
        real = found[self._taken % len(found)]
        self._taken += 1
        return real.place.identifier, real.slot.start, real.slot.end, real.slot.reasons


class _Handler(BaseHTTPRequestHandler):
    owner: CompleteEditor
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        owner, parts = self.owner, urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if parts.path == "/fhir/Practitioner":
            reply: Reply = owner.pages.book.handle(self.command, parts.query, body, self.headers)
            self._send(reply.status, reply.kind, reply.body, location=reply.location)
        elif parts.path.startswith("/fhir/"):
            self._send(*owner.slots.get(self.path, self.headers.get("Accept", "")))
        else:
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get("sid")
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            answer = owner.pages.page(self.command, self.path, form, cookie.value if cookie else "")
            sid = f"sid={answer.cookie}; Path=/; HttpOnly; SameSite=Lax" if answer.cookie else ""
            self._send(answer.status, HTML, answer.body.encode(), location=answer.location, cookie=sid)

    do_POST = do_PUT = do_GET  # noqa: N815 - the names that http.server calls

    def _send(self, status: int, kind: str, body: bytes, *, location: str = "", cookie: str = "") -> None:
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Location", location), ("Set-Cookie", cookie)):
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


__all__ = ["SECRET", "CompleteEditor", "Hands", "quick"]
