"""`manage.py export_regulators`: our regulator accounts as a file, to compare them with the SAS's own list.

The platform repeats a failed call a few times only: a withdrawal sent while we were down may never come again (spec,
INT_R02). Semicolons and a mark of UTF-8, as spreadsheets in French open it.
"""

import csv
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.models import Regulator
from accounts.selectors.regulators import accounts_to_reconcile
from accounts.spreadsheets import inert

_HEADINGS = [
    "Compte", "Identifiant", "Identifiants précédents", "Adresse e-mail", "Habilité", "Créé le", "Modifié le", "Retiré le",
]  # fmt: skip


class Command(BaseCommand):
    help = "Écrit sur la sortie standard les comptes de régulateurs, en CSV, pour les rapprocher de ceux du SAS."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("\ufeff", ending="")
        writer = csv.writer(self.stdout, delimiter=";")
        writer.writerow(_HEADINGS)
        writer.writerows(_cells(regulator) for regulator in accounts_to_reconcile())


def _cells(regulator: Regulator) -> list[str]:
    """Identifiers as the SAS writes them, `system|value`; the present one is missing once another account took it over."""
    identifiers = list(regulator.identifiers.all())
    return [
        str(regulator.id),
        ", ".join(str(one) for one in identifiers if one.current),
        ", ".join(str(one) for one in identifiers if not one.current),
        inert(regulator.email),
        "oui" if regulator.active else "non",
        _moment(regulator.created_at),
        _moment(regulator.updated_at),
        _moment(regulator.withdrawn_at),
    ]


def _moment(moment: datetime | None) -> str:
    return timezone.localtime(moment).isoformat(timespec="seconds") if moment else ""
