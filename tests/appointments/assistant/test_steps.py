"""A practice sets itself up: each step, what is still missing, and the last button. From an empty organization to the search."""

import html
import io
import re
from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import AccessKind, Role
from accounts.french import fold
from accounts.models import AccessEvent, Invitation, Organization, Practitioner, User
from accounts.services.directory import import_directory
from accounts.services.invitations import send_invitation
from appointments.enums import Audience, SetupKind
from appointments.models import Location, ReasonAt, Rule, Schedule, SetupChange
from appointments.openings.services.rules import write_offers
from appointments.openings.values import Shown
from appointments.slots.selectors import free_slots_of
from appointments.slots.values import PRACTICE, REGULATOR
from tests import factories
from tests.appointments.agenda.conftest import NOW, _frozen
from tests.undoing import undone

pytestmark = pytest.mark.django_db
__all__ = ["_frozen"]

EXTRACT = Path(__file__).resolve().parents[3] / "appointments/demo/annuaire.txt"
PRACTICE_TYPED = {
    "version": "0", "name": "Cabinet des Lilas", "kind": "practice", "siret": "999 000 000 000 18", "phone": "01 99 00 12 34",
    "line": "1 rue de l’Exemple", "postal_code": "99000", "city": "Villefictive",
}  # fmt: skip


@pytest.fixture
def organization() -> Organization:
    return Organization.objects.create(name="Cabinet des Lilas")


@pytest.fixture
def manager(organization: Organization) -> User:
    return factories.member(organization, role=Role.MANAGER).user


@pytest.fixture
def browser(manager: User, sign_in: Callable[[User], Client]) -> Client:
    return sign_in(manager)


def step(organization: Organization, path: str = "") -> str:
    return f"/mise-en-place/{organization.pk}/{path}"


def read(answer: Any) -> str:
    return " ".join(html.unescape(answer.content.decode()).split())


def take_directory() -> None:
    nothing: Callable[..., None] = lambda *_: None  # noqa: E731
    import_directory(
        io.BytesIO(EXTRACT.read_bytes()), name="a.txt", now=timezone.now(), on_broken=nothing, on_line=nothing
    )


def with_place(organization: Organization, **fields: Any) -> Location:
    place = {"name": "Cabinet des Lilas", "line": "1 rue de l’Exemple", "postal_code": "99000", "city": "Villefictive"}
    return Location.objects.create(organization=organization, **place | fields)


def with_agenda(organization: Organization, **fields: Any) -> Schedule:
    return factories.schedule(location=with_place(organization), **fields)


def test_from_an_empty_organization_to_slots_that_the_sas_is_sent(
    browser: Client, organization: Organization, manager: User
) -> None:
    take_directory()
    first = browser.get("/", follow=True)
    assert first.request["PATH_INFO"] == step(organization, "cabinet/")
    assert browser.post(step(organization, "cabinet/"), PRACTICE_TYPED)["Location"] == step(organization, "praticiens/")
    place = organization.locations.get()
    page = read(browser.get(step(organization, "praticiens/"), {"q": "tournesol"}))
    assert page.index("Alba Tournesol") < page.index("Albin Tournesol")
    sent = {"q": "tournesol", "found": "810100050075", "locations": [str(place.pk)], "is_oneself": "on"}
    assert browser.post(step(organization, "praticiens/"), sent).status_code == 303
    practitioner = Practitioner.objects.get(rpps="10100050075")
    assert (practitioner.user, practitioner.specialty_codes, practitioner.title) == (manager, ["SM54"], "Dr")
    assert "Prendre ces" in read(browser.get(step(organization, "motifs/")))
    assert browser.post(step(organization, f"motifs/{practitioner.pk}/")).status_code == 303
    assert ReasonAt.objects.filter(schedule__calendar__practitioner=practitioner).exists()
    hours = {
        "schedule": str(Schedule.objects.get().pk), "weekdays": ["1", "2", "3", "4", "5"], "morning_start": "9h",
        "morning_end": "12h", "afternoon_start": "", "afternoon_end": "", "step_minutes": "15",
    }  # fmt: skip
    assert browser.post(step(organization, f"horaires/{practitioner.pk}/"), hours).status_code == 303
    assert "Tout est fermé" in read(browser.get(step(organization, "verifier/")))
    # Publishing what nobody could find is refused.
    browser.post(step(organization, "publier/"), {"acte": "publier"})
    assert not Schedule.objects.get().published
    write_offers(Rule.objects.get(), [Shown(Audience.SNP)], ())
    page = read(browser.get(step(organization, "verifier/")))
    assert "Tout est prêt" in page
    assert "Être trouvé par le SAS" in page
    assert not seen()
    assert browser.post(step(organization, "publier/"), {"acte": "publier"}).status_code == 303
    assert seen()
    assert "Le SAS vous trouve" in read(browser.get(step(organization, "verifier/")))
    assert SetupChange.objects.filter(kind=SetupKind.AGENDA, said__contains=[["publié", "non", "oui"]]).exists()
    browser.post(step(organization, "publier/"), {"acte": "retirer"})
    assert not seen()


