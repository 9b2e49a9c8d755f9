"""A practice as its managers describe it: the organization, its places, and who receives where.

Written under the lock of the lines of time that depend on it; a place and an agenda through the one door (`change_setup`), with
the extents below.
"""

import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.enums import Level, OrganizationKind, Role
from accounts.models import Membership, Organization, Versioned
from accounts.rights import Actor
from appointments.enums import HolidayCalendar, SetupKind
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Calendar, Location, Schedule
from appointments.places.locks import lock_calendars_of
from appointments.places.selectors import calendars_at, calendars_in
from appointments.setup.services.changes import Extent


@dataclass(frozen=True, slots=True)
class Identity:
    """Of an organization. Numbers are bare, the phone in E.164."""

    name: str
    kind: OrganizationKind
    finess: str
    siret: str
    phone: str


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    line: str
    postal_code: str
    city: str
    time_zone: str
    holidays: HolidayCalendar
    phone: str = ""
    email: str = ""
    access_by_day: str = ""
    access_by_night: str = ""


def of_organization(organization_id: uuid.UUID) -> Extent:
    """All its places and agendas."""
    return Extent(frozenset({SetupKind.PLACE, SetupKind.AGENDA}), lambda: calendars_in(organization_id))


def of_place_and(location_id: uuid.UUID | None, practitioner_ids: Collection[uuid.UUID]) -> Extent:
    """A place, and the agendas of these practitioners there."""

    def calendars() -> set[uuid.UUID]:
        theirs = set(Calendar.objects.filter(practitioner__in=practitioner_ids).values_list("pk", flat=True))
        return theirs | (calendars_at(location_id) if location_id is not None else set())

    return Extent(frozenset({SetupKind.PLACE, SetupKind.AGENDA}), calendars)


def change_organization(
    *, organization_id: uuid.UUID, version: int | None, identity: Identity, by: Actor
) -> Organization:
    """Raises `NotAllowed`, `Refused`, `ChangedMeanwhile`."""
    with transaction.atomic():
        require_manager(organization_id, by)
        lock_calendars_of(lambda: calendars_in(organization_id))
        organization = Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
        check_version(organization, version, "La structure")
        _fill(organization, asdict(identity))
        organization.version += 1
        organization.save()
        return organization


def create_place(*, organization_id: uuid.UUID, place: Place, by: Actor) -> Location:
    """Raises `NotAllowed`, `Refused`."""
    require_manager(organization_id, by)
    location = Location(organization_id=organization_id)
    _fill(location, asdict(place))
    location.save()
    return location


def change_place(*, location_id: uuid.UUID, version: int | None, place: Place, by: Actor) -> Location:
    """Raises `NotAllowed`, `Refused`, `ChangedMeanwhile`."""
    with transaction.atomic():
        found = Location.objects.filter(pk=location_id).first()
        if found is None:
            raise NotAllowed
        require_manager(found.organization_id, by)
        lock_calendars_of(lambda: calendars_at(location_id))
        location = Location.objects.select_for_update(no_key=True).get(pk=location_id)
        check_version(location, version, "Le lieu")
        _fill(location, asdict(place))
        location.version += 1
        location.save()
        return location


def say_who_receives(
    *, location: Location, receive: Collection[uuid.UUID], among: Collection[uuid.UUID], by: Actor
) -> None:
    """Of the practitioners `among`, these receive there and the others do not (any more); who is not among them stays.

    A new agenda is not published. Raises `NotAllowed`.
    """
    with transaction.atomic():
        rows = Schedule.objects.select_related("calendar").filter(location=location, calendar__practitioner__in=among)
        known = {one.practitioner_id: one for one in rows}
        for practitioner_id in among:
            if not by.may(Level.MANAGE, practitioner_id, location.organization_id):
                raise NotAllowed
            schedule, wanted = known.get(practitioner_id), practitioner_id in receive
            if schedule is None and wanted:
                calendar = Calendar.objects.get(practitioner=practitioner_id)
                Schedule.objects.create(calendar=calendar, location=location, published=False)
            elif schedule is not None and schedule.active != wanted:
                schedule.active = wanted
                schedule.version += 1
                schedule.save(update_fields=["active", "version"])


def publish(*, organization_id: uuid.UUID, published: bool, by: Actor) -> int:
    """The open agendas of the organization that the person manages become findable from outside, or no longer; how many did.

    Raises `NotAllowed`.
    """
    require_manager(organization_id, by)
    with transaction.atomic():
        lock_calendars_of(lambda: calendars_in(organization_id))
        rows = Schedule.objects.kept_by(by, Level.MANAGE).filter(organization=organization_id, active=True)
        changed = list(rows.exclude(published=published))
        for one in changed:
            one.published = published
            one.version += 1
            one.save(update_fields=["published", "version"])
        return len(changed)


def require_manager(organization_id: uuid.UUID, by: Actor) -> None:
    """Read anew: they may have been removed while they waited for a lock."""
    rows = Membership.objects.filter(user=by.user, organization=organization_id, role=Role.MANAGER)
    if organization_id not in by.managed or not rows.exists():
        raise NotAllowed


def check_version(row: Versioned, version: int | None, name: str) -> None:
    """The caller has locked it."""
    if row.version != version:
        raise ChangedMeanwhile(
            f"{name} a changé entre-temps\u00a0: comparez, puis recommencez si c’est toujours voulu."
        )


def _fill(row: Organization | Location, values: dict[str, object]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    try:
        row.full_clean()
    except ValidationError as error:
        raise Refused(error.messages[0], next(iter(error.message_dict))) from None
