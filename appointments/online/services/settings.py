"""What a practice says of online booking: whether, with whom, until when a visit is moved or cancelled."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import transaction

from accounts.enums import Level
from accounts.models import Organization
from accounts.rights import Actor
from appointments.models import Schedule
from appointments.places.locks import lock_calendars_of
from appointments.places.selectors import calendars_in
from appointments.setup.services.practice import check_version, require_manager


@dataclass(frozen=True, slots=True)
class Online:
    """`agendas`: those booked online; `new_patients`: those that take new patients there. `cutoff`: hours. `video_links`: where
    teleconsultations of each are held, blank for nowhere said.
    """

    booking: bool
    cutoff: int
    agendas: Collection[uuid.UUID]
    new_patients: Collection[uuid.UUID]
    video_links: Mapping[uuid.UUID, str]


def change_online(*, organization_id: uuid.UUID, version: int | None, online: Online, by: Actor) -> None:
    """Of the agendas that the person manages; visits that stand are not touched.

    Raises `NotAllowed`, `ChangedMeanwhile`.
    """
    with transaction.atomic():
        require_manager(organization_id, by)
        lock_calendars_of(lambda: calendars_in(organization_id), by=by)
        organization = Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
        check_version(organization, version, "La structure")
        organization.online_booking, organization.online_cutoff_hours = online.booking, online.cutoff
        organization.version += 1
        organization.save(update_fields=["online_booking", "online_cutoff_hours", "version"])
        for schedule in Schedule.objects.kept_by(by, Level.MANAGE).filter(organization=organization_id):
            link = online.video_links.get(schedule.pk, schedule.video_link)
            wanted = schedule.pk in online.agendas, schedule.pk in online.new_patients, link
            if (schedule.online_booking, schedule.new_patients, schedule.video_link) != wanted:
                schedule.online_booking, schedule.new_patients, schedule.video_link = wanted
                schedule.version += 1
                schedule.save(update_fields=["online_booking", "new_patients", "video_link", "version"])
