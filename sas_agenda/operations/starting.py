"""Whoever serves looks at the database before: what must not be is a refusal to start, with its reason.

What the settings alone can tell (a weak key, a wildcard, mail in clear) they refuse themselves, in every process there is.
"""

import logging

from django.conf import settings
from django.db import Error, connections

from sas_agenda.operations.checks import every_wait_is_bounded, the_database_tells_nobody

logger = logging.getLogger(__name__)


def refuse_unsafe_start() -> None:
    """Raises SystemExit. A database that does not answer now is no reason: who serves waits for it."""
    if settings.LOCAL:
        return
    try:
        found = [
            one for check in (the_database_tells_nobody, every_wait_is_bounded) for one in check(databases=["default"])
        ]
    except Error as error:
        logger.warning("start: no database to look at (%s)", type(error).__name__)
        return
    finally:
        # Processes fork from here.
        connections["default"].close()
    if found:
        raise SystemExit("\n".join(f"Refused to start: {one}" for one in found))
