"""The end of a day: what is over is counted on every page and closed in one form."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Level
from accounts.models import Practitioner, User
from appointments.enums import ConsultationType, EventKind, Status
from appointments.models import Appointment, AppointmentEvent, Schedule
from interop.models import Delivery
from tests import factories
from tests.appointments.access.sending import Pairs, as_data, forms_of, typed_over
from tests.appointments.agenda.pages import text_of, words
from tests.conftest import SignIn
from tests.factories import at

pytestmark = pytest.mark.django_db
DAY, ADDRESS = "2026-11-25", "/a-clore/"


def over(schedule: Schedule, clock: str, *, day: str = DAY, arrived: str = "", **fields: Any) -> Appointment:
    made = factories.appointment(schedule_=schedule, start=at(day, clock), **fields)
    if arrived:
        Appointment.objects.filter(pk=made.pk).update(arrived_at=at(day, arrived))
    return made


def form_of(page: Any) -> Pairs:
    return next(one.fields for one in forms_of(page.content.decode(), ADDRESS) if "sort-" in str(one.fields))


def chosen(page: Any) -> list[str]:
    return [value for name, value in form_of(page) if name.startswith("sort-")]


def waiting(page: Any) -> str:
    """What the navigation says beside « À clore »."""
    found = re.search(r'class="side__count">(.*?)</span></a>', page.content.decode(), re.DOTALL)
    return words(found[1]) if found else ""


def test_every_page_says_how_many_are_over_and_not_closed(
    secretary_client: Client, practitioner: Practitioner, schedule: Schedule
) -> None:
    agenda = f"/agenda/{practitioner.id}/jour/2026-11-26/"
    assert waiting(secretary_client.get(agenda)) == ""
    over(schedule, "09:00")
    over(schedule, "09:00", day="2026-11-20")
    over(schedule, "10:30")  # Until 10:45: the patient is in.
    over(schedule, "08:00", status=Status.FULFILLED)
    over(schedule, "08:30", status=Status.CANCELLED)
    over(factories.schedule(), "09:00")  # Of others.
    assert waiting(secretary_client.get(agenda)) == "2 rendez-vous passés sans statut"
    assert waiting(secretary_client.get(f"/agenda/{practitioner.id}/horaires/")) == "2 rendez-vous passés sans statut"


def test_beyond_ninety_nine_it_is_many(secretary_client: Client, schedule: Schedule) -> None:
    one = over(schedule, "09:00", day="2026-11-20")
    rows = []
    for number in range(1, 100):
        start = one.start - timedelta(days=number)
        fields = {
            field.attname: getattr(one, field.attname) for field in one._meta.concrete_fields if not field.generated
        }
        fields |= {"id": None, "request_id": None, "start": start, "end": start + timedelta(minutes=15)}
        rows.append(Appointment(**{name: value for name, value in fields.items() if value is not None}))
    Appointment.objects.bulk_create(rows)
    page = secretary_client.get(ADDRESS)
    assert waiting(page) == "99+ rendez-vous passés sans statut"
    assert "Plus ancien, 100 jours" in words(page.content.decode())


@pytest.mark.parametrize("level", [Level.BUSY, Level.SEE])
def test_who_only_looks_closes_nothing(schedule: Schedule, sign_in: SignIn, level: Level) -> None:
    helper = factories.user()
    factories.delegate(helper, schedule, level)
    over(schedule, "09:00")
    browser = sign_in(helper)
    assert browser.get(ADDRESS).status_code == 404
    assert ADDRESS not in browser.get("/", follow=True).content.decode()


def test_a_day_of_twelve_is_closed_with_one_button(secretary_client: Client, schedule: Schedule) -> None:
    regulator = factories.regulator_actor()
    for number in range(12):
        start = at("2026-11-24", "08:00") + timedelta(minutes=15 * number)
        made = factories.appointment(schedule_=schedule, start=start, by=regulator if number == 7 else None)
        if number % 6:
            Appointment.objects.filter(pk=made.pk).update(arrived_at=start - timedelta(minutes=4))
    page = secretary_client.get(ADDRESS)
    assert "12 rendez-vous passés d’hier" in text_of(page)
    assert "10 honorés, 2 non honorés. 1 vient du SAS" in text_of(page)
    with CaptureQueriesContext(connection) as queries:
        answer = secretary_client.post(ADDRESS, as_data(form_of(page)))
    assert len(queries) <= 12 * 12
    assert answer.status_code == 303
    assert "12 rendez-vous clos : 10 honorés, 2 non honorés." in text_of(secretary_client.get(answer.url))
    assert "Hier : tout est clos." in text_of(secretary_client.get(answer.url))
    assert AppointmentEvent.objects.filter(kind=EventKind.FULFILLED).count() == 10
    assert AppointmentEvent.objects.filter(kind=EventKind.NOSHOW).count() == 2
    assert Delivery.objects.filter(event__kind=EventKind.FULFILLED).count() == 1


def test_what_is_proposed_follows_the_arrivals_that_were_noted(secretary_client: Client, schedule: Schedule) -> None:
    over(schedule, "08:00", arrived="07:55")
    over(schedule, "08:30")
    over(schedule, "09:00", consultation_type=ConsultationType.HH)
    over(schedule, "09:30", consultation_type=ConsultationType.VR)
    assert chosen(secretary_client.get(ADDRESS)) == ["fulfilled", "noshow", "fulfilled", "fulfilled"]


def test_where_few_arrivals_are_noted_nobody_is_taken_for_absent(
    secretary: User, secretary_client: Client, practitioner: Practitioner, schedule: Schedule
) -> None:
    colleague = factories.colleague(schedule)
    factories.delegate(secretary, colleague)
    over(schedule, "08:00")
    over(schedule, "08:30")
    over(schedule, "10:00", arrived="09:50")
    over(colleague, "09:00", arrived="08:50")
    over(colleague, "09:30")
    page = secretary_client.get(ADDRESS)
    assert chosen(page) == ["fulfilled", "fulfilled", "fulfilled", "noshow", "fulfilled"]
    too_few = (
        f"Moins de la moitié des arrivées sont notées pour le {practitioner} : personne n’y est proposé non honoré."
    )
    assert too_few in text_of(page)
    assert chosen(secretary_client.get(f"{ADDRESS}?praticien={practitioner.id}")) == ["fulfilled"] * 3


def test_days_that_were_left_are_listed_and_the_latest_is_opened(secretary_client: Client, schedule: Schedule) -> None:
    over(schedule, "09:00", day="2026-11-20")
    over(schedule, "09:00", day="2026-11-18")
    page = text_of(secretary_client.get(ADDRESS))
    assert "Aujourd’hui, 0 Hier, 0" in page
    assert "Plus ancien, 2 jours Vendredi 20 novembre, 1 Mercredi 18 novembre, 1" in page
    assert "1 rendez-vous passé du vendredi 20 novembre" in page
    assert "1 rendez-vous passé du mercredi 18" in text_of(secretary_client.get(f"{ADDRESS}?jour=2026-11-18"))


def test_a_line_changed_meanwhile_is_told_and_the_others_are_done(secretary_client: Client, schedule: Schedule) -> None:
    first, moved, same = over(schedule, "08:00"), over(schedule, "08:30"), over(schedule, "09:00")
    sent = typed_over(form_of(secretary_client.get(ADDRESS)), {f"sort-{moved.id}": "noshow"})
    for one, status in ((moved, Status.BOOKED), (same, Status.FULFILLED)):
        Appointment.objects.filter(pk=one.pk).update(version=2, status=status, arrived_at=at(DAY, "08:31"))
    answer = secretary_client.post(ADDRESS, as_data(sent))
    assert answer.status_code == 409
    page = text_of(answer)
    assert "2 rendez-vous clos : 2 honorés." in page
    # Closed meanwhile just as it was to be: nothing to tell.
    assert "1 rendez-vous n’a pas été clos, les autres le sont" in page
    assert (
        f"{moved.patient.listed_name} : a changé entre-temps : relisez sa ligne. Vous aviez choisi « non honoré »."
        in page
    )
    first.refresh_from_db()
    assert (first.status, first.version) == (Status.FULFILLED, 2)
    # What was chosen is kept, and sent again it is meant.
    assert chosen(answer) == ["noshow"]
    assert secretary_client.post(ADDRESS, as_data(form_of(answer))).status_code == 303
    moved.refresh_from_db()
    assert (moved.status, moved.version) == (Status.NOSHOW, 3)


def test_what_is_left_for_later_stays_and_what_is_cancelled_writes_to_nobody(
    secretary_client: Client, schedule: Schedule
) -> None:
    kept, gone = over(schedule, "08:00"), over(schedule, "08:30", patient=factories.patient(email="p@exemple.test"))
    typed = {f"sort-{kept.id}": "later", f"sort-{gone.id}": "cancelled"}
    answer = secretary_client.post(ADDRESS, as_data(typed_over(form_of(secretary_client.get(ADDRESS)), typed)))
    assert answer.status_code == 303
    for one, status in ((kept, Status.BOOKED), (gone, Status.CANCELLED)):
        one.refresh_from_db()
        assert one.status == status
    assert not gone.events.latest("sequence").messages.exists()
    only = secretary_client.post(ADDRESS, {"version": f"{kept.id}:1", f"sort-{kept.id}": "later"}, follow=True)
    assert "Rien n’a été clos : tout est laissé pour plus tard." in text_of(only)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({}, "Il n’y a rien à clore"),
        ({"version": "x:1"}, "Choisissez pour chaque ligne"),
        ({"version": "{visit}:1"}, "Choisissez pour chaque ligne"),
        ({"version": "{visit}:1", "sort-{visit}": "arrived"}, "Choisissez pour chaque ligne"),
        ({"version": ["{visit}:1"] * 101}, "Il y a trop de lignes"),
    ],
)
def test_what_says_nothing_of_a_line_closes_nothing(
    secretary_client: Client, schedule: Schedule, sent: dict[str, Any], why: str
) -> None:
    one = over(schedule, "08:00")

    def named(value: Any) -> Any:
        return [named(each) for each in value] if isinstance(value, list) else value.replace("{visit}", str(one.id))

    answer = secretary_client.post(ADDRESS, {named(name): named(value) for name, value in sent.items()})
    assert answer.status_code == 422
    assert why in text_of(answer)
    one.refresh_from_db()
    assert one.is_booked


def test_nobody_closes_in_the_agenda_of_others(secretary_client: Client, schedule: Schedule) -> None:
    other = over(factories.schedule(), "08:00")
    answer = secretary_client.post(ADDRESS, {"version": f"{other.id}:1", f"sort-{other.id}": "fulfilled"})
    assert answer.status_code == 409
    assert other.patient.family_name not in text_of(answer)
    other.refresh_from_db()
    assert other.is_booked


def test_a_mistake_is_corrected_there(secretary_client: Client, schedule: Schedule) -> None:
    done = over(schedule, "08:00", status=Status.NOSHOW)
    page = secretary_client.get(f"{ADDRESS}?jour={DAY}")
    [form] = [one for one in forms_of(page.content.decode(), ADDRESS) if str(done.id) in one.action]
    answer = secretary_client.post(form.action, as_data([*form.fields, ("status", "booked")]))
    assert urljoin(ADDRESS, answer.url) == f"{ADDRESS}?jour={DAY}"
    assert "1 rendez-vous passé d’aujourd’hui" in text_of(secretary_client.get(answer.url))
    away = secretary_client.post(form.action, {"version": 2, "status": "noshow", "next": "//ailleurs.example/"})
    assert away.url == f"/rendez-vous/{done.id}/"


@pytest.mark.parametrize("query", ["jour=2026-02-30", "jour=hier", "praticien=x", f"praticien={'0' * 32}"])
def test_what_is_not_there_is_not_found(secretary_client: Client, schedule: Schedule, query: str) -> None:
    assert secretary_client.get(f"{ADDRESS}?{query}").status_code == 404


@pytest.mark.parametrize("count", [1, 6])
def test_the_closing_page_keeps_its_budget(secretary_client: Client, schedule: Schedule, count: int) -> None:
    start: datetime = at("2026-11-25", "02:00")
    for number in range(count):
        for days, status in ((0, Status.BOOKED), (1, Status.BOOKED), (0, Status.FULFILLED)):
            minutes = 15 * number if status == Status.BOOKED else 15 * number + 7
            lane = {"lane": 1, "overbooked": True} if status == Status.FULFILLED else {}
            factories.appointment(
                schedule_=schedule, start=start + timedelta(minutes=minutes, days=-days), status=status, **lane
            )
    with CaptureQueriesContext(connection) as queries:
        assert secretary_client.get(ADDRESS).status_code == 200
    # Session, user, rights; agendas, the days there are, that day’s visits, what the SAS knows; the count of every page.
    assert len(queries) == 8
