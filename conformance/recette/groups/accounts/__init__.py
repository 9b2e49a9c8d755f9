"""Group 5, regulator accounts (INT_R02): importing this package declares its checks, in the order of the report."""

from conformance.recette.groups.accounts import creating, refusing, changing, withdrawing, meaning, racing, outcomes  # noqa: F401, I001 - order matters
from conformance.recette.groups.accounts.state import ACCOUNTS

__all__ = ["ACCOUNTS"]
