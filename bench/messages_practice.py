"""What people do meanwhile: visits booked with an e-mail, a mobile, both or neither; moved, cancelled, put back."""

import random
import uuid
from collections import Counter
from datetime import datetime, timedelta

from django.utils import timezone

from appointments.booking.services.changes import cancel_appointment
from appointments.booking.services.moving import move_appointment
from appointments.models import Appointment, MessageSettings
from bench.far_ends import NOBODY, NOBODY_AT
from tests import factories

CHANGES_EACH = 1.2


class Practice:
    """One step is one act."""

    def __init__(self, choice: random.Random, appointments: int) -> None:
        factories.rng.seed(choice.random())
        self._choice = choice
        place = factories.location()
        self._schedules = [factories.schedule(location=place) for _ in range(max(2, appointments // 60))]
        for one in self._schedules:
            # The hour of the run is any.
            MessageSettings.objects.update_or_create(
                organization=one.organization, defaults={"quiet_from": "00:00", "quiet_until": "00:00", "sundays": True}
            )
        self._by = factories.practice_actor(*(one.practitioner for one in self._schedules))
        self._to_book, self._to_change = appointments, int(appointments * CHANGES_EACH)
        self._made: list[uuid.UUID] = []
        self._hours = 0
        self.changes: Counter[str] = Counter()
        self.booked = 0

    @property
    def steps_left(self) -> int:
        return self._to_book + self._to_change

    def step(self) -> bool:
        """False when all is done."""
        if not self.steps_left:
            return False
        if self._to_book and (
            self.booked < 10 or not self._to_change or self._choice.random() < 1 / (1 + CHANGES_EACH)
        ):
            self._book()
        else:
            self._change()
        return True

    def _book(self) -> None:
        number = self.booked
        email, phone = f"p{number}@exemple.test", f"+336{number:06d}{self._choice.randrange(10, 60)}"
        kind = self._choice.choice(
            ["mail", "mail", "sms", "sms", "both", "neither", "nobody's mail", "nobody's number"]
        )
        if kind == "nobody's mail":
            email = f"p{number}{NOBODY_AT}"
        if kind == "nobody's number":
            phone = f"{phone[:-2]}{NOBODY}"
        has_mail, has_phone = kind not in {"sms", "neither", "nobody's number"}, kind not in {"mail", "neither"}
        given = factories.patient(email=email if has_mail else "", phone=phone if has_phone else "")
        if not has_phone:
            given = factories.patient(email=email if has_mail else "", phone="", no_phone="none")
        schedule = self._choice.choice(self._schedules)
        made = factories.appointment(schedule_=schedule, start=self._hour(), patient=given, by=self._by)
        self._made.append(made.pk)
        self.booked += 1
        self._to_book -= 1

    def _change(self) -> None:
        self._to_change -= 1
        visit = Appointment.objects.get(pk=self._choice.choice(self._made))
        if not visit.is_booked:
            return
        kind = self._choice.choice(["moved", "moved", "moved and put back", "moved and put back", "cancelled"])
        which = {"appointment_id": visit.pk, "by": self._by}
        if kind == "cancelled":
            cancel_appointment(**which, version=visit.version, now=timezone.now())
        else:
            was = visit.start
            moved = move_appointment(
                **which, version=visit.version, start=self._hour(), now=timezone.now(), despite=True
            )
            if kind.endswith("back"):
                move_appointment(**which, version=moved.version, start=was, now=timezone.now(), despite=True)
        self.changes[kind] += 1

    def _hour(self) -> datetime:
        """Of its own each time."""
        self._hours += 1
        start = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
        return start + timedelta(minutes=20 * self._hours)
