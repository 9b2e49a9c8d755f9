"""A change of set-up tells which coming visits it touches before it is saved, whatever it is; who changed what is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.test import Client

from accounts.enums import Level
from accounts.rights import Actor
from appointments.enums import EventKind, MessageKind, MessageState, SetupKind, SetupVerb
from appointments.models import (
    Absence,
    Appointment,
    Closure,
    Location,
    PatientMessage,
    Rule,
    RuleDayOff,
    Schedule,
    SetupChange,
)
from interop.models import Delivery
from tests import factories
from tests.appointments.agenda.pages import posted_having_read, seal_of, text_of
from tests.factories import at
from tests.undoing import undone

pytestmark = pytest.mark.django_db

MONDAY = "2026-11-30"


@dataclass
class Scene:
    """A rule from 9:00 to 12:00 every day, and a visit on a Monday at 11:00 whose patient has an e-mail."""

    client: Client
    schedule: Schedule
    rule: Rule
    visit: Appointment

    def address(self, rest: str) -> str:
        return f"/agenda/{self.schedule.practitioner_id}/horaires/{rest}"

    def typed(self, **changed: str) -> dict[str, Any]:
        """The rule's form."""
        return {
            "version": str(Rule.objects.get(pk=self.rule.pk).version),
            "weekdays": [str(day) for day in range(1, 8)],
            "start_time": "9h",
            "end_time": "12h",
            "step_minutes": "15",
            "audiences": ["SNP"],
            "consultation_types": ["AMB"],
            "appointment_type": "ROUTINE",
            "schedule": str(self.schedule.id),
            "first_day": str(self.rule.first_day),
        } | changed

    def of_day(self, scope: str, **changed: str) -> tuple[str, dict[str, Any]]:
        """The rule's form for one of its days."""
        return self.address(f"regle/{self.rule.id}/"), self.typed(jour=MONDAY, porte=scope, **changed)

    def admin(self, row: Model, **changed: str) -> tuple[str, dict[str, Any]]:
        """The administration's form of a row."""
        name = type(row).__name__.lower()
        fields = {
            "location": ("name", "line", "postal_code", "city", "time_zone", "holidays", "phone"),
            "schedule": ("active", "finess", "siret", "rpps_rank", "adeli_rank"),
        }[name]
        data = {field: value for field in fields if (value := getattr(row, field))}
        return f"/admin/appointments/{name}/{row.pk}/change/", data | {"_save": "1"} | changed


@pytest.fixture
def scene(practitioner_client: Client, schedule: Schedule) -> Scene:
    rule = factories.rule(schedule=schedule)
    patient = factories.patient(given_name="Prénom-Démo")
    visit = factories.appointment(
        schedule_=schedule, start=at(MONDAY, "11:00"), patient=patient, contact_email="un@exemple.test"
    )
    return Scene(practitioner_client, schedule, rule, visit)


@pytest.fixture
def staff(sign_in: Callable[[Any], Client]) -> Client:
    return sign_in(factories.user(is_staff=True, is_superuser=True))


def shortened(scene: Scene) -> tuple[str, dict[str, Any]]:
    return scene.address(f"regle/{scene.rule.id}/"), scene.typed(end_time="10h30")


def deleted(scene: Scene) -> tuple[str, dict[str, Any]]:
    return scene.address(f"regle/{scene.rule.id}/supprimer/"), {"version": scene.rule.version}


def without_the_day(scene: Scene) -> tuple[str, dict[str, Any]]:
    return scene.address(f"regle/{scene.rule.id}/jour/{MONDAY}/"), {"acte": "retirer", "version": scene.rule.version}


def otherwise_that_day(scene: Scene) -> tuple[str, dict[str, Any]]:
    return scene.of_day("jour", end_time="10h30")


def otherwise_from_that_day(scene: Scene) -> tuple[str, dict[str, Any]]:
    return scene.of_day("suite", start_time="11h10")


def away(scene: Scene) -> tuple[str, dict[str, Any]]:
    return scene.address("absence/"), {"label": "Congrès", "first_day": MONDAY}


def closed(scene: Scene) -> tuple[str, dict[str, Any]]:
    place = str(scene.schedule.location_id)
    return scene.address("fermeture/"), {"label": "Travaux", "first_day": MONDAY, "location": place}


