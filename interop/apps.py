from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "interop"
    verbose_name = "Échanges avec le SAS"

    def ready(self) -> None:
        # The checks; what listens to the agenda's events; what wakes the workers.
        from interop import checks, receivers, tasks  # noqa: F401
