"""What holds for absences and for closures alike: versions, what is over, the same one twice, two years of weeks."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.rights import Actor
from appointments.exceptions import AlreadyNoted, ChangedMeanwhile, Refused
from appointments.models import Absence, Closure, Schedule
from appointments.openings.services.absences import Away, change_absence, create_absence, delete_absence
from appointments.openings.services.closures import change_closure, create_closure, delete_closure
from appointments.openings.values import Days, Hours, Repeat, When
from tests import factories
from tests.appointments.booking.acts import at_once
from tests.appointments.openings.asked import NOW
from tests.factories import at

DAY = date(2026, 12, 1)
YESTERDAY, TODAY = date(2026, 11, 24), date(2026, 11, 25)


class Absences:
    """The services of absences, and of closures below, called alike."""

    name, the, model = "absence", "L’absence", Absence

    def __init__(self, schedule: Schedule, by: Actor) -> None:
        self.schedule, self.by = schedule, by

    def create(self, period: When, label: str = "", until: date | None = None, now: datetime = NOW) -> list[Any]:
        away, who = Away(period, label), self.schedule.practitioner.id
        return create_absence(practitioner_id=who, away=away, by=self.by, now=now, repeat=until and Repeat(until))

    def change(self, row: Any, period: When, label: str = "", version: int = 1, now: datetime = NOW) -> Any:
        away = Away(period, label)
        return change_absence(absence_id=row.id, version=version, away=away, by=self.by, now=now)

    def delete(self, row: Any, version: int = 1, whole: bool = False) -> int:
        return delete_absence(absence_id=row.id, version=version, by=self.by, whole_series=whole)


class Closures(Absences):
    name, the, model = "fermeture", "La fermeture", Closure

    def create(self, period: When, label: str = "", until: date | None = None, now: datetime = NOW) -> list[Any]:
        place = self.schedule.location_id
        return create_closure(
            location_id=place, period=period, label=label, by=self.by, now=now, repeat=until and Repeat(until)
        )

    def change(self, row: Any, period: When, label: str = "", version: int = 1, now: datetime = NOW) -> Any:
        return change_closure(closure_id=row.id, version=version, period=period, label=label, by=self.by, now=now)

    def delete(self, row: Any, version: int = 1, whole: bool = False) -> int:
        return delete_closure(closure_id=row.id, version=version, by=self.by, whole_series=whole)


@pytest.fixture(params=[Absences, Closures], ids=["absence", "closure"])
def kind(request: pytest.FixtureRequest, schedule: Schedule, keeper: Actor) -> Absences:
    made: Absences = request.param(schedule, keeper)
    return made


@pytest.mark.django_db
class TestVersion:
    def test_an_older_page_changes_and_deletes_nothing(self, kind: Absences) -> None:
        (row,) = kind.create(Days(DAY, DAY))
        assert kind.change(row, Days(DAY, DAY), "Travaux").version == 2
        for act in (lambda: kind.change(row, Days(DAY, DAY), "Peinture"), lambda: kind.delete(row)):
            with pytest.raises(ChangedMeanwhile, match=f"{kind.the} a changé entre-temps"):
                act()
        assert kind.model.objects.get().label == "Travaux"
        assert kind.delete(row, version=2) == 1

    def test_what_it_says_already_is_not_written_again(self, kind: Absences) -> None:
        (row,) = kind.create(Days(DAY, DAY))
        kind.change(row, Days(DAY, DAY), "Travaux")
        assert kind.change(row, Days(DAY, DAY), "Travaux").version == 2


@pytest.mark.django_db
class TestOver:
    @pytest.mark.parametrize(
        ("period", "element", "said"),
        [
            (Days(YESTERDAY, YESTERDAY), "first_day", "Ce jour est passé"),
            (Days(date(2026, 11, 20), YESTERDAY), "last_day", "Ce jour est passé"),
            (Hours(at("2026-11-24", "08:00"), at("2026-11-25", "00:00")), "first_day", "Ce jour est passé"),
            (Hours(at("2026-11-25", "08:00"), at("2026-11-25", "10:40")), "last_hour", "Cette heure est passée"),
        ],
    )
    def test_what_is_over_is_refused(self, kind: Absences, period: When, element: str, said: str) -> None:
        (row,) = kind.create(Days(DAY, DAY))
        for act in (lambda: kind.create(period), lambda: kind.change(row, period)):
            with pytest.raises(Refused, match=said) as refused:
                act()
            assert refused.value.element == element

    @pytest.mark.parametrize(
        "period", [Days(YESTERDAY, TODAY), Hours(at("2026-11-25", "08:00"), at("2026-11-25", "10:41"))]
    )
    def test_what_goes_on_is_noted(self, kind: Absences, period: When) -> None:
        assert kind.create(period)

    def test_who_came_back_early_says_so(self, kind: Absences) -> None:
        (row,) = kind.create(Days(date(2026, 11, 20), TODAY))
        assert kind.change(row, Days(date(2026, 11, 20), YESTERDAY)).last_day == YESTERDAY

    def test_a_day_that_goes_on_at_one_place_is_not_over(self, schedule: Schedule, keeper: Actor) -> None:
        """In Paris it is 5 in the morning of the 26th; in Martinique still the 25th."""
        island = factories.location(time_zone="America/Martinique")
        factories.schedule(practitioner=schedule.practitioner, location=island)
        assert Absences(schedule, keeper).create(Days(TODAY, TODAY), now=at("2026-11-26", "04:30"))
        with pytest.raises(Refused):
            Absences(schedule, keeper).create(Days(TODAY, TODAY), now=at("2026-11-26", "05:00"))


@pytest.mark.django_db
class TestTwice:
    def test_the_very_same_is_told(self, kind: Absences) -> None:
        kind.create(Days(DAY, DAY), "Travaux")
        with pytest.raises(AlreadyNoted, match=f"Cette {kind.name} est déjà notée"):
            kind.create(Days(DAY, DAY), "Travaux")
        kind.create(Days(DAY, DAY), "Peinture")
        kind.create(Hours(at("2026-12-01", "08:00"), at("2026-12-01", "09:00")), "Travaux")
        assert kind.model.objects.count() == 3

    def test_a_series_is_the_same_when_all_its_weeks_are(self, kind: Absences) -> None:
        until = DAY + timedelta(weeks=2)
        kind.create(Days(DAY, DAY))
        assert len(kind.create(Days(DAY, DAY), until=until)) == 3
        with pytest.raises(AlreadyNoted, match="Cette série est déjà notée"):
            kind.create(Days(DAY, DAY), until=until)
        assert kind.model.objects.count() == 4

    def test_at_another_place_it_is_another(self, schedule: Schedule, keeper: Actor) -> None:
        who = schedule.practitioner.id
        for place in (None, schedule.id):
            create_absence(practitioner_id=who, away=Away(Days(DAY, DAY), schedule_id=place), by=keeper, now=NOW)
        assert Absence.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_twice_at_once_notes_one(kind: Absences) -> None:
    found = at_once(*[lambda: kind.create(Days(DAY, DAY), until=DAY + timedelta(weeks=3))] * 4)
    assert sorted(type(one).__name__ for one in found) == ["AlreadyNoted"] * 3 + ["list"]
    assert kind.model.objects.count() == 4


@pytest.mark.django_db
class TestSeries:
    def cost(self, act: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as captured:
            act()
        return len(captured)

    def test_two_years_cost_as_much_as_two_weeks(self, kind: Absences, schedule: Schedule) -> None:
        short, long = timedelta(weeks=1), timedelta(days=730)
        costs = [self.cost(partial(kind.create, Days(DAY, DAY), str(span), DAY + span)) for span in (short, long)]
        assert costs[0] == costs[1] <= 16
        assert kind.model.objects.count() == 2 + 105
        first = kind.model.objects.filter(label=str(long)).earliest("first_day")
        assert self.cost(lambda: kind.delete(first, whole=True)) <= 12
        assert kind.model.objects.count() == 2

    def test_a_replacement_is_looked_for_once(self, schedule: Schedule, keeper: Actor) -> None:
        away = Away(Days(DAY, DAY), replacement_id=factories.colleague(schedule).id)
        note = partial(create_absence, practitioner_id=schedule.practitioner.id, away=away, by=keeper, now=NOW)
        short, long = DAY + timedelta(weeks=1), DAY + timedelta(days=730)
        assert self.cost(partial(note, repeat=Repeat(short))) == self.cost(partial(note, repeat=Repeat(long)))


@pytest.mark.django_db
def test_a_refusal_names_what_it_is_about(kind: Absences) -> None:
    with pytest.raises(Refused, match=f"Une {kind.name} dure deux ans au plus"):
        kind.create(Days(DAY, DAY + timedelta(days=732)))