def agenda_closed(scene: Scene) -> tuple[str, dict[str, Any]]:
    address, data = scene.admin(scene.schedule)
    return address, {name: value for name, value in data.items() if name != "active"}


def moved_house(scene: Scene) -> tuple[str, dict[str, Any]]:
    return scene.admin(scene.schedule.location, line="9 rue Neuve")


CHANGES = {
    shortened: ("Reste à son heure, hors des horaires.", SetupKind.RULE, SetupVerb.CHANGED),
    deleted: ("Reste à son heure, hors des horaires.", SetupKind.RULE, SetupVerb.DELETED),
    without_the_day: ("Reste à son heure, hors des horaires.", SetupKind.RULE, SetupVerb.CHANGED),
    otherwise_that_day: ("Reste à son heure, hors des horaires.", SetupKind.RULE, SetupVerb.MADE),
    otherwise_from_that_day: ("Reste à son heure, hors des horaires.", SetupKind.RULE, SetupVerb.CHANGED),
    away: ("Reste pris pendant l’absence.", SetupKind.ABSENCE, SetupVerb.MADE),
    closed: ("Reste pris pendant la fermeture.", SetupKind.CLOSURE, SetupVerb.MADE),
    agenda_closed: ("Reste pris, l’agenda fermé", SetupKind.AGENDA, SetupVerb.CHANGED),
    moved_house: ("Le patient reçoit la nouvelle adresse par e-mail", SetupKind.PLACE, SetupVerb.CHANGED),
}
BY_ADMINISTRATORS = (agenda_closed, moved_house)


def _of_the_set_up() -> list[Any]:
    rows = (Rule, RuleDayOff, Absence, Closure, Location, Schedule)
    return [list(kind._default_manager.order_by("pk").values()) for kind in rows]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_tells_what_it_touches_then_is_made(
    scene: Scene, staff: Client, change: Callable[[Scene], tuple[str, dict[str, Any]]]
) -> None:
    said, kind, verb = CHANGES[change]
    client = staff if change in BY_ADMINISTRATORS else scene.client
    before = _of_the_set_up()
    address, data = change(scene)
    told = client.post(address, data)
    page = text_of(told) if client is scene.client else told.content.decode()
    assert said.lower().rstrip(".") in page.lower()
    assert "11 h 00" in " ".join(page.split()).replace("\u202f", " ").replace("\u00a0", " ")
    assert _of_the_set_up() == before
    assert not SetupChange.objects.exists()
    if client is scene.client:
        assert seal_of(told)
        seal = seal_of(told)
    else:
        # Whoever administers reads no patient.
        assert scene.visit.patient.given_name not in page
        seal = page.partition('name="touched" value="')[2].partition('"')[0]
    assert client.post(address, data | {"touched": seal}).status_code == 303
    assert _of_the_set_up() != before
    visit = Appointment.objects.get()
    assert (visit.start, visit.end, visit.status) == (scene.visit.start, scene.visit.end, scene.visit.status)
    fact = SetupChange.objects.filter(kind=kind, verb=verb).get()
    assert (fact.touched, bool(fact.said), bool(fact.by_name)) == (1, True, True)


NOTHING = [{"end_time": "12h30"}, {"step_minutes": "20"}, {"audiences": ["PUBLIC"]}, {"every_n_weeks": "1"}]


def test_what_touches_nothing_is_made_at_once(scene: Scene) -> None:
    address = scene.address(f"regle/{scene.rule.id}/")
    for typed in NOTHING:
        with undone():
            assert scene.client.post(address, scene.typed() | typed).status_code == 303, typed


def test_what_stands_outside_already_is_not_touched(scene: Scene) -> None:
    """Nor what is over, or cancelled."""
    factories.appointment(schedule_=scene.schedule, start=at(MONDAY, "19:00"))
    factories.appointment(schedule_=scene.schedule, start=at(MONDAY, "11:30"), status="cancelled")
    factories.appointment(schedule_=scene.schedule, start=at("2026-11-23", "11:00"), status="fulfilled")
    told = scene.client.post(*shortened(scene))
    assert "Un rendez-vous à venir est touché" in text_of(told)


