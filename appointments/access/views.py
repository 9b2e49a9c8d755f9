"""« Accès »: who may do what in the agendas of an organization, and who said so."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.exceptions import AccessChanged, AccessDenied, AccessRefused
from accounts.french import of, to
from accounts.models import Delegation, Membership, Organization
from accounts.services.access import (
    access_words,
    add_member,
    change_access,
    change_role,
    grant_access,
    keep_managers_out,
    remove_member,
    revoke_access,
)
from appointments.access.forms import ChangeAccessForm, GrantForm, MemberForm, RoleForm, SayForm
from appointments.access.selectors import agendas_at, clock_of, history_at, members_of, organizations_of
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_act, practice_page


@require_safe
@practice_page
def access_home(request: HttpRequest) -> HttpResponse:
    """The organization's page, where there is but one."""
    organizations = organizations_of(actor_of(request))
    if len(organizations) == 1:
        return redirect("access", organizations[0].pk)
    if not organizations and not actor_of(request).may_grant:
        raise Http404
    return render(request, "access/organizations.html", {"organizations": organizations, "nav": "practice"})


@require_safe
@practice_page
def access(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    return _page(request, _organization(request, organization_id))


@practice_act
def member_add(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    organization = _managed(request, organization_id)
    form = MemberForm(request.POST)

    def save() -> str:
        made = add_member(
            organization_id=organization.pk, by=actor_of(request), now=timezone.now(), **form.cleaned_data
        )
        return f"{made.user} est membre de la structure. Être membre n’ouvre aucun agenda\u00a0: donnez-lui un accès."

    return _done(request, organization, form, save) or _page(request, organization, member_form=form)


@practice_act
def access_grant(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    organization = _organization(request, organization_id)
    form = _grant_form(request, organization, request.POST)

    def save() -> str:
        data = form.cleaned_data
        agenda = form.agenda_chosen()
        made = grant_access(
            organization_id=organization.pk,
            practitioner_id=agenda.practitioner.pk if agenda.practitioner is not None else None,
            user_id=data["user"],
            level=data["level"],
            until=data["until"],
            by=actor_of(request),
            now=timezone.now(),
        )
        return f"Accès donné {to(made.user)}."

    return _done(request, organization, form, save) or _page(request, organization, grant_form=form)


@practice_act
def managers(request: HttpRequest, organization_id: uuid.UUID, practitioner_id: uuid.UUID) -> HttpResponse:
    """The practitioner withdraws what managers may do by their role, or gives it back."""
    organization, out = _organization(request, organization_id), request.POST.get("acte") != "admettre"
    try:
        keep_managers_out(
            organization_id=organization.pk,
            practitioner_id=practitioner_id,
            out=out,
            by=actor_of(request),
            now=timezone.now(),
        )
    except AccessDenied:
        raise Http404 from None
    told = "n’ont plus d’accès à votre agenda par leur rôle" if out else "gèrent de nouveau votre agenda"
    messages.success(request, f"Les responsables de la structure {told}.")
    return redirect("access", organization.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def member(request: HttpRequest, membership_id: uuid.UUID) -> HttpResponse:
    """The role of a member."""
    found = _membership(request, membership_id)
    initial = {"role": found.role, "version": found.version}
    form = RoleForm(request.POST if request.method == "POST" else None, initial=initial)

    def save() -> str:
        data = form.cleaned_data
        change_role(
            membership_id=found.pk, version=data["version"], role=data["role"], by=actor_of(request), now=timezone.now()
        )
        return f"Le rôle {of(found.user)} est enregistré."

    if request.method == "POST" and (answer := _done(request, found.organization, form, save)):
        return answer
    if form.has_aged:
        found = _membership(request, membership_id)
        form.go_on_from(found.version)
    context = {"organization": found.organization, "membership": found, "form": form, "nav": "practice"}
    return render(request, "access/member.html", context, status=_status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def member_remove(request: HttpRequest, membership_id: uuid.UUID) -> HttpResponse:
    """GET asks for confirmation: all that the person was given there ends."""
    found = _membership(request, membership_id)
    if request.method == "POST":
        try:
            remove_member(membership_id=found.pk, by=actor_of(request), now=timezone.now())
            messages.success(request, f"{found.user} n’est plus membre de la structure\u00a0: ses accès ont pris fin.")
        except AccessDenied:
            raise Http404 from None
        except AccessRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("access", found.organization_id)
    context = {"organization": found.organization, "membership": found, "nav": "practice"}
    return render(request, "access/member_remove.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def access_change(request: HttpRequest, delegation_id: uuid.UUID) -> HttpResponse:
    found = _delegation(request, delegation_id)
    zone = clock_of(_organization(request, found.organization_id))
    form = ChangeAccessForm(request.POST if request.method == "POST" else None, delegation=found, zone=zone)

    def save() -> str:
        change_access(delegation_id=found.pk, by=actor_of(request), now=timezone.now(), **form.cleaned_data)
        return f"L’accès {of(found.user)} est enregistré."

    if request.method == "POST" and (answer := _done(request, found.organization, form, save)):
        return answer
    if form.has_aged:
        found = _delegation(request, delegation_id)
        form.go_on_from(found.version)
    context = {
        "organization": found.organization,
        "delegation": found,
        "present": access_words(found),
        "form": form,
        "nav": "practice",
    }
    return render(request, "access/change.html", context, status=_status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def access_revoke(request: HttpRequest, delegation_id: uuid.UUID) -> HttpResponse:
    """GET asks for confirmation (the page's dialog does, with script)."""
    found = _delegation(request, delegation_id)
    if request.method != "POST":
        context = {
            "organization": found.organization,
            "delegation": found,
            "practitioner": found.practitioner,
            "present": access_words(found),
            "nav": "practice",
        }
        return render(request, "access/revoke.html", context)
    try:
        revoke_access(delegation_id=found.pk, by=actor_of(request), now=timezone.now())
        messages.success(request, f"L’accès {of(found.user)} est retiré, dès maintenant.")
    except AccessDenied:
        raise Http404 from None
    except AccessRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("access", found.organization_id)


def _page(
    request: HttpRequest,
    organization: Organization,
    *,
    member_form: MemberForm | None = None,
    grant_form: GrantForm | None = None,
) -> HttpResponse:
    """Six queries, whatever the number of members and agendas."""
    actor, now = actor_of(request), timezone.now()
    agendas = agendas_at(organization, actor=actor, now=now)
    members = members_of(organization)
    refused = member_form is not None or grant_form is not None
    said = [one for one in agendas if one.may_say]
    others = [one for one in members if actor.user is None or one.user_id != actor.user.pk]
    context: dict[str, Any] = {
        "nav": "practice",
        "organization": organization,
        "several": len(organizations_of(actor)) > 1,
        "is_manager": organization.pk in actor.managed,
        "agendas": agendas,
        "members": members,
        "managers": [one.user for one in members if one.is_manager],
        # What was typed for somebody who is no member any more is not lost.
        "may_grant_here": bool(said and others) or grant_form is not None,
        "member_form": member_form or MemberForm(),
        "grant_form": grant_form or GrantForm(members=others, agendas=said, zone=clock_of(organization)),
        "events": history_at(organization, agendas),
        "now": now,
        "zone": clock_of(organization),
    }
    return render(request, "access/access.html", context, status=422 if refused else 200)


def _done(
    request: HttpRequest, organization: Organization, form: SayForm, save: Callable[[], str]
) -> HttpResponse | None:
    """Back to the organization's page with what `save` says; None when the form is refused, by itself or by the service."""
    if not form.is_valid():
        return None
    try:
        messages.success(request, save())
    except AccessDenied:
        raise Http404 from None
    except AccessRefused as refusal:
        form.add_error(refusal.element if refusal.element in form.fields else None, str(refusal))
        form.has_aged = isinstance(refusal, AccessChanged)
        return None
    return redirect("access", organization.pk)


def _status_of(form: SayForm) -> int:
    """Of the page around a form, sent and refused or not sent yet."""
    if not form.is_bound:
        return 200
    return 409 if form.has_aged else 422


def _grant_form(request: HttpRequest, organization: Organization, data: Any) -> GrantForm:
    actor = actor_of(request)
    agendas = [one for one in agendas_at(organization, actor=actor, now=timezone.now()) if one.may_say]
    members = [one for one in members_of(organization) if actor.user is None or one.user_id != actor.user.pk]
    return GrantForm(data, members=members, agendas=agendas, zone=clock_of(organization))


def _organization(request: HttpRequest, organization_id: uuid.UUID) -> Organization:
    """Raises Http404 where the person says nothing."""
    found = next((one for one in organizations_of(actor_of(request)) if one.pk == organization_id), None)
    if found is None:
        raise Http404
    return found


def _managed(request: HttpRequest, organization_id: uuid.UUID) -> Organization:
    if organization_id not in actor_of(request).managed:
        raise Http404
    return _organization(request, organization_id)


def _membership(request: HttpRequest, membership_id: uuid.UUID) -> Membership:
    """Of somebody in an organization that the person manages. Raises Http404."""
    rows = Membership.objects.select_related("user", "organization")
    found = rows.filter(pk=membership_id, organization__in=actor_of(request).managed).first()
    if found is None:
        raise Http404
    return found


def _delegation(request: HttpRequest, delegation_id: uuid.UUID) -> Delegation:
    """One about which the person has a say. Raises Http404."""
    rows = Delegation.objects.select_related("user", "organization", "practitioner")
    found = rows.filter(pk=delegation_id).first()
    if found is None or not actor_of(request).may_grant_in(found.practitioner_id, found.organization_id):
        raise Http404
    return found
