from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    name = "appointments"
    verbose_name = "Agenda"

    def ready(self) -> None:
        from appointments import tasks  # noqa: F401  # connects the bell
