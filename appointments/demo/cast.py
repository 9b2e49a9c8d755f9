"""Where the demo is, and what its people are made of; who they are is in `practitioners`, `patients` and people.json.

All of it is fiction; two national numbers are those of the SAS guide's examples.
"""

from dataclasses import dataclass, field
from datetime import time
from typing import Any

from accounts.enums import Level, Profession, Role
from appointments.enums import HolidayCalendar, ReasonColour


@dataclass(frozen=True)
class Opening:
    """`weeks_off`: how many weeks after this one it is counted from, where it does not come every week."""

    days: list[int]
    hours: tuple[time, time]
    step_minutes: int
    audiences: list[str]
    consultation_types: list[str]
    reasons: list[str] = field(default_factory=list)
    appointment_type: str = "ROUTINE"
    on_holidays: bool = False
    every_n_weeks: int = 1
    weeks_off: int = 0
    capacity: int = 1


@dataclass(frozen=True)
class Surgery:
    """Somebody's agenda at a place. `siret`: of who is an enterprise of their own there; `buffers`: minutes kept free after a
    reason.
    """

    openings: list[Opening]
    siret: str = ""
    buffers: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    """`filled`: the share of the slots of these last days that were taken."""

    family_name: str
    given_name: str
    specialty: str
    places: dict[str, Surgery]
    rpps: str | None = None
    adeli: str | None = None
    profession: Profession = Profession.PHYSICIAN
    title: str = "Dr"
    email: str | None = None
    practical_information: str = ""
    filled: float = 0.65


@dataclass(frozen=True)
class Member:
    """`roles`: by organization; `levels`: in the agendas of these practitioners, at those organizations."""

    email: str
    roles: dict[str, Role]
    levels: dict[str, Level] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """A reason, as each organization that has it words it."""

    minutes: int
    colour: ReasonColour
    sign: str
    instructions: str = ""


# What `Organization` and `Location` take; a place names its organization.
ORGANIZATIONS: dict[str, dict[str, Any]] = {
    "lilas": {"name": "Maison de santé des Lilas-Fictifs", "finess": "990000018"},
    "glycine": {"name": "Cabinet de la Glycine-Démo", "siret": "99900000000018"},
    "garde": {"name": "Maison médicale de garde des Lilas-Fictifs", "finess": "990000026"},
}

_VILLEFICTIVE = {"postal_code": "99000", "city": "Villefictive", "holidays": HolidayCalendar.METROPOLE}

LOCATIONS: dict[str, dict[str, Any]] = {
    "lilas": {
        "organization": "lilas",
        "name": "Maison de santé des Lilas-Fictifs",
        "line": "1 rue de l’Exemple",
        "phone": "+33199001234",
        **_VILLEFICTIVE,
    },
    "garde": {
        "organization": "garde",
        "name": "Maison médicale de garde des Lilas-Fictifs",
        "line": "3 rue de l’Exemple",
        "phone": "+33199001299",
        "access_by_day": "Par l’accueil de la maison de santé.",
        "access_by_night": "Sonner au portail de la rue du Lavoir-Fictif.",
        **_VILLEFICTIVE,
    },
    "glycine": {
        "organization": "glycine",
        "name": "Cabinet de la Glycine-Démo",
        "line": "8 place Imaginaire",
        "phone": "+33199004321",
        **_VILLEFICTIVE,
    },
    "lavoir": {
        "organization": "glycine",
        "name": "Cabinet partagé du Lavoir-Démo",
        "line": "5 rue du Lavoir-Fictif",
        "phone": "+33199004350",
        **_VILLEFICTIVE,
    },
    "réunion": {
        "organization": "glycine",
        "name": "Cabinet de la Glycine-Démo à La Réunion",
        "line": "12 rue du Lambrequin-Fictif",
        "postal_code": "97400",
        "city": "Saint-Denis-Fictif",
        "time_zone": "Indian/Reunion",
        "phone": "+33639980974",
        "holidays": HolidayCalendar.REUNION,
    },
}

# By label, in the order of the organizations' lists.
REASONS = {
    "Douleur ou blessure récente": Kind(15, ReasonColour.BRICK, "!"),
    "Fièvre": Kind(15, ReasonColour.OCHRE, "T°"),
    "Toux, gêne respiratoire": Kind(15, ReasonColour.OCHRE, "R"),
    "Autre soin non programmé": Kind(15, ReasonColour.SLATE, "SNP"),
    "Enfant fiévreux": Kind(20, ReasonColour.OCHRE, "T°", "Apporter le carnet de santé."),
    "Suivi du nourrisson": Kind(30, ReasonColour.BLUE, "N", "Apporter le carnet de santé."),
    "Renouvellement": Kind(15, ReasonColour.BLUE, "O", "Avoir la dernière ordonnance sous la main."),
    "Suivi": Kind(20, ReasonColour.BLUE, "S"),
    "Consultation longue": Kind(30, ReasonColour.VIOLET, "L"),
    "Urgence dentaire": Kind(30, ReasonColour.BRICK, "!"),
    "Détartrage": Kind(30, ReasonColour.OLIVE, "D"),
    "Soin d’une carie": Kind(45, ReasonColour.SLATE, "C"),
    "Suivi de grossesse": Kind(30, ReasonColour.BLUE, "G", "Apporter les résultats des dernières analyses."),
    "Préparation à la naissance": Kind(60, ReasonColour.OLIVE, "P", "À deux. Venir en tenue souple."),
    "Consultation de cardiologie": Kind(30, ReasonColour.VIOLET, "C", "Apporter les anciens électrocardiogrammes."),
    "Épreuve d’effort": Kind(60, ReasonColour.BRICK, "E", "Venir en tenue de sport, sans être à jeun."),
}

MEMBERS = [
    Member("responsable@demo.example", {"lilas": Role.MANAGER}),
    Member(
        "secretariat@demo.example",
        {"lilas": Role.MEMBER, "glycine": Role.MEMBER, "garde": Role.MEMBER},
        dict.fromkeys(["Tournesol", "Zinnia", "Muguet", "Genêt"], Level.BOOK),
    ),
    Member("accueil@demo.example", {"lilas": Role.MEMBER}, dict.fromkeys(["Tournesol", "Muguet"], Level.BUSY)),
    Member("maia.lantana@demo.example", {"glycine": Role.MANAGER, "garde": Role.MANAGER}),
]
