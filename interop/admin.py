"""Operators' view of what is owed to the SAS: read, and send again what was refused. Nothing else is changed by hand."""

import json
from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from accounts.administration import ReadOnly
from interop.fhir.outcome import outcome_text
from interop.models import Delivery, DeliveryAttempt
from interop.services.deliveries import send_again

if TYPE_CHECKING:
    # Generic for the type checker only.
    Inline = admin.StackedInline[DeliveryAttempt, Delivery]
    Page = admin.ModelAdmin[Delivery]
else:
    Inline, Page = admin.StackedInline, admin.ModelAdmin


class AttemptInline(ReadOnly, Inline):
    model = DeliveryAttempt
    extra = 0
    fields = (
        "at",
        "method",
        "url",
        "outcome",
        "status_code",
        "error",
        "duration_ms",
        "explanation",
        "request",
        "answer",
    )
    readonly_fields = fields

    @admin.display(description="dans les mots du SAS")
    def explanation(self, attempt: DeliveryAttempt) -> str:
        return outcome_text(attempt.response_body.encode()) if attempt.response_body else "–"

    @admin.display(description="demande")
    def request(self, attempt: DeliveryAttempt) -> SafeString:
        return _preformatted(json.dumps(attempt.request_body, ensure_ascii=False, indent=2))

    @admin.display(description="réponse")
    def answer(self, attempt: DeliveryAttempt) -> SafeString:
        try:
            text = json.dumps(json.loads(attempt.response_body), ensure_ascii=False, indent=2)
        except ValueError:
            text = attempt.response_body
        return _preformatted(text)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, Page):
    list_display = ("created_at", "appointment_id", "fact", "state", "attempts", "next_attempt_at", "short_cause")
    list_filter = ("state", "event__kind")
    list_select_related = ("event",)
    search_fields = ("appointment__id",)
    search_help_text = "Identifiant du rendez-vous, en entier ou en partie."
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-sequence")
    fields = (
        "id", "appointment_id", "fact", "sequence", "regulator_system", "regulator_value", "state", "cause",
        "attempts", "created_at", "next_attempt_at", "give_up_at", "lease_until", "sent_at",
    )  # fmt: skip
    readonly_fields = fields
    inlines = (AttemptInline,)
    actions = ("send_selected_again",)

    @admin.display(description="rendez-vous", ordering="appointment_id")
    def appointment_id(self, delivery: Delivery) -> str:
        return str(delivery.appointment_id)

    @admin.display(description="événement", ordering="event__kind")
    def fact(self, delivery: Delivery) -> str:
        return delivery.event.get_kind_display()

    @admin.display(description="cause")
    def short_cause(self, delivery: Delivery) -> str:
        return Truncator(delivery.cause).chars(120)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("interop.change_delivery")

    @admin.action(description="Renvoyer au SAS les livraisons bloquées", permissions=["resend"])
    def send_selected_again(self, request: HttpRequest, selected: QuerySet[Delivery]) -> None:
        ids = list(selected.values_list("pk", flat=True))
        planned = send_again(delivery_ids=ids, now=timezone.now())
        if planned:
            one = planned == 1
            told = "1 livraison repart vers le SAS." if one else f"{planned} livraisons repartent vers le SAS."
            self.message_user(request, told, messages.SUCCESS)
        if planned < len(ids):
            told = "Seules les livraisons bloquées se renvoient : les autres n’ont pas changé."
            self.message_user(request, told, messages.WARNING)


def _preformatted(text: str) -> SafeString:
    return format_html('<pre tabindex="0">{}</pre>', text) if text else format_html("–")
