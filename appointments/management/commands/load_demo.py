"""`manage.py load_demo`: the demo's people, places, weeks and appointments, around today. Does nothing on data."""

import random
import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from accounts.models import Practitioner, User
from accounts.rights import Actor, practice_actor
from appointments.booking.services.booking import book_freely
from appointments.demo import setting
from appointments.demo.past import write_past
from appointments.demo.patients import REGULARS
from appointments.demo.planning import Guest, Planned, planned_visits
from appointments.demo.setting import Agenda
from appointments.models import Patient, PatientMessage


class Command(BaseCommand):
    help = "Charge les données de démonstration si la base est vide."

    def handle(self, *args: Any, **options: Any) -> None:
        if Practitioner.objects.exists() or User.objects.exists():
            self.stdout.write("La base contient déjà des données\u00a0: rien n’est chargé.")
            return
        now = timezone.now()
        # Nobody else sees its lines of time before all of it stands: there is none to lock.
        with transaction.atomic():
            setting.write_directory(now)
            agendas, bookers = _set_up(now)
            visits = _planned(agendas, timezone.localdate(now))
            coming = [one for one in visits if one.start >= now]
            write_past([one for one in visits if one.start < now], bookers=bookers, now=now)
            for visit in coming:
                _book(visit, bookers[visit.schedule.id], now)
            # What stands was told when it was taken: to start the demo writes to nobody.
            PatientMessage.objects.all().delete()
        self.stdout.write(
            f"Démonstration chargée\u00a0: {len(agendas)} agendas, {len(visits)} rendez-vous dont {len(coming)} à venir."
        )


def _set_up(now: datetime) -> tuple[list[Agenda], dict[uuid.UUID, Actor]]:
    """The agendas, and who books in each (by schedule)."""
    today = timezone.localdate(now)
    users, organizations = setting.write_users(), setting.write_organizations()
    agendas = setting.write_agendas(users, organizations, today)
    setting.write_access(agendas, users, organizations, now)
    setting.write_absences(agendas, now)
    actors = [practice_actor(user, now=now) for user in users.values()]
    # A secretary sooner than a manager, sooner than the practitioner.
    actors.sort(key=lambda actor: (bool(actor.own), bool(actor.managed)))
    bookers = {}
    for agenda in agendas:
        whose, where = agenda.schedule.practitioner_id, agenda.schedule.organization_id
        bookers[agenda.schedule.id] = next(actor for actor in actors if actor.may_book_in(whose, where))
    return agendas, bookers


def _planned(agendas: Sequence[Agenda], today: date) -> list[Planned]:
    """With the files of those who have one."""
    organizations = {(one.person.family_name, one.place): one.schedule.organization_id for one in agendas}
    known = defaultdict[tuple[str, str], list[Guest]](list)
    files = []
    for number, regular in enumerate(REGULARS):
        details = regular.details(number, today=today)
        file = Patient(organization_id=organizations[regular.seen_by], identity=regular.identity, **details.as_fields())
        files.append(file)
        known[regular.seen_by].append(Guest(details, regular.caller, file.pk, regular.visits))
    Patient.objects.bulk_create(files)
    # The same for everybody who starts the demo on the same day.
    dice = random.Random(f"SAS Agenda, {today}")  # noqa: S311
    return planned_visits(agendas, known, today=today, dice=dice)


def _book(visit: Planned, by: Actor, now: datetime) -> None:
    book_freely(
        schedule_id=visit.schedule.id,
        start=visit.start,
        minutes=visit.minutes,
        visit=visit.visit,
        by=by,
        now=now,
        despite=False,
    )
