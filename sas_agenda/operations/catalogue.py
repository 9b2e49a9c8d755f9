"""What PostgreSQL itself says of the product's tables, as a Markdown document: docs/model.md.

Asked of pg_catalog, not of the models: triggers, exclusions and generated columns are there however a migration made them.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model

from sas_agenda.operations.lineage import OUR_APPS

_HEAD = """\
# The tables

Made by `./agenda manage model` from the catalogue of a database that the migrations just laid; not to be written by hand.
A column is `NOT NULL` unless it says null; indexes that only make things fast are not listed.
"""

_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod)
           || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || quote_ident(l.collname) ELSE '' END,
       a.attnotnull, a.attgenerated <> '', a.attidentity <> '', pg_get_expr(d.adbin, d.adrelid, true)
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
# Since version 18 each NOT NULL is a constraint too.
_CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid, true) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'f', 'c', 'x')
ORDER BY position(contype IN 'pufcx'), conname COLLATE "C"
"""
_UNIQUE_INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid, 0, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %s::regclass AND i.indisunique AND NOT EXISTS (
    SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x')
)
ORDER BY c.relname COLLATE "C"
"""
_TRIGGERS = """
SELECT tgname, pg_get_triggerdef(oid, true) FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal
ORDER BY tgname COLLATE "C"
"""
_OPTIONS = "SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE oid = %s::regclass AND reloptions IS NOT NULL"


def model_document() -> str:
    """The whole document, of the database that we are connected to. The same for the same migrations."""
    parts = [_HEAD]
    for config in apps.get_app_configs():
        models = [one for one in config.get_models(include_auto_created=True) if one._meta.managed]
        if config.label in OUR_APPS and models:
            parts.append(f"## {config.label}\n")
            parts += ["\n".join(_table(one)) for one in sorted(models, key=lambda one: one._meta.db_table)]
    return "\n".join(parts)


def _table(model: type[Model]) -> Iterator[str]:
    table = connection.ops.quote_name(model._meta.db_table)
    yield f"### {model._meta.db_table} · {_french(model)}\n"
    if purpose := _purpose(model):
        yield f"{purpose}\n"
    for (options,) in _ask(_OPTIONS, table):
        yield f"Stored with {options}.\n"
    yield "| column | type | null | value |"
    yield "|---|---|---|---|"
    for name, kind, is_not_null, is_generated, is_identity, expression in _ask(_COLUMNS, table):
        value = "identity" if is_identity else ""
        if expression:
            value = f"{'generated' if is_generated else 'default'} {_code(expression)}"
        # Inside a table's cell even code may hold no bare pipe.
        cells = [name, kind, "" if is_not_null else "null", value.replace("|", r"\|")]
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield from _list("Constraints", [(name, definition) for name, definition in _ask(_CONSTRAINTS, table)])
    yield from _list(
        "Unique indexes",
        [(name, re.sub(r"^.*? USING ", "", definition)) for name, definition in _ask(_UNIQUE_INDEXES, table)],
    )
    yield from _list(
        "Triggers",
        [
            (name, re.sub(r"^CREATE (?:CONSTRAINT )?TRIGGER \S+ (.*?) ON \S+ ", r"\1 ", definition))
            for name, definition in _ask(_TRIGGERS, table)
        ],
    )


def _list(title: str, found: list[tuple[str, str]]) -> Iterator[str]:
    if found:
        yield f"{title}:\n"
        for name, definition in found:
            yield f"- {name}: {_code(definition)}"
        yield ""


def _french(model: type[Model]) -> str:
    if not model._meta.auto_created:
        return str(model._meta.verbose_name)
    ends = [field.related_model for field in model._meta.fields if field.is_relation]
    return " et ".join(str(end._meta.verbose_name) for end in ends)  # type: ignore[union-attr]


def _purpose(model: type[Model]) -> str:
    """The docstring's first line; Django makes one up, « Name(field, …) », where there is none."""
    text = (model.__doc__ or "").strip()
    return "" if text.startswith(f"{model.__name__}(") else text.partition("\n")[0]


def _code(text: str) -> str:
    return f"`{' '.join(text.split())}`"


def _ask(query: str, table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [table])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
