"""How instants, codes and JSON are written for a French reader."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

from sandbox.sas.clock import PARIS

NARROW, FIXED = "\u202f", "\u00a0"
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip
MONTHS_SHORT = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")

MODES = {"AMB": ("cabinet", "Au cabinet"), "HH": ("home", "À domicile"), "VR": ("video", "Téléconsultation")}
SLOT_TYPES = {"PUBLIC": "public", "PRO": "pro", "SNP": "snp", "CPTS": "cpts"}
# status: (modifier of the badge, icon, word)
STATUSES = {
    "booked": ("info", "ring", "Confirmé"),
    "fulfilled": ("ok", "honoured", "Honoré"),
    "noshow": ("danger", "absent", "Non honoré"),
    "cancelled": ("void", "x", "Annulé"),
}
DELIVERIES = {
    "sent": ("ok", "check", "Transmis"),
    "refused": ("danger", "alert", "Refusé"),
    "unreachable": ("danger", "alert", "Sans réponse"),
    "pending": ("info", "ring", "En attente"),
    "held": ("warn", "info", "Pas envoyé"),
}
SIGN_IN_WAYS = {"mdp": "mot de passe", "psc": "Pro Santé Connect"}
FAULTS = {
    "500": ("Répondre 500", "Erreur interne : l’appel n’est pas traité."),
    "422": ("Répondre 422", "Refus de la ressource : l’appel n’est pas traité."),
    "403": ("Répondre 403", "Accès de l’éditeur refusé, quel que soit le rendez-vous : l’appel n’est pas traité."),
    "timeout": ("Ne pas répondre à temps", "L’appel n’est pas traité, la réponse vient trop tard."),
    "reset": ("Couper après traitement", "L’appel est traité, puis la connexion est coupée sans réponse."),
}
# Enough of an answer to understand it; a search for 25 practitioners may weigh over a megabyte.
SHOWN_CHARACTERS = 30_000


def hour(instant: datetime) -> str:
    """14 h 20, in Paris."""
    local = instant.astimezone(PARIS)
    return f"{local.hour}{NARROW}h{NARROW}{local.minute:02d}"


def short_day(day: date) -> str:
    """25 nov."""
    return f"{day.day}{FIXED}{MONTHS_SHORT[day.month - 1]}"


def long_day(day: date) -> str:
    """mercredi 25 novembre 2026"""
    first = "1er" if day.day == 1 else str(day.day)
    return f"{DAYS[day.weekday()]} {first} {MONTHS[day.month - 1]} {day.year}"


def day_name(day: date, today: date) -> str:
    """Today, tomorrow and after are named; other days by their weekday."""
    names = {0: "Aujourd’hui", 1: "Demain", 2: "Après-demain"}
    return names.get((day - today).days, DAYS[day.weekday()].capitalize())


def moment(instant: datetime, now: datetime) -> str:
    """10 h 38 when it is today in Paris, else lun. 23 nov., 10 h 38."""
    local, today = instant.astimezone(PARIS), now.astimezone(PARIS).date()
    if local.date() == today:
        return hour(local)
    return f"{DAYS[local.weekday()][:3]}. {short_day(local.date())}, {hour(local)}"


def window_days(today: date, count: int = 3) -> list[date]:
    return [today + timedelta(days=offset) for offset in range(count)]


def span(start: datetime, end: datetime) -> str:
    """jeudi 26 novembre 2026, 14 h 00 – 14 h 15, in Paris."""
    return f"{long_day(start.astimezone(PARIS).date())}, {hour(start)} – {hour(end)}"


def pretty(text: str) -> str:
    """JSON indented for reading, anything else as it is; cut when very long."""
    try:
        shown = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        shown = text
    if len(shown) <= SHOWN_CHARACTERS:
        return shown
    return f"{shown[:SHOWN_CHARACTERS]}\n… ({len(shown) - SHOWN_CHARACTERS} caractères de plus)"


def plural(count: int, singular: str, plural_form: str | None = None) -> str:
    """1 écart, 2 écarts; the number doesn't part from its noun."""
    word = singular if abs(count) < 2 else plural_form or f"{singular}s"
    return f"{count}{FIXED}{word}"


def phone(number: str) -> str:
    """+33199001234 as 01 99 00 12 34; a number of another prefix stays as it came."""
    if number.startswith("+33") and len(number) == 12 and number[1:].isdigit():
        national = f"0{number[3:]}"
        return FIXED.join(national[start : start + 2] for start in range(0, 10, 2))
    return number
