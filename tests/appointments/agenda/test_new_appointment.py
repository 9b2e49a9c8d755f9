"""The practice books any time of its agenda, for any length."""

import re
import uuid
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Practitioner, User
from appointments.enums import EventKind, Origin, Status
from appointments.models import Appointment, Schedule
from tests import factories
from tests.appointments.agenda.pages import blocks_of, posted_despite, text_of
from tests.appointments.call.requests import PATIENT
from tests.factories import at

pytestmark = pytest.mark.django_db


def address(schedule: Schedule) -> str:
    return f"/agenda/{schedule.practitioner_id}/rendez-vous/nouveau/"


def filled_in(schedule: Schedule, fields: dict[str, str]) -> dict[str, Any]:
    usual = {"schedule": str(schedule.id), "request_id": str(uuid.uuid4()), "day": "2026-11-26", "hour": "9h10"}
    return PATIENT | usual | {"minutes": "15"} | fields


def post(client: Client, schedule: Schedule, /, **fields: str) -> Any:
    return client.post(address(schedule), filled_in(schedule, fields))


def post_despite(client: Client, schedule: Schedule, /, **fields: str) -> Any:
    return posted_despite(client, address(schedule), filled_in(schedule, fields))


def only() -> Appointment:
    return Appointment.objects.get()


@pytest.fixture
def opened(schedule: Schedule) -> Schedule:
    """From 9 to 12 every day."""
    return factories.rule(schedule=schedule).schedule


def test_any_time_and_length_may_be_booked(practitioner_client: Client, opened: Schedule) -> None:
    response = post(practitioner_client, opened, hour="9h10", minutes="35")
    one = only()
    assert response.url == f"/rendez-vous/{one.id}/"
    assert (one.start, one.end) == (at("2026-11-26", "09:10"), at("2026-11-26", "09:45"))
    assert (one.origin, one.overbooked, one.lane) == (Origin.PRACTICE, False, 0)
    assert one.events.get().kind == EventKind.BOOKED
    assert "Rendez-vous pris : jeudi 26 novembre à 9 h 10." in text_of(practitioner_client.get(response.url))


def test_a_10_minute_visit_still_fits_before_one_moved_to_9_10(practitioner_client: Client, opened: Schedule) -> None:
    factories.appointment(schedule_=opened, start=at("2026-11-26", "09:10"))
    assert post(practitioner_client, opened, hour="9h", minutes="10").status_code == 303
    assert Appointment.objects.filter(start=at("2026-11-26", "09:00"), overbooked=False).exists()


def test_a_reason_gives_its_length_at_that_agenda(practitioner_client: Client, opened: Schedule) -> None:
    reason = factories.reason(opened, label="Vaccin", minutes=20)
    reason.done_at.update(minutes=10, buffer_after=5)
    assert "Vaccin (10 min)" in text_of(practitioner_client.get(address(opened)))
    assert post(practitioner_client, opened, minutes="", reason=str(reason.id)).status_code == 303
    assert (only().end - only().start, only().buffer_after) == (timedelta(minutes=10), 5)


def test_reasons_that_are_not_done_everywhere_are_under_their_place(
    practitioner_client: Client, opened: Schedule
) -> None:
    elsewhere = factories.schedule(practitioner=opened.practitioner)
    for one in (opened, elsewhere):
        factories.reason(one, label="Fièvre")
    place = factories.location(organization=opened.organization, name="Dispensaire")
    shared = factories.schedule(practitioner=opened.practitioner, location=place)
    everywhere = factories.reason(opened, label="Vaccin", minutes=20)
    everywhere.done_at.create(schedule=shared, organization=opened.organization, minutes=10)
    reasons = select_of(practitioner_client, opened)
    both = f"{opened.location.name} et Dispensaire"
    assert reasons == {"": ["Non précisé"], opened.location.name: ["Fièvre (15 min)"],
                       elsewhere.location.name: ["Fièvre (15 min)"], both: ["Vaccin"]}  # fmt: skip
    Schedule.objects.filter(pk=elsewhere.pk).update(active=False)
    reasons = select_of(practitioner_client, opened)
    assert reasons == {"": ["Non précisé", "Vaccin"], opened.location.name: ["Fièvre (15 min)"]}


