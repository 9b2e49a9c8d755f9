"""Every generated part of docs/cadrage.md, by the name its markers have."""

from interop.cadrage import agenda, exchanges, people
from interop.cadrage.installation import Installation


def parts(installation: Installation) -> dict[str, str]:
    """Name → Markdown, the same for everybody with an `Installation()` without values."""
    return {
        "éditeur et contact": exchanges.editor(installation),
        "environnements": exchanges.environments(installation),
        "données de compte": people.account_data(),
        "connexion par le SAS": exchanges.sign_in(installation),
        "routes servies": exchanges.routes(installation),
        "codes des créneaux": exchanges.slot_codes(),
        "adresse de l’agenda": exchanges.agenda_address(installation),
        "données du patient": people.patient_data(),
        "autres champs de la réservation": people.other_form_fields(),
        "tableau des statuts": exchanges.statuses(),
        "faits transmis": exchanges.facts(),
        "exemple de rendez-vous": exchanges.appointment_example(installation),
        "systèmes d’identifiants": exchanges.identifiers(installation),
        "limites": exchanges.limits(installation),
        "réservation en ligne": agenda.online_booking(),
        "agendas partagés": agenda.shared_agendas(installation),
    }
