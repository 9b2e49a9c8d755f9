"""The booking form: shape only, each refusal a French sentence, never an exception."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointments.booking.forms import BookingForm
from appointments.enums import ConsultationType, NoGivenName, NoPhone
from appointments.models import Reason
from appointments.patients.values import PatientDetails
from tests.appointments.call.requests import PATIENT
from tests.factories import PARIS, at

NBSP = "\u00a0"


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    with time_machine.travel(at("2026-11-25", "08:00"), tick=False):
        yield


def form(
    modes: list[ConsultationType] | None = None,
    reasons: list[Reason] | None = None,
    zone: ZoneInfo = PARIS,
    **fields: Any,
) -> BookingForm:
    data = QueryDict(mutable=True)
    data.update(PATIENT | fields)
    return BookingForm(data, modes=modes or [ConsultationType.AMB], reasons=reasons or [], zone=zone)


def test_six_answers_are_enough() -> None:
    filled = form()
    assert filled.is_valid(), filled.errors
    assert filled.patient() == PatientDetails(
        family_name="Jasmin-Démo",
        given_name="Kumquat",
        birth_date=date(1991, 2, 14),
        sex="female",
        phone="+33639981234",
    )
    assert filled.visit().consultation_type == ConsultationType.AMB
    assert filled.visit().reason_id is None


def test_all_that_may_be_told_is_kept() -> None:
    filled = form(
        email="kumquat@exemple.test",
        birth_name="Églantine",
        birth_place="Ajaccio",
        nir="2 69 05 49 588 157 80",
        address="8 place Imaginaire\n99000 Villefictive",
        note="Entorse hier soir.\r\nSpO2 < 92 % <b>",
    )
    assert filled.is_valid(), filled.errors
    patient = filled.patient()
    assert (patient.email, patient.birth_name, patient.birth_place) == ("kumquat@exemple.test", "Églantine", "Ajaccio")
    assert patient.nir == "269054958815780"
    assert patient.address == "8 place Imaginaire 99000 Villefictive"
    # A physician's signs are text like any other; pages escape them.
    assert filled.visit().note == "Entorse hier soir.\nSpO2 < 92 % <b>"


def test_a_phone_is_read_as_people_of_the_place_dial_it() -> None:
    filled = form(zone=ZoneInfo("Pacific/Noumea"), phone="75 12 34")
    assert filled.is_valid(), filled.errors
    assert filled.patient().phone == "+687751234"
    assert "phone" in form(phone="75 12 34").errors


def test_who_is_born_today_at_the_place_is_not_born_tomorrow() -> None:
    """At 23:00 in Paris it is the next morning at Nouméa."""
    with time_machine.travel(at("2026-11-25", "23:00"), tick=False):
        assert form(zone=ZoneInfo("Pacific/Noumea"), birth_date="26/11/2026").is_valid()
        assert "birth_date" in form(birth_date="26/11/2026").errors


@pytest.mark.parametrize("why", NoGivenName.values)
def test_a_patient_may_have_no_given_name_once_it_is_said_why(why: str) -> None:
    filled = form(given_name="", no_given_name=why)
    assert filled.is_valid(), filled.errors
    assert (filled.patient().given_name, filled.patient().no_given_name) == ("", why)


@pytest.mark.parametrize("why", NoPhone.values)
def test_a_patient_may_have_no_phone_once_it_is_said_why(why: str) -> None:
    filled = form(phone="", no_phone=why)
    assert filled.is_valid(), filled.errors
    assert (filled.patient().phone, filled.patient().no_phone) == ("", why)


def test_a_given_name_or_a_phone_is_not_both_there_and_missing() -> None:
    wrong = form(no_given_name="newborn", no_phone="none").errors
    assert wrong["no_given_name"] == [f"Un prénom est saisi{NBSP}: effacez-le, ou remettez «{NBSP}Non{NBSP}»."]
    assert wrong["no_phone"] == [f"Un téléphone est saisi{NBSP}: effacez-le, ou remettez «{NBSP}Non{NBSP}»."]


@pytest.mark.parametrize(
    ("text", "born", "precision"),
    [
        ("1950", date(1950, 1, 1), "year"),
        ("00/00/1950", date(1950, 1, 1), "year"),
        ("34 ans", date(1992, 1, 1), "age"),
        ("03/1985", date(1985, 3, 1), "month"),
        ("le 3 avril 1985", date(1985, 4, 3), "day"),
        ("9 jours", date(2026, 11, 16), "day"),
        ("inconnue", None, "unknown"),
    ],
)
def test_a_birth_date_is_taken_as_far_as_it_is_known(text: str, born: date | None, precision: str) -> None:
    filled = form(birth_date=text)
    assert filled.is_valid(), filled.errors
    assert (filled.patient().birth_date, filled.patient().birth_date_precision) == (born, precision)


def test_blanks_are_collapsed_and_letters_composed() -> None:
    filled = form(family_name="  Jasmin \u00a0 De\u0301mo ", given_name="\tKumquat\n")
    assert filled.is_valid(), filled.errors
    assert (filled.patient().family_name, filled.patient().given_name) == ("Jasmin Démo", "Kumquat")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("family_name", "", "Indiquez le nom de famille."),
        ("given_name", "   ", "Indiquez le prénom, ou dites qu’il n’y en a pas."),
        (
            "birth_date",
            "",
            f"Indiquez la date de naissance, l’année ou l’âge{NBSP}; sinon écrivez «{NBSP}inconnue{NBSP}».",
        ),
        ("phone", "", "Indiquez un téléphone où joindre le patient, ou dites qu’il n’y en a pas."),
        ("sex", "", "Choisissez le sexe."),
        ("sex", "autre", "Choisissez le sexe."),
        ("consultation_type", "", "Choisissez le type de consultation."),
        ("family_name", "a" * 101, f"Ce texte a 101{NBSP}caractères{NBSP}: raccourcissez-le à 100 au plus."),
        ("note", "a" * 1001, f"Ce texte a 1001{NBSP}caractères{NBSP}: raccourcissez-le à 1000 au plus."),
        ("family_name", "<b>Jasmin</b>", f"Les signes < et > ne sont pas acceptés ici{NBSP}: retirez-les."),
        ("address", "<script>", f"Les signes < et > ne sont pas acceptés ici{NBSP}: retirez-les."),
        ("given_name", "1234", f"Un nom contient au moins une lettre{NBSP}: vérifiez-le."),
        ("birth_date", "26/11/2026", f"Cette date est dans le futur{NBSP}: vérifiez l’année."),
        ("phone", "06 39 98 12 3", f"Ce numéro a 9 chiffres{NBSP}: ajoutez celui qui manque."),
        ("email", "kumquat@", f"Cette adresse n’est pas complète{NBSP}: écrivez-la comme nom@exemple.fr."),
        ("email", "a\x00@exemple.test", f"Cette adresse n’est pas complète{NBSP}: écrivez-la comme nom@exemple.fr."),
        ("email", f"{'a' * 250}@exemple.test", f"Cette adresse est trop longue{NBSP}: vérifiez-la."),
    ],
)
def test_what_is_wrong_is_said_under_the_field(field: str, value: str, sentence: str) -> None:
    assert sentence in form(**{field: value}).errors[field]


@pytest.mark.parametrize("field", ["family_name", "given_name", "birth_name", "birth_place", "address", "note"])
@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x7f", "\u202e", "\u2066", "\ufffd"])
def test_an_invisible_character_is_refused(field: str, sign: str) -> None:
    wrong = form(**{field: f"Jas{sign}min"})
    assert wrong.errors[field] == [f"Ce texte contient un caractère invisible{NBSP}: effacez-le et retapez-le."]


def test_the_slot_says_which_types_and_reasons_there_are() -> None:
    reason, other = Reason(label="Fièvre"), Reason(label="Vaccin")
    both = [ConsultationType.AMB, ConsultationType.VR]
    filled = form(both, [reason], consultation_type="VR", reason=str(reason.id))
    assert filled.is_valid(), filled.errors
    visit = filled.visit()
    assert (visit.consultation_type, visit.reason_id) == (ConsultationType.VR, reason.id)
    wrong = form(both, [reason], consultation_type="HH", reason=str(other.id))
    assert "«\u00a0Au cabinet\u00a0» ou «\u00a0Téléconsultation\u00a0»" in wrong.errors["consultation_type"][0]
    assert "motif" in wrong.errors["reason"][0]


def test_a_home_visit_needs_an_address() -> None:
    at_home = [ConsultationType.HH]
    assert "domicile" in form(at_home, consultation_type="HH").errors["address"][0]
    assert form(at_home, consultation_type="HH", address="8 place Imaginaire").is_valid()


def test_a_form_without_usable_name_gets_one() -> None:
    first, second = form(request_id="x" * 500), form(request_id="\x00")
    assert first.is_valid()
    assert second.is_valid()
    assert first.cleaned_data["request_id"] != second.cleaned_data["request_id"]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from([*PATIENT, "note", "email", "nir", "address", "reason", "request_id"]), st.text())
)
def test_whatever_is_sent_is_understood_or_refused(fields: dict[str, str]) -> None:
    filled = form(**fields)
    if filled.is_valid():
        filled.patient()
    for errors in filled.errors.values():
        assert all(str(error).endswith(".") for error in errors)
