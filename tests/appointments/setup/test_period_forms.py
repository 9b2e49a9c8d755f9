"""The forms of absences and closures: opened on an older version, the clock changes, sent twice, what they touch."""

import re
import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import ManagersKeptOut
from appointments.models import Absence, Closure, Schedule
from tests import factories
from tests.appointments.agenda.pages import seal_of, text_of
from tests.factories import at

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 1)


class Pages:
    """The pages of absences, or of closures, of one agenda."""

    def __init__(self, client: Client, schedule: Schedule, word: str) -> None:
        self.client, self.schedule, self.word = client, schedule, word
        self.the, self.model = {"absence": ("L’absence", Absence), "fermeture": ("La fermeture", Closure)}[word]
        self.root = f"/agenda/{schedule.practitioner_id}/horaires/{word}/"

    def row(self, **fields: Any) -> Any:
        when = {} if "start" in fields else {"first_day": DAY, "last_day": DAY}
        if self.word == "absence":
            return factories.absence(practitioner=self.schedule.practitioner, **when | fields)
        return Closure.objects.create(location=self.schedule.location, **when | fields)

    def post(self, row: Any = None, rest: str = "", **fields: Any) -> Any:
        typed = {"label": "", "first_day": "", "first_hour": "", "last_day": "", "last_hour": ""} | fields
        if row is None and self.word == "fermeture":
            typed.setdefault("location", str(self.schedule.location_id))
        return self.client.post(f"{self.root}{row.id}/{rest}" if row else self.root, typed)


@pytest.fixture(params=["absence", "fermeture"])
def pages(request: pytest.FixtureRequest, practitioner_client: Client, schedule: Schedule) -> Pages:
    return Pages(practitioner_client, schedule, request.param)


class TestMeanwhile:
    def test_changed_both_are_shown_and_it_can_be_sent_again(self, pages: Pages) -> None:
        row = pages.row(label="Congés", version=3)
        response = pages.post(row, version=2, label="Peinture", first_day="2026-12-03", first_hour="9h")
        page, content = text_of(response), response.content.decode()
        assert response.status_code == 409
        assert f"{pages.the} a changé entre-temps" in page
        assert "Intitulé Congés Peinture Du 1er décembre 2026 3 décembre 2026 À partir de vide 9 h 00" in page
        for kept in ("Peinture", "2026-12-03", "9h"):
            assert f'value="{kept}"' in content
        assert '<input type="hidden" name="version" value="3"' in content
        assert pages.post(row, version=3, label="Peinture", first_day="2026-12-03").status_code == 303
        row.refresh_from_db()
        assert (row.label, row.version) == ("Peinture", 4)

    def test_without_its_version_it_changes_nothing(self, pages: Pages) -> None:
        row = pages.row()
        for version in ("x", "-1"):
            assert pages.post(row, version=version, first_day="2026-12-03").status_code == 409
        row.refresh_from_db()
        assert row.first_day == DAY

    def test_deleted_what_was_typed_becomes_a_new_one(self, pages: Pages) -> None:
        gone = pages.row()
        gone_id = gone.id
        gone.delete()
        gone.id = gone_id
        response = pages.post(gone, version=1, label="Peinture", first_day="2026-12-03")
        content = response.content.decode()
        assert response.status_code == 409
        assert f"Cette {pages.word} a été supprimée entre-temps : enregistrez pour la créer de nouveau" in text_of(
            response
        )
        assert 'value="Peinture"' in content
        assert f'action="{pages.root}"' in content
        if pages.word == "fermeture":
            assert f'<option value="{pages.schedule.location_id}" selected>' in content

    def test_another_s_does_not_exist_whatever_is_sent(self, pages: Pages) -> None:
        other = factories.schedule()
        foreign = Pages(pages.client, other, pages.word).row()
        assert pages.post(foreign, version=0, first_day="2026-12-03").status_code == 404
        assert pages.post(foreign, "supprimer/", version=0).status_code == 404
        foreign.refresh_from_db()
        assert foreign.first_day == DAY

    def test_a_deletion_asked_on_an_older_version_is_asked_again(self, pages: Pages) -> None:
        row = pages.row(label="Congés", version=3)
        for version in (2, ""):
            response = pages.post(row, "supprimer/", version=version)
            assert response.status_code == 409
            assert f"{pages.the} a changé entre-temps" in text_of(response)
        assert pages.post(row, "supprimer/", version=3).status_code == 303
        assert not pages.model.objects.exists()
        response = pages.client.post(f"{pages.root}{row.id}/supprimer/", {"version": 3}, follow=True)
        assert "C’était déjà supprimé." in text_of(response).replace("'", "’")


def test_its_pages_are_never_cached(pages: Pages) -> None:
    row = pages.row()
    for response in (pages.post(), pages.post(row, version=0), pages.client.get(f"{pages.root}{row.id}/supprimer/")):
        assert "no-store" in response["Cache-Control"]


