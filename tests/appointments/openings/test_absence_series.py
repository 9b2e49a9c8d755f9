"""Absences at one place, with a replacement, and every week until a demanded end."""

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.rights import Actor
from appointments.exceptions import Refused
from appointments.models import Absence, Schedule
from appointments.openings.services.absences import Away, change_absence, create_absence, delete_absence
from appointments.openings.values import Days, Hours, Repeat
from tests import factories
from tests.appointments.openings.asked import NOW
from tests.factories import PARIS, at

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 1)


def note(schedule: Schedule, by: Actor, until: date | None = None, **fields: Any) -> list[Absence]:
    away = Away(**{"period": Days(DAY, DAY)} | fields)
    return create_absence(
        practitioner_id=schedule.practitioner.id, away=away, by=by, now=NOW, repeat=until and Repeat(until)
    )


def test_every_week_until_the_end_included(schedule: Schedule, keeper: Actor) -> None:
    rows = note(schedule, keeper, date(2026, 12, 22), label="Formation")
    assert [row.first_day for row in rows] == [DAY + timedelta(weeks=count) for count in range(4)]
    assert len({row.series for row in rows}) == 1
    assert rows[0].series is not None
    assert note(schedule, keeper)[0].series is None


def test_every_other_week_on_two_weekdays(schedule: Schedule, keeper: Actor) -> None:
    """Weeks are counted from that of the first day, which is a Tuesday; hours too."""
    repeat = Repeat(date(2026, 12, 31), every_n_weeks=2, weekdays=(1, 2, 4))
    for period in (Days(DAY, DAY), Hours(at("2026-12-01", "08:00"), at("2026-12-01", "12:00"))):
        who = schedule.practitioner.id
        rows = create_absence(practitioner_id=who, away=Away(period), by=keeper, now=NOW, repeat=repeat)
        days = [row.first_day or row.start.astimezone(PARIS).date() for row in rows]  # type: ignore[union-attr]
        assert [one.day for one in days] == [1, 3, 14, 15, 17, 28, 29, 31]


@pytest.mark.parametrize(
    ("repeat", "length", "element"),
    [
        (Repeat(date(2026, 12, 31), every_n_weeks=9), 0, "every_n_weeks"),
        (Repeat(date(2026, 12, 31), weekdays=(1, 2)), 1, "weekdays"),
        (Repeat(date(2026, 12, 3), weekdays=(5,)), 0, "weekdays"),
    ],
)
def test_weeks_and_weekdays_that_can_t_be_are_refused(
    schedule: Schedule, keeper: Actor, repeat: Repeat, length: int, element: str
) -> None:
    away = Away(Days(DAY, DAY + timedelta(days=length)))
    with pytest.raises(Refused) as refused:
        create_absence(practitioner_id=schedule.practitioner.id, away=away, by=keeper, now=NOW, repeat=repeat)
    assert refused.value.element == element


@pytest.mark.parametrize(
    ("day", "until", "offsets"),
    [("2027-03-21", date(2027, 4, 4), ["+01:00", "+02:00"]), ("2027-10-24", date(2027, 11, 7), ["+02:00", "+01:00"])],
)
def test_hours_come_back_by_the_clock(
    schedule: Schedule, keeper: Actor, day: str, until: date, offsets: list[str]
) -> None:
    """On both nights of a clock change: from 1 to 4, each Sunday."""
    rows = note(schedule, keeper, until, period=Hours(at(day, "01:00"), at(day, "04:00")))
    local = [(row.start.astimezone(PARIS), row.end.astimezone(PARIS)) for row in rows if row.start and row.end]
    assert [(f"{start:%H:%M}", f"{end:%H:%M}") for start, end in local] == [("01:00", "04:00")] * 3
    assert [local[1][0].isoformat()[-6:], local[1][1].isoformat()[-6:]] == offsets


