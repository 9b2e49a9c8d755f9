"""Every address of the product, and who may open it: one line each."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from appointments.slots.slot_key import SlotKey
from tests.appointments.access.conftest import World
from tests.factories import at

DAY = date(2026, 11, 26)

KINDS = [
    "anonymous", "regulator", "stranger", "member", "ended", "busy", "see", "book", "manage", "manager", "kept out",
    "practitioner", "operator",
]  # fmt: skip
# Whose rights are all at the organization of here.
AT_ONE = ["busy", "see", "book", "manage", "manager", "kept out", "member", "ended", "stranger"]

MANAGE = {"manage", "manager", "practitioner"}
BOOK = MANAGE | {"book"}
SEE = BOOK | {"see"}
BUSY = SEE | {"busy"}
SAYS = {"manager", "practitioner"}
HEADS = {"manager", "kept out"}
# Who has to do with any agenda, or with who keeps them.
PRACTICE = BUSY | HEADS | {"stranger"}
OPERATOR = {"operator"}
EVERYBODY = set(KINDS)
NOBODY: set[str] = set()


@dataclass(frozen=True)
class Line:
    may: set[str]
    arguments: Callable[[World], list[Any]] = lambda world: []
    post: bool = False
    query: Callable[[World], str] = lambda world: ""
    # What it shows is shown to everybody.
    public: bool = False

    def address(self, name: str, world: World) -> str:
        return reverse(name, args=self.arguments(world)) + self.query(world)


def _of(world: World) -> list[Any]:
    return [world.practitioner.id]


def _day(world: World) -> list[Any]:
    return [world.practitioner.id, DAY]


def _rule(world: World) -> list[Any]:
    return [world.practitioner.id, world.rule.id]


def _rule_day(world: World) -> list[Any]:
    return [*_rule(world), DAY]


def _absence(world: World) -> list[Any]:
    return [world.practitioner.id, world.absence.id]


def _emptied(world: World) -> list[Any]:
    return [world.practitioner.id, world.emptied.id]


def _closure(world: World) -> list[Any]:
    return [world.practitioner.id, world.closure.id]


def _visit(world: World) -> list[Any]:
    return [world.visit.id]


def _organization(world: World) -> list[Any]:
    return [world.organization.id]


def _colleague(world: World) -> list[Any]:
    """Somebody who receives there only; in the worlds that have no such, whoever there is."""
    return [world.organization.id, getattr(world, "colleague", world.here).practitioner_id]


def _reason(world: World) -> list[Any]:
    return [world.organization.id, world.reason.id]


def _member(world: World) -> list[Any]:
    return [world.organization.id, world.member.id]


def _invited(world: World) -> list[Any]:
    return [world.organization.id, world.invitation.id]


def _slot(world: World) -> str:
    return f"?creneau={SlotKey(world.here.id, at('2026-11-26', '10:30'), 15)}"


def _with(world: World) -> str:
    return f"?avec={world.practitioner.id}"


def _unknown(world: World) -> list[Any]:
    return [uuid.UUID(int=0)]


TABLE = {
    # Doors: they tell everybody the same.
    "health": Line(EVERYBODY),
    "security-txt": Line(EVERYBODY),
    "sign-in": Line(EVERYBODY),
    "password-reset": Line(EVERYBODY),
    "password-reset-sent": Line(EVERYBODY),
    "password-reset-confirm": Line(EVERYBODY, lambda world: ["x", "y"]),
    "invitation": Line(EVERYBODY, lambda world: ["x"]),
    "sas-sign-in": Line(EVERYBODY),
    "sas-callback": Line(NOBODY),
    "back-to-tab": Line(EVERYBODY - {"anonymous"}),
    "terms": Line(EVERYBODY),
    "password-change": Line(EVERYBODY - {"anonymous", "regulator"}),
    "home": Line(EVERYBODY - {"anonymous"}),
    # The agenda.
    "agenda": Line(PRACTICE),
    "agenda-look": Line(PRACTICE, post=True),
    "present": Line(BUSY, query=lambda world: f"?vu={world.practitioner.id}:0"),
    "present-facts": Line(PRACTICE, query=lambda world: f"?rdv={world.visit.id}"),
    "agenda-week": Line(BUSY, _day),
    "agenda-month": Line(BUSY, _day),
    "agenda-days": Line(BUSY, lambda world: [DAY], query=_with),
    "agenda-months": Line(BUSY, lambda world: [DAY], query=_with),
    "agenda-list": Line(SEE, query=_with),
    # Whoever has no group of this key finds none there.
    "agenda-groups": Line(PRACTICE),
    "agenda-group": Line(NOBODY, _unknown),
    "agenda-day": Line(BUSY, _day),
    # A manager who is kept out of all agendas, or keeps another organization's, finds none of these there.
    "closing": Line(BOOK | HEADS | {"stranger"}),
    "closing-reminder": Line(BOOK | HEADS | {"stranger"}, post=True),
    "new-appointment": Line(BOOK, _of),
    "slot-finder": Line(PRACTICE),
    "book-slot": Line(BOOK, query=_slot),
    "patient-choices": Line(BOOK, _of, post=True),
    "new-series": Line(BOOK, _of),
    # This visit is of no series.
    "series": Line(NOBODY, _visit),
    "patients": Line(PRACTICE),
    "patients-quick": Line(PRACTICE, post=True),
    "patient-file": Line(SEE, lambda world: [world.visit.patient_id]),
    "appointment": Line(SEE, _visit),
    "appointment-outward": Line(SEE, _visit),
    "appointment-move": Line(BOOK, _visit, post=True),
    "appointment-reassign": Line(BOOK, _visit, post=True),
    "appointment-change": Line(BOOK, _visit),
    "appointment-undo": Line(BOOK, _visit, post=True),
    "appointment-status": Line(BOOK, _visit, post=True),
    "appointment-arrival": Line(BOOK, _visit, post=True),
    "appointment-cancel": Line(BOOK, _visit),
    "appointment-join": Line(BOOK, _visit, post=True),
    "late": Line(BOOK, _of),
    "appointment-call-back": Line(BOOK, _visit, post=True),
    "appointment-told": Line(BOOK, _visit, post=True),
    "patient-files": Line(BOOK, lambda world: [world.visit.patient_id]),
    "patient-note": Line(BOOK, lambda world: [world.visit.patient_id], post=True),
    "patient-identity": Line(BOOK, lambda world: [world.visit.patient_id], post=True),
    "correct-patient": Line(BOOK, _visit),
    # On paper and elsewhere.
    "print-day": Line(SEE, _day),
    "print-week": Line(SEE, _day),
    "exports": Line(SEE, _of),
    "export-file": Line(SEE, _of, query=lambda world: f"?du={DAY}&au={DAY}"),
    "feed-change": Line({"practitioner"}, _of, post=True),
    # Open to who has its secret address, whoever they are (tests/appointments/paper).
    "feed": Line(NOBODY, lambda world: ["x" * 43]),
    # The regulator's call, open to who books.
    "practitioner-slots": Line(BOOK | {"regulator"}, _of),
    "book": Line(BOOK | {"regulator"}, query=_slot),
    "hold": Line({"regulator"}, query=_slot),
    "draft": Line(PRACTICE | {"regulator"}, post=True),
    "appointment-confirmation": Line(SEE, _visit),
    "my-referrals": Line({"regulator"}),
    # Of a visit that the regulator booked; this one is the practice's.
    "same-patient": Line(NOBODY, _visit, post=True),
    # Open to the regulator who booked, and this visit is the practice's.
    "correct-given": Line(NOBODY, _visit),
    "move-referral": Line(NOBODY, _visit),
    # By the patients themselves: open to everybody.
    "online-find": Line(EVERYBODY, query=lambda world: "?quoi=tournesol", public=True),
    "online-practitioner": Line(EVERYBODY, _of, public=True),
    "online-hours": Line(EVERYBODY, _of, public=True),
    "online-wait": Line(EVERYBODY, _of, public=True),
    "waiting-list": Line(PRACTICE),
    "waiting-add": Line(BOOK, _of),
    "waiting-remove": Line(NOBODY, _unknown, post=True),
    "wait-for": Line({"regulator"}, _of),
    "online-waiting": Line(NOBODY, lambda world: ["x"]),
    "online-earlier": Line(NOBODY, lambda world: ["x"]),
    # An hour is to be named; then what a browser that began a booking has alone (tests/appointments/online).
    "online-choose": Line(NOBODY, post=True),
    "online-details": Line(NOBODY, _unknown),
    "online-code": Line(NOBODY, _unknown),
    "online-code-again": Line(NOBODY, _unknown, post=True),
    "online-done": Line(NOBODY, _unknown),
    # Of a link that is nobody's.
    **{
        f"online-{name}": Line(NOBODY, lambda world: ["x"], post=name in {"cancel", "late"})
        for name in ("manage", "move", "cancel", "late", "calendar-file")
    },
    **{f"online-{name}": Line(EVERYBODY, public=True) for name in ("mine", "accessibility", "data", "legal")},
    "online-settings": Line(HEADS, _organization),
    "messages-home": Line(HEADS, _organization),
    "messages-settings": Line(HEADS, lambda world: [world.organization.id, "rappel"]),
    # Open to who has the key of the provider of SMS (tests/appointments/messages/test_receipts.py).
    "sms-receipt": Line(NOBODY, post=True),
    "sms-answer": Line(NOBODY, post=True),
    # Openings.
    "openings-home": Line(PRACTICE),
    "openings": Line(SEE, _of),
    "openings-week": Line(SEE, _day),
    "rule-new": Line(MANAGE, _of),
    "one-off-new": Line(MANAGE, _of),
    "rule": Line(MANAGE, _rule),
    "rule-delete": Line(MANAGE, _rule),
    "rule-day": Line(MANAGE, _rule_day),
    "periods": Line(SEE, _of),
    "absence-new": Line(BOOK, _of),
    "absence": Line(BOOK, _absence),
    "absence-delete": Line(BOOK, _absence),
    "empty-day": Line(BOOK, _day),
    "emptied": Line(BOOK, _emptied),
    "emptied-told": Line(BOOK, _emptied, post=True),
    # A manager closes their place even where the practitioner keeps them out of the agenda, but from another page than theirs.
    "closure-new": Line(MANAGE, _of),
    "closure": Line(MANAGE, _closure),
    "closure-delete": Line(MANAGE, _closure),
    # Sent by who manages.
    "visibility": Line(SEE, _of),
    "seen-by-sas": Line(SEE, _of),
    "setup-history": Line(SEE, _of),
    # Of an organization: who is kept out of one of its agendas keeps the others.
    "practice-reasons": Line(SEE | HEADS, _organization),
    "practice-reason-new": Line(MANAGE | HEADS, _organization),
    "practice-reason": Line(MANAGE | HEADS, _reason),
    "practice-reason-move": Line(MANAGE | HEADS, _reason, post=True),
    "practice-reasons-start": Line(MANAGE, lambda world: [world.organization.id, world.practitioner.id], post=True),
    # In figures: of the agendas that one manages.
    **{
        name: Line(MANAGE | HEADS, _organization)
        for name in ("statistics", "statistics-file", "sas-report", "sas-report-file")
    },
    # From elsewhere.
    "imports": Line(MANAGE | HEADS, _organization),
    "import": Line(MANAGE, lambda world: [world.brought.id]),
    "import-act": Line(MANAGE, lambda world: [world.brought.id], post=True),
    "other-calendars": Line({"practitioner"}, _of),
    "other-calendar-act": Line({"practitioner"}, lambda world: [world.practitioner.id, world.other.id], post=True),
    # Who may do what.
    "rights-now": Line(EVERYBODY - {"anonymous"}),
    "shortcuts": Line(EVERYBODY - {"anonymous"}, post=True),
    "team-home": Line(SAYS | HEADS | {"stranger"}),
    "team": Line(SAYS | HEADS, _organization),
    "team-member": Line(SAYS | HEADS, _member),
    "team-member-remove": Line(HEADS, _member),
    "team-managers": Line({"practitioner"}, lambda world: [world.organization.id, world.practitioner.id], post=True),
    "team-invite": Line(HEADS, _organization),
    "team-invitation-resend": Line(HEADS, _invited, post=True),
    "team-invitation-withdraw": Line(HEADS, _invited, post=True),
    # Setting a practice up.
    "assistant-home": Line(HEADS),
    "assistant": Line(HEADS, _organization),
    "assistant-practice": Line(HEADS, _organization),
    "assistant-practitioners": Line(HEADS, _organization),
    "assistant-practitioner": Line(HEADS, _colleague),
    "assistant-places": Line(HEADS, _organization),
    "assistant-place-new": Line(HEADS, _organization),
    "assistant-place": Line(HEADS, lambda world: [world.organization.id, world.here.location_id]),
    "assistant-reasons": Line(HEADS, _organization),
    "assistant-starting-reasons": Line(
        {"manager"}, lambda world: [world.organization.id, world.practitioner.id], post=True
    ),
    "assistant-hours": Line(HEADS, _organization),
    "assistant-week": Line({"manager"}, lambda world: [world.organization.id, world.practitioner.id]),
    "assistant-audiences": Line(HEADS, _organization),
    "assistant-team": Line(HEADS, _organization),
    "assistant-check": Line(HEADS, _organization),
    "assistant-publish": Line(HEADS, _organization, post=True),
    # Operators.
    "operations": Line(OPERATOR),
    "operations-deliveries": Line(OPERATOR),
    "operations-send-all-again": Line(OPERATOR, post=True),
    "operations-delivery": Line(NOBODY, _unknown),
    "operations-send-again": Line(NOBODY, _unknown, post=True),
    "operations-reconciliation": Line(OPERATOR),
    "operations-reconciliation-file": Line(OPERATOR),
    "operations-circuit": Line(OPERATOR),
    "operations-probe": Line(OPERATOR, post=True),
    "operations-inbound": Line(OPERATOR),
    "operations-inbound-call": Line(NOBODY, _unknown),
    # The border: certificates, no session.
    "fhir-metadata": Line(NOBODY),
    "fhir-slots": Line(NOBODY),
    "fhir-practitioners": Line(NOBODY, post=True),
    "fhir-unknown": Line(NOBODY),
    "fhir-root": Line(NOBODY),
    # The last: nobody is in any more.
    "sign-out": Line(EVERYBODY, post=True),
}


def names(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[str]:
    """Of all addresses, the administration's aside."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if not route.startswith("admin/"):
                yield from names(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield pattern.name or route
