"""A practice in which everything that docs/utilisateurs names is on some page. Wednesday 25 November 2026, 10:40."""

import uuid
from collections.abc import Callable
from datetime import date, time, timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Level, Role
from accounts.models import AgendaGroup, User
from appointments.booking.services.merging import merge_files
from appointments.enums import ImportPast, Status
from appointments.imports.services import runs
from appointments.imports.values import Part
from appointments.models import Appointment, BusyTime, ImportRun, OtherCalendar, Patient, RuleDayOff, Schedule
from appointments.paper.services import make_feed
from tests import factories
from tests.appointments.guide.screen import Screen
from tests.appointments.imports.conftest import carry
from tests.factories import at, practice_actor


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user, "accounts.backends.EmailBackend")
    return client


def practice() -> Callable[[str], Screen]:
    """On the first page of the doctor, who is in charge of the practice too; or elsewhere, by name."""
    doctor = factories.user()
    place = factories.location(name="Cabinet d’ici")
    here = factories.schedule(location=place, practitioner=factories.practitioner(user=doctor))
    factories.member(here.organization, doctor, Role.MANAGER)
    colleague = _add_people(here)
    chosen = [here.practitioner_id, colleague.practitioner_id]
    AgendaGroup.objects.create(user=doctor, name="Groupe d’ici", practitioners=chosen)
    _add_openings(here)
    _add_visits(here)
    _add_what_is_elsewhere(here)
    today = factories.appointment(schedule_=here, start=at("2026-11-25", "11:00"))

    alike = _alike(here)

    def at_place(name: str) -> Screen:
        match name:
            case "":
                return Screen(sign_in(doctor), "/")
            case "autre responsable":
                return Screen(sign_in(factories.member(here.organization, role=Role.MANAGER).user), "/")
            case "rendez-vous du jour":
                return Screen(sign_in(doctor), reverse("appointment", args=[today.pk]))
            case "vider un jour":
                return Screen(sign_in(doctor), reverse("empty-day", args=[here.practitioner_id, date(2026, 11, 30)]))
            case "dossier d’un patient":
                return Screen(sign_in(doctor), reverse("patient-file", args=[alike[0].pk]))
            case "dossiers réunis":
                return Screen(sign_in(doctor), reverse("patient-file", args=[_made_one(here, alike).pk]))
            case "créneaux":
                return Screen(sign_in(doctor), reverse("slot-finder"))
            case "série à prendre":
                return Screen(sign_in(doctor), reverse("new-series", args=[here.practitioner_id]))
            case "série":
                Appointment.objects.filter(pk=today.pk).update(series=uuid.uuid4())
                return Screen(sign_in(doctor), reverse("series", args=[today.pk]))
            case "import lu":
                return Screen(sign_in(doctor), reverse("import", args=[factories.brought(here, doctor).pk]))
            case "import vérifié":
                return Screen(sign_in(doctor), reverse("import", args=[_checked(here).pk]))
            case "import fait":
                return Screen(sign_in(doctor), reverse("import", args=[_imported(here).pk]))
        raise AssertionError(f"no way begins at {name}")

    return at_place


def _add_people(here: Schedule) -> Schedule:
    """A colleague, who has no reasons yet; a secretary; somebody who has not answered."""
    colleague = factories.colleague(here)
    factories.rule(schedule=colleague)
    helper = factories.user(first_name="Ici", last_name="Présente")
    factories.delegate(helper, here, Level.SEE)
    factories.invitation(here.organization)
    return colleague


def _add_openings(here: Schedule) -> None:
    rule = factories.rule(schedule=here, reasons=[factories.reason(here, label="Motif d’ici")])
    factories.rule(schedule=here, label="Soir", start_time=time(20), end_time=time(21), audiences=[])
    # Days apart: one that is closed, one that is open.
    RuleDayOff.objects.create(rule=rule, day=date(2026, 12, 3))
    day = date(2026, 12, 4)
    factories.rule(schedule=here, weekdays=[5], first_day=day, last_day=day, start_time=time(18), end_time=time(19))
    # A day away, on which nothing is free.
    for label, day in (("Formation", date(2026, 11, 27)), ("Congrès", date(2026, 12, 10))):
        factories.absence(practitioner=here.practitioner, label=label, first_day=day, last_day=day)


def _add_visits(here: Schedule) -> None:
    """Of days gone by; by a regulator; by somebody who can't be reached."""
    reason = here.organization.reasons.get()
    for day in ("2026-11-23", "2026-11-24", "2026-11-25"):
        for clock in ("09:15", "09:30"):
            factories.appointment(schedule_=here, start=at(day, clock))
    factories.appointment(schedule_=here, start=at("2026-11-25", "09:45"), status=Status.FULFILLED)
    by, start = factories.regulator_actor(), at("2026-11-30", "09:00")
    factories.appointment(schedule_=here, reason=reason, start=start, by=by)
    for contact in ({"contact_email": "zoe@exemple.test"}, {"contact_phone": ""}):
        start += timedelta(minutes=15)
        factories.appointment(schedule_=here, reason=reason, start=start, **contact)


def _alike(here: Schedule) -> list[Patient]:
    """Two files, likely of one person."""
    files = [factories.file(here.organization, family_name="Jumelle", given_name="Zoé") for _ in range(2)]
    for number, file in enumerate(files):
        Patient.objects.filter(pk=file.pk).update(birth_date=date(1991, 2, 14), phone="+33639981234")
        factories.appointment(schedule_=here, start=at("2026-12-15", f"{9 + number:02}:00"), patient=file)
    return files


def _made_one(here: Schedule, files: list[Patient]) -> Patient:
    kept, absorbed = (Patient.objects.get(pk=file.pk) for file in files)
    by, versions = practice_actor(here.practitioner), (kept.version, absorbed.version)
    merge_files(kept_id=kept.pk, absorbed_id=absorbed.pk, versions=versions, by=by, now=timezone.now())
    return kept


def _add_what_is_elsewhere(here: Schedule) -> None:
    by, now, start = practice_actor(here.practitioner), timezone.now(), at("2026-11-25", "15:00")
    other = OtherCalendar.objects.create(
        calendar=here.calendar, name="Hôpital", address="https://agenda.exemple.test/a.ics",
        created_at=now, next_at=now, actor_kind="user", by_user=by.user,
    )  # fmt: skip
    BusyTime.objects.create(other=other, calendar=here.calendar, start=start, end=start + timedelta(hours=1))
    make_feed(practitioner_id=here.practitioner.id, version=0, with_names=False, by=by, now=now)


def _checked(here: Schedule) -> ImportRun:
    by, content = practice_actor(here.practitioner), b"Nom;Debut\nAil;27/11/2026 10:00\nBis;27/11/2026 10:00\n"
    run = runs.bring_file(schedule_id=here.id, name="rdv.csv", content=content, by=by, now=timezone.now())
    runs.match_columns(
        run_id=run.pk, version=run.version, default_minutes=15, past=ImportPast.FULFILLED, given_name_first=False, by=by,
        matching={Part(part): int(number) for number, part in run.matching.items()},
    )  # fmt: skip
    return carry(run)


def _imported(here: Schedule) -> ImportRun:
    run = _checked(here)
    runs.start(run_id=run.pk, version=run.version, by=practice_actor(here.practitioner), now=timezone.now())
    done = carry(run)
    # PostgreSQL's clock is not the page's here, and it is undone for some weeks only.
    ImportRun.objects.filter(pk=done.pk).update(finished_at=timezone.now())
    return done
