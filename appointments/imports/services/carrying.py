"""How a worker takes an import up, for as long as it may, and leaves it where the next one goes on."""

import logging
import time
import uuid
from functools import partial

from django.db import IntegrityError

from appointments.enums import ImportState
from appointments.imports.services import undoing, work
from appointments.imports.services.runs import count_try
from appointments.models import ImportRun
from outbox.ledger import database_clock

logger = logging.getLogger(__name__)

# Taken up that often without coming any further, it is not taken again.
MOST_TRIES = 5


def carry_on(run_id: uuid.UUID, *, until: float) -> bool:
    """Go on with it before `until` (monotonic clock); whether something is left to do."""
    run = ImportRun.objects.select_related("schedule__location", "organization").filter(pk=run_id).first()
    if run is None or not run.is_in_hand:
        return False
    if run.tries >= MOST_TRIES:
        logger.error("import %s: given up after %s tries", run_id, run.tries)
        work.give_up_on(run_id, now=database_clock())
        return False
    count_try(run_id)
    if run.state == ImportState.CHECKING:
        work.check_lines(run, now=database_clock())
        return False
    if run.state == ImportState.WRITING:
        next_lot = partial(work.write_lot, run_id, work.entries_of(run))
    else:
        next_lot = partial(undoing.undo_lot, run_id)
    while time.monotonic() < until:
        try:
            if not next_lot(now=database_clock()):
                return False
        except IntegrityError:
            # Another import wrote the same patient, or somebody booked past the lock: the lot is taken again, as it is by now.
            count_try(run_id)
            if ImportRun.objects.filter(pk=run_id, tries__gte=MOST_TRIES).exists():
                raise
    return True
