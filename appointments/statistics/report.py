"""The monthly report of what each practitioner gave the SAS (avenant 9 to the doctors' agreement)."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from appointments.models import Schedule
from appointments.statistics.amounts import Amount, Column, Line, Table, Unit
from appointments.statistics.figures import (
    OUTCOMES,
    Counts,
    Offered,
    offered_by,
)
from appointments.statistics.hiding import Sum
from appointments.statistics.offering import Offering, hours_of
from appointments.statistics.visits import LINE, OUTCOME, Kind, Outcome, Tally, tally

_KINDS: list[Kind] = [(), (LINE,), (OUTCOME,), (LINE, OUTCOME)]
_TOGETHER = "Ensemble"


@dataclass(frozen=True)
class SasReport(Counts):
    """`names`: of each line of time, whose it is."""

    delayed = LINE
    first: date
    last: date
    names: dict[uuid.UUID, str]
    offering: dict[uuid.UUID, Offering]
    tally: Tally

    def sums(self) -> Iterable[Sum]:
        whole = ((), ())
        lines, outcomes = list(self.names), list(OUTCOMES)
        yield whole, [((LINE,), (line,)) for line in lines]
        yield whole, [((OUTCOME,), (outcome,)) for outcome in outcomes]
        for line in lines:
            yield ((LINE,), (line,)), [((LINE, OUTCOME), (line, outcome)) for outcome in outcomes]
        for outcome in outcomes:
            yield ((OUTCOME,), (outcome,)), [((LINE, OUTCOME), (line, outcome)) for line in lines]

    @cached_property
    def table(self) -> Table:
        columns = (
            Column("Heures ouvertes au SAS", Unit.HOURS), Column("Créneaux montrés"), Column("Pris par la régulation"),
            *(Column(OUTCOMES[one]) for one in self._outcomes), Column("Délai médian", Unit.DELAY),
            Column("Sous 48 heures", Unit.PERCENT),
        )  # fmt: skip
        lines = [
            Line(name, self._amounts(self.offering.get(line, Offering()), line)) for line, name in self.names.items()
        ]
        if len(lines) > 1:
            lines.append(Line(_TOGETHER, self._amounts(sum(self.offering.values(), start=Offering())), is_total=True))
        return Table("sas", "Activité pour le SAS", "Praticien", columns, tuple(lines))

    @property
    def hides(self) -> bool:
        return any(one.hidden for line in self.table.lines for one in line.amounts)

    @cached_property
    def _outcomes(self) -> list[Outcome]:
        always = (Outcome.HONOURED, Outcome.MISSED, Outcome.CANCELLED)
        return [one for one in OUTCOMES if one in always or self.counted((OUTCOME,), one).count.visits]

    def _amounts(self, offering: Offering, *line: uuid.UUID) -> tuple[Amount, ...]:
        kind: Kind = (LINE,) if line else ()
        return (
            Amount(hours_of(offering.seconds), Unit.HOURS),
            Amount(offering.slots),
            self.visits(kind, *line),
            *(self.visits((*kind, OUTCOME), *line, one) for one in self._outcomes),
            self.quartiles(*line)[1],
            self.soon(*line),
        )


def sas_report(schedules: Sequence[Schedule], *, month: date, now: datetime) -> SasReport:
    """Of the practitioners of these agendas, in this month. Two queries, whatever their number."""
    own = [one for one in schedules if one.practitioner_id is not None]
    first, last = month.replace(day=1), _last_of(month)
    _, for_sas = offered_by(own, first=first, last=last)
    return SasReport(
        first,
        last,
        {one.calendar_id: str(one.practitioner) for one in own},
        _by_line(own, for_sas),
        tally(own, first=first, last=last, now=now, by=_KINDS, of_regulators=True),
    )


def _last_of(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _by_line(schedules: Sequence[Schedule], found: Offered) -> dict[uuid.UUID, Offering]:
    lines: dict[uuid.UUID, Offering] = {}
    for one in schedules:
        lines[one.calendar_id] = sum(found[one.id].values(), start=lines.get(one.calendar_id, Offering()))
    return lines
