"""docs/cadrage.md says what the code does. No test here has a database: neither does the command."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.db import models

from accounts.models import Regulator, RegulatorIdentifier, SignIn
from appointments.booking.forms import BookingForm
from appointments.enums import EventKind, Status
from appointments.patients.values import PatientDetails
from deploy.local import checking
from interop.admin import DeliveryAdmin
from interop.cadrage import agenda, exchanges, people
from interop.cadrage.document import MarkersWrong, generated, rewrite, table
from interop.cadrage.installation import SETTINGS, Installation
from interop.cadrage.parts import parts
from interop.fhir import slot_search, systems
from interop.models import Delivery
from interop.sas.environments import ENVIRONMENTS, environment_of
from interop.services.deliveries import UNTOLD
from tests.conftest import ROOT

DOCUMENT = ROOT / "docs" / "cadrage.md"
MISPRINT = re.compile(r" [:;!?»]|« |[a-zà-ÿ]'[a-zà-ÿ]", re.IGNORECASE)


def document() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


def row(part: str, label: str) -> str:
    """The line of a generated table that starts with this label."""
    [line] = [line for line in generated(document())[part].splitlines() if line.startswith(f"| {label} |")]
    return line


@pytest.fixture
def copy(settings: Any, tmp_path: Path) -> Path:
    """The document in a folder where it may be changed."""
    (tmp_path / "docs").mkdir()
    path = tmp_path / "docs" / "cadrage.md"
    path.write_text(document(), encoding="utf-8")
    settings.ROOT = tmp_path
    return path


@pytest.fixture
def filled(settings: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """The document with these settings, as `--filled` prints it."""

    def make(**changes: Any) -> str:
        for name, value in changes.items():
            setattr(settings, name, value)
        call_command("cadrage", filled=True)
        return capsys.readouterr().out

    return make


# --- The file stays true ---------------------------------------------------------------------------------------------
def test_the_committed_document_is_current() -> None:
    call_command("cadrage", check=True)


def test_it_is_the_same_whatever_the_installation(settings: Any) -> None:
    settings.BASE_URL = "https://agenda.cabinet.example"
    settings.FHIR_BASE_URL = "https://fhir.cabinet.example/fhir"
    settings.SAS_FHIR_URL = ENVIRONMENTS[2].fhir_url
    settings.APPOINTMENT_IDENTIFIER_SYSTEM = settings.LOCATION_IDENTIFIER_SYSTEM = "urn:oid:1.2.250.1.999.1"
    settings.SAS_SESSION_AGE = timedelta(minutes=7)
    settings.SAS_ORIGINS = ["autre"]
    settings.EDITOR_NAME = "Éditions du Tilleul"
    settings.EDITOR_PUBLIC_IPS = ["192.0.2.10"]

    call_command("cadrage", check=True)


def a_field_more(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(BookingForm.base_fields, "blood_group", forms.CharField(label="Groupe sanguin"))


def a_field_made_optional(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(BookingForm.base_fields["sex"], "required", False)


def a_status_no_longer_sent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(systems, "APPOINTMENT_STATUSES", ("booked", "fulfilled", "cancelled"))


def a_status_less(patch: pytest.MonkeyPatch) -> None:
    kept = models.TextChoices("Status", {name: name.lower() for name in ("BOOKED", "FULFILLED", "CANCELLED")})
    patch.setattr(exchanges, "Status", kept)


def a_larger_search(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(slot_search, "MAX_PRACTITIONERS", 50)


def an_account_without_first_name(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("interop.fhir.regulator._Reader._name", lambda reader: ("", ()))


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (a_field_more, "autres champs de la réservation"),
        (a_field_made_optional, "données du patient"),
        (a_status_no_longer_sent, "tableau des statuts"),
        (a_status_less, "tableau des statuts"),
        (a_larger_search, "limites"),
        (an_account_without_first_name, "données de compte"),
    ],
)
def test_a_change_of_the_code_makes_the_check_fail_and_names_the_part(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[pytest.MonkeyPatch], None], part: str
) -> None:
    change(monkeypatch)

    with pytest.raises(CommandError, match=part) as failure:
        call_command("cadrage", check=True)

    assert failure.value.returncode == 1


def test_checking_and_filling_write_nothing(copy: Path, filled: Callable[..., str]) -> None:
    stale = copy.read_text().replace("| Confirmé |", "| Peut-être |")
    copy.write_text(stale)

    with pytest.raises(CommandError, match="tableau des statuts"):
        call_command("cadrage", check=True)
    assert "| Confirmé |" in filled()

    assert copy.read_text() == stale


def test_the_command_renews_generated_parts_and_leaves_the_rest(copy: Path) -> None:
    by_hand = "## 12. Écrit à la main\n\nAvec un tableau :\n\n| a |\n| --- |\n| b |\n"
    copy.write_text(copy.read_text().replace("| Confirmé |", "| Peut-être |") + by_hand)

    call_command("cadrage")

    assert copy.read_text() == document() + by_hand
    call_command("cadrage", check=True)


def test_a_missing_file_is_told(copy: Path) -> None:
    copy.unlink()
    with pytest.raises(CommandError, match="n’existe pas"):
        call_command("cadrage")


def test_agenda_check_checks_it() -> None:
    steps = {step.name: step for step in checking.steps({}, {})}
    assert [str(word) for word in steps["cadrage"].command][-2:] == ["cadrage", "--check"]


# --- Markers ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<!-- généré : a -->\n", "pas de fin"),
        ("<!-- généré : a -->\n<!-- fin : b -->\n", "pas de fin"),
        ("<!-- généré : a -->\n<!-- fin : a -->\n<!-- généré : a -->\n<!-- fin : a -->\n", "deux fois"),
        ("nothing", "manque"),
        ("<!-- généré : a -->\n<!-- fin : a -->\n<!-- généré : z -->\n<!-- fin : z -->\n", "n’existe pas"),
    ],
)
def test_wrong_markers_are_refused(text: str, told: str) -> None:
    with pytest.raises(MarkersWrong, match=told):
        rewrite(text, {"a": "A"})


def test_a_part_that_lost_its_end_does_not_swallow_the_next() -> None:
    text = "<!-- généré : a -->\n\nby hand\n\n<!-- généré : b -->\n<!-- fin : b -->\n"
    with pytest.raises(MarkersWrong):
        rewrite(text, {"a": "A", "b": "B"})


def test_markers_bear_a_no_break_space_and_rewriting_twice_changes_nothing() -> None:
    once = rewrite("before\n\n<!-- généré\u00a0: a -->\nold\n<!-- fin\u00a0:a-->\nafter\n", {"a": r"new \1 \g<name>"})
    assert once == "before\n\n<!-- généré\u00a0: a -->\n\nnew \\1 \\g<name>\n\n<!-- fin\u00a0:a-->\nafter\n"
    assert rewrite(once, {"a": r"new \1 \g<name>"}) == once


def test_a_cell_never_breaks_its_table() -> None:
    assert table(("A",), [("x|y\nz",)]).splitlines()[2:] == [r"| x\|y z |"]


# --- What it says ----------------------------------------------------------------------------------------------------
def kept_in(name: str) -> str:
    return "Patient" if name in PatientDetails.__slots__ else "Appointment"


def test_each_field_of_the_booking_form_is_there_with_what_is_required() -> None:
    shown = generated(document())
    tables = shown["données du patient"] + shown["autres champs de la réservation"]
    for name, field in people.visible_fields().items():
        level = people.REQUIRED if field.required else people.OPTIONAL
        # What only opens other fields is not kept.
        kept = "non" if name == "who_calls" else f"oui (`{kept_in(name)}.{name}`)"
        assert f"| {field.label} | {level} | {kept} | non |" in tables
    assert people.FORM_COMMENTS.keys() == people.visible_fields().keys()


def test_the_data_of_the_patient_are_apart_from_the_message() -> None:
    lines = generated(document())["données du patient"].splitlines()[2:]
    assert len(lines) == len({*PatientDetails.__slots__} - {"birth_date_precision"}) == 12
    assert "| Message pour le praticien |" in generated(document())["autres champs de la réservation"]


def test_account_data_say_what_is_required_and_kept() -> None:
    for label in ("Identifiant", "Habilitation", "Nom", "Prénom", "E-mail"):
        assert f"| {people.REQUIRED} | oui (" in row("données de compte", label)
    for label in ("Téléphone", "Spécialité", "Sexe", "Date de naissance", "Nom de naissance", "Adresse", "NIR"):
        assert f"| {people.NOT_APPLICABLE} | non |" in row("données de compte", label)


def test_no_datum_of_an_account_is_kept_without_being_declared() -> None:
    """Beside those of the table: technical columns, and what the text below it tells."""
    technical = {"id", "user", "session_epoch", "created_at", "updated_at", "withdrawn_at"}
    technical_of_identifiers = {"id", "regulator", "current", "since"}
    declared = {(datum.model, datum.field) for datum in people.ACCOUNT_DATA}
    for model, known in ((Regulator, technical), (RegulatorIdentifier, technical_of_identifiers)):
        for field in model._meta.concrete_fields:
            assert field.name in known or (model, field.name) in declared


def test_statuses_are_those_the_agenda_has_and_the_sas_takes() -> None:
    taken = set(Status) - {Status.PENDING}  # a visit at a place that nobody has taken: the SAS never hears of one
    assert {status.value for status in taken} == set(systems.APPOINTMENT_STATUSES)
    for status in taken:
        assert f"| `{status.value}` | oui | oui |" in row("tableau des statuts", str(status.label))
    for code in exchanges.OTHER_STATUSES:
        assert f"| `{code}` | non | non |" in document()
    assert exchanges.STATUS_COMMENTS.keys() == taken
    assert not exchanges.OTHER_STATUSES.keys() & set(taken)


def test_every_fact_that_is_sent_says_what_it_changes() -> None:
    sent = set(EventKind) - UNTOLD
    assert exchanges.CHANGES.keys() == sent
    assert "| POST |" in row("faits transmis", "Rendez-vous pris")
    assert generated(document())["faits transmis"].count("| PUT |") == len(sent) - 1


def test_columns_and_pages_it_names_exist() -> None:
    named = re.findall(r"`([A-Z]\w+)\.([a-z_]+)`", "".join(parts(Installation()).values()))
    owners = {model.__name__: model for model in apps.get_models()}
    columns = [(owners[model], field) for model, field in named if model in owners]
    assert len(columns) > 15
    for model, field in columns:
        assert model._meta.get_field(field).concrete

    text = document().replace("\n   ", " ").replace("\n  ", " ")
    for model in (Delivery, Regulator, SignIn):
        assert admin.site.is_registered(model)
        assert (
            f"«\u00a0{str(model._meta.verbose_name_plural)[:1].upper()}{str(model._meta.verbose_name_plural)[1:]}\u00a0»"
            in text
        )
    assert DeliveryAdmin.send_selected_again.short_description in text


def test_the_three_environments_have_their_endpoints() -> None:
    for environment in ENVIRONMENTS:
        assert f"`{environment.fhir_url}/Appointment`" in row("environnements", environment.label)
        assert environment_of(f"{environment.fhir_url}/") == environment
    assert environment_of("http://127.0.0.1:8001/fhir/v1") is None
    assert environment_of("") is None


def test_each_variable_it_names_is_documented() -> None:
    documented = (ROOT / "docs" / "configuration.md").read_text()
    for name in SETTINGS:
        assert f"`{name}`" in documented


# --- Filled for an installation --------------------------------------------------------------------------------------
def test_filled_it_tells_this_installation_and_no_secret(filled: Callable[..., str]) -> None:
    text = filled(
        BASE_URL="https://agenda.cabinet.example",
        FHIR_BASE_URL="https://fhir.cabinet.example/fhir",
        SAS_FHIR_URL=ENVIRONMENTS[1].fhir_url,
        SAS_OIDC_ISSUER="https://sas.example/realms/sas",
        OIDC_RP_CLIENT_SECRET="a-secret-of-the-client",
        EDITOR_NAME="Éditions du Tilleul | SARL",
        EDITOR_PUBLIC_IPS=["192.0.2.10", "2001:db8::10"],
        EDITOR_CONTACT="astreinte@tilleul.example",
    )

    assert "| Nom de l’éditeur | `Éditions du Tilleul \\| SARL` |" in text
    assert "| Adresses IP publiques | `192.0.2.10, 2001:db8::10` |" in text
    assert "| Contact opérationnel | `astreinte@tilleul.example` |" in text
    assert "parle à\u00a0: **Pré-production**" in text
    assert (
        "| Pré-production | `https://agenda.cabinet.example/sas/retour/` | `https://fhir.cabinet.example/fhir` "
        "| `https://sas.example/realms/sas` |" in text
    )
    assert "| Production | **à compléter** (`BASE_URL/sas/retour/`) |" in text
    assert "\nhttps://agenda.cabinet.example/praticien/" in text
    assert "a-secret-of-the-client" not in text


def test_filled_without_values_it_says_what_to_complete(filled: Callable[..., str]) -> None:
    text = filled(EDITOR_NAME="", SAS_FHIR_URL="http://127.0.0.1:8001/fhir/v1", SAS_OIDC_ISSUER="")

    assert "| Nom de l’éditeur | **à compléter** (`EDITOR_NAME`) |" in text
    assert "ne parle à aucun des trois\u00a0: `http://127.0.0.1:8001/fhir/v1`" in text
    assert re.search(
        r"^\| Cette installation \| `http.*/sas/retour/` \| .* \| \*\*à compléter\*\* ", text, re.MULTILINE
    )


# --- French ----------------------------------------------------------------------------------------------------------
def test_it_is_well_printed() -> None:
    prose = re.sub(r"<!--.*?-->|```.*?```|`[^`\n]*`", "x", document(), flags=re.DOTALL)
    assert [line for line in prose.splitlines() if MISPRINT.search(line)] == []


def test_what_the_command_says_is_well_printed(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy.write_text(copy.read_text().replace("| Confirmé |", "| Peut-être |"))
    with pytest.raises(CommandError) as failure:
        call_command("cadrage", check=True)
    call_command("cadrage")
    call_command("cadrage")
    assert MISPRINT.search(str(failure.value) + capsys.readouterr().out) is None


# --- The agenda ------------------------------------------------------------------------------------------------------
def test_an_exchange_is_served_where_the_capability_statement_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    served = agenda.shared_agendas(Installation())
    assert "| 4a, 5a | Consulter les disponibilités | oui (`GET Slot`) | **R** |" in served
    assert "| 4b, 5b | Consulter les rendez-vous | non | NA |" in served

    def nothing(**_: object) -> dict[str, Any]:
        return {"rest": [{"resource": []}]}

    monkeypatch.setattr(agenda, "capability_statement", nothing)
    assert "| 4a, 5a | Consulter les disponibilités | non | NA |" in agenda.shared_agendas(Installation())


def test_the_limits_of_online_booking_are_those_of_the_settings(settings: Any) -> None:
    settings.ONLINE_OPEN_VISITS = 77
    assert "| Rendez-vous à venir par personne et par cabinet | 77 |" in agenda.online_booking()
