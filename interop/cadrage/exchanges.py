"""Environments, sign-in, slots and appointments as they are exchanged: read from the enums, the mappings and the limits."""

import json
import uuid
from datetime import UTC, date, datetime

from django.conf import settings
from django.urls import reverse

from accounts.identifiers import ADELI, RPPS
from appointments.enums import AppointmentType, Audience, ConsultationType, EventKind, Status
from appointments.slots.slot_key import SlotKey
from interop.cadrage.document import code, table
from interop.cadrage.installation import Installation
from interop.fhir import regulator, slot_search, systems
from interop.fhir.appointment import appointment_resource
from interop.fhir.capability import capability_statement
from interop.fhir.values import AppointmentRecord
from interop.sas.environments import ENVIRONMENTS, Environment
from interop.selectors import landing_url
from interop.services import deliveries

_EXAMPLE = uuid.UUID("5c8f1e0a-7b1d-4a52-9c3e-2f60d1a4b7e9")
_EXAMPLE_START = datetime(2026, 11, 25, 13, 0, tzinfo=UTC)
_EXAMPLE_END = datetime(2026, 11, 25, 13, 15, tzinfo=UTC)

# AppointmentStatus of FHIR R4 that the exchanges with the SAS don't use, whatever the agenda does with them.
OTHER_STATUSES = {
    "proposed": "Proposé",
    "pending": "En attente d’une confirmation",
    "arrived": "Patient arrivé",
    "checked-in": "Patient enregistré à l’accueil",
    "waitlist": "Sur liste d’attente",
    "entered-in-error": "Saisi par erreur",
}
STATUS_COMMENTS = {
    Status.BOOKED: "Dès la réservation, sans autre validation du praticien.",
    Status.FULFILLED: "Choisi par le cabinet, à partir du jour du rendez-vous.",
    Status.NOSHOW: "Choisi par le cabinet, une fois l’heure du rendez-vous passée.",
    Status.CANCELLED: (
        "Par le cabinet, ou par le régulateur qui a réservé jusqu’à l’heure du rendez-vous. Le cabinet peut le défaire jusque-là."
    ),
}
# What of the Appointment is different after each fact.
CHANGES = {
    EventKind.BOOKED: "tout : c’est la création",
    EventKind.MOVED: "`start`, `end`",
    EventKind.REASSIGNED: "`participant.actor`",
    EventKind.FULFILLED: "`status`",
    EventKind.NOSHOW: "`status`",
    EventKind.REOPENED: "`status`",
    EventKind.CANCELLED: "`status`",
    EventKind.RESTORED: "`status`",
}
_FLOWS = {"Slot": "INT_R01", "Practitioner": "INT_R02"}
_CALLS = {"search-type": "GET {}", "create": "POST {}", "update": "PUT {}?identifier=système|valeur"}


def editor(installation: Installation) -> str:
    rows = [
        ("Nom de l’éditeur", installation.declared("EDITOR_NAME")),
        ("Logiciel", "SAS Agenda"),
        ("Adresses IP publiques", installation.declared("EDITOR_PUBLIC_IPS")),
        ("Contact opérationnel", installation.declared("EDITOR_CONTACT")),
    ]
    return table(("Donnée", "Valeur"), rows)


def environments(installation: Installation) -> str:
    rows = [(one.label, code(f"{one.fhir_url}/Appointment")) for one in ENVIRONMENTS]
    listed = table(("Environnement", "Rendez-vous envoyés à (INT_R03)"), rows)
    if not installation.is_real:
        return f"{listed}\n\nChaque installation parle à un seul environnement : celui de {code('SAS_FHIR_URL')}."
    there = installation.declared("SAS_FHIR_URL")
    if installation.environment is None:
        return f"{listed}\n\nCette installation ne parle à aucun des trois : {there}."
    return f"{listed}\n\nCette installation parle à : **{installation.environment.label}** ({there})."


