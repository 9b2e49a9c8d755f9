"""The twelve who receive, where and when."""

from datetime import time

from accounts.enums import Profession
from appointments.demo.cast import Opening, Person, Surgery

MORNING = (time(8, 30), time(12, 30))
AFTERNOON = (time(14), time(18, 30))
SHORT_AFTERNOON = (time(14), time(17))
ALL_DAY = (time(0), time(0))

_GENERAL = ["Douleur ou blessure récente", "Fièvre", "Toux, gêne respiratoire", "Autre soin non programmé"]
_WEEK = [1, 2, 3, 4, 5]


def _turn(weeks_off: int) -> Surgery:
    """A Saturday out of two on call."""
    opening = Opening([6], (time(9), time(13)), 15, ["SNP"], ["AMB"], _GENERAL, every_n_weeks=2, weeks_off=weeks_off)
    return Surgery([opening])


PEOPLE = [
    Person(
        "Tournesol",
        "Alba",
        "SM54",
        {
            "lilas": Surgery(
                [
                    Opening([*_WEEK, 6], MORNING, 15, ["PUBLIC", "SNP"], ["AMB"], _GENERAL, on_holidays=True),
                    Opening(
                        [1, 3, 5],
                        (time(17, 30), time(18, 30)),
                        15,
                        ["SNP", "PRO"],
                        ["AMB", "VR"],
                        _GENERAL,
                        on_holidays=True,
                    ),
                    Opening(_WEEK, (time(19), time(20)), 20, [], ["AMB"]),
                ]
            ),
            "glycine": Surgery(
                [Opening(_WEEK, SHORT_AFTERNOON, 20, ["PUBLIC", "SNP"], ["AMB"], _GENERAL, on_holidays=True)]
            ),
        },
        rpps="10100050075",
        email="alba.tournesol@demo.example",
        practical_information="Accès de plain-pied. Carte Vitale acceptée.",
    ),
    Person(
        "Zinnia",
        "Octave",
        "SM54",
        {"garde": Surgery([Opening([*_WEEK, 6, 7], ALL_DAY, 15, ["SNP", "PRO"], ["AMB"], _GENERAL, on_holidays=True)])},
        rpps="10002909371",
        practical_information="De garde jour et nuit, soins non programmés seulement.",
        filled=0.1,
    ),
    Person(
        "Muguet",
        "Iris",
        "SM54",
        {
            "lilas": Surgery(
                [
                    Opening([1, 2, 4, 5], MORNING, 20, ["PUBLIC", "PRO", "SNP"], ["AMB", "HH"], _GENERAL),
                    Opening([2, 4], AFTERNOON, 20, ["PUBLIC"], ["VR"], ["Renouvellement", "Suivi"]),
                ]
            ),
            "garde": _turn(0),
        },
        rpps="10009900018",
    ),
    Person(
        "Fougère",
        "Anselme",
        "SM40",
        {
            "glycine": Surgery(
                [
                    Opening(
                        [1, 3, 4, 5],
                        MORNING,
                        30,
                        ["PUBLIC", "SNP"],
                        ["AMB"],
                        ["Enfant fiévreux", "Suivi du nourrisson"],
                    )
                ]
            )
        },
        rpps="10009900026",
        practical_information="Apporter le carnet de santé.",
    ),
    Person(
        "Genêt",
        "Clémence",
        "SM54",
        {
            "glycine": Surgery([Opening(_WEEK, AFTERNOON, 15, ["SNP"], ["AMB", "VR"], _GENERAL)]),
            "garde": _turn(1),
        },
        rpps="10009900034",
        filled=0.7,
    ),
    Person(
        "Sauge",
        "Florian",
        "SM54",
        {
            "lilas": Surgery(
                [
                    Opening(_WEEK, (time(9), time(12)), 15, ["PRO"], ["AMB"], _GENERAL),
                    Opening([6], (time(9), time(12)), 15, ["PUBLIC", "SNP"], ["AMB"], appointment_type="WALKIN"),
                ]
            )
        },
        adeli="991000017",
        filled=0.4,
    ),
    # Two who share a surgery, each an enterprise of their own.
    Person(
        "Bourrache",
        "Hugo",
        "",
        {
            "lavoir": Surgery(
                [
                    Opening(
                        [1, 2, 4, 5],
                        MORNING,
                        30,
                        ["PUBLIC", "SNP"],
                        ["AMB"],
                        ["Urgence dentaire", "Détartrage", "Soin d’une carie"],
                    ),
                    Opening([1, 4], AFTERNOON, 30, ["PUBLIC"], ["AMB"], ["Détartrage", "Soin d’une carie"]),
                ],
                siret="99900000000026",
                # The room is made ready again.
                buffers={"Urgence dentaire": 10, "Soin d’une carie": 15},
            )
        },
        rpps="10009900042",
        profession=Profession.DENTIST,
        practical_information="Cabinet au premier étage, sans ascenseur.",
    ),
    Person(
        "Verveine",
        "Solène",
        "SM54",
        {
            "lavoir": Surgery(
                [
                    Opening([2, 3], MORNING, 15, ["PUBLIC", "SNP"], ["AMB"], [*_GENERAL, "Renouvellement"]),
                    Opening([3, 5], AFTERNOON, 15, ["SNP"], ["AMB", "VR"], [*_GENERAL, "Consultation longue"]),
                ],
                siret="99900000000034",
            )
        },
        rpps="10009900059",
    ),
    Person(
        "Vétiver",
        "Aimé",
        "SM54",
        {
            "réunion": Surgery(
                [
                    Opening(_WEEK, (time(8), time(12)), 20, ["PUBLIC", "SNP"], ["AMB"], _GENERAL),
                    Opening([1, 3], (time(14), time(17)), 20, ["SNP"], ["AMB", "HH"], _GENERAL),
                ]
            )
        },
        rpps="10009900067",
        practical_information="Parking derrière le cabinet.",
    ),
    # From Villefictive, by video for the patients of the other hemisphere.
    Person(
        "Lantana",
        "Maïa",
        "SM54",
        {
            "glycine": Surgery(
                [Opening([1, 2, 3], MORNING, 15, ["PUBLIC", "SNP"], ["AMB"], [*_GENERAL, "Consultation longue"])]
            ),
            "réunion": Surgery(
                [Opening([4, 5], (time(11), time(15)), 20, ["SNP", "PRO"], ["VR"], ["Suivi", "Renouvellement"])]
            ),
        },
        rpps="10009900075",
        email="maia.lantana@demo.example",
    ),
    Person(
        "Mélisse",
        "Lise",
        "",
        {
            "lilas": Surgery(
                [
                    Opening([1, 4], MORNING, 30, ["PUBLIC"], ["AMB", "HH"], ["Suivi de grossesse"]),
                    # Two couples at once.
                    Opening(
                        [2, 5],
                        (time(17), time(20)),
                        60,
                        ["PUBLIC"],
                        ["AMB"],
                        ["Préparation à la naissance"],
                        capacity=2,
                    ),
                ],
                buffers={"Suivi de grossesse": 5},
            )
        },
        rpps="10009900083",
        profession=Profession.MIDWIFE,
        title="Mme",
    ),
    Person(
        "Pervenche",
        "Ysé",
        "SM04",
        {
            "lilas": Surgery(
                [
                    Opening(
                        [2, 4],
                        AFTERNOON,
                        30,
                        ["PRO"],
                        ["AMB"],
                        ["Consultation de cardiologie", "Épreuve d’effort"],
                        every_n_weeks=2,
                    )
                ]
            )
        },
        rpps="10009900091",
        practical_information="Reçoit une semaine sur deux, sur avis d’un confrère.",
    ),
]
