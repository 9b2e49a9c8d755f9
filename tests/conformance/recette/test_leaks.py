"""A patient's data is found however it is written; nothing is seen where there is nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from datetime import date
from typing import Any

import pytest

from conformance.recette.booking.patient import TypedPatient, make_up
from conformance.recette.judging.leaks import details_of, find_leaks, squeeze
from sandbox.sas.vocabulary import NATIONAL_PERSON, Identifier

PATIENT = TypedPatient(
    family="Xavroël", given="Ozéliane", birth_date=date(1934, 2, 14), phone="06 39 98 12 34",
    email="patiente-0a1b2c3d@recette.example", birth_name="Drémaufray", birth_place="Krobilane-Imaginaire",
    nir="234029912345672", street="Fantrézoul", note="gravillonite",
)  # fmt: skip
REASON = "Fièvre"
CLEAN: dict[str, Any] = {
    "resourceType": "Appointment",
    "identifier": [{"system": "https://editeur.example/rendez-vous", "value": "7d2d3a2e-9a0c-4f57-8f4d-30c1b7e512aa"}],
    "start": "2026-11-23T14:00:00.000+01:00",
    "participant": [{"actor": {"identifier": Identifier(NATIONAL_PERSON, "810002909371").as_fhir()}}],
}
WRITINGS = {
    "Le nom de famille": ["Xavroël", "XAVROEL", "Mme xavroël Ozé.", "Xavro\u0065\u0308l", "X a v r o ë l", "Xavro%C3%ABl"],
    "Le prénom": ["Ozéliane", "OZELIANE", "ozeliane.x"],
    "La date de naissance": [
        "1934-02-14", "14/02/1934", "14.02.1934", "14 02 1934", "19340214", "14021934", "02/14/1934",
        "née le 14 février 1934", "14 FEVRIER 1934", "1934-02-14T00:00:00Z",
    ],
    "Le téléphone": [
        "0639981234", "06 39 98 12 34", "06.39.98.12.34", "+33639981234", "0033 6 39 98 12 34",
        "tel:+33-6-39-98-12-34",
    ],
    "L’e-mail": ["patiente-0a1b2c3d@recette.example", "PATIENTE-0A1B2C3D@RECETTE.EXAMPLE", "mailto:patiente-0a1b2c3d"],
    "Le nom de naissance": ["née Drémaufray", "dremaufray"],
    "La commune de naissance": ["Krobilane-Imaginaire", "KROBILANE"],
    "Le numéro de sécurité sociale": ["234029912345672", "2 34 02 99 123 456 72", "2340299123456"],
    "L’adresse": ["12 impasse du Fantrézoul", "12, IMP. FANTREZOUL"],
    "Le message pour le praticien": ["Gravillonite depuis hier"],
    "Le motif": ["fièvre", "FIEVRE"],
}  # fmt: skip


def found(body: object, target: str = "/fhir/v1/Appointment") -> list[str]:
    text = body if isinstance(body, str) else json.dumps(body)
    return [
        problem.sentence for problem in find_leaks(details_of(PATIENT, reasons=(REASON,)), target=target, body=text)
    ]


@pytest.mark.parametrize("name", WRITINGS)
def test_each_writing_is_found_wherever_it_is(name: str) -> None:
    told = f"{name} du patient est dans la demande."
    for text in WRITINGS[name]:
        assert told in found({**CLEAN, "comment": text}), text
        assert told in found({**CLEAN, "participant": [{"actor": {"display": f"pour {text}."}}]}), text
        assert told in found({**CLEAN, text: "x"}), text
        assert told in found(f"<Appointment><comment>{text}</comment></Appointment>"), text
        assert told in found(CLEAN, target=f"/fhir/v1/Appointment?q={text}"), text


@pytest.mark.parametrize("text", [PATIENT.family, PATIENT.email, PATIENT.nir, PATIENT.phone])
def test_what_is_encoded_is_found(text: str) -> None:
    for encoded in (
        base64.b64encode(text.encode()).decode(),
        base64.urlsafe_b64encode(f"qui : {text} ?".encode()).decode().rstrip("="),
        text.encode().hex(),
    ):
        assert len(found({**CLEAN, "extension": [{"url": "https://e.example", "valueString": encoded}]})) == 1


def test_a_digest_of_what_has_few_values_is_found() -> None:
    assert found({**CLEAN, "id": hashlib.sha256(PATIENT.nir.encode()).hexdigest()})
    assert found({**CLEAN, "id": hashlib.md5(PATIENT.email.encode(), usedforsecurity=False).hexdigest().upper()})
    assert found({**CLEAN, "id": hashlib.sha1(b"+33639981234", usedforsecurity=False).hexdigest()})


def test_a_number_that_is_no_text_is_found() -> None:
    assert found({**CLEAN, "priority": 19340214}) == ["La date de naissance du patient est dans la demande."]


def test_a_name_cut_into_pieces_is_found() -> None:
    assert found({**CLEAN, "note": ["Xav", "roël"]}) == ["Le nom de famille du patient est dans la demande."]


def test_what_is_said_twice_is_told_once_at_its_place() -> None:
    details = details_of(PATIENT)
    body = json.dumps({**CLEAN, "comment": "Xavroël", "description": "Xavroël"})
    (problem,) = find_leaks(details, target="/", body=body)
    assert problem.where == "Appointment.comment"
    assert "Xavroël" not in problem.sentence


def test_a_clean_request_has_nothing_of_anybody() -> None:
    for _ in range(200):
        patient = make_up("recette.example")
        body = json.dumps(
            {**CLEAN, "identifier": [{"system": "https://recette.example/rdv", "value": str(uuid.uuid4())}]}
        )
        assert (
            find_leaks(details_of(patient, reasons=(REASON, "Suivi")), target="/fhir/v1/Appointment", body=body) == []
        )


def test_made_up_patients_are_well_formed_and_fictional() -> None:
    for _ in range(50):
        patient = make_up("recette.example")
        assert 97 - int(patient.nir[:13]) % 97 == int(patient.nir[13:])
        assert squeeze(patient.phone).startswith("063998")
        assert patient.family != patient.birth_name