def seen() -> list[Any]:
    schedules = Schedule.objects.with_place()
    until = NOW + timezone.timedelta(days=7)
    assert free_slots_of(schedules, since=NOW, until=until, now=NOW, viewer=PRACTICE)
    return free_slots_of(schedules, since=NOW, until=until, now=NOW, viewer=REGULATOR)


def test_a_wrong_check_digit_is_told_and_saved(browser: Client, organization: Organization) -> None:
    answer = browser.post(step(organization, "cabinet/"), PRACTICE_TYPED | {"finess": "990000018"}, follow=True)
    assert "FINESS : la clé ne tombe pas juste, le dernier chiffre serait" in read(answer)
    organization.refresh_from_db()
    assert (organization.finess, organization.siret) == ("990000018", "99900000000018")
    typed = {
        "acte": "saisie", "number": "10009900018", "family_name": "Épine", "given_name": "Noé", "profession": "10",
        "locations": [str(organization.locations.get().pk)],
    }  # fmt: skip
    told = read(browser.post(step(organization, "praticiens/"), typed, follow=True))
    assert "RPPS : la clé ne tombe pas juste" in told
    assert Practitioner.objects.get().rpps == "10009900018"


BROKEN = [
    ("name", "", "Nommez le cabinet"),
    ("finess", "12", "Le FINESS compte 9 chiffres"),
    ("siret", "abc", "Le SIRET compte 14 chiffres"),
    ("postal_code", "9900", "Le code postal compte 5 chiffres"),
    ("phone", "12", "longueur"),
    ("city", "", "Indiquez la ville"),
    ("name", "<b>", "ne sont pas acceptés"),
]


def test_a_field_says_its_rule_where_it_is_broken(browser: Client, organization: Organization) -> None:
    for field, typed, said in BROKEN:
        answer = browser.post(step(organization, "cabinet/"), PRACTICE_TYPED | {field: typed})
        assert answer.status_code == 422, (field, typed)
        assert f'id="id_{field}-erreur"' in answer.content.decode(), (field, typed)
        assert said in read(answer) or field == "phone", (field, typed)
        assert not Location.objects.exists(), (field, typed)


CLOCKS = [
    ("75011", "Europe/Paris", "metropole"),
    ("67000", "Europe/Paris", "alsace-moselle"),
    ("97410", "Indian/Reunion", "reunion"),
    ("97133", "America/St_Barthelemy", "saint-barthelemy"),
    ("98714", "Pacific/Tahiti", "polynesie-francaise"),
]


def test_a_place_has_the_clock_and_the_holidays_of_its_postal_code(browser: Client, organization: Organization) -> None:
    for postal_code, zone, holidays in CLOCKS:
        with undone():
            typed = PRACTICE_TYPED | {"postal_code": postal_code, "phone": ""}
            assert browser.post(step(organization, "cabinet/"), typed).status_code == 303, postal_code
            place = organization.locations.get()
            assert (place.time_zone, place.holidays) == (zone, holidays), postal_code


def test_a_practitioner_who_is_known_is_taken_as_they_are_and_told(
    browser: Client, organization: Organization, manager: User
) -> None:
    place = with_place(organization)
    elsewhere = factories.schedule(practitioner=factories.practitioner(user=factories.user(), rpps="10009901041"))
    typed = {
        "acte": "saisie", "number": "10009901041", "family_name": "Autre", "given_name": "Nom", "profession": "50",
        "locations": [str(place.pk)],
    }  # fmt: skip
    # Nobody makes somebody who receives elsewhere their own.
    refused = browser.post(step(organization, "praticiens/"), typed | {"is_oneself": "on"})
    assert refused.status_code == 422
    assert browser.post(step(organization, "praticiens/"), typed).status_code == 303
    practitioner = Practitioner.objects.get()
    assert practitioner.family_name == elsewhere.practitioner.family_name
    assert practitioner.user != manager
    assert Schedule.objects.of_practitioner(practitioner).filter(location=place, published=False).exists()
    event = AccessEvent.objects.get(kind=AccessKind.RECEIVES)
    assert event.notices.get().practitioner == practitioner
    page = step(organization, f"praticiens/{practitioner.pk}/")
    assert "n’est changée que par lui-même" in read(browser.get(page))
    assert browser.post(page, typed).status_code == 404
    assert "reçoit déjà ici" in read(browser.post(step(organization, "praticiens/"), typed))


