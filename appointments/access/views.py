"""« Équipe »: who may do what in the agendas of an organization, who is invited, and who said so."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.exceptions import AccessChanged, AccessDenied, AccessRefused
from accounts.french import of
from accounts.models import Invitation, Organization
from accounts.services.access import change_member, keep_managers_out, note_use, remove_member
from accounts.services.habits import switch_shortcuts
from accounts.services.invitations import invite, resend_invitation, withdraw_invitation
from appointments.access.forms import AccessesForm, InvitationForm, MemberForm
from appointments.access.selectors import (
    Line,
    Team,
    history_at,
    invitations_at,
    organizations_of,
    team_of,
)
from appointments.pages.access import actor_of, signed_in
from appointments.pages.practice import practice_act, practice_page


@require_safe
@signed_in
def rights_now(request: HttpRequest) -> HttpResponse:
    """For the open pages of the practice (rights.js): whether the person may by now something else than when they were drawn."""
    return HttpResponse(actor_of(request).stamp, content_type="text/plain")


@require_POST
@signed_in
def shortcuts(request: HttpRequest) -> HttpResponse:
    """The switch of the keys (keys.js): theirs on any machine."""
    switch_shortcuts(actor=actor_of(request), off=request.POST.get("off") == "1")
    return HttpResponse(status=204)


@require_safe
@practice_page
def team_home(request: HttpRequest) -> HttpResponse:
    """The organization's page, where there is but one."""
    organizations = organizations_of(actor_of(request))
    if len(organizations) == 1:
        return redirect("team", organizations[0].pk)
    if not organizations and not actor_of(request).may_grant:
        raise Http404
    return render(request, "access/organizations.html", {"organizations": organizations, "nav": "practice"})


