"""A sign-in that is on its way to the provider and back: a cookie of its own, so that tabs know nothing of one another.

`state` says where the tab goes, signed: that outlives the cookie, so every page of an error leads to the same address again.
The cookie is what makes the answer this browser's, and serves once.
"""

import secrets
import time
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.own_address import own_address

# As long as a provider leaves its own page open: whoever comes back later is asked again.
LASTS = timedelta(minutes=30)
# Those given up stay until their time is over: a browser sends them all each time.
MOST = 20
COOKIE = "__Host-sas_agenda_sign_in_" if settings.SECURE else "sas_agenda_sign_in_"
_SALT = "accounts.sas_sign_in"


@dataclass(frozen=True, slots=True)
class State:
    """What a `state` of ours says. `again`: we asked a second time by ourselves, and don't a third."""

    key: str
    address: str | None
    again: bool
    is_old: bool = False

    def __str__(self) -> str:
        return signing.dumps([self.key, self.address, self.again], salt=_SALT)


@dataclass(frozen=True, slots=True)
class Pending:
    """What must not leave this browser: the nonce of the token to come, and the code's verifier (PKCE)."""

    nonce: str
    verifier: str


def begin(*, address: str | None, again: bool) -> tuple[State, Pending]:
    return State(secrets.token_urlsafe(12), address, again), Pending(
        secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    )


def keep(state: State, pending: Pending, *, request: HttpRequest, response: HttpResponse) -> None:
    response.set_cookie(
        COOKIE + state.key,
        f"{int(time.time())}.{pending.nonce}.{pending.verifier}",
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        # The provider sends the browser back from its own site.
        samesite="Lax",
    )
    others = sorted((value, name) for name, value in request.COOKIES.items() if name.startswith(COOKIE))
    for _, name in others[: max(0, len(others) - MOST + 1)]:
        _remove(name, response)


def read_state(text: str | None) -> State | None:
    """None when it is none of ours."""
    try:
        key, address, again = signing.loads(text or "", salt=_SALT)
    except signing.BadSignature:
        return None
    try:
        signing.loads(text or "", salt=_SALT, max_age=LASTS)
    except signing.SignatureExpired:
        is_old = True
    else:
        is_old = False
    return State(key, own_address(address), again, is_old)


def pending_of(state: State, request: HttpRequest) -> Pending | None:
    """None when it was another browser's, has served, or was left for too long."""
    _, _, secret = request.COOKIES.get(COOKIE + state.key, "").partition(".")
    nonce, _, verifier = secret.partition(".")
    return Pending(nonce, verifier) if verifier and not state.is_old else None


def forget(state: State, response: HttpResponse) -> None:
    _remove(COOKIE + state.key, response)


def _remove(name: str, response: HttpResponse) -> None:
    response.delete_cookie(name, samesite="Lax")
    response.cookies[name]["secure"] = settings.SESSION_COOKIE_SECURE
