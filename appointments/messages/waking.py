"""The signals between services, which know nothing of Celery, and `tasks`, which wake the workers."""

from django.dispatch import Signal

# Sent after the commit. Argument: message_id.
message_planned = Signal()
