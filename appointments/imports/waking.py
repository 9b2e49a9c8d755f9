"""The signals between services, which know nothing of Celery, and `tasks`, which wake the workers. Sent after the commit."""

from django.dispatch import Signal

# Argument: run_id.
import_in_hand = Signal()
# Argument: other_id.
other_calendar_due = Signal()
