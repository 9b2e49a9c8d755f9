"""Wrong passwords: who is counted as one client, three counters, and how long each closes the door (settings AXES_*).

A counter closes for a while that doubles with each further failure. What is tried meanwhile is not heard: neither the password
nor the count. django-axes keeps the rows; it knows one limit and one delay for all, so both are said here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.db.models import Max, Q, Sum
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.waking import account_tried

Failures = dict["Counter", tuple[int, datetime | None]]  # how many, and when the last was


class Counter(StrEnum):
    PAIR = "pair"  # one account from one client
    CLIENT = "client"  # whatever accounts it tries
    ACCOUNT = "account"  # wherever it is tried from


@dataclass(frozen=True, slots=True)
class Limit:
    """From the `free`th failure on, the door closes for `first`, then twice as long with each, up to `longest`."""

    free: int
    first: timedelta
    longest: timedelta

    def pause(self, failures: int) -> timedelta:
        if failures < self.free:
            return timedelta()
        return min(self.first * 2 ** min(failures - self.free, 20), self.longest)


LIMITS = {
    Counter.PAIR: Limit(5, timedelta(seconds=30), timedelta(minutes=15)),
    # A whole hospital may be one client: its people mistype too, and one of them must not shut the others out for long.
    Counter.CLIENT: Limit(20, timedelta(seconds=30), timedelta(minutes=5)),
    Counter.ACCOUNT: Limit(10, timedelta(seconds=30), timedelta(minutes=15)),
}


@dataclass(frozen=True, slots=True)
class Closing:
    """Which counter closed the door, and for how many more seconds."""

    counter: Counter
    seconds: int


def client_username(request: HttpRequest, credentials: dict[str, Any] | None) -> str | None:
    """The address typed, in the one form we compare it in: capitals give no further tries."""
    typed = (credentials or {}).get("username") or request.POST.get("username")
    return User.objects.normalize(str(typed)) if typed else None


def client_address(request: HttpRequest) -> str | None:
    """Behind the proxy, whose unix socket has no address, the one it saw: the last of X-Forwarded-For (earlier ones are
    the client's own word). Without a proxy, the peer's. Of IPv6 the subscriber's network, as nginx counts them."""
    forwarded = "" if settings.LOCAL else request.headers.get("X-Forwarded-For", "")
    candidate = forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        address = ip_address(candidate)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False).network_address)
    return str(address)


def closing_of(request: HttpRequest) -> Closing:
    """Of a request that was not heard, or whose failure closed the door."""
    closing: Closing = request.sign_in_closing  # type: ignore[attr-defined]
    return closing


class RisingDelays(AxesDatabaseHandler):
    """django-axes's rows under our three counters."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        failures = _failures(request, credentials)
        closing = _closing(failures, is_known=_is_known(request, credentials), now=timezone.now())
        request.sign_in_closing = closing  # type: ignore[attr-defined]
        return closing is not None

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        """Counted, unless it was not heard; the owner is told of the failure that closes their account's counter."""
        if request is not None and request.axes_locked_out:  # type: ignore[attr-defined]
            return
        if request is None or self.is_whitelisted(request, credentials):
            super().user_login_failed(sender, credentials, request, **kwargs)
            return
        before, _ = _failures(request, credentials)[Counter.ACCOUNT]
        super().user_login_failed(sender, credentials, request, **kwargs)
        after, _ = _failures(request, credentials)[Counter.ACCOUNT]
        if self.is_locked(request, credentials):
            request.axes_locked_out = True  # type: ignore[attr-defined]
        if before < LIMITS[Counter.ACCOUNT].free <= after:
            owner = User.objects.filter(email=client_username(request, credentials), is_active=True)
            account_tried.send(sender=User, user_id=owner.values_list("pk", flat=True).first())


def _failures(request: HttpRequest, credentials: dict[str, Any] | None) -> Failures:
    """In one query."""
    of_account = Q(username=client_username(request, credentials))
    of_client = Q(ip_address=client_address(request))
    rows = {Counter.PAIR: of_account & of_client, Counter.CLIENT: of_client, Counter.ACCOUNT: of_account}
    wanted: dict[str, Any] = {
        f"{name}_count": Sum("failures_since_start", filter=which, default=0) for name, which in rows.items()
    }
    wanted |= {f"{name}_last": Max("attempt_time", filter=which) for name, which in rows.items()}
    remembered = AccessAttempt.objects.filter(attempt_time__gt=timezone.now() - settings.AXES_COOLOFF_TIME)
    found = remembered.filter(of_account | of_client).aggregate(**wanted)
    return {name: (found[f"{name}_count"], found[f"{name}_last"]) for name in rows}


def _is_known(request: HttpRequest, credentials: dict[str, Any] | None) -> bool:
    """Whether this account was signed in to from there before: others' tries do not keep its owner out."""
    return AccessLog.objects.filter(
        username=client_username(request, credentials), ip_address=client_address(request)
    ).exists()


def _closing(failures: Failures, *, is_known: bool, now: datetime) -> Closing | None:
    """The counter that is closed for longest, if any is."""
    ends = {
        counter: last + LIMITS[counter].pause(count)
        for counter, (count, last) in failures.items()
        if last is not None and not (is_known and counter == Counter.ACCOUNT)
    }
    counter = max(ends, key=lambda one: ends[one], default=None)
    if counter is None or ends[counter] <= now:
        return None
    return Closing(counter, ceil((ends[counter] - now).total_seconds()))
