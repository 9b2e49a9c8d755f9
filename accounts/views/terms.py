"""The terms of use: read by anybody, accepted by a regulator before anything else (`accounts.middleware`)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.forms import TermsForm
from accounts.middleware import TERMS_ACCEPTED
from accounts.models import TermsAcceptance
from accounts.own_address import own_address
from accounts.rights import Actor
from accounts.services.terms import accept_terms


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    version = settings.TERMS_VERSION
    regulator = actor.regulator
    # Where this tab was going.
    after = own_address(request.POST.get("suite") or request.GET.get("suite"))
    form = TermsForm(request.POST if request.method == "POST" and regulator is not None else None)
    if regulator is not None and form.is_valid():
        accept_terms(regulator=regulator, version=version)
        request.session[TERMS_ACCEPTED] = version
        return HttpResponseRedirect(after or resolve_url(settings.LOGIN_REDIRECT_URL))
    accepted = TermsAcceptance.objects.filter(regulator=regulator) if regulator is not None else None
    acceptance = accepted.filter(version=version).first() if accepted is not None else None
    if acceptance is not None and after:
        # In another tab, meanwhile.
        return HttpResponseRedirect(after)
    context = {
        "form": form,
        "after": after or "",
        "version": version,
        "acceptance": acceptance,
        "is_first": accepted is not None and not accepted.exists(),
    }
    return render(request, f"terms/{version}.html", context, status=422 if form.errors else 200)
