"""A practitioner's calendar address: made, made anew, withdrawn. Only the practitioner does, and nobody can read it again."""

import secrets
import uuid
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from accounts.rights import Actor
from appointments.exceptions import ChangedMeanwhile, NotAllowed
from appointments.models import CalendarFeed
from appointments.paper.selectors.feed import Told, hashed

# How long a reading need not be noted again.
NOTED_FOR = timedelta(hours=1)
_CHANGED = "Votre adresse de calendrier a changé entre-temps\u00a0: relisez, puis recommencez si c’est toujours voulu."


def make_feed(*, practitioner_id: uuid.UUID, version: int | None, with_names: bool, by: Actor, now: datetime) -> str:
    """The secret of the new address; one of before opens nothing any more. `version` is 0 where there was none.

    Raises `NotAllowed`, `ChangedMeanwhile`.
    """
    secret = secrets.token_urlsafe(32)
    values = {
        "secret_hash": hashed(secret), "with_names": with_names, "made_at": now, "digest": "", "changed_at": now,
        "last_read_at": None, "version": (version or 0) + 1,
    }  # fmt: skip
    try:
        with transaction.atomic():
            feed = _locked(practitioner_id, version, by)
            if feed is None:
                CalendarFeed.objects.create(practitioner_id=practitioner_id, **values)
            else:
                CalendarFeed.objects.filter(pk=feed.pk).update(**values)
    except IntegrityError:
        # Another was made at the same moment.
        raise ChangedMeanwhile(_CHANGED) from None
    return secret


def end_feed(*, practitioner_id: uuid.UUID, version: int | None, by: Actor) -> None:
    """Raises `NotAllowed`, `ChangedMeanwhile`."""
    with transaction.atomic():
        feed = _locked(practitioner_id, version, by)
        if feed is not None:
            feed.delete()


def note_reading(feed: CalendarFeed, told: Told, *, now: datetime) -> None:
    """When its content changed, and when it was last read, to the hour."""
    noted = feed.last_read_at is not None and feed.last_read_at > now - NOTED_FOR
    if noted and told.digest == feed.digest:
        return
    # Of this address: one made anew meanwhile has not been read.
    CalendarFeed.objects.filter(pk=feed.pk, secret_hash=feed.secret_hash).update(
        digest=told.digest, changed_at=told.changed_at, last_read_at=now
    )


def _locked(practitioner_id: uuid.UUID, version: int | None, by: Actor) -> CalendarFeed | None:
    if practitioner_id not in by.own:
        raise NotAllowed
    feed = CalendarFeed.objects.select_for_update().filter(practitioner=practitioner_id).first()
    if (feed.version if feed is not None else 0) != version:
        raise ChangedMeanwhile(_CHANGED)
    return feed
