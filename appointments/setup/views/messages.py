"""« Messages », of « Cabinet »: what patients are written, and what one of them would receive."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Organization, User
from appointments.booking.manage_link import visit_link, waiting_link
from appointments.enums import Channel, ConsultationType, MessageKind, Way
from appointments.exceptions import Refused
from appointments.messages import texts
from appointments.messages.letters import Former, Rendered, Said, sms_values
from appointments.messages.letters import render as rendered
from appointments.messages.reach import settings_of
from appointments.messages.trial import send_trial
from appointments.models import Appointment, MessageSettings, MessageText, Schedule
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.setup.forms.messages import MessagesForm
from appointments.setup.reason_lists import agendas_in
from appointments.setup.services.messages import change_messages
from appointments.setup.views.sent import saved, status_of
from outbox import gsm

# Of each kind: how it is named in the address, and when it leaves.
_KINDS = {
    "confirmation": (MessageKind.CONFIRMATION, "Dès que le rendez-vous est pris"),
    "rappel": (MessageKind.REMINDER, "Avant le rendez-vous"),
    "changement": (MessageKind.CHANGE, "15 s après, 5 min pour une journée"),
    "annulation": (MessageKind.CANCELLATION, "15 s après, 5 min pour une journée"),
    "retard": (MessageKind.LATE, "Quand vous le demandez"),
    "rappelez": (MessageKind.CALL_BACK, "Quand vous le demandez"),
    "inscription": (MessageKind.WAITING, "Dès l’inscription"),
    "attente": (MessageKind.OFFER, "Dès qu’une place se libère"),
}
_CHANNELS = {
    Way.EMAIL_FIRST: (Channel.EMAIL, Channel.SMS),
    Way.SMS_FIRST: (Channel.SMS, Channel.EMAIL),
    Way.BOTH: (Channel.SMS, Channel.EMAIL),
    Way.NEVER: (),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A line of the list on the left."""

    slug: str
    name: str
    when: str
    channels: tuple[Channel, ...]
    current: bool

    @property
    def by_sms(self) -> bool:
        return Channel.SMS in self.channels

    @property
    def by_mail(self) -> bool:
        return Channel.EMAIL in self.channels


@dataclass(frozen=True, slots=True)
class Preview:
    """What a patient would receive, by the renderer that sends."""

    sms: Rendered
    mail: Rendered
    count: int
    length: int


@require_safe
@practice_page
def messages_home(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    if organization_id not in actor_of(request).managed:
        raise Http404
    return redirect("messages-settings", organization_id, "confirmation")


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def messages_settings(request: HttpRequest, organization_id: uuid.UUID, slug: str) -> HttpResponse:
    """`apercu=1`: the page as it would be with what is typed, for what it shows of it; `essai=1` sends that to who types."""
    actor, now = actor_of(request), timezone.now()
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None or organization_id not in actor.managed or slug not in _KINDS:
        raise Http404
    kind = _KINDS[slug][0]
    own = {one.kind: one for one in MessageText.objects.filter(organization=organization_id)}
    settings, text = settings_of(organization_id), own.get(kind) or MessageText(organization=organization, kind=kind)
    said = _example(organization_id, kind, now)
    example = sms_values(said, settings, now) if said else {}
    sent = request.POST if request.method == "POST" else None
    form = MessagesForm(sent, kind=kind, settings=settings, text=text, example=example)

    def save() -> HttpResponse:
        version = form.cleaned_data["version"]
        change_messages(
            organization_id=organization_id, version=version, wording=form.wording(), times=form.times(), by=actor
        )
        messages.success(request, "Messages enregistrés\u00a0: ceux qui attendent partiront ainsi.")
        return redirect("messages-settings", organization_id, slug)

    asks = "apercu" in request.GET or "essai" in request.GET
    if sent is not None and not asks and (answer := saved(form, save)):
        return answer
    if form.has_aged:
        form.compare_with(settings_of(organization_id))
    preview = _preview(form, said, settings, now) if said else None
    if sent is not None and "essai" in request.GET and preview and form.is_valid() and isinstance(request.user, User):
        try:
            send_trial(preview.mail, to=request.user, now=now)
            messages.success(request, f"Essai envoyé à {request.user.email}. Rien n’est enregistré.")
        except Refused as refusal:
            form.add_error(None, str(refusal))
    context: dict[str, Any] = {
        "nav": "practice",
        "organization": organization,
        "form": form,
        "kind": kind,
        "kinds": _list(own, slug),
        "variables": texts.variables_of(kind),
        "is_reminder": kind == MessageKind.REMINDER,
        "preview": preview,
        "example": said.appointment if said else None,
        "address": reverse("messages-settings", args=[organization_id, slug]),
    }
    return render(request, "practice/messages.html", context, status=200 if asks else status_of(request, form))


def _list(own: dict[str, MessageText], slug: str) -> list[Kind]:
    found = []
    for name, (kind, when) in _KINDS.items():
        way = Way(own[kind].way) if kind in own else Way.EMAIL_FIRST
        found.append(Kind(name, str(kind.label), when, _CHANNELS[way], name == slug))
    return found


def _example(organization_id: uuid.UUID, kind: MessageKind, now: datetime) -> Said | None:
    """A visit of nobody, tomorrow at nine in the first of its agendas; None where there is none yet."""
    schedules = agendas_in(organization_id)
    schedule: Schedule | None = next(iter(schedules), None)
    if schedule is None:
        return None
    start = (now.astimezone(schedule.location.zone) + timedelta(days=1)).replace(
        hour=9, minute=0, second=0, microsecond=0
    )
    visit = Appointment(start=start, end=start + timedelta(minutes=15), consultation_type=ConsultationType.AMB)
    visit.at(schedule)
    former = Former(start - timedelta(hours=1)) if kind == MessageKind.CHANGE else None
    answer_by = now + timedelta(minutes=django_settings.WAITING_ANSWER_MINUTES) if kind == MessageKind.OFFER else None
    # As long as a link is, where there is one.
    link, nobody = "", uuid.UUID(int=0)
    if kind in texts.NEEDS_LINK:
        link = waiting_link(nobody)
    elif schedule.organization.online_booking:
        link = visit_link(nobody)
    return Said(visit, kind, former, 20 if kind == MessageKind.LATE else 0, link=link, answer_by=answer_by)


def _preview(form: MessagesForm, said: Said, settings: MessageSettings, now: datetime) -> Preview:
    """With what is typed, as far as it can be filled in."""
    shown = MessageText(kind=said.kind, sms=form["sms"].value() or "", mail=form["mail"].value() or "")
    settings.to_bring = form["to_bring"].value() or ""
    sms = rendered(said, Channel.SMS, settings=settings, text=shown, now=now)
    mail = rendered(said, Channel.EMAIL, settings=settings, text=shown, now=now)
    whole = gsm.in_gsm(texts.fill(shown.sms or texts.SMS[said.kind], sms_values(said, settings, now)))
    return Preview(sms, mail, gsm.sms_count(whole), gsm.septets(whole))
