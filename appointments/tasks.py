"""Celery tasks of the agenda: thin callers of services."""

from celery import shared_task
from django.utils import timezone

from appointments.services.messages import due_messages
from appointments.services.messages import send_message as send_message_now
from appointments.waking import message_planned
from sas_agenda.celery import ring


@shared_task
def send_message(message_id: int) -> None:
    send_message_now(message_id=message_id, now=timezone.now())


@shared_task
def sweep_messages() -> None:
    for message_id in due_messages(now=timezone.now()):
        send_message_now(message_id=message_id, now=timezone.now())


def wake(sender: object, message_id: int, **_: object) -> None:
    ring(send_message, message_id)


message_planned.connect(wake, dispatch_uid="appointments.tasks.wake")