def sign_in(installation: Installation) -> str:
    rows = [
        ("Client", code(installation.setting("SAS_OIDC_CLIENT_ID"))),
        ("Portées demandées", code(installation.setting("SAS_OIDC_SCOPES"))),
        ("Origines acceptées (`origin=`)", code(installation.setting("SAS_ORIGINS"))),
        ("Durée de la session, en minutes", code(installation.setting("SAS_SESSION_MINUTES"))),
    ]
    places = [(one.label, *_addresses(installation, one)) for one in ENVIRONMENTS]
    if installation.is_real and installation.environment is None:
        places.append(("Cette installation", *_addresses(installation, None)))
    head = ("Environnement", "Adresse de retour (callback)", "Base FHIR (INT_R01, INT_R02)", "Fournisseur d’identité")
    return f"{table(('Réglage', 'Valeur'), rows)}\n\n{table(head, places)}"


def _addresses(installation: Installation, environment: Environment | None) -> tuple[str, str, str]:
    """Callback, FHIR base, issuer: those of this installation when it belongs there, else what is to be given."""
    back = reverse("sas-callback")
    if installation.is_real and installation.environment == environment:
        base = installation.setting("BASE_URL")
        issuer = installation.declared("SAS_OIDC_ISSUER")
        return code(f"{base}{back}"), code(installation.setting("FHIR_BASE_URL")), issuer
    return _to_give(f"BASE_URL{back}"), _to_give("FHIR_BASE_URL"), _to_give("SAS_OIDC_ISSUER")


def _to_give(name: str) -> str:
    return Installation().declared(name)


def identifiers(installation: Installation) -> str:
    rpps, adeli = code(RPPS.prefix), code(ADELI.prefix)
    national = f"{rpps} + RPPS, à défaut {adeli} + ADELI"
    rows = [
        ("Praticien", code(systems.PRACTITIONER_NATIONAL), systems.IDNPS, national),
        ("Régulateur, national", code(systems.PRACTITIONER_NATIONAL), systems.IDNPS, "telle que le SAS la donne"),
        ("Régulateur, technique SAS", code(systems.SAS_TECHNICAL), systems.INTRN, "telle que le SAS la donne"),
        (
            "Structure",
            code(systems.STRUCTURE_NATIONAL),
            systems.IDNST,
            "`1` + FINESS, à défaut `3` + SIRET, `4` + RPPS rang, `0` + ADELI rang",
        ),
        ("Lieu", code(installation.setting("LOCATION_IDENTIFIER_SYSTEM")), systems.INTRN, "notre UUID"),
        (
            "Rendez-vous",
            code(installation.setting("APPOINTMENT_IDENTIFIER_SYSTEM")),
            "–",
            "notre UUID, jamais réutilisé",
        ),
    ]
    return table(("Objet", "Système", "Type", "Valeur"), rows)


def routes(installation: Installation) -> str:
    """From the CapabilityStatement, which says what is served and nothing else."""
    base = installation.setting("FHIR_BASE_URL")
    served = capability_statement(base_url=base, software_version="", published_on=date.min)["rest"][0]["resource"]
    rows = [
        (
            _FLOWS[resource["type"]],
            code(_CALLS[one["code"]].format(f"{base}/{resource['type']}")),
            code(resource["profile"]),
        )
        for resource in served
        for one in resource["interaction"]
    ]
    return table(("Flux", "Appel", "Profil"), [*rows, ("–", code(f"GET {base}/metadata"), "CapabilityStatement")])


def slot_codes() -> str:
    rows = [
        ("Types de créneau", "`meta.security`", _codes(Audience, systems.SLOT_TYPES), code(systems.SLOT_TYPE)),
        (
            "Types de consultation",
            "`serviceType`",
            _codes(ConsultationType, systems.CONSULTATION_TYPES),
            code(systems.CONSULTATION_TYPE),
        ),
        (
            "Venue",
            "`appointmentType`",
            _codes(AppointmentType, systems.APPOINTMENT_TYPES),
            code(systems.APPOINTMENT_TYPE),
        ),
        ("Spécialités", "`specialty`", "codes `SMxx`, sinon texte", code(systems.SPECIALTY)),
        ("Motifs", "`serviceType.text`", "texte du praticien", "–"),
    ]
    return table(("Notion", "Élément", "Codes publiés", "Système"), rows)


