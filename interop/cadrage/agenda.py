"""The agenda itself: how patients book in it, and which exchanges of the CI-SIS part « Gestion d’agendas partagés » it has."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import reverse

from appointments.enums import Channel
from interop.cadrage.document import code, table
from interop.cadrage.installation import Installation
from interop.fhir.capability import capability_statement

# What a patient does, and the page of it; a key stands for what the address names.
_KEY = "00000000-0000-0000-0000-000000000000"
_STEPS = {
    "Chercher un praticien par nom, spécialité ou ville": ("online-find", []),
    "Lire sa page : lieux, accès, motifs, nouveaux patients": ("online-practitioner", [_KEY]),
    "Choisir une heure libre": ("online-hours", [_KEY]),
    "Dire qui vient": ("online-details", [_KEY]),
    "Prouver son contact par un code": ("online-code", [_KEY]),
    "Lire la confirmation": ("online-done", [_KEY]),
    "Retrouver, déplacer, annuler": ("online-manage", ["lien"]),
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """Of the part, version 3.0.0. `served`: the call of ours that answers it, by (resource, interaction) of the
    CapabilityStatement; `ours`: what we do of it where the SAS answers. `words`: how, or why not.
    """

    names: str
    does: str
    words: str
    served: tuple[str, str] | None = None
    ours: str = ""


_BY_PAGES = "Le cabinet le fait dans ses pages ; aucun autre logiciel ne tient ses agendas."
EXCHANGES = (
    Exchange("1a, 1b, 1c, 1bis", "Créer, changer, supprimer une ressource", _BY_PAGES),
    Exchange("2a, 2b, 2c, 2bis", "Créer, changer, supprimer un agenda", _BY_PAGES),
    Exchange("3a, 3b, 3c, 3bis", "Créer, changer, supprimer une disponibilité", _BY_PAGES),
    Exchange(
        "4a, 5a", "Consulter les disponibilités", "INT_R01, au profil du SAS (`FrSlotAgregateur`).",
        served=("Slot", "search-type"),
    ),
    Exchange(
        "4b, 5b", "Consulter les rendez-vous",
        "Un rendez-vous ne se lit que dans les pages, par qui en a le droit ; le SAS reçoit ceux de ses régulateurs.",
        served=("Appointment", "search-type"),
    ),
    Exchange(
        "6a", "Créer un rendez-vous", "INT_R03 : nous déclarons au SAS ce que ses régulateurs prennent chez nous.",
        ours="envoyé (`POST Appointment`)",
    ),
    Exchange(
        "6b", "Mettre à jour un rendez-vous", "INT_R03 : chaque changement d’un rendez-vous déclaré.",
        ours="envoyé (`PUT Appointment`)",
    ),
    Exchange("6bis", "Répondre aux deux précédents", "La réponse du SAS est lue, et montrée aux exploitants.", ours="reçu"),
)  # fmt: skip


def online_booking() -> str:
    rows = [(does, code(_address(name, keys))) for does, (name, keys) in _STEPS.items()]
    limits = [
        ("Codes par contact et par heure", str(settings.ONLINE_CODES_PER_HOUR)),
        ("Créneaux retenus par adresse et par heure", str(settings.ONLINE_HOLDS_PER_HOUR)),
        ("Rendez-vous à venir par personne et par cabinet", str(settings.ONLINE_OPEN_VISITS)),
        ("Le code arrive par", " ou ".join(str(one.label) for one in (Channel.SMS, Channel.EMAIL))),
    ]
    return f"{table(('Ce que fait le patient', 'Page'), rows)}\n\n{table(('Limite, par défaut', 'Valeur'), limits)}"


def shared_agendas(installation: Installation) -> str:
    base = installation.setting("FHIR_BASE_URL")
    statement = capability_statement(base_url=base, software_version="", published_on=date.min)
    known = {
        (one["type"], interaction["code"])
        for one in statement["rest"][0]["resource"]
        for interaction in one["interaction"]
    }
    rows = [(one.names, one.does, *_answer(one, known), one.words) for one in EXCHANGES]
    return table(("Flux", "Ce qu’il fait", "Servi", "Demandé par le SAS", "Comment, ou pourquoi non"), rows)


def _answer(one: Exchange, known: set[tuple[str, str]]) -> tuple[str, str]:
    """Whether we serve it, and whether the SAS asks for it: R, required; NA, not of its exchanges."""
    if one.ours:
        return f"oui, {one.ours}", "**R**"
    if one.served in known and one.served is not None:
        return f"oui ({code(f'GET {one.served[0]}')})", "**R**"
    return "non", "NA"


def _address(name: str, keys: list[str]) -> str:
    return reverse(name, args=keys).replace(_KEY, "…")
