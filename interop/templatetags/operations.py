"""Words and shapes of the operators' pages."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import french
from accounts.french import NBSP
from accounts.templatetags.french import hour, short_date
from accounts.templatetags.ui import icon
from accounts.zones import hour_of
from appointments.enums import EventKind
from interop.enums import CallResult, DeliveryState, Outcome
from interop.fhir.outcome import outcome_text
from interop.models import Delivery, DeliveryAttempt, InboundCall, SasCircuit
from interop.operations.causes import Explanation, explain

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
    EventKind.RESTORED: "Annulation défaite",
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
    "not-found": "Aucun compte trouvé",
    "extension": "Extension non comprise",
    "forbidden": "Certificat non accepté",
    "not-supported": "Demande non prise en charge",
    "exception": "Erreur de notre côté",
}
_TONES = {Outcome.ACCEPTED: "ok", Outcome.KNOWN: "ok", Outcome.REFUSED: "danger"}
_METHODS = {"POST": "Création", "PUT": "Mise à jour"}
# What an attempt tells, and so what follows from it.
_TOLD = {
    Outcome.ACCEPTED: "acceptée par le SAS.",
    Outcome.KNOWN: "le SAS tenait déjà ce rendez-vous, l’essai suivant le met à jour.",
    Outcome.REFUSED: "refusée pour de bon.",
    Outcome.FAILED: "non prise par le SAS\u00a0: elle sera renvoyée telle quelle.",
    Outcome.BARRED: "refusée à l’entrée (certificat, droits ou adresse)\u00a0: elle sera renvoyée telle quelle.",
    Outcome.UNCLEAR: "sans réponse claire. Le SAS l’a peut-être\u00a0: l’essai suivant est une mise à jour.",
}
# HTTP statuses as people say them; the others by their class.
_STATUSES = {
    200: "mis à jour",
    201: "créé",
    400: "demande illisible",
    401: "non reconnu",
    403: "accès refusé",
    404: "adresse inconnue",
    405: "appel non admis",
    409: "conflit",
    412: "en double",
    422: "contenu refusé",
    429: "trop d’appels",
    495: "certificat refusé",
    496: "certificat demandé",
    500: "panne du SAS",
    502: "SAS injoignable",
    503: "SAS indisponible",
    504: "SAS trop lent",
}
_CLASSES = {2: "accepté", 3: "redirection", 4: "refus", 5: "panne du SAS"}


@register.simple_tag
def delivery_badge(delivery: Delivery) -> SafeString:
    return _badge(*_STATES[DeliveryState(delivery.state)])


@register.simple_tag
def state_badge(state: str) -> SafeString:
    return _badge(*_STATES[DeliveryState(state)])


@register.simple_tag
def call_badge(call: InboundCall) -> SafeString:
    result = CallResult(call.result)
    return _badge(*_RESULTS[result], str(result.label))


@register.filter
def change(delivery: Delivery) -> str:
    """What happened to the appointment, in a word or two."""
    return _CHANGES[EventKind(delivery.event.kind)]


@register.filter
def cause(delivery: Delivery) -> Explanation | None:
    """Of a row annotated with its last status: why it is stopped; None when it is not."""
    return explain(delivery, status=delivery.last_status) if delivery.is_blocked else None  # type: ignore[attr-defined]


@register.simple_tag
def next_try(delivery: Delivery, circuit: SasCircuit) -> str:
    """When a delivery goes next: in how long, or what it waits for."""
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
    return ahead(delivery.next_attempt_at).capitalize() if delivery.state == DeliveryState.RETRYING else "Sous peu"


@register.filter
def ahead(value: datetime) -> str:
    """dans 25 s, dans 4 min, dans 2 h 05; « d’un instant à l’autre » once it is past."""
    left = value - timezone.now()
    return f"dans {french.span(left)}" if left > timedelta(seconds=1) else "d’un instant à l’autre"


@register.filter
def ago(value: datetime) -> str:
    """il y a 8 s, il y a 4 min, il y a 2 h 05, il y a 3 jours."""
    return f"il y a {french.span(max(timezone.now() - value, timedelta()))}"


@register.filter
def span(value: timedelta) -> str:
    return french.span(value)


@register.filter
def number(value: int) -> str:
    return french.number(value)


@register.filter
def moment(value: datetime, zone: ZoneInfo | None = None) -> str:
    """14 h 20 today, else mer. 25 nov., 14 h 20; of another year, mer. 25 nov. 2026, 14 h 20. At the operators' clock, or that of
    a place.
    """
    clock = zone or timezone.get_default_timezone()
    if timezone.localdate(value, clock) == timezone.localdate(timezone=clock):
        return hour(value, clock)
    return f"{day(value, zone)}, {hour(value, clock)}"


@register.filter
def hour_here(value: datetime) -> str:
    """At the operators' clock."""
    return hour(value, timezone.get_default_timezone())


@register.simple_tag
def hour_of_operators() -> str:
    """Heure de Paris."""
    return hour_of(ZoneInfo(settings.TIME_ZONE))


@register.filter
def day(value: datetime, zone: ZoneInfo | None = None) -> str:
    """mer. 25 nov.; of another year, mer. 25 nov. 2026."""
    clock = zone or timezone.get_default_timezone()
    year, said = timezone.localdate(value, clock).year, short_date(value, clock)
    return said if year == timezone.localdate(timezone=clock).year else f"{said} {year}"


@register.filter
def is_today(value: datetime) -> bool:
    return timezone.localdate(value) == timezone.localdate()


@register.filter
def to_the_second(value: datetime) -> str:
    """14 h 20 min 05 s: attempts follow each other within a minute."""
    local = timezone.localtime(value)
    return f"{moment(value)}{NBSP}min {local.second:02d}{NBSP}s"


@register.filter
def since(value: datetime) -> str:
    return french.day_and_hour(timezone.localtime(value), timezone.localdate())


@register.filter
def tone(attempt: DeliveryAttempt) -> str:
    """The modifier of the log's dot."""
    return _TONES.get(Outcome(attempt.outcome), "")


@register.filter
def story(attempt: DeliveryAttempt) -> str:
    """« Création refusée pour de bon. »"""
    done, told = _METHODS.get(attempt.method, attempt.method), _TOLD[Outcome(attempt.outcome)]
    return f"{done} {told}" if not told.startswith("le SAS") else f"{done}{NBSP}: {told}"


@register.filter
def status_words(status: int | None) -> str:
    """« 503, SAS indisponible »; « sans réponse » when there is none."""
    if status is None:
        return "sans réponse"
    return f"{status}, {_STATUSES.get(status) or _CLASSES.get(status // 100, 'réponse inattendue')}"


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
