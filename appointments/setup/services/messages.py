"""What an organization says to its patients, when, and which way; by its managers."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from django.db import transaction

from accounts.models import Organization
from accounts.rights import Actor
from appointments.enums import MessageKind
from appointments.messages import texts
from appointments.messages.reach import new_settings
from appointments.models import MessageSettings, MessageText
from appointments.setup.services.practice import check_version, require_manager


@dataclass(frozen=True, slots=True)
class Wording:
    """Of one kind. Blank: the product's own text."""

    kind: MessageKind
    way: str
    sms: str
    mail: str


@dataclass(frozen=True, slots=True)
class Times:
    """`reminders`: minutes before the visit."""

    reminders: Sequence[int]
    quiet_from: time
    quiet_until: time
    sundays: bool
    to_bring: str


def change_messages(
    *, organization_id: uuid.UUID, version: int | None, wording: Wording, times: Times, by: Actor
) -> MessageSettings:
    """What waits is sent in the new words. Raises `NotAllowed`, `ChangedMeanwhile`."""
    with transaction.atomic():
        require_manager(organization_id, by)
        # No slot depends on it: the organization's row alone is locked, for there may be no settings yet.
        Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
        settings = MessageSettings.objects.filter(pk=organization_id).first() or new_settings(organization_id)
        check_version(settings, version, "Ces messages")
        settings.reminders = sorted(set(times.reminders), reverse=True)
        settings.quiet_from, settings.quiet_until, settings.sundays = times.quiet_from, times.quiet_until, times.sundays
        settings.to_bring = times.to_bring
        settings.version += 1
        settings.save()
        own = {"sms": _own(wording.sms, texts.SMS[wording.kind]), "mail": _own(wording.mail, texts.MAIL[wording.kind])}
        MessageText.objects.update_or_create(
            organization_id=organization_id, kind=wording.kind, defaults={"way": wording.way, **own}
        )
        return settings


def _own(text: str, ours: str) -> str:
    """Blank where it says what the product says: it follows when that changes."""
    return "" if text.split() == ours.split() else text
