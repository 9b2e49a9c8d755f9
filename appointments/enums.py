"""Closed lists of the agenda. Codes are those of the SAS guide; labels are what people read."""

from django.db import models


class CalendarKind(models.TextChoices):
    """Whose line of time: a practitioner's, wherever they receive, or that of a place without practitioner of its own."""

    PRACTITIONER = "practitioner", "Praticien"
    PLACE = "place", "Lieu"


class HolidayCalendar(models.TextChoices):
    """Whose public holidays a place keeps (`appointments.openings.holidays`)."""

    NONE = "none", "Aucun"
    METROPOLE = "metropole", "Métropole"
    ALSACE_MOSELLE = "alsace-moselle", "Alsace-Moselle"
    GUADELOUPE = "guadeloupe", "Guadeloupe"
    MARTINIQUE = "martinique", "Martinique"
    GUYANE = "guyane", "Guyane"
    REUNION = "reunion", "La Réunion"
    MAYOTTE = "mayotte", "Mayotte"
    SAINT_PIERRE_ET_MIQUELON = "saint-pierre-et-miquelon", "Saint-Pierre-et-Miquelon"
    SAINT_BARTHELEMY = "saint-barthelemy", "Saint-Barthélemy"
    SAINT_MARTIN = "saint-martin", "Saint-Martin"
    NOUVELLE_CALEDONIE = "nouvelle-caledonie", "Nouvelle-Calédonie"
    POLYNESIE_FRANCAISE = "polynesie-francaise", "Polynésie française"
    WALLIS_ET_FUTUNA = "wallis-et-futuna", "Wallis-et-Futuna"


class Audience(models.TextChoices):
    """To whom a slot is shown (TRE_R314), in the order the SAS is told. A rule without offer stays inside the practice."""

    PUBLIC = "PUBLIC", "Grand public"
    PRO = "PRO", "Professionnels (par le SAS)"
    SNP = "SNP", "Soins non programmés"
    CPTS = "CPTS", "Communauté (CPTS)"


class ConsultationType(models.TextChoices):
    """Where the consultation takes place (HL7 v3-ActCode)."""

    AMB = "AMB", "Au cabinet"
    HH = "HH", "À domicile"
    VR = "VR", "Téléconsultation"


class ReasonColour(models.TextChoices):
    """The eight tones a reason may have: classes of the style sheets, not values."""

    TEAL = "tone-1", "Pétrole"
    BLUE = "tone-2", "Bleu"
    VIOLET = "tone-3", "Violet"
    PLUM = "tone-4", "Prune"
    BRICK = "tone-5", "Brique"
    OCHRE = "tone-6", "Ocre"
    OLIVE = "tone-7", "Olive"
    SLATE = "tone-8", "Ardoise"


class AppointmentType(models.TextChoices):
    """With or without appointment (HL7 v2-0276)."""

    ROUTINE = "ROUTINE", "Sur rendez-vous"
    WALKIN = "WALKIN", "Sans rendez-vous"


class Status(models.TextChoices):
    """FHIR AppointmentStatus: the four the SAS takes, and `pending`, a visit at a place that nobody has taken yet."""

    PENDING = "pending", "À prendre"
    BOOKED = "booked", "Confirmé"
    FULFILLED = "fulfilled", "Honoré"
    NOSHOW = "noshow", "Non honoré"
    CANCELLED = "cancelled", "Annulé"


class CancelledFor(models.TextChoices):
    """Who asked for a cancellation."""

    PATIENT = "patient", "À la demande du patient"
    PRACTICE = "practice", "Du fait du cabinet"


class Origin(models.TextChoices):
    """Where an appointment came from."""

    REGULATOR = "regulator", "Régulation du SAS"
    PRACTICE = "practice", "Cabinet"
    PATIENT = "patient", "Patient"
    IMPORT = "import", "Reprise de données"


# Who books without being of the practice: they read of the patient what they gave, and nothing else.
OUTSIDERS = (Origin.REGULATOR, Origin.PATIENT)


class Sex(models.TextChoices):
    FEMALE = "female", "Femme"
    MALE = "male", "Homme"
    UNKNOWN = "unknown", "Indéterminé"


class BirthPrecision(models.TextChoices):
    """How much of a birth date is known. An age is kept as the date it means on the day it was told."""

    DAY = "day", "Jour"
    MONTH = "month", "Mois"
    YEAR = "year", "Année"
    AGE = "age", "Âge"
    UNKNOWN = "unknown", "Inconnue"


class Identity(models.TextChoices):
    """How far a patient's identity is sure. None of them claims a national identity service."""

    PROVISIONAL = "provisional", "Provisoire"
    DECLARED = "declared", "Déclarée"
    CHECKED = "checked", "Vérifiée sur pièce"


class NoGivenName(models.TextChoices):
    """Why a patient has no given name."""

    NEWBORN = "newborn", "Nouveau-né, pas encore de prénom"
    SINGLE = "single", "Un seul nom"
    UNKNOWN = "unknown", "Prénom inconnu"


class NoPhone(models.TextChoices):
    """Why a patient has no phone."""

    NONE = "none", "N’a pas de téléphone"
    UNKNOWN = "unknown", "Ne connaît pas son numéro"
    REFUSED = "refused", "Ne veut pas le donner"