def test_what_a_colleague_books_meanwhile_is_told_too(scene: Scene) -> None:
    address, data = shortened(scene)
    seal = seal_of(scene.client.post(address, data))
    factories.appointment(schedule_=scene.schedule, start=at(MONDAY, "11:30"))
    again = scene.client.post(address, data | {"touched": seal})
    assert "2 rendez-vous à venir sont touchés" in text_of(again)
    assert scene.client.post(address, data | {"touched": seal_of(again)}).status_code == 303


def test_what_was_typed_stays_and_enter_asks_again(scene: Scene) -> None:
    address, data = shortened(scene)
    told = scene.client.post(address, data)
    page = told.content.decode()
    assert 'value="10h30"' in page
    # The first button of the form is Enter's, and takes back that the list was read.
    form = page[page.index('<form class="panel"') :]
    first = form.index("<button")
    assert form[first:].startswith('<button type="submit" value="" name="touched" hidden>')
    assert form.index('name="touched" value="') < first
    assert scene.client.post(address, data | {"touched": [seal_of(told), ""]}).status_code == 409


def test_every_one_can_be_read_those_past_the_first_unfolded(scene: Scene, staff: Client) -> None:
    visits = [
        factories.appointment(schedule_=scene.schedule, start=at(f"2026-12-{day:02d}", "11:00")) for day in range(1, 15)
    ]
    told = scene.client.post(*deleted(scene)).content.decode()
    folded = told[told.index("<summary>et 3 de plus</summary>") :].partition("</details>")[0]
    assert [f"/rendez-vous/{one.id}/" in folded for one in visits] == [False] * 11 + [True] * 3
    assert all(f"/rendez-vous/{one.id}/" in told for one in visits)
    page = staff.post(*agenda_closed(scene)).content.decode()
    assert "<summary>et 3 de plus</summary>" in page
    assert "Lundi 14 décembre" in page
    # The box to tick stands under the list, before the fields.
    assert page.index("<summary>") < page.index('name="touched"') < page.index('name="finess"')


def test_what_an_absence_covers_can_be_unfolded(scene: Scene) -> None:
    visits = [factories.appointment(schedule_=scene.schedule, start=at(MONDAY, f"{hour}:00")) for hour in range(12, 20)]
    posted_having_read(scene.client, *away(scene))
    page = scene.client.get(scene.address("absences/")).content.decode()
    folded = page[page.index('<details class="small">') :].partition("</details>")[0]
    assert "et 3 de plus" in folded
    assert f"/rendez-vous/{visits[-1].id}/" in folded


class TestAddress:
    def test_the_patient_is_told_anew_and_the_sas_is_not(self, scene: Scene, staff: Client) -> None:
        regulator = factories.regulator()
        sas = factories.appointment(
            schedule_=scene.schedule,
            start=at(MONDAY, "09:00"),
            by=Actor(user=regulator.user, regulator=regulator),
            contact_email="deux@exemple.test",
        )
        address, data = moved_house(scene)
        told = staff.post(address, data)
        seal = told.content.decode().partition('name="touched" value="')[2].partition('"')[0]
        assert staff.post(address, data | {"touched": seal}).status_code == 303
        for visit in (scene.visit, sas):
            event = visit.events.get(kind=EventKind.PLACE_CHANGED)
            assert event.sequence == Appointment.objects.get(pk=visit.pk).version
            assert event.snapshot["previous"]["place"] == scene.schedule.location.full_address
        assert not Delivery.objects.filter(event__kind=EventKind.PLACE_CHANGED).exists()
        kinds = {(one.address, one.kind) for one in PatientMessage.objects.filter(state=MessageState.PLANNED)}
        assert kinds == {("un@exemple.test", MessageKind.CHANGE), ("deux@exemple.test", MessageKind.CHANGE)}
        page = text_of(scene.client.get(f"/rendez-vous/{scene.visit.id}/"))
        assert f"Adresse du lieu changée (avant : {scene.schedule.location.full_address})" in page

    def test_without_an_e_mail_it_is_to_be_told(self, scene: Scene, staff: Client) -> None:
        Appointment.objects.update(contact_email="")
        told = staff.post(*moved_house(scene))
        assert "Aucun message ne l’atteint, prévenez le patient de la nouvelle adresse" in told.content.decode()

    def test_a_teleconsultation_has_none(self, scene: Scene, staff: Client) -> None:
        Appointment.objects.update(consultation_type="VR")
        assert staff.post(*moved_house(scene)).status_code == 303

    def test_a_place_keeps_its_clock_while_visits_stand(self, scene: Scene, staff: Client) -> None:
        address, data = scene.admin(scene.schedule.location, time_zone="Indian/Reunion")
        refused = staff.post(address, data)
        assert "déplacez-les ou annulez-les avant d’en changer le fuseau horaire" in refused.content.decode()
        assert Location.objects.get(pk=scene.schedule.location_id).time_zone == "Europe/Paris"
        Appointment.objects.update(status="cancelled")
        assert staff.post(address, data).status_code == 303

    def test_a_structure_s_page_changes_no_place(self, scene: Scene, staff: Client) -> None:
        page = staff.get(f"/admin/accounts/organization/{scene.schedule.organization_id}/change/").content.decode()
        assert scene.schedule.location.line in page
        assert f'value="{scene.schedule.location.line}"' not in page


