"""What messages say: the product's own texts, the variables an organization's may use, and how they are filled in. Pure."""

import re
from collections.abc import Mapping

from accounts.french import NBSP, listed, quoted
from appointments.enums import MessageKind
from outbox import gsm

# Variable → what its button says.
VARIABLES = {
    "jour": "Jour",
    "heure": "Heure",
    "praticien": "Praticien",
    "lieu": "Lieu",
    "acces": "Accès",
    "telephone": "Téléphone",
    "consignes": "À apporter",
    "cabinet": "Nom du lieu",
    "lien": "Lien pour changer",
}
_OF_KIND = {
    MessageKind.CHANGE: {"avant": "Ancienne heure"},
    MessageKind.LATE: {"retard": "Minutes de retard", "vers": "Heure probable"},
    MessageKind.OFFER: {"limite": "Réponse jusqu’à"},
}
# Of an hour that is not known yet nothing is said.
_NOT_OF_KIND = {MessageKind.WAITING: {"heure", "lieu", "acces", "consignes"}}
SMS = {
    MessageKind.CONFIRMATION: (
        "RDV {jour} à {heure}, {praticien}, {lieu}. {acces}. Retard ou empêchement\u00a0: {telephone} {lien}"
    ),
    MessageKind.CHANGE: (
        "CHANGEMENT\u00a0: votre RDV du {avant} est maintenant {jour} à {heure}, {praticien}, {lieu}. "
        "Ne convient pas\u00a0? {telephone} {lien}"
    ),
    MessageKind.CANCELLATION: (
        "ANNULÉ\u00a0: votre RDV {jour} à {heure}, {praticien}. Ne venez pas. Autre heure\u00a0: {telephone}. Urgence\u00a0: 15"
    ),
    MessageKind.REMINDER: (
        "Rappel\u00a0: RDV {jour} à {heure}, {praticien}, {lieu}. Retard ou empêchement\u00a0: {telephone} {lien}"
    ),
    MessageKind.LATE: "{praticien} a environ {retard} min de retard. Votre RDV de {heure} sera vers {vers}. {telephone}",
    MessageKind.CALL_BACK: "{cabinet} cherche à vous joindre pour votre RDV {jour} à {heure}. Rappelez\u00a0: {telephone}",
    MessageKind.WAITING: (
        "Liste d’attente, {praticien}\u00a0: c’est noté, un message vous proposera une place. Votre rang, ou partir\u00a0: {lien}"
    ),
    MessageKind.OFFER: (
        "Place libre\u00a0: {jour} à {heure}, {praticien}, {lieu}. À vous jusqu’à {limite}\u00a0: {lien} Sinon, rien à faire."
    ),
}
MAIL = {
    MessageKind.CONFIRMATION: "Bonjour,\n\nVotre rendez-vous est confirmé.",
    MessageKind.CHANGE: "Bonjour,\n\nVotre rendez-vous a changé. Voici ce qui vaut maintenant\u00a0:",
    MessageKind.CANCELLATION: "Bonjour,\n\nVotre rendez-vous est annulé\u00a0: ne venez pas.",
    MessageKind.REMINDER: "Bonjour,\n\nNous vous attendons bientôt.",
    MessageKind.LATE: "Bonjour,\n\n{praticien} a environ {retard} min de retard. Votre rendez-vous de {heure} sera vers {vers}.",
    MessageKind.CALL_BACK: "Bonjour,\n\nNous cherchons à vous joindre au sujet de votre rendez-vous.",
    MessageKind.WAITING: (
        "Bonjour,\n\nVous êtes sur la liste d’attente. Dès qu’une place se libère pour vous, un message vous la propose\u00a0: "
        "elle vous est gardée le temps de répondre."
    ),
    MessageKind.OFFER: (
        "Bonjour,\n\nUne place s’est libérée. Elle est à vous jusqu’à {limite} si vous la prenez\u00a0; "
        "ensuite elle est proposée à la personne suivante. Si elle ne vous convient pas, il n’y a rien à faire."
    ),
}
SUBJECTS = {
    MessageKind.CONFIRMATION: "Votre rendez-vous est confirmé",
    MessageKind.CHANGE: "Votre rendez-vous a changé",
    MessageKind.CANCELLATION: "Votre rendez-vous est annulé",
    MessageKind.REMINDER: "Rappel de votre rendez-vous",
    MessageKind.LATE: "Votre rendez-vous aura du retard",
    MessageKind.CALL_BACK: "Merci de nous rappeler",
    MessageKind.WAITING: "Vous êtes sur la liste d’attente",
    MessageKind.OFFER: "Une place s’est libérée",
}
# What these say is answered by their link.
NEEDS_LINK = {MessageKind.WAITING, MessageKind.OFFER}
_VARIABLE = re.compile(r"\{([^{}]*)\}")
# What is left of a sentence of which a variable was blank: nothing that stands alone between two signs.
_HOLES = [(re.compile(r"\s+([.,])"), r"\1"), (re.compile(r"([.,]) ?(?=[.,])"), ""), (re.compile(r" {2,}"), " ")]
# In this order they are left out of an SMS that is too long; never the hour, who, the place or the number.
_SPARED = ("consignes", "acces", "cabinet", "lien")


def variables_of(kind: str) -> dict[str, str]:
    kept = {name: label for name, label in VARIABLES.items() if name not in _NOT_OF_KIND.get(MessageKind(kind), set())}
    return kept | _OF_KIND.get(MessageKind(kind), {})


def unknown_variables(text: str, kind: str) -> list[str]:
    return [name for name in dict.fromkeys(_VARIABLE.findall(text)) if name not in variables_of(kind)]


def refuse_unknown(text: str, kind: str) -> None:
    """Raises ValueError with the French sentence to show."""
    if unknown := unknown_variables(text, kind):
        named = listed([quoted(f"{{{name}}}") for name in unknown])
        raise ValueError(
            f"Ces mots entre accolades ne sont pas connus{NBSP}: {named}. Choisissez-les parmi les boutons sous le texte."
        )
    if "{" in (rest := _VARIABLE.sub("", text)) or "}" in rest:
        raise ValueError(f"Une accolade est seule{NBSP}: retirez-la, ou choisissez un des boutons sous le texte.")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Blanks and signs around what is blank go with it."""
    filled = _VARIABLE.sub(lambda found: values.get(found[1], ""), text)
    for hole, instead in _HOLES:
        filled = hole.sub(instead, filled)
    return filled.strip()


def fill_sms(text: str, values: Mapping[str, str], *, kind: str) -> str:
    """In the alphabet of SMS, three at most: what can be spared is left out, then the end. Who is to answer keeps the link."""
    left = dict(values)
    filled = gsm.in_gsm(fill(text, left))
    for spared in _SPARED[:-1] if kind in NEEDS_LINK else _SPARED:
        if gsm.sms_count(filled) <= gsm.MOST:
            return filled
        left[spared] = ""
        filled = gsm.in_gsm(fill(text, left))
    while gsm.sms_count(filled) > gsm.MOST:
        filled = filled[:-1]
    return filled
