"""What Meta.constraints can't say by itself in Django: foreign keys of several columns."""

from collections.abc import Sequence
from typing import Any, Literal

from django.db import models
from django.db.backends.ddl_references import Columns, Statement, Table
from django.db.utils import DEFAULT_DB_ALIAS

OnDelete = Literal["NO ACTION", "CASCADE"]


class CompositeForeignKey(models.BaseConstraint):
    """`fields` of a row name together, by `to_fields`, a row of `to`; with a null among them they name nothing, and are let in.

    Both are lists of field names, `to` is "app.Model"; `to_fields` must be unique together in it. Never deferrable: a wrong row
    is refused by the statement that writes it. A model still has a ForeignKey to walk along, with `db_constraint=False` where
    this covers it; that one makes migrations create `to` first. CASCADE is PostgreSQL's own: Django signals nothing of it.
    """

    def __init__(
        self,
        *,
        fields: Sequence[str],
        to: str,
        to_fields: Sequence[str],
        name: str,
        on_delete: OnDelete = "NO ACTION",
    ) -> None:
        if not fields or len(fields) != len(to_fields):
            raise ValueError(f"{name}: as many fields as to_fields, and one at least")
        if on_delete not in ("NO ACTION", "CASCADE"):
            raise ValueError(f"{name}: on_delete is NO ACTION or CASCADE, not {on_delete}")
        self.fields = tuple(fields)
        self.to = to
        self.to_fields = tuple(to_fields)
        self.on_delete: OnDelete = on_delete
        super().__init__(name=name)

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Nothing inside CREATE TABLE: like Django's own foreign keys it comes when all of the migration's tables are there."""
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))
        return None

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        quote = schema_editor.quote_name
        to = model._meta.apps.get_model(self.to)
        return Statement(
            "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s FOREIGN KEY (%(columns)s) "
            "REFERENCES %(to_table)s (%(to_columns)s) ON DELETE %(on_delete)s",
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
            columns=Columns(model._meta.db_table, _columns(model, self.fields), quote),
            to_table=Table(to._meta.db_table, quote),
            to_columns=Columns(to._meta.db_table, _columns(to, self.to_fields), quote),
            on_delete=self.on_delete,
        )

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        quote = schema_editor.quote_name
        return Statement(
            schema_editor.sql_delete_constraint, table=Table(model._meta.db_table, quote), name=quote(self.name)
        )

    def validate(
        self,
        model: type[models.Model],
        instance: models.Model,
        exclude: Any = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        """Nothing: the columns are copies that services fill in, no form shows them, and nobody could correct one there."""

    def deconstruct(self) -> tuple[str, tuple[()], dict[str, Any]]:
        path, _, kwargs = super().deconstruct()
        kwargs |= {"fields": self.fields, "to": self.to, "to_fields": self.to_fields}
        if self.on_delete != "NO ACTION":
            kwargs["on_delete"] = self.on_delete
        return path, (), kwargs

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CompositeForeignKey):
            return NotImplemented
        return self.deconstruct() == other.deconstruct()

    __hash__ = None  # type: ignore[assignment]  # as Django's own constraints

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.name} {self.fields} → {self.to} {self.to_fields}>"


def _columns(model: Any, fields: Sequence[str]) -> list[str]:
    return [model._meta.get_field(name).column for name in fields]
