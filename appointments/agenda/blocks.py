"""What stands on the agenda's grid, an appointment or a free slot, as one fragment of HTML each.

Made by code: a week holds hundreds of them, and a template takes ten times as long. Colour is the reason, the word who booked,
the sign how it stands; each is said in words too. Addresses and what depends on the page alone are made once (`Look`).
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from html import escape
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.french import NBSP, duration, hour, listed, sentence
from accounts.phones import written
from accounts.templatetags.ui import icon
from accounts.zones import apart, code_of, hour_of
from appointments.agenda.selectors.drawn import Column, Row
from appointments.booking.services.changes import may_arrive
from appointments.enums import Audience, ConsultationType, Origin, Status
from appointments.models import Appointment
from appointments.pages.breaks import Break
from appointments.slots.selectors import Slot
from appointments.waiting.selectors import Asked

_BESIDE = '<span class="appt__origin">en plus</span>'
_INSIDE = SafeString('<span class="free__inside">interne</span>')
_STATE = '<span class="appt__state{}" aria-hidden="true">{}<span>{}</span></span>'
_HIDDEN = '<span class="visually-hidden">{}</span>'
# Minutes beyond which a patient has been waiting for long.
_LONG = 20
_STATES = {Status.FULFILLED: "appt--done", Status.NOSHOW: "appt--noshow", Status.CANCELLED: "appt--cancelled"}
_SIGNS = {Status.FULFILLED: "checked", Status.NOSHOW: "absent", Status.CANCELLED: "x"}
_MODES = {ConsultationType.HH: "home", ConsultationType.VR: "video"}
_ORIGINS = {
    Origin.REGULATOR: ("appt--sas", "SAS", "Réservé par la régulation SAS"),
    Origin.PATIENT: ("appt--web", "WEB", "Réservé en ligne par le patient"),
}
# As sentences have them; made once.
_SAID_STATUS = {one: str(one.label).lower() for one in Status}
_SAID_MODE = {one: str(one.label).lower() for one in ConsultationType}


def name_for(one: Appointment, *, discreet: bool) -> str:
    """As the practice calls people: NOM Prénom; the initial of the name alone where somebody may look over a shoulder."""
    return one.patient.short_name if discreet else one.patient.listed_name


@dataclass(frozen=True)
class Look:
    """What the blocks of one page share. `booked`: the agendas in which this person books; `untold`: the visits whose patient is
    to be told; `full`: phone and note too, where a day has room for them; `changeable`: the absences and closures that this
    person may change; `place`: what alone is shown; `at_now`: the visit or slot that the page's link to now leads to; `proposed`:
    of free slots, to who waits they are proposed right now.
    """

    zone: ZoneInfo
    now: datetime
    booked: frozenset[uuid.UUID]
    untold: frozenset[uuid.UUID] = frozenset()
    discreet: bool = False
    full: bool = False
    changeable: frozenset[uuid.UUID] = frozenset()
    place: uuid.UUID | None = None
    at_now: object = None
    proposed: Mapping[tuple[uuid.UUID, datetime], Asked] = field(default_factory=dict)

    def items(self, column: Column) -> SafeString:
        """The lines of the day's list."""
        lines = [f'<li class="{row.zone_css}{row.css}">{self._inner(row, column)}</li>' for row in column.rows]
        return mark_safe("".join(lines))  # noqa: S308 - what people typed is escaped in each

    def _inner(self, row: Row, column: Column) -> str:
        if row.appointment is not None:
            return self._appointment(row.appointment, column)
        if row.slot is not None:
            return self._slot(row.slot, row.lengths, column)
        if row.crowd:
            return self._crowd(row, column)
        if row.breaks:
            return f'<div class="absence">{"".join(self._break(one, column) for one in row.breaks)}</div>'
        times = f" de {row.starts} à {row.ends}"
        if row.taken:
            return f'<div class="absence"><p class="absence__label">Occupé{_HIDDEN.format(times)}</p></div>'
        if row.away:
            said = _HIDDEN.format(f", {escape(row.away)},{times}")
            return f'<div class="absence" title="{escape(row.away)}"><p class="absence__label">Occupé ailleurs{said}</p></div>'
        if row.idle:
            return _HIDDEN.format(f"Libre{times}")
        return f'<div class="closed">{_HIDDEN.format(f"Fermé{times}")}</div>'

    # --- An appointment ----------------------------------------------------------------------------------------------
    def _appointment(self, one: Appointment, column: Column) -> str:
        place = one.schedule.location
        zone = self._zone(place.time_zone)
        status, waited = Status(one.status), self._waited(one)
        looks = " ".join(["appt", *self._looks(one, status), *(["appt--in"] if waited is not None else [])])
        reason = f'<span class="appt__why">{escape(one.reason.label)}</span>' if one.reason is not None else ""
        more = " · ".join(filter(None, [place.name if len(column.places) > 1 else "", *self._details(one)]))
        state = _SAID_STATUS[status] if waited is None else f"en salle d’attente depuis {duration(waited)}"
        return (
            f'<a class="{looks}" href="{self._visit_address(one.id)}"{self._acts(one)}{self._anchor(one)}>'
            f'<span class="appt__line"><span class="appt__time">{hour(one.start.astimezone(zone))}{self._clock(zone)}</span>'
            f'<span class="appt__who">{escape(self.name_of(one))}</span>{reason}{self._marks(one, status, waited)}</span>'
            + (f'<span class="appt__more">{escape(more)}</span>' if more else "")
            + f'<span class="visually-hidden">, jusqu’à {hour(one.end.astimezone(zone))}, '
            f"{_SAID_MODE[ConsultationType(one.consultation_type)]}, {state}</span></a>"
        )

    def name_of(self, one: Appointment) -> str:
        return name_for(one, discreet=self.discreet)

    def _looks(self, one: Appointment, status: Status) -> list[str]:
        found = [one.reason.colour] if one.reason is not None and one.reason.colour.startswith("tone-") else []
        if status in _STATES:
            return [*found, _STATES[status]]
        return found or ([_ORIGINS[Origin(one.origin)][0]] if one.origin in _ORIGINS else [])

    def _waited(self, one: Appointment) -> int | None:
        """For how many minutes the patient has been there, until somebody says what became of the visit."""
        if one.arrived_at is None or one.status != Status.BOOKED or not may_arrive(one, self.now):
            return None
        return max(0, int((self.now - one.arrived_at).total_seconds() // 60))

    def _acts(self, one: Appointment) -> str:
        """What keys and drags need (visits.js, moving.js), where this person may use them."""
        if one.schedule_id not in self.booked or one.status == Status.CANCELLED:
            return ""
        return f' data-version="{one.version}" data-minutes="{one.minutes}"'

    def _anchor(self, item: object) -> str:
        return ' id="maintenant"' if item is self.at_now else ""

    def _details(self, one: Appointment) -> list[str]:
        if not self.full or self.discreet:
            return []
        return [written(one.contact_phone) if one.contact_phone else "", one.note]

    def _marks(self, one: Appointment, status: Status, waited: int | None) -> str:
        marks = []
        if waited is not None:
            marks.append(
                _STATE.format(" appt__state--late" if waited > _LONG else "", self._icon("seat"), duration(waited))
            )
        if one.late_minutes and waited is None and status == Status.BOOKED:
            marks.append(self._sign("bell", f"retard de {duration(one.late_minutes)}"))
        if one.id in self.untold:
            marks.append(self._sign("alert", "patient à prévenir"))
        if status == Status.BOOKED and one.end <= self.now:
            marks.append(self._sign("todo", "à clore"))
        if one.overbooked and status != Status.CANCELLED:
            marks.append(_BESIDE)
        if one.origin in _ORIGINS:
            _, word, said = _ORIGINS[Origin(one.origin)]
            marks.append(f'<abbr class="appt__origin" title="{said}">{word}</abbr>')
        signs = (_MODES.get(ConsultationType(one.consultation_type)), _SIGNS.get(status))
        marks += [self._icon(name) for name in signs if name]
        return f'<span class="appt__marks">{"".join(marks)}</span>' if marks else ""

    def _sign(self, name: str, said: str) -> SafeString:
        return self._once("sign", said, lambda: format_html(
            '<span class="appt__alert" title="{}">{}<span class="visually-hidden">, {},</span></span>',
            sentence(said), self._icon(name), said,
        ))  # fmt: skip

    # --- A free slot, and those that found no lane -------------------------------------------------------------------
    def _slot(self, slot: Slot, lengths: tuple[int, ...], column: Column) -> str:
        location = slot.schedule.location
        zone = self._zone(location.time_zone)
        long = (
            f'<span class="free__long">{listed([str(one) for one in lengths], "ou")}{NBSP}min</span>' if lengths else ""
        )
        inner = (
            '<span class="nowrap"><span class="visually-hidden">Créneau libre, </span>'
            f"{hour(slot.start.astimezone(zone))}{self._clock(zone)}</span>{long}"
            f"{self._place(location.name) if len(column.places) > 1 else ''}"
            f"{self._proposed(slot, zone) or self._offered(slot)}"
        )
        if slot.schedule.id in self.booked:
            return f'<a class="free" href="{self._booking_address}?creneau={slot.key}"{self._anchor(slot)}>{inner}</a>'
        return f'<div class="free">{inner}</div>'

    def _proposed(self, slot: Slot, zone: ZoneInfo) -> str:
        """Whoever books it all the same does so knowingly."""
        asked = self.proposed.get((slot.schedule.id, slot.start))
        if asked is None:
            return ""
        name = escape(asked.patient.short_name if self.discreet else asked.patient.listed_name)
        said = f"proposé à {name} jusqu’à {hour(asked.until.astimezone(zone))}"
        return f'<span class="free__asked" title="{said}">{said}</span>'

    def _offered(self, slot: Slot) -> str:
        """Most slots of a page are offered to the same people: made once for each offer."""
        offer = slot.offer
        return self._once("offer", f"{offer.audiences}{offer.consultation_types}", lambda: mark_safe("".join(  # noqa: S308
            [self._mode(code) for code in offer.consultation_types if code != ConsultationType.AMB]
            + ([self._audience(code) for code in offer.audiences] or [_INSIDE])
        )))  # fmt: skip

    def _crowd(self, row: Row, column: Column) -> str:
        address = reverse("agenda-day", args=[column.practitioner.pk, column.day]) + (
            f"?lieu={self.place}" if self.place else ""
        )
        said = _HIDDEN.format(f" autres à {row.starts}, dans la liste du jour")
        return f'<a class="free free--more" href="{address}#sans-place">+{NBSP}{len(row.crowd)}{said}</a>'

    # --- Why nobody is received --------------------------------------------------------------------------------------
    def _break(self, one: Break, column: Column) -> str:
        said = _HIDDEN.format(escape(f", {one.said} {one.when}"))
        if one.id in self.changeable and not one.places:
            address = reverse(one.kind, args=[column.practitioner.pk, one.id])
            return f'<a class="absence__label" href="{address}">{escape(one.name)}{said}</a>'
        # Slots of another place would cover its name: the head of the day says it.
        look = "visually-hidden" if one.places and one.id else "absence__label"
        where = f" · {escape(one.where)}" if one.places else ""
        return f'<span class="{look}">{escape(one.name)}{where}{said}</span>'

    # --- Made once a page --------------------------------------------------------------------------------------------
    @cached_property
    def _booking_address(self) -> str:
        return reverse("book-slot")

    @cached_property
    def _visit_address(self) -> Callable[[uuid.UUID], str]:
        before, _, after = reverse("appointment", args=[uuid.UUID(int=0)]).partition(str(uuid.UUID(int=0)))
        return lambda pk: f"{before}{pk}{after}"

    @cached_property
    def _zones(self) -> dict[str, ZoneInfo]:
        return {self.zone.key: self.zone}

    def _zone(self, key: str) -> ZoneInfo:
        return self._zones.get(key) or self._zones.setdefault(key, ZoneInfo(key))

    @cached_property
    def _made(self) -> dict[tuple[str, str], SafeString]:
        return {}

    def _once(self, kind: str, of: str, make: Callable[[], SafeString]) -> SafeString:
        if (kind, of) not in self._made:
            self._made[kind, of] = make()
        return self._made[kind, of]

    def _icon(self, name: str) -> SafeString:
        return self._once("icon", name, lambda: icon(name))

    def _clock(self, zone: ZoneInfo) -> str:
        """Whose hour it is, beside those of the grid: in words where there is room, else by the code that the legend tells."""
        if zone.key == self.zone.key:
            return ""
        return self._once("clock", zone.key, lambda: format_html(
            '<span class="clock__words">{}</span><abbr class="clock" aria-hidden="true" title="{}">{}</abbr>',
            apart(zone, self.zone), sentence(hour_of(zone)), code_of(zone),
        ))  # fmt: skip

    def _place(self, name: str) -> SafeString:
        return self._once("place", name, lambda: format_html(
            '<span class="free__place" title="{}"><span class="visually-hidden">, </span>{}</span>', name, name
        ))  # fmt: skip

    def _mode(self, code: str) -> SafeString:
        kind = ConsultationType(code)
        return self._once("mode", code, lambda: format_html(
            '<span class="free__mode" title="{}">{}<span class="visually-hidden">{}</span></span>',
            kind.label, self._icon(_MODES[kind]), kind.label,
        ))  # fmt: skip

    def _audience(self, code: str) -> SafeString:
        kind = Audience(code)
        return self._once("audience", code, lambda: format_html(
            '<abbr class="tag tag--{}" title="{}">{}</abbr>', kind.value.lower(), kind.label, kind.value
        ))  # fmt: skip
