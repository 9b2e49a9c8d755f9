"""What a worker does of an import: check the lines, write them, some at a time, each lot whole and in its own transaction.

A run says how far it has come; whoever takes it up goes on from there, and two who take it at once take turns. Each line is
known by its digest, so that none comes twice, whatever happens between. Nobody is told of anything: imported visits have no
event, and what is sent follows from events.
"""

import uuid
from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from accounts.enums import Level
from accounts.french import fold
from accounts.rights import Actor, acted_by, practice_actor
from appointments.booking.services.room import take_room
from appointments.enums import AppointmentType, Identity, ImportPast, ImportState, Origin, Status
from appointments.imports.reading import lines_of
from appointments.imports.services.runs import forget
from appointments.imports.understanding import Understanding
from appointments.imports.values import Aside, Entry, Fault, Line, Manner, Part, Source, Unreadable
from appointments.models import Appointment, ImportedRow, ImportRun, Patient, Schedule
from appointments.models.openings import LONGEST
from appointments.openings.recurrence import local_day, moment_of, number_of
from appointments.patients.selectors import birth_of
from appointments.patients.services.files import chain_of
from appointments.places.locks import lock_calendars
from appointments.slots.reader import read_frames
from appointments.slots.values import MINUTE, Frame, Taken

# Lines of one transaction: what others wait for at most while it holds the line of time.
LOT = 200
SHOWN_FAULTS, SHOWN_LINES = 300, 12
# What comes back is laid out that far.
_AHEAD = timedelta(days=731)
_REACH = 2 * LONGEST * MINUTE
BROKEN = "Une erreur du logiciel a arrêté cet import. Ce qui est importé peut être annulé\u00a0; prévenez l’exploitant."
NO_RIGHT = "La personne qui a lancé cet import ne gère plus cet agenda, ou il est fermé\u00a0: l’import s’est arrêté."


def check_lines(run: ImportRun, *, now: datetime) -> None:
    """Read them all, and say what would become of each. What was asked again meanwhile is not written over."""
    mine = ImportRun.objects.filter(pk=run.pk, version=run.version, state=ImportState.CHECKING)
    faults: list[Fault] = []
    preview: list[list[str]] = []
    counts = dict.fromkeys(["ready", "visits", "refused", "incomplete", "known", *map(str, Aside)], 0)
    zone, total = _zone(run), 0
    understanding = Understanding(manner_of(run, zone, now), run.columns, zone)
    try:
        lines = _lines(run, zone, now)
        while lot := list(islice(lines, 1000)):
            ready = []
            for line in lot:
                entry, found = understanding.entry_of(line)
                faults += found[: max(0, SHOWN_FAULTS - len(faults))]
                counts["refused"] += entry is None
                counts["incomplete"] += entry is not None and bool(found)
                if entry is not None and entry.aside is not None:
                    counts[entry.aside] += 1
                elif entry is not None:
                    ready.append(entry)
            known = _known(run.organization_id, [_own_source(one) for one in ready])
            fresh = [one for one in ready if _own_source(one) not in known]
            preview += [_texts(one, zone) for one in fresh[: max(0, SHOWN_LINES - len(preview))]]
            counts["known"] += len(ready) - len(fresh)
            counts["ready"] += len(fresh)
            counts["visits"] += sum(one.start is not None for one in fresh)
            total += len(lot)
            if not mine.update(done=total, total=_expected(run, total), tries=0):
                return
    except Unreadable as fault:
        with transaction.atomic():
            if locked := mine.select_for_update(no_key=True, of=("self",)).first():
                forget(locked, ImportState.FAILED, problem=str(fault), finished_at=now)
        return
    mine.update(
        state=ImportState.CHECKED, version=run.version + 1, total=total, counts=counts, preview=preview,
        faults=[one.as_list() for one in faults],
    )  # fmt: skip


def entries_of(run: ImportRun) -> list[Entry]:
    """All that is to be written, patients alone first, then by time: the same list whoever takes the run up."""
    if run.started_at is None:
        raise ValueError("not started")
    zone = _zone(run)
    understanding = Understanding(manner_of(run, zone, run.started_at), run.columns, zone)
    entries = (understanding.entry_of(line)[0] for line in _lines(run, zone, run.started_at))
    return sorted((one for one in entries if one is not None and one.aside is None), key=_in_time)


