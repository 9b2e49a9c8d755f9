"""What people do meanwhile: regulators book, practices move, reassign, mark and cancel. Through the services."""

import random
import uuid
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Practitioner
from accounts.rights import Actor
from appointments.booking.services.booking import book_appointment
from appointments.booking.services.changes import cancel_appointment, set_status
from appointments.booking.services.moving import move_appointment, reassign_appointment
from appointments.enums import Status
from appointments.models import Appointment, Schedule
from appointments.slots.selectors import free_slots_of
from appointments.slots.values import REGULATOR
from tests import factories

CHANGES_EACH = 1.2
_PER_PRACTITIONER = 60


class Practice:
    """One step is one booking or one change. No appointment takes the same state twice, so that order can be told."""

    def __init__(self, choice: random.Random, appointments: int) -> None:
        factories.rng.seed(choice.random())
        self._choice = choice
        count = max(2, appointments // _PER_PRACTITIONER)
        place = factories.location()
        schedules = [factories.schedule(location=place) for _ in range(count)]
        for schedule in schedules:
            factories.rule(schedule=schedule, start_time="08:00", end_time="20:00")
        self._schedules = list(Schedule.objects.with_place().order_by("id"))
        people = list(Practitioner.objects.all())
        # One secretary keeps all the agendas.
        self._secretary = factories.practice_actor(*people)
        self._regulators = [factories.regulator_actor() for _ in range(5)]
        now = timezone.now()
        free = free_slots_of(
            self._schedules, since=now + timedelta(days=1), until=now + timedelta(days=21), now=now, viewer=REGULATOR
        )
        choice.shuffle(free)
        self._free = free
        # Evenings, outside the published hours, one for each move: never used twice.
        self._evenings = 0
        self._to_book = appointments
        self._to_change = int(appointments * CHANGES_EACH)
        self._open: dict[uuid.UUID, set[uuid.UUID]] = {}
        self.changes: Counter[str] = Counter()
        self.booked = 0

    @property
    def steps_left(self) -> int:
        return self._to_book + self._to_change

    def step(self) -> bool:
        """False when all is done."""
        if not self._to_book and not (self._to_change and self._open):
            return False
        # A tenth is booked before the first change.
        if self._to_book and (self.booked * 10 < self._to_book or self._choice.random() < 1 / (1 + CHANGES_EACH)):
            self._book()
        elif self._to_change and self._open:
            self._change()
        else:
            self._book()
        return True

    def _book(self) -> None:
        made = book_appointment(
            key=self._free.pop().key,
            visit=factories.visit(),
            by=self._choice.choice(self._regulators),
            now=timezone.now(),
        )
        self._open[made.id] = {made.schedule_id}
        self._to_book -= 1
        self.booked += 1

    def _change(self) -> None:
        appointment = Appointment.objects.get(pk=self._choice.choice(sorted(self._open)))
        kinds = ["moved", "moved", "moved", "reassigned", "reassigned", "fulfilled", "noshow", "cancelled"]
        kind = self._choice.choice(kinds)
        unused = [one for one in self._schedules if one.id not in self._open[appointment.id]]
        if kind == "reassigned" and not unused:
            kind = "moved"
        self._apply(kind, appointment, unused, by=self._secretary)
        self._to_change -= 1
        self.changes[kind] += 1

    def _apply(self, kind: str, appointment: Appointment, unused: list[Schedule], *, by: Actor) -> None:
        which: dict[str, Any] = {"appointment_id": appointment.id, "version": appointment.version, "by": by}
        now = timezone.now()
        match kind:
            case "moved":
                move_appointment(**which, start=self._evening(), now=now, despite=True)
            case "reassigned":
                # Out of everybody's way first, so that the other practitioner is free then.
                moved = move_appointment(**which, start=self._evening(), now=now, despite=True)
                self.changes["moved"] += 1
                target = self._choice.choice(unused)
                at_its_version = which | {"version": moved.version}
                reassign_appointment(**at_its_version, schedule_id=target.id, now=now, despite=True)
                self._open[appointment.id].add(target.id)
            case "cancelled":
                cancel_appointment(**which, now=now)
                del self._open[appointment.id]
            case status:
                # On the day, as far as the service is concerned.
                set_status(**which, status=Status(status), now=appointment.end)
                del self._open[appointment.id]

    def _evening(self) -> datetime:
        self._evenings += 1
        day, quarter = divmod(self._evenings, 12)
        start = timezone.now().replace(hour=20, minute=0, second=0, microsecond=0) + timedelta(days=1 + day)
        return start + timedelta(minutes=15 * quarter)
