"""The bell between services, which know nothing of Celery, and `tasks`, which ring the workers."""

from django.dispatch import Signal

# Sent after the commit. Argument: message_id.
message_planned = Signal()
