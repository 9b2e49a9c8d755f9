"""What reached the patients at the end, against what is written here."""

from collections import Counter
from typing import Any

from appointments.messages.services.planning import known_by_patient, told_by
from appointments.models import Appointment, PatientMessage
from appointments.models.message import LEFT
from bench.far_ends import FarEnds
from outbox import mail

_SURE = ("sent", "received")


def _may_have(message: PatientMessage) -> bool:
    """Whether it is written as one that its patient has, or may have: also one that is refused now, and was tried before."""
    return message.state in LEFT or (message.state in {"refused", "abandoned"} and message.body != "")


def judge(far: FarEnds, drained: bool) -> tuple[list[tuple[str, Any]], bool]:
    """Rows to print, the promises last, and whether all of them were kept. One mail is one Message-ID: mailboxes show it once."""
    rows = {str(one.reference): one for one in PatientMessage.objects.exclude(channel="call")}
    named = {
        mail.letter("", "", to=["x@x.test"], name=("message", one.reference)).extra_headers["Message-ID"]: one
        for one in rows.values()
    }
    mails, texts = Counter(name for name, _ in far.mails), Counter(reference for reference, _ in far.texts)
    arrived = [named[name] for name in mails if name in named] + [rows[one] for one in texts if one in rows]
    facts = Counter((one.fact, one.channel, one.address) for one in arrived)
    there = {one.pk for one in arrived}
    wrong = []
    for visit in Appointment.objects.all():
        last = visit.events.order_by("sequence").last()
        told = [one for one in rows.values() if one.appointment_id == visit.pk]
        to_call = PatientMessage.objects.filter(appointment=visit, state="to call").exists()
        if last is not None and told and not to_call and known_by_patient(visit) != told_by(last.snapshot):
            wrong.append(visit.pk)
    broken = {
        "facts told twice to one address": sum(count > 1 for count in facts.values()),
        "SMS that reached a handset twice": sum(count > 1 for count in texts.values()),
        "written as sent, and never arrived": sum(one.state in _SURE and one.pk not in there for one in rows.values()),
        "arrived, and written as if it had not": sum(one.pk in there and not _may_have(one) for one in rows.values()),
        "unknown to us": len(mails.keys() - named.keys()) + len(texts.keys() - rows.keys()),
        "patients who know another hour, and nobody is to call": len(wrong),
        "not drained": int(not drained),
    }
    shown: list[tuple[str, Any]] = [
        ("messages planned", len(rows)),
        ("of them taken back before they left", sum(one.state == "replaced" for one in rows.values())),
        ("mails that arrived", len(mails)),
        ("mails that came again under their Message-ID", sum(mails.values()) - len(mails)),
        ("SMS that arrived", len(texts)),
        ("arrived, by state", dict(Counter(f"{one.channel} {one.state}" for one in arrived))),
        ("refused for good", sum(one.state == "refused" for one in rows.values())),
        ("patients to be told by somebody", PatientMessage.objects.filter(state="to call").count()),
        *broken.items(),
    ]
    return shown, not any(broken.values())
