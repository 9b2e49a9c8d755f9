"""The whole job, nothing mocked: from a regulator's account to an appointment honoured, the SAS told of each step."""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.official_profiles import conforms
from tests.system.conftest import Stack, wait_for
from tests.system.pages import (
    ALWAYS_OPEN,
    accept_terms,
    confirmed,
    fill_patient,
    next_slot,
    pick_slot,
    received,
    search_slots,
    sign_in_at_the_sas,
    sign_in_to_the_practice,
)

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.xdist_group("system")]
NewContext = Callable[..., Any]


@pytest.mark.of_today
def test_the_story(stack: Stack, new_context: NewContext) -> None:
    email = f"patient-{uuid.uuid4().hex[:8]}@demo.example"

    # A regulator's account arrives over FHIR: created on the platform, sent by POST.
    platform = new_context().new_page()
    person = _new_regulator(stack, platform)

    # The SAS searches slots; the regulator picks one and lands signed in, after the terms, before anything else.
    search_slots(stack, platform)
    page = pick_slot(platform, next_slot(stack))
    sign_in_at_the_sas(page, person["email"], person["password"])
    assert "/conditions/" in page.url
    accept_terms(page)
    page.wait_for_url(re.compile("/praticien/"))
    assert "origin" not in page.url
    assert page.get_by_text(f"Marguerite {person['name']}").count()
    assert page.get_by_role("heading", name=re.compile(ALWAYS_OPEN)).count()

    # The keyboard is enough: the chosen slot's button has the focus.
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/rendez-vous/nouveau/"))
    fill_patient(page, email=email, family_name="Histoire-Démo")
    page.get_by_label(re.compile("^Téléphone")).press("Control+Enter")
    confirmed(page)
    appointment_id = re.search(r"/rendez-vous/([0-9a-f-]{36})/", page.url)[1]  # type: ignore[index]
    assert page.get_by_role("heading", name="Rendez-vous confirmé").count()

    # The SAS receives the Appointment, without a word about the patient; the patient is told.
    held = received(stack, appointment_id, "booked")
    assert [(entry["method"], entry["verdict"]) for entry in held["history"]] == [("POST", "ok")]
    assert held["operator"] == person["identifier"]
    assert held["practitioners"] == ["810002909371"]
    # Random identifiers may spell anything; what else is there names nobody.
    sent = re.sub(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", "", str(held["resource"]))
    assert not re.search("Histoire|Kumquat|1991|12 ?34|demo.example", sent)
    conforms(held["resource"])
    mail = wait_for(lambda: stack.mails(email), "the patient's e-mail")[0]
    assert "Zinnia" in str(mail)
    assert "Médecine" not in str(mail)

    # The regulator's own list has it.
    page.goto(stack.product + "/orientations/")
    page.keyboard.press("/")
    page.keyboard.type("KH")
    page.keyboard.press("Enter")
    page.get_by_text("1 orientation trouvée").wait_for()
    page.get_by_text("K. H.").first.wait_for()

    # The practice sees it in the agenda, marks it honoured; the SAS receives that too.
    practice = new_context().new_page()
    sign_in_to_the_practice(stack, practice)
    practice.goto(f"{stack.product}/rendez-vous/{appointment_id}/")
    assert practice.get_by_role("heading", name="HISTOIRE-DÉMO Kumquat").count()
    practice.get_by_role("link", name=re.compile("Agenda")).first.click()
    practice.goto(f"{stack.product}/rendez-vous/{appointment_id}/")
    practice.get_by_role("button", name="Marquer honoré").click()
    practice.wait_for_load_state()
    held = received(stack, appointment_id, "fulfilled")
    assert [(entry["method"], entry["verdict"]) for entry in held["history"]] == [("POST", "ok"), ("PUT", "ok")]
    conforms(held["resource"])

    # Known at the SAS, the terms accepted: a second arrival is invisible. A withdrawal ends the open session at once.
    again = pick_slot(platform, next_slot(stack))
    again.wait_for_url(re.compile("/praticien/"))
    _is_withdrawn(stack, again, person)


def test_what_the_sas_searches_conforms(stack: Stack) -> None:
    # A week and a day: whatever today is, both places of the practitioner open in it.
    since = datetime.now(UTC)
    query = (
        "_include=Slot:schedule&_include:iterate=Schedule:actor&status=free"
        f"&start=ge{since:%Y-%m-%dT%H:%M:%SZ}&start=le{since + timedelta(days=8):%Y-%m-%dT%H:%M:%SZ}"
        "&schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1|810100050075"
    )
    now = wait_for(lambda: requests.get(f"{stack.product}/fhir/metadata", timeout=10).json(), "metadata")
    assert now["resourceType"] == "CapabilityStatement"
    answer = requests.get(f"{stack.product}/fhir/Slot?{query}", timeout=10)
    assert answer.status_code == 200
    bundle = answer.json()
    assert bundle["total"] > 0
    schedules = [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Schedule"]
    assert len(schedules) == 2
    conforms(bundle)


def _is_withdrawn(stack: Stack, page: Any, person: dict[str, str]) -> None:
    agenda = page.url
    body = _practitioner_resource(person, active=False)
    url = f"{stack.product}/fhir/Practitioner?identifier=urn:oid:1.2.250.1.213.3.6%7C{person['identifier']}"
    assert requests.put(url, json=body, timeout=10).status_code == 200
    # Told so once, whom to call with it; from then on nobody is signed in there.
    page.goto(agenda)
    page.get_by_role("heading", name=re.compile("retiré")).wait_for()
    assert page.get_by_role("link", name="Réserver").count() == 0
    page.goto(agenda)
    assert "/connexion/" in page.url
    page.goto(f"{agenda}&origin=sas")
    page.wait_for_load_state()
    assert "/praticien/" not in page.url
    assert page.get_by_role("link", name="Réserver").count() == 0


def _new_regulator(stack: Stack, page: Any) -> dict[str, str]:
    """Create a regulator on the platform's own page, which sends it to the product over FHIR."""
    tail = uuid.uuid4().hex[:8]
    person = {"email": f"nouvelle-{tail}@regulation.example", "password": f"secret-{tail}"}
    page.goto(stack.sandbox + "/regulateurs")
    form = page.locator("form").filter(has=page.get_by_label(re.compile("^Mot de passe")))
    form.get_by_label(re.compile("^Nom")).fill(f"Essai-{tail}")
    form.get_by_label(re.compile("^Prénom")).fill("Marguerite")
    form.get_by_label(re.compile("^E-mail|^Adresse")).fill(person["email"])
    form.get_by_label(re.compile("^Mot de passe")).fill(person["password"])
    form.get_by_role("button", name=re.compile("Créer")).click()
    page.wait_for_load_state()

    def sent() -> dict[str, Any] | None:
        known = stack.get("/api/regulators")["regulators"]
        return next((one for one in known if one["email"] == person["email"] and one["delivery"] == "sent"), None)

    known = wait_for(sent, "the product took the regulator's account")
    person["identifier"] = known["identifier"]["value"]
    person["name"] = f"Essai-{tail}"
    return person


def _practitioner_resource(person: dict[str, str], *, active: bool) -> dict[str, Any]:
    system = "urn:oid:1.2.250.1.213.3.6"
    coding = {"system": "http://interopsante.org/fhir/CodeSystem/fr-v2-0203", "code": "INTRN"}
    return {
        "resourceType": "Practitioner",
        "meta": {"source": system, "profile": ["http://sas.fr/fhir/StructureDefinition/FrPractitionerRegul"]},
        "identifier": [{"type": {"coding": [coding]}, "system": system, "value": person["identifier"]}],
        "active": active,
        "name": [{"family": person["name"], "given": ["Marguerite"]}],
        "telecom": [{"system": "email", "value": person["email"]}],
    }
