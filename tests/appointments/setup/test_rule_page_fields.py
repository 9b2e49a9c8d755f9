"""The page of a rule asks for every column, and refuses with the field named."""

from datetime import date, time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from appointments.enums import Audience
from appointments.models import Rule, RuleOffer, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def typed(schedule: Schedule) -> dict[str, Any]:
    return {
        "weekdays": ["1"],
        "start_time": "22 h",
        "end_time": "2 h",
        "step_minutes": "45",
        "capacity": "2",
        "every_n_weeks": "2",
        "on_holidays": "on",
        "audiences": ["PUBLIC", "PRO"],
        "from_PUBLIC": "14",
        "until_PUBLIC": "2",
        "until_PRO": "30 min",
        "consultation_types": ["AMB"],
        "appointment_type": "ROUTINE",
        "schedule": str(schedule.id),
    }


def address(schedule: Schedule, rest: str = "regle/") -> str:
    return f"/agenda/{schedule.practitioner_id}/horaires/{rest}"


def test_every_column_is_set_from_the_page_and_shown_back(
    practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]
) -> None:
    response = practitioner_client.post(address(schedule), typed)
    rule = Rule.objects.get()
    assert (rule.capacity, rule.every_n_weeks, rule.on_holidays) == (2, 2, True)
    assert (rule.start_time, rule.end_time) == (time(22), time(2))
    rows = rule.offers.values_list("audience", "shown_from_minutes", "shown_until_minutes")
    assert set(rows) == {("PUBLIC", 14 * 1440, 120), ("PRO", None, 30)}
    page = text_of(practitioner_client.get(response.url))
    # Frozen on Wednesday 25 November: that Monday is past.
    dates = "30 novembre 2026, 14 décembre 2026, 28 décembre 2026"
    assert f"Prochaines dates : {dates} et 11 janvier 2027." in page
    assert "lundi 22 h 00 – 2 h 00, le lendemain · 45 min · 2 patients à la fois" in page
    assert f"Toutes les 2 semaines {dates}, 11 janvier 2027" in page
    assert "paires" not in page
    form = practitioner_client.get(address(schedule, f"regle/{rule.id}/"))
    for value in ("14\u00a0j", "2\u00a0h", "30\u00a0min"):
        assert f'value="{value}"' in form.content.decode()
    assert f"Prochaines dates : {dates}, 11 janvier 2027." in text_of(form)
    assert "Les semaines sont comptées depuis celle du 30 novembre 2026." in text_of(form)
    # Saved as shown, it stays as it is.
    practitioner_client.post(
        address(schedule, f"regle/{rule.id}/"),
        typed | {"from_PUBLIC": "14\u00a0j", "until_PUBLIC": "2\u00a0h", "version": rule.version},
    )
    assert set(rule.offers.values_list("audience", "shown_from_minutes", "shown_until_minutes")) == set(rows)


def test_professionals_are_reached_through_the_sas(practitioner_client: Client, schedule: Schedule) -> None:
    page = text_of(practitioner_client.get(address(schedule)))
    assert "Professionnels (par le SAS)" in page
    assert "CPTS" not in page


IMPOSSIBLE: list[tuple[dict[str, str], str, str]] = [
    ({"capacity": "0"}, "Patients à la fois", "De 1 à 20 patients"),
    ({"capacity": "21"}, "Patients à la fois", "De 1 à 20 patients"),
    ({"every_n_weeks": "9"}, "Toutes les … semaines", "toutes les 1 à 8 semaines"),
    ({"from_PUBLIC": "1", "until_PUBLIC": "24"}, "Grand public, jusqu’à", "vérifiez les deux délais"),
    ({"from_PUBLIC": "bientôt"}, "Grand public, à partir de", "Ce délai n’est pas lisible"),
    ({"from_PUBLIC": "2000 j"}, "Grand public, à partir de", "cinq ans au plus"),
    ({"end_time": "22 h 30"}, "Créneau (minutes)", "ne tient pas dans ces heures"),
    ({"last_day": "2026-11-29"}, "Au", "n’ouvrirait jamais"),
    ({"last_day": "2026-11-24"}, "Au", "ne peut pas précéder"),
    ({"first_day": "2026-11-02", "last_day": "2026-11-24"}, "Au", "serait déjà finie"),
    ({"end_time": "22 h"}, "À", "C’est aussi l’heure du début"),
    ({"whole_day": "on"}, "Ouvert 24 heures d’affilée", "la fin est à l’heure du début"),
    ({"from_SNP": "14"}, "Soins non programmés, à partir de", "« Soins non programmés » n’est pas coché"),
    ({"until_SNP": "2"}, "Soins non programmés, jusqu’à", "« Soins non programmés » n’est pas coché"),
]


