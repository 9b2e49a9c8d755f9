"""Group 7 on a small editor: a correct one passes everything, and each planted fault is told by the check that names it."""

from __future__ import annotations

import functools
import unicodedata
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from conformance.recette.booking.patient import TypedPatient
from conformance.recette.groups.appointments import APPOINTMENTS
from conformance.recette.report.wording import MONTHS
from conformance.recette.results import Report
from conformance.recette.verdicts import Verdict
from deploy.local.ports import free_port
from sandbox.sas.keys import SigningKey
from tests.conformance.recette.complete_editor import SECRET, CompleteEditor, quick
from tests.conformance.recette.conftest import explained, make_environment, named, run_groups, run_name, told_twice
from tests.conformance.recette.sender import Appointment, Resource, Sender, Spoil, encoded, hashed

RunOn = Callable[..., Report]
Told = set[int]
Fault = tuple[Spoil, Told, Told]
Faults = dict[str, Fault]
ALL = {check.identifier for check in APPOINTMENTS.checks}
OPERATOR = ("extension", 0, "valueReference", "identifier")
PERSON = ("participant", 0, "actor", "identifier")


@pytest.fixture
def run_on(monkeypatch: pytest.MonkeyPatch) -> RunOn:
    """Runs the group on an editor with these flaws, whose sender `change` may falsify further."""
    monkeypatch.setenv("RECETTE_CLIENT_SECRET", SECRET)
    monkeypatch.setattr("conformance.recette.context.POLL_SECONDS", 0.01)
    monkeypatch.setattr(SigningKey, "generate", _generate_once)

    def run(*flaws: str, change: Callable[[Sender], object] = lambda sender: None) -> Report:
        with CompleteEditor(free_port(), *flaws) as editor:
            change(editor.sender)
            environment = make_environment(editor.pages.base, **editor.settings())
            # What comes too much must have the time to come.
            return run_groups(quick(environment, quiet=0.25 if flaws else 0.05), APPOINTMENTS)

    return run


_generate_once = functools.cache(SigningKey.generate)


def test_a_correct_editor_passes_everything(run_on: RunOn) -> None:
    report = run_on()
    assert named(report, Verdict.PASSED) == ALL - _unseen(report), explained(report)


def put(*path: str | int, value: Any) -> Spoil:
    """Sets the element at that path."""

    def spoil(resource: Resource, _: Appointment) -> None:
        node: Any = resource
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = value

    return spoil


def drop(*path: str | int) -> Spoil:
    def spoil(resource: Resource, _: Appointment) -> None:
        node: Any = resource
        for step in path[:-1]:
            node = node[step]
        del node[path[-1]]

    return spoil


def _digits_only(resource: Resource, _: Appointment) -> None:
    identifier = resource["extension"][0]["valueReference"]["identifier"]
    identifier["value"] = identifier["value"].replace("/", "")


def _numbered(resource: Resource, _: Appointment) -> None:
    identifier = resource["identifier"][0]
    identifier["value"] = str(uuid.UUID(identifier["value"]).int % 10**6)


def _renamed(resource: Resource, appointment: Appointment) -> None:
    resource["identifier"][0]["value"] = str(uuid.uuid5(uuid.NAMESPACE_OID, appointment.id))


def _somebody_else(resource: Resource, _: Appointment) -> None:
    identifier = resource["participant"][0]["actor"]["identifier"]
    identifier["value"] = identifier["value"].replace("810002909371", "0991000017")


def _said_utc(resource: Resource, _: Appointment) -> None:
    for name in ("start", "end"):
        resource[name] = f"{resource[name][:23]}Z"


def _patient_too(resource: Resource, appointment: Appointment) -> None:
    name = f"{appointment.patient.given} {appointment.patient.family}"
    resource["participant"].append({"actor": {"display": name}, "status": "accepted"})


def _extended(write: Callable[[TypedPatient], str]) -> Spoil:
    def spoil(resource: Resource, appointment: Appointment) -> None:
        told = write(appointment.patient)
        resource["extension"].append({"url": "https://e.example/suivi", "valueCode": told})

    return spoil


def _born_in_words(patient: TypedPatient) -> str:
    return f"née le {patient.birth_date.day} {MONTHS[patient.birth_date.month - 1]} {patient.birth_date.year}"


def _named_system(resource: Resource, appointment: Appointment) -> None:
    plain = unicodedata.normalize("NFKD", appointment.patient.family).encode("ascii", "ignore").decode()
    resource["identifier"][0]["system"] = f"https://e.example/{plain.upper()}"


def _identifiers(told: Told) -> set[str]:
    return {f"R03-{number:02}" for number in told}


