"""Whom a new visit is for: the few files that fit what is typed, while it is typed."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, IntegerField, Value, When

from accounts.enums import Level
from accounts.french import fold
from accounts.rights import Actor
from appointments.agenda.selectors.patients import holding, seen_files, words_of
from appointments.enums import Status
from appointments.models import Appointment, Patient
from appointments.patients.selectors import likely_pairs

CHOICES = 5
# Below, a list of everybody would come.
_LETTERS, _DIGITS = 2, 4


@dataclass(frozen=True, slots=True)
class Choice:
    """A file, with how many visits its patient missed, as far as this person sees them. `twin`: one above it may be the same
    person; choosing either joins nothing. `elsewhere`: the file is another structure's, whose words are taken for a new one.
    """

    patient: Patient
    missed: int
    twin: bool
    elsewhere: bool


def choices_of(
    words: str, *, organizations: Collection[uuid.UUID], actor: Actor, now: datetime
) -> tuple[list[Choice], bool]:
    """At most CHOICES, those of these organizations and those whose name begins with the words first, and whether there are more.
    Three queries at most; none for too few letters or digits.
    """
    parts = words_of(words)
    if sum(one.isalpha() for one in words) < _LETTERS and sum(one.isdigit() for one in words) < _DIGITS:
        return [], False
    rows = seen_files(actor).select_related("organization")
    for part in parts:
        rows = rows.filter(holding(part, now))
    begins = fold(parts[0])
    first = Case(
        When(family_name_folded__startswith=begins, then=Value(0)),
        When(given_name_folded__startswith=begins, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    here = Case(When(organization__in=organizations, then=Value(0)), default=Value(1), output_field=IntegerField())
    files = list(rows.order_by(here, first, "family_name_folded", "given_name_folded", "pk")[: CHOICES + 1])
    shown, alike = files[:CHOICES], likely_pairs(files[:CHOICES])
    missed = missed_by(shown, actor=actor)
    return [
        Choice(
            one,
            missed.get(one.pk, 0),
            twin=any(frozenset((one.pk, above.pk)) in alike for above in shown[:rank]),
            elsewhere=one.organization_id not in organizations,
        )
        for rank, one in enumerate(shown)
    ], len(files) > CHOICES


def missed_by(files: Collection[Patient], *, actor: Actor) -> dict[uuid.UUID, int]:
    """How many visits each did not come to, of those that this person sees. One query, or none."""
    if not files:
        return {}
    rows = Appointment.objects.kept_by(actor, Level.SEE).filter(patient__in=files, status=Status.NOSHOW)
    return dict(rows.order_by().values_list("patient").annotate(count=Count("pk")))
