"""Whom a new visit is for, while it is typed. What is looked for travels in the body: no name and no number is in an address."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.enums import Level
from appointments.agenda.selectors.choices import choices_of
from appointments.pages.access import actor_of
from appointments.pages.practice import Side, practice_act, side_of

LONGEST = 100


@practice_act
def patient_choices(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    side = side_of(request, practitioner_id, Level.BOOK)
    return render(request, "practice/patient_choices.html", choosing(request, side))


def choosing(request: HttpRequest, side: Side) -> dict[str, object]:
    """What the list of those found shows: those first who are known where the visit is to be, or where one books with this
    practitioner."""
    words, now = request.POST.get("words", "")[:LONGEST], timezone.now()
    booked = side.agendas.at_least(Level.BOOK)
    said = [one for one in booked if str(one.id) == request.POST.get("schedule")]
    where = {one.organization_id for one in said or booked}
    found, are_more = choices_of(words, organizations=where, actor=actor_of(request), now=now)
    return {"words": words, "choices": found, "are_more": are_more, "today": timezone.localdate(now)}
