"""Why nobody is received is drawn and said: absences, closures of a place, public holidays, of what is shown alone."""

from datetime import date, time
from typing import Any

import pytest
from django.test import Client

from accounts.models import Practitioner
from appointments.grid import Span
from appointments.models import Closure, Schedule
from appointments.pages.breaks import Break, hatched
from tests import factories
from tests.appointments.agenda.pages import blocks_of, days_of, text_of
from tests.factories import at

pytestmark = pytest.mark.django_db
THURSDAY = "2026-11-26"
CHRISTMAS = "2026-12-25"  # a Friday


def day_page(client: Client, schedule: Schedule, day: str = THURSDAY, query: str = "") -> Any:
    response = client.get(f"/agenda/{schedule.practitioner_id}/jour/{day}/{query}")
    assert response.status_code == 200
    return response


def zones(response: Any, day: str = THURSDAY) -> list[tuple[str, str]]:
    return [(item.css, item.text) for item in days_of(response)[day] if "is-zone" in item.css]


@pytest.fixture
def lilas(practitioner: Practitioner, schedule: Schedule) -> Schedule:
    """The second place, open on Thursdays from 9 to 10, whatever the holiday."""
    place = factories.location(name="Maison des Lilas", holidays="none")
    return factories.rule(
        schedule=factories.schedule(practitioner=practitioner, location=place),
        weekdays=[4, 5],
        start_time=time(9),
        end_time=time(10),
    ).schedule


def test_a_closure_is_hatched_and_named(practitioner_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, weekdays=[4], start_time=time(8), end_time=time(18))
    closure = Closure.objects.create(
        location=schedule.location, start=at(THURSDAY, "10:00"), end=at(THURSDAY, "12:00"), label="Travaux"
    )
    response = day_page(practitioner_client, schedule)
    assert zones(response) == [("is-zone at-10h for-2h", "Travaux, fermeture de 10 h 00 à 12 h 00")]
    assert f'href="/agenda/{schedule.practitioner_id}/horaires/fermeture/{closure.id}/"' in response.content.decode()


def test_a_public_holiday_is_hatched_and_named(practitioner_client: Client, schedule: Schedule) -> None:
    schedule.location.holidays = "metropole"
    schedule.location.save()
    factories.rule(schedule=schedule, weekdays=[5], start_time=time(8), end_time=time(18))
    response = day_page(practitioner_client, schedule, CHRISTMAS)
    assert zones(response, CHRISTMAS) == [("is-zone at-8h for-10h", "Noël, jour férié de 8 h 00 à 18 h 00")]
    assert "Jour férié : Noël" in text_of(response)
    assert "Ni horaires ni rendez-vous" not in text_of(response)
    # What a rule opens all the same is not hatched.
    factories.rule(schedule=schedule, weekdays=[5], start_time=time(8), end_time=time(12), on_holidays=True)
    response = day_page(practitioner_client, schedule, CHRISTMAS)
    assert zones(response, CHRISTMAS) == [("is-zone at-12h for-6h", "Noël, jour férié de 12 h 00 à 18 h 00")]
    assert "Jour férié : Noël" in text_of(response)


def test_an_absence_at_one_place_is_said_where_another_has_free_slots(
    practitioner_client: Client, schedule: Schedule, lilas: Schedule
) -> None:
    factories.rule(schedule=schedule, weekdays=[4], start_time=time(9), end_time=time(10))
    absence = factories.absence(
        practitioner=schedule.practitioner,
        schedule=schedule,
        start=at(THURSDAY, "09:00"),
        end=at(THURSDAY, "10:00"),
        label="Formation",
    )
    response = day_page(practitioner_client, schedule)
    assert len(blocks_of(response, THURSDAY)) == 4
    assert "Absence : Formation, 9 h 00 – 10 h 00, Cabinet de la Glycine" in text_of(response)
    assert "Formation · Cabinet de la Glycine, absence de 9 h 00 à 10 h 00" in [text for _, text in zones(response)]
    # One link, where no slot covers it.
    assert response.content.decode().count(f"/horaires/absence/{absence.id}/") == 1


def test_what_is_closed_elsewhere_is_not_shown(
    practitioner_client: Client, schedule: Schedule, lilas: Schedule
) -> None:
    day = date(2026, 11, 26)
    factories.absence(
        practitioner=schedule.practitioner, schedule=schedule, first_day=day, last_day=day, label="Formation"
    )
    Closure.objects.create(location=schedule.location, first_day=day, last_day=day, label="Travaux")
    shown = text_of(day_page(practitioner_client, schedule, query=f"?lieu={lilas.id}"))
    assert "Formation" not in shown
    assert "Travaux" not in shown
    # At its own place, it is whole: the grid says it, and nothing else needs to.
    own = text_of(day_page(practitioner_client, schedule, query=f"?lieu={schedule.id}"))
    assert own.count("Formation") == own.count("Travaux") == 1


def test_a_holiday_of_one_place_names_it(practitioner_client: Client, schedule: Schedule, lilas: Schedule) -> None:
    schedule.location.holidays = "metropole"
    schedule.location.save()
    response = day_page(practitioner_client, schedule, CHRISTMAS)
    assert "Jour férié : Noël, Cabinet de la Glycine" in text_of(response)
    assert [css for css, _ in zones(response, CHRISTMAS)] == ["is-zone at-8h for-1h", "is-zone at-10h for-8h"]


def test_an_absence_in_whole_days_is_cut_at_each_place_s_midnight(
    practitioner_client: Client, schedule: Schedule
) -> None:
    island = factories.location(name="Case", time_zone="Indian/Reunion")
    factories.schedule(practitioner=schedule.practitioner, location=island)
    day = date(2026, 11, 26)
    factories.absence(practitioner=schedule.practitioner, first_day=day, last_day=day)
    page = text_of(day_page(practitioner_client, schedule))
    assert "Absence, Cabinet de la Glycine" in page
    assert "Absence, le jeudi 26 novembre 2026 de 0 h 00 à 24 h 00, heure de La Réunion, Case" in page


def test_what_is_outside_the_shown_hours_is_said(practitioner_client: Client, schedule: Schedule) -> None:
    factories.absence(
        practitioner=schedule.practitioner, start=at(THURSDAY, "20:00"), end=at(THURSDAY, "21:00"), label="Garde"
    )
    assert "Absence : Garde, 20 h 00 – 21 h 00" in text_of(day_page(practitioner_client, schedule))


@pytest.mark.parametrize(
    ("spans", "pieces"),
    [
        ([], []),
        ([(480, 600)], [(480, 600, 1)]),
        ([(480, 1080), (600, 720)], [(480, 600, 1), (600, 1080, 1)]),
        ([(480, 600), (480, 720), (900, 960)], [(480, 720, 2), (900, 960, 1)]),
        ([(0, 1440)], [(480, 1080, 1)]),
        ([(0, 480), (1080, 1440)], []),
    ],
)
def test_no_name_stands_on_another(spans: list[tuple[int, int]], pieces: list[tuple[int, int, int]]) -> None:
    found = hatched([Break("absence", "", Span(*span)) for span in spans], (8, 18))
    assert [(span.start, span.end, len(begun)) for span, begun in found] == pieces
