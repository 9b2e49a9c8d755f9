"""A day that is emptied: what goes where is proposed and chosen line by line, and done by one button."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import NBSP, clock, counted, duration, hour, short_date
from accounts.zones import are_several, there
from appointments.exceptions import NotAllowed, Refused
from appointments.messages.foretold import Foretold, foretell
from appointments.messages.reach import look_up_refusals, usual_way
from appointments.models import Appointment
from appointments.pages.practice import Side, practice_page, side_of
from appointments.places.selectors import grid_zone
from appointments.setup.emptied import emptyings_of
from appointments.setup.forms.emptying import EmptyingForm
from appointments.setup.services.changes import TouchesVisits
from appointments.setup.services.emptying import NOON, Part, Scope, empty_time, parts_of, seal_of, visits_in
from appointments.setup.services.fates import CANCEL, GIVE, KEEP, MOST, MOVE, Answers
from appointments.setup.services.placing import LATER, Destinations, Place, Strategy, destinations_of
from appointments.setup.views.touched import answers_of

_GONE = "n’est plus libre\u00a0: choisissez de nouveau"
_WORDS = {
    GIVE: ("confié", "confiés"),
    MOVE: ("déplacé", "déplacés"),
    CANCEL: ("annulé", "annulés"),
    KEEP: ("gardé", "gardés"),
}
_PARTS = {
    Part.DAY: "Journée",
    Part.MORNING: "Matin",
    Part.AFTERNOON: "Après-midi",
    Part.NOW: "Dès maintenant",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A visit. `options` are empty where it can't go anywhere any more: it has begun. `shown`: what was chosen for it before
    whoever reads touched it. `told`: par e-mail, par SMS; blank where somebody calls.
    """

    visit: Appointment
    options: tuple[tuple[str, str], ...] = ()
    chosen: str = KEEP
    shown: str = KEEP
    problem: str = ""
    told: str = ""

    @property
    def calls(self) -> bool:
        return not self.told

    @property
    def is_of_the_sas(self) -> bool:
        return self.visit.by_regulator_id is not None

    @property
    def words(self) -> str:
        """Petite chirurgie, 40 min."""
        reason = f"{self.visit.reason.label}, " if self.visit.reason is not None else ""
        return f"{reason}{duration(self.visit.minutes)}"

    @property
    def kind(self) -> str:
        return self.chosen.partition(":")[0]