def test_what_can_t_be_is_refused_with_its_field(
    practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]
) -> None:
    for wrong, field, said in IMPOSSIBLE:
        response = practitioner_client.post(address(schedule), typed | wrong)
        assert response.status_code == 422, wrong
        page = text_of(response)
        assert said in page, wrong
        assert field in page[page.index("à corriger") : page.index(said)], wrong
        assert not Rule.objects.exists(), wrong


def test_a_long_reason_with_several_at_once_is_refused_at_the_reasons(
    practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]
) -> None:
    reason = factories.reason(schedule, label="Bilan", minutes=60)
    response = practitioner_client.post(address(schedule), typed | {"reasons": [str(reason.id)]})
    assert "Motifs : Bilan dure 1 h : à plusieurs à la fois" in text_of(response)


def test_the_same_rule_again_is_refused(practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]) -> None:
    practitioner_client.post(address(schedule), typed)
    response = practitioner_client.post(address(schedule), typed)
    assert response.status_code == 422
    assert "Cette règle existe déjà (lundi, 22 h 00 – 2 h 00)" in text_of(response)
    assert Rule.objects.count() == 1


def test_a_one_off_opening_is_listed_apart_until_it_is_past(
    practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]
) -> None:
    del typed["weekdays"], typed["every_n_weeks"]
    wrong = practitioner_client.post(address(schedule, "ponctuelle/"), typed)
    assert "Jour : Indiquez le jour." in text_of(wrong)
    practitioner_client.post(address(schedule, "ponctuelle/"), typed | {"first_day": "2026-11-28"})
    rule = Rule.objects.get()
    assert (rule.first_day, rule.last_day, rule.weekdays) == (date(2026, 11, 28), date(2026, 11, 28), [6])
    factories.rule(schedule=schedule, first_day=date(2026, 11, 7), last_day=date(2026, 11, 7), start_time=time(8))
    page = text_of(practitioner_client.get(address(schedule, "")))
    assert "Jours à part Samedi 28 novembre 2026, 22 h 00 – 2 h 00" in page
    assert "8 h 00" not in page
    form = text_of(practitioner_client.get(address(schedule, f"regle/{rule.id}/")))
    assert "Toutes les … semaines" not in form
    practitioner_client.post(
        address(schedule, f"regle/{rule.id}/"), typed | {"first_day": "2026-11-29", "version": "1"}
    )
    rule.refresh_from_db()
    assert (rule.first_day, rule.weekdays) == (date(2026, 11, 29), [7])


@pytest.mark.parametrize(
    ("hours", "shown"),
    [
        ({"start_time": "8 h", "end_time": "8 h", "whole_day": "on"}, "8 h 00 – 8 h 00, le lendemain"),
        ({"start_time": "0", "end_time": "24 h"}, "0 h 00 – 0 h 00"),
    ],
)
def test_24_hours_are_said(
    practitioner_client: Client, schedule: Schedule, typed: dict[str, Any], hours: dict[str, str], shown: str
) -> None:
    page = practitioner_client.post(address(schedule), typed | hours, follow=True)
    assert shown in text_of(page)
    form = practitioner_client.get(address(schedule, f"regle/{Rule.objects.get().id}/")).content.decode()
    assert 'name="whole_day" id="id_whole_day" checked' in form


