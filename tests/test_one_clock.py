"""One clock: an hour is shown in its appointment's place, and the place's clock is named where the reader's may be another."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.template import engines
from django.test import Client
from django.urls import reverse

from accounts.enums import Level, Role
from accounts.french import clock
from accounts.models import AccessNotice, Delegation, Membership, Organization, Practitioner, Regulator, User
from accounts.rights import Actor
from accounts.services.access import Given, change_member
from accounts.services.access_notices import send_notice
from accounts.services.invitations import invite_manager, send_invitation
from accounts.services.passwords import send_password_reset
from accounts.services.sign_in_warnings import send_sign_in_warning
from appointments.enums import ConsultationType, MessageKind
from appointments.messages.services.sending import send_message
from appointments.models import (
    Absence,
    Appointment,
    Closure,
    Emptying,
    ImportRun,
    Reason,
    Rule,
    Schedule,
)
from appointments.slots.slot_key import SlotKey
from interop.models import Delivery
from tests import factories
from tests.appointments.access.table import TABLE
from tests.appointments.agenda.pages import posted_despite
from tests.appointments.call.requests import filled_in, send
from tests.factories import PARIS, at
from tests.undoing import undone

pytestmark = pytest.mark.django_db

GUADELOUPE, REUNION = ZoneInfo("America/Guadeloupe"), ZoneInfo("Indian/Reunion")
# In Paris it is the next day already.
NOW = at("2026-11-26", "02:13")
# At the place, each with minutes of its own.
VISIT, OTHER_VISIT, OPENS, CLOSES = time(9, 7), time(10, 37), time(8, 5), time(11, 35)
AWAY, BACK, SHUT, OPEN_AGAIN = time(15, 21), time(16, 21), time(17, 41), time(18, 41)
HOURS = [VISIT, OTHER_VISIT, OPENS, CLOSES, AWAY, BACK, SHUT, OPEN_AGAIN]
DAY = "2026-11-26"


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@dataclass
class World:
    practitioner: Practitioner
    organization: Organization
    here: Schedule
    rule: Rule
    reason: Reason
    absence: Absence
    closure: Closure
    emptied: Emptying
    visit: Appointment
    member: Membership
    given: Delegation
    brought: ImportRun
    regulator: Regulator
    delivery: Delivery

    @property
    def booker(self) -> Actor:
        return Actor(user=self.regulator.user, regulator=self.regulator)


def there_is(zone: ZoneInfo, *, name: str = "Cabinet", like: World | None = None, later: int = 0) -> World:
    """A day of an agenda at a place of this zone, of the same people as `like`; all of it so many minutes later."""
    practitioner = like.practitioner if like else factories.practitioner(user=factories.user())
    regulator = like.regulator if like else factories.regulator()
    place = factories.location(name=name, time_zone=zone.key)
    here = factories.schedule(practitioner=practitioner, location=place)
    reason = factories.reason(here)
    manager = factories.member(place.organization, factories.user(), Role.MANAGER).user
    given = factories.delegate(factories.user(), here, Level.SEE)

    def then(hour: time) -> datetime:
        return at(DAY, f"{plus(hour, later):%H:%M}", zone)

    visit = factories.appointment(
        schedule_=here, start=then(VISIT), by=Actor(user=regulator.user, regulator=regulator),
        patient=factories.patient(email="kumquat@exemple.test"), reason=reason,
    )  # fmt: skip
    factories.appointment(schedule_=here, start=then(OTHER_VISIT), patient=visit.patient)
    wanted = Given(practitioner.pk, Level.BOOK, at("2026-11-29", "00:00", zone))
    change_member(
        membership_id=Membership.objects.get(user=given.user).pk, version=0, accesses=[wanted],
        by=Actor(user=manager, managed=frozenset({place.organization_id})), now=NOW,
    )  # fmt: skip
    return World(
        practitioner=practitioner,
        organization=place.organization,
        here=here,
        rule=factories.rule(
            schedule=here,
            reasons=[reason],
            start_time=plus(OPENS, later),
            end_time=plus(CLOSES, later),
            step_minutes=45,
        ),
        reason=reason,
        absence=Absence.objects.create(calendar=here.calendar, schedule=here, start=then(AWAY), end=then(BACK)),
        closure=Closure.objects.create(location=place, start=then(SHUT), end=then(OPEN_AGAIN)),
        emptied=factories.emptying(here, f"{then(VISIT):%Y-%m-%d}"),
        visit=visit,
        member=place.organization.memberships.exclude(user=manager)[0],
        given=given,
        brought=factories.brought(here, manager),
        regulator=regulator,
        delivery=Delivery.objects.get(appointment=visit),
    )


@pytest.fixture
def browsers(
    monkeypatch: pytest.MonkeyPatch,
    sign_in: Callable[[User], Client],
    sign_in_regulator: Callable[[Regulator], Client],
) -> Callable[[World], dict[str, Client]]:
    # The administration's own pages count on unknown variables being empty.
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "")  # type: ignore[attr-defined]

    def make(world: World) -> dict[str, Client]:
        assert world.practitioner.user is not None
        return {
            "practice": sign_in(world.practitioner.user),
            "regulator": sign_in_regulator(world.regulator),
            "operator": sign_in(factories.user(is_staff=True, is_superuser=True)),
        }

    return make


# The kind that they are in the table of rights.
KINDS = {"practice": "practitioner", "regulator": "regulator", "operator": "operator"}


def pages_of(world: World, who: str) -> Iterator[tuple[str, str]]:
    """Name and address of all that this browser may read."""
    for name, line in TABLE.items():
        if name == "operations-delivery":
            yield name, reverse(name, args=[world.delivery.pk])
        elif not line.post and KINDS[who] in line.may:
            yield name, line.address(name, world)
    if who != "operator":
        return
    rows = [world.rule, world.absence, world.closure, world.visit, world.visit.events.all()[0]]
    for row in rows:
        page = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        yield f"{page}_changelist", reverse(f"{page}_changelist")
        yield f"{page}_change", reverse(f"{page}_change", args=[row.pk])


def words_of(answer: Any, *, fields: bool = True) -> str:
    """What is read on a page, with plain blanks; with what its `fields` hold."""
    page = b"".join(answer).decode()
    held = " ".join(re.findall(r'<input[^>]*type="text"[^>]*value="([^"]*)"', page)) if fields else ""
    text = html.unescape(re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL) + " " + held)
    # A regulator reads the desk's clock too, said to be that, beside the place's.
    day = "(?:la veille|le lendemain|hier|aujourd’hui|demain|après-demain) à "
    text = re.sub(rf"[Ss]oit (?:{day})?\d+ h \d\d à Paris|\d+ h \d\d Paris", "", " ".join(text.split()))
    return re.sub(r" ([,.])", r"\1", text)


def plus(hour: time, minutes: int) -> time:
    return (datetime.combine(NOW, hour) + timedelta(minutes=minutes)).time()


def said(hour: time) -> str:
    return " ".join(clock(hour).split())


def in_paris(hour: time, zone: ZoneInfo) -> time:
    return at(DAY, f"{hour:%H:%M}", zone).astimezone(PARIS).time()


def is_said(hour: time, text: str) -> bool:
    """As people write it, or as the administration does."""
    return re.search(rf"(?<!\d)(?:{said(hour)}|{hour:%H:%M})(?!\d)", text) is not None


# Pages that show hours of two places without a region beside each.
NAMED_ELSEWHERE = {
    "practitioner-slots": "under the name of their place, which says whose hour it is",
    "book": "the same",
    "online-hours": "the same",
    "online-find": "the same",
    "slot-finder": "beside the name of its place",
    "operations-reconciliation-file": "a column says whose hour it is",
    "export-file": "a column says whose hour it is",
}


def test_every_page_says_the_hour_of_the_place_and_whose_it_is(browsers: Any) -> None:
    """Pages that tell an hour where there is one place are read again where there are two."""
    with undone():
        told = pages_of_one_place(browsers)
    pages_of_two_places(browsers, told)


def pages_of_one_place(browsers: Any) -> set[str]:
    """Those that tell an hour."""
    world = there_is(GUADELOUPE)
    wrong, told = [], set[str]()
    for who, client in browsers(world).items():
        for name, address in pages_of(world, who):
            answer = client.get(address, follow=True)
            text = words_of(answer)
            wrong += [f"{name}, {who}: {hour} of Paris" for hour in HOURS if is_said(in_paris(hour, GUADELOUPE), text)]
            of_operators = answer.request["PATH_INFO"].startswith(("/exploitation/", "/admin/"))
            if is_said(NOW.time(), text) and not of_operators:
                wrong.append(f"{name}, {who}: now in Paris")
            if any(is_said(hour, text) for hour in HOURS):
                told.add(name)
                if not re.search("heure de la Guadeloupe", text, re.IGNORECASE) and name not in NAMED_ELSEWHERE:
                    wrong.append(f"{name}, {who}: nobody knows whose hour")
            if re.search(rf"[Aa]ujourd’hui(?: à|,) {said(VISIT)}", text):
                wrong.append(f"{name}, {who}: today in Paris")
    assert not wrong, "\n".join(wrong)
    assert len(told) > 30, sorted(told)
    return told


# Pages that have a clock of their own, told once; what is at another says so beside it.
GRIDS = {
    "sign-in",
    "home",
    "agenda",
    "agenda-week",
    "agenda-day",
    "agenda-days",
    "agenda-month",
    "agenda-months",
    "agenda-list",
    "print-day",
    "print-week",
}  # at the clock of the practitioner's first place
OF_ONE_VISIT = {"appointment", "appointment-cancel", "correct-patient", "appointment-confirmation"}


def pages_of_two_places(browsers: Any, telling: set[str]) -> None:
    """With the hours of both, each says whose it is."""
    here = there_is(PARIS, name="Ici")
    there = there_is(REUNION, name="Là-bas", like=here, later=1)
    of_here, of_there = HOURS, [plus(hour, 1) for hour in HOURS]
    wrong, mixed = [], set()
    for who, client in browsers(here).items():
        # Of both places many pages are the same.
        read = cache(lambda address, client=client: words_of(client.get(address, follow=True), fields=False))
        for world, own, others in ((here, of_here, of_there), (there, of_there, of_here)):
            for name, address in pages_of(world, who):
                if name not in telling:
                    continue
                text = read(address)
                # Of a grid what is open and what is not is told at its clock.
                told = of_there[:2] if name in GRIDS else of_there
                wrong += [f"{name}, {who}: {hour} of Paris" for hour in told if is_said(in_paris(hour, REUNION), text)]
                if not (any(is_said(hour, text) for hour in own) and any(is_said(hour, text) for hour in others)):
                    continue
                mixed.add(name)
                if name not in NAMED_ELSEWHERE:
                    named = of_there if name in GRIDS else others if name in OF_ONE_VISIT else own + others
                    wrong += [f"{name}, {who}: {hour} of nobody" for hour in named if not is_named(hour, text)]
    assert not wrong, "\n".join(wrong)
    assert {"openings", "agenda-week", "appointment", "practitioner-slots", "my-referrals"} <= mixed


def is_named(hour: time, text: str) -> bool:
    """Whether each time that this hour is told, alone or at an end of a span, a region follows."""
    span = r"(?: (?:–|à) \d+ h \d\d)?(?: \(le lendemain\))?, heure d"
    return all(re.match(span, text[one.end() :]) for one in re.finditer(rf"(?<!\d){said(hour)}(?!\d)", text))


def test_what_is_answered_to_who_acts_says_it_too(browsers: Any) -> None:
    world = there_is(GUADELOUPE)
    clients = browsers(world)
    move, typed = reverse("appointment-move", args=[world.visit.id]), {"version": 1, "slot": "", "day": DAY}
    taken = str(SlotKey(world.here.id, world.visit.start, 45))
    answers = {
        "what is in the way": clients["practice"].post(move, typed | {"hour": "10h30"}),
        "a slot that went": send(clients["regulator"], filled_in(taken)),
        "what was moved": posted_despite(clients["practice"], move, typed | {"hour": "14h59"}),
        "what was cancelled": clients["regulator"].post(
            reverse("appointment-cancel", args=[world.visit.id]), {"version": 2}
        ),
    }
    for what, answer in answers.items():
        text = words_of(clients["practice"].get(answer["Location"]) if answer.status_code in (302, 303) else answer)
        assert [hour for hour in HOURS if is_said(in_paris(hour, GUADELOUPE), text)] == [], what
        assert any(is_said(hour, text) for hour in (*HOURS, time(14, 59))), what
        assert "heure de la Guadeloupe" in text, what


@pytest.mark.parametrize(
    ("zone", "mode", "told"),
    [
        (GUADELOUPE, ConsultationType.AMB, "9 h 07, heure de la Guadeloupe"),
        (GUADELOUPE, ConsultationType.VR, "9 h 07, heure de la Guadeloupe"),
        (PARIS, ConsultationType.VR, "9 h 07, heure de Paris"),
        (PARIS, ConsultationType.AMB, "9 h 07"),
    ],
)
def test_whoever_is_told_by_mail_or_by_phone_knows_whose_hour_it_is(
    zone: ZoneInfo, mode: ConsultationType, told: str, browsers: Any
) -> None:
    world = there_is(zone)
    Appointment.objects.filter(pk=world.visit.pk).update(consultation_type=mode)
    event = world.visit.events.get()
    for kind in MessageKind:
        message = factories.message(event, kind=kind, address=f"{kind}@exemple.test", next_attempt_at=NOW)
        assert send_message(message_id=message.pk, now=NOW)
        body = plain(mail.outbox[-1].body)
        # Who waits is told no hour: there is none yet.
        assert (f"Quand : jeudi 26 novembre 2026 à {told}\n" in body) == (kind != MessageKind.WAITING), kind
    said_aloud = words_of(browsers(world)["regulator"].get(reverse("appointment-confirmation", args=[world.visit.id])))
    day = "demain" if zone is GUADELOUPE else "aujourd’hui"
    assert f"Vous avez rendez-vous {day} à {told}" in said_aloud


def test_no_other_mail_tells_an_hour() -> None:
    world = there_is(GUADELOUPE)
    assert send_notice(notice_id=AccessNotice.objects.get().pk, now=NOW)
    assert world.practitioner.user is not None
    assert send_password_reset(user_id=world.practitioner.user.pk, asked="1")
    assert send_sign_in_warning(user_id=world.practitioner.user.pk, noticed="1")
    made = invite_manager(organization_id=world.organization.pk, email="lin@exemple.test", now=NOW)
    assert send_invitation(invitation_id=made.pk, now=NOW)
    assert len(mail.outbox) == 4
    # All that there are, with the patients' above.
    folder = Path(__file__).resolve().parent.parent / "templates"
    assert {str(one.relative_to(folder)) for one in folder.rglob("*.txt")} == {
        "mails/visit.txt", "accounts/access_mail.txt", "accounts/invitation_mail.txt", "accounts/password_reset_mail.txt",
        "accounts/sign_in_warning_mail.txt",
        # Counts of days, no hour (tests/appointments/agenda/test_closing_reminder.py).
        "practice/closing_mail.txt",
    }  # fmt: skip
    # The last day of an access is the place's: it ends there at midnight.
    assert "jusqu’au 28 novembre 2026" in plain(mail.outbox[0].body)
    assert not [one.body for one in mail.outbox if re.search(r"\d h \d\d", plain(one.body))]


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\xa0", " ")