def select_of(client: Client, schedule: Schedule) -> dict[str, list[str]]:
    """The reasons on offer, by the label of their group."""
    page = unescape(client.get(address(schedule)).content.decode()).replace("\xa0", " ")
    [select] = re.findall(r'<select name="reason".*?</select>', page, re.DOTALL)
    found: dict[str, list[str]] = {}
    group = ""
    for opened, closed, option in re.findall(r'<optgroup label="([^"]*)"|(</optgroup>)|<option[^>]*>([^<]*)<', select):
        group = opened or ("" if closed else group)
        if option:
            found.setdefault(group, []).append(option)
    return found


def test_minutes_typed_win_over_the_reason_s(practitioner_client: Client, opened: Schedule) -> None:
    reason = factories.reason(opened, minutes=20)
    assert post(practitioner_client, opened, minutes="40", reason=str(reason.id)).status_code == 303
    assert only().end - only().start == timedelta(minutes=40)


def test_who_walks_in_is_noted_at_the_hour_that_is_past(practitioner_client: Client, opened: Schedule) -> None:
    """It is 10:40; the patient came at 9:05."""
    assert post(practitioner_client, opened, day="2026-11-25", hour="9h05").status_code == 303
    assert only().start == at("2026-11-25", "09:05")


def test_now_is_prefilled_rounded_down(practitioner_client: Client, opened: Schedule) -> None:
    with time_machine.travel(at("2026-11-25", "10:44"), tick=False):
        page = practitioner_client.get(address(opened)).content.decode()
    assert 'name="day" value="2026-11-25"' in page
    assert 'name="hour" value="10\u202fh\u202f40"' in page


@pytest.mark.parametrize(
    ("asked", "day", "hour"),
    [
        ("2026-12-01", "2026-12-01", ""),
        ("2026-11-25", "2026-11-25", "10\u202fh\u202f40"),
        ("2026-11-23", "2026-11-25", "10\u202fh\u202f40"),
        ("n’importe quoi", "2026-11-25", "10\u202fh\u202f40"),
        ("9999-99-99", "2026-11-25", "10\u202fh\u202f40"),
    ],
)
def test_the_day_of_the_address_is_prefilled(
    practitioner_client: Client, opened: Schedule, asked: str, day: str, hour: str
) -> None:
    page = practitioner_client.get(address(opened), {"jour": asked}).content.decode()
    assert f'name="day" value="{day}"' in page
    assert f'href="/agenda/{opened.practitioner_id}/jour/{day}/">Abandonner' in page
    assert (f'name="hour" value="{hour}"' in page) == bool(hour)


@pytest.mark.parametrize("day", ["2026-11-26", "2026-12-24"])
def test_the_agenda_always_leads_here_free_slots_or_not(
    practitioner_client: Client, schedule: Schedule, day: str
) -> None:
    for view in ("jour", "semaine"):
        page = unescape(practitioner_client.get(f"/agenda/{schedule.practitioner_id}/{view}/{day}/").content.decode())
        assert f'href="{address(schedule)}?jour={day}"' in page
        place = f"?lieu={schedule.id}"
        page = unescape(
            practitioner_client.get(f"/agenda/{schedule.practitioner_id}/{view}/{day}/{place}").content.decode()
        )
        assert f'href="{address(schedule)}?jour={day}&lieu={schedule.id}"' in page


IMPOSSIBLE: list[tuple[dict[str, str], str]] = [
    ({"day": ""}, "Indiquez le jour."),
    ({"hour": ""}, "Indiquez l’heure."),
    ({"hour": "midi"}, "Cette heure n’est pas lisible"),
    ({"minutes": ""}, "Indiquez la durée, ou un motif qui la donne."),
    ({"minutes": "4"}, "Un rendez-vous dure de 5 minutes à 4 heures."),
    ({"minutes": "241"}, "Un rendez-vous dure de 5 minutes à 4 heures."),
    ({"minutes": "un quart d’heure"}, "Écrivez la durée en minutes"),
    ({"day": "2026-11-24"}, "Ce jour est passé"),
    ({"day": "9999-12-31", "hour": "23h59"}, "Ce jour est trop loin"),
    ({"day": "2027-03-28", "hour": "2h30"}, "on passe à l’heure d’été"),
    ({"reason": str(uuid.UUID(int=0))}, "Ce motif n’est pas proposé"),
    ({"schedule": str(uuid.UUID(int=0))}, "Cet agenda n’est plus proposé"),
    ({"schedule": ""}, "Choisissez le lieu."),
    ({"phone": "06 39 98 12 3"}, "Ce numéro a 9 chiffres"),
    ({"consultation_type": "HH"}, "Indiquez l’adresse du patient"),
    ({"fold": "x"}, "Choisissez l’une des deux heures."),
]


