"""The reasons of the organization, from the practice's pages."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client

from appointments.models import Reason, ReasonAt, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of

pytestmark = pytest.mark.django_db


def address(schedule: Schedule, rest: str = "") -> str:
    return f"/agenda/{schedule.practitioner_id}/horaires/motifs/{rest}"


def fields(at: Schedule, **given: Any) -> dict[str, Any]:
    """`_here` stands for the place's."""
    typed = {
        "label": "Vaccin", "minutes": "10", "consultation_types": ["AMB"], "colour": "blue", "sign": "V", "position": "2",
        "instructions": "Carnet de santé", "active": "on", "done_here": "on", "minutes_here": "20", "buffer_here": "5",
    } | given  # fmt: skip
    return {name.replace("_here", f"_{at.id.hex}"): value for name, value in typed.items()}


def test_a_reason_is_made_listed_and_changed(practitioner_client: Client, schedule: Schedule) -> None:
    new = address(schedule, f"nouveau/{schedule.organization_id}/")
    assert new in practitioner_client.get(address(schedule)).content.decode()
    assert "Nouveau motif" in text_of(practitioner_client.get(new))
    page = text_of(practitioner_client.post(new, fields(schedule), follow=True))
    assert "Vaccin 10 min · Au cabinet · Cabinet de la Glycine : 20 min, 5 min après" in page
    reason = Reason.objects.get()
    assert (reason.colour, reason.sign, reason.position, reason.instructions) == ("blue", "V", 2, "Carnet de santé")
    form = practitioner_client.get(address(schedule, f"{reason.id}/")).content.decode()
    for value in ("Vaccin", "20", "5"):
        assert f'value="{value}"' in form
    practitioner_client.post(
        address(schedule, f"{reason.id}/"),
        fields(schedule, active="", done_here="", minutes_here="", version=reason.version),
    )
    reason.refresh_from_db()
    assert not reason.active
    assert [(at.minutes, at.active) for at in ReasonAt.objects.all()] == [(None, False)]
    assert "Vaccin Retiré 10 min" in text_of(practitioner_client.get(address(schedule)))


def test_a_place_keeps_what_was_typed_for_it_and_the_others_what_they_have(
    practitioner_client: Client, schedule: Schedule
) -> None:
    """Closed while the page was open an agenda comes last, and one that came since is not on it."""
    reason = factories.reason(schedule)
    places = [factories.location(organization=schedule.organization, name=name) for name in ("Annexe", "Nouveau")]
    closed, since = (factories.schedule(practitioner=schedule.practitioner, location=place) for place in places)
    ReasonAt.objects.create(schedule=since, reason=reason, minutes=45)
    Schedule.objects.filter(pk=closed.pk).update(active=False)
    sent = fields(schedule) | fields(closed, minutes_here="30", version=reason.version)
    assert practitioner_client.post(address(schedule, f"{reason.id}/"), sent).status_code == 303
    minutes = dict(ReasonAt.objects.values_list("schedule", "minutes"))
    assert minutes == {schedule.id: 20, closed.id: 30, since.id: 45}
    assert ReasonAt.objects.get(schedule=since).active


def test_a_place_that_is_not_theirs_any_more_is_told(practitioner_client: Client, schedule: Schedule) -> None:
    sent = fields(schedule) | fields(factories.schedule())
    response = practitioner_client.post(address(schedule, f"nouveau/{schedule.organization_id}/"), sent)
    assert response.status_code == 422
    assert "Un des lieux n’est plus le vôtre" in text_of(response)
    assert "Carnet de santé" in text_of(response)
    assert not Reason.objects.exists()


@pytest.mark.parametrize("count", [1, 25])
def test_the_number_of_queries_does_not_grow(
    practitioner_client: Client,
    schedule: Schedule,
    count: int,
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    factories.schedule(practitioner=schedule.practitioner)
    for _ in range(count):
        factories.reason(schedule)
    # session, user, rights; practitioner, places; reasons
    with django_assert_num_queries(6):
        practitioner_client.get(address(schedule))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"label": ""}, "Libellé : Nommez le motif."),
        ({"label": "  BILAN "}, "Libellé : Ce motif existe déjà."),
        ({"minutes": "4"}, "Durée (minutes) : Un motif dure de 5 minutes à 4 heures."),
        (
            {"minutes_here": "241"},
            "Cabinet de la Glycine, durée ici (minutes) : Un motif dure de 5 minutes à 4 heures.",
        ),
        ({"buffer_here": "-1"}, "Cabinet de la Glycine, temps après (minutes) : De 0 minute à 4 heures."),
        ({"consultation_types": []}, "Modes : Choisissez au moins un mode"),
        ({"colour": "#f00"}, "Couleur : Sélectionnez un choix valide"),
        ({"sign": "12345"}, "raccourcissez-le à 4 au plus"),
        ({"label": "Vac\u202ecin"}, "Libellé : Ce texte contient un caractère invisible"),
        ({"label": "Vac\u200fcin"}, "Libellé : Ce texte contient un caractère invisible"),
        ({"label": "<i>Vaccin"}, "Libellé : Les signes < et > ne sont pas acceptés"),
        ({"sign": "\x07"}, "Signe : Ce texte contient un caractère invisible"),
        ({"instructions": "Carnet\x1b"}, "Consignes : Ce texte contient un caractère invisible"),
        ({"position": "-1"}, "Le rang est un nombre de 0 à 999."),
    ],
)
def test_what_can_t_be_is_refused_with_its_field(
    practitioner_client: Client, schedule: Schedule, wrong: dict[str, Any], said: str
) -> None:
    factories.reason(organization=schedule.organization, label="Bilan")
    response = practitioner_client.post(
        address(schedule, f"nouveau/{schedule.organization_id}/"), fields(schedule, **wrong)
    )
    assert response.status_code == 422
    assert said in text_of(response)
    assert Reason.objects.count() == 1


def test_another_organization_s_reasons_do_not_exist_here(practitioner_client: Client, schedule: Schedule) -> None:
    foreign = factories.reason()
    for rest in (f"{foreign.id}/", f"nouveau/{foreign.organization_id}/"):
        assert practitioner_client.get(address(schedule, rest)).status_code == 404
        assert practitioner_client.post(address(schedule, rest), fields(schedule)).status_code == 404
    assert Reason.objects.get() == foreign