def test_an_address_invites_the_practitioner_to_their_own_agenda(browser: Client, organization: Organization) -> None:
    take_directory()
    place = with_place(organization)
    sent = {"found": "810009901041", "locations": [str(place.pk)], "email": "noe@exemple.test"}
    assert browser.post(step(organization, "praticiens/"), sent).status_code == 303
    invitation = Invitation.objects.get()
    assert invitation.practitioner == Practitioner.objects.get()
    send_invitation(invitation_id=invitation.pk, now=timezone.now())
    assert mail.outbox[0].to == ["noe@exemple.test"]
    # Refused, nobody is added.
    sent = {"found": "810009901058", "locations": [str(place.pk)], "email": "noe@exemple.test"}
    answer = browser.post(step(organization, "praticiens/"), sent)
    assert answer.status_code == 422
    assert "déjà invitée" in read(answer)
    assert Practitioner.objects.count() == 1


def test_going_on_adds_the_practitioner_who_was_typed(browser: Client, organization: Organization) -> None:
    place = with_place(organization)
    page, onwards = step(organization, "praticiens/"), step(organization, "lieux/")
    typed = {"acte": "saisie", "suite": "1", "title": "Dr", "profession": "10", "locations": [str(place.pk)]}
    assert browser.post(page, typed)["Location"] == onwards
    answer = browser.post(page, typed | {"family_name": "Épine", "given_name": "Noé"})
    assert answer.status_code == 422
    assert 'value="Épine"' in answer.content.decode()
    sent = typed | {"number": "10009900017", "family_name": "Épine", "given_name": "Noé"}
    assert browser.post(page, sent)["Location"] == onwards
    assert Practitioner.objects.get().family_name == "Épine"


def test_going_on_adds_who_was_chosen_in_the_directory(browser: Client, organization: Organization) -> None:
    take_directory()
    place = with_place(organization)
    page, onwards = step(organization, "praticiens/"), step(organization, "lieux/")
    found = browser.get(page, {"q": "eglantine"}).content.decode()
    [going_on] = re.findall(r'<button[^>]*name="suite"[^>]*form="(\w+)"', found)
    assert f'id="{going_on}"' in found
    sent = {"q": "eglantine", "suite": "1", "locations": [str(place.pk)]}
    assert browser.post(page, sent)["Location"] == onwards
    assert not Practitioner.objects.exists()
    assert (
        browser.post(page, sent | {"found": re.findall(r'name="found" value="(\d+)"', found)[0]})["Location"] == onwards
    )
    assert fold(Practitioner.objects.get().family_name) == "eglantine"


def test_a_practitioner_is_no_secretary(browser: Client, organization: Organization) -> None:
    place = with_place(organization)
    sent = {
        "acte": "saisie", "number": "10009900017", "family_name": "Épine", "given_name": "Noé", "profession": "10",
        "locations": [str(place.pk)], "email": "noe@exemple.test",
    }  # fmt: skip
    assert browser.post(step(organization, "praticiens/"), sent).status_code == 303
    assert "en attente" not in read(browser.get(step(organization, "secretaires/")))
    practitioner = Practitioner.objects.get()
    practitioner.user = factories.member(organization).user
    practitioner.save()
    assert "Personne encore" in read(browser.get(step(organization, "secretaires/")))
    factories.member(organization)
    assert "1 membre" in read(browser.get(step(organization, "secretaires/")))


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ({"morning_start": "12h", "morning_end": "9h"}, "La fin vient après le début"),
        (
            {"morning_start": "9h", "morning_end": "15h", "afternoon_start": "14h", "afternoon_end": "18h"},
            "commence avant",
        ),
        ({"afternoon_start": "14h", "afternoon_end": "24h"}, ""),
    ],
)
def test_a_typical_day_goes_from_morning_to_evening(
    hours: dict[str, str], said: str, browser: Client, organization: Organization
) -> None:
    schedule = with_agenda(organization)
    page = step(organization, f"horaires/{schedule.practitioner.pk}/")
    sent = {"schedule": str(schedule.pk), "weekdays": ["1"], "step_minutes": "15", **hours}
    answer = browser.post(page, sent)
    assert answer.status_code == (422 if said else 303)
    assert said in read(answer)
    assert Rule.objects.exists() is not bool(said)


