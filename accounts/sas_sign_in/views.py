"""Leaving for the SAS's sign-in page, and coming back."""

import logging
from urllib.parse import unquote, urlencode, urlsplit

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from mozilla_django_oidc.utils import absolutify, generate_code_challenge

from accounts.enums import SignInOutcome
from accounts.models import Regulator, User
from accounts.own_address import own_address
from accounts.rights import EPOCH_KEY, NOBODY, REGULATOR_KEY, Actor
from accounts.sas_sign_in.arrival import AGENDA, read_arrival
from accounts.sas_sign_in.backend import Recognised
from accounts.sas_sign_in.pages import refused
from accounts.sas_sign_in.pending import Pending, State, begin, forget, keep, pending_of, read_state
from accounts.sas_sign_in.provider import discover
from accounts.sas_sign_in.refusal import Reason, SasIdentity, SignInRefused, refusal_of
from accounts.services.sign_ins import record_failed_sign_in, record_sign_in
from outbox.transient import is_transient

logger = logging.getLogger(__name__)
ID_TOKEN = "oidc_id_token"  # noqa: S105  # mozilla-django-oidc's key
IDP_CONNECT = "sas_idp_connect"


@method_decorator(never_cache, name="dispatch")
class SasSignInView(View):
    """Sends the browser to the provider, remembering `next`."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return _leave(request, _without_origin(own_address(request.GET.get("next"))))


@method_decorator(never_cache, name="dispatch")
class SasCallbackView(View):
    """Opens the regulator's session, or says why not. An answer ends its own pending sign-in and no other; the session that is
    open here ends only when somebody else is found to sit there.

    An answer to no question of this browser's changes nothing: anybody can write such a link.
    """

    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        state = read_state(request.GET.get("state"))
        if state is None:
            return refused(request, SignInRefused(Reason.NOT_VERIFIED, "no state of ours"), address=None)
        pending = pending_of(state, request)
        if pending is None:
            return self._has_served(request, state)
        try:
            response = self._answer(request, state, pending)
        except SignInRefused as refusal:
            response = self._refuse(request, state, refusal)
        forget(state, response)
        return response

    def _has_served(self, request: HttpRequest, state: State) -> HttpResponse:
        """Back, or a reload; or the provider's page was left open for too long."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if actor.is_regulator:
            return redirect(state.address or settings.LOGIN_REDIRECT_URL)
        if state.is_old and not state.again:
            return _leave(request, state.address, again=True)
        refusal = SignInRefused(Reason.NOT_VERIFIED, "used, old or another browser's state")
        return refused(request, refusal, address=state.address)

    def _answer(self, request: HttpRequest, state: State, pending: Pending) -> HttpResponse:
        issuer = request.GET.get("iss")
        if issuer is not None and issuer != settings.SAS_OIDC_ISSUER:  # RFC 9207
            raise SignInRefused(Reason.NOT_VERIFIED, "the answer is another issuer's")
        if error := request.GET.get("error"):
            raise refusal_of(error, request.GET.get("error_description", ""))
        if not request.GET.get("code"):
            raise SignInRefused(Reason.NOT_VERIFIED, "an answer without a code")
        user = auth.authenticate(request, nonce=pending.nonce, code_verifier=pending.verifier)
        if not isinstance(user, User):
            raise SignInRefused(Reason.NOT_VERIFIED, "nobody recognised")
        recognised: Recognised = request.sas_recognised  # type: ignore[attr-defined]
        opened = SignInOutcome.OPENED
        if not _record(recognised.identity, opened, regulator=recognised.regulator, nonce=pending.nonce):
            # The browser's cookies were put back as they were: they open one session.
            raise SignInRefused(Reason.NOT_VERIFIED, "a state that has served")
        _open_session(request, user, recognised)
        response = redirect(state.address or settings.LOGIN_REDIRECT_URL)
        response.sign_in_outcome = SignInOutcome.OPENED.value  # type: ignore[attr-defined]
        return response

    @staticmethod
    def _refuse(request: HttpRequest, state: State, refusal: SignInRefused) -> HttpResponse:
        if refusal.ask_again and not state.again:
            logger.info("SAS sign-in asked again: %s", refusal)
            return _leave(request, state.address, again=True)
        _record_refusal(refusal)
        if refusal.identity is not None:
            auth.logout(request)
            # The page is drawn for nobody: the actor was read before the session ended.
            request.actor = NOBODY  # type: ignore[attr-defined]
        return refused(request, refusal, address=state.address)


