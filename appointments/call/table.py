"""What a regulator booked as rows of a table, the patient in initials."""

from accounts.french import hour
from accounts.zones import name_of
from appointments.booking.reference import reference
from appointments.call.referrals import Row, closed_by
from appointments.messages.saying import saying

HEADINGS = [
    "Référence", "Identifiant", "Date", "Début", "À l’heure de", "Patient", "Fin du téléphone", "Praticien", "Lieu", "Mode",
    "Motif", "Statut", "Depuis le", "Par qui", "Patient averti", "SAS",
]  # fmt: skip


def cells(row: Row) -> list[str]:
    """In the order of `HEADINGS`."""
    one, zone = row.appointment, row.zone
    start = one.start.astimezone(zone)
    closed = row.outcome.at.astimezone(zone) if row.outcome is not None else None
    return [
        f"Réf. {reference(one)}",
        str(one.id),
        f"{start:%d/%m/%Y}",
        f"{start:%H:%M}",
        name_of(zone),
        row.seen.patient.initials,
        row.phone_end,
        str(one.practitioner or ""),
        one.schedule.location.name,
        one.get_consultation_type_display(),
        str(one.reason or ""),
        one.get_status_display(),
        f"{closed:%d/%m/%Y} {hour(closed)}" if closed is not None else "",
        closed_by(row),
        saying(row.message, zone).label if row.message is not None else "Par téléphone",
        row.outward.label if row.outward is not None else "Sans envoi",
    ]
