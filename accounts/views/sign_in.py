"""Ordinary sign-in, sign-out, and the answer to probes."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import LoginView, redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import SignInForm
from accounts.rights import REGULATOR_KEY
from accounts.sas_sign_in.views import sign_out_address


class SignInView(LoginView):
    """Failures are counted by django-axes (settings AXES_*), which answers 429 in our place after too many."""

    http_method_names = ["get", "head", "post"]
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_success_url(self) -> str:
        address = super().get_success_url()
        # Who is signed in would be sent round and round (Django raises ValueError).
        return self.get_default_redirect_url() if urlsplit(address).path == self.request.path else address

    def form_invalid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        return self.render_to_response(self.get_context_data(form=form), status=422)


@require_http_methods(["POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    came_through_sas = REGULATOR_KEY in request.session
    address = sign_out_address(request.session, back_to=settings.BASE_URL + reverse("sign-in"))
    logout(request)
    if address:
        return redirect(address)
    messages.success(
        request,
        "Vous êtes déconnecté de SAS Agenda. La plateforme SAS reste ouverte\u00a0: fermez-la aussi en quittant le poste."
        if came_through_sas
        else "Vous êtes déconnecté.",
    )
    return redirect("sign-in")


@require_safe
def back_to_tab(request: HttpRequest) -> HttpResponse:
    """Where a tab ends in which somebody signed in, or accepted the terms, while a form waits in another
    (`appointments.pages.interrupted`).
    """
    if request.actor.is_anonymous:  # type: ignore[attr-defined]
        return redirect_to_login(request.path)
    return render(request, "accounts/back_to_tab.html")


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing of the database: a probe must not restart us because of a neighbour."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
