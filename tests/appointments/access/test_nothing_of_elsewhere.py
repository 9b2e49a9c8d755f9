"""Who has rights at one organization sees when the practitioner is taken elsewhere, and nothing else, in any page."""

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Level
from accounts.models import User
from accounts.rights import actor_of
from appointments.agenda.selectors.appointment_page import takers_of
from appointments.agenda.selectors.obstacles import obstacle_sentences
from appointments.booking.services.obstacles import Kind, Obstacle
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.appointments.access.conftest import SECRETS, World, readable, secrets_in, typed
from tests.appointments.access.table import AT_ONE, DAY, TABLE
from tests.appointments.access.test_every_address import admin_lists
from tests.appointments.agenda.pages import days_of
from tests.factories import PARIS, at

pytestmark = pytest.mark.django_db
Browser = Callable[[str], Client]


@pytest.mark.usefixtures("bare_doors")
@pytest.mark.parametrize("kind", [one for one in AT_ONE if one not in {"see", "book"}])
def test_no_address_of_what_is_elsewhere_tells_a_word_of_it(kind: str, world: World, browser: Browser) -> None:
    """Those of here: test_every_address. Of who may the least in an agenda and who may the most, not of who is between."""
    client = browser(kind)
    told = []
    for address, post in _elsewhere(world):
        with transaction.atomic():
            answer: Any = client.post(address, typed(world)) if post else client.get(address)
            transaction.set_rollback(True)
        told += [f"{address}: {word}" for word in secrets_in(answer)]
    assert not told, "\n".join(told)


def test_the_practitioner_reads_all_of_it(world: World, browser: Browser) -> None:
    """Else the test above would find nothing because nothing is there."""
    client = browser("practitioner")
    pages = [client.get(address) for address, post in _elsewhere(world) if not post]
    text = "".join(map(readable, pages))
    unseen = {"612345678", "07 h 35"}  # as it is kept, and as nobody writes it
    assert [word for word in SECRETS if word not in text and word not in unseen] == []


def test_time_that_is_taken_elsewhere_is_one_block_with_its_start_and_end(world: World, browser: Browser) -> None:
    address = reverse("agenda-week", args=[world.practitioner.id, DAY])
    days = days_of(browser("book").get(address))
    taken = {
        day: [item.text for item in items if "Occupé" in item.text] for day, items in days.items() if items is not None
    }
    assert taken["2026-11-26"] == ["Occupé de 14 h 00 à 14 h 30", "Occupé de 17 h 00 à 17 h 15"]
    assert taken["2026-11-24"] == ["Occupé de 9 h 00 à 10 h 00"]
    assert taken["2026-11-28"] == ["Occupé de 10 h 00 à 11 h 00"]
    assert any("Absence d’ici" in item.text for item in days["2026-11-27"])


def test_who_may_see_busy_time_alone_is_told_closed_hours_from_free_ones(world: World, browser: Browser) -> None:
    address = reverse("agenda-day", args=[world.practitioner.id, DAY])
    answer = browser("busy").get(f"{address}?replier=non")
    items = [item.text for item in days_of(answer)["2026-11-26"]]
    assert items == [
        "Fermé de 8 h 00 à 9 h 00", "Occupé de 9 h 00 à 9 h 15", "Libre de 9 h 15 à 12 h 00", "Fermé de 12 h 00 à 14 h 00",
        "Occupé de 14 h 00 à 14 h 30", "Fermé de 14 h 30 à 17 h 00", "Occupé de 17 h 00 à 17 h 15", "Fermé de 17 h 15 à 18 h 00",
    ]  # fmt: skip
    assert "d’ici" not in readable(answer)


@pytest.mark.parametrize("count", [1, 6])
def test_time_that_is_taken_elsewhere_costs_the_same_whatever_there_is(
    world: World, browser: Browser, count: int
) -> None:
    for number in range(count):
        start = at("2026-11-25", "08:00") + timedelta(minutes=20 * number)
        factories.appointment(schedule_=world.there, start=start)
    client, address = browser("book"), reverse("agenda-week", args=[world.practitioner.id, DAY])
    # Where one is, is written once.
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    # Eight as for the practitioner (tests/appointments/agenda/test_agenda_queries.py); absences of elsewhere.
    assert len(queries) == 9


def test_what_is_in_the_way_elsewhere_is_not_named(world: World, browser: Browser) -> None:
    client = browser("book")
    answer = client.post(reverse("new-appointment", args=[world.practitioner.id]), typed(world))
    assert answer.status_code == 409
    text = html.unescape(answer.content.decode())
    assert "Le praticien est dans un autre lieu de 14" in text
    assert not [word for word in SECRETS if word in text]


