"""What breaks meanwhile, besides the SAS itself (bench.hostile_sas)."""

import random
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from bench.fragile import Instance
from bench.hostile_sas import HostileSas
from bench.identities import Identities
from interop.enums import DeliveryState
from interop.models import Delivery, SasCircuit

EVERY = 2.2  # seconds
HOUR = timedelta(hours=1)
# Who lets nobody in says so as often, or for as many seconds: the workers may just have been killed.
BARRED, AT_MOST = 4, 20.0
_KINDS = (
    "worker killed -9",
    "both workers killed -9",
    "task process killed -9",
    "beat killed -9",
    "Valkey emptied",
    "Valkey killed -9",
    "SAS down",
    "SAS lets nobody in",
    "our certificate replaced by a wrong one",
    "the SAS's certificate replaced by a wrong one",
    "clock one hour forward",
    "clock one hour back",
)


class Faults:
    """One of each kind in a random order, then again. What was killed is started again a little later."""

    def __init__(self, choice: random.Random, instance: Instance, sas: HostileSas, identities: Identities) -> None:
        self._choice, self._instance, self._sas, self._identities = choice, instance, sas, identities
        self._deck: list[str] = []
        self._next = time.monotonic() + EVERY
        self._restart = float("inf")
        self._barred = 0
        self._clock = timedelta()
        self.done: Counter[str] = Counter()

    @property
    def all_came(self) -> bool:
        return len(self.done) == len(_KINDS)

    def step(self) -> None:
        now = time.monotonic()
        if now >= self._restart:
            self._instance.start()
            self._restart = float("inf")
        if now < self._next or (self._sas.barred < self._barred and now < self._next + AT_MOST):
            return
        self._next, self._barred = now + EVERY, 0
        self._let_in()
        self._set_clock(timedelta())
        if not self._deck:
            self._deck = self._choice.sample(_KINDS, len(_KINDS))
        kind = self._deck.pop()
        self._cause(kind)
        self.done[kind] += 1
        if "killed" in kind:
            self._restart = min(self._restart, now + self._choice.uniform(0.2, 1.5))

    def end(self) -> None:
        """No more faults. What a wrong clock put an hour ahead is brought back: as if that hour had passed."""
        self._sas.calm = True
        self._let_in()
        self._set_clock(timedelta())
        self._instance.start()
        _shift(-HOUR, later_than=timezone.now() + timedelta(minutes=10))

    def _let_in(self) -> None:
        self._sas.down = self._sas.barring = False
        self._identities.restore()

    def _cause(self, kind: str) -> None:
        workers = self._instance.workers
        match kind:
            case "worker killed -9":
                self._choice.choice(workers[:2]).kill()
            case "both workers killed -9":
                for worker in workers[:2]:
                    worker.kill()
            case "task process killed -9":
                self._instance.kill_task_process(self._choice)
            case "beat killed -9":
                workers[2].kill()
            case "Valkey emptied":
                self._instance.empty_valkey()
            case "Valkey killed -9":
                self._instance.valkey.kill()
            case "SAS down":
                self._sas.down = True
            case "SAS lets nobody in":
                self._sas.barring = True
                self._barred = self._sas.barred + BARRED
            case "our certificate replaced by a wrong one":
                self._identities.replace_ours()
            case "the SAS's certificate replaced by a wrong one":
                self._identities.replace_theirs()
            case "clock one hour forward":
                self._set_clock(HOUR)
            case "clock one hour back":
                self._set_clock(-HOUR)

    def _set_clock(self, offset: timedelta) -> None:
        """Seen from the rows, a clock that goes forward is a world whose moments are all earlier."""
        if offset != self._clock:
            _shift(self._clock - offset)
            self._clock = offset


def _shift(by: timedelta, later_than: datetime | None = None) -> None:
    """Move every moment that deliveries and the circuit wait for; with `later_than`, only those after it."""
    with transaction.atomic():
        # In the order in which the product locks them.
        waiting = Delivery.objects.filter(state__in=[DeliveryState.RETRYING, DeliveryState.CLAIMED])
        ids = list(waiting.select_for_update().order_by("appointment_id", "sequence").values_list("pk", flat=True))
        rows = Delivery.objects.filter(pk__in=ids)
        for field in ("next_attempt_at", "lease_until"):
            _shift_field(rows, field, by, later_than)
    for field in ("probe_at", "probing_until", "asked_until", "last_failure_at"):
        _shift_field(SasCircuit.objects.all(), field, by, later_than)


def _shift_field(rows: QuerySet[Any], field: str, by: timedelta, later_than: datetime | None) -> None:
    chosen = {f"{field}__isnull": False} | ({f"{field}__gt": later_than} if later_than else {})
    rows.filter(**chosen).update(**{field: F(field) + by})
