"""The group, what its checks share, and the acts that they are made of: book, change, wait for what arrives."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from conformance.recette.book import Group
from conformance.recette.booking import operator, our_pages  # noqa: F401 - declare their drivers
from conformance.recette.booking.driver import DRIVERS, Booking, Driver, wait_for
from conformance.recette.booking.inbox import Inbox, record
from conformance.recette.booking.patient import TypedPatient, make_up
from conformance.recette.context import Context, Run
from conformance.recette.findings import Problem
from conformance.recette.judging.leaks import Detail, details_of
from conformance.recette.verdicts import CheckFailed, CheckSkipped
from sandbox.sas.receiver import Received
from sandbox.sas.regulators import Account, Regulator
from sandbox.sas.vocabulary import Identifier


@dataclass(slots=True)
class State:
    """first: the request that told the SAS of the first appointment; booked_between: the moments around its booking;
    exact_times: whether its instants were those of the slot.

    moved: the request of its move, from a state and, when that is known, to a start. spare: bookings that have served.
    told: identifiers of appointments that should not have come, named where they did. said: what was found wrong, so
    that what an editor does every time is told once.
    """

    driver: Driver | None = None
    regulator: Regulator | None = None
    bookings: list[Booking] = field(default_factory=list)
    families: set[str] = field(default_factory=set)
    details: list[Detail] = field(default_factory=list)
    first: Received | None = None
    booked_between: tuple[datetime, datetime] | None = None
    exact_times: bool = False
    moved: Received | None = None
    moved_from: dict[str, Any] = field(default_factory=dict)
    moved_to: datetime | None = None
    spare: list[Booking] = field(default_factory=list)
    told: set[Identifier] = field(default_factory=set)
    said: set[str] = field(default_factory=set)


def why_not(run: Run) -> str:
    booking = run.environment.booking
    if run.environment.platform is None:
        return "La plateforme jouée par le cahier n’est pas déclarée ([platform] et son secret)."
    if booking.driver == "operator" and not operator.at_the_terminal():
        return "Personne n’est au terminal pour prendre les rendez-vous, et rien ne les prend à sa place."
    if booking.driver == "sas-agenda" and not booking.practice_email:
        return "Le compte du cabinet n’est pas déclaré ([booking] practice_email)."
    return ""


APPOINTMENTS: Group[State] = Group(7, "rendez-vous", "Rendez-vous envoyés au SAS (INT_R03)", State, why_not=why_not)


def clean_up(context: Context[State]) -> None:
    """The fault is switched off, and the regulator made for the occasion withdrawn."""
    context.run.listener.faults.switch_off()
    if context.state.regulator:
        context.run.listener.regulators.set_entitlement(context.state.regulator.id, active=False)


APPOINTMENTS.cleanup = clean_up


# Who acts


def driver_of(context: Context[State]) -> Driver:
    """Whoever books, with a regulator of their own, made at the first use."""
    state = context.state
    if state.driver is None:
        data, run = context.environment.regulators, context.run
        token, password = secrets.token_hex(4), run.masker.add(secrets.token_urlsafe(9))
        account = Account(
            family=data.family, given=data.given, email=f"rendez-vous-{token}@{data.email_domain}",
            service="Recette", national=f"{data.national_prefix}{secrets.randbelow(10**8):08d}",
        )  # fmt: skip
        state.regulator = run.listener.regulators.create(account, password=password, spoilings=[])
        if state.regulator.held is None:
            for kept in run.listener.regulators.exchanges(1):
                context.record(kept.exchange, "Création du compte du régulateur")
            raise CheckSkipped("Le compte du régulateur qui réserve n’a pas pu être créé : voir le groupe 5.")
        state.driver = DRIVERS[context.environment.booking.driver](run, state.regulator, password)
    return state.driver


def new_patient(context: Context[State]) -> TypedPatient:
    patient = make_up(context.environment.regulators.email_domain, besides=context.state.families)
    context.state.families.add(patient.family)
    for value in (
        patient.family, patient.given, patient.spoken_birth_date, patient.birth_date.isoformat(), patient.phone,
        patient.email, patient.birth_name, patient.birth_place, patient.nir, patient.address, patient.note,
    ):  # fmt: skip
        context.run.masker.add(value)
    return patient


# What arrives


def inbox(context: Context[State]) -> Inbox:
    return Inbox(context.run.listener.receiver)


def book(context: Context[State]) -> tuple[Booking, Received]:
    """Book a new appointment; it and the first request about it. Ends the check when none comes."""
    driver, received = driver_of(context), inbox(context)
    patient, mark, before = new_patient(context), received.mark(), context.run.clock()
    booking = driver.book(context, patient)
    context.state.details += details_of(patient, reasons=booking.reasons)
    known = {other.identifier for other in context.state.bookings} - {None}
    context.state.bookings.append(booking)
    what = "la demande qui annonce au SAS le rendez-vous pris"
    first = wait_for(
        driver, context, lambda: [one for one in received.since(mark) if one.identifier not in known], what,
        context.environment.booking.delivery,
    )[0]  # fmt: skip
    record(context, [first])
    booking.identifier, booking.resource = first.identifier, first.resource or {}
    if context.state.booked_between is None:
        context.state.booked_between = (before, context.run.clock())
    return booking, first


def change(context: Context[State], booking: Booking, act: Callable[[], object], what: str) -> Received:
    """Do an act on a booking; the first request that tells the SAS something new. Ends the check when none comes."""
    driver, received = driver_of(context), inbox(context)
    mark = received.mark()
    act()
    return next_state(context, booking, mark, what, context.environment.booking.delivery, driver)


def next_state(
    context: Context[State], booking: Booking, mark: int, what: str, seconds: float, driver: Driver
) -> Received:
    """The first request after the mark whose content is not what the SAS was last told; else the last that came."""
    received, before = inbox(context), booking.resource
    others = {other.identifier for other in context.state.bookings if other is not booking} - {None}

    def about_it() -> list[Received]:
        return [one for one in received.since(mark) if one.identifier not in others]

    try:
        found = wait_for(driver, context, lambda: [one for one in about_it() if one.resource != before], what, seconds)[
            0
        ]
    except CheckFailed:
        came = [one for one in about_it() if one.fault is None]
        if not came:
            raise
        found = came[-1]
    record(context, [found])
    if found.resource is not None:
        booking.resource = found.resource
    return found


def about(context: Context[State], booking: Booking, mark: int) -> list[Received]:
    """Requests after the mark that are of no other appointment: should the identifier have changed, they are this one's."""
    requests = inbox(context).since(0)
    others = {one.identifier for one in requests if one.id <= mark}
    others |= {other.identifier for other in context.state.bookings if other is not booking}
    others -= {None, booking.identifier}
    return [one for one in requests if one.id > mark and one.identifier not in others]


