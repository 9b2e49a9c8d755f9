"""Signs of life of the workers, one for each queue, and of beat.

Beat notes its own when it has handed a `heartbeat` task to the broker, one to each queue; a worker notes the queue's when it
has run a task that came through it. Without beat a worker has nothing to run, so that its silence then tells nothing about
it: `silent_parts` names beat alone.
"""

from datetime import timedelta

from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now
from django.utils import timezone

from sas_agenda.operations.enums import Part
from sas_agenda.operations.models import Heartbeat

SECONDS = 15
SILENT_AFTER = timedelta(seconds=60)


def note(part: Part) -> None:
    """This process lives. The database's clock counts: machines disagree."""
    if not Heartbeat.objects.filter(part=part).update(at=Now()):
        Heartbeat.objects.bulk_create([Heartbeat(part=part, at=timezone.now())], ignore_conflicts=True)


def ages() -> dict[Part, timedelta | None]:
    """Since when each is silent; None when it never gave a sign."""
    age = ExpressionWrapper(Now() - F("at"), output_field=DurationField())
    known = dict(Heartbeat.objects.annotate(age=age).values_list("part", "age"))
    return {part: known.get(part) for part in Part}


def is_silent(age: timedelta | None) -> bool:
    return age is None or age > SILENT_AFTER


def silent_parts(found: dict[Part, timedelta | None]) -> list[Part]:
    """Those to blame."""
    if is_silent(found[Part.BEAT]):
        return [Part.BEAT]
    return [part for part in Part if is_silent(found[part])]
