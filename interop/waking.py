"""The signals between services, which know nothing of Celery, and `tasks`, which wake the workers."""

from django.dispatch import Signal

# Sent after the commit. Argument: appointment_id.
delivery_planned = Signal()
# Sent after the commit. The SAS answers again, or an operator wants it tried: what is owed may go.
circuit_closed = Signal()
