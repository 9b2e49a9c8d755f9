"""Two files side by side, to be made one: which is kept, what each says, and which of it is proposed."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.enums import Level
from accounts.rights import Actor
from appointments.agenda.selectors.likely import LikelyFile, others_of
from appointments.enums import Identity, Origin
from appointments.models import Appointment, Patient
from appointments.models.patients import TEXTS
from appointments.patients.selectors import birth_of, field_in_words, heading

_SURENESS = [Identity.PROVISIONAL, Identity.DECLARED, Identity.CHECKED]
# Shown even where both say the same: that is how one sees that it is one person.
_ALWAYS = ("family_name", "given_name", "birth_date", "sex")
_FIELDS = ("family_name", "given_name", "birth_name", "birth_date", *[
    name for name in TEXTS if not name.startswith("no_") and name not in {"family_name", "given_name", "birth_name"}
])  # fmt: skip
# What somebody says anew at each booking: the last word counts, where it is one.
_SAID = ("phone", "email", "address")
_ORIGINS = {Origin.REGULATOR: "Fiche du SAS", Origin.PATIENT: "Fiche prise en ligne", Origin.IMPORT: "Fiche reprise"}


@dataclass(frozen=True, slots=True)
class Row:
    """A field, as `here` and `there` say it. `from_there`: that one's is proposed."""

    name: str
    label: str
    here: str
    there: str
    from_there: bool

    @property
    def is_same(self) -> bool:
        return self.here == self.there


@dataclass(frozen=True, slots=True)
class Side:
    """Where a file comes from, since when it has visits, and how many of them this person sees."""

    patient: Patient
    title: str
    since: datetime | None
    visits: int


@dataclass(frozen=True, slots=True)
class Pair:
    """`here` is the file one is on, `there` the other; `keeps_there`: that one stays, being the surer or the older one."""

    here: Side
    there: Side
    file: LikelyFile
    rows: list[Row]

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.here, self.there

    @property
    def keeps_there(self) -> bool:
        return _keeps_other(self.here, self.there)

    @property
    def kept(self) -> Side:
        return self.there if self.keeps_there else self.here

    @property
    def absorbed(self) -> Side:
        return self.here if self.keeps_there else self.there


def pairs_of(patient: Patient, files: Sequence[LikelyFile], *, actor: Actor) -> list[Pair]:
    """One query."""
    if not files:
        return []
    sides = _sides([patient, *(one.patient for one in files)], actor)
    here = sides[0]
    return [Pair(here, there, one, _rows(here, there)) for there, one in zip(sides[1:], files, strict=True)]


def pair_with(patient: Patient, other: uuid.UUID, *, actor: Actor) -> Pair | None:
    """With another file that this person sees a visit of, of the same organization. Two queries."""
    found = others_of(patient, actor).filter(pk=other).first()
    if found is None:
        return None
    here, there = _sides([patient, found], actor)
    return Pair(here, there, LikelyFile(found, False, (), there.since), _rows(here, there))


def _sides(patients: Sequence[Patient], actor: Actor) -> list[Side]:
    visits = Appointment.objects.kept_by(actor, Level.SEE).filter(patient__in=patients).order_by("created_at", "pk")
    of: dict[object, list[tuple[datetime, str]]] = {}
    for patient_id, at, origin in visits.values_list("patient", "created_at", "origin"):
        of.setdefault(patient_id, []).append((at, origin))
    return [_side(one, of.get(one.pk, [])) for one in patients]


def _side(patient: Patient, visits: Sequence[tuple[datetime, str]]) -> Side:
    origin = visits[0][1] if visits and patient.identity == Identity.PROVISIONAL else Origin.PRACTICE
    return Side(
        patient, _ORIGINS.get(Origin(origin), "Fiche du cabinet"), visits[0][0] if visits else None, len(visits)
    )


def _keeps_other(here: Side, there: Side) -> bool:
    ranks = [_SURENESS.index(Identity(one.patient.identity)) for one in (here, there)]
    if ranks[0] != ranks[1]:
        return ranks[1] > ranks[0]
    return there.since is not None and (here.since is None or there.since < here.since)


def _rows(here: Side, there: Side) -> list[Row]:
    keeps_there = _keeps_other(here, there)
    latest_there = there.since is not None and (here.since is None or there.since > here.since)
    found = []
    for name in _FIELDS:
        said = [_said(one.patient, name) for one in (here, there)]
        if not any(said) or (said[0] == said[1] and name not in _ALWAYS):
            continue
        best = latest_there if name in _SAID else keeps_there
        found.append(Row(name, heading(name), said[0], said[1], bool(said[1]) and (best or not said[0])))
    return found


def _said(patient: Patient, name: str) -> str:
    if name == "birth_date":
        return birth_of(patient).words if patient.birth_date is not None else ""
    return field_in_words(patient, name)


def wanted_of(pair: Pair, chosen: Collection[str]) -> list[str]:
    """The fields that the kept file takes: `chosen` are those of which `there`'s word was taken."""
    differing = [one.name for one in pair.rows if not one.is_same]
    return [name for name in differing if (name in chosen) != pair.keeps_there]
