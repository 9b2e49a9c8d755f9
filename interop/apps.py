from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "interop"
    verbose_name = "Échanges avec le SAS"

    def ready(self) -> None:
        # The checks, the ear for the agenda's events, the bell for the workers.
        from interop import checks, receivers, tasks  # noqa: F401
