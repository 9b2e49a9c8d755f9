"""What stands on the agenda's grid, an appointment or a free slot, as one fragment of HTML each.

Made by code: a week holds hundreds of them, and a template takes ten times as long. Colour is the reason, the word who booked,
the sign how it stands; each is said in words too. Addresses and what depends on the page alone are made once (`Look`).
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.french import duration, hour, sentence
from accounts.phones import written
from accounts.templatetags.ui import icon
from accounts.zones import apart, code_of, hour_of
from appointments.booking.services.changes import may_arrive
from appointments.enums import Audience, ConsultationType, Origin, Status
from appointments.models import Appointment
from appointments.slots.selectors import Slot

_NONE = SafeString()
_BESIDE = SafeString('<span class="appt__origin">en plus</span>')
_INSIDE = SafeString('<span class="free__inside">interne</span>')
_STATE = '<span class="appt__state{}" aria-hidden="true">{}<span>{}</span></span>'
# Minutes beyond which a patient has been waiting for long.
_LONG = 20
_STATES = {Status.FULFILLED: "appt--done", Status.NOSHOW: "appt--noshow", Status.CANCELLED: "appt--cancelled"}
_SIGNS = {Status.FULFILLED: "checked", Status.NOSHOW: "absent", Status.CANCELLED: "x"}
_MODES = {ConsultationType.HH: "home", ConsultationType.VR: "video"}
_ORIGINS = {
    Origin.REGULATOR: ("appt--sas", "SAS", "Réservé par la régulation SAS"),
    Origin.PATIENT: ("appt--web", "WEB", "Réservé en ligne par le patient"),
}


def name_for(one: Appointment, *, discreet: bool) -> str:
    """As the practice calls people: NOM Prénom; the initial of the name alone where somebody may look over a shoulder."""
    return one.patient.short_name if discreet else one.patient.listed_name


@dataclass(frozen=True)
class Look:
    """What the blocks of one page share. `booked`: the agendas in which this person books; `untold`: the visits whose patient is
    to be told; `full`: phone and note too, where a day has room for them.
    """

    zone: ZoneInfo
    now: datetime
    booked: frozenset[uuid.UUID]
    untold: frozenset[uuid.UUID] = frozenset()
    several_places: bool = False
    discreet: bool = False
    full: bool = False

    def draw(self, item: Appointment | Slot, css: str) -> SafeString:
        """One line of the day's list; `css` says where it stands."""
        inner = self._appointment(item) if isinstance(item, Appointment) else self._slot(item)
        return format_html('<li class="{}">{}</li>', css, inner)

    # --- An appointment ----------------------------------------------------------------------------------------------
    def _appointment(self, one: Appointment) -> SafeString:
        zone = one.schedule.location.zone
        status, waited = Status(one.status), self._waited(one)
        reason = one.reason.label if one.reason is not None else ""
        more = [reason, one.schedule.location.name if self.several_places else "", *self._details(one)]
        return format_html(
            '<a class="{}" href="{}"{}><span class="appt__line"><span class="appt__time">{}{}</span>'
            '<span class="appt__who">{}</span>{}{}</span><span class="appt__more">{}</span>'
            '<span class="visually-hidden">, jusqu’à {}, {}, {}</span></a>',
            " ".join(["appt", *self._looks(one, status), *(["appt--in"] if waited is not None else [])]),
            self._visit_address(one.id),
            self._acts(one),
            hour(one.start.astimezone(zone)),
            self._clock(zone),
            self.name_of(one),
            format_html('<span class="appt__why" aria-hidden="true">{}</span>', reason) if reason else "",
            self._marks(one, status, waited),
            " · ".join(part for part in more if part),
            hour(one.end.astimezone(zone)),
            ConsultationType(one.consultation_type).label.lower(),
            status.label.lower() if waited is None else f"en salle d’attente depuis {duration(waited)}",
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

    def _acts(self, one: Appointment) -> SafeString:
        """What keys and drags need (visits.js, moving.js), where this person may use them."""
        if one.schedule_id not in self.booked or one.status == Status.CANCELLED:
            return _NONE
        return format_html(' data-version="{}" data-minutes="{}"', one.version, one.minutes)

    def _details(self, one: Appointment) -> list[str]:
        if not self.full or self.discreet:
            return []
        return [written(one.contact_phone) if one.contact_phone else "", one.note]

    def _marks(self, one: Appointment, status: Status, waited: int | None) -> SafeString:
        marks = []
        if waited is not None:
            late = " appt__state--late" if waited > _LONG else ""
            marks.append(format_html(_STATE, late, self._icon("seat"), duration(waited)))
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
            marks.append(format_html('<abbr class="appt__origin" title="{}">{}</abbr>', said, word))
        signs = (_MODES.get(ConsultationType(one.consultation_type)), _SIGNS.get(status))
        marks += [self._icon(name) for name in signs if name]
        return format_html('<span class="appt__marks">{}</span>', mark_safe("".join(marks))) if marks else _NONE  # noqa: S308

    def _sign(self, name: str, said: str) -> SafeString:
        return format_html(
            '<span class="appt__alert" title="{}">{}<span class="visually-hidden">, {},</span></span>',
            sentence(said), self._icon(name), said,
        )  # fmt: skip

    # --- A free slot -------------------------------------------------------------------------------------------------
    def _slot(self, slot: Slot) -> SafeString:
        location, offer = slot.schedule.location, slot.offer
        modes = [self._mode(code) for code in offer.consultation_types if code != ConsultationType.AMB]
        audiences = [self._audience(code) for code in offer.audiences] or [_INSIDE]
        inner = format_html(
            '<span class="nowrap"><span class="visually-hidden">Créneau libre, </span>{}{}</span>{}{}',
            hour(slot.start.astimezone(location.zone)),
            self._clock(location.zone),
            self._place(location.name) if self.several_places else "",
            mark_safe("".join([*modes, *audiences])),  # noqa: S308 - each is a fragment made below
        )
        if slot.schedule.id in self.booked:
            return format_html('<a class="free" href="{}?creneau={}">{}</a>', self._booking_address, slot.key, inner)
        return format_html('<div class="free">{}</div>', inner)

    # --- Made once a page --------------------------------------------------------------------------------------------
    @cached_property
    def _booking_address(self) -> str:
        return reverse("book-slot")

    @cached_property
    def _visit_address(self) -> Callable[[uuid.UUID], str]:
        before, _, after = reverse("appointment", args=[uuid.UUID(int=0)]).partition(str(uuid.UUID(int=0)))
        return lambda pk: f"{before}{pk}{after}"

    @cached_property
    def _made(self) -> dict[tuple[str, str], SafeString]:
        return {}

    def _once(self, kind: str, of: str, make: Callable[[], SafeString]) -> SafeString:
        if (kind, of) not in self._made:
            self._made[kind, of] = make()
        return self._made[kind, of]

    def _icon(self, name: str) -> SafeString:
        return self._once("icon", name, lambda: icon(name))

    def _clock(self, zone: ZoneInfo) -> SafeString:
        """Whose hour it is, beside those of the grid: in words where there is room, else by the code that the legend tells."""
        if zone.key == self.zone.key:
            return _NONE
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
