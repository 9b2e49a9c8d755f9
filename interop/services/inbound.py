"""The ledger of what the SAS calls us for about regulators' accounts (INT_R02): what became of each call, and no more.

No patient is concerned by these calls, and no regulator is named here: the identifier is masked, the body is not kept,
a refusal is told by its code and element. Slot searches are not written down: a search writes no row.
"""

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import Error, transaction

from accounts.models import Regulator, RegulatorIdentifier
from interop.enums import CallResult
from interop.fhir.values import RegulatorRecord
from interop.models import InboundCall

logger = logging.getLogger(__name__)

# Twelve months: the CNIL's recommendation for logs (2021-122) is six to twelve.
KEPT = timedelta(days=365)
# Calls without an accepted certificate that are written down per hour: anybody can make them.
_STRANGERS_PER_HOUR = 60
_STRANGER = 403
# A call of the SAS does not wait for more.
_FORGOTTEN_AT_ONCE = 100
_PLAIN_PATH = re.compile(r"[A-Za-z][\w.\[\]-]*", re.ASCII)


@dataclass(slots=True)
class CallNotes:
    """What is learnt about a call while it is answered."""

    identifier: str = ""
    result: CallResult = CallResult.REFUSED
    regulator: Regulator | None = None
    caller: str = ""


def record_call(
    *, notes: CallNotes, method: str, route: str, status: int, issue: dict[str, Any], duration: timedelta, at: datetime
) -> None:
    """Write the call down, and forget those older than `KEPT`. `issue` is the first one of the answer.

    Never fails: the account is changed already, and the SAS must hear so.
    """
    accepted = status in {200, 201}
    try:
        with transaction.atomic():
            if status == _STRANGER and _many_strangers(at):
                return
            InboundCall.objects.create(
                at=at,
                method=method,
                route=route[:100],
                result=notes.result if accepted else CallResult.REFUSED,
                status_code=status,
                identifier=masked(notes.identifier),
                fault="" if accepted else str(issue.get("code", ""))[:30],
                element="" if accepted else _element(issue),
                caller=notes.caller[:200],
                regulator=notes.regulator,
                duration_ms=int(duration.total_seconds() * 1000),
            )
            forget_calls(now=at, limit=_FORGOTTEN_AT_ONCE)
    except Error:
        logger.exception("a call of the SAS could not be written down")


def forget_calls(*, now: datetime, limit: int) -> int:
    """At most `limit` of those older than `KEPT`; how many. At each call, and each night: a SAS that calls no more must not
    keep the last ones."""
    past = list(InboundCall.objects.filter(at__lt=now - KEPT).order_by("at").values_list("pk", flat=True)[:limit])
    if past:
        InboundCall.objects.filter(pk__in=past).delete()
    return len(past)


def result_of(
    *, before: Regulator | None, identifier: RegulatorIdentifier | None, record: RegulatorRecord, created: bool
) -> CallResult:
    """What an accepted call changed, from the account as it was just before, and its identifier then."""
    if created or before is None:
        return CallResult.CREATED
    if before.active and not record.active:
        return CallResult.WITHDRAWN
    return CallResult.UNCHANGED if _says_nothing_new(before, identifier, record) else CallResult.UPDATED


def masked(identifier: str) -> str:
    """Its end only: enough to recognise one that is known, not enough to learn one. `…1243`, `…c` for a short one."""
    if not identifier:
        return ""
    return "…" + identifier[-4 if len(identifier) >= 8 else -1 :]


def _says_nothing_new(before: Regulator, identifier: RegulatorIdentifier | None, record: RegulatorRecord) -> bool:
    known = (before.family_name, before.given_name, before.email.casefold(), before.active)
    told = (record.family, record.given_name, record.email.casefold(), record.active)
    same_identifier = identifier is not None and (identifier.system, identifier.value) == (record.system, record.value)
    return same_identifier and known == told


def _many_strangers(at: datetime) -> bool:
    since = at - timedelta(hours=1)
    return InboundCall.objects.filter(status_code=_STRANGER, at__gt=since).count() >= _STRANGERS_PER_HOUR


def _element(issue: dict[str, Any]) -> str:
    """The faulty element's path; nothing that is not plainly one, for it might be a value."""
    paths = issue.get("expression") or issue.get("location") or [""]
    return paths[0][:200] if _PLAIN_PATH.fullmatch(paths[0]) else ""
