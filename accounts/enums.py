"""Closed lists of the accounts, and the one open one: specialties (TRE_R38, read from `data/`)."""

import csv
from functools import cache
from pathlib import Path

from django.db import models

from accounts.french import fold


class IdentifierSystem(models.TextChoices):
    """Where a regulator's identifier comes from (spec, "Identifiers")."""

    NATIONAL = "urn:oid:1.2.250.1.71.4.2.1", "national"
    TECHNICAL = "urn:oid:1.2.250.1.213.3.6", "technique SAS"


class SignInOutcome(models.TextChoices):
    """What came of an arrival from the SAS."""

    OPENED = "opened", "session ouverte"
    NO_ACCOUNT = "no_account", "refusée\u00a0: aucun compte habilité"
    WITHDRAWN = "withdrawn", "refusée\u00a0: accès retiré"
    ACCOUNTS_DIFFER = "accounts_differ", "refusée\u00a0: l’identifiant et l’e-mail ne concordent pas"
    IDP_REFUSED = "idp_refused", "refusée\u00a0: mode de connexion inconnu"
    # Nobody is known then: what came back was not good, or nothing came.
    NOT_VERIFIED = "not_verified", "refusée\u00a0: réponse du SAS impossible à vérifier"
    UNAVAILABLE = "unavailable", "impossible\u00a0: le SAS ne répond pas"


class ActorKind(models.TextChoices):
    """Who makes a change."""

    USER = "user", "Compte"
    REGULATOR = "regulator", "Régulateur"
    PATIENT = "patient", "Patient"
    SYSTEM = "system", "Logiciel"


class Role(models.TextChoices):
    """What a member is to an organization. A manager sets it up; a member sees no agenda by that alone."""

    MANAGER = "manager", "Responsable"
    MEMBER = "member", "Membre"


class Level(models.IntegerChoices):
    """What somebody may do in an agenda. In order: each may also what those before it may."""

    NONE = 0, "Rien"
    BUSY = 1, "Occupé\u00a0/\u00a0libre"
    SEE = 2, "Voit"
    BOOK = 3, "Gère"
    MANAGE = 4, "Gère et règle"


class AgendaView(models.TextChoices):
    """What one sees of agendas at once; the value is in addresses."""

    DAY = "jour", "Jour"
    WEEK = "semaine", "Semaine"
    MONTH = "mois", "Mois"
    LIST = "liste", "Liste"


class TextSize(models.TextChoices):
    """Of all pages, for one person; the browser's own zoom goes on top."""

    NORMAL = "normal", "Normal"
    LARGE = "large", "Grand"
    LARGER = "larger", "Très grand"


class AccessKind(models.TextChoices):
    """What was changed of who may do what."""

    JOINED = "joined", "Membre ajouté"
    ROLE = "role", "Rôle changé"
    LEFT = "left", "Membre retiré"
    GRANTED = "granted", "Accès donné"
    CHANGED = "changed", "Accès changé"
    REVOKED = "revoked", "Accès retiré"
    KEPT_OUT = "kept_out", "Responsables écartés"
    LET_IN = "let_in", "Responsables admis"
    RECEIVES = "receives", "Agenda ouvert dans la structure"


class NoticeState(models.TextChoices):
    """How far a notice about access is."""

    PLANNED = "planned", "à envoyer"
    SENT = "sent", "envoyé"
    ABANDONED = "abandoned", "abandonné"


class OrganizationKind(models.TextChoices):
    """What an organization is. A community is a CPTS: it has no places, slots are offered to it."""

    PRACTICE = "practice", "Cabinet"
    CENTRE = "centre", "Centre de santé"
    ASSOCIATION = "association", "Association (SOS Médecins)"
    COMMUNITY = "community", "Communauté professionnelle (CPTS)"


class Profession(models.TextChoices):
    """TRE_G15-ProfessionSante, those that receive patients on appointment. Only physicians have a specialty code."""

    PHYSICIAN = "10", "Médecin"
    DENTIST = "40", "Chirurgien-dentiste"
    MIDWIFE = "50", "Sage-femme"
    NURSE = "60", "Infirmier"
    PHYSIOTHERAPIST = "70", "Masseur-kinésithérapeute"
    PODIATRIST = "80", "Pédicure-podologue"
    SPEECH_THERAPIST = "91", "Orthophoniste"
    ORTHOPTIST = "92", "Orthoptiste"
    PSYCHOLOGIST = "93", "Psychologue"


@cache
def specialties() -> dict[str, str]:
    """Code (`SM54`) → French label, from the ANS's nomenclature TRE_R38-SpecialiteOrdinale."""
    path = Path(__file__).parent / "data" / "tre_r38_specialites.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        return dict(csv.reader(file, delimiter="\t"))


def specialty_choices() -> list[tuple[str, str]]:
    return sorted(specialties().items(), key=lambda item: fold(item[1]))
