"""Group 7, appointments (INT_R03): importing this package declares its checks, in the order of the report."""

from conformance.recette.groups.appointments import content, changes, failures, whole  # noqa: F401, I001 - order matters
from conformance.recette.groups.appointments.group import APPOINTMENTS

__all__ = ["APPOINTMENTS"]
