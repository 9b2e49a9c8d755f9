"""Why a delivery did not get through, in words that say what to do."""

import re
from dataclasses import dataclass

from interop.enums import DeliveryState, Outcome
from interop.models import Delivery


@dataclass(frozen=True, slots=True)
class Explanation:
    title: str
    advice: str


_GIVEN_UP = Explanation(
    "Trois jours d’essais sans réponse claire",
    "Vérifiez la liaison avec le SAS, puis renvoyez\u00a0: la livraison aura de nouveau trois jours.",
)
_OTHER = Explanation("Le SAS refuse ce rendez-vous", "Lisez sa réponse ci-dessous, corrigez la cause, puis renvoyez.")
# What is wrong with the link, and what cures it; the delivery is tried again until then.
_CERTIFICATE = ("Le SAS refuse notre certificat", "Vérifiez le certificat client (SAS_CLIENT_CERT)")
_LINK = {
    401: ("Le SAS ne nous reconnaît pas", "Vérifiez le certificat client (SAS_CLIENT_CERT)"),
    403: ("Le SAS nous refuse l’accès", "Vérifiez le certificat client et l’habilitation auprès de l’ANS"),
    404: ("Le SAS ne connaît pas cette adresse", "Vérifiez SAS_FHIR_URL"),
    405: ("Le SAS n’accepte pas cet appel", "Vérifiez SAS_FHIR_URL"),
    410: ("Le SAS ne connaît plus cette adresse", "Vérifiez SAS_FHIR_URL"),
    495: _CERTIFICATE,
    496: _CERTIFICATE,
}
_ANY_LINK = (
    "Le SAS ne nous laisse pas entrer",
    "Vérifiez le certificat client, l’autorité du SAS (SAS_CA), l’habilitation auprès de l’ANS et SAS_FHIR_URL",
)
_TWICE = Explanation("Le SAS tient ce rendez-vous en double", "Voyez avec le support du SAS, puis renvoyez.")
_BY_STATUS = {
    409: _TWICE,
    412: _TWICE,
}
# Where the SAS's OperationOutcome points to.
_BY_ELEMENT = [
    (
        re.compile(r"Appointment\.extension", re.I),
        Explanation(
            "Le SAS refuse l’identifiant du régulateur",
            "Son compte doit être connu du SAS sous cet identifiant. Une fois corrigé, renvoyez.",
        ),
    ),
    (
        re.compile(r"Appointment\.participant", re.I),
        Explanation(
            "Le SAS refuse l’identifiant du praticien",
            # The event keeps the number it was made with: sending it again would send the old one.
            "S’il est faux, corrigez-le sur la fiche du praticien\u00a0: le prochain changement du rendez-vous le transmettra. "
            "S’il est juste, voyez avec le support du SAS, puis renvoyez.",
        ),
    ),
    (
        re.compile(r"Appointment\.(start|end)", re.I),
        Explanation("Le SAS refuse l’horaire du rendez-vous", "Lisez sa réponse ci-dessous, puis renvoyez."),
    ),
    (
        re.compile(r"Appointment\.identifier", re.I),
        Explanation(
            "Le SAS refuse l’identifiant du rendez-vous", "Vérifiez APPOINTMENT_IDENTIFIER_SYSTEM, puis renvoyez."
        ),
    ),
]


def explain(delivery: Delivery, *, status: int | None, outcome: str = "") -> Explanation | None:
    """`status` and `outcome` are the last attempt's. None when nothing is wrong."""
    if delivery.state == DeliveryState.RETRYING and outcome == Outcome.BARRED:
        title, cure = _LINK.get(status or 0, _ANY_LINK)
        return Explanation(title, f"{cure}\u00a0; les essais continuent d’eux-mêmes.")
    if delivery.state == DeliveryState.RETRYING:
        return Explanation("Le SAS n’a pas pris le dernier essai", "Il n’y a rien à faire\u00a0: un autre suivra.")
    if delivery.state != DeliveryState.BLOCKED:
        return None
    if delivery.cause.startswith("Abandonné"):
        return _GIVEN_UP
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return next((told for pattern, told in _BY_ELEMENT if pattern.search(delivery.cause)), _OTHER)
