"""A person at the terminal books: the book says what to do, in French, and watches what arrives."""

from __future__ import annotations

import select
import sys
from datetime import datetime, timedelta

from conformance.recette.booking.driver import Booking, SomeContext, drives
from conformance.recette.booking.patient import TypedPatient
from conformance.recette.context import Run
from conformance.recette.report.wording import moment
from conformance.recette.searching import find_slots
from conformance.recette.verdicts import CheckSkipped
from sandbox.sas.regulators import Regulator
from sandbox.sas.slots import with_origin
from sandbox.sas.vocabulary import NATIONAL_PERSON, Identifier

GIVE_UP = "p"
GIVEN_UP = "La personne au terminal a passé ce geste."


@drives("operator")
class Operator:
    """Tells the acts. Nothing is to be typed when one is done, its effect is seen; « p » gives it up."""

    automatic = False

    def __init__(self, run: Run, regulator: Regulator, password: str) -> None:
        self._run = run
        self._regulator = regulator
        self._password = password
        self._signed_in = False
        self._taken: set[tuple[str, datetime]] = set()
        self.patience = run.environment.booking.wait

    def book(self, context: SomeContext, patient: TypedPatient) -> Booking:
        found = find_slots(context, self._run.environment.booking.practitioners)
        # A slot that begins before the person has acted could no longer be booked.
        later = [one for one in found if one.slot.start > self._run.clock() + timedelta(seconds=2 * self.patience)]
        real = next((one for one in later if (one.place.identifier, one.slot.start) not in self._taken), None)
        if real is None:
            raise CheckSkipped("Plus de créneau libre pour un nouveau rendez-vous.")
        self._taken.add((real.place.identifier, real.slot.start))
        self._ask(
            f"Dans un navigateur, ouvrez {with_origin(real.slot.page, self._run.environment.origins.accepted[0])}"
        )
        if not self._signed_in:
            self._tell(f"connectez-vous au SAS joué par le cahier : {self._regulator.email}, {self._password}")
            self._signed_in = True
        self._tell(f"réservez le créneau du {moment(real.slot.start)} avec {real.place.name}, pour cette patiente :")
        self._show_patient(patient)
        return Booking(
            patient, Identifier(NATIONAL_PERSON, real.place.identifier), real.slot.start, real.slot.end,
            real.slot.reasons, moment(real.slot.start),
        )  # fmt: skip

    def move(self, context: SomeContext, booking: Booking) -> datetime | None:
        self._ask(f"{self._of(booking)} : déplacez-le à une autre heure.")
        return None

    def may_reassign(self, context: SomeContext, booking: Booking) -> bool:
        return True  # the person says when nobody can

    def move_to_a_quiet_hour(self, context: SomeContext, booking: Booking) -> None:
        self.move(context, booking)

    def reassign(self, context: SomeContext, booking: Booking) -> None:
        self._ask(f"{self._of(booking)} : confiez-le à un autre praticien.")

    def fulfil(self, context: SomeContext, booking: Booking) -> None:
        self._ask(f"{self._of(booking)} : notez-le honoré (la patiente est venue).")

    def let_begin(self, context: SomeContext, booking: Booking) -> None:
        """Nothing: when an appointment may be noted as missed is the editor's own rule."""

    def miss(self, context: SomeContext, booking: Booking) -> None:
        self._ask(f"{self._of(booking)} : notez-le non honoré (la patiente n’est pas venue).")

    def cancel(self, context: SomeContext, booking: Booking) -> None:
        self._ask(f"{self._of(booking)} : annulez-le.")

    def book_at_the_practice(self, context: SomeContext, patient: TypedPatient) -> None:
        self._ask("dans le logiciel, comme le cabinet et sans passer par le SAS, prenez un rendez-vous pour :")
        self._show_patient(patient)

    def be_done(self, context: SomeContext) -> None:
        self._tell("quand c’est fait, tapez Entrée ici.")
        context.extend(self.patience + 60)
        context.wait_until(self._typed_anything, "une réponse au terminal", seconds=self.patience)

    def look_up(self) -> None:
        if read_line().strip().casefold() == GIVE_UP:
            raise CheckSkipped(GIVEN_UP)

    def _typed_anything(self) -> bool:
        line = read_line()
        if line.strip().casefold() == GIVE_UP:
            raise CheckSkipped(GIVEN_UP)
        return bool(line)

    def _ask(self, sentence: str) -> None:
        _forget_what_was_typed()
        self._tell(f"À vous ({self.patience:.0f} s ; « {GIVE_UP} » puis Entrée pour passer) :")
        self._tell(sentence)

    def _tell(self, sentence: str) -> None:
        self._run.tell(sentence)

    def _show_patient(self, patient: TypedPatient) -> None:
        for label, value in (
            ("nom", patient.family), ("prénom", patient.given), ("née le", patient.spoken_birth_date),
            ("sexe", "féminin"), ("téléphone", patient.phone), ("e-mail", patient.email),
            ("nom de naissance", patient.birth_name), ("commune de naissance", patient.birth_place),
            ("numéro de sécurité sociale", patient.nir), ("adresse", patient.address), ("message", patient.message),
        ):  # fmt: skip
            self._tell(f"{label} : {value}")

    @staticmethod
    def _of(booking: Booking) -> str:
        return f"le rendez-vous de {booking.patient.given} {booking.patient.family}, pris pour le {booking.reference}"


def at_the_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def read_line() -> str:
    """The line typed since, with its end; "" when none was. Never waits."""
    if not at_the_terminal() or not select.select([sys.stdin], [], [], 0)[0]:
        return ""
    return sys.stdin.readline()


def _forget_what_was_typed() -> None:
    while read_line():
        pass
