"""The public extraction of health professionals (`PS_LibreAcces_Personne_activite`, ANS), line by line. Pure.

`|` between columns, which are known by their names; UTF-8, with or without a mark of it; a line for each activity of somebody.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from typing import BinaryIO

from accounts.enums import Profession, specialties
from accounts.french import fold, listed
from accounts.identifiers import ADELI, FINESS, RPPS, SIRET
from accounts.phones import read_phone

_LONGEST_LINE = 1 << 16
_BOM = b"\xef\xbb\xbf"
_PROFESSIONS = frozenset(Profession.values)
_TITLES = {"DR": "Dr", "PR": "Pr"}
_KINDS = {"8": RPPS, "0": ADELI}

# Folded, as capitals and accents vary from one publication to the next.
_NEEDED = {
    "kind": "Type d'identifiant PP",
    "number": "Identifiant PP",
    "family_name": "Nom d'exercice",
    "given_name": "Prénom d'exercice",
    "profession": "Code profession",
}
_WANTED = {
    "title": "Code civilité d'exercice",
    "skill_kind": "Code type savoir-faire",
    "skill": "Code savoir-faire",
    "mode": "Libellé mode exercice",
    "siret": "Numéro SIRET site",
    "finess": "Numéro FINESS site",
    "name": "Raison sociale site",
    "sign": "Enseigne commerciale site",
    "street_number": "Numéro Voie (coord. structure)",
    "street_index": "Indice répétition voie (coord. structure)",
    "street_kind": "Libellé type de voie (coord. structure)",
    "street": "Libellé Voie (coord. structure)",
    "office": "Bureau cedex (coord. structure)",
    "postal_code": "Code postal (coord. structure)",
    "city": "Libellé commune (coord. structure)",
    "phone": "Téléphone (coord. structure)",
}
_NOWHERE = -1
# Words of an address, or of a structure's name, that are written small where they are not the first.
_SMALL = re.compile(
    r"(?<=[\s'\-])(?:(?:De|Du|Des|La|Le|Les|Et|Au|Aux|À|En|Sur|Sous|Rue|Place|Avenue|Boulevard|Allée|Chemin|Route|Impasse|Quai|Cours)"
    r"(?=[\s\-])|[DL](?='))"
)


class NotTheDirectory(Exception):
    """The file as a whole is not to be read; the sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Activity:
    """As `DirectoryEntry` keeps it, in the order of its columns."""

    number: str
    title: str
    family_name: str
    given_name: str
    name: str
    profession: str
    specialty_code: str
    mode: str
    structure: str
    siret: str
    finess: str
    line: str
    postal_code: str
    city: str
    phone: str


COLUMNS = tuple(one.name for one in fields(Activity))


@dataclass(frozen=True, slots=True)
class Line:
    """Of the file, counted from 1. `activity` is None for who receives nobody by appointment, and for a broken line, which has a
    `cause`.
    """

    number: int
    activity: Activity | None = None
    cause: str = ""


