"""Small worlds for Hypothesis, made so that things meet: all of it lies within hours of one moment, the hub.

Coherent as the database's constraints have it: two visits of one calendar and lane never overlap, nor two at different
places of one calendar unless one of them is overbooked (lane 3 or more: capacities end at 3); holds of one weakness the same.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.appointments.slots.described import (
    Absence,
    Agenda,
    Hold,
    Instants,
    Offer,
    Period,
    Place,
    Question,
    ReasonDone,
    Rule,
    Viewer,
    Visit,
    WholeDays,
    World,
)
from tests.appointments.slots.reference import DAY, MINUTE

ZONES = ("Europe/Paris", "America/Guadeloupe", "Indian/Reunion", "Pacific/Noumea")
MODES = ("AMB", "HH", "VR")
REASONS = ("vaccine", "visit", "wound")
AUDIENCES = (("SNP", None), ("PRO", None), ("PUBLIC", None), ("CPTS", "north"), ("CPTS", "south"))
REGULATOR = frozenset(AUDIENCES[:3])
# The days on which Paris changes its clocks, and two that nothing distinguishes.
FOCUS_DAYS = (date(2026, 6, 17), date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 30))

mostly = st.sampled_from((True, True, True, True, True, True, True, False))
seldom = mostly.map(lambda yes: not yes)
sometimes = st.sampled_from((False, False, True))
some_modes = st.frozensets(st.sampled_from(MODES), min_size=1)
viewers = st.sampled_from(
    (
        Viewer("outsider", REGULATOR),
        Viewer("outsider", REGULATOR | {("CPTS", "north")}),
        Viewer("outsider", frozenset(AUDIENCES)),
        Viewer("outsider", frozenset({("PUBLIC", None)}), is_patient=True),
        Viewer("practice"),
    )
)


def near(hub: datetime, before: int = 180, after: int = 240) -> st.SearchStrategy[datetime]:
    """Instants around the hub: on the five minutes, or off them."""
    minutes = st.integers(-before // 5, after // 5).map(lambda fives: fives * 5) | st.integers(-before, after)
    return minutes.map(lambda count: hub + count * MINUTE)


def days_around(hub: datetime) -> st.SearchStrategy[date]:
    return st.sampled_from((0, -1, 1)).map(lambda days: hub.date() + days * DAY)


@st.composite
def periods(draw: st.DrawFn, hub: datetime) -> Period:
    if draw(st.booleans()):
        start = draw(near(hub))
        return Instants(start, start + draw(st.integers(1, 240)) * MINUTE)
    first_day = draw(days_around(hub))
    return WholeDays(first_day, first_day + draw(st.integers(0, 1)) * DAY)


@st.composite
def agendas(draw: st.DrawFn, hub: datetime, key: str, calendar: str) -> Agenda:
    place = Place(
        name=f"place of {key}",
        zone=draw(st.sampled_from(ZONES)),
        closures=tuple(draw(st.lists(periods(hub), max_size=1))) if draw(sometimes) else (),
        holidays=draw(st.frozensets(days_around(hub), max_size=2)) if draw(sometimes) else frozenset(),
    )
    reasons = [
        ReasonDone(
            reason,
            minutes=draw(st.sampled_from((10, 5, 15, 20, 25, 30, 45, 60))),
            buffer=draw(st.sampled_from((0, 0, 5, 10, 7, 20))),
            modes=draw(some_modes),
            active=draw(mostly),
        )
        for reason in draw(st.lists(st.sampled_from(REASONS), unique=True))
    ]
    switches = {switch: draw(mostly) for switch in ("active", "has_structure_identifier", "has_phone", "published")}
    # One viewer in five is a patient, and few worlds offer them anything: `online` is as often off as on.
    return Agenda(key, calendar, place, reasons=tuple(reasons), online=draw(st.booleans()), **switches)


@st.composite
def offers(draw: st.DrawFn, agenda: Agenda) -> Offer:
    audience, community = draw(st.sampled_from(AUDIENCES[:3]) | st.sampled_from(AUDIENCES))
    reason = draw(st.sampled_from((None, *(reason.key for reason in agenda.reasons))))
    until = draw(st.sampled_from((0, 0, 0, 15, 60, 100)))
    since = draw(st.none() | st.sampled_from((30, 120, 121, 240, 24 * 60)).filter(lambda minutes: minutes > until))
    return Offer(audience, community, reason, reason is None or draw(mostly), since, until)


def offer_key(offer: Offer) -> tuple[str, str | None, str | None]:
    return offer.audience, offer.community, offer.reason


@st.composite
def rules(draw: st.DrawFn, hub: datetime, key: str, agenda: Agenda) -> Rule:
    begins = draw(near(hub, 180, 60)).astimezone(ZoneInfo(agenda.place.zone))
    lasts = draw(st.sampled_from((60, 30, 75, 120, 200, 300, 24 * 60)))
    today = begins.date()
    first_day = today - draw(st.sampled_from((7, 7, 0, 1, 21, -1))) * DAY
    every = draw(st.sampled_from((1, 1, 2, 3)))
    few = 2 if draw(mostly) else 0
    step = draw(st.sampled_from((15, 10, 20, 30, 45, 7, 5)))
    return Rule(
        key=key,
        agenda=agenda.key,
        first_day=first_day,
        last_day=draw(
            st.none() | st.sampled_from((30, 30, 0, 1, -1)).map(lambda days: max(today + days * DAY, first_day))
        ),
        weekdays=draw(st.frozensets(st.integers(1, 7))) | ({begins.isoweekday()} if draw(mostly) else {7}),
        every_n_weeks=every,
        anchor_week=today - DAY * today.weekday() - (every * draw(st.integers(0, 2)) + draw(seldom)) * 7 * DAY,
        start_time=begins.time().replace(fold=0),  # a rule knows no season
        end_time=(begins.replace(tzinfo=None, fold=0) + lasts * MINUTE).time(),
        step_minutes=step if lasts < 24 * 60 else max(step, 20),
        capacity=draw(st.sampled_from((1, 1, 2, 3))),
        modes=draw(some_modes),
        appointment_type=draw(st.sampled_from(("ROUTINE", "WALKIN"))),
        on_holidays=draw(st.booleans()),
        days_off=draw(st.frozensets(days_around(hub), max_size=2)) if draw(sometimes) else frozenset(),
        offers=tuple(draw(st.lists(offers(agenda), min_size=few, max_size=6, unique_by=offer_key))),
    )


@st.composite
def busy_times(draw: st.DrawFn, hub: datetime, known: list[Agenda], now: datetime) -> Visit | Hold:
    agenda = draw(st.sampled_from(known))
    start = draw(near(hub))
    end = start + draw(st.sampled_from((15, 5, 10, 20, 30, 60)) | st.integers(1, 60)) * MINUTE
    if not draw(sometimes):
        lane = draw(st.sampled_from((0, 0, 0, 1, 2, 3, 4)))
        return Visit(agenda.calendar, agenda.key, lane, start, end, draw(st.sampled_from((0, 5, 10, 13))))
    expires_at = now + draw(st.sampled_from((5, 10, 10, 0, -1))) * MINUTE
    lane = draw(st.sampled_from((0, 0, 1, 2)))
    return Hold(agenda.calendar, agenda.key, lane, start, end, draw(sometimes), expires_at)


def can_stand_together(one: Visit | Hold, other: Visit | Hold) -> bool:
    if type(one) is not type(other) or one.calendar != other.calendar:
        return True
    if isinstance(one, Hold) and isinstance(other, Hold) and one.weak != other.weak:
        return True
    apart = one.end <= other.start or other.end <= one.start
    overbooked = max(one.lane, other.lane) > 2
    return apart or (one.lane != other.lane and (one.agenda == other.agenda or overbooked))


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """A world with one to three agendas (the second: same calendar elsewhere; the third: another one) and who asks what."""
    hours = st.sampled_from((9, 1, 2, 3, 0, 14, 22, 23))
    wall = datetime.combine(draw(st.sampled_from(FOCUS_DAYS)), time(draw(hours)), tzinfo=ZoneInfo("Europe/Paris"))
    hub = wall.astimezone(UTC)
    now = draw(near(hub, 400, 60)) + timedelta(seconds=draw(st.sampled_from((0, 0, 0, 1, 59))))

    known = [draw(agendas(hub, "first", "one"))]
    if draw(st.booleans()):
        known.append(draw(agendas(hub, "second", "one")))
    if draw(seldom):
        known.append(draw(agendas(hub, "third", "other")))
    asked = draw(st.sampled_from(known))
    made = [draw(rules(hub, f"rule {number}", asked)) for number in range(draw(st.integers(1, 3)))]
    made += [draw(rules(hub, f"rule {len(made)}", draw(st.sampled_from(known))))] if draw(sometimes) else []
    absences = [
        Absence(agenda.calendar, draw(st.sampled_from((None, agenda.key))), draw(periods(hub)))
        for agenda in known
        if draw(sometimes)
    ]
    busy: list[Visit | Hold] = []
    for row in draw(st.lists(busy_times(hub, known, now), max_size=12)):
        if all(can_stand_together(row, other) for other in busy):
            busy.append(row)
    world = World(
        tuple(known),
        tuple(made),
        tuple(absences),
        tuple(row for row in busy if isinstance(row, Visit)),
        tuple(row for row in busy if isinstance(row, Hold)),
    )
    since = draw(st.sampled_from((hub - 4 * 60 * MINUTE, hub - DAY)) | near(hub, 300, 0))
    until = draw(st.sampled_from((hub + 6 * 60 * MINUTE, hub + DAY)) | near(hub, 0, 300))
    return Question(world, asked, draw(viewers), since, until, now)
