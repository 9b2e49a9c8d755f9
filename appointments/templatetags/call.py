"""Words of the pages on which a regulator chooses."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from accounts import french
from accounts.zones import name_of, there
from appointments.call.copy_line import copy_line
from appointments.call.picker import Chip, HalfDay, PlaceHours
from appointments.call.picker import Row as DayRow
from appointments.call.referrals import Row, closed_by
from appointments.call.selectors import Called, practice_of
from appointments.models import Appointment, Location, Schedule
from appointments.slots.selectors import Slot

register = template.Library()

_NO_HALF = (
    '<td><span class="half half--none"><span aria-hidden="true">–</span>'
    '<span class="visually-hidden">aucun créneau</span></span></td>'
)
# Marks that are said in words, for which an hour alone leaves no room.
_SAID = {"reason", "is_walk_in"}
_NEAR = {"aujourd’hui": "Auj.", "demain": "Demain", "après-demain": "Après-d."}


@register.simple_tag
def practice_at(address: str) -> Called | None:
    return practice_of(address)


@register.filter
def half_words(half: HalfDay, today: date) -> str:
    """ce soir; au matin."""
    return half.said(today)


@register.filter
def near_weekday(day: date, today: date) -> str:
    """Auj., Demain; else Ven.: in a narrow column."""
    return _NEAR.get(french.named_day(day, today), french.short_weekday(day).capitalize())


@register.filter
def narrow_date(day: date) -> str:
    """27 nov.: under the name of the day."""
    return french.short_date(day).partition(" ")[2]


@register.filter
def total_of(places: Iterable[PlaceHours]) -> str:
    """21 créneaux."""
    count = sum(len(chips) for place in places for _, chips in place.hours)
    return f"{count} créneau{'x' if count > 1 else ''}"


@register.simple_tag(takes_context=True)
def half_cells(context: Context, row: DayRow) -> SafeString:
    """How many there are in each part of a day: a link to its hours where there are any. Made here, as the hours are."""
    picker, kept = context["picker"], escape(context["kept"])
    day = french.day_month(row.day)
    cells = []
    for cell in row.cells:
        if not cell.count:
            cells.append(_NO_HALF)
            continue
        href = f"?{kept}&amp;demi={cell.half.code}"
        current = ' aria-current="true"' if cell.half == picker.half else ""
        said = f" créneau{'x' if cell.count > 1 else ''}, {day} {cell.half.said(picker.today)}"
        cells.append(
            f'<td><a class="half" href="{href}" hx-get="{href}"{current}>{cell.count}'
            f'<span class="visually-hidden">{said}</span></a></td>'
        )
    return mark_safe("".join(cells))  # noqa: S308  # numbers, days, and what is escaped


@register.simple_tag(takes_context=True)
def chip_items(context: Context, chips: Iterable[Chip]) -> SafeString:
    """The hours of one line of a place: each leads to `chooses` and its key; `key` is marked, `target` has the focus.

    Made here: there is nothing of which the page has more.
    """
    key, target = context["key"], context["target"]
    come, chooses = context["actor"].is_regulator, escape(context["chooses"])
    items = []
    for chip in chips:
        slot = chip.slot
        said = french.hour(slot.start.astimezone(slot.schedule.location.zone))
        if come and (desk := desk_beside(slot.start, slot.schedule.location.zone)):
            said += f'<span class="chip__mark">{desk}</span>'
        if chip.apart:
            said += render_to_string("booking/chip_marks.html", {"chip": chip, "actor": context["actor"]})
        item = '<li class="chips__said">' if chip.apart & _SAID else "<li>"
        if come and chip.marks.is_walk_in:
            items.append(f'{item}<span class="chip chip--held">{said}</span></li>')
            continue
        looks = "chip chip--mine" if slot.key == key else "chip"
        focus = " data-focus" if slot.key == target else ""
        items.append(f'{item}<a class="{looks}" data-slot href="{chooses}{slot.key}"{focus}>{said}</a></li>')
    return mark_safe("".join(items))  # noqa: S308  # an hour, a key, and what a template has escaped


@register.filter
def within(minutes: int) -> str:
    """dans 25 min; maintenant: how long until an hour."""
    return f"dans {french.duration(minutes)}" if minutes else "maintenant"


@register.filter
def house_hour(moment: datetime) -> str:
    """At the clock of the desk, for what is at no place."""
    return french.hour(timezone.localtime(moment))


@register.filter
def desk_hour(moment: datetime, zone: ZoneInfo) -> str:
    """soit 18 h 30 à Paris: at the clock of the desk, where the place's shows another hour then; blank where it is the same. With
    the day where one clock's is not the other's: soit demain à 5 h 00 à Paris.
    """
    there_, here = moment.astimezone(zone), timezone.localtime(moment)
    if there_.utcoffset() == here.utcoffset():
        return ""
    today, today_there = timezone.localdate(), timezone.localdate(timezone=zone)
    day = {-1: "la veille à ", 1: "le lendemain à "}.get((here.date() - there_.date()).days, "")
    if today != today_there and french.named_day(there_.date(), today_there):
        day = f"{french.relative_day(here.date(), today)} à "
    desk = timezone.get_default_timezone()
    return f"soit {day}{french.hour(here)} à {name_of(desk)}" if isinstance(desk, ZoneInfo) else ""


@register.filter
def desk_beside(moment: datetime, zone: ZoneInfo) -> str:
    """12 h 00 Paris: the same, under the place's hour, in little room."""
    desk = timezone.get_default_timezone()
    if not isinstance(desk, ZoneInfo) or moment.astimezone(zone).utcoffset() == moment.astimezone(desk).utcoffset():
        return ""
    return f"{french.hour(moment.astimezone(desk))}{french.NBSP}{name_of(desk)}"