class TestHistory:
    def test_it_says_who_changed_what_from_what_to_what(self, scene: Scene) -> None:
        posted_having_read(scene.client, *shortened(scene))
        page = text_of(scene.client.get(scene.address("historique/")))
        assert "Changement, horaires : Tous les jours, 9 h 00 – 12 h 00" in page
        assert "Heures : 9 h 00 – 12 h 00 → 9 h 00 – 10 h 30" in page
        assert f"{scene.schedule.practitioner.user.get_full_name()}. 1 rendez-vous à venir touché" in page

    def test_only_this_day_is_one_line_and_putting_it_back_another(self, scene: Scene) -> None:
        posted_having_read(scene.client, *otherwise_that_day(scene))
        [made] = SetupChange.objects.all()
        assert (made.verb, made.name.split(",")[0]) == (SetupVerb.MADE, "30 novembre 2026")
        rule = "Tous les jours, 9 h 00 – 12 h 00, Cabinet de la Glycine"
        assert f"À la place de : {rule}" in text_of(scene.client.get(scene.address("historique/")))
        version = Rule.objects.get(pk=scene.rule.pk).version
        scene.client.post(
            scene.address(f"regle/{scene.rule.id}/jour/{MONDAY}/"), {"acte": "remettre", "version": version}
        )
        gone, _ = SetupChange.objects.all()
        assert (gone.verb, gone.name) == (SetupVerb.DELETED, made.name)
        scene.rule.refresh_from_db()
        # A day that is only left out is a change of its rule.
        posted_having_read(scene.client, *without_the_day(scene))
        assert SetupChange.objects.first().verb == SetupVerb.CHANGED  # type: ignore[union-attr]

    def test_a_series_is_one_line(self, scene: Scene) -> None:
        address, data = away(scene)
        series = data | {"first_day": "2026-12-07", "until": "2026-12-28"}
        assert scene.client.post(address, series).status_code == 303
        [fact] = SetupChange.objects.all()
        assert fact.name == "lundi 7 décembre 2026, et 3 fois suivantes"

    def test_what_an_absence_is_about_is_read_by_who_reads_the_absence(
        self, scene: Scene, sign_in: Callable[[Any], Client]
    ) -> None:
        elsewhere = factories.schedule(practitioner=scene.schedule.practitioner)
        posted_having_read(scene.client, *away(scene))
        here, everywhere = factories.user(), factories.user()
        factories.delegate(here, scene.schedule, Level.SEE)
        for one in (scene.schedule, elsewhere):
            factories.delegate(everywhere, one, Level.SEE)
        assert "Congrès" not in text_of(sign_in(here).get(scene.address("historique/")))
        assert "Congrès" in text_of(sign_in(everywhere).get(scene.address("historique/")))

    def test_it_is_never_rewritten(self, scene: Scene) -> None:
        posted_having_read(scene.client, *away(scene))
        with pytest.raises(IntegrityError), transaction.atomic():
            SetupChange.objects.update(by_name="Personne")


def test_it_costs_the_same_for_many(scene: Scene, django_assert_max_num_queries: Any) -> None:
    for minutes in range(0, 60, 15):
        factories.appointment(schedule_=scene.schedule, start=at(MONDAY, f"09:{minutes:02d}"))
        factories.rule(schedule=scene.schedule, start_time=f"1{minutes // 15 + 3}:00", end_time="19:00")
    address, data = deleted(scene)
    with django_assert_max_num_queries(66):
        scene.client.post(address, data)
