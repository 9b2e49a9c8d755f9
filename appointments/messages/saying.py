"""How far a patient knows, in the words that pages say it in. « Averti » only where a receipt or a person says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.french import NBSP, day_and_hour, day_month, hour, listed, sentence
from appointments.enums import Channel, EventKind, MessageKind, MessageState, TellingSide
from appointments.models import AppointmentEvent, PatientMessage

TOLD = "Averti"
# After a call that nobody answered.
AGAIN = timedelta(minutes=15)
# What leaves later waits for the end of the quiet hours.
_LATER = timedelta(minutes=10)
_AS = {Channel.EMAIL: "E-mail", Channel.SMS: "SMS", Channel.CALL: "Patient"}


@dataclass(frozen=True, slots=True)
class Saying:
    """`label`: of a badge; `tone` and `icon`: its own; `line`: the same in a sentence."""

    label: str
    tone: str
    icon: str
    line: str

    @property
    def is_told(self) -> bool:
        return self.label == TOLD


def saying(message: PatientMessage, zone: ZoneInfo) -> Saying:
    by, state = _AS[Channel(message.channel)], MessageState(message.state)
    match state:
        case MessageState.RECEIVED:
            return Saying(TOLD, "ok", "check", f"reçu à {_at(message.answered_at, zone)}")
        case MessageState.TOLD:
            who = f" par {message.told_by}" if message.told_by else ""
            when = f" à {_at(message.answered_at, zone)}" if message.answered_at else ""
            return Saying(TOLD, "ok", "check", f"prévenu de vive voix{who}{when}")
        case MessageState.TO_CALL:
            return Saying("À prévenir", "warn", "alert", f"à prévenir de vive voix{NBSP}: {_why(message)}")
        case MessageState.SENT:
            return Saying(
                f"{by} envoyé", "info", "send", f"envoyé à {_at(message.sent_at, zone)}, sans accusé de réception"
            )
        case MessageState.UNKNOWN:
            return Saying("Sans nouvelle", "warn", "alert", "peut-être parti, aucun accusé de réception")
        case MessageState.REFUSED:
            return Saying("Pas arrivé", "warn", "alert", _REFUSED[Channel(message.channel)])
        case MessageState.ABANDONED:
            return Saying("Pas arrivé", "warn", "alert", "pas parti à temps")
        case MessageState.REPLACED:
            return Saying("Sans objet", "", "", _not_needed(message))
    if not message.cause and message.next_attempt_at - timezone.now() > _LATER:
        today = timezone.localdate(timezone=zone)
        when = day_and_hour(message.next_attempt_at.astimezone(zone), today)
        return Saying(f"{by} prévu", "info", "send", f"partira {when}")
    again = f"pas encore parti, nouvel essai à {_at(message.next_attempt_at, zone)}"
    return Saying(f"{by} en cours", "info", "send", again if message.cause else "en cours d’envoi")


def heading(message: PatientMessage) -> str:
    """E-mail au patient (confirmation)."""
    named = {Channel.CALL: "Patient à prévenir"}.get(
        Channel(message.channel), f"{_AS[Channel(message.channel)]} au patient"
    )
    return f"{named} ({str(MessageKind(message.kind).label).lower()})"


def missed(message: PatientMessage, zone: ZoneInfo) -> str:
    """Pas joint à 10 h 12: when somebody last called for nothing; blank: nobody did."""
    if message.state != MessageState.TO_CALL or not message.attempts:
        return ""
    called = _at(message.next_attempt_at - AGAIN, zone)
    return f"Pas joint à {called}, à rappeler à partir de {_at(message.next_attempt_at, zone)}"


def owner(message: PatientMessage) -> str:
    """Who has taken upon themself to tell the patient, in words; blank: nobody yet."""
    if not message.owner_side:
        return ""
    return message.owner_name or str(TellingSide(message.owner_side).label)


@dataclass(frozen=True, slots=True)
class Telling:
    """How a patient hears of what was just done, in a sentence (blank: there is nothing to hear); `stoppable`: not yet."""

    line: str = ""
    stoppable: bool = False


def to_be_told(
    messages: Sequence[PatientMessage], event: AppointmentEvent, *, zone: ZoneInfo, unreachable: str
) -> Telling:
    """Of what waits, or has just left, for this event; `unreachable`: why nothing can."""
    calls = [one for one in messages if one.state == MessageState.TO_CALL]
    sent = [one for one in messages if one.state in {MessageState.PLANNED, MessageState.SENT, MessageState.RECEIVED}]
    if calls:
        return Telling(f"Patient à prévenir de vive voix{NBSP}: {_why(calls[0])}.", stoppable=True)
    if not sent:
        if event.snapshot.get("untold"):
            return Telling(UNTOLD)
        return Telling(confirmation([], unreachable) if event.kind == EventKind.BOOKED else "")
    channels = [one.channel for one in sent]
    if event.kind == EventKind.BOOKED:
        return Telling(confirmation(channels))
    moment = sent[0].next_attempt_at
    seconds = round((moment - event.at).total_seconds())
    local = moment.astimezone(zone)
    when = f"dans {seconds}{NBSP}s" if seconds <= _SOON else f"{day_month(local)} à {hour(local)}"
    return Telling(sentence(f"{_ways(channels)} au patient {when}."), stoppable=sent[0].state == MessageState.PLANNED)


def confirmation(channels: Sequence[str], unreachable: str = "") -> str:
    """That a visit is taken, by these ways; none: why."""
    if channels:
        return f"Confirmation par {_ways(channels)}."
    return f"Aucune confirmation ne part{NBSP}: {_lowered(unreachable)}."


def _ways(channels: Sequence[str]) -> str:
    return listed(["SMS" if one == Channel.SMS else "e-mail" for one in channels])


_SOON = 60
UNTOLD = "Le patient n’est pas prévenu."
# Why what waited was not sent: `PatientMessage.cause`.
UNWANTED = "Le cabinet a choisi de ne pas prévenir le patient."
_REFUSED = {
    Channel.EMAIL: "refusé par un serveur de messagerie",
    Channel.SMS: "refusé par l’opérateur",
    Channel.CALL: "pas prévenu",
}


def _not_needed(message: PatientMessage) -> str:
    if message.cause == UNWANTED:
        return "pas envoyé, le cabinet a choisi de ne pas prévenir"
    return "ce n’est plus nécessaire" if message.channel == Channel.CALL else "pas envoyé, ce n’était plus nécessaire"


def _why(message: PatientMessage) -> str:
    """Its cause where that is a sentence of ours; a class of failure says nothing to a reader."""
    cause = message.cause
    return _lowered(cause) if cause.endswith(".") else "le message n’est pas arrivé"


def _lowered(words: str) -> str:
    return words[:1].lower() + words[1:].rstrip(".")


def _at(moment: datetime | None, zone: ZoneInfo) -> str:
    return hour(moment.astimezone(zone)) if moment is not None else "une heure inconnue"
