"""Group 7 with a person at the terminal: what is asked of them is enough to do it, and they may give an act up."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from conformance.recette.booking import operator
from conformance.recette.booking.patient import TypedPatient
from conformance.recette.context import Run
from conformance.recette.groups.appointments import APPOINTMENTS
from conformance.recette.report.wording import moment
from conformance.recette.results import Report
from conformance.recette.running import run_book
from conformance.recette.verdicts import Verdict
from deploy.local.ports import free_port
from sandbox.sas.vocabulary import Identifier
from tests.conformance.recette.complete_editor import SECRET, CompleteEditor, quick
from tests.conformance.recette.conftest import Silence, explained, make_environment, named, result_of
from tests.conformance.recette.editor_data import PLACES, starts
from tests.conformance.recette.sender import Appointment

PRACTITIONERS = {f"{place.given} {place.family}": place.practitioner for place in PLACES}
LABELS = {
    "nom": "family", "prénom": "given", "téléphone": "phone", "e-mail": "email", "nom de naissance": "birth_name",
    "commune de naissance": "birth_place", "numéro de sécurité sociale": "nir",
}  # fmt: skip


class Person:
    """Reads the terminal and acts at the editor's. `declines`: words of the sentences that they answer by « p »."""

    def __init__(self, editor: CompleteEditor, *declines: str) -> None:
        self.editor = editor
        self.heard: list[str] = []
        self.typed: deque[str] = deque()
        self.declines = declines
        self.kept: dict[str, Appointment] = {}
        self.slot: datetime | None = None
        self.practitioner = ""
        self.by_the_practice = False
        self.details: dict[str, str] = {}

    def hear(self, sentence: str) -> None:
        self.heard.append(sentence)
        if any(word in sentence for word in self.declines):
            self.typed.append("p\n")
        elif found := re.match(r"le rendez-vous de (.+), pris pour le .* : (\S+)", sentence):
            self.change(self.kept[found[1]], found[2])
        elif found := re.match(r"réservez le créneau du (.+) avec (.+), pour", sentence):
            self.practitioner = PRACTITIONERS[found[2]]
            self.slot = next(start for start in starts(datetime.now(UTC)) if moment(start) == found[1])
            self.by_the_practice, self.details = False, {}
        elif sentence.startswith("dans le logiciel, comme le cabinet"):
            self.by_the_practice, self.details = True, {}
        elif "tapez Entrée" in sentence:
            self.typed.append("\n")
        elif " : " in sentence:
            label, _, value = sentence.partition(" : ")
            self.details[label] = value
            if label == "message":
                self.book()

    def book(self) -> None:
        given = {field: self.details[label] for label, field in LABELS.items()}
        born = datetime.strptime(self.details["née le"], "%d/%m/%Y").date()  # noqa: DTZ007 - a day
        street, note = self.details["adresse"].split(",")[0], self.details["message"]
        patient = TypedPatient(**given, birth_date=born, street=street, note=note)
        account = next(one for one in self.editor.pages.book.accounts if one.active)
        start = (self.slot or starts(datetime.now(UTC))[-1]).astimezone(UTC)
        made = Appointment(
            self.practitioner, start, start + timedelta(minutes=15), patient,
            None if self.by_the_practice else Identifier(*account.key),
        )  # fmt: skip
        self.kept[f"{patient.given} {patient.family}"] = made
        self.editor.sender.tell(made)

    def change(self, appointment: Appointment, act: str) -> None:
        if act == "déplacez-le":
            appointment.start += timedelta(minutes=10)
            appointment.end += timedelta(minutes=10)
        elif act == "confiez-le":
            appointment.practitioner = "810100050075"
        elif act == "annulez-le.":
            appointment.status = "cancelled"
        else:
            missed = self.heard[-1].endswith("(la patiente n’est pas venue).")
            appointment.status = "noshow" if missed else "fulfilled"
        self.editor.sender.tell(appointment)


RunWith = Callable[..., tuple[Report, Person]]


@pytest.fixture
def run_with(monkeypatch: pytest.MonkeyPatch) -> RunWith:
    monkeypatch.setenv("RECETTE_CLIENT_SECRET", SECRET)
    monkeypatch.setattr("conformance.recette.context.POLL_SECONDS", 0.01)
    monkeypatch.setattr(operator, "at_the_terminal", lambda: True)

    def run(*flaws: str, declines: tuple[str, ...] = (), wait: float = 5.0) -> tuple[Report, Person]:
        with CompleteEditor(free_port(), *flaws) as editor:
            person = Person(editor, *declines)
            monkeypatch.setattr(operator, "read_line", lambda: person.typed.popleft() if person.typed else "")
            several = {"booking__practitioners": ["810002909371", "0991000017"]}
            environment = quick(make_environment(editor.pages.base, **editor.settings() | several), quiet=0.1)
            booking = replace(environment.booking, driver="operator", wait=wait)
            with Run(replace(environment, booking=booking), tell=person.hear) as book:
                return run_book(book, [APPOINTMENTS], Silence()), person

    return run


def test_a_person_who_does_what_is_asked_sees_everything_pass(run_with: RunWith) -> None:
    report, person = run_with()
    unseen = set() if report.profiles_checked else {"R03-03", "R03-30"}
    assert named(report, Verdict.PASSED) == {check.identifier for check in APPOINTMENTS.checks} - unseen, explained(
        report
    )
    assert sum("connectez-vous au SAS" in sentence for sentence in person.heard) == 1
    assert any("origin=sas" in sentence for sentence in person.heard)


def test_an_act_given_up_skips_its_check_only(run_with: RunWith) -> None:
    report, _ = run_with(declines=("confiez-le", "notez-le non honoré"))
    assert named(report, Verdict.SKIPPED) == {"R03-17", "R03-27"}, explained(report)
    assert "passé ce geste" in result_of(report, "R03-17").reason
    assert not named(report, Verdict.FAILED), explained(report)


def test_a_slow_retry_is_a_reservation_that_says_how_long_was_waited(run_with: RunWith) -> None:
    report, _ = run_with("no retry", wait=1.0)
    assert {"R03-21", "R03-22", "R03-23"} <= named(report, Verdict.WARNING), explained(report)
    (problem,) = result_of(report, "R03-21").problems
    assert problem.sentence.startswith("Attendu 1 s sans rien voir")
    assert "booking.retry" in problem.sentence


def test_what_the_person_was_told_of_the_patient_is_not_in_the_report(run_with: RunWith) -> None:
    report, person = run_with("twice", "other identifier")
    shown = repr(report.as_json())
    assert person.kept
    assert not [one for one in person.kept if one in shown]
    assert not [one.patient.email for one in person.kept.values() if one.patient.email in shown]


def test_without_anybody_at_the_terminal_the_group_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECETTE_CLIENT_SECRET", SECRET)
    monkeypatch.setattr(operator, "at_the_terminal", lambda: False)
    with CompleteEditor(free_port()) as editor:
        environment = make_environment(editor.pages.base, **editor.settings())
        booking = replace(environment.booking, driver="operator")
        with Run(replace(environment, booking=booking)) as book:
            report = run_book(book, [APPOINTMENTS], Silence())
    assert named(report, Verdict.SKIPPED) == {check.identifier for check in APPOINTMENTS.checks}
    assert "Personne n’est au terminal" in result_of(report, "R03-01").reason