class TestSentTwice:
    def test_the_second_is_told(self, pages: Pages) -> None:
        for _ in range(2):
            response = pages.post(first_day="2026-12-01", label="Travaux")
            assert response.url == f"/agenda/{pages.schedule.practitioner_id}/horaires/absences/"
        assert f"Cette {pages.word} est déjà notée : rien n’a été ajouté." in text_of(pages.client.get(response.url))
        assert pages.model.objects.count() == 1

    def test_a_change_sent_twice_is_one(self, pages: Pages) -> None:
        row = pages.row()
        for _ in range(2):
            assert pages.post(row, version=0, first_day="2026-12-03").status_code == 303


def test_what_is_over_is_refused_with_its_field(pages: Pages) -> None:
    response = pages.post(first_day="2026-11-24", label="Travaux")
    assert response.status_code == 422
    assert "Du : Ce jour est passé : choisissez-en un à venir." in text_of(response)
    assert 'value="Travaux"' in response.content.decode()
    assert not pages.model.objects.exists()


@pytest.mark.parametrize("label", ["Con\x07gés", "Con\u202egés", "<b>Congés</b>"])
def test_a_label_is_a_line_of_text(pages: Pages, label: str) -> None:
    assert pages.post(first_day="2026-12-01", label=label).status_code == 422
    assert not pages.model.objects.exists()


def test_what_ends_before_it_begins_names_its_kind(pages: Pages) -> None:
    response = pages.post(first_day="2026-12-01", first_hour="12h", last_hour="8h")
    assert f"La fin de {pages.the[0].lower()}{pages.the[1:]} vient après son début." in text_of(response)


SUMMER, WINTER = datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
IN_SUMMER, IN_WINTER = "2 h 30 (heure d’été)", "2 h 30 (heure d’hiver)"


class TestClockChanges:
    NIGHT = {"first_day": "2027-10-31", "first_hour": "2h30", "last_hour": "4h"}

    def test_it_is_asked_which_of_two_hours(self, pages: Pages) -> None:
        response = pages.post(**self.NIGHT, label="Travaux")
        page, content = text_of(response), response.content.decode()
        assert response.status_code == 422
        assert "L’heure du début existe deux fois ce jour-là" in page
        assert f"Cette heure existe deux fois ce jour-là : {IN_SUMMER} est choisie. Confirmez." in page
        assert 'name="first_fold" value="0" checked' in content
        assert 'name="first_fold" value="1">' in content
        assert "last_fold" not in content
        assert 'value="Travaux"' in content
        assert not pages.model.objects.exists()

    @pytest.mark.parametrize(("fold", "start", "said"), [("0", SUMMER, IN_SUMMER), ("1", WINTER, IN_WINTER)])
    def test_the_one_said_is_noted_and_comes_back(self, pages: Pages, fold: str, start: datetime, said: str) -> None:
        response = pages.post(**self.NIGHT, first_fold=fold)
        row = pages.model.objects.get()
        assert row.start == start
        assert f"le dimanche 31 octobre 2027 de {said} à 4 h 00" in text_of(pages.client.get(response.url))
        form = pages.client.get(f"{pages.root}{row.id}/").content.decode()
        assert f'name="first_fold" value="{fold}" checked' in form
        assert pages.post(row, version=1, first_fold=fold, label="x", **self.NIGHT).status_code == 303
        row.refresh_from_db()
        assert row.start == start

    def test_from_one_to_the_other_is_an_hour(self, pages: Pages) -> None:
        typed = self.NIGHT | {"last_hour": "2h30"}
        asked = text_of(pages.post(**typed))
        assert "L’heure de la fin existe deux fois" in asked
        assert "vient après son début" not in asked
        pages.post(**typed, first_fold="0", last_fold="1")
        row = pages.model.objects.get()
        assert (row.start, row.end) == (SUMMER, WINTER)

    @pytest.mark.parametrize("field", ["first_hour", "last_hour"])
    def test_an_hour_that_spring_leaves_out_is_refused(self, pages: Pages, field: str) -> None:
        response = pages.post(first_day="2027-03-28", **{"first_hour": "1h", "last_hour": "4h"} | {field: "2h30"})
        assert response.status_code == 422
        assert "Cette heure n’existe pas ce jour-là" in text_of(response)
        assert not pages.model.objects.exists()

    @pytest.mark.parametrize(
        ("day", "until", "hours", "said"),
        [
            (
                "2027-10-24",
                "2027-11-07",
                ("1h", "2h30"),
                "le dimanche 31 octobre 2027 de 1 h 00 à 2 h 30 (heure d’hiver).",
            ),
            ("2027-03-21", "2027-03-28", ("2h30", "4h"), "le dimanche 28 mars 2027 de 3 h 00 à 4 h 00."),
            ("2027-03-21", "2027-03-28", ("2h", "3h"), "rien le dimanche 28 mars 2027, où ces heures n’existent pas."),
        ],
    )
    def test_of_a_series_the_weeks_that_differ_are_told(
        self, pages: Pages, day: str, until: str, hours: tuple[str, str], said: str
    ) -> None:
        response = pages.post(first_day=day, first_hour=hours[0], last_hour=hours[1], until=until)
        assert f"Changement d’heure : {said}" in text_of(pages.client.get(response.url))

    def test_of_a_series_of_other_hours_nothing_is_told(self, pages: Pages) -> None:
        for hours in (("8h", "12h"), ("", "")):
            response = pages.post(first_day="2027-03-21", first_hour=hours[0], last_hour=hours[1], until="2027-03-28")
            assert "Changement d’heure" not in text_of(pages.client.get(response.url))

    def test_it_is_the_clock_of_the_place(self, practitioner_client: Client, schedule: Schedule) -> None:
        """Saint-Pierre leaves an hour out two weeks before Paris."""
        place = factories.location(name="Zone", time_zone="America/Miquelon")
        there = factories.schedule(practitioner=schedule.practitioner, location=place)
        typed = {"first_day": "2027-03-14", "first_hour": "2h30", "last_hour": "4h"}
        absences = Pages(practitioner_client, schedule, "absence")
        assert absences.post(**typed).status_code == 303
        assert absences.post(**typed, schedule=str(there.id)).status_code == 422
        closures = Pages(practitioner_client, schedule, "fermeture")
        assert closures.post(**typed).status_code == 303
        assert closures.post(**typed, location=str(place.id)).status_code == 422


