"""The practice's patients: found by what somebody says of themself, and what a file has had."""

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.enums import Level
from accounts.french import fold
from accounts.rights import Actor
from accounts.single import single
from appointments.booking.reference import range_of
from appointments.enums import Status
from appointments.models import Appointment, ImportedRow, Patient, Schedule
from appointments.patients.identity import Precision, parse_birth_date

SHOWN = 20
# Below, a list of everybody would come.
_LETTERS, _DIGITS = 2, 2
_SPLIT = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """A file, with what this person sees of its visits: how many, the last that is over, the next to come."""

    patient: Patient
    visits: int
    last: Appointment | None
    coming: Appointment | None

    @property
    def latest(self) -> Appointment | None:
        """The next to come, else the last one."""
        return self.coming or self.last


@dataclass(frozen=True, slots=True)
class Past:
    """What a file has had, as this person sees it."""

    coming: list[Appointment]
    over: list[Appointment]

    @property
    def every(self) -> list[Appointment]:
        """The next to come first, then the latest that are over."""
        return [*self.coming, *self.over]

    @property
    def latest(self) -> Appointment | None:
        """The next to come, else the last one."""
        return next(iter(self.every), None)

    @property
    def missed(self) -> int:
        return sum(one.status == Status.NOSHOW for one in self.over)


def seen_files(actor: Actor, level: Level = Level.SEE) -> QuerySet[Patient]:
    """The live files that have a visit in an agenda which this person sees (or may more in), or were imported into one."""
    seen = Appointment.objects.kept_by(actor, level).filter(patient=OuterRef("pk"))
    into = Schedule.objects.kept_by(actor, level).values("pk")
    brought = ImportedRow.objects.filter(patient=OuterRef("pk"), run__schedule__in=into)
    return Patient.objects.filter(Exists(seen) | Exists(brought), merged_into=None, erased_at=None)


def find_file(pk: uuid.UUID, *, actor: Actor, level: Level = Level.SEE) -> Patient | None:
    """The file, or the one that it was merged into."""
    found = Patient.objects.filter(pk=pk).values_list("merged_into", flat=True).first()
    return single(seen_files(actor, level).filter(pk=found or pk))


def find_patients(words: str, *, actor: Actor, now: datetime) -> list[Hit]:
    """Whose names, birth date, phone or reference of a visit hold all these words, in any order; one more than SHOWN where there
    are more. Nobody for less than two letters or digits. Two queries.
    """
    asked = words_of(words)
    if not asked or not any(_is_enough(part) for part in asked):
        return []
    rows = seen_files(actor)
    for part in asked:
        rows = rows.filter(holding(part, now))
    files = list(rows.order_by("family_name_folded", "given_name_folded", "pk")[: SHOWN + 1])
    visits = _visits_of(files, actor)
    return [_hit(one, [visit for visit in visits if visit.patient_id == one.pk], now) for one in files]


def past_of(patient: Patient, *, actor: Actor, now: datetime) -> Past:
    """One query."""
    visits = _visits_of([patient], actor)
    coming = [one for one in visits if one.end > now and not one.is_cancelled]
    return Past(coming, [one for one in reversed(visits) if one not in coming])


def words_of(words: str) -> list[str]:
    return [part for part in _SPLIT.split(words.strip()) if part]


def _is_enough(part: str) -> bool:
    return sum(one.isalpha() for one in part) >= _LETTERS or sum(one.isdigit() for one in part) >= _DIGITS


def holding(part: str, now: datetime) -> Q:
    """The files of which a name, the birth date, the phone or the reference of a visit holds this word."""
    letters = fold(part)
    found = Q(family_name_folded__contains=letters) | Q(given_name_folded__contains=letters)
    found |= Q(birth_name_folded__contains=letters)
    digits = "".join(one for one in part if one.isdigit())
    if len(digits) >= _DIGITS:
        found |= _of_number(part, digits, now)
    if bounds := range_of(part):
        found |= Q(pk__in=Appointment.objects.filter(pk__range=bounds).values("patient"))
    return found


def _of_number(part: str, digits: str, now: datetime) -> Q:
    # As it is dialled: the zero at its head is not kept.
    found = Q(phone__endswith=digits) | Q(phone__endswith=digits.removeprefix("0"))
    if part.isdigit() and len(digits) == 2:
        return found | Q(birth_date__year__in=[1900 + int(digits), 2000 + int(digits)])
    if part.isdigit() and len(digits) == 4:
        return found | Q(birth_date__year=int(digits))
    try:
        birth = parse_birth_date(part, today=now.date())
    except ValueError:
        return found
    return found | Q(birth_date=birth.born) if birth.precision is Precision.DAY else found


def _visits_of(files: Iterable[Patient], actor: Actor) -> Sequence[Appointment]:
    rows = Appointment.objects.kept_by(actor, Level.SEE).filter(patient__in=[one.pk for one in files])
    return list(rows.with_context().order_by("start", "pk"))


def _hit(patient: Patient, visits: Sequence[Appointment], now: datetime) -> Hit:
    standing = [one for one in visits if not one.is_cancelled]
    over = [one for one in standing if one.end <= now]
    coming = [one for one in standing if one.end > now]
    return Hit(patient, len(standing), over[-1] if over else None, coming[0] if coming else None)
