import gc

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "sas_agenda.operations"
    verbose_name = "Exploitation"

    def ready(self) -> None:
        # The checks, the ears: for Celery's messages and processes, and for what the agenda records.
        from sas_agenda.operations import checks, counting, processes  # noqa: F401

        # The other half of sas_agenda/__init__.py.
        gc.freeze()
        gc.enable()