class DirectoryFile:
    """`missing`: the columns that the file does not have, and which will be empty."""

    def __init__(self, file: BinaryIO) -> None:
        """Reads the first line. Raises `NotTheDirectory`."""
        self._file = file
        names = [fold(name) for name in _header(file)]
        wanted = {key: fold(name) for key, name in (_NEEDED | _WANTED).items()}
        self._at = {key: names.index(name) if name in names else _NOWHERE for key, name in wanted.items()}
        if lacking := [name for key, name in _NEEDED.items() if self._at[key] == _NOWHERE]:
            raise NotTheDirectory(
                f"Ce n’est pas l’extraction «\u00a0PS_LibreAcces_Personne_activite\u00a0»\u00a0: il manque {_columns(lacking)}."
            )
        self.missing = [name for key, name in _WANTED.items() if self._at[key] == _NOWHERE]
        self._width = len(names)

    def __iter__(self) -> Iterator[Line]:
        """Raises `NotTheDirectory` when the last line was cut."""
        number, known = 1, specialties()
        while raw := self._file.readline(_LONGEST_LINE):
            number += 1
            whole = raw.endswith(b"\n")
            if not whole and len(raw) == _LONGEST_LINE:
                yield Line(number, cause="elle est trop longue")
                self._skip_rest()
                continue
            try:
                cells = raw.decode("utf-8").rstrip("\r\n").split("|")
            except UnicodeDecodeError:
                yield Line(number, cause="elle n’est pas en UTF-8")
                continue
            if len(cells) != self._width and not whole:
                raise NotTheDirectory(
                    f"Le fichier est tronqué\u00a0: la ligne {number}, la dernière, est incomplète. Téléchargez-le de nouveau."
                )
            yield self._line(number, cells, known)

    def _skip_rest(self) -> None:
        while (raw := self._file.readline(_LONGEST_LINE)) and not raw.endswith(b"\n"):
            pass

    def _line(self, number: int, cells: list[str], known: dict[str, str]) -> Line:
        if len(cells) != self._width:
            return Line(number, cause=f"elle a {len(cells)} colonnes, il en faut {self._width}")
        if any("\0" in cell for cell in cells):
            return Line(number, cause="elle contient un caractère nul")

        def cell(key: str) -> str:
            at = self._at[key]
            return cells[at].strip() if at != _NOWHERE else ""

        profession = cell("profession")
        if profession not in _PROFESSIONS:
            return Line(number)
        kind = _KINDS.get(cell("kind"))
        bare = kind.bare(cell("number")) if kind is not None else None
        if kind is None or bare is None:
            return Line(number, cause="son identifiant n’est ni un RPPS ni un numéro ADELI")
        family_name, given_name = _named(cell("family_name")), _named(cell("given_name"))
        if not family_name or not given_name:
            return Line(number, cause="il y manque le nom ou le prénom")
        skill = cell("skill") if cell("skill_kind") == "S" else ""
        postal_code = cell("postal_code")
        street = (cell("street_number"), cell("street_index"), cell("street_kind").upper(), cell("street"))
        return Line(
            number,
            Activity(
                number=kind.prefixed(bare),
                title=_TITLES.get(cell("title"), ""),
                family_name=family_name,
                given_name=given_name,
                name=f"{family_name} {given_name}",
                profession=profession,
                specialty_code=skill if skill in known else "",
                mode=cell("mode"),
                structure=_place(cell("sign") or cell("name")),
                siret=SIRET.bare(cell("siret")) or "",
                finess=FINESS.bare(cell("finess")) or "",
                line=_place(" ".join(part for part in street if part)),
                postal_code=postal_code if re.fullmatch(r"[0-9]{5}", postal_code) else "",
                city=_place(cell("city").upper() or re.sub(r"^[0-9]{5}\s+", "", cell("office").upper())),
                phone=_phone(cell("phone")),
            ),
        )


def row_of(activity: Activity) -> tuple[str, ...]:
    """In the order of `COLUMNS`."""
    return astuple(activity)


def _header(file: BinaryIO) -> Sequence[str]:
    raw = file.readline(_LONGEST_LINE)
    if not raw:
        raise NotTheDirectory("Le fichier est vide.")
    if raw.startswith(b"PK"):
        raise NotTheDirectory(
            "C’est une archive ZIP\u00a0: décompressez-la, et donnez le fichier PS_LibreAcces_Personne_activite qu’elle contient."
        )
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotTheDirectory("Le fichier est en UTF-16\u00a0: il le faut en UTF-8, tel que l’ANS le publie.")
    try:
        return raw.removeprefix(_BOM).decode("utf-8").rstrip("\r\n").split("|")
    except UnicodeDecodeError:
        names = [fold(name) for name in raw.decode("latin-1").split("|")]
    if all(fold(name) in names for name in _NEEDED.values()):
        raise NotTheDirectory("Le fichier est en Latin-1\u00a0: il le faut en UTF-8, tel que l’ANS le publie.")
    raise NotTheDirectory(
        "Ce n’est pas un fichier de texte en UTF-8\u00a0: donnez l’extraction telle que l’ANS la publie."
    )


def _columns(names: Sequence[str]) -> str:
    quoted = listed([f"«\u00a0{name}\u00a0»" for name in names])
    return f"la colonne {quoted}" if len(names) == 1 else f"les colonnes {quoted}"


def _named(words: str) -> str:
    """The directory writes in capitals: « DE LA TOUR-D'AUVERGNE » → « De La Tour-D'Auvergne »; what has small letters is kept."""
    said = " ".join(words.split())
    return said.title() if said.isupper() else said


def _place(words: str) -> str:
    """« 1 RUE DE L'EXEMPLE » → « 1 rue de l’Exemple »; so are structures and towns."""
    return _SMALL.sub(lambda found: found[0].lower(), _named(words)).replace("'", "’")


def _phone(text: str) -> str:
    try:
        return read_phone(text) if text else ""
    except ValueError:
        return ""
