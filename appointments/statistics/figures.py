"""The figures of a period: what was offered and what became of it, as tables. The one place that computes them.

All counts of persons go through `hiding` together, so that no table tells what another leaves out.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, ClassVar

from accounts.french import month_year, sentence
from appointments.grid import day_bounds
from appointments.models import Reason, Schedule
from appointments.openings.recurrence import number_of
from appointments.slots.reader import read_frames
from appointments.slots.values import PRACTICE, REGULATOR, Viewer
from appointments.statistics.amounts import Amount, Column, Line, Table, Unit, bars, share
from appointments.statistics.hiding import NOTHING, Count, Hidden, Sum, hidden_of
from appointments.statistics.offering import NOBODY, Offering, Visits, hours_of, offering_by_month
from appointments.statistics.visits import (
    CANCELLED_BY,
    MONTH,
    NOTICE,
    ORIGIN,
    OUTCOME,
    REASON,
    CancelledBy,
    Counted,
    Delay,
    Kind,
    Notice,
    Outcome,
    TakenBy,
    Tally,
    standing,
    tally,
)

KINDS: list[Kind] = [
    (), (MONTH,), (ORIGIN,), (MONTH, ORIGIN), (OUTCOME,), (MONTH, OUTCOME), (REASON,), (CANCELLED_BY,), (NOTICE,),
]  # fmt: skip
ORIGINS = {
    TakenBy.PRACTICE: "Le cabinet",
    TakenBy.REGULATOR: "La régulation du SAS",
    TakenBy.PATIENT: "Les patients, en ligne",
    TakenBy.WAITING: "Les patients, par la liste d’attente",
    TakenBy.IMPORT: "Repris d’un autre logiciel",
}
OUTCOMES = {
    Outcome.HONOURED: "Honorés",
    Outcome.MISSED: "Non honorés",
    Outcome.CANCELLED: "Annulés",
    Outcome.UNCLOSED: "À clore",
    Outcome.COMING: "À venir",
}
CANCELLERS = {
    CancelledBy.PATIENT: "Le patient, par son lien",
    CancelledBy.FOR_PATIENT: "Le cabinet, à la demande du patient",
    CancelledBy.PRACTICE: "Le cabinet, de son fait",
    CancelledBy.UNSAID: "Le cabinet, sans dire pour qui",
    CancelledBy.REGULATOR: "La régulation du SAS",
}
NOTICES = {
    Notice.DAY: "Moins de 24 heures avant",
    Notice.TWO_DAYS: "De 24 à 48 heures avant",
    Notice.WEEK: "De 2 à 7 jours avant",
    Notice.MORE: "Plus de 7 jours avant",
    Notice.UNKNOWN: "On ne sait pas quand",
}

# Points of percent.
TELLING = 10

_NONE = Counted()
_SIDES = "soon", "later"


@dataclass(frozen=True, slots=True)
class Headline:
    title: str
    amount: Amount
    beside: str


class Counts:
    """Counts of visits, told or not: of small ones, and what would tell them, the mark alone.

    `delayed`: the column, beside all together, of whose values delays are told.
    """

    tally: Tally
    delayed: ClassVar[str]

    def sums(self) -> Iterable[Sum]:
        """How they add up, keys being (kind, values)."""
        raise NotImplementedError

    @cached_property
    def hidden(self) -> dict[Hashable, Hidden]:
        told: dict[Hashable, Count] = {
            (kind, key): one.count for kind, found in self.tally.items() for key, one in found.items()
        }
        sums = list(self.sums())
        for side in _SIDES:
            parts = [((side, self.delayed), key) for key in self.tally[(self.delayed,)]]
            sums.append((((side,), ()), parts))
            for kind in ((), (self.delayed,)):
                found = self.tally[kind]
                told |= {((side, *kind), key): getattr(one.delay, side) for key, one in found.items()}
        return hidden_of(defaultdict(lambda: NOTHING, told), sums)

    def counted(self, kind: Kind = (), *values: object) -> Counted:
        return self.tally[kind].get(values, _NONE)

    def visits(self, kind: Kind = (), *values: object) -> Amount:
        return Amount(self.counted(kind, *values).count.visits, hidden=self.hidden.get((kind, values)))

    def quartiles(self, *value: object) -> tuple[Amount, Amount, Amount]:
        delay = self._delay(value)
        hidden = Hidden.FEW if delay.all.is_small else None
        low, middle, high = (Amount(one if delay.all.visits else None, Unit.DELAY, hidden) for one in delay.quartiles)
        return low, middle, high

    def soon(self, *value: object) -> Amount:
        """The share of those within 48 hours; where few are on one side, it would tell of them."""
        delay, kind = self._delay(value), (self.delayed,) if value else ()
        hidden = next((how for side in _SIDES if (how := self.hidden.get(((side, *kind), value)))), None)
        return Amount(share(delay.soon.visits, delay.all.visits), Unit.PERCENT, hidden)

    def _delay(self, value: tuple[object, ...]) -> Delay:
        return self.counted((self.delayed,) if value else (), *value).delay


@dataclass(frozen=True)
class Figures(Counts):
    """Of a period; `months` are the first days of those it touches. `reasons` by their key."""

    delayed = MONTH
    first: date
    last: date
    months: Sequence[date]
    offering: dict[date, Offering]
    for_sas: dict[date, Offering]
    tally: Tally
    reasons: dict[uuid.UUID, Reason]

    # --- One figure -----------------------------------------------------------------------------------------------------
    def missed_rate(self, *month: date) -> Amount:
        """Of those of which it is known whether the patient came."""
        kind: Kind = (MONTH, OUTCOME) if month else (OUTCOME,)
        honoured, missed = (self.visits(kind, *month, one) for one in (Outcome.HONOURED, Outcome.MISSED))
        return rate(missed, [honoured, missed])

    def filled(self, *month: date) -> Amount:
        """How much of the time that was offered visits stand in. Of few visits it would tell how many they are."""
        found = self.offered(*month)
        hidden = self.hidden.get(((MONTH,), month) if month else ((), ()))
        return Amount(share(found.taken, found.seconds), Unit.PERCENT, hidden)

    def offered(self, *month: date) -> Offering:
        return _sum_of(self.offering, month)

    def offered_to_sas(self, *month: date) -> Offering:
        return _sum_of(self.for_sas, month)

    # --- Tables ---------------------------------------------------------------------------------------------------------
    @cached_property
    def by_month(self) -> Table:
        columns = (
            Column("Créneaux ouverts"), Column("Heures ouvertes", Unit.HOURS), Column("Occupation", Unit.PERCENT),
            Column("Rendez-vous"), *(Column(OUTCOMES[one]) for one in self._outcomes),
            Column("Délai médian", Unit.DELAY), Column("Sous 48 heures", Unit.PERCENT),
        )  # fmt: skip

        def amounts(*month: date) -> tuple[Amount, ...]:
            offered = self.offered(*month)
            kind: Kind = (MONTH, OUTCOME) if month else (OUTCOME,)
            return (
                Amount(offered.slots), Amount(hours_of(offered.seconds), Unit.HOURS), self.filled(*month),
                self.visits((MONTH,) if month else (), *month), *(self.visits(kind, *month, one) for one in self._outcomes),
                self.quartiles(*month)[1], self.soon(*month),
            )  # fmt: skip

        return Table("mois", "Mois par mois", "Mois", columns, self._month_lines(amounts))

    @cached_property
    def sas_by_month(self) -> Table:
        columns = Column("Créneaux montrés au SAS"), Column("Heures", Unit.HOURS), Column("Pris par le SAS")

        def amounts(*month: date) -> tuple[Amount, ...]:
            offered = self.offered_to_sas(*month)
            taken = self.visits((MONTH, ORIGIN) if month else (ORIGIN,), *month, TakenBy.REGULATOR)
            return Amount(offered.slots), Amount(hours_of(offered.seconds), Unit.HOURS), taken

        return Table("sas", "Pour le SAS", "Mois", columns, self._month_lines(amounts))

    @cached_property
    def visits_by_month(self) -> Table:
        """What is drawn of the table above."""
        columns = Column("Créneaux ouverts"), Column("Rendez-vous")

        def amounts(*month: date) -> tuple[Amount, ...]:
            return Amount(self.offered(*month).slots), self.visits((MONTH,) if month else (), *month)

        return Table("ouverts", "Créneaux ouverts et rendez-vous", "Mois", columns, self._month_lines(amounts))

    @cached_property
    def origins_by_month(self) -> Table:
        def amounts(*month: date) -> tuple[Amount, ...]:
            kind: Kind = (MONTH, ORIGIN) if month else (ORIGIN,)
            return tuple(self.visits(kind, *month, one) for one in self._origins)

        columns = tuple(Column(ORIGINS[one]) for one in self._origins)
        return Table(
            "pris-par-mois", "Qui a pris les rendez-vous, mois par mois", "Mois", columns, self._month_lines(amounts)
        )

    @cached_property
    def origins(self) -> Table:
        return self._parts("pris-par", "Qui a pris les rendez-vous", "Pris par", ORIGIN, ORIGINS, self._origins)

    @cached_property
    def outcomes(self) -> Table:
        return self._parts("issues", "Ce qu’ils sont devenus", "Issue", OUTCOME, OUTCOMES, self._outcomes)

    @cached_property
    def cancelled_by(self) -> Table:
        present = [one for one in CANCELLERS if self._has((CANCELLED_BY,), one)]
        return self._parts("annules-par", "Qui a annulé", "Annulé par", CANCELLED_BY, CANCELLERS, present)

    @cached_property
    def notices(self) -> Table:
        present = [one for one in NOTICES if one != Notice.UNKNOWN or self._has((NOTICE,), one)]
        return self._parts("annules-quand", "Combien de temps avant l’heure", "Annulé", NOTICE, NOTICES, present)

    @cached_property
    def by_reason(self) -> Table:
        found = [(key[0], self.visits((REASON,), *key)) for key in self.tally[(REASON,)]]
        # In an order that tells nothing of those that are not told.
        found.sort(
            key=lambda one: (not one[1].told, -(one[1].number or 0) if one[1].told else 0, self._position(one[0]))
        )
        lines = tuple(
            Line(
                self.reasons[key].label if key in self.reasons else "Sans motif",
                (amount,),
                bar,
                self.reasons[key].colour if key in self.reasons else "",
            )
            for (key, amount), bar in zip(found, bars([amount for _, amount in found]), strict=True)
        )
        return Table("motifs", "Motifs", "Motif", (Column("Rendez-vous"),), lines)

    @property
    def tables(self) -> list[Table]:
        return [
            self.by_month, self.sas_by_month, self.visits_by_month, self.origins, self.origins_by_month,
            self.outcomes, self.cancelled_by, self.notices, self.by_reason,
        ]  # fmt: skip

    @property
    def headlines(self) -> list[Headline]:
        honoured, missed = (self.visits((OUTCOME,), one) for one in (Outcome.HONOURED, Outcome.MISSED))
        by_sas = self.visits((ORIGIN,), TakenBy.REGULATOR)
        shown = Amount(self.offered_to_sas().slots)
        low, middle, high = self.quartiles()
        hours = [Amount(hours_of(one), Unit.HOURS) for one in (self.offered().taken, self.offered().seconds)]
        filled = self.filled()
        return [
            Headline(
                "Rendez-vous honorés", honoured, _beside("sur {} dont l’heure est dans la période", self.visits())
            ),
            Headline("Pris par le SAS", by_sas, f"pour {shown} créneaux qu’il a pu voir"),
            Headline("Non honorés", self.missed_rate(), _beside("{} rendez-vous, pour {} honorés", missed, honoured)),
            Headline("Délai médian", middle, _beside("un quart à moins de {}, un quart à plus de {}", low, high)),
            Headline("Sous 48 heures", self.soon(), "de l’appel au rendez-vous"),
            Headline("Occupation", filled, _beside("{} sur {} ouvertes", *hours) if filled.told else ""),
        ]

    @cached_property
    def sas_finding(self) -> str:
        """What the drawing shows, where it shows something: the share of the last months beside that of the first."""
        told = [line.amounts for line in self.sas_by_month.lines if not line.is_total]
        pairs = [(taken.number or 0, shown.number or 0) for shown, _, taken in told if taken.told and shown.number]
        size = len(pairs) // 3
        if size:
            before, after = (share(*map(sum, zip(*some, strict=True))) or 0 for some in (pairs[:size], pairs[-size:]))
            if abs(after - before) >= TELLING:
                return (
                    f"Le SAS prend de {'plus en plus' if after > before else 'moins en moins'} ce que vous lui montrez"
                )
        return "Montrés au SAS et pris par le SAS"

    @property
    def hides(self) -> bool:
        return bool(self.hidden) or any(
            one.hidden for table in self.tables for line in table.lines for one in line.amounts
        )

    # --- What they are made of ------------------------------------------------------------------------------------------
    @cached_property
    def _origins(self) -> list[TakenBy]:
        """What no visit came from is left out but for the ways there are everywhere."""
        return [one for one in ORIGINS if one not in (TakenBy.WAITING, TakenBy.IMPORT) or self._has((ORIGIN,), one)]

    @cached_property
    def _outcomes(self) -> list[Outcome]:
        always = (Outcome.HONOURED, Outcome.MISSED, Outcome.CANCELLED)
        return [one for one in OUTCOMES if one in always or self._has((OUTCOME,), one)]

    def _has(self, kind: Kind, *values: object) -> bool:
        return self.counted(kind, *values).count.visits > 0

    def sums(self) -> Iterable[Sum]:
        whole = ((), ())
        yield whole, [((MONTH,), (month,)) for month in self.months]
        yield whole, [((REASON,), key) for key in self.tally[(REASON,)]]
        for column, values in ((ORIGIN, list(ORIGINS)), (OUTCOME, list(OUTCOMES))):
            yield whole, [((column,), (value,)) for value in values]
            for month in self.months:
                yield ((MONTH,), (month,)), [((MONTH, column), (month, value)) for value in values]
            for value in values:
                yield ((column,), (value,)), [((MONTH, column), (month, value)) for month in self.months]
        for column, names in ((CANCELLED_BY, list(CANCELLERS)), (NOTICE, list(NOTICES))):
            yield ((OUTCOME,), (Outcome.CANCELLED,)), [((column,), (value,)) for value in names]

    def _month_lines(self, amounts: Callable[..., tuple[Amount, ...]]) -> tuple[Line, ...]:
        lines = [Line(sentence(month_year(month)), amounts(month)) for month in self.months]
        return (*lines, Line("Toute la période", amounts(), is_total=True))

    def _parts(
        self, key: str, title: str, label: str, column: str, names: Mapping[Any, str], present: Sequence[Any]
    ) -> Table:
        amounts = [self.visits((column,), one) for one in present]
        whole = self.visits() if column in (ORIGIN, OUTCOME) else self.visits((OUTCOME,), Outcome.CANCELLED)
        lines = tuple(
            Line(names[one], (amount, rate(amount, [whole])), bar)
            for one, amount, bar in zip(present, amounts, bars(amounts), strict=True)
            if whole.number
        )
        return Table(key, title, label, (Column("Rendez-vous"), Column("Part", Unit.PERCENT)), lines)

    def _position(self, key: uuid.UUID | None) -> tuple[int, str]:
        reason = self.reasons.get(key) if key else None
        return (reason.position, reason.label) if reason else (10**6, "")


def figures_of(schedules: Sequence[Schedule], *, first: date, last: date, now: datetime) -> Figures:
    """Of these agendas, loaded `with_place()`, on these days, both included. Four queries, whatever their number."""
    found = tally(schedules, first=first, last=last, now=now, by=KINDS)
    offering, for_sas = offered_by(schedules, first=first, last=last, with_taken=True)
    asked = {key for (key,) in found[(REASON,)] if key is not None}
    reasons = {one.pk: one for one in Reason.objects.filter(pk__in=asked)}
    return Figures(first, last, months_of(first, last), _together(offering), _together(for_sas), found, reasons)


Offered = dict[uuid.UUID, dict[date, Offering]]


def offered_by(
    schedules: Sequence[Schedule], *, first: date, last: date, with_taken: bool = False
) -> tuple[Offered, Offered]:
    """By agenda and month: to anybody, and to the SAS. One query, two where it is asked how much is taken."""
    if not schedules:
        return {}, {}
    bounds = {one.id: _bounds(one, first, last) for one in schedules}
    since, until = min(one for one, _ in bounds.values()), max(one for _, one in bounds.values())
    frames = read_frames(schedules, since=since, until=until, with_taken=False)
    # How much of it is taken is told of all that is open, and not of what the SAS sees.
    visits = standing(schedules, since=since, until=until) if with_taken else {}

    def by(viewer: Viewer, visits: Mapping[uuid.UUID, Visits]) -> Offered:
        return {
            key: offering_by_month(frames[key], viewer, since=since, until=until, visits=visits.get(key, NOBODY))
            for key, (since, until) in bounds.items()
        }

    return by(PRACTICE, visits), by(REGULATOR, {})


def _beside(sentence: str, *amounts: Amount) -> str:
    """Blank where one of them is not told: its mark is no word of a sentence."""
    return sentence.format(*amounts) if all(one.told for one in amounts) else ""


def months_of(first: date, last: date) -> list[date]:
    found, month = [], first.replace(day=1)
    while month <= last:
        found.append(month)
        month = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    return found


def rate(part: Amount, whole: Sequence[Amount]) -> Amount:
    """In percent; not told where one of them is not."""
    hidden = next((one.hidden for one in (part, *whole) if one.hidden is not None), None)
    return Amount(share(part.number or 0, sum(one.number or 0 for one in whole)), Unit.PERCENT, hidden)


def _bounds(schedule: Schedule, first: date, last: date) -> tuple[int, int]:
    zone = schedule.location.zone
    return number_of(day_bounds(first, zone)[0]), number_of(day_bounds(last, zone)[1])


def _together(found: Offered) -> dict[date, Offering]:
    months: dict[date, Offering] = defaultdict(Offering)
    for one in found.values():
        for month, more in one.items():
            months[month] += more
    return months


def _sum_of(found: dict[date, Offering], month: tuple[date, ...]) -> Offering:
    if month:
        return found.get(month[0], Offering())
    return sum(found.values(), start=Offering())
