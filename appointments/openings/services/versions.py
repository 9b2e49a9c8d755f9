"""A form was opened on a row that has changed since."""

from accounts.french import sentence
from appointments.exceptions import ChangedMeanwhile
from appointments.models import Absence, Closure, Reason, Rule


def check_version(row: Absence | Closure | Reason | Rule, version: int | None) -> None:
    """The caller has locked. Raises `ChangedMeanwhile` when `version`, that of the page, is not the row's."""
    if version != row.version:
        raise ChangedMeanwhile(
            f"{sentence(_the(row))} a changé entre-temps\u00a0: comparez, puis recommencez si c’est toujours voulu."
        )


def _the(row: Absence | Closure | Reason | Rule) -> str:
    if isinstance(row, Rule):
        return "l’ouverture" if row.is_one_off else "la règle"
    return "le motif" if isinstance(row, Reason) else row.THE
