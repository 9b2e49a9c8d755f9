"""A query that nearly every page asks: Django takes longer to write it than PostgreSQL to answer, so it is written once."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)


class Written(Generic[M]):
    """The statement of these rows, whole models with what `select_related` brings. Values that stand for those of each time
    are in their filters: `read` is given what takes their place.
    """

    def __init__(self, rows: QuerySet[M]) -> None:
        self._compiler: Any = rows.query.get_compiler(connection=connection)
        self._sql, self._values = self._compiler.as_sql()

    def read(self, given: Mapping[Any, Any]) -> list[M]:
        """One query."""
        compiler = self._compiler
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [given.get(value, value) for value in self._values])
            answer = cursor.fetchall()
        # As django.db.models.query.ModelIterable does it.
        kind, columns = compiler.klass_info, compiler.klass_info["select_fields"]
        own = slice(columns[0], columns[-1] + 1)
        names = [column[0].target.attname for column in compiler.select[own]]
        beside = get_related_populators(kind, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg] # stubs of a later one
        found = []
        for row in compiler.results_iter([answer]):
            one = kind["model"].from_db(DEFAULT_DB_ALIAS, names, row[own])
            for related in beside:
                related.populate(row, one)
            found.append(one)
        return found