class EventKind(models.TextChoices):
    """What happened to an appointment: dotted, past tense. Each is a trigger of INT_R03, unless it says otherwise."""

    BOOKED = "appointment.booked", "Rendez-vous pris"
    MOVED = "appointment.moved", "Rendez-vous déplacé"
    REASSIGNED = "appointment.reassigned", "Rendez-vous confié à un autre praticien"
    FULFILLED = "appointment.fulfilled", "Rendez-vous honoré"
    NOSHOW = "appointment.noshow", "Rendez-vous non honoré"
    REOPENED = "appointment.reopened", "Statut corrigé\u00a0: rendez-vous confirmé"
    CANCELLED = "appointment.cancelled", "Rendez-vous annulé"
    RESTORED = "appointment.restored", "Annulation défaite\u00a0: rendez-vous confirmé"
    # The SAS is told nothing of these: its Appointment has neither place, mode nor reason, and when somebody came in is the
    # practice's own.
    CHANGED = "appointment.changed", "Rendez-vous modifié"
    PLACE_CHANGED = "appointment.place_changed", "Adresse du lieu changée"
    ARRIVED = "appointment.arrived", "Arrivée notée"
    ARRIVAL_UNDONE = "appointment.arrival_undone", "Arrivée effacée"
    LATE = "appointment.late", "Retard annoncé par le patient"


class ImportState(models.TextChoices):
    """Where an import stands. What a worker has in hand says so with a present participle."""

    READ = "read", "Colonnes à reconnaître"
    CHECKING = "checking", "Vérification en cours"
    CHECKED = "checked", "À relire"
    WRITING = "writing", "Import en cours"
    DONE = "done", "Importé"
    UNDOING = "undoing", "Annulation en cours"
    UNDONE = "undone", "Annulé"
    FAILED = "failed", "Impossible"
    FORSAKEN = "forsaken", "Abandonné"


class ImportPast(models.TextChoices):
    """What becomes of the visits of the former software that are over."""

    FULFILLED = "fulfilled", "Les reprendre, comme honorés"
    SKIPPED = "skipped", "Ne pas les reprendre"


class SetupKind(models.TextChoices):
    """What of a set-up was changed."""

    RULE = "rule", "Horaires"
    ABSENCE = "absence", "Absence"
    CLOSURE = "closure", "Fermeture"
    REASON = "reason", "Motif"
    PLACE = "place", "Lieu"
    AGENDA = "agenda", "Agenda"


class SetupVerb(models.TextChoices):
    MADE = "made", "Ajout"
    CHANGED = "changed", "Changement"
    DELETED = "deleted", "Suppression"


class MessageKind(models.TextChoices):
    CONFIRMATION = "confirmation", "Confirmation"
    CHANGE = "change", "Changement"
    CANCELLATION = "cancellation", "Annulation"
    REMINDER = "reminder", "Rappel"
    LATE = "late", "Retard du praticien"
    CALL_BACK = "call back", "Demande de rappeler"
    WAITING = "waiting", "Liste d’attente\u00a0: inscription"
    OFFER = "offer", "Liste d’attente\u00a0: une place"


class Channel(models.TextChoices):
    """How something is told. CALL: no message can tell it, somebody has to."""

    EMAIL = "email", "E-mail"
    SMS = "sms", "SMS"
    CALL = "call", "De vive voix"


class MessageState(models.TextChoices):
    PLANNED = "planned", "À envoyer"
    # It left, which is not yet: it arrived.
    SENT = "sent", "Envoyé"
    # A receipt says so.
    RECEIVED = "received", "Reçu"
    ABANDONED = "abandoned", "Abandonné"
    # By a mail server or a receipt, for good: most often nobody has this address.
    REFUSED = "refused", "Refusé"
    # It may have left or not, or it left and no receipt came.
    UNKNOWN = "unknown", "Sans nouvelle"
    # Of channel CALL: nobody has told the patient yet; somebody has.
    TO_CALL = "to call", "À prévenir"
    TOLD = "told", "Prévenu de vive voix"
    # Not a failure: what it would have told was no longer true when its turn came.
    REPLACED = "replaced", "Remplacé par le suivant"


class TellingSide(models.TextChoices):
    """Who has taken upon themself to tell a patient."""

    PRACTICE = "practice", "Le cabinet"
    REGULATOR = "regulator", "La régulation"


class Wish(models.TextChoices):
    """How a patient wants to be written to; blank: as the practice does."""

    EMAIL = "email", "Par e-mail"
    SMS = "sms", "Par SMS"
    NOTHING = "nothing", "Aucun message"


class Way(models.TextChoices):
    """Which way a practice sends a kind of message, where the patient has said nothing."""

    EMAIL_FIRST = "email first", "E-mail, sinon SMS"
    SMS_FIRST = "sms first", "SMS, sinon e-mail"
    BOTH = "both", "SMS et e-mail"
    NEVER = "never", "Jamais"


class DayPart(models.TextChoices):
    """When in the day, at the place's clock; blank: whenever."""

    MORNING = "morning", "Le matin"
    AFTERNOON = "afternoon", "L’après-midi"


class WaitingState(models.TextChoices):
    WAITING = "waiting", "En attente"
    SERVED = "served", "A pris une place"
    LEFT = "left", "A quitté la liste"
    REMOVED = "removed", "Retiré par le cabinet"


class OfferState(models.TextChoices):
    MADE = "made", "Proposée"
    ACCEPTED = "accepted", "Acceptée"
    REFUSED = "refused", "Refusée"
    SILENT = "silent", "Sans réponse"
    # Somebody else has it, or nobody is received then any more.
    GONE = "gone", "Plus libre"
    # Whoever was asked waits no more.
    DROPPED = "dropped", "Reprise"
