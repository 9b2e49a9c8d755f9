"""Who receives in an organization: found in the national directory or typed, known once however many organizations they are at.

A manager adds somebody to their own organization; whoever has an account is told, and says who has access to their agenda. Who
somebody is, is changed by themself, and by a manager of all organizations where they receive.
"""

import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.enums import AccessKind, Profession, Role
from accounts.exceptions import AccessDenied, AccessRefused
from accounts.models import Invitation, Practitioner
from accounts.rights import NOBODY, Actor, practice_actor
from accounts.services.access import record_access
from accounts.services.invitations import invite
from appointments.enums import SetupKind
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Calendar, Location, Schedule
from appointments.places.locks import lock_calendars, lock_calendars_of
from appointments.places.selectors import calendar_of
from appointments.setup.services.changes import Extent
from appointments.setup.services.practice import check_version, require_manager


@dataclass(frozen=True, slots=True)
class Person:
    """Numbers are bare, the phone in E.164. A RPPS or an ADELI number, at least."""

    family_name: str
    given_name: str
    rpps: str | None
    adeli: str | None
    profession: Profession
    title: str = ""
    specialty_codes: tuple[str, ...] = ()
    phone: str = ""
    practical_information: str = ""


def of_practitioner(practitioner_id: uuid.UUID) -> Extent:
    """Their agendas, wherever they are."""
    rows = Calendar.objects.filter(practitioner=practitioner_id)
    return Extent(frozenset({SetupKind.AGENDA}), lambda: set(rows.values_list("pk", flat=True)))


def known_as(person: Person) -> Practitioner | None:
    """Whoever already has one of these numbers."""
    same = Q(pk__in=[])
    if person.rpps:
        same |= Q(rpps=person.rpps)
    if person.adeli:
        same |= Q(adeli=person.adeli)
    return Practitioner.objects.filter(same).first()


def make_known(person: Person) -> Practitioner:
    """The practitioner of this number: as they are known, or new. Raises `Refused`."""
    if (found := known_as(person)) is not None:
        return found
    made = Practitioner()
    _fill(made, person)
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        found = known_as(person)  # by another manager, at the same moment
        if found is None:
            raise
        return found
    return made


def add_practitioner(
    *,
    organization_id: uuid.UUID,
    practitioner: Practitioner,
    location_ids: Collection[uuid.UUID],
    is_oneself: bool,
    by: Actor,
    now: datetime,
) -> None:
    """They receive at these places of the organization from now on; their agendas there are not published.

    `is_oneself`: whoever adds them is this practitioner. Raises `NotAllowed`, `Refused` (elements: number, locations).
    """
    with transaction.atomic():
        lock_calendars({calendar_of(practitioner.pk).pk})
        require_manager(organization_id, by)
        calendar = Calendar.objects.get(practitioner=practitioner.pk)
        places = list(Location.objects.filter(pk__in=location_ids, organization=organization_id))
        if not places or len(places) != len(set(location_ids)):
            raise Refused("Choisissez au moins un lieu.", "locations")
        there = {one.location_id: one for one in Schedule.objects.filter(calendar=calendar)}
        if all(place.pk in there and there[place.pk].active for place in places):
            raise Refused(f"{practitioner} reçoit déjà ici.", "number")
        if is_oneself:
            _link(practitioner, by)
        for place in places:
            known = there.get(place.pk)
            if known is None:
                Schedule.objects.create(calendar=calendar, location=place, published=False)
            elif not known.active:
                known.active, known.version = True, known.version + 1
                known.save(update_fields=["active", "version"])
        record_access(organization_id, AccessKind.RECEIVES, by, now, practitioner_id=practitioner.pk)


def change_practitioner(*, practitioner_id: uuid.UUID, version: int | None, person: Person, by: Actor) -> Practitioner:
    """Raises `NotAllowed`, `Refused`, `ChangedMeanwhile`."""
    with transaction.atomic():
        lock_calendars_of(of_practitioner(practitioner_id).calendars)
        practitioner = Practitioner.objects.select_for_update(no_key=True).filter(pk=practitioner_id).first()
        # What they may now that they have waited.
        present = practice_actor(by.user, now=timezone.now()) if by.user is not None else NOBODY
        if practitioner is None or not may_describe(practitioner, present):
            raise NotAllowed
        check_version(practitioner, version, "Ce praticien")
        _fill(practitioner, person)
        practitioner.version += 1
        practitioner.save()
        return practitioner


def may_describe(practitioner: Practitioner, by: Actor) -> bool:
    """Whether the person says who this practitioner is: themself, and who manages all organizations where they receive."""
    if practitioner.pk in by.own:
        return True
    where = set(Schedule.objects.of_practitioner(practitioner.pk).values_list("organization_id", flat=True))
    return bool(where) and where <= by.managed and not any((practitioner.pk, one) in by.kept_out for one in where)


def invite_practitioner(
    *, organization_id: uuid.UUID, practitioner: Practitioner, email: str, by: Actor, now: datetime
) -> Invitation:
    """Accepted, the account of this address is the practitioner's. Raises `NotAllowed`, `Refused` (element: email)."""
    if not may_describe(practitioner, by):
        raise Refused(
            f"{practitioner} reçoit aussi dans une autre structure\u00a0: l’exploitant du service relie son compte.",
            "email",
        )
    try:
        return invite(
            organization_id=organization_id,
            email=email,
            role=Role.MEMBER,
            by=by,
            now=now,
            first_name=practitioner.given_name,
            last_name=practitioner.family_name,
            practitioner_id=practitioner.pk,
        )
    except AccessDenied:
        raise NotAllowed from None
    except AccessRefused as refusal:
        raise Refused(str(refusal), "email") from None


def _link(practitioner: Practitioner, by: Actor) -> None:
    """Their account is the person's own: only where nobody else's agenda opens by it."""
    if by.user is None or by.own - {practitioner.pk}:
        raise Refused("Votre compte est déjà celui d’un autre praticien.", "is_oneself")
    if practitioner.user_id == by.user.pk:
        return
    where = set(Schedule.objects.of_practitioner(practitioner.pk).values_list("organization_id", flat=True))
    if practitioner.user_id is not None or not where <= by.managed:
        raise Refused(
            "Ce praticien reçoit déjà dans une autre structure, ou a un compte\u00a0: connectez-vous avec ce compte, ou demandez "
            "à l’exploitant du service de le relier.",
            "is_oneself",
        )
    practitioner.user = by.user
    practitioner.version += 1
    practitioner.save(update_fields=["user", "version"])


def _fill(practitioner: Practitioner, person: Person) -> None:
    for name, value in (asdict(person) | {"specialty_codes": list(person.specialty_codes)}).items():
        setattr(practitioner, name, value)
    try:
        practitioner.full_clean()
    except ValidationError as error:
        element = next(iter(error.message_dict))
        raise Refused(error.messages[0], "number" if element in ("rpps", "adeli", "__all__") else element) from None
