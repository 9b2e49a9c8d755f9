"""Forgotten and changed passwords."""

from typing import Any

from axes.utils import reset as forget_failures
from django.contrib import messages
from django.contrib.auth import views as django_views
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import ChangePasswordForm, NewPasswordForm, ResetRequestForm
from accounts.services.passwords import ask_password_reset


@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    form = ResetRequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        ask_password_reset(email=form.cleaned_data["email"])
        return redirect("password-reset-sent")
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/password_reset.html", {"form": form}, status=status)


@require_safe
def password_reset_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/password_reset_sent.html")


class PasswordResetConfirmView(django_views.PasswordResetConfirmView):
    """The page the mail leads to. Django moves the token from the address into the session first."""

    http_method_names = ["get", "head", "post"]
    template_name = "accounts/password_new.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("sign-in")

    def form_valid(self, form: NewPasswordForm) -> HttpResponse:  # type: ignore[override]
        answer = super().form_valid(form)
        # Who reads the mailbox is the person: failed tries of before no longer count.
        forget_failures(username=form.user.get_username())
        messages.success(self.request, "Votre nouveau mot de passe est enregistré. Connectez-vous avec lui.")
        return answer

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def render_to_response(self, context: dict[str, Any], **response: Any) -> HttpResponse:
        if not self.validlink:
            response["status"] = 410
        return super().render_to_response(context, **response)


class PasswordChangeView(django_views.PasswordChangeView):
    """For those who sign in with a password. A session of the SAS has a regulator's rights and nothing else."""

    http_method_names = ["get", "head", "post"]
    template_name = "accounts/password_change.html"
    form_class = ChangePasswordForm
    success_url = reverse_lazy("home")

    def dispatch(self, request: HttpRequest, *args: Any, **parameters: Any) -> HttpResponseBase:
        if request.actor.is_regulator:  # type: ignore[attr-defined]
            raise PermissionDenied
        return super().dispatch(request, *args, **parameters)

    def form_valid(self, form: ChangePasswordForm) -> HttpResponse:  # type: ignore[override]
        answer = super().form_valid(form)
        messages.success(self.request, "Votre nouveau mot de passe est enregistré.")
        return answer

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