# Faults that are planted together, since no check is concerned by two of them and none hides another.
# name: (how every request is falsified, what must report it, what else may)
CONTENT: list[dict[str, Fault]] = [
    {
        "another resource": (put("resourceType", value="Encounter"), {2, 3}, set()),
        "a number for identifier": (_numbered, {4}, set()),
        "the operator is somebody else": (put(*OPERATOR, "value", value="9900000099/1"), {5}, set()),
        "an end before the start": (lambda one, _: one.update(end=one["created"]), {7}, {32}),
        "a practitioner without prefix": (put(*PERSON, "value", value="10002909371"), {8}, set()),
        "an old date of booking": (put("created", value="2026-01-01T10:00:00.000+01:00"), {10}, set()),
        "the patient's name in the comment": (lambda one, a: one.update(comment=f"Mme {a.patient.family}"), {11}, set()),
        "an element of no use": (put("priority", value=1), {12}, set()),
    },
    {
        "no claim of the profile": (drop("meta"), {3}, set()),
        "the operator's number rewritten": (_digits_only, {5}, set()),
        "Paris time said to be UTC": (_said_utc, {7}, {32}),
        "another practitioner": (_somebody_else, {8}, set()),
        "a comment, even without a name": (put("comment", value="Dossier 12"), {11}, set()),
    },
    {
        "an unknown element": (put("colour", value="red"), {3, 12}, set()),
        "the name in capitals without accents": (_named_system, {11}, {4, 19}),
    },
    {
        "two identifiers": (lambda one, _: one["identifier"].append(one["identifier"][0]), {3, 4}, set()),
        "the reason for the visit": (put("reasonCode", value=[{"text": "Fièvre"}]), {11}, set()),
    },
    {
        "an identifier without system": (drop("identifier", 0, "system"), {4}, {3}),
        "no operator": (drop("extension"), {5}, {3}),
        "pending": (put("status", value="pending"), {6}, {3}),
        "instants without offset": (lambda one, _: one.update(start=one["start"][:19]), {7}, {3}),
        "a practitioner by a number of ours": (put(*PERSON, "system", value="https://e.example/praticiens"), {8}, {3}),
        "a practitioner who must still confirm": (put("participant", 0, "status", value="needs-action"), {9}, {3}),
        "no date of booking": (drop("created"), {10}, {3}),
        "an empty element": (put("meta", "tag", value=[]), {12}, {3}),
    },
    {
        "a system that is a word": (put("identifier", 0, "system", value="rendez-vous"), {4}, {3}),
        "two operators": (lambda one, _: one["extension"].append(one["extension"][0]), {5}, {3}),
        "proposed": (put("status", value="proposed"), {6}, {3}),
        "no end": (drop("end"), {7}, {3, 32}),
        "a practitioner without type": (drop(*PERSON, "type"), {8}, {3}),
        "a practitioner who has declined": (put("participant", 0, "status", value="declined"), {9}, {3}),
        "a day for date of booking": (lambda one, _: one.update(created=one["created"][:10]), {10}, {3}),
        "the phone in an extension": (_extended(lambda p: p.phone.replace(" ", ".")), {11, 12}, {3}),
    },
    {
        "the operator's number without type": (drop(*OPERATOR, "type"), {5}, {3}),
        "a practitioner by reference": (put("participant", 0, "actor", value={"reference": "Practitioner/1"}), {8}, {3, 11}),
    },
    {
        "the operator's number as an internal one": (put(*OPERATOR, "type", "coding", 0, "code", value="INTRN"), {5}, {3}),
        "no practitioner": (put("participant", value=[]), {8, 12}, {3, 9}),
    },
    {
        "the operator's number in no known system": (put(*OPERATOR, "system", value="urn:oid:1.2.3"), {5}, {3}),
        "the patient as participant": (_patient_too, {8, 11}, {3, 9}),
    },
    {
        "the operator by an extension of their own": (put("extension", 0, "url", value="https://e.example/who"), {5}, {3, 12}),
    },
    {"the e-mail in base64": (_extended(lambda p: encoded(p.email)), {11, 12}, {3})},
    {"the birth date in words": (_extended(_born_in_words), {11, 12}, {3})},
    {"the security number hashed": (_extended(lambda p: hashed(p.nir)), {11, 12}, {3})},
]  # fmt: skip
# The same of the first request of each appointment only: its updates differ from it.
FIRST: list[dict[str, Fault]] = [
    {
        "already fulfilled": (put("status", value="fulfilled"), {6}, {16}),
        "the practitioner's name in the participant": (put("participant", 0, "actor", "display", value="Dr Zinnia"), {11}, set()),
    },
]  # fmt: skip
# And of the updates only.
LATER: list[dict[str, Fault]] = [
    {
        "another identifier": (_renamed, {15, 31}, set()),
        "the operator forgotten": (drop("extension"), {16}, {30}),
        "the patient's name in the comment": (lambda one, a: one.update(comment=a.patient.given), {29}, set()),
    },
    {"the date of booking forgotten": (drop("created"), {16}, set())},
    {"an element of no use": (put("priority", value=1), {16}, set())},
    {"an unknown element": (put("colour", value="red"), {16, 30}, set())},
]  # fmt: skip
FLAWS: list[dict[str, tuple[Told, Told]]] = [
    {
        "twice": ({13}, set()), "moves elsewhere": ({16}, set()), "tells all": ({20}, set()),
        "forgets who": ({21}, set()), "cancelled is an error": ({24}, {30}), "last first": ({25}, set()),
    },
    {
        "same practitioner": ({17}, set()), "arrived": ({18}, {30}), "posts again": ({23}, set()),
        "forgets the last": ({25}, set()), "stops when refused": ({26}, set()),
    },
    {"end stays": ({16}, set()), "puts first": ({1}, {19}), "no retry after 500": ({21, 25}, set())},
    {"bare number": ({17}, {30}), "missed is cancelled": ({27}, set()), "double": ({31}, set())},
    {"reason sets the end": ({32}, set())},
    {"no retry after -1": ({22}, set()), "hammers": ({26}, set()), "follows regulators": ({28}, set())},
    {"no identifier": ({14}, set()), "posts for ever": ({23}, set())},
    {"posts updates": ({14}, {23})},
    {"nothing": ({1}, set())},
    {"only creations": ({14, 17, 18, 24, 25, 26, 27, 28}, set())},
    {"by id": ({14, 17, 18, 24, 25, 26, 27, 28}, set())},
    {"no retry": ({21, 22, 23, 25}, set())},
    {"other identifier": ({21, 22, 23, 31}, set())},
    {"deletes": ({24, 25, 26}, set())},
]  # fmt: skip


