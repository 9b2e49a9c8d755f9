"""Patients as they are given: what a form typed, already validated and normalised (phone in E.164, NIR without blanks)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from appointments.enums import BirthPrecision


@dataclass(frozen=True, slots=True)
class PatientDetails:
    """What somebody says of a patient: the columns of `Patient` that people fill in.

    `no_given_name`, `no_phone`: why there is none (`NoGivenName`, `NoPhone`).
    """

    family_name: str
    given_name: str
    birth_date: date | None
    sex: str
    phone: str
    birth_date_precision: str = BirthPrecision.DAY
    no_given_name: str = ""
    no_phone: str = ""
    email: str = ""
    birth_name: str = ""
    birth_place: str = ""
    nir: str = ""
    address: str = ""

    def as_fields(self) -> dict[str, object]:
        """Of the model's row."""
        return {name: getattr(self, name) for name in self.__slots__}

    def as_json(self) -> dict[str, Any]:
        born = self.birth_date
        return self.as_fields() | {"birth_date": born.isoformat() if born is not None else None}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "PatientDetails":
        born = kept["birth_date"]
        return cls(**dict(kept) | {"birth_date": date.fromisoformat(born) if born else None})