def test_what_can_t_be_is_said_and_nothing_typed_is_lost(practitioner_client: Client, opened: Schedule) -> None:
    for fields, said in IMPOSSIBLE:
        response = post(practitioner_client, opened, **fields)
        assert response.status_code == 422, fields
        assert said in text_of(response), fields
        assert "Jasmin-Démo" in response.content.decode(), fields
        assert not Appointment.objects.exists(), fields


def test_a_reason_that_does_not_go_with_the_mode_is_refused(practitioner_client: Client, opened: Schedule) -> None:
    reason = factories.reason(opened, consultation_types=["VR"])
    response = post(practitioner_client, opened, reason=str(reason.id))
    assert response.status_code == 422
    assert "Ce motif ne se fait pas avec ce type de consultation" in text_of(response)


def test_a_reason_of_the_other_place_is_refused(practitioner_client: Client, opened: Schedule) -> None:
    elsewhere = factories.schedule(practitioner=opened.practitioner)
    reason = factories.reason(elsewhere)
    response = post(practitioner_client, opened, reason=str(reason.id))
    assert response.status_code == 422
    assert "Ce motif ne se fait pas dans ce lieu" in text_of(response)
    assert post_despite(practitioner_client, elsewhere, reason=str(reason.id)).status_code == 303
    assert only().schedule == elsewhere


def test_a_phone_is_read_as_it_is_dialled_at_the_place_chosen(practitioner_client: Client, opened: Schedule) -> None:
    island = factories.location(time_zone="Indian/Reunion", holidays="none")
    away = factories.schedule(practitioner=opened.practitioner, location=island)
    assert post_despite(practitioner_client, away, phone="0692 12 34 56").status_code == 303
    assert (only().patient.phone, only().start) == ("+262692123456", at("2026-11-26", "09:10", island.zone))


