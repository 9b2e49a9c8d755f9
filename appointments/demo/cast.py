"""Who and where the demo is: fictional people and places. Two national numbers are those of the SAS guide's examples."""

from dataclasses import dataclass, field
from datetime import time

from accounts.enums import Level, Role

MORNING = (time(8, 30), time(12, 30))
AFTERNOON = (time(14), time(18, 30))
ALL_DAY = (time(0), time(0))


@dataclass(frozen=True)
class Opening:
    days: list[int]
    hours: tuple[time, time]
    step_minutes: int
    audiences: list[str]
    consultation_types: list[str]
    reasons: list[str] = field(default_factory=list)
    appointment_type: str = "ROUTINE"
    on_holidays: bool = False


@dataclass(frozen=True)
class Person:
    family_name: str
    given_name: str
    specialty: str
    places: dict[str, list[Opening]]
    rpps: str | None = None
    adeli: str | None = None
    email: str | None = None
    practical_information: str = ""
    filled: float = 0.5  # share of this fortnight's slots already booked by the practice


@dataclass(frozen=True)
class Member:
    """`roles`: by a place of each organization; `levels`: in the agendas of these practitioners, at those organizations."""

    email: str
    roles: dict[str, Role]
    levels: dict[str, Level] = field(default_factory=dict)


ORGANIZATIONS = {
    "lilas": {"name": "Maison de santé des Lilas-Fictifs", "finess": "990000018"},
    "glycine": {"name": "Cabinet de la Glycine-Démo", "siret": "99900000000018"},
}

LOCATIONS = {
    "lilas": {
        "organization": "lilas",
        "name": "Maison de santé des Lilas-Fictifs",
        "line": "1 rue de l’Exemple",
        "postal_code": "99000",
        "city": "Villefictive",
        "phone": "+33199001234",
        "holidays": "metropole",
    },
    "garde": {
        "organization": "lilas",
        "name": "Maison médicale de garde des Lilas-Fictifs",
        "line": "3 rue de l’Exemple",
        "postal_code": "99000",
        "city": "Villefictive",
        "phone": "+33199001299",
        "holidays": "metropole",
    },
    "glycine": {
        "organization": "glycine",
        "name": "Cabinet de la Glycine-Démo",
        "line": "8 place Imaginaire",
        "postal_code": "99000",
        "city": "Villefictive",
        "phone": "+33199004321",
        "holidays": "metropole",
    },
}

_GENERAL = ["Douleur ou blessure récente", "Fièvre", "Toux, gêne respiratoire", "Autre soin non programmé"]
_WEEK = [1, 2, 3, 4, 5]

PEOPLE = [
    Person(
        "Tournesol",
        "Alba",
        "SM54",
        {
            "lilas": [
                Opening([1, 2, 3, 5, 6], MORNING, 15, ["PUBLIC", "SNP"], ["AMB"], _GENERAL, on_holidays=True),
                Opening([1, 3, 5], AFTERNOON, 15, ["SNP", "PRO"], ["AMB", "VR"], _GENERAL, on_holidays=True),
                Opening(_WEEK, (time(19), time(20)), 20, [], ["AMB"]),
            ],
            "glycine": [Opening([2, 4], AFTERNOON, 20, ["PUBLIC", "SNP"], ["AMB"], _GENERAL, on_holidays=True)],
        },
        rpps="10100050075",
        email="alba.tournesol@demo.example",
        practical_information="Accès de plain-pied. Carte Vitale acceptée.",
        filled=0.6,
    ),
    Person(
        "Zinnia",
        "Octave",
        "SM54",
        {"garde": [Opening([1, 2, 3, 4, 5, 6, 7], ALL_DAY, 15, ["SNP", "PRO"], ["AMB"], _GENERAL, on_holidays=True)]},
        rpps="10002909371",
        practical_information="Sonner à l’entrée de nuit, rue du Lavoir-Fictif.",
        filled=0.1,
    ),
    Person(
        "Muguet",
        "Iris",
        "SM54",
        {
            "lilas": [
                Opening([1, 2, 4, 5], MORNING, 20, ["PUBLIC", "PRO", "SNP"], ["AMB", "HH"], _GENERAL),
                Opening([2, 4], AFTERNOON, 20, ["PUBLIC"], ["VR"], ["Renouvellement", "Suivi"]),
            ]
        },
        rpps="10009900018",
    ),
    Person(
        "Fougère",
        "Anselme",
        "SM40",
        {
            "glycine": [
                Opening(
                    [1, 3, 4, 5], MORNING, 30, ["PUBLIC", "SNP"], ["AMB"], ["Enfant fiévreux", "Suivi du nourrisson"]
                )
            ]
        },
        rpps="10009900026",
        practical_information="Apporter le carnet de santé.",
    ),
    Person(
        "Genêt",
        "Clémence",
        "SM54",
        {"glycine": [Opening(_WEEK, AFTERNOON, 15, ["SNP"], ["AMB", "VR"], _GENERAL)]},
        rpps="10009900034",
        filled=0.7,
    ),
    Person(
        "Sauge",
        "Florian",
        "SM54",
        {
            "lilas": [
                Opening(_WEEK, (time(9), time(12)), 15, ["PRO"], ["AMB"], _GENERAL),
                Opening([6], (time(9), time(12)), 15, ["PUBLIC", "SNP"], ["AMB"], appointment_type="WALKIN"),
            ]
        },
        adeli="991000017",
        filled=0.3,
    ),
]

MEMBERS = [
    Member("responsable@demo.example", {"lilas": Role.MANAGER}),
    Member(
        "secretariat@demo.example",
        {"lilas": Role.MEMBER, "glycine": Role.MEMBER},
        dict.fromkeys(["Tournesol", "Zinnia", "Muguet", "Genêt"], Level.BOOK),
    ),
    Member("accueil@demo.example", {"lilas": Role.MEMBER}, dict.fromkeys(["Tournesol", "Muguet"], Level.BUSY)),
]

PATIENT_FAMILY_NAMES = [
    "Aubépine",
    "Bergamote",
    "Capucine",
    "Dahlia",
    "Églantier",
    "Fusain",
    "Glaïeul",
    "Hortensia",
    "Jasmin",
    "Kumquat",
]
PATIENT_GIVEN_NAMES = {
    "female": ["Céleste", "Élise", "Héloïse", "Lina", "Rose", "Zoé"],
    "male": ["Basile", "Damien", "Gaspard", "Jules", "Maël", "Noé"],
}