def test_an_identity_is_corrected_where_the_practitioner_receives_nowhere_else(
    browser: Client, organization: Organization
) -> None:
    practitioner = with_agenda(
        organization, practitioner=factories.practitioner(specialty_codes=["SM54", "SM26"])
    ).practitioner
    typed = {
        "version": "0", "number": practitioner.rpps, "family_name": "Œillet", "given_name": "Noé", "profession": "10",
        "specialty": "SM04", "title": "Pr", "phone": "01 99 00 12 34", "practical_information": "Au fond de la cour.",
    }  # fmt: skip
    assert browser.post(step(organization, f"praticiens/{practitioner.pk}/"), typed).status_code == 303
    practitioner.refresh_from_db()
    assert str(practitioner) == "Pr Noé Œillet"
    assert (practitioner.specialty_codes, practitioner.phone) == (["SM04", "SM26"], "+33199001234")


def test_a_place_the_directory_knows_is_proposed_and_filled_in(browser: Client, organization: Organization) -> None:
    take_directory()
    practitioner = with_agenda(organization, practitioner=factories.practitioner(rpps="10100050075")).practitioner
    page = browser.get(step(organization, "lieux/")).content.decode()
    assert "8 place Imaginaire" in page
    [address] = [one.split('"')[0] for one in page.split('href="') if "annuaire=" in one.split('"')[0]]
    form = browser.get(address).context["form"]
    assert form["city"].value() == "Villefictive"
    assert form["receive"].value() == [str(practitioner.pk)]
    typed = {name: form[name].value() for name in ("name", "line", "postal_code", "city", "phone", "receive")}
    assert browser.post(step(organization, "lieux/nouveau/"), typed).status_code == 303
    made = Location.objects.get(line="8 place Imaginaire")
    assert Schedule.objects.get(location=made, calendar__practitioner=practitioner).published is False


def test_who_does_not_receive_there_any_more_is_told_of_their_visits_first(
    browser: Client, organization: Organization
) -> None:
    schedule = with_agenda(organization)
    factories.rule(schedule=schedule)
    factories.appointment(schedule_=schedule, start=factories.at("2026-11-26", "09:00"))
    place = schedule.location
    typed = {
        "version": "0", "name": place.name, "line": place.line, "postal_code": place.postal_code, "city": place.city,
        "holidays": place.holidays, "time_zone": place.time_zone,
    }  # fmt: skip
    answer = browser.post(step(organization, f"lieux/{place.pk}/"), typed)
    assert answer.status_code == 409
    assert "reste pris, l’agenda fermé" in read(answer)
    seal = answer.context["touched"].seal
    assert browser.post(step(organization, f"lieux/{place.pk}/"), typed | {"touched": seal}).status_code == 303
    schedule.refresh_from_db()
    assert not schedule.active
    assert "Un praticien, avec son lieu" in read(browser.get(step(organization, "verifier/")))


def test_what_is_missing_is_told_with_its_step(browser: Client, organization: Organization) -> None:
    page = read(browser.get(step(organization, "cabinet/")))
    assert "Il manque 5 choses" in page
    with_agenda(organization)
    page = read(browser.get(step(organization, "lieux/")))
    assert "sans téléphone" in page
    assert "Le téléphone du Cabinet des Lilas" in page
    Organization.objects.update(phone="+33199001234", siret="99900000000018")
    assert "Il manque 2 choses" in read(browser.get(step(organization, "lieux/")))


def test_a_step_asks_as_much_of_the_database_for_six_as_for_one(browser: Client, organization: Organization) -> None:
    place = with_place(organization)
    factories.rule(schedule=factories.schedule(location=place))

    def asked() -> dict[str, int]:
        counts = {}
        for path in ("cabinet/", "praticiens/", "lieux/", "motifs/", "horaires/", "verifier/"):
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(step(organization, path)).status_code == 200
            counts[path] = len(queries)
        return counts

    of_one = asked()
    for _ in range(5):
        factories.rule(schedule=factories.schedule(location=place))
    of_six = asked()
    assert {path: count for path, count in of_six.items() if count > min(of_one[path], 15)} == {}


def test_the_form_of_two_managers_at_once_is_compared(browser: Client, organization: Organization) -> None:
    with_place(organization, version=3)
    typed = PRACTICE_TYPED | {"version": "0", "place_version": "2"}
    answer = browser.post(step(organization, "cabinet/"), typed)
    assert answer.status_code == 409
    assert 'name="place_version" value="3"' in answer.content.decode()


def test_a_start_is_told_once_however_many_lengths_begin_then(browser: Client, organization: Organization) -> None:
    Organization.objects.update(phone="+33199001234", siret="99900000000018")
    schedule = with_agenda(organization)
    longer = factories.reason(schedule, minutes=45)
    factories.rule(schedule=schedule, reasons=[longer], step_minutes=60, end_time=time(10))
    [seen] = browser.get(step(organization, "verifier/")).context["seen"].sas
    assert seen.count == 7
    assert len({start for _, start, _ in seen.first}) == 3
    assert seen.reasons == [(longer.label, 45)]