def retried(context: Context[State], booking: Booking, mark: int, what: str) -> list[Received]:
    """Requests about it after the mark that met no fault, as soon as there is one. When none comes in the time that the
    environment gives: a failure if acts are automatic; else a reservation, and an empty list."""
    seconds = context.environment.booking.retry
    context.extend(seconds + 5)
    try:
        return context.wait_until(
            lambda: [one for one in about(context, booking, mark) if one.fault is None], what, seconds=seconds
        )
    except CheckFailed:
        record(context, about(context, booking, mark))
        if driver_of(context).automatic:
            raise
        context.warn(f"Attendu {seconds:.0f} s sans rien voir : {what}. Le délai se règle par booking.retry.")
        return []


def quiet(context: Context[State], mark: int) -> list[Received]:
    """What still comes after the mark, once the environment's silence has been listened to."""
    seconds = context.environment.booking.quiet
    context.extend(seconds + 5)
    time.sleep(seconds)
    return inbox(context).since(mark)


def say_once(context: Context[State], problems: Iterable[Problem]) -> None:
    """Notes those that no check of the group has told yet."""
    for problem in problems:
        if problem.sentence not in context.state.said:
            context.state.said.add(problem.sentence)
            context.judge([problem])


# What came before


def first_of(context: Context[State]) -> Received:
    if context.state.first is None:
        raise CheckSkipped("Suppose qu’un premier rendez-vous soit arrivé.")
    return context.state.first


def first_resource(context: Context[State]) -> dict[str, Any]:
    resource = first_of(context).resource
    if resource is None:
        raise CheckSkipped("Le corps du premier envoi n’est pas lisible.")
    return resource


def first_accepted(context: Context[State]) -> Booking:
    """The first booking, when the platform took it: without that, what follows makes no sense."""
    if not first_of(context).accepted:
        raise CheckSkipped("La plateforme n’a pas pu accepter le premier envoi : voir les contrôles précédents.")
    return context.state.bookings[0]


def spare(context: Context[State]) -> Booking:
    """A booking that no check needs any more and that the platform took; else a new one."""
    first_accepted(context)
    while context.state.spare:
        booking = context.state.spare.pop(0)
        if _is_followed(context, booking):
            return booking
    return still_followed(context, book(context)[0])


def still_followed(context: Context[State], booking: Booking) -> Booking:
    """The booking, when the platform took its last state."""
    if not _is_followed(context, booking):
        raise CheckSkipped("Le dernier envoi de ce rendez-vous n’a pas été accepté par la plateforme.")
    return booking


def _is_followed(context: Context[State], booking: Booking) -> bool:
    if booking.identifier is None:
        return False
    last = [one for one in inbox(context).of(booking) if one.fault is None][-1:]
    return bool(last) and last[0].accepted
