"""What a practice has set up, row by row, in words: what a change changed is what reads otherwise after it."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts import french
from accounts.french import NBSP, clock, duration, listed, plain_date, sentence, weekdays
from accounts.phones import written
from appointments.enums import AppointmentType, Audience, ConsultationType, ReasonColour, SetupKind
from appointments.models import Absence, Closure, Location, Reason, ReasonAt, Rule, Schedule
from appointments.openings.grants import Grants, Public, Window, grants_of, lasting
from appointments.openings.selectors import days_off_of, said_when
from appointments.places.selectors import grid_zone

Key = tuple[SetupKind, uuid.UUID]
_LONGEST = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Row:
    """`elements`: what it says, in the order in which it is told. `instead_of`: the rule whose day a one-off opening takes the
    place of; `begins`, `ends`: the days of a rule. The rest is what it belongs to, where it does.
    """

    name: str
    elements: dict[str, str]
    organization: uuid.UUID | None = None
    location: uuid.UUID | None = None
    calendar: uuid.UUID | None = None
    schedule: uuid.UUID | None = None
    series: uuid.UUID | None = None
    instead_of: uuid.UUID | None = None
    begins: date | None = None
    ends: date | None = None


# The element of a rule that a one-off opening in place of one of its days changes.
DAYS_OFF = "jours retirés"
FIRST_DAY, LAST_DAY = "à partir du", "jusqu’au"


def rows_of(
    kinds: Collection[SetupKind], *, calendars: Collection[uuid.UUID], schedules: Sequence[Schedule], now: datetime
) -> dict[Key, Row]:
    """Everything of these kinds that these lines of time depend on; `schedules`: all agendas there. Of absences and closures
    those that are not long over.

    Seven queries at most, whatever there is.
    """
    found: dict[Key, Row] = {}
    if SetupKind.AGENDA in kinds:
        found |= {(SetupKind.AGENDA, one.id): _agenda(one) for one in schedules}
    if SetupKind.PLACE in kinds:
        places = {one.location_id: one.location for one in schedules}
        found |= {(SetupKind.PLACE, one.id): _place(one) for one in places.values()}
    if SetupKind.RULE in kinds:
        there = ReasonAt.objects.filter(schedule__in=schedules, active=True, reason__active=True)
        done: dict[uuid.UUID, list[ReasonAt]] = defaultdict(list)
        for at in there.select_related("reason").order_by("reason__position", "reason__label_folded", "reason_id"):
            done[at.schedule_id].append(at)
        rules = Rule.objects.filter(schedule__in=schedules).select_related("schedule__location", "schedule__calendar")
        loaded = list(rules.prefetch_related("offers__community", "days_off"))
        instead = {off.replacement_id: rule.id for rule in loaded for off in rule.days_off.all()}
        for rule in loaded:
            found[SetupKind.RULE, rule.id] = _rule(rule, done[rule.schedule_id], instead.get(rule.id))
    if SetupKind.REASON in kinds:
        reasons = Reason.objects.filter(organization__in={one.organization_id for one in schedules})
        everywhere = ReasonAt.objects.filter(reason__in=reasons).order_by("schedule__location", "schedule_id")
        where: dict[uuid.UUID, list[ReasonAt]] = defaultdict(list)
        for at in everywhere.select_related("reason", "schedule__location", "schedule__calendar__practitioner"):
            where[at.reason_id].append(at)
        found |= {(SetupKind.REASON, one.id): _reason(one, where[one.id]) for one in reasons}
    since, until = now - _LONGEST, datetime.max.replace(tzinfo=now.tzinfo) - _LONGEST
    if SetupKind.ABSENCE in kinds:
        rows = Absence.objects.filter(calendar__in=calendars).touching(since, until)
        zones = {one.calendar_id: grid_zone([one]) for one in reversed(schedules)}
        for absence in rows.select_related("schedule__location", "replacement__calendar__practitioner"):
            found[SetupKind.ABSENCE, absence.id] = _absence(absence, zones)
    if SetupKind.CLOSURE in kinds:
        rows = Closure.objects.filter(location__in={one.location_id for one in schedules}).touching(since, until)
        found |= {(SetupKind.CLOSURE, one.id): _closure(one) for one in rows.select_related("location")}
    return found


def _agenda(schedule: Schedule) -> Row:
    return Row(
        f"{schedule.calendar}, {schedule.location}",
        {
            "ouvert": _yes(schedule.active),
            "publié": _yes(schedule.published),
            "réservation en ligne": _yes(schedule.online_booking),
            "nouveaux patients": _yes(schedule.new_patients),
            "lien de téléconsultation": schedule.video_link,
            "FINESS": schedule.finess,
            "SIRET": schedule.siret,
            "rang RPPS": schedule.rpps_rank,
            "rang ADELI": schedule.adeli_rank,
        },
        organization=schedule.organization_id,
        location=schedule.location_id,
        calendar=schedule.calendar_id,
        schedule=schedule.id,
    )


def _place(location: Location) -> Row:
    return Row(
        location.name,
        {
            "nom": location.name,
            "adresse": location.full_address,
            "fuseau horaire": location.time_zone,
            "jours fériés": str(location.get_holidays_display()),
            "téléphone": written(location.phone) if location.phone else "",
            "e-mail": location.email,
            "accès de jour": location.access_by_day,
            "accès de nuit": location.access_by_night,
        },
        organization=location.organization_id,
        location=location.id,
    )


def _rule(rule: Rule, done: Sequence[ReasonAt], instead_of: uuid.UUID | None) -> Row:
    days = plain_date(rule.first_day) if rule.is_one_off else sentence(weekdays(rule.weekdays))
    hours = f"{clock(rule.start_time)} – {clock(rule.end_time)}"
    named = f"{rule.label}, {days}" if rule.label else days
    grants = grants_of(rule, lasting(done))
    names = {at.reason_id: str(at.reason) for at in done}
    return Row(
        f"{named}, {hours}, {rule.schedule.location}",
        {
            "nom": rule.label,
            "jours": "" if rule.is_one_off else weekdays(rule.weekdays),
            "heures": hours,
            "lieu": str(rule.schedule.location),
            "créneau": duration(rule.step_minutes),
            "à la fois": str(rule.capacity),
            "revient": "" if rule.every_n_weeks == 1 else f"une semaine sur {rule.every_n_weeks}",
            FIRST_DAY: plain_date(rule.first_day),
            LAST_DAY: plain_date(rule.last_day) if rule.last_day else "",
            DAYS_OFF: listed([plain_date(day) for day in days_off_of(rule)]),
            "jours fériés": "ouvert" if rule.on_holidays else "fermé",
            **_shown(rule, grants, names),
            "modes": listed(_modes(rule.consultation_types)),
            "venue": str(AppointmentType(rule.appointment_type).label),
            "motifs": listed([name for reason, name in names.items() if reason not in grants.out]),
        },
        organization=rule.organization_id,
        location=rule.schedule.location_id,
        calendar=rule.schedule.calendar_id,
        schedule=rule.schedule_id,
        instead_of=instead_of,
        begins=rule.first_day,
        ends=rule.last_day,
    )


def _reason(reason: Reason, where: Iterable[ReasonAt]) -> Row:
    elements = {
        "libellé": reason.label,
        "durée": duration(reason.minutes),
        "couleur": str(ReasonColour(reason.colour).label),
        "signe": reason.sign,
        "modes": listed(_modes(reason.consultation_types)),
        "proposé": _yes(reason.active),
        "consignes": reason.instructions,
    }
    for at in where:
        lasts = duration(at.lasts) + (f", {duration(at.buffer_after)} libres après" if at.buffer_after else "")
        elements[f"{at.schedule.calendar}, {at.schedule.location}"] = lasts if at.active else "non proposé"
    return Row(reason.label, elements, organization=reason.organization_id)


def _absence(absence: Absence, zones: Mapping[uuid.UUID, ZoneInfo]) -> Row:
    place = absence.schedule.location if absence.schedule else None
    zone = place.zone if place else zones.get(absence.calendar_id, grid_zone([]))
    return Row(
        said_when(absence, zone),
        {
            "quand": said_when(absence, zone),
            "lieu": str(place or "partout"),
            "intitulé": absence.label,
            "remplacé par": str(absence.replacement.calendar) if absence.replacement else "",
        },
        calendar=absence.calendar_id,
        schedule=absence.schedule_id,
        location=place.id if place else None,
        series=absence.series,
    )


def _closure(closure: Closure) -> Row:
    when = said_when(closure, closure.location.zone)
    return Row(
        f"{closure.location}, {when}",
        {"quand": when, "intitulé": closure.label},
        organization=closure.location.organization_id,
        location=closure.location_id,
        series=closure.series,
    )


def _shown(rule: Rule, grants: Grants, names: Mapping[uuid.UUID, str]) -> dict[str, str]:
    """To whom it is shown, an element each; then what is otherwise for a reason."""
    communities = {offer.community_id: str(offer.community) for offer in rule.offers.all() if offer.community_id}

    def to_whom(public: Public) -> str:
        audience, community = public
        return f"{SHOWN} {french.to(communities[community])}" if community else f"{SHOWN} {TO_WHOM[audience]}"

    publics = sorted({*grants.whole, *(public for _, public in grants.apart)}, key=lambda one: (one[0], str(one[1])))
    found = {} if grants.publics else {SHOWN: "au cabinet seul"}
    found |= {to_whom(public): said_window(grants.whole[public]) for public in publics if public in grants.whole}
    for (reason, public), window in grants.apart.items():
        found[f"{names[reason]}, {to_whom(public)}"] = said_window(window) if window is not None else "non"
    return found


# How the elements of who is shown something are named.
SHOWN = "montré"
TO_WHOM = {
    Audience.SNP: "au SAS",
    Audience.PRO: "aux professionnels",
    Audience.PUBLIC: "au public",
    Audience.CPTS: "à la CPTS",
}


def said_window(window: Window) -> str:
    """Oui; dès 14 j avant, jusqu’à 2 h avant."""
    since = f"dès {_before(window.shown_from)}" if window.shown_from is not None else ""
    until = f"jusqu’à {_before(window.shown_until)}" if window.shown_until else ""
    return ", ".join(filter(None, (since, until))) or "oui"


def _before(minutes: int) -> str:
    days, rest = divmod(minutes, 24 * 60)
    return f"{days}{NBSP}j avant" if days > 2 and not rest else f"{duration(minutes)} avant"


def _modes(codes: Iterable[str]) -> list[str]:
    wanted = set(codes)
    return [str(kind.label).lower() for kind in ConsultationType if kind in wanted]


def _yes(true: bool) -> str:
    return "oui" if true else "non"