@pytest.mark.parametrize("run", CONTENT, ids=run_name)
def test_each_fault_of_every_request_is_told_by_its_check(run_on: RunOn, run: Faults) -> None:
    _says(run_on(change=lambda sender: setattr(sender, "spoil", _all_of(run))), _told(run))


@pytest.mark.parametrize("run", FIRST, ids=run_name)
def test_each_fault_of_the_first_request_alone_is_told_by_its_check(run_on: RunOn, run: Faults) -> None:
    _says(run_on(change=lambda sender: setattr(sender, "spoil_first", _all_of(run))), _told(run))


@pytest.mark.parametrize("run", LATER, ids=run_name)
def test_each_fault_of_the_updates_is_told_by_its_check(run_on: RunOn, run: Faults) -> None:
    _says(run_on(change=lambda sender: setattr(sender, "spoil_later", _all_of(run))), _told(run))


@pytest.mark.parametrize("run", FLAWS, ids=run_name)
def test_each_fault_of_behaviour_is_told_by_its_check(run_on: RunOn, run: dict[str, tuple[Told, Told]]) -> None:
    _says(run_on(*run), run)


@pytest.mark.parametrize(("kind", "verdict"), [("application/json", Verdict.WARNING), ("text/plain", Verdict.FAILED)])
def test_another_media_type_is_told(run_on: RunOn, kind: str, verdict: Verdict) -> None:
    report = run_on(change=lambda sender: setattr(sender, "content_type", kind))
    assert named(report, verdict) == {"R03-02"}, explained(report)


def test_the_patient_in_the_address_is_told(run_on: RunOn) -> None:
    report = run_on(change=lambda sender: setattr(sender, "query", "?ne=1"))
    _says(report, {"the patient in the address": ({1}, set())})


def test_every_check_is_proven_able_to_fail() -> None:
    told = [wanted for table in (CONTENT, FIRST, LATER) for run in table for _, wanted, _ in run.values()]
    told += [wanted for run in FLAWS for wanted, _ in run.values()]
    assert _identifiers(set().union(*told) | {19}) == ALL


def _all_of(run: Faults) -> Spoil:
    def spoil(resource: Resource, appointment: Appointment) -> None:
        for falsify, _, _ in run.values():
            falsify(resource, appointment)

    return spoil


def _told(run: Faults) -> dict[str, tuple[Told, Told]]:
    return {name: (wanted, related) for name, (_, wanted, related) in run.items()}


def _says(report: Report, run: dict[str, tuple[Told, Told]]) -> None:
    told = named(report, Verdict.FAILED, Verdict.WARNING)
    wanted, related = (set().union(*checks) for checks in zip(*run.values(), strict=True))
    assert _identifiers(wanted) - _unseen(report) <= told <= _identifiers(wanted | related), explained(report)
    must, may = ({name: checks[index] for name, checks in run.items()} for index in (0, 1))
    assert told_twice(must, may) == set()


def _unseen(report: Report) -> set[str]:
    """The checks of the profile, where the guide's definitions are not."""
    return set() if report.profiles_checked else {"R03-03", "R03-30"}
