"""The platform fails on purpose: what must come again, in what order, and not twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from conformance.recette.booking.driver import Booking, wait_for
from conformance.recette.booking.inbox import record
from conformance.recette.context import Context
from conformance.recette.groups.appointments.changes import tells_status
from conformance.recette.groups.appointments.group import (
    APPOINTMENTS,
    State,
    about,
    book,
    change,
    driver_of,
    first_accepted,
    inbox,
    next_state,
    quiet,
    retried,
    say_once,
    spare,
)
from conformance.recette.judging.appointments import unchanged_problems
from conformance.recette.sources import cadrage, fhir
from sandbox.sas.appointment_checks import appointment_identifier, read_instant
from sandbox.sas.faults import RESET, SERVER_ERROR, TIMEOUT, UNPROCESSABLE
from sandbox.sas.receiver import Received

ERRORS = cadrage("INT_R03, gestion des erreurs")
CONDITIONAL = fhir("RESTful API, conditional update")
# The same content, refused for good: more than that in a moment is hammering.
MOST_REPEATS = 3


@contextmanager
def failing(context: Context[State], kind: str, count: int | None = 1) -> Iterator[None]:
    """The platform answers so to the next requests (all of them: None) until the block ends."""
    faults = context.run.listener.faults
    faults.switch_on(kind, count)
    try:
        yield
    finally:
        faults.switch_off()


@APPOINTMENTS.check("R03-21", "Un envoi auquel le SAS répond 500 est renvoyé, le même", ERRORS)
def survives_an_error(context: Context[State]) -> str | None:
    return _comes_again(context, SERVER_ERROR)


@APPOINTMENTS.check("R03-22", "Un envoi resté sans réponse est abandonné, puis renvoyé", ERRORS)
def survives_a_time_out(context: Context[State]) -> str | None:
    return _comes_again(context, TIMEOUT)


@APPOINTMENTS.check(
    "R03-23", "Un envoi traité dont la réponse s’est perdue est renvoyé sans créer de doublon", ERRORS, CONDITIONAL
)  # fmt: skip
def survives_a_reset(context: Context[State]) -> str | None:
    remark = _comes_again(context, RESET)
    if remark is None:
        return None
    booking = context.state.bookings[-1]
    mark = inbox(context).of(booking)[-1].id
    quiet(context, mark)
    requests = inbox(context).of(booking)
    posts = [one for one in requests if one.method == "POST"]
    if requests[-1].answered not in (200, 201):
        # A duplicate refused (409) tells the editor as much as a success.
        context.expect(requests[-1].answered == 409, "Le renvoi n’a pas été accepté.")
    if len(posts) > 1 + MOST_REPEATS:
        context.fault("Le POST refusé comme doublon (409) est répété sans fin.")
    elif len(posts) > 1 and not any(one.answered == 200 for one in posts):
        context.warn(
            "Le renvoi est un POST sans If-None-Exist : un serveur moins attentif créerait un doublon. Un PUT "
            "conditionnel n’a pas ce défaut."
        )
    return remark


@APPOINTMENTS.check("R03-24", "Un rendez-vous annulé est annoncé par le statut cancelled", cadrage("INT_R03, statuts"))
def tells_cancelled(context: Context[State]) -> None:
    booking, driver = spare(context), driver_of(context)
    tells_status(context, booking, "cancelled", lambda: driver.cancel(context, booking))


@APPOINTMENTS.check(
    "R03-25", "Les changements survenus pendant une panne arrivent dans l’ordre, et le dernier gagne", ERRORS
)
def keeps_the_order(context: Context[State]) -> str | None:
    booking, driver = spare(context), driver_of(context)
    mark = inbox(context).mark()
    with failing(context, SERVER_ERROR, None):
        old = read_instant(booking.resource.get("start"))
        driver.move(context, booking)
        wait_for(driver, context, lambda: about(context, booking, mark), "l’annonce du déplacement", _delivery(context))
        driver.cancel(context, booking)
        # Its announcement may wait for that of the move to go through.
        driver.be_done(context)
        if driver.automatic:
            quiet(context, mark)
    came = retried(context, booking, mark, "le renvoi des changements après la panne")
    if not came:
        return None
    wait_for(
        driver, context,
        lambda: [one for one in _through(context, booking, mark) if _rank(one, old) == 2],
        "l’annulation, après la panne", context.environment.booking.retry,
    )  # fmt: skip
    quiet(context, inbox(context).mark())
    through = _through(context, booking, mark)
    record(context, through)
    ranks = [_rank(one, old) for one in through]
    context.expect(ranks == sorted(ranks), "Un état ancien est arrivé après un plus récent.")
    context.expect(ranks[-1:] == [2], "Le dernier état reçu n’est pas le dernier survenu (annulé).")
    return (
        "Reçu dans l’ordre : "
        + ", ".join(f"{one.method} {(one.resource or {}).get('status')}" for one in through)
        + "."
    )


@APPOINTMENTS.check("R03-26", "Un envoi refusé (422) n’est pas martelé, et le changement suivant arrive", ERRORS)
def survives_a_refusal(context: Context[State]) -> str | None:
    booking, driver = spare(context), driver_of(context)
    with failing(context, UNPROCESSABLE, None):
        refused = change(context, booking, lambda: driver.move(context, booking), "l’annonce du déplacement")
        repeats = [one for one in quiet(context, refused.id) if one.resource == refused.resource]
    if len(repeats) > MOST_REPEATS:
        record(context, repeats)
        context.fault(f"Répété {len(repeats)} fois en {context.environment.booking.quiet:.0f} s.")
    mark = inbox(context).mark()
    driver.cancel(context, booking)
    next_state(context, booking, mark, "le changement qui suit le refus", _delivery(context), driver)
    return f"{len(repeats)} répétition(s) du refusé en {context.environment.booking.quiet:.0f} s."


def _comes_again(context: Context[State], kind: str) -> str | None:
    """Book while the platform fails once: the appointment comes again, unchanged. None when it did not, which is noted."""
    first_accepted(context)
    with failing(context, kind):
        booking, failed = book(context)
        again = retried(context, booking, failed.id, "un nouvel envoi du rendez-vous")
    if not again:
        return None
    record(context, again[:1])
    context.state.spare.append(booking)
    repeated = again[0]
    if booking.identifier is not None and appointment_identifier(repeated.resource or {}) != booking.identifier:
        context.state.told |= {repeated.identifier} if repeated.identifier else set()
        context.fault("Renvoyé sous un autre identifiant : le SAS aurait deux rendez-vous.", "Appointment.identifier")
    say_once(context, unchanged_problems(failed.resource or {}, repeated.resource or {}, but=()))
    waited = (repeated.at - failed.at).total_seconds()
    return f"Renvoyé par {repeated.method} après {waited:.0f} s."


def _through(context: Context[State], booking: Booking, mark: int) -> list[Received]:
    return [one for one in about(context, booking, mark) if one.fault is None]


def _delivery(context: Context[State]) -> float:
    return context.environment.booking.delivery


def _rank(request: Received, old_start: object) -> int:
    """Of the states of `R03-25`: 0 as booked, 1 moved, 2 cancelled."""
    resource = request.resource or {}
    if resource.get("status") != "booked":
        return 2
    return 0 if read_instant(resource.get("start")) == old_start else 1
