"""Files that may be of the same person as another, or bear a name: shown to the practice, which alone decides."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Max, Q, QuerySet, Value, When

from accounts.enums import Level
from accounts.french import fold
from accounts.rights import Actor
from appointments.models import Appointment, Patient, TwoPersons
from appointments.patients.matches import Likeness, compare
from appointments.patients.selectors import person_of

_LOOKED_AT, _SHOWN, _NAMED = 50, 5, 10
_LAST_SEEN = Max("appointments__start")
_RANK = {Likeness.SAME: 0, Likeness.LIKELY: 1}


@dataclass(frozen=True, slots=True)
class LikelyFile:
    """`reasons`: what speaks for it or against, in words, none of one that was only found by its name; `last_seen`: their last
    visit that this person sees.
    """

    patient: Patient
    is_same: bool
    reasons: tuple[str, ...]
    last_seen: datetime | None


def likely_files(patient: Patient, *, actor: Actor) -> list[LikelyFile]:
    """Of the same organization, with a visit that this person sees, and not told apart before; the likeliest first. One query."""
    if patient.erased_at is not None:
        return []
    names = {patient.family_name_folded, patient.birth_name_folded, patient.given_name_folded} - {""}
    surer = Q()
    if patient.phone:
        surer |= Q(phone=patient.phone)
    if patient.birth_date is not None:
        surer |= Q(birth_date=patient.birth_date)
    alike = surer | Q(family_name_folded__in=names) | Q(birth_name_folded__in=names)
    rows = (
        others_of(patient, actor)
        .filter(alike)
        .exclude(pk__in=TwoPersons.objects.filter(one=patient.pk).values("other"))
        .exclude(pk__in=TwoPersons.objects.filter(other=patient.pk).values("one"))
        .annotate(last_seen=_LAST_SEEN, doubt=Case(When(surer, then=0), default=1) if surer else Value(1))
        # Of a frequent name all would not be looked at.
        .order_by("doubt", "-last_seen", "pk")[:_LOOKED_AT]
    )
    wanted = person_of(patient)
    found = []
    for row in rows:
        match = compare(wanted, person_of(row))
        if match.likeness is not Likeness.NO:
            reasons = tuple(str(one) for one in match.reasons)
            found.append(
                (_RANK[match.likeness], LikelyFile(row, match.likeness is Likeness.SAME, reasons, row.last_seen))
            )
    return [file for _, file in sorted(found, key=lambda one: one[0])][:_SHOWN]


def named_files(patient: Patient, words: str, *, actor: Actor) -> list[LikelyFile]:
    """The others of the organization, with a visit that this person sees, whose names hold all these words. One query."""
    rows = others_of(patient, actor)
    for word in fold(words).split():
        in_names = Q(family_name_folded__contains=word) | Q(given_name_folded__contains=word)
        rows = rows.filter(in_names | Q(birth_name_folded__contains=word))
    found = rows.annotate(last_seen=_LAST_SEEN).order_by("family_name_folded", "given_name_folded", "pk")[:_NAMED]
    return [LikelyFile(row, False, (), row.last_seen) for row in found]


def others_of(patient: Patient, actor: Actor) -> QuerySet[Patient]:
    """The other live files of the organization with a visit that this person sees."""
    seen = Appointment.objects.kept_by(actor, Level.SEE).filter(organization=patient.organization_id)
    live = Patient.objects.filter(organization=patient.organization_id, merged_into=None, erased_at=None)
    return live.exclude(pk=patient.pk).filter(appointments__in=seen)
