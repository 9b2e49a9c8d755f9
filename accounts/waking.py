"""The signals between services, which know nothing of Celery, and `tasks`, which wake the workers."""

from django.dispatch import Signal

# Argument: user_id, or None when nobody is to be written to.
password_reset_asked = Signal()
# Argument: user_id, on whose account too many wrong passwords were tried; None when it is nobody's.
account_tried = Signal()
# Sent after the commit. Argument: notice_id.
notice_planned = Signal()
# Sent after the commit. Argument: invitation_id.
invitation_planned = Signal()