def test_an_absence_that_is_not_read_is_time_that_is_taken(world: World) -> None:
    user = factories.user()
    for one in (world.here, world.colleague):
        factories.delegate(user, one, Level.BOOK)
    whose = world.colleague.practitioner
    away = factories.absence(practitioner=whose, start=world.visit.start, end=world.visit.end, label="Secret")

    def told() -> list[str]:
        """To give the visit to the colleague, and to book there."""
        actor = actor_of(user, {})
        found = [Obstacle(Kind.ABSENCE, "Le praticien n’est pas disponible à ce moment.", away.id)]
        return [takers_of(world.visit, actor=actor)[0].state, *obstacle_sentences(found, actor=actor, zone=PARIS)]

    assert told() == ["absent", "Une absence est notée à ce moment (Secret)."]
    factories.schedule(practitioner=whose)
    assert told() == ["occupé", "Le praticien n’est pas disponible à ce moment."]


def test_an_absence_everywhere_is_read_by_who_sees_all_places(world: World, sign_in: Callable[[User], Client]) -> None:
    secretary = factories.user()
    factories.delegate(secretary, world.here, Level.SEE)
    address = reverse("agenda-week", args=[world.practitioner.id, DAY])
    assert "Partout-secret" not in sign_in(secretary).get(address).content.decode()
    factories.delegate(secretary, world.there, Level.SEE)
    assert "Partout-secret" in sign_in(secretary).get(address).content.decode()


def test_the_administration_names_no_patient_and_tells_no_absence(
    world: World, sign_in: Callable[[User], Client]
) -> None:
    """Not even to a secretary of one place who looks after the installation too."""
    staff = factories.user(is_staff=True, is_superuser=True)
    factories.delegate(staff, world.here, Level.MANAGE)
    client = sign_in(staff)
    private = [*SECRETS[:6], "Absence-secrète", "Partout-secret"]
    rows = [world.visit_there, world.absence_there, world.absence_everywhere, world.visit_there.events.get()]
    pages = [reverse(f"admin:{one._meta.app_label}_{one._meta.model_name}_change", args=[one.pk]) for one in rows]
    told = []
    for address in [*admin_lists(), *(f"{one}?q=secret" for one in admin_lists()), *pages]:
        text = html.unescape(client.get(address, follow=True).content.decode())
        told += [f"{address}: {word}" for word in private if word in text]
    assert not told, "\n".join(told)


def _elsewhere(world: World) -> list[tuple[str, bool]]:
    """Addresses of what is elsewhere, those of other days, then words in addresses; whether each is posted to."""
    whose = world.practitioner.id
    there = {
        "appointment": [world.visit_there.id], "appointment-cancel": [world.visit_there.id],
        "appointment-confirmation": [world.visit_there.id], "rule": [whose, world.rule_there.id],
        "rule-delete": [whose, world.rule_there.id], "rule-day": [whose, world.rule_there.id, DAY],
        "absence-delete": [whose, world.absence_there.id], "absence": [whose, world.absence_there.id],
        "closure": [whose, world.closure_there.id], "closure-delete": [whose, world.closure_there.id],
        "practice-reason": [world.organization.id, world.reason_there.id],
        "practice-reason-new": [world.there.organization_id], "practice-reasons": [world.there.organization_id],
        "team": [world.there.organization_id], "appointment-move": [world.visit_there.id],
        "appointment-reassign": [world.visit_there.id], "appointment-status": [world.visit_there.id],
        "correct-patient": [world.visit_there.id], "correct-given": [world.visit_there.id],
        "move-referral": [world.visit_there.id],
        "team-invite": [world.there.organization_id],
    }  # fmt: skip
    found = [(reverse(name, args=given), TABLE[name].post) for name, given in there.items()]
    found.append((reverse("absence", args=[whose, world.absence_everywhere.id]), False))
    for name in ("agenda-week", "agenda-day"):
        for days in (-2, 2, 28):
            found.append((reverse(name, args=[whose, DAY + timedelta(days=days)]), False))
        found.append((f"{reverse(name, args=[whose, DAY])}?lieu={world.there.id}", False))
    key = SlotKey(world.there.id, at("2026-11-26", "11:30"), 15)
    slots, book = reverse("practitioner-slots", args=[whose]), reverse("book")
    found += [(f"{slots}?creneau={key}", False), (f"{book}?creneau={key}", False), (f"{book}?creneau={key}", True)]
    new = reverse("new-appointment", args=[whose])
    found += [(f"{new}?lieu={world.there.id}&jour=2026-11-26", False), (new, True)]
    found += [(reverse(name, args=[whose]), True) for name in ("rule-new", "one-off-new", "absence-new", "closure-new")]
    return found