class TestObstacles:
    """Everything that stands there is told, and may be gone beside."""

    @pytest.fixture
    def taken(self, opened: Schedule) -> Schedule:
        patient = factories.patient(given_name="Inès", family_name="Capucine")
        factories.appointment(schedule_=opened, start=at("2026-11-26", "09:00"), minutes=30, patient=patient)
        return opened

    def test_they_are_listed_and_nothing_is_booked(self, practitioner_client: Client, taken: Schedule) -> None:
        factories.absence(
            practitioner=taken.practitioner,
            start=at("2026-11-26", "09:00"),
            end=at("2026-11-26", "10:00"),
            label="Congrès",
        )
        response = post(practitioner_client, taken, note="Entorse.\nSpO2 < 92 %")
        page = text_of(response)
        assert response.status_code == 409
        assert "Rien n’est encore pris" in page
        assert "Dr Alba Tournesol a déjà un rendez-vous jeudi 26 novembre de 9 h 00 à 9 h 30 : CAPUCINE Inès" in page
        assert "Une absence est notée à ce moment (Congrès)." in page
        assert Appointment.objects.count() == 1

    def test_going_on_takes_it_beside_what_is_there(self, practitioner_client: Client, taken: Schedule) -> None:
        response = post_despite(practitioner_client, taken, note="Entorse.\nSpO2 < 92 %")
        one = Appointment.objects.get(start=at("2026-11-26", "09:10"))
        assert response.url == f"/rendez-vous/{one.id}/"
        assert (one.overbooked, one.lane, one.capacity) == (True, 1, 1)
        assert (one.patient.family_name, one.note) == ("Jasmin-Démo", "Entorse.\nSpO2 < 92 %")

    def test_the_fields_stay_to_be_changed(self, practitioner_client: Client, taken: Schedule) -> None:
        page = post(practitioner_client, taken).content.decode()
        for kept in ('value="9h10"', 'value="2026-11-26"', 'value="Jasmin-Démo"', 'value="06 39 98 12 34"'):
            assert page.count(kept) == 1

    def test_what_is_changed_then_is_what_is_booked(self, practitioner_client: Client, taken: Schedule) -> None:
        page = post(practitioner_client, taken).content.decode()
        fields = filled_in(taken, {"note": "Rappelle à midi", "family_name": "Kumquat"})
        [asked] = re.findall(r'name="despite" value="([^"]+)"', page)
        assert practitioner_client.post(address(taken), fields | {"despite": unescape(asked)}).status_code == 303
        one = Appointment.objects.get(start=at("2026-11-26", "09:10"))
        assert (one.patient.family_name, one.note) == ("Kumquat", "Rappelle à midi")

    @pytest.mark.parametrize("changed", [{"hour": "9h20"}, {"minutes": "45"}, {"day": "2026-11-27"}])
    def test_another_moment_typed_meanwhile_is_asked_anew(
        self, practitioner_client: Client, taken: Schedule, changed: dict[str, str]
    ) -> None:
        factories.appointment(schedule_=taken, start=at("2026-11-27", "09:00"), minutes=30)
        page = post(practitioner_client, taken).content.decode()
        [asked] = re.findall(r'name="despite" value="([^"]+)"', page)
        assert post(practitioner_client, taken, despite=unescape(asked), **changed).status_code == 409

    def test_what_a_colleague_put_there_meanwhile_is_told_first(
        self, practitioner_client: Client, taken: Schedule
    ) -> None:
        page = post(practitioner_client, taken).content.decode()
        [asked] = re.findall(r'name="despite" value="([^"]+)"', page)
        factories.appointment(schedule_=taken, start=at("2026-11-26", "09:10"), lane=1, overbooked=True)
        response = post(practitioner_client, taken, despite=unescape(asked))
        assert response.status_code == 409
        assert "de 9 h 10 à 9 h 25" in text_of(response)
        assert post_despite(practitioner_client, taken).status_code == 303

    def test_enter_in_a_field_is_not_going_on(self, practitioner_client: Client, taken: Schedule) -> None:
        page = post(practitioner_client, taken).content.decode()
        form = page[page.index('id="nouveau"') :]
        assert re.findall(r'<button type="submit"[^>]*>', form)[0] == '<button type="submit" hidden data-default>'

    def test_two_free_hours_near_of_that_length_are_offered_instead(
        self, practitioner_client: Client, taken: Schedule
    ) -> None:
        response = post(practitioner_client, taken, minutes="30")
        assert "9 h 30, libre, même durée" in text_of(response)
        keys = re.findall(r'name="instead" value="([^"]+)"', response.content.decode())
        assert len(keys) == 2
        assert post(practitioner_client, taken, minutes="30", instead=keys[0]).status_code == 303
        one = Appointment.objects.exclude(patient__family_name="Capucine").get()
        assert (one.start, one.overbooked) == (at("2026-11-26", "09:30"), False)

    def test_what_is_taken_beside_is_marked(self, practitioner_client: Client, taken: Schedule) -> None:
        response = post_despite(practitioner_client, taken)
        assert "En plus" in text_of(practitioner_client.get(response.url))
        day = practitioner_client.get(f"/agenda/{taken.practitioner_id}/jour/2026-11-26/")
        marks = {block.text.split(",")[0]: "en plus" in block.text for block in blocks_of(day, "2026-11-26")[:2]}
        assert sorted(marks.values()) == [False, True]

    def test_outside_the_openings_it_is_asked(self, practitioner_client: Client, opened: Schedule) -> None:
        response = post(practitioner_client, opened, hour="19h")
        assert response.status_code == 409
        assert "C’est en dehors des horaires d’ouverture." in text_of(response)
        assert post_despite(practitioner_client, opened, hour="19h").status_code == 303
        assert not only().overbooked

    def test_a_place_left_in_a_group_is_no_obstacle(self, practitioner_client: Client, schedule: Schedule) -> None:
        factories.rule(schedule=schedule, capacity=2)
        factories.appointment(schedule_=schedule, start=at("2026-11-26", "09:00"), capacity=2)
        assert post(practitioner_client, schedule, hour="9h").status_code == 303
        assert Appointment.objects.filter(lane=1, overbooked=False).exists()

    def test_a_visit_at_the_other_place_is_told_and_may_be_gone_beside(
        self, practitioner_client: Client, opened: Schedule
    ) -> None:
        elsewhere = factories.schedule(practitioner=opened.practitioner)
        factories.appointment(schedule_=elsewhere, start=at("2026-11-26", "09:00"), minutes=30)
        assert post(practitioner_client, opened).status_code == 409
        assert post_despite(practitioner_client, opened).status_code == 303
        assert Appointment.objects.filter(schedule=opened, overbooked=True, lane=1).exists()


