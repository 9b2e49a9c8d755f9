"""What this endpoint serves (`GET metadata`), and nothing it doesn't."""

from datetime import date
from typing import Any

from interop.fhir import systems


def capability_statement(*, base_url: str, software_version: str, published_on: date) -> dict[str, Any]:
    """The CapabilityStatement of the endpoint at `base_url`; `published_on` is when its content last changed."""
    return {
        "resourceType": "CapabilityStatement",
        "language": "fr",
        "name": "SasAgenda",
        "title": "SAS Agenda, gestionnaire d’agenda pour le SAS",
        "status": "active",
        "date": published_on.isoformat(),
        "publisher": "SAS Agenda",
        "description": (
            "Service d’accès aux soins : créneaux libres de professionnels à titre individuel (INT_R01) "
            "et comptes de régulateurs (INT_R02)."
        ),
        "kind": "instance",
        "software": {"name": "SAS Agenda", "version": software_version},
        "implementation": {"description": "SAS Agenda", "url": base_url.rstrip("/")},
        "fhirVersion": systems.FHIR_VERSION,
        "format": [systems.FHIR_JSON],
        "implementationGuide": [systems.IMPLEMENTATION_GUIDE],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "cors": False,
                    "description": "Authentification mutuelle TLS (1.2 au moins) par certificats de l’IGC-Santé.",
                },
                "resource": [_slot(), _practitioner()],
            }
        ],
    }


def _slot() -> dict[str, Any]:
    return {
        "type": "Slot",
        "profile": systems.SLOT_PROFILE,
        "interaction": [{"code": "search-type"}],
        "searchInclude": ["Slot:schedule", "Schedule:actor"],
        "searchParam": [
            {
                "name": "start",
                "definition": systems.SLOT_START_PARAMETER,
                "type": "date",
                "documentation": "Obligatoire, une borne « ge » et une « le » incluses. Sans décalage, c’est Paris.",
            },
            {
                "name": "status",
                "definition": systems.SLOT_STATUS_PARAMETER,
                "type": "token",
                "documentation": "Obligatoire : « free ».",
            },
            {
                "name": systems.SLOT_PRACTITIONER_SEARCH,
                "definition": systems.PRACTITIONER_IDENTIFIER_PARAMETER,
                "type": "token",
                "documentation": "Obligatoire : 1 à 25 identifiants « système|valeur », séparés par des virgules.",
            },
        ],
    }


def _practitioner() -> dict[str, Any]:
    return {
        "type": "Practitioner",
        "profile": systems.REGULATOR_PROFILE,
        "documentation": (
            "Une écriture n’est faite que si toutes ses conditions sont comprises : tout autre critère, modificateur, en-tête de "
            "précondition ou élément modificateur est refusé et nommé."
        ),
        "interaction": [
            {"code": "create"},
            {
                "code": "update",
                "documentation": "Conditionnelle seulement : « PUT Practitioner?identifier=système|valeur ».",
            },
        ],
        "versioning": "no-version",
        "conditionalCreate": False,
        "updateCreate": True,
        "conditionalUpdate": True,
        "searchParam": [
            {
                "name": "identifier",
                "definition": systems.PRACTITIONER_IDENTIFIER_PARAMETER,
                "type": "token",
                "documentation": "Compte visé par une mise à jour conditionnelle (PUT) : « système|valeur ».",
            }
        ],
    }
