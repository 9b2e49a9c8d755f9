"""What group 7 asks of whoever books, and what it knows of an appointment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from conformance.recette.booking.patient import TypedPatient
from conformance.recette.context import Context, Run
from conformance.recette.verdicts import CheckSkipped
from sandbox.sas.regulators import Regulator
from sandbox.sas.vocabulary import Identifier

Value = TypeVar("Value")
SomeContext = Context[Any]


@dataclass(slots=True)
class Booking:
    """An appointment that was asked for. start, end: the slot's; reasons: those that could be chosen.

    reference: the driver's own way to find it again. identifier and resource are filled in as the SAS is told: the
    business identifier it first came with, and the last state that was received.
    """

    patient: TypedPatient
    practitioner: Identifier
    start: datetime
    end: datetime
    reasons: tuple[str, ...] = ()
    reference: str = ""
    identifier: Identifier | None = None
    resource: dict[str, Any] = field(default_factory=dict)


class Driver(Protocol):
    """Acts at the editor's. A method that can't do its act raises CheckSkipped, saying why.

    automatic: acts are done when a method returns; else they were only asked of a person. patience: seconds to leave
    to an act, above what its delivery may take.
    """

    automatic: bool
    patience: float

    def book(self, context: SomeContext, patient: TypedPatient) -> Booking:
        """The regulator books a slot, arriving from the platform."""

    def move(self, context: SomeContext, booking: Booking) -> datetime | None:
        """The practice moves it; to when, if that is known."""

    def may_reassign(self, context: SomeContext, booking: Booking) -> bool:
        """Whether somebody else could take it at its hour, as far as is known."""

    def move_to_a_quiet_hour(self, context: SomeContext, booking: Booking) -> None:
        """The practice moves it to where others are hardly taken."""

    def reassign(self, context: SomeContext, booking: Booking) -> None:
        """The practice gives it to another practitioner."""

    def fulfil(self, context: SomeContext, booking: Booking) -> None:
        """The practice notes that the patient came."""

    def let_begin(self, context: SomeContext, booking: Booking) -> None:
        """Makes ready what `miss` will need."""

    def miss(self, context: SomeContext, booking: Booking) -> None:
        """The practice notes that the patient did not come."""

    def cancel(self, context: SomeContext, booking: Booking) -> None:
        """The practice or the regulator cancels."""

    def book_at_the_practice(self, context: SomeContext, patient: TypedPatient) -> None:
        """The practice books for itself."""

    def be_done(self, context: SomeContext) -> None:
        """Returns once the last act is surely done: for those that show no effect."""

    def look_up(self) -> None:
        """Called while an effect is awaited. Raises CheckSkipped when the person gives up the act."""


MakeDriver = Callable[[Run, Regulator, str], Driver]
# By `booking.driver`: (run, the regulator who books, their password at the platform) -> driver.
DRIVERS: dict[str, MakeDriver] = {}


def drives(name: str) -> Callable[[MakeDriver], MakeDriver]:
    """Declares the decorated maker under that name."""

    def declare(make: MakeDriver) -> MakeDriver:
        DRIVERS[name] = make
        return make

    return declare


def wait_for(driver: Driver, context: SomeContext, condition: Callable[[], Value], what: str, seconds: float) -> Value:
    """As `context.wait_until`, with the driver's patience, and listening to a person who gives up."""
    allowed = seconds + driver.patience
    context.extend(allowed + 5)

    def look() -> Value:
        found = condition()
        if not found:
            driver.look_up()
        return found

    return context.wait_until(look, what, seconds=allowed)


__all__ = ["DRIVERS", "Booking", "CheckSkipped", "Driver", "drives", "wait_for"]
