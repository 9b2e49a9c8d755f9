from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    name = "appointments"
    verbose_name = "Agenda"

    def ready(self) -> None:
        from appointments import checks  # noqa: F401
        from appointments.access import receivers as access_receivers  # noqa: F401  # connected by being imported
        from appointments.agenda import tasks as agenda_tasks  # noqa: F401
        from appointments.booking import receivers as booking_receivers  # noqa: F401
        from appointments.booking import tasks as booking_tasks  # noqa: F401
        from appointments.imports import tasks as import_tasks  # noqa: F401
        from appointments.messages import receivers, tasks  # noqa: F401
        from appointments.waiting import receivers as waiting_receivers  # noqa: F401
        from appointments.waiting import tasks as waiting_tasks  # noqa: F401
