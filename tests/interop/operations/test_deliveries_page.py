"""Deliveries by state: what is blocked and why, what waits, and sending again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from appointments.templatetags.patients import reference
from interop.models import Delivery, SasCircuit
from tests import factories
from tests.interop.deliveries import booked, cancelled, deliver, moved, only, states
from tests.interop.operations.conftest import text_of
from tests.interop.sas_stub import Reply, SasStub, outcome
from tests.undoing import undone

pytestmark = pytest.mark.django_db
LIST = reverse("operations-deliveries")
STATES = ["planned", "claimed", "sent", "retrying", "blocked", "obsolete"]
# Session, user, rights (two); counts, rows, blocked, circuit, and the oldest blocked when there is one.
LIST_BUDGET = 8
# And the delivery itself with its attempts and those of the same appointment.
PANEL_BUDGET = 11


@pytest.fixture
def blocked(sas: SasStub) -> Delivery:
    sas.reply(Reply(422, outcome("Opérateur <inconnu>", expression="Appointment.extension[0]")))
    appointment = booked(patient=factories.patient(family_name="Zzyzx"))
    deliver(appointment)
    return only(appointment)


def page_of(delivery: Delivery) -> str:
    return reverse("operations-delivery", args=[delivery.pk])


def test_tabs_count_each_state(operator: Client, blocked: Delivery, sas: SasStub) -> None:
    sent, waiting = booked(), booked()
    deliver(sent)
    sas.reply(Reply(503))
    deliver(waiting)
    cancelled(waiting)

    text = text_of(operator.get(LIST))

    for tab in ("Toutes 4", "Bloquées 1", "Nouvel essai 1", "Prévues 1", "En cours 0", "Envoyées 1", "Remplacées 0"):
        assert tab in text
    assert "1 livraison bloquée." in text
    assert "Après la précédente" in text
    assert "Zzyzx" not in text


def test_the_most_urgent_come_first(operator: Client, blocked: Delivery) -> None:
    for _ in range(3):
        deliver(booked())
    rows = operator.get(LIST).context["page"].object_list
    assert rows[0] == blocked


def test_a_tab_and_the_filters(operator: Client, blocked: Delivery) -> None:
    other = booked(schedule_=factories.schedule(practitioner=factories.practitioner(family_name="Wombat")))
    deliver(other)
    Delivery.objects.filter(appointment=other).update(created_at=timezone.now() - timedelta(days=10))

    def found(query: str) -> set[Any]:
        return {one.appointment_id for one in operator.get(f"{LIST}?{query}").context["page"]}

    first, second = blocked.appointment_id, other.id
    assert found("") == {first, second}
    assert found("etat=bloquees") == {first}
    assert found("etat=envoyees") == {second}
    assert found("periode=7j") == {first}
    assert found("periode=jour") == {first}
    assert found("praticien=womb") == {second}
    assert found(f"praticien=8{other.practitioner.rpps}") == {second}
    assert found(f"rendez-vous={other.id}") == {second}
    assert found(f"rendez-vous={reference(other).lower()}") == {second}
    assert found("etat=bloquees&praticien=womb") == set()


def test_a_reference_that_can_not_be_one_is_told(operator: Client, blocked: Delivery) -> None:
    answer = operator.get(f"{LIST}?rendez-vous=xyz")
    assert "Cette référence n’est pas lisible" in text_of(answer)
    assert not answer.context["page"].object_list


@pytest.mark.parametrize("query", ["etat=x&periode=y&page=z", "rendez-vous=%00", "praticien=%00%27;--", "page=999"])
def test_anything_may_be_asked(operator: Client, blocked: Delivery, query: str) -> None:
    assert operator.get(f"{LIST}?{query}").status_code == 200


def test_the_panel_says_the_cause_in_words_and_shows_the_exchange(operator: Client, blocked: Delivery) -> None:
    answer = operator.get(page_of(blocked))
    text = text_of(answer)

    assert "Le SAS refuse l’identifiant du régulateur" in text
    for said in ("422", "POST", "Opérateur <inconnu>", '"resourceType": "Appointment"', "/fhir/v1/Appointment"):
        assert said in text
    assert "<inconnu>" not in answer.content.decode()
    assert "Zzyzx" not in answer.content.decode()


CAUSES = [
    (Reply(403, outcome("x")), "Le SAS nous refuse l’accès"),
    (Reply(404, outcome("x")), "Vérifiez SAS_FHIR_URL ; les essais continuent d’eux-mêmes."),
    (Reply(404, b"<html>"), "Vérifiez SAS_FHIR_URL ; les essais continuent d’eux-mêmes."),
    (Reply(495, outcome("x")), "Le SAS refuse notre certificat"),
    (Reply(400, outcome("x", code="login")), "Le SAS ne nous laisse pas entrer"),
    (Reply(404, outcome("x", expression="Appointment.participant[0].actor")), "l’identifiant du praticien"),
    (Reply(422, outcome("x", expression="Appointment.participant[0].actor")), "l’identifiant du praticien"),
    (Reply(422, outcome("x", expression="Appointment.start")), "l’horaire du rendez-vous"),
    (Reply(400, b"<html>"), "Le SAS refuse ce rendez-vous"),
    (Reply(503), "Le SAS n’a pas pris le dernier essai"),
]


def test_each_cause_has_its_words(operator: Client, sas: SasStub) -> None:
    for reply, title in CAUSES:
        with undone():
            sas.reply(reply)
            appointment = booked()
            deliver(appointment)

            assert title in text_of(operator.get(page_of(only(appointment)))), title


def test_attempts_are_newest_first(operator: Client, sas: SasStub) -> None:
    sas.reply(Reply(503), Reply(422))
    appointment = booked()
    deliver(appointment)
    deliver(appointment, now=timezone.now() + timedelta(hours=1))

    attempts = operator.get(page_of(only(appointment))).context["attempts"]
    assert [(one.method, one.status_code) for one in attempts] == [("PUT", 422), ("POST", 503)]


def test_the_echo_of_an_accepted_one_is_not_told_as_words(operator: Client, sas: SasStub) -> None:
    sas.reply(Reply(201, b'{"resourceType": "Appointment", "id": "zzyzx"}'))
    appointment = booked()
    deliver(appointment)

    text = text_of(operator.get(page_of(only(appointment))))
    assert text.count("zzyzx") == 1
    assert "Terminée. Le SAS tient ce rendez-vous ainsi depuis aujourd’hui" in text


def test_sending_one_again(operator: Client, blocked: Delivery) -> None:
    answer = operator.post(reverse("operations-send-again", args=[blocked.pk]) + "?etat=bloquees")
    assert answer.status_code == 303
    assert answer["Location"] == page_of(blocked) + "?etat=bloquees"
    assert "La livraison repart vers le SAS." in text_of(operator.get(answer["Location"]))

    deliver(blocked.appointment)
    assert states(blocked.appointment) == ["sent"]


def test_one_that_is_not_blocked_is_left_alone(operator: Client, sas: SasStub) -> None:
    appointment = booked()
    deliver(appointment)
    answer = operator.post(reverse("operations-send-again", args=[only(appointment).pk]), follow=True)

    assert "n’est plus bloquée : le SAS l’a acceptée." in text_of(answer)
    assert states(appointment) == ["sent"]


def test_a_second_click_or_another_operator_is_told_that_it_left(operator: Client, blocked: Delivery) -> None:
    address = reverse("operations-send-again", args=[blocked.pk])
    operator.post(address)
    assert "elle est déjà repartie vers le SAS" in text_of(operator.post(address, follow=True))


def test_sending_all_blocked_again(operator: Client, blocked: Delivery, sas: SasStub) -> None:
    sas.reply(Reply(400))
    other = booked()
    deliver(other)
    assert "Renvoyer les 2 bloquées" in text_of(operator.get(LIST))

    question = operator.get(reverse("operations-send-all-again"))
    for said in (
        "Renvoyer les 2 livraisons bloquées ?", "Le SAS refuse l’identifiant du régulateur : 1",
        "Le SAS refuse ce rendez-vous : 1", "Ne rien envoyer",
    ):  # fmt: skip
        assert said in text_of(question)
    assert states(other) == states(blocked.appointment) == ["blocked"]

    answer = operator.post(reverse("operations-send-all-again"), follow=True)

    assert "2 livraisons repartent vers le SAS." in text_of(answer)
    assert states(other) == states(blocked.appointment) == ["planned"]
    again = operator.post(reverse("operations-send-all-again"), follow=True)
    assert "Plus aucune livraison n’est bloquée" in text_of(again)
    assert "Aucune livraison n’est bloquée." in text_of(operator.get(reverse("operations-send-all-again")))


def test_while_calls_are_suspended_it_says_so(operator: Client, blocked: Delivery, settings: Any) -> None:
    now = timezone.now()
    SasCircuit.objects.update_or_create(
        server=settings.SAS_FHIR_URL, defaults={"opened_at": now, "probe_at": now, "last_failure_at": now}
    )
    booked()
    text = text_of(operator.get(LIST))
    assert "les appels sont suspendus depuis aujourd’hui" in text
    assert "Au retour du SAS" in text

    answer = operator.post(reverse("operations-send-again", args=[blocked.pk]), follow=True)
    assert "dès qu’il répondra de nouveau" in text_of(answer)


def test_it_costs_the_same_for_many(operator: Client, blocked: Delivery, sas: SasStub) -> None:
    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert operator.get(address).status_code == 200
        return len(queries)

    few = cost(LIST), cost(page_of(blocked))
    for _ in range(6):
        appointment = booked()
        moved(appointment)
        deliver(appointment)
    for hours in range(1, 7):
        moved(blocked.appointment, hours=hours)
    assert (cost(LIST), cost(page_of(blocked))) == few
    assert few[0] <= LIST_BUDGET
    assert few[1] <= PANEL_BUDGET


def test_the_question_costs_the_same_for_many(operator: Client, blocked: Delivery, sas: SasStub) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            operator.get(reverse("operations-send-all-again"))
        return len(queries)

    few = cost()
    for _ in range(6):
        sas.reply(Reply(422))
        deliver(booked())
    assert cost() == few


def test_pages_follow_each_other_with_their_filters(operator: Client, sas: SasStub) -> None:
    for _ in range(30):
        booked()
    page = operator.get(f"{LIST}?etat=prevues&periode=7j").content.decode()
    assert "?etat=prevues&amp;periode=7j&amp;page=2" in page
    assert "26 à 30 sur 30" in text_of(operator.get(f"{LIST}?etat=prevues&page=2"))
    assert "Page 2 sur 2" in text_of(operator.get(f"{LIST}?page=2"))


def test_thousands_are_written_as_the_french_do(operator: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("interop.operations.views.deliveries.counts_of", lambda found: dict.fromkeys(STATES, 1_284))
    booked()
    page = operator.get(LIST).content.decode()
    assert "7\u202f704</span>" in page
    assert "Page 1 sur 309" in page
    assert "1 à 25 sur 7\u202f704" in page


def test_the_list_says_why_one_is_stopped_and_when_the_next_try_is(
    operator: Client, blocked: Delivery, sas: SasStub
) -> None:
    sas.reply(Reply(503))
    waiting = booked()
    deliver(waiting)
    Delivery.objects.filter(appointment=waiting).update(
        next_attempt_at=timezone.now() + timedelta(minutes=4, seconds=30)
    )
    text = text_of(operator.get(LIST))
    assert "Arrêtée Le SAS refuse l’identifiant du régulateur" in text
    assert "Dans 4 min" in text


def test_the_panel_tells_what_follows(operator: Client, sas: SasStub) -> None:
    """State after state, in the order in which one delivery may live them."""
    appointment = booked()
    one = only(appointment)

    def told() -> str:
        return text_of(operator.get(page_of(one)))

    assert "Part dans quelques secondes." in told()
    Delivery.objects.update(state="claimed", lease_until=timezone.now() + timedelta(minutes=1))
    assert "Un essai est en cours." in told()
    Delivery.objects.update(state="planned", lease_until=None)
    sas.reply(Reply(503))
    deliver(appointment)
    Delivery.objects.update(next_attempt_at=timezone.now() + timedelta(minutes=4, seconds=30))
    text = told()
    assert "Prochain essai dans 4 min , à" in text
    assert "503, SAS indisponible" in text
    assert "Création sans réponse claire. Le SAS l’a peut-être : l’essai suivant est une mise à jour." in text
    sas.reply(Reply(422))
    deliver(appointment, now=timezone.now() + timedelta(hours=1))
    text = told()
    assert "Plus rien ne part sans vous." in text
    assert "Mise à jour refusée pour de bon." in text
    moved(appointment)
    deliver(appointment)
    text = told()
    assert "Terminée sans envoi." in text
    assert "Autres livraisons de ce rendez-vous Date déplacée" in text


def test_one_behind_another_says_so_and_leads_to_it(operator: Client, sas: SasStub) -> None:
    sas.reply(Reply(503))
    appointment = booked()
    deliver(appointment)
    moved(appointment)
    first, second = Delivery.objects.order_by("sequence")
    answer = operator.get(page_of(second))
    assert "Attend la livraison précédente." in text_of(answer)
    assert f"{page_of(first)}#detail" in answer.content.decode()


def test_it_asks_for_news_while_something_moves_and_only_then(
    operator: Client, blocked: Delivery, settings: Any
) -> None:
    for address in (LIST, page_of(blocked)):
        assert "hx-get" not in operator.get(address).content.decode()
    appointment = booked()
    for address in (LIST, page_of(only(appointment))):
        assert "hx-get" in operator.get(address).content.decode()
    now = timezone.now()
    SasCircuit.objects.update_or_create(
        server=settings.SAS_FHIR_URL, defaults={"opened_at": now, "probe_at": now, "last_failure_at": now}
    )
    for address in (LIST, page_of(only(appointment))):
        assert "hx-get" not in operator.get(address).content.decode()


def test_a_list_without_anything_says_why(operator: Client) -> None:
    assert "Chaque rendez-vous qu’un régulateur réserve en crée une." in text_of(operator.get(LIST))
    assert "ne correspond à ces filtres" in text_of(operator.get(f"{LIST}?praticien=zzz"))
    assert "à cet état sur cette période" in text_of(operator.get(f"{LIST}?etat=bloquees"))
    assert "ne correspond sur cette période" in text_of(operator.get(f"{LIST}?periode=jour"))


def test_a_patient_s_details_are_not_even_read(operator: Client, blocked: Delivery) -> None:
    with CaptureQueriesContext(connection) as queries:
        operator.get(page_of(blocked))
    asked = " ".join(query["sql"] for query in queries)
    assert '"appointments_appointment"."id"' in asked
    assert "appointments_patient" not in asked.replace("appointments_patientmessage", "")
    for column in ("caller", "contact_phone", "contact_email", "visit_address", "note"):
        assert f'"appointments_appointment"."{column}"' not in asked


def test_nothing_stays_in_the_browser(operator: Client) -> None:
    assert "no-store" in operator.get(LIST)["Cache-Control"]
