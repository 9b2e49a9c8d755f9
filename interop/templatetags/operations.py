"""Words and shapes of the operators' pages."""

import json
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.templatetags.french import hour, relative_day, short_date
from accounts.templatetags.ui import icon
from appointments.enums import EventKind
from interop.enums import CallResult, DeliveryState, Outcome
from interop.fhir.outcome import outcome_text
from interop.models import Delivery, DeliveryAttempt, InboundCall, SasCircuit

register = template.Library()

_STATES = {
    DeliveryState.BLOCKED: ("danger", "alert", "Bloquée"),
    DeliveryState.RETRYING: ("warn", "retry", "Nouvel essai"),
    DeliveryState.CLAIMED: ("info", "send", "En cours"),
    DeliveryState.PLANNED: ("", "todo", "Prévue"),
    DeliveryState.SENT: ("ok", "check", "Envoyée"),
    DeliveryState.OBSOLETE: ("void", "minus", "Remplacée"),
}
_RESULTS = {
    CallResult.CREATED: ("ok", "check"),
    CallResult.UPDATED: ("ok", "check"),
    CallResult.WITHDRAWN: ("ok", "check"),
    CallResult.UNCHANGED: ("", "minus"),
    CallResult.REFUSED: ("danger", "alert"),
}
_CHANGES = {
    EventKind.BOOKED: "Création",
    EventKind.MOVED: "Date déplacée",
    EventKind.REASSIGNED: "Praticien changé",
    EventKind.FULFILLED: "Honoré",
    EventKind.NOSHOW: "Non honoré",
    EventKind.REOPENED: "Statut corrigé",
    EventKind.CANCELLED: "Annulé",
}
# Codes of OperationOutcome.issue, as this software answers them.
_FAULTS = {
    "structure": "Contenu illisible",
    "required": "Élément manquant",
    "value": "Valeur non admise",
    "invalid": "Contenu non valide",
    "code-invalid": "Code non admis",
    "business-rule": "Règle non respectée",
    "too-long": "Contenu trop long",
    "duplicate": "Déjà pris par un autre compte",
    "conflict": "Deux changements à la fois",
    "multiple-matches": "Plusieurs comptes trouvés",
    "forbidden": "Certificat non accepté",
    "not-supported": "Demande non prise en charge",
    "exception": "Erreur de notre côté",
}
_TONES = {Outcome.ACCEPTED: "ok", Outcome.REFUSED: "danger"}


@register.simple_tag
def delivery_badge(delivery: Delivery) -> SafeString:
    return _badge(*_STATES[DeliveryState(delivery.state)])


@register.simple_tag
def call_badge(call: InboundCall) -> SafeString:
    result = CallResult(call.result)
    return _badge(*_RESULTS[result], str(result.label))


@register.filter
def change(delivery: Delivery) -> str:
    """What happened to the appointment, in a word or two."""
    return _CHANGES[EventKind(delivery.event.kind)]


@register.simple_tag
def next_try(delivery: Delivery, circuit: SasCircuit) -> str:
    """When a delivery goes next: an hour, or what it waits for."""
    match delivery.state:
        case DeliveryState.BLOCKED:
            return "Arrêtée"
        case DeliveryState.CLAIMED:
            return "En cours"
        case DeliveryState.SENT | DeliveryState.OBSOLETE:
            return "–"
    if delivery.waits_behind:  # type: ignore[attr-defined]  # annotated by `delivery_list`
        return "Après la précédente"
    if circuit.is_open:
        return "Au retour du SAS"
    return moment(delivery.next_attempt_at) if delivery.state == DeliveryState.RETRYING else "Sous peu"


@register.filter
def moment(value: datetime) -> str:
    """14 h 20 today, else mer. 25 nov., 14 h 20."""
    if timezone.localdate(value) == timezone.localdate():
        return hour(value)
    return f"{short_date(value)}, {hour(value)}"


@register.filter
def since(value: datetime) -> str:
    """aujourd’hui à 10 h 12, hier à…, mercredi 25 novembre à…"""
    return f"{relative_day(value)} à {hour(value)}"


@register.filter
def tone(attempt: DeliveryAttempt) -> str:
    """The modifier of the log's dot."""
    return _TONES.get(Outcome(attempt.outcome), "")


@register.filter
def fault(call: InboundCall) -> str:
    return _FAULTS.get(call.fault, call.fault or "–")


@register.filter
def words(attempt: DeliveryAttempt) -> str:
    """What the SAS, or the failed call, says against it; nothing when it was accepted."""
    if attempt.outcome == Outcome.ACCEPTED:
        return attempt.error
    return attempt.error or (outcome_text(attempt.response_body.encode()) if attempt.response_body else "")


@register.filter
def readable(body: object) -> str:
    """JSON with its indentation; anything else as it came."""
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return str(body)
    return json.dumps(body, ensure_ascii=False, indent=2)


def _badge(tone: str, shape: str, label: str) -> SafeString:
    modifier = f" badge--{tone}" if tone else ""
    return format_html('<span class="badge{}">{}{}</span>', modifier, icon(shape), label)
