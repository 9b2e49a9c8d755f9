"""Messages as they leave: one renderer for what is sent and for what the settings' page shows of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string

from accounts.french import NBSP, hour, long_date, short_weekday
from accounts.phones import written
from accounts.zones import there
from appointments.enums import Channel, ConsultationType, MessageKind
from appointments.messages import texts
from appointments.messages.words import ending, how_to_reach, where
from appointments.models import Appointment, MessageSettings, MessageText

_NIGHT = time(20), time(8)
_REACH = {
    MessageKind.CONFIRMATION: "Pour l’annuler ou le déplacer,",
    MessageKind.CHANGE: "Pour l’annuler ou le déplacer,",
    MessageKind.REMINDER: "Pour l’annuler ou le déplacer,",
    MessageKind.CANCELLATION: "Pour en prendre un autre,",
    MessageKind.LATE: "Si cela ne vous convient pas,",
    MessageKind.CALL_BACK: "Dès que vous le pouvez,",
    MessageKind.WAITING: "Pour toute question,",
    MessageKind.OFFER: "Pour toute question,",
}
_MOVABLE = {MessageKind.CONFIRMATION, MessageKind.CHANGE, MessageKind.REMINDER, MessageKind.LATE}
# Of no visit that is theirs: nothing is said of how one gets in, nor of what to bring.
_NOT_COMING = {MessageKind.CANCELLATION, MessageKind.WAITING, MessageKind.OFFER}
_SHORT_PLACE = {ConsultationType.VR: "téléconsultation", ConsultationType.HH: "à votre domicile"}


@dataclass(frozen=True, slots=True)
class Former:
    """The visit as its patient knew it last."""

    start: datetime
    practitioner: str = ""
    place: str = ""

    @classmethod
    def known(cls, snapshot: Mapping[str, Any]) -> "Former":
        """By what an event keeps of the visit."""
        start = datetime.fromisoformat(snapshot["start"])
        return cls(start, snapshot.get("practitioner_name", ""), snapshot.get("place") or "")


@dataclass(frozen=True, slots=True)
class Said:
    """What a message is made of. `appointment` comes with its practitioner, agenda and place.

    `minutes`: how late they are; `instead`: to whom the patient of a cancelled visit may turn; `link`: where
    they move or cancel it themselves, or answer an offer; `answer_by`: until when. `whom`: with whom they wait for an hour,
    where it is not yet known which of several.
    """

    appointment: Appointment
    kind: MessageKind
    former: Former | None = None
    minutes: int = 0
    instead: str = ""
    link: str = ""
    answer_by: datetime | None = None
    whom: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """`html` is blank for an SMS, whose `text` is in its alphabet."""

    subject: str
    text: str
    html: str = ""


def render(said: Said, channel: str, *, settings: MessageSettings, text: MessageText, now: datetime) -> Rendered:
    if channel == Channel.SMS:
        wanted = text.sms or texts.SMS[said.kind]
        return Rendered("", texts.fill_sms(wanted, sms_values(said, settings, now), kind=said.kind))
    context = _letter(said, settings, text, now)
    return Rendered(
        texts.SUBJECTS[said.kind],
        render_to_string("mails/visit.txt", context),
        render_to_string("mails/visit.html", context),
    )


def sms_values(said: Said, settings: MessageSettings, now: datetime) -> dict[str, str]:
    """Short: « demain jeu. 26/11 », « 9h00 », no blank in a number."""
    appointment, location = said.appointment, said.appointment.schedule.location
    zone = location.zone
    named = there(zone, always=appointment.is_remote).removeprefix(",")
    former = said.former.start.astimezone(zone) if said.former else None
    short = f"{location.line}, {location.city}"
    return {
        "jour": _short_day(appointment.start.astimezone(zone), now.astimezone(zone)),
        "heure": _short_hour(appointment.start, zone) + named,
        "praticien": said.whom or _who(appointment),
        "lieu": _SHORT_PLACE.get(ConsultationType(appointment.consultation_type), short),
        "acces": video_link(appointment) or access(appointment).rstrip("."),
        "telephone": written(phone).replace(NBSP, "") if (phone := phone_of(appointment)) else "le cabinet",
        "consignes": settings.to_bring.rstrip("."),
        "cabinet": location.name,
        "lien": said.link,
        "avant": f"{former:%d/%m} à {_short_hour(former, zone)}" if former else "",
        "retard": str(said.minutes),
        "vers": _short_hour(_late(said), zone),
        "limite": _limit(said, zone, now, short=True),
    }


def mail_values(said: Said, settings: MessageSettings, now: datetime) -> dict[str, str]:
    appointment, location = said.appointment, said.appointment.schedule.location
    zone = location.zone
    named = there(zone, always=appointment.is_remote)
    former = said.former.start.astimezone(zone) if said.former else None
    return {
        "jour": long_date(appointment.start.astimezone(zone).date()),
        "heure": hour(appointment.start.astimezone(zone)) + named,
        "praticien": said.whom or _who(appointment),
        "lieu": where(appointment.consultation_type, location),
        "acces": access(appointment),
        "telephone": written(phone) if (phone := phone_of(appointment)) else "le cabinet",
        "consignes": settings.to_bring,
        "cabinet": location.name,
        "lien": said.link,
        "avant": f"{long_date(former.date())} à {hour(former)}" if former else "",
        "retard": str(said.minutes),
        "vers": hour(_late(said).astimezone(zone)),
        "limite": _limit(said, zone, now, short=False),
    }


def phone_of(appointment: Appointment) -> str:
    practitioner = appointment.practitioner
    return appointment.schedule.location.phone or (practitioner.phone if practitioner else "")


def video_link(appointment: Appointment) -> str:
    return appointment.schedule.video_link if appointment.consultation_type == ConsultationType.VR else ""


def access(appointment: Appointment) -> str:
    """How one gets in at that hour; blank where nobody comes."""
    if appointment.consultation_type != ConsultationType.AMB:
        return ""
    location = appointment.schedule.location
    at = appointment.start.astimezone(location.zone).time()
    evening, morning = _NIGHT
    by_night = at >= evening or at < morning
    return (by_night and location.access_by_night) or location.access_by_day


def _letter(said: Said, settings: MessageSettings, text: MessageText, now: datetime) -> Mapping[str, Any]:
    """What both forms of a mail say: the same words, in the same order."""
    appointment, location, values = (
        said.appointment,
        said.appointment.schedule.location,
        mail_values(said, settings, now),
    )
    standing = said.kind != MessageKind.CANCELLATION
    coming = said.kind not in _NOT_COMING
    when = ("Quand", f"{values['jour']} à {values['heure']}")
    facts = [when, ("Avec", values["praticien"]), ("Où", values["lieu"])]
    if said.kind == MessageKind.WAITING:
        facts = [("Avec", values["praticien"]), ("Jusqu’au", values["jour"])]
    more = [
        ("Connexion", video_link(appointment) if coming else ""),
        ("Accès", values["acces"] if coming else ""),
        ("À apporter", settings.to_bring if coming and appointment.consultation_type == ConsultationType.AMB else ""),
    ]
    reach = how_to_reach(location, appointment.practitioner)
    return {
        "subject": texts.SUBJECTS[said.kind],
        "practice": location.name,
        "opening": texts.fill(text.mail or texts.MAIL[said.kind], values),
        "was": not standing,
        "facts": facts,
        "former": _former(said),
        "more": [(label, words) for label, words in more if words],
        "reach": f"{_REACH[said.kind]} {reach}.",
        "phone": phone_of(appointment),
        "instead": said.instead,
        "link": said.link if said.kind in _MOVABLE else "",
        "answer": said.link if said.kind == MessageKind.OFFER else "",
        "place": said.link if said.kind == MessageKind.WAITING else "",
        "ending": ending(location),
    }


def _former(said: Said) -> str:
    """What of it is different since; blank where nothing is that was told."""
    if said.former is None or said.kind != MessageKind.CHANGE:
        return ""
    appointment, location = said.appointment, said.appointment.schedule.location
    parts = []
    if said.former.start != appointment.start:
        local = said.former.start.astimezone(location.zone)
        parts.append(f"{long_date(local.date())} à {hour(local)}")
    if said.former.practitioner and said.former.practitioner != _who(appointment):
        parts.append(said.former.practitioner)
    here = where(appointment.consultation_type, location)
    if said.former.place and appointment.consultation_type == ConsultationType.AMB and said.former.place != here:
        parts.append(said.former.place)
    return ", ".join(parts)


def _who(appointment: Appointment) -> str:
    return appointment.practitioner.name if appointment.practitioner else appointment.schedule.location.name


def _late(said: Said) -> datetime:
    return said.appointment.start + timedelta(minutes=said.minutes)


def _limit(said: Said, zone: ZoneInfo, now: datetime, *, short: bool) -> str:
    """10h58; with its day where that is another."""
    if said.answer_by is None:
        return ""
    local, today = said.answer_by.astimezone(zone), now.astimezone(zone)
    clock = _short_hour(local, zone) if short else hour(local)
    if local.date() == today.date():
        return clock
    return f"{_short_day(local, today)} {clock}" if short else f"{clock}, {long_date(local.date())}"


def _short_hour(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    said = hour(local)
    plain = f"{local.hour}h{local.minute:02d}"
    _, _, season = said.partition(" (")
    return f"{plain} ({season}" if season else plain


def _short_day(local: datetime, now: datetime) -> str:
    """aujourd'hui; demain jeu. 26/11; le jeu. 26/11."""
    days = (local.date() - now.date()).days
    if days == 0:
        return "aujourd'hui"
    named = f"{short_weekday(local.date())} {local:%d/%m}"
    return f"demain {named}" if days == 1 else f"le {named}"
