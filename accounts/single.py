"""One row, or none."""

from typing import Any, TypeVar

from django.db.models import QuerySet

Row = TypeVar("Row")


def single(rows: "QuerySet[Any, Row]") -> Row | None:
    """The only one of these rows, of which a key lets one be: None where there is none. `first` would write an order too, which
    takes Django as long as the rest of the statement.
    """
    return next(iter(rows.order_by()), None)
