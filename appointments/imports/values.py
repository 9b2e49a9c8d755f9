"""What an import reads, as frozen values. Pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from appointments.patients.values import PatientDetails

# 10 MB: ten thousand appointments are three to six.
LARGEST_FILE = 10 * 1024 * 1024
MOST_ROWS = 20_000
# What stands for the hour of an event that has none, and what is told of it.
WHOLE_DAY, BROKEN, TOO_OFTEN = "journée entière", "illisible", "sans fin"
TOLD_OF_EVENTS = {
    WHOLE_DAY: "C’est une journée entière, pas un rendez-vous\u00a0: notez-la comme absence.",
    BROKEN: "Cet événement n’est pas lisible, ou n’a pas de début.",
    TOO_OFTEN: "Cet événement revient trop souvent pour être un rendez-vous.",
}


class Unreadable(Exception):
    """The file as a whole can't be imported: `str()` is the French sentence that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a file is: its format, how its text is coded, and the names of its columns."""

    kind: str
    encoding: str
    delimiter: str
    columns: tuple[str, ...]


class Part(StrEnum):
    """What a column may be."""

    START = "start"
    DAY = "day"
    HOUR = "hour"
    END = "end"
    END_HOUR = "end_hour"
    MINUTES = "minutes"
    FAMILY_NAME = "family_name"
    GIVEN_NAME = "given_name"
    WHOLE_NAME = "whole_name"
    BIRTH_NAME = "birth_name"
    BIRTH_DATE = "birth_date"
    BIRTH_PLACE = "birth_place"
    SEX = "sex"
    MOBILE = "mobile"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    POSTAL_CODE = "postal_code"
    CITY = "city"
    NIR = "nir"
    REASON = "reason"
    MODE = "mode"
    STATUS = "status"
    NOTE = "note"
    NUMBER = "number"
    PATIENT_NUMBER = "patient_number"


LABELS = {
    Part.START: "Début\u00a0: jour et heure",
    Part.DAY: "Jour",
    Part.HOUR: "Heure de début",
    Part.END: "Fin\u00a0: jour et heure",
    Part.END_HOUR: "Heure de fin",
    Part.MINUTES: "Durée en minutes",
    Part.FAMILY_NAME: "Nom de famille",
    Part.GIVEN_NAME: "Prénom",
    Part.WHOLE_NAME: "Nom et prénom ensemble",
    Part.BIRTH_NAME: "Nom de naissance",
    Part.BIRTH_DATE: "Date de naissance",
    Part.BIRTH_PLACE: "Commune de naissance",
    Part.SEX: "Sexe ou civilité",
    Part.MOBILE: "Téléphone portable",
    Part.PHONE: "Téléphone",
    Part.EMAIL: "E-mail",
    Part.ADDRESS: "Adresse",
    Part.POSTAL_CODE: "Code postal",
    Part.CITY: "Ville",
    Part.NIR: "Numéro de sécurité sociale",
    Part.REASON: "Motif",
    Part.MODE: "Au cabinet, à domicile ou en téléconsultation",
    Part.STATUS: "Statut (annulé, absent…)",
    Part.NOTE: "Note pour le praticien",
    Part.NUMBER: "Numéro du rendez-vous dans l’ancien logiciel",
    Part.PATIENT_NUMBER: "Numéro du patient dans l’ancien logiciel",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a line: the column (blank: the whole line), the sentence, and what is written there.

    `refuses`: the line is not imported; else it is, without this value.
    """

    line: int
    column: str
    sentence: str
    value: str
    refuses: bool

    def as_list(self) -> list[object]:
        return [self.line, self.column, self.sentence, self.value[:80], self.refuses]


Line = tuple[int, list[str]]


class Aside(StrEnum):
    """Why a line that is right is not imported."""

    CANCELLED = "cancelled"
    PAST = "past"
    TOO_OLD = "too old"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line understood. `start` and `end` are seconds; without, it is a patient alone.

    `patient_source`, `visit_source`: the digests by which the next file has the same ones.
    """

    line: int
    patient: PatientDetails
    patient_source: bytes
    start: int | None = None
    end: int | None = None
    visit_source: bytes = b""
    reason: str = ""
    mode: str = "AMB"
    missed: bool = False
    note: str = ""
    aside: Aside | None = None


@dataclass(frozen=True, slots=True)
class Manner:
    """How the lines of a file are to be understood: which column is what, and what is done with what is not said.

    `matching`: the column's number by what it is. `organization` and `schedule` go into the digests.
    """

    matching: dict[Part, int]
    default_minutes: int
    keep_past: bool
    given_name_first: bool
    now: int
    oldest: int
    today: date
    organization: str
    schedule: str
