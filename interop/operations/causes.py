"""Why a delivery did not get through, in words that say what to do."""

import re
from dataclasses import dataclass

from interop.enums import DeliveryState
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
_BY_STATUS = {
    401: Explanation("Le SAS ne nous reconnaît pas", "Vérifiez le certificat client (SAS_CLIENT_CERT), puis renvoyez."),
    403: Explanation(
        "Le SAS nous refuse l’accès", "Vérifiez le certificat client et l’habilitation auprès de l’ANS, puis renvoyez."
    ),
    404: Explanation("Le SAS ne connaît pas cette adresse", "Vérifiez SAS_FHIR_URL, puis renvoyez."),
    405: Explanation("Le SAS n’accepte pas cet appel", "Vérifiez SAS_FHIR_URL, puis renvoyez."),
    409: Explanation("Le SAS tient ce rendez-vous en double", "Voyez avec le support du SAS, puis renvoyez."),
    412: Explanation("Le SAS tient ce rendez-vous en double", "Voyez avec le support du SAS, puis renvoyez."),
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
            "Le SAS refuse l’identifiant du praticien", "Vérifiez son RPPS ou son numéro ADELI, puis renvoyez."
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


def explain(delivery: Delivery, *, status: int | None) -> Explanation | None:
    """`status` is the last answer's. None when nothing is wrong."""
    if delivery.state == DeliveryState.RETRYING:
        return Explanation("Le SAS n’a pas pris le dernier essai", "Il n’y a rien à faire\u00a0: un autre suivra.")
    if delivery.state != DeliveryState.BLOCKED:
        return None
    if delivery.cause.startswith("Abandonné"):
        return _GIVEN_UP
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return next((told for pattern, told in _BY_ELEMENT if pattern.search(delivery.cause)), _OTHER)