class TestCovered:
    def test_a_closure_tells_what_it_hits(self, practitioner_client: Client, schedule: Schedule) -> None:
        """To a manager of the place whom a colleague keeps out of their agenda."""
        colleague = factories.schedule(location=schedule.location)
        factories.member(schedule.organization, schedule.practitioner.user, Role.MANAGER)
        ManagersKeptOut.objects.create(
            organization=schedule.organization, practitioner=colleague.practitioner, since=at("2026-11-01", "09:00")
        )
        held = factories.appointment(schedule_=schedule, start=at("2026-12-01", "09:00"))
        factories.appointment(schedule_=colleague, start=at("2026-12-01", "09:00"))
        factories.appointment(schedule_=schedule, start=at("2026-12-01", "10:00"), status="cancelled")
        factories.appointment(schedule_=schedule, start=at("2026-12-02", "09:00"))
        elsewhere = factories.schedule(practitioner=schedule.practitioner)
        factories.appointment(schedule_=elsewhere, start=at("2026-12-01", "15:00"))
        pages = Pages(practitioner_client, schedule, "fermeture")
        told = pages.post(first_day="2026-12-01")
        assert "2 rendez-vous à venir sont touchés" in text_of(told)
        assert "Un est d’un autre agenda : prévenez vos collègues." in text_of(told)
        response = practitioner_client.get(pages.post(first_day="2026-12-01", touched=seal_of(told)).url)
        page = text_of(response)
        listed = page[page.index("Fermetures du lieu") :]
        assert "1 rendez-vous à déplacer dans cet agenda mar. 1er déc., 9 h 00" in listed
        assert f'href="/rendez-vous/{held.id}/"' in response.content.decode()

    def test_whole_days_are_those_of_each_place(self, practitioner_client: Client, schedule: Schedule) -> None:
        """22:00 of the 30th in Paris is the 1st in Réunion."""
        island = factories.location(time_zone="Indian/Reunion")
        there = factories.schedule(practitioner=schedule.practitioner, location=island)
        factories.appointment(schedule_=there, start=at("2026-11-30", "22:00"))
        factories.appointment(schedule_=schedule, start=at("2026-11-30", "20:00"))
        told = Pages(practitioner_client, schedule, "absence").post(first_day="2026-12-01")
        assert "1 h 00 mar. 1er déc." in text_of(told)


class TestWords:
    def test_within_one_day_the_day_is_said_once(self, pages: Pages) -> None:
        row = pages.row(start=at("2026-12-01", "14:00"), end=at("2026-12-01", "16:30"))
        page = pages.client.get(f"{pages.root}{row.id}/supprimer/").content.decode()
        said = "le mardi 1er décembre 2026 de 14\u202fh\u202f00 à 16\u202fh\u202f30.</p>"
        assert said in page
        assert (
            said[:-5]
            in pages.client.get(f"/agenda/{pages.schedule.practitioner_id}/horaires/absences/").content.decode()
        )

    def test_a_whole_series_says_how_many(self, pages: Pages) -> None:
        series = uuid.uuid4()
        row, *_ = [
            pages.row(first_day=date(2026, 12, n), last_day=date(2026, 12, n), series=series) for n in (1, 8, 15)
        ]
        for page in ("", "supprimer/"):
            words = text_of(pages.client.get(f"{pages.root}{row.id}/{page}"))
            assert re.search(r"Supprimer toute la série \(3 (absences|fermetures)\)", words)
        response = pages.client.post(f"{pages.root}{row.id}/supprimer/", {"version": 0, "serie": "1"}, follow=True)
        assert f"3 {pages.word}s supprimées" in text_of(response)
