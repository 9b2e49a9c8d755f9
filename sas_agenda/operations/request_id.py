"""The identifier that ties together all the lines of one request, and of the tasks it woke."""

import re
import secrets
from contextvars import ContextVar

HEADER = "X-Request-ID"
# Name of the header of Celery's messages that carries it.
MESSAGE_HEADER = "sas_agenda_request_id"

# Empty outside of any request and task.
current: ContextVar[str] = ContextVar("request_id", default="")

_WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")


def accepted_or_new(given: str) -> str:
    """The caller's own identifier when it looks like one; anything else could smuggle text into the logs."""
    return given if _WELL_FORMED.match(given) else secrets.token_hex(16)