@pytest.mark.parametrize(
    ("day", "hours", "expected"),
    [
        ("2027-10-24", ("01:00", "02:30"), ["2027-10-31 01:00+0200", "2027-10-31 02:30+0100"]),
        ("2027-10-24", ("02:30", "04:00"), ["2027-10-31 02:30+0200", "2027-10-31 04:00+0100"]),
        ("2027-10-24", ("01:00", "02:00"), ["2027-10-31 01:00+0200", "2027-10-31 02:00+0200"]),
        ("2027-03-21", ("01:00", "02:30"), ["2027-03-28 01:00+0100", "2027-03-28 03:00+0200"]),
        ("2027-03-21", ("02:30", "04:00"), ["2027-03-28 03:00+0200", "2027-03-28 04:00+0200"]),
    ],
)
def test_in_the_nights_of_the_clock_changes_it_is_all_that_reads_so(
    schedule: Schedule, keeper: Actor, day: str, hours: tuple[str, str], expected: list[str]
) -> None:
    period = Hours(at(day, hours[0]), at(day, hours[1]))
    later = note(schedule, keeper, date.fromisoformat(day) + timedelta(weeks=1), period=period)[1]
    assert [f"{one.astimezone(PARIS):%Y-%m-%d %H:%M%z}" for one in (later.start, later.end) if one] == expected


def test_hours_come_back_by_the_clock_of_the_only_place(schedule: Schedule, keeper: Actor) -> None:
    """Saint-Pierre changes its clock two weeks before Paris."""
    place = factories.location(time_zone="America/Miquelon")
    there = factories.schedule(practitioner=schedule.practitioner, location=place)
    start = at("2027-03-10", "09:00", place.zone)
    rows = note(
        schedule, keeper, date(2027, 3, 17), period=Hours(start, start + timedelta(hours=1)), schedule_id=there.id
    )
    assert [row.start.astimezone(place.zone).hour for row in rows if row.start] == [9, 9]
    assert {row.schedule_id for row in rows} == {there.id}


@pytest.mark.parametrize(
    ("until", "period", "said"),
    [
        (DAY, Days(DAY, DAY), "finit après le premier jour"),
        (DAY + timedelta(days=732), Days(DAY, DAY), "deux ans au plus"),
        (date(2027, 1, 1), Days(DAY, DAY + timedelta(days=7)), "moins d’une semaine"),
    ],
)
def test_a_repetition_that_can_t_be_is_refused(
    schedule: Schedule, keeper: Actor, until: date, period: Days, said: str
) -> None:
    with pytest.raises(Refused, match=said) as refused:
        note(schedule, keeper, until, period=period)
    assert refused.value.element == "until"
    assert not Absence.objects.exists()


def test_one_is_changed_or_deleted_or_the_whole_series(schedule: Schedule, keeper: Actor) -> None:
    rows = note(schedule, keeper, date(2026, 12, 22))
    alone = note(schedule, keeper, label="Congés")[0]
    moved = change_absence(
        absence_id=rows[1].id,
        version=1,
        away=Away(Days(date(2026, 12, 9), date(2026, 12, 9))),
        by=keeper,
        now=NOW,
    )
    assert moved.series == rows[0].series
    delete_absence(absence_id=rows[0].id, version=1, by=keeper)
    assert Absence.objects.count() == 4
    delete_absence(absence_id=rows[2].id, version=1, by=keeper, whole_series=True)
    assert list(Absence.objects.all()) == [alone]
    delete_absence(absence_id=alone.id, version=1, by=keeper, whole_series=True)
    assert not Absence.objects.exists()


def test_a_replacement_has_an_agenda_in_the_same_organization(schedule: Schedule, keeper: Actor) -> None:
    colleague = factories.colleague(schedule)
    assert note(schedule, keeper, replacement_id=colleague.id)[0].replacement == colleague
    own = factories.schedule(practitioner=schedule.practitioner)
    for stranger in (factories.schedule(), own, factories.colleague(schedule, active=False)):
        with pytest.raises(Refused) as refused:
            note(schedule, keeper, replacement_id=stranger.id)
        assert refused.value.element == "replacement"


def test_another_s_place_is_refused(schedule: Schedule, keeper: Actor) -> None:
    with pytest.raises(Refused) as refused:
        note(schedule, keeper, schedule_id=factories.schedule().id)
    assert refused.value.element == "schedule"