@dataclass
class _Page:
    """What the page is drawn from: the visits of the scope, and where each could go."""

    side: Side
    form: EmptyingForm
    scope: Scope
    answers: Answers
    problems: Mapping[uuid.UUID, str]
    looked_at: str = ""

    @cached_property
    def visits(self) -> list[Appointment]:
        found = visits_in(self.scope, self.side.agendas.at_least(Level.BOOK))
        if self.form.tells:
            look_up_refusals(found)
        return found

    @cached_property
    def others(self) -> int:
        """Those in agendas in which the person does not book."""
        booked = self.side.agendas.at_least(Level.BOOK)
        return len(visits_in(self.scope, [one for one in self.side.agendas.every if one not in booked]))

    @cached_property
    def destinations(self) -> dict[uuid.UUID, Destinations]:
        to_come = [one for one in self.visits if one.start >= self.scope.now][:MOST]
        shut = {one.schedule_id: self.scope.span(one.schedule.location.zone) for one in to_come}
        return destinations_of(to_come, shut, by=self.side.agendas.actor, now=self.scope.now)

    @cached_property
    def lines(self) -> list[Line]:
        return [self._line(one) for one in self.visits]

    def _line(self, visit: Appointment) -> Line:
        there_ = self.destinations.get(visit.pk)
        told = usual_way(visit) if self.form.tells else ""
        if there_ is None:
            return Line(visit, told=told)
        proposed = there_.proposed(self.form.strategy)
        chosen = self.answers.chosen.get(visit.pk, proposed)
        problem = self.problems.get(visit.pk, "")
        if chosen == self.answers.shown.get(visit.pk):
            chosen = proposed if not problem else chosen
        if chosen not in there_.choices:
            problem = problem or f"L’heure choisie {_GONE}."
            chosen = proposed
        return Line(
            visit,
            options=tuple(self._options(there_)),
            chosen=chosen,
            shown=proposed,
            problem=problem,
            told=told,
        )

    @cached_property
    def reader(self) -> Line | None:
        """Whose message is shown: the line one is on, else the first whose patient is written to."""
        if not self.form.tells:
            return None
        of_all = [one for one in self.lines if one.options]
        on = next((one for one in of_all if str(one.visit.pk) == self.looked_at), None)
        return on or next((one for one in of_all if one.told and one.kind != KEEP), None)

    @cached_property
    def foretold(self) -> Foretold | None:
        """What they would receive; nothing where they stay, or nobody writes to them."""
        if self.reader is None or self.reader.kind == KEEP:
            return None
        found = self.destinations[self.reader.visit.pk]
        places = (*found.colleagues, *found.later)
        to = next((one for one in places if found.choice_of(one) == self.reader.chosen), None)
        visit, start = self.reader.visit, to.start if to else self.reader.visit.start
        return foretell(visit, to.schedule if to else None, start, now=self.scope.now)

    def _options(self, found: Destinations) -> list[tuple[str, str]]:
        places = [(found.choice_of(one), self._place(found.visit, one)) for one in (*found.colleagues, *found.later)]
        nowhere = "" if places else f"{NBSP}: aucune heure libre en {LATER.days} jours"
        return [*places, (KEEP, "Garder à son heure"), (CANCEL, f"Annuler{nowhere}")]

    @cached_property
    def several_clocks(self) -> bool:
        """Hours are told beside those of another place's clock."""
        places = [one for found in self.destinations.values() for one in (*found.colleagues, *found.later)]
        return are_several(
            [one.location.zone for one in self.side.seen] + [one.schedule.location.zone for one in places]
        )

    def _place(self, visit: Appointment, place: Place) -> str:
        """Dr Réglisse, 9 h 00; with the same practitioner, as the page is about them: lun. 30 nov. à 8 h 45."""
        zone = place.schedule.location.zone
        local = place.start.astimezone(zone)
        same_day = local.date() == visit.start.astimezone(visit.schedule.location.zone).date()
        when = hour(local) if same_day else f"{short_date(local.date())} à {hour(local)}"
        where = "" if place.schedule.location_id == visit.schedule.location_id else f", {place.schedule.location.name}"
        who = "" if place.schedule.calendar_id == visit.calendar_id else f"{place.schedule.practitioner}, "
        return f"{who}{when}{there(zone, always=self.several_clocks)}{where}"

    @property
    def strategies(self) -> list[tuple[Strategy, str, str]]:
        """Its name, and what it would come to."""
        found = list(self.destinations.values())
        of_all = f"sur {len(found)}"
        given = sum(1 for one in found if one.colleagues)
        later = [one.later[0].start for one in found if one.later]
        first = ""
        if later:
            first = f", dès {short_date(min(later).astimezone(self.scope.zone).date())}"
        words = {
            Strategy.COLLEAGUES: ("Confrères, même jour", f"{counted(given, 'placé', 'placés')} {of_all}"),
            Strategy.LATER: (
                f"{self.side.practitioner}, plus tard",
                f"{counted(len(later), 'placé', 'placés')} {of_all}{first}",
            ),
            Strategy.CANCEL: ("Tout annuler", f"{counted(len(found), 'patient', 'patients')} à prévenir"),
        }
        return [(one, *words[one]) for one in self.form.strategies]

    @property
    def summary(self) -> str:
        """5 confiés, 1 déplacé, 1 annulé."""
        kinds = Counter(one.kind for one in self.lines)
        said = [counted(kinds[kind], *words) for kind, words in _WORDS.items() if kinds[kind]]
        return ", ".join(said) or "Aucun rendez-vous"

    @property
    def consequences(self) -> str:
        """6 messages, 1 appel, 1 mise à jour au SAS."""
        changed = [one for one in self.lines if one.kind != KEEP]
        calls = sum(1 for one in changed if one.calls)
        counts = [
            (len(changed) - calls, "message", "messages"),
            (calls, "appel", "appels"),
            (sum(1 for one in changed if one.is_of_the_sas), "mise à jour au SAS", "mises à jour au SAS"),
        ]
        return ", ".join(counted(*one) for one in counts if one[0]) or "Personne à prévenir"

    def draw(self, request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
        marked = any(one.problem for one in self.lines)
        context: dict[str, Any] = {
            **self.side.context("agenda"),
            "page": self,
            "day": self.scope.day,
            "before": emptyings_of(self.side.agendas.actor, self.scope.practitioner_id, self.scope.day),
            "parts": [(one, _PARTS[one]) for one in sorted(self.form.parts, key=list(Part).index)],
            "noon": clock(NOON),
            "form": self.form,
            "key": self.form.cleaned_data.get("cle") or uuid.uuid4(),
            "seal": seal_of(self.visits),
            "problem": problem
            or ("Rien n’est fait\u00a0: ce qui est marqué n’est plus possible ainsi." if marked else ""),
            "several_clocks": self.several_clocks,
        }
        return render(request, "practice/emptying.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def empty_day(request: HttpRequest, practitioner_id: uuid.UUID, day: date) -> HttpResponse:
    side, now = side_of(request, practitioner_id, Level.BOOK), timezone.now()
    zone = grid_zone(side.seen)
    parts = parts_of(day, zone, now)
    if not parts:
        raise Http404
    form = EmptyingForm(
        request.POST if request.method == "POST" else request.GET,
        parts=_first_now(parts),
        strategies=_strategies(side),
    )
    page = _Page(side, form, Scope(practitioner_id, day, form.part, zone, now), answers_of(request.POST), {})
    page.looked_at = request.GET.get("apercu", "")
    if "vider" not in request.POST:
        return page.draw(request, status=200 if form.is_valid() else 422)
    if not form.is_valid():
        return page.draw(request, problem="Rien n’est fait\u00a0: corrigez ce qui est marqué.", status=422)
    if not form.is_of_the_list:
        return page.draw(request, problem="Rien n’est encore fait\u00a0: la liste a changé, relisez-la.", status=409)
    return _do(request, page, now)


def _do(request: HttpRequest, page: _Page, now: datetime) -> HttpResponse:
    form = page.form
    answers = replace(page.answers, told=set(page.answers.chosen) if form.tells else frozenset())
    try:
        made = empty_time(
            key=form.cleaned_data["cle"] or uuid.uuid4(),
            scope=page.scope,
            label=form.cleaned_data["raison"],
            answers=answers,
            tell=form.tells,
            read=request.POST.get("touched", ""),
            by=page.side.agendas.actor,
            now=now,
        )
    except NotAllowed:
        raise Http404 from None
    except TouchesVisits as told:
        return replace(page, problems=told.problems).draw(request, status=409)
    except Refused as refusal:
        return page.draw(request, problem=str(refusal), status=409)
    return redirect("emptied", page.scope.practitioner_id, made.pk)


def _first_now(parts: Sequence[Part]) -> list[Part]:
    """Today what is left of it is proposed."""
    return sorted(parts, key=lambda one: one != Part.NOW)


def _strategies(side: Side) -> list[Strategy]:
    return list(Strategy) if len(side.colleagues) > 1 else [Strategy.LATER, Strategy.CANCEL]
