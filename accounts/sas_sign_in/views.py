"""Leaving for the SAS's sign-in page, and coming back."""

from typing import cast
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView

from accounts.enums import SignInOutcome
from accounts.models import Regulator
from accounts.own_address import own_address
from accounts.rights import EPOCH_KEY, NOBODY, REGULATOR_KEY
from accounts.sas_sign_in.arrival import AGENDA, read_arrival
from accounts.sas_sign_in.backend import Recognised
from accounts.sas_sign_in.pages import refused
from accounts.sas_sign_in.provider import discover
from accounts.sas_sign_in.refusal import Reason, SasIdentity, SignInRefused, error_word
from accounts.services.sign_ins import record_failed_sign_in, record_sign_in
from outbox.transient import is_transient

# mozilla-django-oidc's: state → nonce, code verifier, and the page to go to, which is ours.
STATES = "oidc_states"
ID_TOKEN = "oidc_id_token"  # noqa: S105  # the library's key
IDP_CONNECT = "sas_idp_connect"


@method_decorator(never_cache, name="dispatch")
class SasSignInView(OIDCAuthenticationRequestView):
    """Sends the browser to the provider, remembering `next`."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        address = _without_origin(own_address(request.GET.get("next")))
        try:
            self.OIDC_OP_AUTH_ENDPOINT = discover().authorization_endpoint
        except SignInRefused as refusal:
            _record_refusal(refusal)
            return refused(request, refusal, address=address)
        response = cast(HttpResponseRedirect, super().get(request))
        # Kept with the state: two links opened at once each lead to their own page.
        state = parse_qs(urlsplit(response.url).query)["state"][0]
        request.session[STATES][state]["next"] = address
        request.session.modified = True
        return response


@method_decorator(never_cache, name="dispatch")
class SasCallbackView(OIDCAuthenticationCallbackView):
    """Opens the regulator's session, or says why not. Whatever session was open here is over in both cases.

    But an answer to no question of this browser's changes nothing: anybody can write such a link.
    """

    http_method_names = ["get"]
    address: str | None = None

    def get(self, request: HttpRequest) -> HttpResponse:
        pending = request.session.get(STATES, {}).get(request.GET.get("state"))
        if pending is None:
            return self._leave_alone(SignInRefused(Reason.NOT_VERIFIED, "unknown or used state"))
        self.address = own_address(pending.get("next"))
        try:
            issuer = request.GET.get("iss")
            if issuer is not None and issuer != settings.SAS_OIDC_ISSUER:  # RFC 9207
                raise SignInRefused(Reason.NOT_VERIFIED, "the answer is another issuer's")
            if not (request.GET.get("code") or request.GET.get("error")):
                raise SignInRefused(Reason.NOT_VERIFIED, "an answer without a code")
            return cast(HttpResponse, super().get(request))
        except SignInRefused as refusal:
            return self._refuse(refusal)
        except UpdateError as error:
            if is_transient(error):  # the session's row is there, the database is not
                raise
            # Another tab of this browser came back at the same instant and renewed the session.
            request.actor = NOBODY  # type: ignore[attr-defined]
            return self._leave_alone(SignInRefused(Reason.NOT_VERIFIED, "session replaced meanwhile"))

    @property
    def success_url(self) -> str:
        return self.address or resolve_url(settings.LOGIN_REDIRECT_URL)

    def login_failure(self) -> HttpResponse:
        """Reached when the provider answers with an error."""
        error = self.request.GET.get("error")
        if error == "access_denied":
            return self._refuse(SignInRefused(Reason.GIVEN_UP))
        if error in {"server_error", "temporarily_unavailable"}:
            return self._refuse(SignInRefused(Reason.UNAVAILABLE, "the provider says so"))
        return self._refuse(
            SignInRefused(Reason.NOT_VERIFIED, f"the provider: {error_word(error)}" if error else "nobody recognised")
        )

    def login_success(self) -> HttpResponse:
        recognised: Recognised = self.request.sas_recognised
        regulator, identity = recognised.regulator, recognised.identity
        session: SessionBase = self.request.session
        id_token = session.get(ID_TOKEN)
        if self._is_open_already(recognised):
            # The same regulator in a second tab: a new key, but the forms of the first tab stay valid (CSRF).
            session.cycle_key()
        else:
            pending = session.get(STATES)
            session.flush()
            auth.login(self.request, self.user)
            if pending:
                session[STATES] = pending
        session[REGULATOR_KEY] = str(regulator.id)
        session[EPOCH_KEY] = regulator.session_epoch
        session[IDP_CONNECT] = identity.idp_connect
        if id_token:
            session[ID_TOKEN] = id_token
        # A moment, not a duration: the session ends then, however busy it is.
        session.set_expiry(timezone.now() + settings.SAS_SESSION_AGE)
        _record(identity, SignInOutcome.OPENED, regulator=regulator)
        response = HttpResponseRedirect(self.success_url)
        response.sign_in_outcome = SignInOutcome.OPENED.value  # type: ignore[attr-defined]
        return response

    def _is_open_already(self, recognised: Recognised) -> bool:
        session = self.request.session
        return (
            self.request.user == self.user
            and session.get(REGULATOR_KEY) == str(recognised.regulator.id)
            and session.get(EPOCH_KEY) == recognised.regulator.session_epoch
        )

    def _refuse(self, refusal: SignInRefused) -> HttpResponse:
        _record_refusal(refusal)
        pending = self.request.session.get(STATES, {})
        # An answer serves once, refused or not.
        pending.pop(self.request.GET.get("state"), None)
        auth.logout(self.request)
        if pending:
            self.request.session[STATES] = pending
        # The page is drawn for nobody: the actor was read before the session ended.
        self.request.actor = NOBODY
        return refused(self.request, refusal, address=self.address)

    def _leave_alone(self, refusal: SignInRefused) -> HttpResponse:
        """The page only. Django would take away the cookie of a session that is no more: another tab's new one by then."""
        response = refused(self.request, refusal, address=self.address)
        session: SessionBase = self.request.session
        session.modified = False
        session.is_empty = lambda: False  # type: ignore[method-assign]
        return response


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


def _record(identity: SasIdentity, outcome: SignInOutcome, *, regulator: Regulator | None) -> None:
    record_sign_in(
        regulator=regulator,
        subject=identity.subject,
        idp_connect=identity.idp_connect,
        idp_connect_known=identity.idp_connect_known,
        outcome=outcome,
    )
