"""What is said of a received Appointment: the thirteen elements, and no patient data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.sas.appointment_checks import FAULT, OK, REMARK, check_appointment, worst
from sandbox.sas.profile_check import ProfileChecker
from tests.sandbox.conftest import appointment, example

Change = Callable[[dict[str, Any]], None]


def operator(resource: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = resource["extension"][0]["valueReference"]["identifier"]
    return found


def actor(resource: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = resource["participant"][0]["actor"]["identifier"]
    return found


def setter(find: Callable[[dict[str, Any]], dict[str, Any]], key: str, value: Any) -> Change:
    def change(resource: dict[str, Any]) -> None:
        if value is None:
            del find(resource)[key]
        else:
            find(resource)[key] = value

    return change


def top(resource: dict[str, Any]) -> dict[str, Any]:
    return resource


def participant(resource: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = resource["participant"][0]
    return found


INTRN = {"coding": [{"system": "http://interopsante.org/fhir/CodeSystem/fr-v2-0203", "code": "INTRN"}]}
TWO = {"coding": [{"system": "http://interopsante.org/fhir/CodeSystem/fr-v2-0203", "code": "IDNPS"}] * 2}

BROKEN: list[tuple[str, Change, str]] = [
    ("1 value absent", setter(lambda r: r["identifier"][0], "value", None), "Identifiant du rendez-vous"),
    ("1 value blank", setter(lambda r: r["identifier"][0], "value", "  "), "Identifiant du rendez-vous"),
    ("2 system absent", setter(lambda r: r["identifier"][0], "system", None), "Identifiant du rendez-vous"),
    ("1 absent", setter(top, "identifier", None), "Identifiant du rendez-vous"),
    ("1 twice", setter(top, "identifier", [{"system": "a", "value": "b"}] * 2), "Identifiant du rendez-vous"),
    ("3 no operator", setter(top, "extension", None), "Opérateur"),
    ("3 operator value", setter(operator, "value", None), "Opérateur"),
    ("4 operator system", setter(operator, "system", None), "Opérateur"),
    ("4 unknown operator system", setter(operator, "system", "urn:oid:1.2.3"), "Opérateur"),
    ("5 operator type", setter(operator, "type", None), "Opérateur"),
    ("5 operator type in disagreement", setter(operator, "type", INTRN), "Opérateur"),
    ("6 operator type twice", setter(operator, "type", TWO), "Opérateur"),
    ("7 no status", setter(top, "status", None), "Statut"),
    ("7 wrong status", setter(top, "status", "arrived"), "Statut"),
    ("8 no start", setter(top, "start", None), "Début et fin"),
    ("8 start without offset", setter(top, "start", "2026-11-25T14:00:00"), "Début et fin"),
    ("8 impossible start", setter(top, "start", "2026-02-30T14:00:00+01:00"), "Début et fin"),
    ("9 no end", setter(top, "end", None), "Début et fin"),
    ("9 end before start", setter(top, "end", "2026-11-25T13:00:00+01:00"), "Début et fin"),
    ("10 no participant", setter(top, "participant", None), "Praticien"),
    ("10 no value", setter(actor, "value", None), "Praticien"),
    ("10 bare RPPS", setter(actor, "value", "10100050075"), "Praticien"),
    ("11 other system", setter(actor, "system", "urn:oid:1.2.250.1.213.3.6"), "Praticien"),
    ("12 other type", setter(actor, "type", INTRN), "Praticien"),
    ("13 no status", setter(participant, "status", None), "Participation"),
    ("13 declined", setter(participant, "status", "declined"), "Participation"),
    ("created", setter(top, "created", "2026-11-25"), "Date de prise"),
    ("not an Appointment", setter(top, "resourceType", "Slot"), "Ressource inattendue"),
    ("empty", setter(top, "created", ""), "Élément vide"),
    ("reason", setter(top, "reasonCode", [{"text": "Fièvre"}]), "Donnée du patient possible"),
    ("comment", setter(top, "comment", "Bergamote"), "Donnée du patient possible"),
    ("narrative", setter(top, "text", {"status": "generated", "div": "<div/>"}), "Donnée du patient possible"),
    ("contained", setter(top, "contained", [{"resourceType": "Patient"}]), "Donnée du patient possible"),
    ("label", setter(lambda r: participant(r)["actor"], "display", "B."), "Donnée du patient possible"),
    ("reference", setter(lambda r: participant(r)["actor"], "reference", "Patient/1"), "Donnée du patient possible"),
    (
        "a second participant",
        lambda resource: resource["participant"].append({"actor": {"display": "B."}, "status": "accepted"}),
        "Praticien",
    ),
]


def test_a_right_appointment_has_no_fault_and_no_remark() -> None:
    checks = check_appointment(appointment())
    assert worst(checks) == OK, checks
    assert "Aucune donnée du patient" in {check.title for check in checks}


def test_each_broken_element_is_a_fault_that_is_named_first() -> None:
    for name, change, title in BROKEN:
        resource = appointment()
        change(resource)
        checks = check_appointment(resource)
        assert title in {check.title for check in checks if check.verdict == FAULT}, name
        assert checks[0].verdict == FAULT, name


@pytest.mark.parametrize(
    ("change", "title"),
    [
        (setter(top, "created", None), "Date de prise"),
        (setter(top, "meta", None), "Profil déclaré"),
        (setter(top, "minutesDuration", 15), "Élément non prévu"),
        (setter(participant, "status", "needs-action"), "Participation"),
        (setter(lambda r: actor(r)["type"], "text", "Identifiant national"), "Élément non prévu"),
    ],
)
def test_what_is_only_unexpected_is_a_remark(change: Change, title: str) -> None:
    resource = appointment()
    change(resource)
    checks = check_appointment(resource)
    assert worst(checks) == REMARK
    assert title in {check.title for check in checks if check.verdict == REMARK}


@pytest.mark.parametrize("status", ["booked", "fulfilled", "noshow", "cancelled"])
def test_the_four_statuses_are_right(status: str) -> None:
    assert worst(check_appointment(appointment(status=status))) == OK


@pytest.mark.parametrize("junk", [{}, {"identifier": 3, "participant": "x", "extension": {}, "meta": [], "status": {}}])
def test_junk_is_faulty_and_never_raises(junk: dict[str, Any]) -> None:
    assert worst(check_appointment(junk)) == FAULT


def test_an_operator_that_the_platform_knows_is_named_and_another_is_a_remark() -> None:
    known = check_appointment(appointment(), find_operator=lambda identifier: ("Tanaisie", True))
    assert next(check for check in known if check.title == "Opérateur").detail == "Tanaisie"
    unknown = check_appointment(appointment(), find_operator=lambda identifier: None)
    assert "Opérateur inconnu" in {check.title for check in unknown if check.verdict == REMARK}


@pytest.mark.parametrize("name", ["Appointment-1", "Appointment-2"])
def test_the_guides_examples_have_no_fault(guide: Path, name: str) -> None:
    resource = example(guide, name)
    assert worst(check_appointment(resource)) == REMARK  # `created` came with the guide's version 1.2
    assert worst(ProfileChecker.load(guide).check_appointment(resource)) == OK


def test_the_official_profile_finds_what_it_forbids(guide: Path) -> None:
    checker = ProfileChecker.load(guide)
    assert worst(checker.check_appointment(appointment())) == OK
    assert worst(checker.check_appointment(appointment(status="nonsense"))) == FAULT
    assert worst(checker.check_appointment(appointment(identifier=[]))) == FAULT


def test_without_definitions_the_profile_is_said_to_be_unchecked(tmp_path: Path) -> None:
    for checker in (ProfileChecker.load(None), ProfileChecker.load(tmp_path / "nowhere")):
        assert not checker.available
        assert [check.title for check in checker.check_appointment({})] == ["Profil non vérifié"]
