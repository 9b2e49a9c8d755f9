"""The book itself books, on the pages of our software, with a browser without script: only its HTML forms are known."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import NoReturn
from urllib.parse import parse_qs, urlsplit

from conformance.recette.booking.driver import Booking, SomeContext, drives
from conformance.recette.booking.patient import TypedPatient
from conformance.recette.browser import Browser, Form, Page
from conformance.recette.context import Run
from conformance.recette.searching import RealSlot, find_slots
from conformance.recette.verdicts import CheckFailed, CheckSkipped
from sandbox.sas.clock import PARIS
from sandbox.sas.regulators import Regulator
from sandbox.sas.slots import with_origin
from sandbox.sas.vocabulary import NATIONAL_PERSON, Identifier

OPTION = re.compile(r'<option value="([^"]+)"[^>]*>([^<]*)</option>')
DESPITE = re.compile(r'name="despite" value="([^"]+)"')
AGAIN = "ce jour-là"
# Told only where nothing else stands in the way.
CLOSED = "en dehors des horaires d’ouverture"
MOVE_CHOICE = re.compile(r'name="slot" value="([^"]+)"')
KEY_START = re.compile(r"-(\d{8}T\d{4}Z)-\d+$")
# Between the minute's choice and the appointment's beginning.
SOON = timedelta(minutes=1)
# What begins earlier would be past before all of its acts are done.
MARGIN = timedelta(minutes=5)


@drives("sas-agenda")
class OurPages:
    """The regulator's browser and the practice's, kept from one check to the next."""

    automatic = True
    patience = 0.0

    def __init__(self, run: Run, regulator: Regulator, password: str) -> None:
        self._run = run
        self._regulator = regulator
        self._password = password
        self._regulator_browser: Browser | None = None
        self._practice_browser: Browser | None = None
        self._taken: set[tuple[str, datetime]] = set()
        self._begins_at: dict[str, datetime] = {}
        self._quiet_hours = [f"{hour}:{minute}" for hour in (21, 22) for minute in ("00", "20", "40")]

    # The regulator

    def book(self, context: SomeContext, patient: TypedPatient) -> Booking:
        real = self._free_slot(context)
        return self._book_on(self._arrive(context, real), patient, real)

    def _arrive(self, context: SomeContext, real: RealSlot) -> Browser:
        """Through the landing, the platform's sign-in and the terms, to the page of the practitioner."""
        if self._regulator_browser is None:
            self._regulator_browser = Browser(context)
        browser = self._regulator_browser.in_check(context)
        origin = self._run.environment.origins.accepted[0]
        page = browser.follow(browser.get(with_origin(real.slot.page, origin), label="Arrivée du régulateur"))
        sign_in = page.form_with("email", "motdepasse")
        if sign_in is not None:
            values = {"email": self._regulator.email, "motdepasse": self._password}
            page = browser.follow(browser.submit(sign_in, values, referer=page.url))
        terms = _form_to(page, "/conditions/")
        if terms is not None:
            page = browser.follow(browser.submit(terms, {"accept": "on"}, referer=page.url))
        if page.status != 200:
            _refused(page, "L’arrivée du régulateur")
        return browser

    def _book_on(self, browser: Browser, patient: TypedPatient, real: RealSlot) -> Booking:
        key = parse_qs(urlsplit(real.slot.page).query).get("creneau", [""])[0]
        page = browser.follow(browser.get(f"{self._site}/rendez-vous/nouveau/?creneau={key}", label="Réservation"))
        form = page.form_with("family_name", "request_id")
        if form is None:
            _refused(page, "Le formulaire de réservation")
        offered = {label: value for value, label in _options(page, form.action)}
        reason = next((label for label in real.slot.reasons if label in offered), "")
        values = {
            "family_name": patient.family,
            "given_name": patient.given,
            "birth_date": patient.spoken_birth_date,
            "sex": "female",
            "phone": patient.phone,
            "email": patient.email,
            "birth_name": patient.birth_name,
            "birth_place": patient.birth_place,
            "nir": patient.nir,
            "address": patient.address,
            "note": patient.message,
            "consultation_type": real.slot.modes[0] if real.slot.modes else "",
            "reason": offered.get(reason, ""),
        }
        done = browser.follow(browser.submit(form, values, referer=page.url))
        if done.status == 409 and (asked := DESPITE.search(done.text)) and AGAIN in unescape(done.text):
            # The same patient the same day: the book means it.
            values |= {"despite": unescape(asked[1])}
            done = browser.follow(browser.submit(form, values, referer=page.url))
        found = re.search(r"/rendez-vous/([0-9a-f-]{36})/", done.url)
        if done.status != 200 or found is None:
            _refused(done, "La réservation")
        return Booking(
            patient, Identifier(NATIONAL_PERSON, real.place.identifier), real.slot.start, real.slot.end,
            (reason,) if reason else (), found[1],
        )  # fmt: skip

    # The practice

    def move(self, context: SomeContext, booking: Booking) -> datetime | None:
        page = self._page_of(context, booking)
        for choice in MOVE_CHOICE.findall(page.text):
            found = KEY_START.search(choice)
            start = datetime.strptime(f"{found[1]}+0000", "%Y%m%dT%H%MZ%z") if found else None
            if start is None or start < self._earliest or (booking.practitioner.value, start) in self._taken:
                continue
            self._taken.add((booking.practitioner.value, start))
            self._send(context, page, "/deplacer/", {"slot": choice, "day": "", "hour": ""}, "Le déplacement")
            return start
        raise CheckSkipped("Aucun créneau libre proche où déplacer le rendez-vous.")

    def may_reassign(self, context: SomeContext, booking: Booking) -> bool:
        return bool(_free_takers(self._page_of(context, booking)))

    def move_to_a_quiet_hour(self, context: SomeContext, booking: Booking) -> None:
        """Late the next evening, when most are closed: the practice may book outside of its opening hours."""
        day = f"{booking.start.astimezone(PARIS) + timedelta(days=1):%Y-%m-%d}"
        while self._quiet_hours:
            values = {"day": day, "hour": self._quiet_hours.pop()}
            if self._submit_despite(context, self._page_of(context, booking), "/deplacer/", values).status == 200:
                return
        raise CheckSkipped("Aucun autre praticien du cabinet n’est libre à cette heure.")

    def reassign(self, context: SomeContext, booking: Booking) -> None:
        page = self._page_of(context, booking)
        free = _free_takers(page)
        if not free:
            raise CheckSkipped("Aucun autre praticien du cabinet n’est libre à cette heure.")
        answer = self._submit_despite(context, page, "/confier/", {"schedule": free[0]})
        if answer.status != 200:
            _refused(answer, "Le changement de praticien")

    def fulfil(self, context: SomeContext, booking: Booking) -> None:
        self._send(context, self._page_of(context, booking), "/statut/", {"status": "fulfilled"}, "Le statut honoré")

    def let_begin(self, context: SomeContext, booking: Booking) -> None:
        """Only what has begun can be missed: to the next minute, with whoever is free then."""
        soon = (self._run.clock().astimezone(UTC) + SOON).replace(second=0, microsecond=0).astimezone(PARIS)
        # Of an hour that comes twice, which one.
        values = {"day": f"{soon:%Y-%m-%d}", "hour": f"{soon:%H:%M}", "fold": str(soon.fold)}
        tried: set[str] = set()
        while True:
            page = self._page_of(context, booking)
            if self._submit_despite(context, page, "/deplacer/", values).status == 200:
                self._begins_at[booking.reference] = soon
                return
            form = _form_to(page, "/confier/")
            left = [value for value, _ in (_options(page, form.action) if form else []) if value not in tried]
            if not left:
                return
            tried.add(left[0])
            self._submit_despite(context, page, "/confier/", {"schedule": left[0]})

    def miss(self, context: SomeContext, booking: Booking) -> None:
        begins_at = self._begins_at.get(booking.reference)
        if begins_at is None:
            raise CheckSkipped("Aucun praticien n’était libre pour un rendez-vous qui commence tout de suite.")
        left = max(0.0, (begins_at - self._run.clock()).total_seconds() + 1)
        context.extend(left + 30)
        time.sleep(left)
        self._send(context, self._page_of(context, booking), "/statut/", {"status": "noshow"}, "Le statut non honoré")

    def cancel(self, context: SomeContext, booking: Booking) -> None:
        self._send(context, self._page_of(context, booking), "/annuler/", {}, "L’annulation")

    def book_at_the_practice(self, context: SomeContext, patient: TypedPatient) -> None:
        self._book_on(self._signed_in(context), patient, self._free_slot(context))

    def be_done(self, context: SomeContext) -> None:
        """Acts are done when their method returns."""

    def look_up(self) -> None:
        """Nobody gives up."""

    def _submit_despite(self, context: SomeContext, page: Page, action: str, values: dict[str, str]) -> Page:
        """Outside of the opening hours the page asks once more; whoever else stands there refuses."""
        answer = self._submit(context, page, action, values)
        asked = DESPITE.search(answer.text)
        if answer.status == 409 and asked and CLOSED in unescape(answer.text):
            return self._submit(context, answer, action, values | {"despite": unescape(asked[1])})
        return answer

    # Pages

    @property
    def _site(self) -> str:
        return self._run.environment.site

    @property
    def _earliest(self) -> datetime:
        return self._run.clock() + MARGIN

    def _free_slot(self, context: SomeContext) -> RealSlot:
        for real in find_slots(context, self._run.environment.booking.practitioners):
            taken = (real.place.identifier, real.slot.start.astimezone(UTC))
            if taken not in self._taken and real.slot.start >= self._earliest:
                self._taken.add(taken)
                return real
        raise CheckSkipped("Plus de créneau libre pour un nouveau rendez-vous.")

    def _signed_in(self, context: SomeContext) -> Browser:
        booking = self._run.environment.booking
        if self._practice_browser is None:
            browser = Browser(context)
            page = browser.get(f"{self._site}/connexion/", label="Connexion du cabinet")
            form = page.form_with("username", "password")
            if form is None:
                _refused(page, "La page de connexion du cabinet")
            values = {"username": booking.practice_email, "password": booking.practice_password}
            done = browser.submit(form, values, referer=page.url)
            if not done.location:
                raise CheckSkipped("Le compte du cabinet ([booking] practice_email et practice_password) est refusé.")
            self._practice_browser = browser
        return self._practice_browser.in_check(context)

    def _page_of(self, context: SomeContext, booking: Booking) -> Page:
        page = self._signed_in(context).get(
            f"{self._site}/rendez-vous/{booking.reference}/", label="Page du rendez-vous"
        )
        if page.status != 200:
            _refused(page, "La page du rendez-vous")
        return page

    def _send(self, context: SomeContext, page: Page, action: str, values: dict[str, str], act: str) -> None:
        answer = self._submit(context, page, action, values)
        if answer.status != 200:
            _refused(answer, act)

    def _submit(self, context: SomeContext, page: Page, action: str, values: dict[str, str]) -> Page:
        form = _form_to(page, action)
        if form is None:
            raise CheckSkipped("La page du rendez-vous ne propose pas ce geste.")
        browser = self._signed_in(context)
        return browser.follow(browser.submit(form, values, referer=page.url))


def _form_to(page: Page, action: str) -> Form | None:
    return next((form for form in page.forms() if form.action.partition("?")[0].endswith(action)), None)


def _free_takers(page: Page) -> list[str]:
    """Agendas it could be given to at its hour."""
    form = _form_to(page, "/confier/")
    offered = _options(page, form.action) if form else []
    return [
        value for value, label in offered if not any(f"({state})" in label for state in ("occupé", "absent", "fermé"))
    ]


def _options(page: Page, action: str) -> list[tuple[str, str]]:
    """(value, label) of the choices of that form's select."""
    path = urlsplit(action).path
    _, _, rest = page.text.partition(f'action="{path}')
    return [(value, unescape(label).strip()) for value, label in OPTION.findall(rest.partition("</form>")[0])]


def _refused(page: Page, what: str) -> NoReturn:
    if page.status is None:
        raise CheckFailed(page.exchange.failure)
    raise CheckFailed(f"{what} n’aboutit pas : réponse {page.status}.")
