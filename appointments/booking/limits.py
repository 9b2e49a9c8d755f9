"""How long a visit that the practice takes lasts, and on which days it may be: form and service say the same. Pure."""

from datetime import date, timedelta

from appointments.models.openings import LONGEST, SHORTEST

# How far ahead it may be.
FARTHEST = timedelta(days=731)
LENGTHS = f"Un rendez-vous dure de {SHORTEST}\u00a0minutes à {LONGEST // 60}\u00a0heures."


def day_problem(day: date, today: date) -> str:
    """Why it may not be on this day; blank when it may. Both at the clock of its place."""
    if day < today:
        return "Ce jour est passé\u00a0: choisissez-en un à venir."
    return "Ce jour est trop loin\u00a0: choisissez-en un dans les deux ans." if day > today + FARTHEST else ""
