"""Who comes: forty whom a practice has known for long, and those who came once. Nobody exists."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from appointments.demo.cast import LOCATIONS
from appointments.enums import BirthPrecision, Identity, NoGivenName, NoPhone, Sex
from appointments.patients.identity import parse_birth_date
from appointments.patients.values import PatientDetails

# All are of 06 39 98, which the Arcep keeps for fiction. The first ones are the forty's.
_PHONES = range(2_000, 10_000)
_F, _M = Sex.FEMALE, Sex.MALE


@dataclass(frozen=True, slots=True)
class Regular:
    """`seen_by`: a practitioner and the place, in whose organization the file is; `born` as one says it; `visits`: how often they
    came. `caller`: whose phone it is; `same_phone` as the one before in the list.
    """

    family_name: str
    given_name: str
    sex: Sex
    born: str
    seen_by: tuple[str, str]
    visits: int = 7
    identity: Identity = Identity.DECLARED
    birth_name: str = ""
    birth_place: str = ""
    no_given_name: str = ""
    no_phone: str = ""
    caller: str = ""
    same_phone: bool = False

    def details(self, number: int, *, today: date) -> PatientDetails:
        """`number`: their place among the forty."""
        birth = parse_birth_date(self.born, today=today)
        place = LOCATIONS[self.seen_by[1]]
        return PatientDetails(
            family_name=f"{self.family_name}-Démo",
            given_name=self.given_name,
            birth_date=birth.born,
            birth_date_precision=birth.precision,
            sex=self.sex,
            phone="" if self.no_phone else _phone(number - self.same_phone),
            no_given_name=self.no_given_name,
            no_phone=self.no_phone,
            birth_name=f"{self.birth_name}-Démo" if self.birth_name else "",
            birth_place=self.birth_place,
            address=f"{number + 1} allée des Dossiers-Fictifs, {place['postal_code']} {place['city']}",
        )


_TOURNESOL, _TOURNESOL_TOO = ("Tournesol", "lilas"), ("Tournesol", "glycine")
_MUGUET, _SAUGE, _GENET, _ZINNIA = ("Muguet", "lilas"), ("Sauge", "lilas"), ("Genêt", "glycine"), ("Zinnia", "garde")
_FOUGERE, _BOURRACHE, _VERVEINE = ("Fougère", "glycine"), ("Bourrache", "lavoir"), ("Verveine", "lavoir")
_VETIVER, _LANTANA, _LANTANA_FAR = ("Vétiver", "réunion"), ("Lantana", "glycine"), ("Lantana", "réunion")
_MELISSE, _PERVENCHE = ("Mélisse", "lilas"), ("Pervenche", "lilas")
_CHECKED = Identity.CHECKED

REGULARS = [
    Regular("Aubépine", "Céleste", _F, "3 avril 1985", _TOURNESOL, 11, _CHECKED, birth_place="Villefictive"),
    Regular("Bergamote", "Damien", _M, "14/02/1991", _TOURNESOL),
    Regular("Capucine", "Héloïse", _F, "27/11/1954", _TOURNESOL, 12, _CHECKED, birth_name="Dahlia"),
    Regular("Dahlia", "Basile", _M, "1938", _TOURNESOL, 12, no_phone=NoPhone.NONE),
    Regular("Églantier", "Zoé", _F, "09/09/2001", _TOURNESOL, 5),
    Regular("Fusain", "Rose", _F, "vers 1946", _TOURNESOL_TOO, 9, caller="Sa fille"),
    Regular("Glaïeul", "Noé", _M, "30/06/1979", _TOURNESOL_TOO),
    Regular("Hortensia", "Élise", _F, "12/12/1968", _TOURNESOL_TOO, 8, _CHECKED, birth_name="Jasmin"),
    Regular("Iris", "Maël", _M, "mars 1962", _TOURNESOL_TOO, 6),
    Regular("Jasmin", "Lina", _F, "05/08/1988", _MUGUET, 8, birth_name="Kumquat"),
    Regular("Kumquat", "Gaspard", _M, "21/01/1973", _MUGUET, 6, _CHECKED),
    Regular("Laurier", "Jules", _M, "34 ans", _MUGUET, 5, no_phone=NoPhone.UNKNOWN),
    Regular("Magnolia", "Apolline", _F, "17/05/1959", _MUGUET, 11, _CHECKED, birth_name="Olivier"),
    Regular("Narcisse", "Ulysse", _M, "1950", _MUGUET, 9),
    Regular("Olivier", "Inès", _F, "02/10/1996", _SAUGE, 5),
    Regular("Pensée", "Honoré", _M, "24/12/1944", _SAUGE, 10, _CHECKED, birth_place="Villefictive"),
    Regular("Quinoa", "", _M, "environ 40 ans", _SAUGE, 4, no_given_name=NoGivenName.SINGLE),
    Regular("Réséda", "Sidonie", _F, "08/03/1982", _GENET, 8, birth_name="Sapin"),
    Regular("Sapin", "Victor", _M, "19/07/1965", _GENET, 7, _CHECKED),
    Regular("Tamaris", "Yasmine", _F, "29/02/2000", _GENET, 6),
    Regular("Ulmaire", "Elias", _M, "11/11/1957", _GENET, 9, no_phone=NoPhone.REFUSED),
    Regular("Violette", "Margot", _F, "6 ans", _FOUGERE, 6, caller="Sa mère"),
    # Twins.
    Regular("Wisteria", "Anouk", _F, "18 mois", _FOUGERE, 7, caller="Leur père"),
    Regular("Wisteria", "Côme", _M, "18 mois", _FOUGERE, 7, caller="Leur père", same_phone=True),
    Regular("Ylang", "", _M, "9 jours", _FOUGERE, 3, no_given_name=NoGivenName.NEWBORN, caller="Sa mère"),
    Regular("Zeste", "Achille", _M, "11 ans", _FOUGERE, 5, _CHECKED, caller="Sa mère"),
    Regular("Acanthe", "Barnabé", _M, "26/04/1990", _BOURRACHE, 5),
    Regular("Bruyère", "Colette", _F, "15/06/1948", _BOURRACHE, 6, _CHECKED, birth_name="Cerfeuil"),
    Regular("Cerfeuil", "Edgar", _M, "07/01/2010", _BOURRACHE, 4, caller="Son père"),
    Regular("Dragonnier", "Flora", _F, "23/09/1976", _VERVEINE),
    Regular("Euphorbe", "Gabin", _M, "1971", _VERVEINE, 6),
    Regular("Filao", "Marie-Ange", _F, "04/04/1963", _VETIVER, 9, _CHECKED, birth_place="Saint-Denis-Fictif"),
    Regular("Géranium", "Expédit", _M, "20/10/1958", _VETIVER, 8),
    Regular("Hibiscus", "Loulou", _F, "vers 1935", _VETIVER, 10, no_phone=NoPhone.NONE),
    Regular("Ixora", "Mathis", _M, "28/08/1999", _LANTANA, 5),
    Regular("Jacaranda", "Nora", _F, "13/03/1983", _LANTANA_FAR, 6),
    Regular("Lavande", "Olympe", _F, "01/07/1994", _MELISSE, 7, _CHECKED, birth_name="Mimosa"),
    Regular("Mimosa", "Philippine", _F, "16/11/1997", _MELISSE, 5),
    Regular("Nigelle", "Raoul", _M, "avril 1949", _PERVENCHE, 4),
    # Nobody at the centre has seen a paper of theirs.
    Regular("Orchidée", "Théo", _M, "25/05/1987", _ZINNIA, 4, Identity.PROVISIONAL, no_phone=NoPhone.UNKNOWN),
]

_GIVEN_NAMES = {
    _F: ["Alice", "Céleste", "Diane", "Élise", "Faustine", "Héloïse", "Jeanne", "Lina", "Mila", "Rose", "Soline", "Zoé"],
    _M: ["Arthur", "Basile", "Damien", "Émile", "Gaspard", "Jules", "Léon", "Maël", "Noé", "Oscar", "Sacha", "Tom"],
}  # fmt: skip


def passers_by(dice: random.Random, *, today: date) -> Iterator[PatientDetails]:
    """Those who come once; no phone is given twice."""
    names = sorted({one.family_name for one in REGULARS})
    for number in _PHONES:
        sex = dice.choice([_F, _M])
        yield PatientDetails(
            family_name=f"{dice.choice(names)}-Démo",
            given_name=dice.choice(_GIVEN_NAMES[sex]),
            birth_date=today - timedelta(days=dice.randrange(400, 32_000)),
            birth_date_precision=BirthPrecision.DAY,
            sex=sex,
            phone=_phone(number),
        )


def _phone(number: int) -> str:
    return f"+3363998{number:04d}"