def test_the_same_form_sent_twice_books_once(practitioner_client: Client, opened: Schedule) -> None:
    request_id = str(uuid.uuid4())
    first = post(practitioner_client, opened, request_id=request_id)
    assert post(practitioner_client, opened, request_id=request_id).url == first.url
    other = post(practitioner_client, opened, request_id=request_id, hour="11h")
    assert other.url == first.url
    assert "Ce formulaire avait déjà servi" in text_of(practitioner_client.get(other.url))
    assert Appointment.objects.count() == 1


def test_a_place_closed_meanwhile_is_said_and_the_details_are_kept(
    practitioner_client: Client, opened: Schedule
) -> None:
    factories.schedule(practitioner=opened.practitioner)
    Schedule.objects.filter(pk=opened.pk).update(active=False)
    response = post(practitioner_client, opened)
    assert response.status_code == 422
    assert "Cet agenda n’est plus proposé" in text_of(response)
    assert "Jasmin-Démo" in response.content.decode()


def test_an_agenda_without_open_place_says_so(practitioner_client: Client, schedule: Schedule) -> None:
    Schedule.objects.update(active=False)
    assert "n’a aucun lieu ouvert" in text_of(practitioner_client.get(address(schedule)))


class TestWho:
    """Whoever manages that agenda, and nobody else."""

    def test_a_secretary(self, secretary_client: Client, opened: Schedule) -> None:
        assert post(secretary_client, opened).status_code == 303
        assert only().origin == Origin.PRACTICE

    def test_a_stranger_finds_nothing(self, practitioner_client: Client, opened: Schedule) -> None:
        other = factories.rule().schedule
        assert practitioner_client.get(address(other)).status_code == 404
        assert post(practitioner_client, other).status_code == 404

    def test_nor_does_a_regulator(self, regulator_client: Client, opened: Schedule) -> None:
        assert regulator_client.get(address(opened)).status_code == 404
        assert post(regulator_client, opened).status_code == 404

    def test_nor_another_s_agenda_through_one_s_own(
        self, practitioner: Practitioner, practitioner_client: Client, opened: Schedule
    ) -> None:
        other = factories.rule().schedule
        assert post(practitioner_client, opened, schedule=str(other.id)).status_code == 422
        assert not Appointment.objects.exists()

    def test_who_is_not_signed_in_signs_in_first(self, client: Client, opened: Schedule) -> None:
        assert client.get(address(opened)).url.startswith("/connexion/")


# The patient of PATIENT.
KUMQUAT = {
    "family_name": "JASMIN DEMO",
    "given_name": "Kumquat",
    "birth_date": date(1991, 2, 14),
    "sex": "female",
    "phone": "+33639981234",
}


def test_a_patient_who_has_a_visit_that_day_is_told_with_where_it_is_and_one_may_go_on(
    secretary_client: Client, secretary: User, opened: Schedule
) -> None:
    """However the name is written; a twin's, one of another day, and what was cancelled are none."""
    second = factories.practitioner(given_name="Noé", family_name="Réglisse")
    colleague = factories.colleague(opened, practitioner=second)
    factories.delegation(second, secretary)
    twin = KUMQUAT | {"given_name": "Bénédicte"}
    for who, start, status in (
        (KUMQUAT, at("2026-11-26", "14:00"), Status.BOOKED),
        (twin, at("2026-11-26", "15:00"), Status.BOOKED),
        (KUMQUAT, at("2026-11-27", "16:00"), Status.BOOKED),
        (KUMQUAT, at("2026-11-26", "17:00"), Status.CANCELLED),
    ):
        factories.appointment(schedule_=colleague, start=start, status=status, patient=factories.patient(**who))
    answer = post(secretary_client, opened)
    assert answer.status_code == 409
    told = re.findall(r"\S+ \S+ Kumquat a déjà un rendez-vous ce jour-là[^.]*", text_of(answer))
    assert told == [
        f"JASMIN DEMO Kumquat a déjà un rendez-vous ce jour-là, à 14 h 00 : Dr Noé Réglisse, {colleague.location}"
    ]
    assert post_despite(secretary_client, opened).status_code == 303


def test_one_whom_this_person_does_not_read_is_not_told(practitioner_client: Client, opened: Schedule) -> None:
    start = at("2026-11-26", "14:00")
    factories.appointment(schedule_=factories.schedule(), start=start, patient=factories.patient(**KUMQUAT))
    assert post(practitioner_client, opened).status_code == 303
