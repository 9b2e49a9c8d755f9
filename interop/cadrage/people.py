"""Which data of regulators and patients are taken, required and kept: read from the parser, the form and the models."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime

import orjson
from django.db.models import Model
from django.forms import Field

from accounts.models import Regulator, RegulatorIdentifier
from appointments.booking.forms import BookingForm
from appointments.enums import Sex
from appointments.models import Appointment, Patient
from appointments.patients.values import PatientDetails
from interop.cadrage.document import code, table
from interop.fhir.regulator import parse_regulator
from interop.fhir.values import AppointmentRecord, FhirRefusal

# Whole words: elsewhere these letters are read « requis » and « optionnel ».
REQUIRED, OPTIONAL, NOT_APPLICABLE = "**R**, requis", "**O**, optionnel", "**NA**, non applicable"


@dataclass(frozen=True, slots=True)
class AccountDatum:
    """One line of the ANS's list. `element` as the profile FrPractitionerRegul writes it; `field` of `model` would keep it."""

    label: str
    element: str
    field: str
    comment: str
    model: type[Model] = Regulator


ACCOUNT_DATA = (
    AccountDatum(
        "Identifiant",
        "identifier.value",
        "value",
        "National ou technique SAS, tel que le SAS le donne. Les anciens identifiants du compte sont gardés.",
        RegulatorIdentifier,
    ),
    AccountDatum(
        "Système de l’identifiant",
        "identifier.system",
        "system",
        "Le type (IDNPS ou INTRN), requis aussi, doit aller avec lui.",
        RegulatorIdentifier,
    ),
    AccountDatum("Habilitation", "active", "active", "Vrai : habilité. Faux : habilitation retirée."),
    AccountDatum("Nom", "name.family", "family_name", "Celui que le praticien lit à côté du rendez-vous."),
    AccountDatum("Prénom", "name.given", "given_name", "Plusieurs prénoms sont gardés, dans l’ordre reçu."),
    AccountDatum(
        "E-mail",
        "telecom.value",
        "email",
        "Une seule adresse, unique parmi les comptes habilités. Sert à reconnaître la personne au retour du SAS.",
    ),
    AccountDatum("Téléphone", "telecom.value (phone)", "phone", "Accepté dans la ressource, pas lu."),
    AccountDatum("Spécialité", "qualification", "specialty", "Sans usage : un régulateur n’a pas d’agenda."),
    AccountDatum("Sexe", "gender", "sex", "Accepté dans la ressource, pas lu."),
    AccountDatum("Date de naissance", "birthDate", "birth_date", "Acceptée dans la ressource, pas lue."),
    AccountDatum(
        "Nom de naissance",
        "name (maiden)",
        "birth_name",
        "Seul le nom officiel en vigueur est lu, à défaut le premier.",
    ),
    AccountDatum("Adresse", "address", "address", "Acceptée dans la ressource, pas lue."),
    AccountDatum("NIR", "–", "nir", "Jamais demandé à un professionnel."),
    AccountDatum(
        "Sujet de la connexion",
        "–",
        "sas_subject",
        "Celui (sub) du jeton d’identité, gardé à la première connexion. Un autre ne peut plus être ce compte.",
    ),
)

# What the form's labels don't say; one for each visible field.
FORM_COMMENTS = {
    "family_name": "Au moins une lettre.",
    "given_name": "Au moins une lettre. Peut manquer, avec sa raison.",
    "no_given_name": "Nouveau-né, nom unique ou prénom inconnu.",
    "birth_date": "Saisie libre (03071984, 03/07/84, 3 juillet 1984, 1984, 34 ans, inconnue) ; de 1900 à aujourd’hui.",
    "phone": "Où joindre le patient. Mis au format international, outre-mer compris. Peut manquer, avec sa raison.",
    "no_phone": "N’en a pas, ne le connaît pas ou ne veut pas le donner.",
    "who_calls": "Le patient, un proche ou un soignant. Ouvre les deux champs suivants.",
    "caller": "Demandé quand ce n’est pas le patient.",
    "caller_phone": "Demandé quand ce n’est pas le patient. Sert à le joindre s’il n’a pas de téléphone.",
    "sex": ", ".join(str(label) for label in Sex.labels) + ".",
    "email": "Ne sert qu’aux messages sur ce rendez-vous ; sans adresse, aucun message.",
    "birth_name": "S’il diffère du nom de famille.",
    "birth_place": "Commune, en toutes lettres.",
    "nir": "Treize caractères ou quinze, Corse comprise\u00a0; une clé fausse est signalée. Vide, il ne bloque rien.",
    "address": "Requise quand la consultation est à domicile.",
    "consultation_type": "Parmi ceux du créneau.",
    "reason": "Parmi ceux du praticien pour ce créneau.",
    "note": "Texte libre, lu par le cabinet seulement.",
}


def account_data() -> str:
    required = _required_elements()
    rows = []
    for datum in ACCOUNT_DATA:
        kept = _kept(datum.model, datum.field)
        level = REQUIRED if datum.element in required else OPTIONAL if kept else NOT_APPLICABLE
        element = datum.element if datum.element == "–" else code(datum.element)
        rows.append((datum.label, level, kept or "non", element, datum.comment))
    return table(("Donnée", "R/O/NA", "Conservée", "Élément FHIR", "Commentaire"), rows)


def patient_data() -> str:
    return _of_form(lambda name: name in PatientDetails.__slots__)


def other_form_fields() -> str:
    return _of_form(lambda name: name not in PatientDetails.__slots__)


def visible_fields() -> dict[str, Field]:
    """Of the booking form, in its order."""
    return {name: field for name, field in BookingForm.base_fields.items() if not field.widget.is_hidden}


def _of_form(chosen: Callable[[str], bool]) -> str:
    sent = {field.name for field in fields(AppointmentRecord)}
    rows = [
        (
            str(field.label or name),
            REQUIRED if field.required else OPTIONAL,
            _kept(Patient, name) or _kept(Appointment, name) or "non",
            "oui" if name in sent else "non",
            FORM_COMMENTS.get(name, ""),
        )
        for name, field in visible_fields().items()
        if chosen(name)
    ]
    return table(("Donnée", "R/O/NA", "Conservée", "Transmise au SAS", "Commentaire"), rows)


def _kept(model: type[Model], name: str) -> str:
    """« oui » and where, blank when the model has no such column."""
    columns = {field.name for field in model._meta.concrete_fields}
    return f"oui ({code(f'{model.__name__}.{name}')})" if name in columns else ""


def _required_elements() -> set[str]:
    """What the parser of INT_R02 misses in a Practitioner that has nothing."""
    nothing = {
        "resourceType": "Practitioner",
        "identifier": [{"use": "official"}],
        "name": [{"use": "official"}],
        "telecom": [{"system": "email"}],
    }
    try:
        parse_regulator(orjson.dumps(nothing), now=datetime.now(UTC))
    except FhirRefusal as refusal:
        missing = [issue for issue in refusal.issues if issue.code == "required"]
        return {
            expression.removeprefix("Practitioner.").replace("[0]", "")
            for issue in missing
            for expression in issue.expression
        }
    return set()