def test_a_past_day_is_not_opened_and_an_opening_is_no_rule(
    practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]
) -> None:
    del typed["weekdays"], typed["every_n_weeks"]
    page = address(schedule, "ponctuelle/")
    wrong = practitioner_client.post(page, typed | {"first_day": "2026-11-24"})
    assert "Jour : Ce jour est passé" in text_of(wrong)
    assert "Enregistrer l’ouverture" in text_of(wrong)
    typed["first_day"] = "2026-11-28"
    assert "Ouverture enregistrée." in text_of(practitioner_client.post(page, typed, follow=True))
    again = text_of(practitioner_client.post(page, typed))
    assert "Cette ouverture existe déjà (samedi 28 novembre 2026, 22 h 00 – 2 h 00)" in again
    delete = address(schedule, f"regle/{Rule.objects.get().id}/supprimer/")
    assert "Supprimer cette ouverture ?" in text_of(practitioner_client.get(delete))
    assert "Ouverture supprimée." in text_of(practitioner_client.post(delete, {"version": "1"}, follow=True))


def test_weeks_to_come_are_browsed(practitioner_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, weekdays=[1], first_day=date(2026, 12, 7))
    now = practitioner_client.get(address(schedule, ""))
    following = address(schedule, "semaine/2026-11-30/")
    assert f'href="{following}"' in now.content.decode()
    assert "Semaine précédente" not in text_of(now)
    assert 'aria-label="Semaine précédente"' not in now.content.decode()
    # Any day of it.
    week = practitioner_client.get(address(schedule, "semaine/2026-12-09/"))
    assert "7 – 13 décembre 2026 12 créneaux libres" in text_of(week)
    for link in (following, address(schedule, "semaine/2026-12-14/"), address(schedule, "")):
        assert f'href="{link}"' in week.content.decode()
    # What is past can't be booked.
    for day in ("2026-11-29", "2020-01-01"):
        assert practitioner_client.get(address(schedule, f"semaine/{day}/")).url == address(schedule, "")
    assert practitioner_client.get(address(schedule, "semaine/2100-01-01/")).status_code == 404
    last = practitioner_client.get(address(schedule, "semaine/2099-12-31/")).content.decode()
    assert "Semaine suivante" not in last


def test_a_form_keeps_the_week_it_was_opened_from(
    practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]
) -> None:
    rule = factories.rule(schedule=schedule)
    week, kept = address(schedule, "semaine/2026-12-07/"), "?semaine=2026-12-07"
    browsed = practitioner_client.get(address(schedule, "semaine/2026-12-09/")).content.decode()
    for asked in (f"?regle={rule.id}", "?regle=nouvelle", "?regle=ponctuelle"):
        assert f'href="{week}{asked}"' in browsed, asked
        form = practitioner_client.get(week + asked).content.decode()
        assert kept in form, asked
        assert f'<a class="btn btn--ghost" href="{week}" hx-boost="true" data-leave>Abandonner</a>' in form, asked
    list_ = address(schedule, "absences/") + kept
    sent = [
        ("absence/", {"first_day": "2026-12-10"}, list_),
        ("fermeture/", {"first_day": "2026-12-10", "location": str(schedule.location_id)}, list_),
        ("regle/", typed | {"start_time": "14h", "end_time": "15h"}, week),
        (f"regle/{rule.id}/supprimer/", {"version": str(rule.version)}, week),
    ]
    for rest, data, back in sent:
        answer = practitioner_client.post(address(schedule, rest) + kept, data)
        assert answer.status_code == 303, (rest, text_of(answer))
        assert answer["Location"] == back, rest
    # What is no week to come is this one.
    for odd in ("2026-11-25", "2020-01-01", "demain", "9999-12-31"):
        page = practitioner_client.get(address(schedule, f"?regle=nouvelle&semaine={odd}"))
        assert "23 – 29 novembre 2026" in text_of(page)


