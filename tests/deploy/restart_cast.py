"""Who takes part in the restart: `python -m tests.deploy.restart_cast [practitioners]`, with the product's settings.

A program of its own, because the tests' process is settled on another database. Prints JSON:
- `practitioners`: the national identifiers of eight or of as many as asked for, open each morning for two weeks;
- `slots`: keys of their free slots from tomorrow on, in no order;
- `regulators`: cookies of open sessions;
- `leaving`: regulators to be withdrawn, each with the cookie of an open session.
"""

import json
import os
import sys
from datetime import timedelta
from typing import Any

REGULATORS = 2
# Eight steps a round, what comes before and what comes after.
LEAVING_IN_A_STEP = 2
LEAVING = 10 * LEAVING_IN_A_STEP * int(os.environ.get("RESTART_ROUNDS", "1"))


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sas_agenda.settings")
    import django
    from django.conf import settings

    # Nobody of the cast signs in with a password; a slow one for each would take a minute.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django.setup()
    json.dump(_cast(practitioners=int(next(iter(sys.argv[1:]), 8))), sys.stdout)
    return 0


def _cast(*, practitioners: int) -> dict[str, Any]:
    from django.utils import timezone

    from appointments.models import Schedule
    from appointments.slots.selectors import free_slots_of
    from appointments.slots.values import REGULATOR
    from tests import factories

    place = factories.location()
    for _ in range(practitioners):
        factories.rule(schedule=factories.schedule(location=place))
    now = timezone.now()
    schedules = list(Schedule.objects.with_place())
    day = timedelta(days=1)
    slots = free_slots_of(schedules, since=now + day, until=now + 14 * day, now=now, viewer=REGULATOR)
    factories.rng.shuffle(slots)
    return {
        "practitioners": [schedule.practitioner.national_id for schedule in schedules],
        "slots": [str(slot.key) for slot in slots],
        "regulators": [session_of(factories.regulator()) for _ in range(REGULATORS)],
        "leaving": [leaving_of(factories.regulator()) for _ in range(LEAVING)],
    }


def leaving_of(regulator: Any) -> dict[str, str]:
    identifier = regulator.current_identifier
    return {
        "value": identifier.value,
        "system": identifier.system,
        "email": regulator.user.email,
        "cookie": session_of(regulator),
    }


def session_of(regulator: Any) -> str:
    """As the SAS's sign-in leaves it."""
    from django.conf import settings
    from django.test import Client

    from accounts.rights import EPOCH_KEY, REGULATOR_KEY

    client = Client()
    client.force_login(regulator.user, backend="accounts.sas_sign_in.backend.SasBackend")
    session = client.session
    session[REGULATOR_KEY], session[EPOCH_KEY] = str(regulator.id), regulator.session_epoch
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


if __name__ == "__main__":
    sys.exit(main())