def write_lot(run_id: uuid.UUID, entries: Sequence[Entry], *, now: datetime) -> bool:
    """The next lot; False when nothing is left to do."""
    with transaction.atomic():
        lock_calendars(Schedule.objects.filter(imports=run_id).values("calendar"))
        rows = ImportRun.objects.select_for_update(no_key=True, of=("self",)).select_related("by_user")
        run = rows.defer("content", "preview").get(pk=run_id)
        if run.state != ImportState.WRITING:
            return False
        by = practice_actor(run.by_user, now=now) if run.by_user is not None and run.by_user.is_active else None
        allowed = (
            Schedule.objects.with_place().open().kept_by(by, Level.MANAGE)
            if by is not None
            else Schedule.objects.none()
        )
        schedule = allowed.filter(pk=run.schedule_id).first()
        if by is None or schedule is None:
            # What is written stays, and may be undone.
            run.version += 1
            forget(run, ImportState.DONE, problem=NO_RIGHT, finished_at=now)
            return False
        lot = entries[run.done : run.done + LOT]
        if lot:
            _Lot(run, schedule, by, now).write(lot)
        run.done, run.total, run.tries = run.done + len(lot), len(entries), 0
        if run.done < len(entries):
            run.save(update_fields=["done", "total", "tries", "counts"])
            return True
        run.version += 1
        forget(run, ImportState.DONE, finished_at=now)
        return False


