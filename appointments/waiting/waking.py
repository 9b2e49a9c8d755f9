"""The signal between services, which know nothing of Celery, and `tasks`, which wake the workers. Sent after the commit."""

import uuid

from django.db import transaction
from django.dispatch import Signal

# Argument: schedule_id, at which something may have come free.
agenda_to_look_at = Signal()


def look_once_committed(schedule_id: uuid.UUID) -> None:
    # robust: what was done is committed, whatever happens to its wake-up signal.
    transaction.on_commit(lambda: agenda_to_look_at.send(sender=None, schedule_id=schedule_id), robust=True)
