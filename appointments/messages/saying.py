"""How far a patient knows, in the words that pages say it in. « Averti » only where a receipt or a person says so."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.french import NBSP, hour
from appointments.enums import Channel, MessageKind, MessageState, TellingSide
from appointments.models import PatientMessage

TOLD = "Averti"
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
            return Saying("Sans objet", "", "", "pas envoyé, il n’avait plus d’objet")
    again = f"pas encore parti, nouvel essai à {_at(message.next_attempt_at, zone)}"
    return Saying(f"{by} en cours", "info", "send", again if message.cause else "en cours d’envoi")


def heading(message: PatientMessage) -> str:
    """E-mail au patient (confirmation)."""
    named = {Channel.CALL: "Patient à prévenir"}.get(
        Channel(message.channel), f"{_AS[Channel(message.channel)]} au patient"
    )
    return f"{named} ({str(MessageKind(message.kind).label).lower()})"


def owner(message: PatientMessage) -> str:
    """Who has taken upon themself to tell the patient, in words; blank: nobody yet."""
    if not message.owner_side:
        return ""
    return message.owner_name or str(TellingSide(message.owner_side).label)


_REFUSED = {
    Channel.EMAIL: "refusé par un serveur de messagerie",
    Channel.SMS: "refusé par l’opérateur",
    Channel.CALL: "pas prévenu",
}


def _why(message: PatientMessage) -> str:
    """Its cause where that is a sentence of ours; a class of failure says nothing to a reader."""
    cause = message.cause
    return cause[:1].lower() + cause[1:].rstrip(".") if cause.endswith(".") else "le message n’est pas arrivé"


def _at(moment: datetime | None, zone: ZoneInfo) -> str:
    return hour(moment.astimezone(zone)) if moment is not None else "une heure inconnue"