def give_up_on(run_id: uuid.UUID, *, now: datetime) -> None:
    """Workers took it again and again and came no further."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update(no_key=True, of=("self",)).get(pk=run_id)
        if not run.is_in_hand:
            return
        told = BROKEN
        run.version += 1
        was_checking = run.state == ImportState.CHECKING
        forget(
            run,
            ImportState.FAILED if was_checking else ImportState.DONE,
            problem=told,
            finished_at=run.finished_at or now,
        )


class _Lot:
    """Some lines, under the lock of their line of time."""

    def __init__(self, run: ImportRun, schedule: Schedule, by: Actor, now: datetime) -> None:
        self.run, self.schedule, self.by, self.now = run, schedule, by, now

    def write(self, lot: Sequence[Entry]) -> None:
        known = _known(self.run.organization_id, [_own_source(one) for one in lot])
        fresh: dict[bytes, Entry] = {}
        for one in lot:
            if _own_source(one) not in known:
                fresh.setdefault(_own_source(one), one)
        self._count("again", len(lot) - len(fresh))
        files = self._files(list(fresh.values()))
        visits = [one for one in fresh.values() if one.start is not None]
        if visits:
            self._visits(visits, files)

    def _files(self, entries: Sequence[Entry]) -> dict[bytes, uuid.UUID]:
        """The file of each patient: the one that an import made of them, or what it was merged into, else a new one.

        Files that the practice has of its own are not looked for: nobody is joined by names alone.
        """
        by_source = {one.patient_source: one for one in reversed(entries)}
        rows = ImportedRow.objects.filter(organization=self.run.organization_id, source__in=list(by_source))
        rows.filter(patient__erased_at__isnull=False).delete()
        known = {bytes(one.source): one.patient for one in rows.select_related("patient") if one.patient is not None}
        found = {
            source: file.pk if file.merged_into_id is None else chain_of(file.pk)[-1] for source, file in known.items()
        }
        new = [one for source, one in by_source.items() if source not in found]
        made = [
            Patient(organization_id=self.run.organization_id, identity=Identity.DECLARED, **one.patient.as_fields())
            for one in new
        ]
        Patient.objects.bulk_create(made)
        self._note(
            [self._row(one, source=one.patient_source, patient=file) for one, file in zip(new, made, strict=True)]
        )
        self._count("patients", len(made))
        return found | {one.patient_source: file.pk for one, file in zip(new, made, strict=True)}

    def _visits(self, entries: Sequence[Entry], files: dict[bytes, uuid.UUID]) -> None:
        starts = [one.start for one in entries if one.start is not None]
        frame = read_frames([self.schedule], since=min(starts), until=max(starts))[self.schedule.id]
        taken = list(frame.taken)
        reasons = {fold(one.label): one for one in frame.reasons}
        made = []
        for one in entries:
            visit = self._placed(one, frame, taken)
            reason = reasons.get(fold(one.reason))
            if reason is not None and one.mode in reason.consultation_types:
                visit.reason_id, visit.buffer_after = reason.id, reason.buffer
            else:
                visit.note = _noted(one)
            visit.patient_id = files[one.patient_source]
            made.append(visit)
        Appointment.objects.bulk_create(made)
        self._note(
            [
                self._row(one, source=one.visit_source, appointment=visit, overlaps=visit.overbooked)
                for one, visit in zip(entries, made, strict=True)
            ]
        )
        self._count("visits", len(made))
        self._count("overlaps", sum(visit.overbooked for visit in made))

    def _placed(self, one: Entry, frame: Frame, taken: list[Taken]) -> Appointment:
        """In a lane that is free, else in one of its own, overbooked; it is in the way of the next ones."""
        start, end = one.start or 0, one.end or 0
        near = [other for other in taken if other.start < end + _REACH and other.until > start - _REACH]
        room = take_room(frame=replace(frame, taken=near), start=start, end=end, despite=True)
        over = end <= number_of(self.now)
        status = (Status.NOSHOW if one.missed else Status.FULFILLED) if over else Status.BOOKED
        visit = Appointment(
            start=moment_of(start),
            end=moment_of(end),
            lane=room.lane,
            capacity=room.capacity,
            overbooked=room.overbooked,
            appointment_type=AppointmentType.ROUTINE,
            status=status,
            consultation_type=one.mode,
            origin=Origin.IMPORT,
            version=1,
            contact_phone=one.patient.phone,
            contact_email=one.patient.email,
            visit_address=one.patient.address if one.mode == "HH" else "",
            note=one.note,
            by_name=self.by.name,
            **acted_by(self.by),
        )
        visit.at(self.schedule)
        insort(taken, Taken(start, end, end, room.lane, here=True, id=visit.id), key=lambda other: other.start)
        return visit

    def _row(self, one: Entry, **columns: Any) -> ImportedRow:
        return ImportedRow(run=self.run, organization_id=self.run.organization_id, line=one.line, **columns)

    def _note(self, rows: list[ImportedRow]) -> None:
        # Another import of the organization may have noted the same line just now: the constraint refuses the lot, which is
        # taken again.
        ImportedRow.objects.bulk_create(rows)

    def _count(self, name: str, more: int) -> None:
        self.run.counts["made"] = made = self.run.counts.get("made", {})
        made[name] = made.get(name, 0) + more


def manner_of(run: ImportRun, zone: ZoneInfo, now: datetime) -> Manner:
    """Visits older than what the organization keeps would be erased the next night: they are left out."""
    kept = run.organization.patient_retention_days or settings.RETENTION_PATIENT_DAYS
    return Manner(
        matching={Part(part): int(number) for number, part in run.matching.items()},
        default_minutes=run.default_minutes,
        keep_past=run.past == ImportPast.FULFILLED,
        given_name_first=run.given_name_first,
        now=number_of(now),
        oldest=number_of(now - timedelta(days=kept)),
        today=local_day(number_of(now), zone),
        organization=str(run.organization_id),
        schedule=str(run.schedule_id),
    )


def _lines(run: ImportRun, zone: ZoneInfo, now: datetime) -> Iterator[Line]:
    if run.content is None:
        raise ValueError("its file is forgotten")
    source = Source(run.kind, run.encoding, run.delimiter, tuple(run.columns))
    kept = timedelta(days=run.organization.patient_retention_days or settings.RETENTION_PATIENT_DAYS)
    return lines_of(bytes(run.content), source, zone=zone, since=now - kept, until=now + _AHEAD)


def _zone(run: ImportRun) -> ZoneInfo:
    return run.schedule.location.zone


def _expected(run: ImportRun, read: int) -> int:
    """Of all lines, as far as one can tell before they are read: breaks between them."""
    content = bytes(run.content or b"")
    mark = b"BEGIN:VEVENT" if run.kind == "ics" else b"\n"
    return max(read, content.count(mark))


def _own_source(one: Entry) -> bytes:
    return one.visit_source or one.patient_source


def _known(organization_id: uuid.UUID, sources: Sequence[bytes]) -> set[bytes]:
    rows = ImportedRow.objects.filter(organization=organization_id, source__in=sources).order_by()
    return {bytes(source) for source in rows.values_list("source", flat=True)}


def _in_time(one: Entry) -> tuple[int, int]:
    return one.start or 0, one.line


def _noted(one: Entry) -> str:
    """A reason that the practice does not have here is not lost: it is in the note."""
    return "\n".join(filter(None, (one.reason, one.note)))[:1000]


def _texts(one: Entry, zone: ZoneInfo) -> list[str]:
    when = datetime.fromtimestamp(one.start, zone).isoformat(timespec="minutes") if one.start is not None else ""
    minutes = str(((one.end or 0) - one.start) // 60) if one.start is not None else ""
    who = f"{one.patient.family_name} {one.patient.given_name}".strip()
    return [when, minutes, who, birth_of(one.patient).words, one.patient.phone]