def _leave(request: HttpRequest, address: str | None, *, again: bool = False) -> HttpResponse:
    """To the provider's page, with a pending sign-in of its own (OpenID Connect Core 1.0, §3.1.2.1; RFC 7636)."""
    try:
        endpoint = discover().authorization_endpoint
    except SignInRefused as refusal:
        _record_refusal(refusal)
        return refused(request, refusal, address=address)
    state, pending = begin(address=address, again=again)
    query = {
        "response_type": "code",
        "scope": settings.OIDC_RP_SCOPES,
        "client_id": settings.OIDC_RP_CLIENT_ID,
        "redirect_uri": absolutify(request, reverse("sas-callback")),
        "state": str(state),
        "nonce": pending.nonce,
        "code_challenge": generate_code_challenge(pending.verifier, settings.OIDC_PKCE_CODE_CHALLENGE_METHOD),
        "code_challenge_method": settings.OIDC_PKCE_CODE_CHALLENGE_METHOD,
    }
    response = HttpResponseRedirect(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}")
    keep(state, pending, request=request, response=response)
    return response


def _open_session(request: HttpRequest, user: User, recognised: Recognised) -> None:
    """The same regulator's in a second tab goes on: a request of the first may be on its way, and its forms stay valid (CSRF)."""
    id_token = request.session.get(ID_TOKEN)
    # As it is by now: while the provider was asked another tab may have changed it.
    request.session = type(request.session)(request.session.session_key)
    if _is_open(request, user, recognised):
        _fill(request.session, recognised, id_token)
        try:
            request.session.save()
            return
        except UpdateError as error:
            if is_transient(error):  # the session's row is there, the database is not
                raise
    request.session.flush()
    auth.login(request, user)
    _fill(request.session, recognised, id_token)


def _is_open(request: HttpRequest, user: User, recognised: Recognised) -> bool:
    session, regulator = request.session, recognised.regulator
    is_theirs = (session.get(REGULATOR_KEY), session.get(EPOCH_KEY)) == (str(regulator.id), regulator.session_epoch)
    return is_theirs and auth.get_user(request) == user


def _fill(session: SessionBase, recognised: Recognised, id_token: str | None) -> None:
    session[REGULATOR_KEY] = str(recognised.regulator.id)
    session[EPOCH_KEY] = recognised.regulator.session_epoch
    session[IDP_CONNECT] = recognised.identity.idp_connect
    if id_token:
        session[ID_TOKEN] = id_token
    # A moment, not a duration: the session ends then, however busy it is.
    session.set_expiry(timezone.now() + settings.SAS_SESSION_AGE)


def sign_out_address(session: SessionBase, *, back_to: str) -> str | None:
    """Where to end the session at the provider too (OpenID Connect RP-Initiated Logout 1.0); None when there is no need."""
    id_token = session.get(ID_TOKEN)
    if not settings.SAS_OIDC_SIGN_OUT_AT_PROVIDER or not id_token:
        return None
    try:
        endpoint = discover().end_session_endpoint
    except SignInRefused:
        # Ours ends anyway; a provider that is down must not keep anybody signed in here.
        return None
    query = {
        "id_token_hint": id_token,
        "client_id": settings.OIDC_RP_CLIENT_ID,
        "post_logout_redirect_uri": back_to,
    }
    return f"{endpoint}?{urlencode(query)}" if endpoint else None


def _without_origin(address: str | None) -> str | None:
    """An origin left in `next` would send the browser round and round."""
    if address is None or not address.startswith(AGENDA):
        return address
    parts = urlsplit(address)
    return read_arrival(unquote(parts.path), QueryDict(parts.query)).address


def _record_refusal(refusal: SignInRefused) -> None:
    outcome = refusal.reason.outcome
    if outcome is not None and refusal.identity is not None:
        _record(refusal.identity, outcome, regulator=None)
    elif outcome is not None:
        record_failed_sign_in(outcome)


def _record(
    identity: SasIdentity, outcome: SignInOutcome, *, regulator: Regulator | None, nonce: str | None = None
) -> bool:
    return record_sign_in(
        regulator=regulator,
        subject=identity.subject,
        idp_connect=identity.idp_connect,
        idp_connect_known=identity.idp_connect_known,
        outcome=outcome,
        nonce=nonce,
    )
