"""Two files of one person become one, and two again: last in, first out, for thirty days. Or they are told apart, for good.

Calendars of all visits of both, and of whatever was merged with them, are locked first, then files, then visits: a booking for
either waits, and follows.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from accounts.enums import Level
from accounts.rights import Actor, acted_by
from appointments.booking.services.corrections import own_file
from appointments.enums import BirthPrecision, Identity
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Appointment, Patient, PatientMerge, TwoPersons
from appointments.models.patients import TEXTS
from appointments.patients.locks import family_of, lock_files_of
from appointments.patients.services.history import former_values, record_correction

UNDONE_FOR = timedelta(days=30)
# What means nothing without the other.
_GOES_WITH = {"birth_date_precision": "birth_date", "no_given_name": "given_name", "no_phone": "phone"}
_SURENESS = [Identity.PROVISIONAL, Identity.DECLARED, Identity.CHECKED]


@dataclass(frozen=True, slots=True)
class Undone:
    """`since`: visits booked for the kept file since the merge. They stay there."""

    merge: PatientMerge
    since: list[Appointment]


def merge_files(
    *,
    kept_id: uuid.UUID,
    absorbed_id: uuid.UUID,
    versions: tuple[int, int],
    by: Actor,
    now: datetime,
    wanted: Collection[str] | None = None,
) -> PatientMerge:
    """`kept_id` takes the other's visits, and of what it says the fields `wanted`, blank ones too (None: what it lacks itself).
    `versions`: of the kept and of the absorbed one.

    Raises `Refused` where one of them is erased or merged already, or surer than what it would vanish in; `NotAllowed` for who
    does not book in the agendas of all their visits; `ChangedMeanwhile`.
    """
    if kept_id == absorbed_id:
        raise Refused("C’est deux fois le même dossier.")
    with transaction.atomic():
        files = lock_files_of(lambda: family_of([kept_id, absorbed_id]), by=by)
        kept, absorbed = files.get(kept_id), files.get(absorbed_id)
        if kept is None or absorbed is None or kept.organization_id != absorbed.organization_id:
            raise NotAllowed
        visits = _locked_visits(files, by)
        if (kept.version, absorbed.version) != versions:
            raise ChangedMeanwhile
        if kept.erased_at is not None or absorbed.erased_at is not None:
            raise Refused("Un dossier effacé ne se fusionne plus.")
        if kept.merged_into_id is not None or absorbed.merged_into_id is not None:
            raise Refused("Un de ces dossiers est déjà fusionné dans un autre.")
        if _SURENESS.index(Identity(absorbed.identity)) > _SURENESS.index(Identity(kept.identity)):
            raise Refused("L’autre dossier est plus sûr\u00a0: gardez plutôt celui-là.")
        kept = own_file(kept, [one for one in visits if one.patient_id == kept.pk])
        taken = _lacking(kept, absorbed) if wanted is None else _chosen(absorbed, wanted)
        before = former_values(kept, taken)
        for name in before:
            setattr(kept, name, taken[name])
        kept.version += 1
        kept.save(update_fields=[*before, "version"])
        if before:
            record_correction(patient=kept, before=before, by=by, at=now)
        absorbed.merged_into, absorbed.version = kept, absorbed.version + 1
        absorbed.save(update_fields=["merged_into", "version"])
        moved = [one.pk for one in visits if one.patient_id == absorbed.pk]
        Appointment.objects.filter(pk__in=moved).update(patient=kept, version=F("version") + 1)
        return PatientMerge.objects.create(
            organization_id=kept.organization_id, kept=kept, absorbed=absorbed, moved=moved, kept_before=before, at=now,
            **acted_by(by), by_name=by.name,
        )  # fmt: skip


def undo_merge(*, merge_id: int, by: Actor, now: datetime) -> Undone:
    """The visits that moved go back, unless they were joined elsewhere since; so does what the kept file took, unless it was
    corrected since. Raises `Refused` when a later merge stands on it, or it is too old; `NotAllowed`.
    """
    with transaction.atomic():
        seen = PatientMerge.objects.filter(pk=merge_id).first()
        if seen is None:
            raise NotAllowed
        files = lock_files_of(lambda: family_of([seen.kept_id, seen.absorbed_id]), by=by)
        visits = _locked_visits(files, by)
        merge = PatientMerge.objects.get(pk=merge_id)
        if merge.undone_at is not None:
            raise Refused("Cette fusion est déjà défaite.")
        if now - merge.at > UNDONE_FOR:
            raise Refused(f"Cette fusion a plus de {UNDONE_FOR.days}\u00a0jours\u00a0: elle ne se défait plus.")
        later = PatientMerge.objects.filter(undone_at=None, pk__gt=merge.pk)
        if (later.filter(kept=merge.kept_id) | later.filter(absorbed=merge.kept_id)).exists():
            raise Refused("Une fusion plus récente s’appuie sur celle-ci\u00a0: défaites-la d’abord.")
        kept, absorbed = files[merge.kept_id], files[merge.absorbed_id]
        if kept.erased_at is not None:
            raise Refused("Ce dossier est effacé\u00a0: il n’y a plus rien à défaire.")
        _give_back(kept, absorbed, merge, by, now)
        absorbed.merged_into, absorbed.version = None, absorbed.version + 1
        absorbed.save(update_fields=["merged_into", "version"])
        theirs = [one.pk for one in visits if one.pk in merge.moved and one.patient_id == kept.pk]
        Appointment.objects.filter(pk__in=theirs).update(patient=absorbed, version=F("version") + 1)
        merge.undone_at, merge.undone_by_name = now, by.name
        merge.save(update_fields=["undone_at", "undone_by_name"])
        since = [
            one for one in visits if one.patient_id == kept.pk and one.pk not in theirs and one.created_at > merge.at
        ]
        return Undone(merge, since)


def tell_apart(*, files: Collection[uuid.UUID], by: Actor, now: datetime) -> None:
    """These two files are of two persons: what looks alike is not asked again. By who books in an agenda of each.

    Raises `NotAllowed`, `Refused` on an erased file.
    """
    with transaction.atomic():
        locked = lock_files_of(lambda: files, by=by)
        kept = Appointment.objects.kept_by(by, Level.BOOK)
        if len(locked) != 2 or not all(kept.filter(patient=pk).exists() for pk in locked):
            raise NotAllowed
        one, other = (locked[pk] for pk in sorted(locked))
        if one.organization_id != other.organization_id:
            raise NotAllowed
        if one.erased_at is not None or other.erased_at is not None:
            raise Refused("Un de ces dossiers est effacé\u00a0: il n’y a plus rien à en dire.")
        TwoPersons.objects.get_or_create(
            one=one, other=other,
            defaults={"organization_id": one.organization_id, "at": now, "by_name": by.name, **acted_by(by)},
        )  # fmt: skip


def _locked_visits(files: Collection[uuid.UUID], by: Actor) -> list[Appointment]:
    """All of these files, and of those merged with them: this person must book in the agenda of each."""
    rows = Appointment.objects.filter(patient__in=files)
    visits = list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    kept = Appointment.objects.kept_by(by, Level.BOOK).filter(pk__in=[one.pk for one in visits]).count()
    if not visits or kept != len(visits):
        raise NotAllowed
    return visits


def _lacking(kept: Patient, absorbed: Patient) -> dict[str, object]:
    """What the absorbed file knows and the kept one does not."""
    found: dict[str, object] = {}
    for name in TEXTS:
        if not getattr(kept, name) and getattr(absorbed, name) and name not in _GOES_WITH:
            found[name] = getattr(absorbed, name)
    if "given_name" in found:
        found["no_given_name"] = ""
    if "phone" in found:
        found["no_phone"] = ""
    if kept.birth_date_precision == BirthPrecision.UNKNOWN:
        found |= {"birth_date": absorbed.birth_date, "birth_date_precision": absorbed.birth_date_precision}
    return found


def _chosen(absorbed: Patient, wanted: Collection[str]) -> dict[str, object]:
    """These fields of the absorbed file, with what means nothing without them."""
    with_them = [name for name, main in _GOES_WITH.items() if main in wanted]
    return {name: getattr(absorbed, name) for name in [*wanted, *with_them]}


def _give_back(kept: Patient, absorbed: Patient, merge: PatientMerge, by: Actor, now: datetime) -> None:
    former: dict[str, object] = {}
    for name, value in merge.kept_before.items():
        main = _GOES_WITH.get(name, name)
        if getattr(kept, main) == getattr(absorbed, main):
            former[name] = None if name == "birth_date" else value
    before = former_values(kept, former)
    if not before:
        return
    for name in before:
        setattr(kept, name, former[name])
    kept.version += 1
    kept.save(update_fields=[*before, "version"])
    record_correction(patient=kept, before=before, by=by, at=now)