def _codes(labels: type[Audience | ConsultationType | AppointmentType], published: tuple[str, ...]) -> str:
    return ", ".join(f"{code(one.value)} ({str(one.label).lower()})" for one in labels if one.value in published)


def agenda_address(installation: Installation) -> str:
    key = SlotKey(_EXAMPLE, _EXAMPLE_START, 15)
    address = installation.setting("BASE_URL") + landing_url(_EXAMPLE, str(key)).removeprefix(settings.BASE_URL)
    return f"```\n{address}\n```"


def limits(installation: Installation) -> str:
    connect, read = (code(installation.setting(name)) for name in ("SAS_CONNECT_TIMEOUT", "SAS_READ_TIMEOUT"))
    first, longest = deliveries.FIRST_DELAY, deliveries.LONGEST_DELAY
    rows = [
        ("INT_R01", "Praticiens par recherche", f"{slot_search.MAX_PRACTITIONERS} au plus, sinon 400"),
        (
            "INT_R01",
            "Période demandée",
            f"{slot_search.MAX_WINDOW.days} jours au plus, sinon 400 ; jamais dans le passé",
        ),
        ("INT_R02", "Corps de la demande", f"{regulator.MAX_BODY // 1024} Kio au plus, sinon 413"),
        ("INT_R02", "Types acceptés", ", ".join(code(one) for one in sorted(regulator.MEDIA_TYPES)) + " ; sinon 415"),
        ("INT_R03", "Connexion, puis réponse du SAS", f"{connect} s, {read} s"),
        (
            "INT_R03",
            "Nouveaux essais",
            f"d’abord après {first.seconds} s, puis de plus en plus espacés, {longest.seconds // 60} min au plus",
        ),
        ("INT_R03", "Abandon", f"après {deliveries.GIVE_UP_AFTER.days} jours : la livraison est bloquée et visible"),
        (
            "Tous",
            "TLS mutuel",
            f"CN parmi {_list(installation, 'SAS_MTLS_CN')} et OU parmi {_list(installation, 'SAS_MTLS_OU')}",
        ),
    ]
    return table(("Flux", "Limite", "Valeur"), rows)


def _list(installation: Installation, name: str) -> str:
    return installation.declared(name) if installation.is_real else code(name)


def statuses() -> str:
    managed = [
        (
            str(status.label),
            code(status.value),
            "oui",
            "oui" if status.value in systems.APPOINTMENT_STATUSES else "non",
            STATUS_COMMENTS.get(status, ""),
        )
        for status in Status
        if status.value not in OTHER_STATUSES
    ]
    others = [(label, code(name), "non", "non", "") for name, label in OTHER_STATUSES.items()]
    return table(("Statut", "Code FHIR", "Géré", "Transmis au SAS", "Commentaire"), managed + others)


def facts() -> str:
    calls = {EventKind.BOOKED: "POST"}
    # Labels are in migrations too, as they were typed; here they are printed.
    labels = {kind: str(kind.label).replace(" :", "\u00a0:") for kind in EventKind}
    rows = [(labels[kind], calls.get(kind, "PUT"), changes) for kind, changes in CHANGES.items()]
    return table(("Fait", "Appel", "Ce qui change"), rows)


def appointment_example(installation: Installation) -> str:
    resource = appointment_resource(
        AppointmentRecord(
            identifier_system=installation.setting("APPOINTMENT_IDENTIFIER_SYSTEM"),
            identifier_value=str(_EXAMPLE),
            regulator_system=systems.PRACTITIONER_NATIONAL,
            regulator_value="3456780581/11242343",
            practitioner_national_value=RPPS.prefixed("10100050075"),
            status=Status.BOOKED.value,
            start=_EXAMPLE_START,
            end=_EXAMPLE_END,
            created=datetime(2026, 11, 25, 9, 41, tzinfo=UTC),
        )
    )
    return f"```json\n{json.dumps(resource, ensure_ascii=False, indent=2)}\n```"
