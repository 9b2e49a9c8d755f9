"""Who may ask for probes and metrics: this machine, the unix socket, and the networks of OPERATIONS_NETWORKS."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def may_ask(request: HttpRequest) -> bool:
    """Both the peer and, behind a proxy, the client it names must be in those networks.

    The peer too, because anybody can write X-Forwarded-For; the last address of it, because a proxy appends what it saw.
    A unix socket's peer has no address: it is a process of this machine.
    """
    if "Forwarded" in request.headers:
        return False
    peer = request.META.get("REMOTE_ADDR", "")
    if peer and not _is_ours(peer):
        return False
    forwarded = request.headers.get("X-Forwarded-For")
    return forwarded is None or _is_ours(forwarded.rpartition(",")[2].strip())


def _is_ours(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    # A dual-stack socket shows IPv4 peers as ::ffff:192.0.2.1.
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in settings.OPERATIONS_NETWORKS)
