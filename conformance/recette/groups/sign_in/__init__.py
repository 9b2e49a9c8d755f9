"""Group 6, landing and sign-in (SSO): importing this package declares its checks, in the order of the report."""

from conformance.recette.groups.sign_in import landing, asking, entering, forging, replaying  # noqa: F401, I001 - order matters
from conformance.recette.groups.sign_in.state import SIGN_IN

__all__ = ["SIGN_IN"]
