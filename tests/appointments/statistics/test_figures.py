"""What became of visits, counted in the database, beside what one would count by hand."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.rights import VISITOR, Actor
from appointments.enums import EventKind, Origin
from appointments.models import Appointment, Schedule
from appointments.statistics.figures import Figures, figures_of
from appointments.statistics.report import SasReport, sas_report
from appointments.statistics.visits import CANCELLED_BY, MONTH, NOTICE, ORIGIN, OUTCOME, REASON
from tests import factories
from tests.factories import at

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 10, 1), date(2026, 11, 30)
OCTOBER, NOVEMBER = FIRST, date(2026, 11, 1)


def visits(
    schedule: Schedule, count: int, start: datetime, *, taken: timedelta = timedelta(days=3), **fields: object
) -> list[Appointment]:
    """So many, one after the other, taken so long before their hours."""
    made = []
    for number in range(count):
        hour = start + timedelta(minutes=15 * number)
        one = factories.appointment(schedule_=schedule, start=hour, **fields)  # type: ignore[arg-type]
        Appointment.objects.filter(pk=one.pk).update(created_at=hour - taken)
        made.append(one)
    return made


def cancelled(made: list[Appointment], by: Actor, before: timedelta, for_: str = "") -> None:
    Appointment.objects.filter(pk__in=[one.pk for one in made]).update(status="cancelled", cancelled_for=for_)
    for one in made:
        factories.event(one, EventKind.CANCELLED, by=by, at=one.start - before)


def of(*schedules: Schedule, first: date = FIRST, last: date = LAST, now: datetime) -> Figures:
    rows = Schedule.objects.with_place().filter(pk__in=[one.pk for one in schedules])
    return figures_of(list(rows), first=first, last=last, now=now)


def words(figures: Figures | SasReport, kind: tuple[str, ...], *values: object) -> str:
    return str(figures.visits(kind, *values))


def test_each_is_counted_by_who_took_it_and_what_became_of_it(schedule: Schedule, now: datetime) -> None:
    regulator = factories.regulator_actor()
    visits(schedule, 6, at("2026-10-05", "09:00"), status="fulfilled")
    visits(schedule, 5, at("2026-10-06", "09:00"), status="noshow", by=regulator)
    visits(schedule, 5, at("2026-11-25", "09:00"))  # over at 10:40
    visits(schedule, 7, at("2026-11-26", "09:00"), origin=Origin.PATIENT)
    visits(schedule, 9, at("2026-12-01", "09:00"))

    figures = of(schedule, now=now)

    assert words(figures, ()) == "23"
    assert [words(figures, (MONTH,), month) for month in (OCTOBER, NOVEMBER)] == ["11", "12"]
    assert [words(figures, (ORIGIN,), one) for one in ("practice", "regulator", "patient", "import")] == [
        "11",
        "5",
        "7",
        "0",
    ]
    outcomes = ("honoured", "missed", "cancelled", "unclosed", "coming")
    assert [words(figures, (OUTCOME,), one) for one in outcomes] == ["6", "5", "0", "5", "7"]
    assert str(figures.missed_rate()) == "45\u00a0%"
    assert words(figures, (MONTH, ORIGIN), OCTOBER, "regulator") == "5"


def test_an_hour_taken_from_the_waiting_list_is_counted_apart(schedule: Schedule, now: datetime) -> None:
    visits(schedule, 7, at("2026-10-05", "09:00"), origin=Origin.PATIENT)
    visits(schedule, 5, at("2026-10-06", "09:00"), origin=Origin.PATIENT, from_list=True)
    figures = of(schedule, now=now)
    assert [words(figures, (ORIGIN,), one) for one in ("patient", "waiting")] == ["7", "5"]


def test_a_visit_belongs_to_the_day_of_its_place(now: datetime) -> None:
    far = factories.schedule(location=factories.location(time_zone="Pacific/Noumea"))
    visits(far, 8, at("2026-11-01", "00:00", ZoneInfo("Pacific/Noumea")), status="fulfilled")
    figures = of(far, first=date(2026, 11, 1), last=date(2026, 11, 1), now=now)
    assert (words(figures, ()), words(figures, (MONTH,), NOVEMBER)) == ("8", "8")
    assert words(of(far, first=date(2026, 10, 1), last=date(2026, 10, 31), now=now), ()) == "0"


def test_a_cancellation_is_by_whoever_did_it_last_and_so_long_before(schedule: Schedule, now: datetime) -> None:
    practice = factories.practice_actor(schedule.practitioner)
    hours = timedelta(hours=1)
    by_link = visits(schedule, 5, at("2026-10-05", "09:00"))
    cancelled(by_link, practice, 200 * hours, "practice")
    for one in by_link:
        factories.event(one, EventKind.RESTORED)
    cancelled(by_link, VISITOR, 30 * hours)
    cancelled(visits(schedule, 6, at("2026-10-06", "09:00")), practice, 2 * hours, "patient")
    cancelled(visits(schedule, 7, at("2026-10-07", "09:00")), practice, 200 * hours, "practice")
    cancelled(visits(schedule, 8, at("2026-10-08", "09:00")), practice, 50 * hours)

    figures = of(schedule, now=now)

    found = [
        words(figures, (CANCELLED_BY,), one) for one in ("patient", "for patient", "practice", "unsaid", "regulator")
    ]
    assert found == ["5", "6", "7", "8", "0"]
    notices = [words(figures, (NOTICE,), one) for one in ("day", "two days", "week", "more", "unknown")]
    assert notices == ["6", "5", "8", "7", "0"]


def test_delays_are_from_the_taking_to_the_hour_without_what_is_cancelled_or_was_brought(
    schedule: Schedule, now: datetime
) -> None:
    hour = timedelta(hours=1)
    for number, hours in enumerate((1, 20, 47, 48, 48)):
        visits(schedule, 1, at(f"2026-10-0{number + 1}", "09:00"), taken=hours * hour)
    for number, hours in enumerate((49, 100, 300, 400, 1000, 2000)):
        visits(schedule, 1, at(f"2026-10-0{number + 1}", "14:00"), taken=hours * hour)
    visits(schedule, 9, at("2026-10-08", "09:00"), taken=9000 * hour, origin=Origin.IMPORT)
    visits(schedule, 9, at("2026-10-09", "09:00"), taken=0 * hour, status="cancelled")

    figures = of(schedule, now=now)

    assert [one.number for one in figures.quartiles()] == [47.5 * 3600, 49 * 3600, 350 * 3600]
    assert str(figures.soon()) == "45\u00a0%"
    # What was noted once it had begun waited for nothing.
    late = factories.colleague(schedule)
    visits(late, 5, at("2026-10-01", "09:00"), taken=-hour)
    assert [one.number for one in of(late, now=now).quartiles()] == [0, 0, 0]


def test_few_persons_are_not_told_however_many_visits_they_had(schedule: Schedule, now: datetime) -> None:
    often = factories.file(schedule.organization)
    reason = factories.reason(schedule, label="Motif rare")
    visits(schedule, 9, at("2026-10-05", "09:00"), patient=often, reason=reason, status="fulfilled")
    visits(schedule, 9, at("2026-10-06", "09:00"), status="fulfilled")
    visits(schedule, 20, at("2026-10-07", "09:00"), status="fulfilled", reason=factories.reason(schedule))

    figures = of(schedule, now=now)

    assert words(figures, (REASON,), reason.pk) == "<\u00a05"
    assert words(figures, (REASON,), None) == "masqué"
    assert words(figures, ()) == "38"
    assert ["<\u00a05" in str(one) for line in figures.by_reason.lines for one in line.amounts].count(True) == 1


def test_the_months_delays_are_no_way_around(schedule: Schedule, now: datetime) -> None:
    visits(schedule, 6, at("2026-10-05", "09:00"), taken=timedelta(hours=5))
    visits(schedule, 3, at("2026-10-06", "09:00"), taken=timedelta(days=9))
    visits(schedule, 30, at("2026-11-02", "09:00"), taken=timedelta(days=9))
    visits(schedule, 30, at("2026-11-10", "09:00"), taken=timedelta(hours=9))
    figures = of(schedule, now=now)
    # Of October 3 came later than 48 hours: told of neither month, as of the whole period it is known.
    assert [figures.soon(month).told for month in (OCTOBER, NOVEMBER)] == [False, False]
    assert figures.soon().told


def test_what_was_offered_is_added_up_over_agendas_and_what_is_taken_fills_it(
    schedule: Schedule, now: datetime
) -> None:
    other = factories.colleague(schedule)
    factories.rule(schedule=schedule, weekdays=[1], first_day=date(2026, 11, 1))
    factories.rule(schedule=other, weekdays=[1], first_day=date(2026, 11, 1), audiences=[])
    visits(schedule, 6, at("2026-11-02", "09:00"))

    figures = of(schedule, other, first=date(2026, 11, 2), last=date(2026, 11, 9), now=now)

    assert (figures.offered().slots, figures.offered().seconds) == (48, 12 * 3600)
    assert (figures.offered_to_sas().slots, figures.offered_to_sas().seconds) == (24, 6 * 3600)
    assert str(figures.filled()) == "13\u00a0%"  # an hour and a half of twelve


def test_the_number_of_queries_does_not_grow(
    schedule: Schedule, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    several = [schedule, *(factories.colleague(schedule) for _ in range(5))]
    for place, one in enumerate(several):
        factories.rule(schedule=one)
        visits(one, 4 + place, at("2026-10-05", "09:00"), reason=factories.reason(one))
    rows = list(Schedule.objects.with_place())
    for count in (1, 6):
        with django_assert_num_queries(4):
            assert figures_of(rows[:count], first=FIRST, last=LAST, now=now).tables
        with django_assert_num_queries(2):
            assert sas_report(rows[:count], month=NOVEMBER, now=now).table


def test_the_report_has_what_regulators_took_by_practitioner_wherever_they_receive(
    schedule: Schedule, now: datetime
) -> None:
    regulator = factories.regulator_actor()
    elsewhere = factories.schedule(
        calendar=schedule.calendar, location=factories.location(organization=schedule.organization)
    )
    other = factories.colleague(schedule)
    factories.rule(schedule=schedule, first_day=date(2026, 10, 31), last_day=date(2026, 11, 1))
    factories.rule(schedule=elsewhere, first_day=date(2026, 11, 2), last_day=date(2026, 11, 2))
    visits(schedule, 6, at("2026-11-01", "09:00"), by=regulator, status="fulfilled", taken=timedelta(hours=3))
    visits(elsewhere, 5, at("2026-11-02", "09:00"), by=regulator, status="noshow", taken=timedelta(hours=30))
    visits(schedule, 9, at("2026-11-03", "09:00"))
    visits(other, 7, at("2026-11-03", "09:00"), by=regulator, status="fulfilled", taken=timedelta(hours=50))
    visits(schedule, 8, at("2026-10-31", "09:00"), by=regulator)

    rows = list(Schedule.objects.with_place().filter(pk__in=[schedule.pk, elsewhere.pk, other.pk]))
    report = sas_report(rows, month=NOVEMBER, now=now)

    found = {line.label: [str(one) for one in line.amounts] for line in report.table.lines}
    assert found == {
        str(schedule.practitioner): ["6\u202fh", "24", "11", "6", "5", "0", "3\u202fh", "100\u00a0%"],
        str(other.practitioner): ["0\u202fh", "0", "7", "7", "0", "0", "2,1\u00a0jours", "0\u00a0%"],
        "Ensemble": ["6\u202fh", "24", "18", "13", "5", "0", "30\u202fh", "61\u00a0%"],
    }


def test_the_report_tells_few_persons_of_no_practitioner(schedule: Schedule, now: datetime) -> None:
    regulator = factories.regulator_actor()
    visits(schedule, 2, at("2026-11-01", "09:00"), by=regulator, status="fulfilled")
    other = factories.colleague(schedule)
    visits(other, 20, at("2026-11-01", "09:00"), by=regulator, status="fulfilled")
    rows = list(Schedule.objects.with_place().filter(pk__in=[schedule.pk, other.pk]))
    report = sas_report(rows, month=NOVEMBER, now=now)
    taken = {line.label: str(line.amounts[2]) for line in report.table.lines}
    assert taken == {str(schedule.practitioner): "<\u00a05", str(other.practitioner): "masqué", "Ensemble": "22"}
