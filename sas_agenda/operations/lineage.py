"""Is this database one that our migrations lead on from? Django passes over applied migrations that it does not know."""

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

# By name: one that is no longer installed left its migrations in older databases all the same.
OUR_APPS = frozenset({"outbox", "accounts", "appointments", "interop", "operations"})


def foreign_migrations(connection: BaseDatabaseWrapper) -> list[str]:
    """The applied migrations of our applications that the code no longer has, when it has others to apply: on the wrong tables.

    With nothing to apply the database is a newer version's, and this an older one put back to work on it, which may be.
    """
    executor = MigrationExecutor(connection)
    loader = executor.loader
    # A squashed migration speaks for those it replaces.
    known = {*loader.disk_migrations, *(one for there in loader.disk_migrations.values() for one in there.replaces)}
    unknown = [(app, name) for app, name in loader.applied_migrations if app in OUR_APPS and (app, name) not in known]
    to_apply = executor.migration_plan(loader.graph.leaf_nodes())
    if not unknown or not any(migration.app_label in OUR_APPS for migration, _ in to_apply):
        return []
    return sorted(f"{app}.{name}" for app, name in unknown)