@require_safe
@practice_page
def team(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    return _page(request, *_team(request, organization_id))


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def member(request: HttpRequest, organization_id: uuid.UUID, membership_id: uuid.UUID) -> HttpResponse:
    """What one person may do, beside the others."""
    found, several = _team(request, organization_id)
    line = _line(found, membership_id)
    if line.is_oneself:
        raise Http404
    form = _member_form(request, found, line)

    def save() -> str:
        change_member(
            membership_id=membership_id,
            version=form.cleaned_data["version"],
            accesses=form.accesses(),
            role=form.cleaned_data.get("role"),
            by=actor_of(request),
            now=timezone.now(),
        )
        return f"Les droits {of(line.name)} sont enregistrés, dès maintenant."

    if request.method == "POST" and (answer := _done(request, organization_id, form, save)):
        return answer
    if form.has_aged:
        found, several = _team(request, organization_id)
        line = _line(found, membership_id)
        fresh = _member_form(request, found, line)
        fresh.is_valid()
        fresh.add_error(None, str(AccessChanged()))
        fresh.compare_with(line.membership)  # type: ignore[arg-type]  # a member's line has one
        form = fresh
    return _page(request, found, several, form=form, line=line)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def member_remove(request: HttpRequest, organization_id: uuid.UUID, membership_id: uuid.UUID) -> HttpResponse:
    """GET asks for confirmation (the page's dialog does, with script): all that the person was given there ends."""
    found = _managed(request, organization_id)
    line = _line(found, membership_id)
    if request.method != "POST":
        context = {"organization": found.organization, "line": line, "nav": "practice"}
        return render(request, "access/member_remove.html", context)

    def act() -> str:
        remove_member(membership_id=membership_id, by=actor_of(request), now=timezone.now())
        return f"{line.name} n’est plus de la structure\u00a0: ses accès ont pris fin."

    return _act(request, organization_id, act)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def invite_somebody(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    found, several = _managed(request, organization_id), len(organizations_of(actor_of(request))) > 1
    data = request.POST if request.method == "POST" else None
    form = InvitationForm(data, columns=found.said, zone=found.zone)

    def save() -> str:
        typed = form.cleaned_data
        made = invite(
            organization_id=organization_id,
            email=typed["email"],
            role=typed["role"],
            first_name=typed["first_name"],
            last_name=typed["last_name"],
            accesses=form.accesses(),
            by=actor_of(request),
            now=timezone.now(),
        )
        return f"L’invitation part à {made.email}."

    if request.method == "POST" and (answer := _done(request, organization_id, form, save)):
        return answer
    return _page(request, found, several, form=form)


@practice_act
def invitation_resend(request: HttpRequest, organization_id: uuid.UUID, invitation_id: uuid.UUID) -> HttpResponse:
    found = _invitation(request, organization_id, invitation_id)

    def act() -> str:
        resend_invitation(invitation_id=found.pk, by=actor_of(request), now=timezone.now())
        return f"L’invitation repart à {found.email}\u00a0: seul le lien de ce message servira."

    return _act(request, organization_id, act)


@practice_act
def invitation_withdraw(request: HttpRequest, organization_id: uuid.UUID, invitation_id: uuid.UUID) -> HttpResponse:
    found = _invitation(request, organization_id, invitation_id)

    def act() -> str:
        withdraw_invitation(invitation_id=found.pk, by=actor_of(request), now=timezone.now())
        return f"L’invitation de {found.email} est retirée\u00a0: son lien ne sert plus."

    return _act(request, organization_id, act)


@practice_act
def managers(request: HttpRequest, organization_id: uuid.UUID, practitioner_id: uuid.UUID) -> HttpResponse:
    """The practitioner withdraws what managers may do by their role, or gives it back."""
    _team(request, organization_id)
    out = request.POST.get("acte") != "admettre"

    def act() -> str:
        keep_managers_out(
            organization_id=organization_id,
            practitioner_id=practitioner_id,
            out=out,
            by=actor_of(request),
            now=timezone.now(),
        )
        told = "n’ont plus d’accès à votre agenda par leur rôle" if out else "gèrent de nouveau votre agenda"
        return f"Les responsables de la structure {told}."

    return _act(request, organization_id, act)


def _page(
    request: HttpRequest,
    found: Team,
    several: bool,
    *,
    form: AccessesForm | None = None,
    line: Line | None = None,
) -> HttpResponse:
    """Four queries beside those of the team, whatever there is."""
    actor, now = actor_of(request), timezone.now()
    organization = found.organization
    is_manager = organization.pk in actor.managed
    pending = invitations_at(organization) if is_manager else []
    context: dict[str, Any] = {
        "nav": "practice",
        "organization": organization,
        "several": several,
        "is_manager": is_manager,
        "team": found,
        "invitations": [(one, one.has_expired(now)) for one in pending],
        "events": history_at(organization, found.columns),
        "zone": found.zone,
        "form": form,
        "line": line,
        "inviting": form is not None and line is None,
    }
    return render(request, "access/team.html", context, status=_status_of(form))


def _done(
    request: HttpRequest, organization_id: uuid.UUID, form: AccessesForm, save: Callable[[], str]
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
    return redirect("team", organization_id)


def _act(request: HttpRequest, organization_id: uuid.UUID, act: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, act())
    except AccessDenied:
        raise Http404 from None
    except AccessRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("team", organization_id)


def _status_of(form: AccessesForm | None) -> int:
    """Of the page around a form, sent and refused or not sent yet."""
    if form is None or not form.is_bound or not form.errors:
        return 200
    return 409 if form.has_aged else 422


def _member_form(request: HttpRequest, found: Team, line: Line) -> MemberForm:
    return MemberForm(
        request.POST if request.method == "POST" else None,
        membership=line.membership,  # type: ignore[arg-type]  # a member's line has one
        cells=[(one, found.cell_of(line, one)) for one in found.said],
        is_manager=found.organization.pk in actor_of(request).managed,
        zone=found.zone,
    )


def _team(request: HttpRequest, organization_id: uuid.UUID) -> tuple[Team, bool]:
    """And whether there are other organizations. Raises Http404 where the person says nothing."""
    organizations = organizations_of(actor_of(request))
    organization: Organization | None = next((one for one in organizations if one.pk == organization_id), None)
    if organization is None:
        raise Http404
    note_use(actor=actor_of(request), organizations=[organization_id], now=timezone.now())
    return team_of(organization, actor=actor_of(request), now=timezone.now()), len(organizations) > 1


def _managed(request: HttpRequest, organization_id: uuid.UUID) -> Team:
    if organization_id not in actor_of(request).managed:
        raise Http404
    return _team(request, organization_id)[0]


def _line(found: Team, membership_id: uuid.UUID) -> Line:
    line = found.line_of(membership_id)
    if line is None:
        raise Http404
    return line


def _invitation(request: HttpRequest, organization_id: uuid.UUID, invitation_id: uuid.UUID) -> Invitation:
    """Of an organization that the person manages. Raises Http404."""
    if organization_id not in actor_of(request).managed:
        raise Http404
    found = Invitation.objects.filter(pk=invitation_id, organization=organization_id).first()
    if found is None:
        raise Http404
    return found
