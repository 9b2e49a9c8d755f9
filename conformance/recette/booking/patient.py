"""The fictional patients that are typed at the editor's, made up anew for each appointment.

Their words exist in no language, so that finding one in what the editor sends can't be chance.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

FAMILIES = ("Zébrilac", "Quimpéroux", "Xavroël", "Wandrézy", "Tchékoubal", "Yvrandel", "Kroumévic", "Jolbréguet")
BIRTH_NAMES = ("Oubraskine", "Vulpézanne", "Istrabolle", "Drémaufray", "Échtrovil")
GIVENS = ("Ozéliane", "Fulbérine", "Hywénate", "Upsiléa", "Norzélie", "Ghiséveta", "Brévannoe", "Ellwénora")
TOWNS = ("Plouvazec-Imaginaire", "Krobilane-Imaginaire", "Wézombreux-Imaginaire")
STREETS = ("Fantrézoul", "Grévaldouze", "Mirlibraque")
COMPLAINTS = ("gravillonite", "zygomalgie", "tarsoflexie")


@dataclass(frozen=True, slots=True)
class TypedPatient:
    """What is typed of a patient: the ten data of the platform's table and a message for the practitioner.

    phone: as a person says it, in the numbers kept for fiction; nir: 13 digits and the key, as one word.
    """

    family: str
    given: str
    birth_date: date
    phone: str
    email: str
    birth_name: str
    birth_place: str
    nir: str
    street: str
    note: str

    @property
    def spoken_birth_date(self) -> str:
        return f"{self.birth_date:%d/%m/%Y}"

    @property
    def address(self) -> str:
        return f"12 impasse du {self.street}, 99000 {self.birth_place}"

    @property
    def message(self) -> str:
        return f"Message d’essai : {self.note} depuis hier"


def make_up(email_domain: str, *, besides: Collection[str] = ()) -> TypedPatient:
    """A new patient, always a woman; of another family than those, as long as there are any."""
    born = date(1931 + secrets.randbelow(9), 1 + secrets.randbelow(12), 13 + secrets.randbelow(16))
    number = f"2{born:%y%m}99{secrets.randbelow(1000):03d}{secrets.randbelow(1000):03d}"
    digits = f"{secrets.randbelow(10_000):04d}"
    return TypedPatient(
        family=secrets.choice([name for name in FAMILIES if name not in besides] or FAMILIES),
        given=secrets.choice(GIVENS),
        birth_date=born,
        phone=f"06 39 98 {digits[:2]} {digits[2:]}",
        email=f"patiente-{secrets.token_hex(4)}@{email_domain}",
        birth_name=secrets.choice(BIRTH_NAMES),
        birth_place=secrets.choice(TOWNS),
        nir=f"{number}{97 - int(number) % 97:02d}",
        street=secrets.choice(STREETS),
        note=secrets.choice(COMPLAINTS),
    )
