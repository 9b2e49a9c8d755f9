"""Django's `migrate`, which may take its time; but nobody waits behind it."""

from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations import Migration


class Command(migrate.Command):
    """No statement is too long: an index of millions of rows takes minutes. A lock is waited for as by anybody
    (DATABASE_LIMITS): behind one that waits for a table wait all who use it.

    Straight to PostgreSQL: what is set for a session would be left behind in a pooler's.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        self._connection = connections[options["database"]]
        self._is_unhurried = False
        try:
            super().handle(*args, **options)
        finally:
            # Whoever goes on in this process does so within the limits.
            if self._is_unhurried:
                self._connection.close()

    def migration_progress_callback(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:
        if migration is not None and action in {"apply_start", "unapply_start"} and not settings.DATABASE_POOLER:
            # What is built beside the traffic (`atomic = False`) waits for every transaction there is, a backup's too, and keeps
            # nobody waiting; cut short, it leaves an index that is not valid.
            for_a_lock = settings.DATABASE_LIMITS["lock_timeout"] if migration.atomic else "0"
            with self._connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [for_a_lock])
            self._is_unhurried = True
        super().migration_progress_callback(action, migration, fake)
