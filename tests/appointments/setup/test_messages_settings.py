"""« Messages »: what patients are written, by the managers; shown as it is received, refused where it could not leave."""

from datetime import time
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.enums import Role
from appointments.enums import MessageKind, Way
from appointments.messages import texts
from appointments.models import MessageSettings, MessageText, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Schedule:
    place = factories.location(line="4 place Inventée", phone="+33199001234", name="Cabinet des Lilas")
    return factories.schedule(location=place, practitioner=factories.practitioner(family_name="Tournesol"))


@pytest.fixture
def manager(here: Schedule) -> Client:
    client = Client()
    client.force_login(factories.member(here.organization, role=Role.MANAGER).user)
    return client


def address(here: Schedule, slug: str = "rappel") -> str:
    return f"/cabinet/{here.organization_id}/messages/{slug}/"


def typed(**changed: Any) -> dict[str, Any]:
    return {
        "version": 0, "way": Way.SMS_FIRST, "sms": "Rappel : {jour} à {heure}, {praticien}", "mail": "Bonjour, à bientôt.",
        "reminder_0": 2880, "reminder_1": 60, "reminder_2": "", "quiet_from": "20:00", "quiet_until": "07:30", "sundays": "on",
        "to_bring": "Carte Vitale",
    } | changed  # fmt: skip


def test_it_is_saved_for_one_kind_and_the_hours_for_all(here: Schedule, manager: Client) -> None:
    assert manager.post(address(here), typed()).status_code == 303
    text = MessageText.objects.get()
    assert (text.kind, text.way, text.mail) == (MessageKind.REMINDER, Way.SMS_FIRST, "Bonjour, à bientôt.")
    settings = MessageSettings.objects.get()
    assert (settings.reminders, settings.version) == ([2880, 60], 1)
    assert (settings.quiet_from, settings.quiet_until, settings.sundays) == (time(20), time(7, 30), True)
    # Who had it open meanwhile gets both values back.
    stale = manager.post(address(here), typed(to_bring="Autre chose"))
    assert stale.status_code == 409
    assert "Autre chose" in stale.content.decode()
    # The product's own text stays its own.
    manager.post(address(here), typed(version=1, mail=texts.MAIL[MessageKind.REMINDER]))
    text.refresh_from_db()
    assert text.mail == ""


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sms": "Rappel {motif}"}, "« {motif} »"),
        ({"mail": "Bonjour {prenom} {motif}"}, "« {prenom} » et « {motif} »"),
        ({"sms": "Rappel {jour"}, "Une accolade est seule"),
        ({"sms": "a" * 470}, "ferait 4 SMS"),
        ({"sms": ""}, "obligatoire"),
        ({"quiet_from": "x"}, "pas lisible"),
    ],
)
def test_what_could_not_leave_is_refused(changed: dict[str, str], said: str, here: Schedule, manager: Client) -> None:
    answer = manager.post(address(here), typed(**changed))
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not MessageText.objects.exists()


def test_while_it_is_typed_it_is_shown_by_the_renderer_and_counted(here: Schedule, manager: Client) -> None:
    page = text_of(manager.get(address(here, "confirmation")))
    assert "RDV demain" in page
    assert "Votre rendez-vous est confirmé" in page
    answer = manager.post(
        f"{address(here)}?apercu=1", typed(sms="Œuf 😀 {lieu} : {telephone}", mail="Chère {praticien}")
    )
    page = text_of(answer)
    assert answer.status_code == 200
    assert "Oeuf 4 place Inventée, Villefictive: 0199001234" in page
    assert "47 caractères, 1 SMS" in page
    assert f"Chère {here.practitioner.name}" in page
    assert not MessageText.objects.exists()


def test_no_agenda_yet_no_example(manager: Client) -> None:
    there = factories.organization()
    client = Client()
    client.force_login(factories.member(there, role=Role.MANAGER).user)
    assert "Un exemple apparaît" in text_of(client.get(f"/cabinet/{there.id}/messages/", follow=True))
    assert manager.get(f"/cabinet/{there.id}/messages/").status_code == 404
    assert client.get(f"/cabinet/{there.id}/messages/inconnu/").status_code == 404


def test_an_essay_goes_to_who_types_and_saves_nothing(
    here: Schedule, manager: Client, mailoutbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    essay = address(here) + "?essai=1"
    assert "mal écrit" in text_of(manager.post(essay, typed(mail="Bonjour {prenom}, c’est mal écrit.")))
    assert mailoutbox == []
    answer = manager.post(essay, typed(mail="Bonjour, c’est un essai."))
    [sent] = mailoutbox
    assert sent.to == [here.organization.memberships.get().user.email]
    assert sent.subject.startswith("Essai")
    assert "c’est un essai" in sent.body
    assert f"Essai envoyé à {sent.to[0]}" in text_of(answer)
    assert not MessageText.objects.exists()
    # Not twice in a moment, and nothing is said to have left that did not.
    assert "attendez quelques secondes" in text_of(manager.post(essay, typed()))
    cache.clear()
    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", Mock(side_effect=ConnectionRefusedError))
    assert "rien n’est parti" in text_of(manager.post(essay, typed()))
