"""What a message would say of a change that nobody has made yet: by the renderer of what is sent."""

from copy import copy
from dataclasses import dataclass
from datetime import datetime

from appointments.booking.manage_link import manage_link
from appointments.enums import Channel, MessageKind
from appointments.messages.letters import Former, Rendered, Said, render
from appointments.messages.reach import settings_of, targets_of, text_of
from appointments.messages.services.planning import known_unwritten, last_told
from appointments.messages.services.sending import instead_of
from appointments.models import Appointment, Schedule
from outbox import gsm


@dataclass(frozen=True, slots=True)
class Foretold:
    """`parts`: as how many SMS it is paid; 0 of a mail."""

    rendered: Rendered
    parts: int


def foretell(visit: Appointment, to: Schedule | None, start: datetime, *, now: datetime) -> Foretold | None:
    """What its patient would be sent if the visit went to this agenda at `start`; to none: if it were cancelled. None where no
    message reaches them. Nine queries at most.
    """
    told = last_told(visit)
    known = told.snapshot if told is not None else known_unwritten(visit)
    after, kind = visit, MessageKind.CANCELLATION
    if to is not None:
        after, kind = copy(visit), MessageKind.CHANGE if known else MessageKind.CONFIRMATION
        after.start, after.end = start, start + (visit.end - visit.start)
        after.at(to)
    if not (targets := targets_of(after, kind)):
        return None
    channel, _ = targets[0]
    former = Former.known(known) if known and kind == MessageKind.CHANGE else None
    instead = instead_of(after) if kind == MessageKind.CANCELLATION else ""
    said = Said(after, kind, former, instead=instead, link=manage_link(after))
    organization = after.organization_id
    rendered = render(said, channel, settings=settings_of(organization), text=text_of(organization, kind), now=now)
    return Foretold(rendered, gsm.sms_count(rendered.text) if channel == Channel.SMS else 0)
