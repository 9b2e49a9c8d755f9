"""INT_R03 as an outbox. (Completed by the deliveries' author.)"""

from appointments.models import AppointmentEvent


def plan_delivery(*, event: AppointmentEvent) -> None:
    raise NotImplementedError
