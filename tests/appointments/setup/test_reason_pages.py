"""The reasons of the organization, from the practice's pages."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Level, Role
from accounts.models import User
from appointments.models import Reason, ReasonAt, Schedule, SetupChange
from tests import factories
from tests.appointments.agenda.pages import text_of

pytestmark = pytest.mark.django_db


def address(schedule: Schedule, rest: str = "") -> str:
    return f"/cabinet/{schedule.organization_id}/motifs/{rest}"


def fields(at: Schedule, **given: Any) -> dict[str, Any]:
    """`_here` stands for the place's."""
    typed = {
        "label": "Vaccin", "minutes": "10", "consultation_types": ["AMB"], "colour": "tone-7", "sign": "V",
        "instructions": "Carnet de santé", "active": "on", "done_here": "on", "minutes_here": "20", "buffer_here": "5",
    } | given  # fmt: skip
    return {name.replace("_here", f"_{at.id.hex}"): value for name, value in typed.items()}


def test_a_reason_is_made_listed_changed_and_retired(practitioner_client: Client, schedule: Schedule) -> None:
    assert address(schedule, "nouveau/") in practitioner_client.get(address(schedule)).content.decode()
    page = text_of(practitioner_client.post(address(schedule, "nouveau/"), fields(schedule), follow=True))
    assert "V Vaccin Carnet de santé 10 min Partout 20 min, 5 min libres après Au cabinet" in page
    reason = Reason.objects.get()
    assert (reason.colour, reason.sign, reason.instructions) == ("tone-7", "V", "Carnet de santé")
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
    page = text_of(practitioner_client.get(address(schedule)))
    assert "Aucun motif." in page
    assert "1 retiré" in page
    assert "Vaccin Carnet de santé 10 min Nulle part" in page


def test_a_reason_is_moved_by_its_buttons(practitioner_client: Client, schedule: Schedule) -> None:
    for label in ("Angine", "Vaccin"):
        factories.reason(schedule, label=label)
    last = Reason.objects.get(label="Vaccin")
    answer = practitioner_client.post(address(schedule, f"{last.id}/rang/"), {"acte": "monter"})
    assert answer["Location"] == address(schedule, f"#motif-{last.id}")
    assert [one.label for one in Reason.objects.all()] == ["Vaccin", "Angine"]
    practitioner_client.post(address(schedule, f"{last.id}/rang/"), {"acte": "descendre"})
    assert [one.label for one in Reason.objects.all()] == ["Angine", "Vaccin"]


def test_a_practitioner_without_reasons_begins_with_a_list(practitioner_client: Client, schedule: Schedule) -> None:
    start = address(schedule, f"proposes/{schedule.practitioner_id}/")
    page = practitioner_client.get(address(schedule))
    assert "n’a pas encore de motif" in text_of(page)
    assert "Ajouter ces 9 motifs" in text_of(page)
    page = practitioner_client.post(start, follow=True)
    assert "9 motifs proposés : gardez, changez, ajoutez." in text_of(page)
    assert "n’a pas encore de motif" not in text_of(page)
    assert "déjà des motifs" in text_of(practitioner_client.post(start, follow=True))
    assert Reason.objects.count() == SetupChange.objects.filter(kind="reason").count() == 9


def test_where_several_receive_each_agenda_is_named_as_far_as_they_differ(
    schedule: Schedule, sign_in: Callable[[User], Client]
) -> None:
    """Who sees one agenda alone is told of that one."""
    other = factories.colleague(schedule)
    reason = factories.reason(schedule, label="Suivi")
    ReasonAt.objects.create(schedule=other, reason=reason, minutes=45)
    manager = factories.member(schedule.organization, role=Role.MANAGER).user
    told = text_of(sign_in(manager).get(address(schedule)))
    assert f"Partout {other.practitioner}, {other.location} : 45 min" in told
    secretary = factories.user()
    factories.delegate(secretary, schedule, Level.SEE)
    told = text_of(sign_in(secretary).get(address(schedule)))
    assert "Suivi 15 min Partout" in told
    assert "45 min" not in told
    assert "Monter" not in told


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
    response = practitioner_client.post(address(schedule, "nouveau/"), sent)
    assert response.status_code == 422
    assert "Un des lieux n’est plus le vôtre" in text_of(response)
    assert "Carnet de santé" in text_of(response)
    assert not Reason.objects.exists()


@pytest.mark.parametrize("count", [1, 6])
def test_the_number_of_queries_does_not_grow(
    practitioner_client: Client,
    schedule: Schedule,
    count: int,
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    factories.schedule(practitioner=schedule.practitioner)
    for _ in range(count):
        factories.reason(schedule)
    # session, user, rights; agendas; reasons, where they are done; what is to be closed
    with django_assert_num_queries(7):
        practitioner_client.get(address(schedule))


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"label": ""}, "Libellé : Nommez le motif."),
    ({"label": "  BILAN "}, "Libellé : Ce motif existe déjà."),
    ({"minutes": "4"}, "Durée (minutes) : Un motif dure de 5 minutes à 4 heures."),
    (
        {"minutes_here": "241"},
        "Cabinet de la Glycine, durée ici (minutes) : Un motif dure de 5 minutes à 4 heures.",
    ),
    ({"buffer_here": "-1"}, "Cabinet de la Glycine, temps après (minutes) : De 0 minute à 4 heures."),
    ({"consultation_types": []}, "Modes : Choisissez au moins un mode"),
    ({"colour": "#f00"}, "Couleur : Cette couleur n’existe pas"),
    ({"sign": "12345"}, "raccourcissez-le à 4 au plus"),
    ({"label": "Vac\u202ecin"}, "Libellé : Ce texte contient un caractère invisible"),
    ({"label": "<i>Vaccin"}, "Libellé : Les signes < et > ne sont pas acceptés"),
    ({"sign": "\x07"}, "Signe : Ce texte contient un caractère invisible"),
    ({"instructions": "Carnet\x1b"}, "Consignes avant la venue : Ce texte contient un caractère invisible"),
]


def test_what_can_t_be_is_refused_with_its_field(practitioner_client: Client, schedule: Schedule) -> None:
    factories.reason(organization=schedule.organization, label="Bilan")
    for wrong, said in IMPOSSIBLE:
        response = practitioner_client.post(address(schedule, "nouveau/"), fields(schedule, **wrong))
        assert response.status_code == 422, wrong
        assert said in text_of(response), wrong
        assert Reason.objects.count() == 1, wrong


def test_another_organization_s_reasons_do_not_exist_here(practitioner_client: Client, schedule: Schedule) -> None:
    foreign = factories.reason(factories.schedule())
    for rest in (f"{foreign.id}/", f"{foreign.id}/rang/"):
        assert practitioner_client.post(address(schedule, rest), fields(schedule)).status_code == 404
    elsewhere = f"/cabinet/{foreign.organization_id}/motifs/"
    for rest in ("", "nouveau/", f"{foreign.id}/"):
        assert practitioner_client.get(elsewhere + rest).status_code == 404
    assert Reason.objects.get() == foreign
