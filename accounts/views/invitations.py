"""The page that the link of an invitation leads to."""

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods

from accounts.forms import InvitationForm
from accounts.models import User
from accounts.services.access import access_words
from accounts.services.invitations import (
    InvitationOver,
    accept_invitation,
    account_of,
    given_by,
    invitation_of,
)

_BACKEND = "accounts.backends.EmailBackend"


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Who chose a password here is signed in; who has one already signs in with it."""
    now = timezone.now()
    try:
        found = invitation_of(token, now=now)
        user = account_of(found)
        form = InvitationForm(request.POST if request.method == "POST" else None, invitation=found, account=user)
        if request.method == "POST" and form.is_valid():
            return _accepted(request, token, form)
    except InvitationOver as over:
        return _answer(request, {"refused": str(over)}, 410)
    accesses = [(one.practitioner, access_words(one)) for one in given_by(found, now=now)]
    context = {"invitation": found, "form": form, "accesses": accesses}
    return _answer(request, context, 422 if form.is_bound else 200)


def _accepted(request: HttpRequest, token: str, form: InvitationForm) -> HttpResponse:
    data = form.cleaned_data
    user: User = accept_invitation(
        token=token,
        now=timezone.now(),
        password=data.get("new_password1"),
        first_name=data.get("first_name", ""),
        last_name=data.get("last_name", ""),
    )
    if form.chooses_password:
        login(request, user, backend=_BACKEND)
        messages.success(request, "Votre compte est ouvert.")
        return redirect("home")
    messages.success(request, "Vous avez rejoint la structure. Connectez-vous avec votre mot de passe.")
    # Who is signed in already is sent on from there.
    return redirect("sign-in")


def _answer(request: HttpRequest, context: dict[str, object], status: int) -> HttpResponse:
    response = render(request, "accounts/invitation.html", context, status=status)
    add_never_cache_headers(response)
    return response