@register.filter
def offered_instead(slot: Slot, gone: Schedule) -> str:
    """demain à 15 h 00, même praticien, même adresse: what is told of a slot offered instead of one at this agenda."""
    place = slot.schedule.location
    local = slot.start.astimezone(place.zone)
    when = french.day_and_hour(local, timezone.localdate(timezone=place.zone)) + there(place.zone)
    where = "même praticien, même adresse" if place == gone.location else f"même praticien, {place.name}"
    return f"{when}, {where}"


@register.filter
def audiences_of(places: Iterable[PlaceHours]) -> set[str]:
    """To whom the slots shown are shown: what their legend explains."""
    return {code for place in places for _, chips in place.hours for chip in chips for code in chip.marks.audiences}


@register.filter
def access_to(slot: Slot | Appointment | None, location: Location) -> str:
    """How one gets in for this slot or visit; in daytime where none is chosen."""
    return location.access_at(slot.start if slot is not None else None)


@register.filter
def as_sentence(text: str) -> str:
    """With its capital and its full stop, to be read after another."""
    return french.sentence(text.strip().rstrip(".")) + "."


@register.filter
def in_a_sentence(text: str) -> str:
    """Within one, and at its end: its first letter small, its full stop."""
    told = text.strip().rstrip(".")
    return f"{told[:1].lower()}{told[1:]}."


@register.filter
def line_of(appointment: Appointment) -> str:
    """For the software of the call centre."""
    return copy_line(appointment)


@register.simple_tag
def closed(row: Row, now: datetime, several_clocks: bool) -> str:
    """Aujourd’hui à 9 h 58, par vous: when the visit was closed, and by whom where that matters. Blank: it is not."""
    if row.outcome is None:
        return ""
    local = row.outcome.at.astimezone(row.zone)
    when = french.day_and_hour(local, now.astimezone(row.zone).date()) + there(row.zone, always=several_clocks)
    return french.sentence(", ".join(filter(None, (when, closed_by(row)))))


@register.simple_tag
def row_said(row: Row, now: datetime, several_clocks: bool) -> str:
    """demain à 9 h 40, K. J.: what an act on the row is about."""
    when = french.day_and_hour(row.appointment.start.astimezone(row.zone), now.astimezone(row.zone).date())
    return f"{when}{there(row.zone, always=several_clocks)}, {row.seen.patient.initials}"


@register.filter
def is_today(row: Row, now: datetime) -> bool:
    """At its place's clock."""
    return row.appointment.start.astimezone(row.zone).date() == now.astimezone(row.zone).date()
