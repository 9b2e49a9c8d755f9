"""Why a slot is not to be had, in French: one sentence for each cause."""

from appointments.slots.explain import Cause

_CHANGED = "Ce créneau n’est plus proposé\u00a0: le cabinet a changé ses horaires."
_UNPUBLISHED = "Ce créneau n’est plus proposé\u00a0: cet agenda n’est pas publié."

SENTENCES = {
    Cause.CLOSED_DAY: "Ce créneau n’est plus proposé\u00a0: le cabinet ne reçoit pas ce jour-là.",
    Cause.CLOSURE: "Ce créneau n’est plus proposé\u00a0: le lieu est fermé à ce moment.",
    Cause.HOLIDAY: "Ce créneau n’est plus proposé\u00a0: c’est un jour férié.",
    Cause.ABSENCE: "Ce créneau n’est plus proposé\u00a0: le praticien est absent à ce moment.",
    Cause.BOOKED: "Ce créneau vient d’être pris.",
    Cause.HELD: "Ce créneau est retenu par quelqu’un qui est en train de le réserver.",
    Cause.BUFFER: "Ce créneau n’est plus proposé\u00a0: il touche le temps gardé libre autour d’un autre rendez-vous.",
    Cause.TOO_SHORT: "Ce créneau n’est plus proposé\u00a0: il ne reste pas assez de temps avant la fermeture.",
    Cause.OTHER_PLACE: "Ce créneau vient d’être pris\u00a0: le praticien est dans un autre lieu à ce moment.",
    Cause.NOT_OFFERED: _CHANGED,
    Cause.NOT_YET_SHOWN: "Ce créneau n’est pas encore proposé à la réservation.",
    Cause.TOO_LATE: "Ce créneau n’est plus proposé\u00a0: il est trop tard pour le réserver.",
    Cause.NO_STRUCTURE_IDENTIFIER: _UNPUBLISHED,
    Cause.NO_PHONE: _UNPUBLISHED,
    Cause.UNPUBLISHED: _UNPUBLISHED,
    Cause.NOT_ONLINE: "Ce créneau n’est plus proposé\u00a0: ce cabinet ne prend plus de rendez-vous en ligne.",
    Cause.AGENDA_CLOSED: "Ce créneau n’est plus proposé\u00a0: cet agenda est fermé.",
}


def sentence(cause: Cause | None) -> str:
    """None: nothing begins then any more."""
    return _CHANGED if cause is None else SENTENCES[cause]