def test_a_closed_agenda_is_said_on_its_pages(practitioner_client: Client, schedule: Schedule) -> None:
    pages = [address(schedule, ""), f"/agenda/{schedule.practitioner_id}/semaine/2026-11-25/"]
    for page in pages:
        assert "Cet agenda est fermé" not in text_of(practitioner_client.get(page))
    there = factories.schedule(
        practitioner=schedule.practitioner, location=factories.location(name="Maison d’ailleurs"), active=False
    )
    for page in pages:
        assert "Cet agenda est fermé à la Maison d’ailleurs : rien n’y est proposé." in text_of(
            practitioner_client.get(page)
        )
    Schedule.objects.exclude(pk=there.pk).update(active=False)
    for page in pages:
        assert "Cet agenda est fermé : rien n’y est proposé." in text_of(practitioner_client.get(page))


@pytest.mark.parametrize("rest", ["", "regle/", "ponctuelle/", "motifs/"])
def test_back_asks_for_the_page_again(practitioner_client: Client, schedule: Schedule, rest: str) -> None:
    """Else it would show an error that was corrected since, or a form as if it were not saved yet."""
    assert "no-store" in practitioner_client.get(address(schedule, rest)).headers["Cache-Control"]


def test_places_are_what_can_be_booked_in_the_week_shown(practitioner_client: Client, schedule: Schedule) -> None:
    """A15: twice the same hours, one rule that begins next year, an absence, a visit, and Monday to Wednesday are past."""
    for audience in (Audience.PUBLIC, Audience.SNP):
        factories.rule(schedule=schedule, weekdays=[3, 4, 5], audiences=[audience])
    factories.rule(schedule=schedule, weekdays=[6], first_day=date(2027, 1, 1))
    factories.absence(practitioner=schedule.practitioner, first_day=date(2026, 11, 26), last_day=date(2026, 11, 26))
    factories.appointment(schedule_=schedule, start=factories.at("2026-11-27", "09:00"))
    page = text_of(practitioner_client.get(address(schedule, "")))
    # Today from 10:45 to 12, and Friday but for one: 5 + 11.
    assert "16 créneaux libres, 1 rendez-vous pris." in page
    assert page.count("Chaque semaine PUBLIC 16") + page.count("Chaque semaine SNP 16") == 2
    assert "à partir du 1er janvier 2027 PUBLIC SNP 0" in page


def test_the_strip_draws_a_night_on_both_days(practitioner_client: Client, schedule: Schedule) -> None:
    factories.rule(schedule=schedule, weekdays=[1], start_time=time(22), end_time=time(2))
    content = practitioner_client.get(address(schedule, "")).content.decode()
    assert content.count('<a class="slab"') == 2
    assert '<li class="at-22h for-2h">' in content
    assert '<li class="at-0h for-2h">' in content


@pytest.mark.parametrize(
    ("weekdays", "start", "end", "clashes"),
    [([2], time(1), time(3), True), ([2], time(2), time(3), False), ([1], time(1), time(3), False)],
)
def test_an_overlap_past_midnight_is_told(
    practitioner_client: Client,
    schedule: Schedule,
    typed: dict[str, Any],
    weekdays: list[int],
    start: time,
    end: time,
    clashes: bool,
) -> None:
    factories.rule(schedule=schedule, weekdays=weekdays, start_time=start, end_time=end)
    response = practitioner_client.post(address(schedule), typed)
    assert ("Elle chevauche une autre règle" in text_of(practitioner_client.get(response.url))) == clashes


def test_alternate_weeks_do_not_overlap(practitioner_client: Client, schedule: Schedule, typed: dict[str, Any]) -> None:
    practitioner_client.post(address(schedule), typed)
    response = practitioner_client.post(address(schedule), typed | {"first_day": "2026-12-07"})
    assert "chevauche" not in text_of(practitioner_client.get(response.url))


def test_the_page_asks_as_much_of_one_rule_as_of_25(practitioner_client: Client, schedule: Schedule) -> None:
    counts = []
    for number in (1, 24):
        for _ in range(number):
            rule = factories.rule(schedule=schedule, every_n_weeks=2)
            rule.days_off.create(day=date(2026, 11, 26))
            factories.absence(
                practitioner=schedule.practitioner, first_day=date(2026, 12, 1), last_day=date(2026, 12, 1),
                schedule=schedule, replacement=factories.colleague(schedule),
            )  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            assert practitioner_client.get(address(schedule, "")).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 16
    assert RuleOffer.objects.exists()
