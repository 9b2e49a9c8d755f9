"""Celery tasks of booking: thin callers of services."""

from celery import shared_task

from appointments.booking.services.drafts import forget_drafts


@shared_task(time_limit=60)
def sweep_drafts() -> None:
    """What was typed and left: a copy of the database does not keep it."""
    forget_drafts()
