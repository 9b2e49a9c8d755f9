"""A patient waits for an earlier hour: registers, is asked, answers by the link of the message, leaves."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from appointments.booking.manage_link import token_of, waiting_link
from appointments.enums import WaitingState
from appointments.models import Appointment, OnlineBooking, Reason, Schedule, WaitingEntry, WaitingOffer
from appointments.waiting.services.offering import look
from tests import factories
from tests.appointments.agenda.conftest import NOW
from tests.appointments.online.acts import TYPED, last_code
from tests.appointments.waiting.acts import cancel, visit_at, waits
from tests.factories import at

pytestmark = pytest.mark.django_db
TEN = at("2026-11-26", "10:00")
# The reason is the one of the page, which the browser sends along.
WISH = {"weekdays": ["4", "5"], "part": "morning", "notice_hours": "4", "until": "2026-12-09"}


def address(here: Schedule) -> str:
    return f"/rendez-vous-en-ligne/praticien/{here.practitioner.pk}/attente/"


def path(entry: WaitingEntry) -> str:
    return urlsplit(waiting_link(entry.pk)).path


def errors(answer: Any) -> list[str]:
    return [one.strip() for one in re.findall(r'-erreur">.*?<span>(.*?)</span>', answer.content.decode(), re.DOTALL)]


def registered(browser: Client, here: Schedule, **typed: Any) -> Any:
    """The answer to the code."""
    before = len(mail.outbox)
    [reason] = Reason.objects.all()
    answer = browser.post(address(here), TYPED | WISH | {"reason": str(reason.pk)} | typed)
    assert answer.status_code == 303, errors(answer)
    assert len(mail.outbox) == before + 1
    return browser.post(answer["Location"], {"code": last_code()})


def offered(here: Schedule, entry: WaitingEntry) -> WaitingOffer:
    cancel(here, TEN)
    look(schedule_id=here.pk, now=NOW)
    return WaitingOffer.objects.get(entry=entry, state="made")


def test_a_patient_registers_by_a_code_and_is_told_their_rank(full: Schedule, reason: Reason, client: Client) -> None:
    waits(full, reason, now=NOW - timedelta(minutes=1))
    answer = registered(client, full)
    assert answer.status_code == 303
    page = client.get(answer["Location"], follow=True).content.decode()
    entry = WaitingEntry.objects.get(weekdays=[4, 5])
    assert (entry.part, entry.until.isoformat(), entry.reason) == ("morning", "2026-12-09", reason)
    assert "C’est noté" in page
    assert re.search(r"Votre rang</dt>\s*<dd>2</dd>", page)
    # Who has the link is shown neither name nor reason.
    assert "Jasmin" not in page
    assert "Consultation" not in page
    assert not OnlineBooking.objects.exclude(details=None).exists()


def test_a_wrong_code_registers_nobody(full: Schedule, client: Client) -> None:
    code = client.post(address(full), TYPED | WISH)["Location"]
    wrong = f"{(int(last_code()) + 1) % 10**6:06d}"
    answer = client.post(code, {"code": wrong})
    assert answer.status_code == 422
    assert not WaitingEntry.objects.exists()


def test_what_was_typed_is_corrected_before_the_code(full: Schedule, client: Client) -> None:
    code = client.post(address(full), TYPED | WISH)["Location"]
    details = code.removesuffix("code/")
    page = client.get(details).content.decode()
    assert 'value="Jasmin-Démo"' in page
    assert re.search(r'name="weekdays" value="4"[^>]*checked', page)
    answer = client.post(details, TYPED | WISH | {"weekdays": ["5"], "email": "autre@exemple.test"})
    assert answer.status_code == 303
    assert mail.outbox[-1].to == ["autre@exemple.test"]
    client.post(code, {"code": last_code()})
    assert WaitingEntry.objects.get().weekdays == [5]


def test_the_same_person_is_told_that_they_wait_already(full: Schedule, client: Client) -> None:
    registered(client, full)
    answer = registered(Client(), full)
    assert answer.status_code == 409
    assert "Déjà sur la liste d’attente depuis le mercredi 25 novembre 2026" in answer.content.decode()
    assert WaitingEntry.objects.count() == 1


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"weekdays": []}, "Choisissez au moins un jour."),
    ({"weekdays": ["8"]}, "Un de ces jours n’en est pas un\u00a0: choisissez-les de nouveau."),
    ({"notice_hours": "1"}, "Choisissez un délai de la liste."),
    ({"until": "demain"}, "Cette date n’est pas lisible\u00a0: écrivez-la comme 25/11/2026."),
]


def test_what_is_wrong_is_named_and_nothing_typed_is_lost(full: Schedule, client: Client) -> None:
    for typed, said in WRONG:
        answer = client.post(address(full), TYPED | WISH | typed)
        assert answer.status_code == 422, typed
        assert said in errors(answer), typed
        assert 'value="Jasmin-Démo"' in answer.content.decode(), typed


def test_a_day_too_far_is_refused_once_the_code_is_right(full: Schedule, client: Client) -> None:
    answer = registered(client, full, until="2027-06-01")
    assert answer.status_code == 409
    assert "trois mois" in answer.content.decode()
    assert not WaitingEntry.objects.exists()


def test_a_list_is_one_practice_s(full: Schedule, reason: Reason, client: Client) -> None:
    there = factories.schedule(practitioner=full.practitioner)
    other = factories.reason(there, label="Consultation d’ailleurs")
    factories.rule(schedule=there, reasons=[other])
    page = client.get(address(full)).content.decode()
    assert (str(reason.pk) in page) != (str(other.pk) in page)
    code = client.post(f"{address(full)}?lieu={there.pk}", TYPED | WISH | {"reason": str(other.pk)})["Location"]
    assert client.post(code, {"code": last_code()}).status_code == 303
    assert [one.schedule for one in WaitingEntry.objects.get().places.all()] == [there]


def test_one_contact_waits_for_a_few_persons(full: Schedule, settings: Any) -> None:
    settings.ONLINE_CODES_PER_HOUR = settings.ONLINE_HOLDS_PER_HOUR = 100
    settings.ONLINE_OPEN_VISITS_OF_CONTACT = 2
    statuses = [registered(Client(), full, given_name=name).status_code for name in ("Un", "Deux", "Trois")]
    assert statuses == [303, 303, 409]


def test_yes_by_the_link_is_a_visit(full: Schedule, reason: Reason, client: Client) -> None:
    entry = waits(full, reason)
    offer = offered(full, entry)
    page = client.get(path(entry)).content.decode()
    assert "Jeudi 26 novembre à 10\u202fh\u202f00" in page.replace("\u00a0", "\u202f")
    answer = client.post(path(entry), {"offre": str(offer.pk), "oui": "1"})
    page = client.get(answer["Location"]).content.decode()
    assert "C’est votre heure" in page
    assert visit_at(full, TEN).origin == "patient"
    # Once more, and by whoever the link was sent on to.
    again = Client().post(path(entry), {"offre": str(offer.pk), "oui": "1"})
    assert "C’est votre heure" in client.get(again["Location"]).content.decode()
    assert Appointment.objects.standing().filter(start=TEN).count() == 1


def test_what_was_taken_meanwhile_is_told(full: Schedule, reason: Reason, client: Client) -> None:
    entry = waits(full, reason)
    offer = offered(full, entry)
    factories.appointment(schedule_=full, start=TEN, reason=reason)
    answer = client.post(path(entry), {"offre": str(offer.pk), "oui": "1"})
    page = client.get(answer["Location"]).content.decode()
    assert "Ce créneau vient d’être pris. Vous restez sur la liste." in page
    assert re.search(r"Votre rang</dt>\s*<dd>1</dd>", page)


def test_a_late_yes_and_a_no_are_told(full: Schedule, reason: Reason, client: Client, monkeypatch: Any) -> None:
    entry = waits(full, reason)
    offer = offered(full, entry)
    monkeypatch.setattr(timezone, "now", lambda: offer.until + timedelta(seconds=1))
    assert "Prendre" not in client.get(path(entry)).content.decode()
    answer = client.post(path(entry), {"offre": str(offer.pk), "oui": "1"})
    assert "Le temps de répondre était passé" in client.get(answer["Location"]).content.decode()
    monkeypatch.undo()
    look(schedule_id=full.pk, now=NOW)
    other = waits(full, reason, now=NOW + timedelta(seconds=1))
    look(schedule_id=full.pk, now=NOW)
    offer = WaitingOffer.objects.get(entry=other)
    answer = client.post(path(other), {"offre": str(offer.pk), "non": "1"})
    assert "C’est noté" in client.get(answer["Location"]).content.decode()


def test_leaving_empties_who_they_were(full: Schedule, reason: Reason, client: Client) -> None:
    entry = waits(full, reason)
    answer = client.post(path(entry), {"partir": "1"})
    assert "Vous n’êtes plus sur la liste d’attente" in client.get(answer["Location"]).content.decode()
    entry.refresh_from_db()
    assert (entry.state, entry.details) == (WaitingState.LEFT, None)


@pytest.mark.parametrize("link", ["x", "A" * 32])
def test_a_link_that_is_nobody_s_leads_nowhere(db: None, client: Client, link: str) -> None:
    assert client.get(f"/a/{link}/").status_code == 404


def test_the_link_of_a_visit_is_none_of_a_list(full: Schedule, reason: Reason, client: Client) -> None:
    entry = waits(full, reason)
    assert client.get(f"/a/{token_of(entry.pk)}/").status_code == 404


def test_earlier_if_possible_moves_the_visit_they_have(full: Schedule, reason: Reason, client: Client) -> None:
    theirs = factories.appointment(
        schedule_=full, start=at("2026-12-01", "10:00"), reason=reason,
        patient=factories.patient(birth_date=NOW.date() - timedelta(days=9999), email="hier@exemple.test"),
    )  # fmt: skip
    link = f"/r/{token_of(theirs.pk)}/"
    assert client.get(f"{link}plus-tot/").status_code == 302
    client.post(link, {"birth": f"{theirs.patient.birth_date:%d/%m/%Y}"})
    assert "Plus tôt si possible" in client.get(link).content.decode()
    answer = client.post(f"{link}plus-tot/", WISH | {"until": "2026-12-01"})
    assert answer.status_code == 303
    entry = WaitingEntry.objects.get(appointment=theirs)
    offer = offered(full, entry)
    page = client.get(path(entry)).content.decode()
    assert "est rendu au cabinet au même instant" in page
    client.post(path(entry), {"offre": str(offer.pk), "oui": "1"})
    theirs.refresh_from_db()
    assert theirs.start == TEN


def test_the_pages_ask_a_constant_number_of_questions(
    full: Schedule, reason: Reason, client: Client, django_assert_num_queries: Any
) -> None:
    entry = waits(full, reason)
    for count in (1, 20):
        for number in range(count):
            waits(full, reason, now=NOW + timedelta(seconds=number))
        with django_assert_num_queries(4):
            client.get(path(entry))
        with django_assert_num_queries(3):
            client.get(address(full))
