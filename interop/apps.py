from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "interop"
    verbose_name = "Échanges avec le SAS"

    def ready(self) -> None:
        from interop import receivers  # noqa: F401  # listens to the agenda's events
