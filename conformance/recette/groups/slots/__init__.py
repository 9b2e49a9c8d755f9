"""Group 3, slots of practitioners (INT_R01): importing this package declares its checks, in the order of the report."""

from conformance.recette.groups.slots import content, people, variants, malformed, speed  # noqa: F401, I001 - order matters
from conformance.recette.groups.slots.group import SLOTS

__all__ = ["SLOTS"]
