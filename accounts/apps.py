from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Comptes"

    def ready(self) -> None:
        from accounts import checks, tasks  # noqa: F401  # checks register themselves; tasks connect what wakes the workers
