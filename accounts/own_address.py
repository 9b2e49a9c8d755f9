"""Where a person may be sent on to: pages of ours only (no open redirect)."""

from django.utils.http import url_has_allowed_host_and_scheme

# Longer ones are ours by mistake only, and would weigh on every session.
MAX_LENGTH = 2000


def own_address(address: object) -> str | None:
    """`address` when it is a path of this site (with or without a query), else None."""
    if not isinstance(address, str) or not address.startswith("/") or len(address) > MAX_LENGTH:
        return None
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else None
