"""Closed lists of the agenda. Codes are those of the SAS guide; labels are what people read."""

from django.db import models


class SlotType(models.TextChoices):
    """To whom a slot is shown (TRE_R314). A slot without any type stays inside the practice."""

    PUBLIC = "PUBLIC", "Grand public"
    PRO = "PRO", "Professionnels de santé"
    SNP = "SNP", "Soins non programmés"


class ConsultationType(models.TextChoices):
    """Where the consultation takes place (HL7 v3-ActCode)."""

    AMB = "AMB", "Au cabinet"
    HH = "HH", "À domicile"
    VR = "VR", "Téléconsultation"


class AppointmentType(models.TextChoices):
    """With or without appointment (HL7 v2-0276)."""

    ROUTINE = "ROUTINE", "Sur rendez-vous"
    WALKIN = "WALKIN", "Sans rendez-vous"


class Status(models.TextChoices):
    """FHIR AppointmentStatus, the four the SAS takes."""

    BOOKED = "booked", "Confirmé"
    FULFILLED = "fulfilled", "Honoré"
    NOSHOW = "noshow", "Non honoré"
    CANCELLED = "cancelled", "Annulé"


class BookedVia(models.TextChoices):
    REGULATOR = "regulator", "Régulation du SAS"
    PRACTICE = "practice", "Cabinet"
    PATIENT = "patient", "Patient"


class Sex(models.TextChoices):
    FEMALE = "female", "Femme"
    MALE = "male", "Homme"
    UNKNOWN = "unknown", "Indéterminé"


class EventKind(models.TextChoices):
    """What happened to an appointment: dotted, past tense. Each is a trigger of INT_R03."""

    BOOKED = "appointment.booked", "Rendez-vous pris"
    MOVED = "appointment.moved", "Rendez-vous déplacé"
    REASSIGNED = "appointment.reassigned", "Rendez-vous confié à un autre praticien"
    FULFILLED = "appointment.fulfilled", "Rendez-vous honoré"
    NOSHOW = "appointment.noshow", "Rendez-vous non honoré"
    REOPENED = "appointment.reopened", "Statut corrigé\u00a0: rendez-vous confirmé"
    CANCELLED = "appointment.cancelled", "Rendez-vous annulé"


class MessageKind(models.TextChoices):
    CONFIRMATION = "confirmation", "Confirmation"
    CHANGE = "change", "Changement"
    CANCELLATION = "cancellation", "Annulation"


class MessageState(models.TextChoices):
    PLANNED = "planned", "À envoyer"
    SENT = "sent", "Envoyé"
    ABANDONED = "abandoned", "Abandonné"
    # Not a failure: what it would have told was no longer true when its turn came.
    REPLACED = "replaced", "Remplacé par le suivant"
