"""The week of a practitioner: what is drawn, where, and in which words."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Practitioner, User
from accounts.phones import written
from appointments.enums import Audience, ConsultationType, Origin, Status
from appointments.models import Appointment, Schedule
from tests import factories
from tests.appointments.agenda.pages import blocks_of, days_of, text_of
from tests.factories import at

pytestmark = pytest.mark.django_db
WEDNESDAY = "2026-11-25"
THURSDAY = "2026-11-26"


def week(client: Client, schedule: Schedule, day: str = WEDNESDAY, query: str = "") -> Any:
    """With all its hours, those at which nothing is too."""
    response = client.get(f"/agenda/{schedule.practitioner_id}/semaine/{day}/{query or '?replier=non'}")
    assert response.status_code == 200
    return response


def booked(schedule: Schedule, day: str, clock: str, **fields: Any) -> Appointment:
    details = factories.patient(given_name="Kiwano", family_name="Jasmin-Démo")
    return factories.appointment(schedule_=schedule, start=at(day, clock), patient=details, **fields)


def test_a_week_goes_from_monday_to_saturday(practitioner_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, weekdays=[1, 2, 3, 4, 5])
    response = week(practitioner_client, schedule)
    assert list(days_of(response)) == [f"2026-11-{day}" for day in range(23, 29)]
    assert "23 – 28 novembre 2026" in text_of(response)


def test_sunday_is_shown_when_something_happens_then(practitioner_client: Client, schedule: Schedule) -> None:
    booked(schedule, "2026-11-29", "10:00")
    assert "2026-11-29" in days_of(week(practitioner_client, schedule))


def test_sunday_is_shown_to_who_asks_for_it(practitioner_client: Client, schedule: Schedule) -> None:
    assert "2026-11-29" in days_of(week(practitioner_client, schedule, "2026-11-29"))


@pytest.mark.parametrize(
    ("day", "title"),
    [
        ("2026-10-01", "28 septembre – 3 octobre 2026"),
        ("2026-12-30", "28 décembre 2026 – 2 janvier 2027"),
        ("2026-06-03", "1er – 6 juin 2026"),
    ],
)
def test_the_title_says_the_period(practitioner_client: Client, schedule: Schedule, day: str, title: str) -> None:
    assert title in text_of(week(practitioner_client, schedule, day))


def test_an_appointment_is_one_link_that_says_all(practitioner_client: Client, schedule: Schedule) -> None:
    reason = factories.reason(schedule, label="Fièvre")
    one = booked(schedule, THURSDAY, "08:45", by=factories.regulator_actor(), reason=reason, minutes=15)
    (block,) = blocks_of(week(practitioner_client, schedule), THURSDAY)
    assert block.text == "8 h 45 JASMIN-DÉMO Kiwano Fièvre SAS, jusqu’à 9 h 00, au cabinet, confirmé"
    assert block.css == "at-8h at-45m for-15m"
    assert f'href="/rendez-vous/{one.id}/"' in block.html
    assert "tone-8" in block.html


def test_who_is_discreet_shows_given_names_and_initials_until_they_say_otherwise(
    practitioner_client: Client, schedule: Schedule
) -> None:
    one = booked(schedule, THURSDAY, "08:45", note="Note-secrète")
    day = f"/agenda/{schedule.practitioner_id}/jour/{THURSDAY}/"
    for discreet, told in (("1", False), ("", True)):
        answer = practitioner_client.post("/agenda/affichage/", {"discreet": discreet, "next": day})
        assert answer["Location"] == day
        page = text_of(practitioner_client.get(day))
        assert (one.patient.family_name.upper() in page) is told
        assert (written(one.patient.phone).replace("\u00a0", " ") in page) is told
        assert ("Note-secrète" in page) is told
    assert (
        practitioner_client.post("/agenda/affichage/", {"next": "//ailleurs.example/agenda/"})["Location"] == "/agenda/"
    )


def test_a_week_has_no_phone_and_no_note(practitioner_client: Client, schedule: Schedule) -> None:
    one = booked(schedule, THURSDAY, "08:45", note="Note-secrète")
    content = week(practitioner_client, schedule).content.decode()
    assert one.note not in content
    assert written(one.patient.phone) not in content


def test_what_was_left_open_is_marked(practitioner_client: Client, schedule: Schedule) -> None:
    booked(schedule, WEDNESDAY, "09:00")
    booked(schedule, WEDNESDAY, "09:15", status=Status.FULFILLED)
    open_, closed = blocks_of(week(practitioner_client, schedule), WEDNESDAY)
    assert "à clore" in open_.text
    assert "à clore" not in closed.text


def test_a_block_is_short(practitioner_client: Client, schedule: Schedule) -> None:
    """Hundreds of them make a page."""
    reason = factories.reason(schedule, label="Renouvellement d’ordonnance")
    for minute in range(0, 60, 15):
        booked(schedule, THURSDAY, f"08:{minute:02}", by=factories.regulator_actor(), reason=reason)
    blocks = blocks_of(week(practitioner_client, schedule), THURSDAY)
    assert max(len(one.html) for one in blocks) <= 480


@pytest.mark.parametrize(
    ("status", "css", "word"),
    [
        (Status.FULFILLED, "appt--done", "honoré"),
        (Status.NOSHOW, "appt--noshow", "non honoré"),
        (Status.CANCELLED, "appt--cancelled", "annulé"),
    ],
)
def test_a_status_has_a_look_and_a_word(
    practitioner_client: Client, schedule: Schedule, status: Status, css: str, word: str
) -> None:
    booked(schedule, WEDNESDAY, "09:00", status=status)
    (block,) = blocks_of(week(practitioner_client, schedule), WEDNESDAY)
    assert css in block.html
    assert block.text.endswith(f", {word}")


def test_a_patient_s_own_booking_is_marked(practitioner_client: Client, schedule: Schedule) -> None:
    booked(schedule, THURSDAY, "09:00", origin=Origin.PATIENT)
    (block,) = blocks_of(week(practitioner_client, schedule), THURSDAY)
    assert "appt--web" in block.html
    assert "WEB" in block.text


def test_free_slots_lead_to_booking(practitioner_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, weekdays=[4], start_time=time(9), end_time=time(9, 30))
    blocks = blocks_of(week(practitioner_client, schedule), THURSDAY)
    assert [block.text for block in blocks] == ["Créneau libre, 9 h 00 PUBLIC SNP", "Créneau libre, 9 h 15 PUBLIC SNP"]
    key = f"{schedule.id.hex}-20261126T0800Z-15"
    assert f'href="/agenda/rendez-vous/?creneau={key}"' in blocks[0].html


def test_a_slot_shown_to_nobody_is_said_internal(practitioner_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, weekdays=[4], end_time=time(9, 15), audiences=[])
    (block,) = blocks_of(week(practitioner_client, schedule), THURSDAY)
    assert block.text == "Créneau libre, 9 h 00 interne"


def test_modes_other_than_the_surgery_are_named(practitioner_client: Client, schedule: Schedule) -> None:
    factories.rule(
        schedule=schedule,
        weekdays=[4],
        end_time=time(9, 15),
        audiences=[Audience.SNP],
        consultation_types=list(ConsultationType),
    )
    (block,) = blocks_of(week(practitioner_client, schedule), THURSDAY)
    assert block.text == "Créneau libre, 9 h 00 À domicile Téléconsultation SNP"


def test_past_free_slots_are_not_drawn(practitioner_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, weekdays=[2, 3], start_time=time(10), end_time=time(11, 30))
    response = week(practitioner_client, schedule)
    assert blocks_of(response, "2026-11-24") == []
    assert [block.css for block in blocks_of(response, WEDNESDAY)] == [
        "at-10h at-45m for-15m",
        "at-11h for-15m",
        "at-11h at-15m for-15m",
    ]


def test_the_red_line_is_at_this_minute_of_today_only(practitioner_client: Client, schedule: Schedule) -> None:
    content = week(practitioner_client, schedule).content.decode()
    assert content.count('class="now-line at-10h at-40m"') == 1
    other = week(practitioner_client, schedule, "2026-12-02").content.decode()
    assert "now-line" not in other


def test_what_is_not_open_is_closed(practitioner_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, weekdays=[2], start_time=time(9), end_time=time(12))
    rows = days_of(week(practitioner_client, schedule))
    assert [row.text for row in rows["2026-11-24"]] == ["Fermé de 8 h 00 à 9 h 00", "Fermé de 12 h 00 à 18 h 00"]
    assert [row.text for row in rows[THURSDAY]] == ["Fermé de 8 h 00 à 18 h 00"]


def test_an_absence_is_hatched_over_its_hours(practitioner_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, weekdays=[4])
    factories.absence(
        practitioner=schedule.practitioner,
        start=at(THURSDAY, "10:00"),
        end=at("2026-11-27", "12:00"),
        label="Formation",
    )
    response = week(practitioner_client, schedule)
    thursday = days_of(response)[THURSDAY]
    away = next(row for row in thursday if "Formation" in row.text)
    assert away.text == "Formation, absence de 10 h 00 à 18 h 00"
    assert away.css == "is-zone at-10h for-8h"
    assert len(blocks_of(response, THURSDAY)) == 4
    assert any("absence de 8 h 00 à 12 h 00" in row.text for row in days_of(response)["2026-11-27"])


def test_the_hours_stretch_to_early_and_late_work(practitioner_client: Client, schedule: Schedule) -> None:
    booked(schedule, THURSDAY, "05:30")
    booked(schedule, THURSDAY, "23:30", minutes=30)
    content = week(practitioner_client, schedule).content.decode()
    assert "agenda agenda--fill from-5 to-24 cols-6" in content


@pytest.mark.parametrize(
    ("length", "css", "first"), [(12, "scale-10", "for-12m"), (18, "cols-6 ", "for-18m"), (5, "scale-5", "for-5m")]
)
def test_slots_of_odd_lengths_stand_where_they_are(
    practitioner_client: Client, schedule: Schedule, length: int, css: str, first: str
) -> None:
    factories.rule(schedule=schedule, weekdays=[4], start_time=time(9, 7), end_time=time(10), step_minutes=length)
    response = week(practitioner_client, schedule)
    blocks = blocks_of(response, THURSDAY)
    assert blocks[0].css == f"at-9h at-7m {first}"
    assert len(blocks) == 53 // length
    assert css in response.content.decode()


def test_a_rarer_shorter_appointment_takes_a_lane(practitioner_client: Client, schedule: Schedule) -> None:
    booked(schedule, THURSDAY, "09:00", minutes=5)
    booked(schedule, THURSDAY, "09:05", minutes=15)
    first, second = blocks_of(week(practitioner_client, schedule), THURSDAY)
    assert first.css == "at-9h for-15m lane-1 of-2"
    assert second.css == "at-9h at-5m for-15m lane-2 of-2"


def test_slots_of_several_lengths_stay_in_one_lane_as_long_as_their_starts_can_be_read(
    practitioner_client: Client, schedule: Schedule
) -> None:
    for length in (15, 30, 60):
        factories.rule(schedule=schedule, weekdays=[4], start_time=time(9), end_time=time(10), step_minutes=length)
    blocks = blocks_of(week(practitioner_client, schedule), THURSDAY)
    assert [block.css for block in blocks] == [
        "at-9h for-15m",
        "at-9h at-15m for-15m",
        "at-9h at-30m for-15m",
        "at-9h at-45m for-15m",
    ]
    assert "15, 30 ou 60 min" in blocks[0].text
    # Five minutes after another start nothing could be read.
    factories.rule(schedule=schedule, weekdays=[4], start_time=time(9), end_time=time(10), step_minutes=20)
    assert any("of-2" in block.css for block in blocks_of(week(practitioner_client, schedule), THURSDAY))


def test_what_finds_no_lane_is_counted_and_listed(practitioner_client: Client, schedule: Schedule) -> None:
    for start in range(6):
        booked(schedule, THURSDAY, f"09:0{start}", minutes=30, overbooked=True, lane=start)
    crowd = next(one for one in blocks_of(week(practitioner_client, schedule), THURSDAY) if "autres à" in one.text)
    assert "of-4" in crowd.css
    assert f'/jour/{THURSDAY}/#sans-place"' in crowd.html


def test_a_cancelled_appointment_leaves_its_place_to_the_free_slot(
    practitioner_client: Client, schedule: Schedule
) -> None:
    factories.rule(schedule=schedule, weekdays=[4], end_time=time(9, 15))
    one = booked(schedule, THURSDAY, "09:00", status=Status.CANCELLED)
    response = week(practitioner_client, schedule)
    (block,) = blocks_of(response, THURSDAY)
    assert block.text.startswith("Créneau libre, 9 h 00")
    assert "1 annulé" in text_of(response)
    day = practitioner_client.get(f"/agenda/{schedule.practitioner_id}/jour/{THURSDAY}/")
    assert f'href="/rendez-vous/{one.id}/"' in day.content.decode()
    assert "JASMIN-DÉMO Kiwano, annulé" in text_of(day)


def test_all_places_are_in_one_grid_and_named(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule
) -> None:
    other = factories.schedule(practitioner=practitioner, location=factories.location(name="Maison des Lilas"))
    booked(schedule, THURSDAY, "09:00")
    booked(other, THURSDAY, "10:00")
    response = week(practitioner_client, schedule)
    assert ["Cabinet de la Glycine" in block.text for block in blocks_of(response, THURSDAY)] == [True, False]
    assert "Maison des Lilas" in blocks_of(response, THURSDAY)[1].text
    factories.rule(schedule=other, weekdays=[4], start_time=time(11), end_time=time(11, 15))
    free = blocks_of(week(practitioner_client, schedule), THURSDAY)[-1]
    assert free.text == "Créneau libre, 11 h 00, Maison des Lilas PUBLIC SNP"
    assert '<span class="free__place" title="Maison des Lilas">' in free.html
    only = week(practitioner_client, schedule, query=f"?lieu={other.id}")
    assert len(blocks_of(only, THURSDAY)) == 2
    assert f"/semaine/2026-12-02/?lieu={other.id}" in only.content.decode()


def test_an_agenda_without_hours_says_what_to_do(practitioner_client: Client, schedule: Schedule) -> None:
    response = week(practitioner_client, schedule)
    assert "Ni horaires ni rendez-vous cette semaine." in text_of(response)
    assert f"/agenda/{schedule.practitioner_id}/horaires/" in response.content.decode()


def test_an_agenda_without_place_says_who_adds_one(practitioner_client: Client, practitioner: Practitioner) -> None:
    response = practitioner_client.get(f"/agenda/{practitioner.id}/semaine/{WEDNESDAY}/")
    assert "n’a pas encore de lieu" in text_of(response)


def test_the_grid_shows_the_clock_of_the_place(practitioner_client: Client, practitioner: Practitioner) -> None:
    place = factories.location(time_zone="Indian/Reunion")
    schedule = factories.schedule(practitioner=practitioner, location=place)
    booked(schedule, THURSDAY, "08:00")
    response = week(practitioner_client, schedule)
    (block,) = blocks_of(response, THURSDAY)
    assert block.css == "at-11h for-15m"
    assert block.text.startswith("11 h 00")
    assert "Heure de La Réunion" in text_of(response)


def test_a_night_appointment_is_on_both_days(practitioner_client: Client, schedule: Schedule) -> None:
    booked(schedule, THURSDAY, "23:45", minutes=30)
    response = week(practitioner_client, schedule)
    assert [block.css for block in blocks_of(response, THURSDAY)] == ["at-23h at-45m for-15m"]
    assert [block.css for block in blocks_of(response, "2026-11-27")] == ["at-0h for-15m"]


def test_a_secretary_with_several_agendas_chooses(
    secretary_client: Client, practitioner: Practitioner, secretary: User, schedule: Schedule
) -> None:
    other = factories.practitioner(given_name="Noé", family_name="Réglisse")
    factories.delegation(factories.schedule(practitioner=other).practitioner, secretary)
    content = week(secretary_client, schedule).content.decode()
    assert f'/agenda/{other.id}/semaine/{WEDNESDAY}/"' in content


@pytest.mark.parametrize(
    ("monday", "sunday"), [("2026-03-23", "2026-03-29"), ("2026-10-19", "2026-10-25")], ids=["spring", "autumn"]
)
def test_clock_change_weeks_keep_wall_clock_hours(
    practitioner_client: Client, schedule: Schedule, monday: str, sunday: str
) -> None:
    booked(schedule, monday, "09:00")
    booked(schedule, sunday, "09:00")
    booked(schedule, sunday, "14:30", minutes=30)
    response = week(practitioner_client, schedule, monday)
    assert [block.css for block in blocks_of(response, sunday)] == ["at-9h for-15m", "at-14h at-30m for-30m"]
    assert [block.text[:6] for block in blocks_of(response, sunday)] == ["9 h 00", "14 h 3"]
    assert [block.css for block in blocks_of(response, monday)] == ["at-9h for-15m"]


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_an_all_day_absence_covers_a_clock_change_day(
    practitioner_client: Client, schedule: Schedule, day: str
) -> None:
    start = at(day, "00:00")
    factories.absence(practitioner=schedule.practitioner, start=start, end=at(day, "00:00") + timedelta(days=1))
    rows = days_of(week(practitioner_client, schedule, day))[day]
    assert [row.css for row in rows] == ["is-zone at-8h for-10h"]


def test_the_day_page_shows_one_day(practitioner_client: Client, schedule: Schedule) -> None:
    booked(schedule, THURSDAY, "09:00")
    response = practitioner_client.get(f"/agenda/{schedule.practitioner_id}/jour/{THURSDAY}/")
    assert list(days_of(response)) == [THURSDAY]
    assert "Jeudi 26 novembre 2026" in text_of(response)
    content = response.content.decode()
    assert "cols-1" in content
    assert f"/jour/{WEDNESDAY}/" in content


def test_one_day_is_marked_for_narrow_screens(practitioner_client: Client, schedule: Schedule) -> None:
    content = week(practitioner_client, schedule, THURSDAY).content.decode()
    assert content.count("agenda__day is-shown") == 1
    assert f'/semaine/{THURSDAY}/" aria-current="date"' in content


def test_no_style_is_inline(practitioner_client: Client, schedule: Schedule) -> None:
    booked(schedule, THURSDAY, "09:00")
    content = week(practitioner_client, schedule).content.decode()
    assert " style=" not in content
    assert "<style" not in content
