"""The pages of an import: what is sent, what is told of it, how far it is; whose page it is."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appointments.enums import ImportState
from appointments.imports import upload
from appointments.models import Appointment, ImportRun, Schedule
from tests.appointments.imports.conftest import carry, in_days, line, table

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(agenda: Schedule, sign_in: Callable[..., Client]) -> Client:
    return sign_in(agenda.practitioner.user)


def send(client: Client, agenda: Schedule, content: bytes, name: str = "rdv.csv") -> Any:
    data = {"schedule": str(agenda.pk), "file": SimpleUploadedFile(name, content)}
    return client.post(reverse("imports", args=[agenda.organization_id]), data)


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().replace("&nbsp;", " ").replace("\u00a0", " ").split())


def act(client: Client, run: ImportRun, what: str) -> Any:
    run.refresh_from_db()
    return client.post(reverse("import-act", args=[run.pk]), {"version": run.version, "acte": what}, follow=True)


def test_a_file_goes_its_way_from_page_to_page_and_back(agenda: Schedule, client: Client) -> None:
    lines = [
        line(1, day=in_days(3), born="2011"),
        line(2, day=in_days(3), name="Ail", born="31/31/1990"),
        line(3, day=in_days(4), name=""),
    ]
    answer = send(client, agenda, table(*lines))
    run = ImportRun.objects.get()
    page = text(client.get(answer.headers["Location"]))
    assert "Windows-1252" in page
    assert "Œillet" in page  # a first cell beside its column
    columns = {f"column-{number}": part for number, part in run.matching.items()}
    given = columns | {"version": run.version, "default_minutes": 15, "past": "fulfilled", "name_order": "nom"}
    address = reverse("import", args=[run.pk])
    assert client.post(address, given).status_code == 303
    waiting = text(client.get(address))
    assert 'hx-trigger="every 2s"' in waiting
    assert "Actualiser" in waiting
    assert client.get(address, headers={"HX-Request": "true"}).status_code == 200
    run = carry(run)
    done = client.get(address, headers={"HX-Request": "true"})
    assert (done.status_code, done.headers["HX-Refresh"]) == (204, "true")
    page = text(client.get(address))
    assert "2 lignes à importer" in page
    assert "1 ligne refusée" in page
    assert "<td>2011</td>" in page
    assert "« 31/31/1990 »" in page
    act(client, run, "lancer")
    page = text(client.get(address)) if carry(run) else ""
    assert "2 rendez-vous et 2 patients" in page
    assert "1 rendez-vous « en plus »" in page
    visit = Appointment.objects.get(overbooked=True)
    assert f'href="/rendez-vous/{visit.pk}/"' in page
    assert "Repris de l’ancien logiciel" in text(client.get(f"/rendez-vous/{visit.pk}/"))
    act(client, run, "annuler")
    carry(run)
    assert "Retiré : 2 rendez-vous et 2 patients" in text(client.get(address))
    assert "Annulé" in text(client.get(reverse("imports", args=[agenda.organization_id])))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04", "C’est un classeur"),
        (b"", "Ce fichier est vide."),
        (b'Nom;Prenom\nAil;"Alba', None),
    ],
)
def test_a_file_of_another_kind_is_told_at_its_field(
    agenda: Schedule, client: Client, content: bytes, told: str | None
) -> None:
    answer = send(client, agenda, content)
    assert answer.status_code == (422 if told else 303)
    assert told is None or told in text(answer)
    assert ImportRun.objects.exists() == (told is None)


def test_a_file_that_is_too_large_is_dropped_on_its_way_and_told(
    agenda: Schedule, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "LARGEST_FILE", 100_000)
    answer = send(client, agenda, b"x;y\n" * 50_000)
    assert answer.status_code == 422
    assert "10 Mo au plus" in text(answer)


def test_two_columns_of_one_meaning_and_none_of_a_name_are_told(agenda: Schedule, client: Client) -> None:
    send(client, agenda, table(line(1, day=in_days(3))))
    run = ImportRun.objects.get()
    given = {"version": run.version, "default_minutes": 15, "past": "fulfilled", "name_order": "nom"}
    twice = client.post(reverse("import", args=[run.pk]), given | {"column-0": "day", "column-1": "day"})
    assert twice.status_code == 422
    assert "C’est déjà la colonne « Date »" in text(twice)
    nobody = client.post(reverse("import", args=[run.pk]), given | {"column-0": "start"})
    assert "Dites quelle colonne porte le nom du patient." in text(nobody)


def test_given_up_its_file_is_erased(agenda: Schedule, client: Client) -> None:
    send(client, agenda, table(line(1, day=in_days(3))))
    run = ImportRun.objects.get()
    assert "le fichier est effacé" in text(act(client, run, "abandonner"))
    run.refresh_from_db()
    assert (run.state, run.content) == (ImportState.FORSAKEN, None)


def test_an_older_page_starts_nothing(agenda: Schedule, client: Client, checked: Callable[..., ImportRun]) -> None:
    run = checked(table(line(1, day=in_days(3))))
    stale = {"version": run.version - 1, "acte": "lancer"}
    answer = client.post(reverse("import-act", args=[run.pk]), stale, follow=True)
    assert "a changé entre-temps" in text(answer)
    run.refresh_from_db()
    assert run.state == ImportState.CHECKED


def test_the_page_asks_as_much_for_one_line_as_for_many(client: Client, imported: Callable[..., ImportRun]) -> None:
    def queries(run: ImportRun) -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(reverse("import", args=[run.pk])).status_code == 200
        return len(asked)

    one = imported(table(*(line(number, day=in_days(3), name=f"Un{number}") for number in (1, 2))))
    many = imported(table(*(line(number, day=in_days(5), name=f"Plus{number}") for number in range(10, 35))))
    assert queries(one) == queries(many)
    listed = reverse("imports", args=[one.organization_id])
    with CaptureQueriesContext(connection) as asked:
        client.get(listed)
    imported(table(line(99, day=in_days(6))))
    with CaptureQueriesContext(connection) as again:
        client.get(listed)
    assert len(asked) == len(again)
