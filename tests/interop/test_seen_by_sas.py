"""« Vu du SAS » shows what the search answers, start by start, whatever the practice."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.enums import OrganizationKind
from accounts.models import Practitioner
from accounts.rights import Actor
from appointments.enums import Audience
from appointments.models import Absence, Closure, Hold, Rule, RuleOffer, Schedule
from appointments.openings.recurrence import number_of
from appointments.places.selectors import schedules_of
from appointments.setup.eyes import eyes
from appointments.setup.seen import Looking
from appointments.slots.border import Withheld, border
from tests import factories
from tests.factories import PARIS, at
from tests.interop.test_slot_get import NATIONAL

pytestmark = pytest.mark.django_db
NOW = at("2026-12-23", "10:40")  # Christmas is one of the three days
QUARTER = timedelta(minutes=15)


def looking(practitioner: Practitioner, moment: datetime = NOW, **fields: Any) -> Looking:
    schedules = schedules_of(practitioner.pk)
    first_day = moment.astimezone(PARIS).date()
    [sas, *_] = eyes([])
    actor = Actor(own=frozenset({practitioner.pk}))
    return Looking(schedules, sas, first_day, moment, NOW, PARIS, actor, **fields)


def answered(platform: Client, look: Looking, practitioner: Practitioner) -> set[tuple[str, int, int]]:
    bounds = f"start=ge{quote(look.since.isoformat())}&start=le{quote(look.until.isoformat())}"
    token = quote(f"{NATIONAL}|{practitioner.national_id}")
    answer = platform.get(f"/fhir/Slot?{bounds}&schedule.actor:Practitioner.identifier={token}&status=free")
    assert answer.status_code == 200, answer.content
    slots = [entry["resource"] for entry in answer.json().get("entry", []) if "start" in entry["resource"]]
    return {
        (
            one["schedule"]["reference"][9:],
            *(number_of(datetime.fromisoformat(one[bound])) for bound in ("start", "end")),
        )
        for one in slots
    }


hours = st.integers(0, 70).map(lambda count: NOW + count * timedelta(hours=1, minutes=5))


@st.composite
def practices(draw: st.DrawFn) -> Practitioner:
    """Written to the database: one or two places, rules, and all that may stand in the way."""
    practitioner = factories.practitioner()
    seldom = st.sampled_from((False, False, False, False, True))
    community = factories.organization(kind=OrganizationKind.COMMUNITY)
    for _ in range(draw(st.integers(1, 2))):
        structure = factories.organization(finess="" if draw(seldom) else factories.digits(9))
        place = factories.location(
            organization=structure, phone="" if draw(seldom) else "+33199001234", holidays="metropole"
        )
        schedule = factories.schedule(practitioner=practitioner, location=place, active=not draw(seldom))
        for _ in range(draw(st.integers(1, 3))):
            _rule(draw, schedule, community)
        if draw(seldom):
            start = draw(hours)
            Closure.objects.create(location=place, start=start, end=start + timedelta(hours=4))
    for start in draw(st.lists(hours, max_size=4, unique=True)):
        schedule = draw(st.sampled_from(schedules_of(practitioner.pk)))
        factories.appointment(schedule_=schedule, start=start, buffer_after=draw(st.sampled_from((0, 10))))
    if draw(st.booleans()):
        start = draw(hours)
        Absence.objects.create(calendar=schedule.calendar, start=start, end=start + timedelta(hours=5))
    if draw(st.booleans()):
        start, regulator = NOW + timedelta(hours=draw(st.integers(1, 20))), factories.regulator()
        Hold.objects.create(
            schedule=schedule, calendar=schedule.calendar, organization=schedule.organization, start=start,
            end=start + QUARTER, expires_at=datetime(2099, 1, 1, tzinfo=UTC), actor_kind="regulator", by_regulator=regulator,
        )  # fmt: skip
    return practitioner


def _rule(draw: st.DrawFn, schedule: Schedule, community: Any) -> Rule:
    begins = draw(st.integers(0, 23))
    rule = factories.rule(
        schedule=schedule,
        audiences=draw(st.sets(st.sampled_from([Audience.PUBLIC, Audience.PRO, Audience.SNP]))),
        reasons=[factories.reason(schedule, minutes=draw(st.sampled_from((10, 30))))],
        start_time=time(begins),
        end_time=time((begins + draw(st.sampled_from((2, 3, 24)))) % 24),
        step_minutes=draw(st.sampled_from((15, 20, 45))),
        capacity=draw(st.sampled_from((1, 1, 2))),
        weekdays=sorted(draw(st.sets(st.integers(1, 7), min_size=3))),
        on_holidays=draw(st.booleans()),
    )
    if draw(st.booleans()):
        RuleOffer(rule=rule, audience=Audience.CPTS, community=community).save()
    window = draw(st.sampled_from((None, (None, 120), (24 * 60, 0), (120, 30))))
    if window:
        RuleOffer.objects.filter(rule=rule).update(shown_from_minutes=window[0], shown_until_minutes=window[1])
    return rule


def test_what_is_shown_is_what_the_search_answers_start_by_start(platform: Client) -> None:
    met: set[str] = set()

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def compare(data: st.DataObject) -> None:
        with transaction.atomic():
            practitioner = data.draw(practices())
            look = looking(practitioner)
            seen = look.seen()
            assert {(str(agenda), start, end) for agenda, start, end in seen.slots} == answered(
                platform, look, practitioner
            )
            told = border()
            assert told is not None
            answer = told.answer(practitioner, since=look.since, until=look.until, now=NOW)
            assert answer.slots == seen.slots
            assert answer.kinds.get("Slot", 0) == seen.shown
            assert sum(one.count for day in seen.days for one in day.lines) == seen.total
            met.update(why.value for why, _ in seen.whys)
            transaction.set_rollback(True)

    with time_machine.travel(NOW, tick=False):
        compare()
    assert len(met) > 3


def test_what_the_border_keeps_back_and_what_it_sends_all_the_same_are_told() -> None:
    schedule = factories.schedule(practitioner=factories.practitioner(rpps=None, adeli="991000017"))
    schedule.location.organization.finess = "mal écrit"
    schedule.location.organization.save()
    factories.rule(schedule=schedule)
    [known] = schedules_of(schedule.practitioner_id)  # type: ignore[arg-type]
    told = border()
    assert told is not None
    assert [remark.split(NBSP)[0] for remark in told.remarks([known])] == [
        "Ce praticien n’a pas de RPPS", f"L’identifiant de structure de {known.location} n’a pas la forme attendue",
    ]  # fmt: skip
    assert told.withheld(known) is None
    known.practitioner.adeli = None
    assert told.withheld(known) is Withheld.NO_NATIONAL_NUMBER
    seen = looking(schedule.practitioner, withheld={known.pk: Withheld.NO_NATIONAL_NUMBER}).seen()
    assert (seen.shown, seen.slots) == (0, frozenset())
    assert seen.whys[0][0].label == "Praticien sans RPPS"


NBSP = "\u00a0"
