"""Practitioners are told of what is changed of who may do what in their agenda: planned in the change's own transaction."""

from django.dispatch import receiver

from accounts.enums import AccessKind, Role
from accounts.models import AccessEvent, Practitioner
from accounts.services.access import access_recorded
from accounts.services.access_notices import plan_notice
from appointments.models import Schedule


@receiver(access_recorded, dispatch_uid="appointments.plan_access_notices")
def on_access_recorded(sender: object, event: AccessEvent, **_: object) -> None:
    for practitioner in _concerned(event):
        plan_notice(event=event, practitioner=practitioner)


def _concerned(event: AccessEvent) -> list[Practitioner]:
    """Whose agenda it is; of a manager's role all who receive at the organization: it opens their agendas there."""
    if event.practitioner is not None:
        return [event.practitioner]
    manager = Role.MANAGER.label
    if event.kind in (AccessKind.JOINED, AccessKind.ROLE, AccessKind.LEFT) and manager in (event.before, event.after):
        there = Schedule.objects.filter(organization=event.organization_id).values("calendar__practitioner")
        return list(Practitioner.objects.filter(pk__in=there))
    return []
