"""`./agenda manage alerts`: what holds now; for people, and for a cron that watches when worker and beat are both dead."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from sas_agenda.operations import alerts, conditions


class Command(BaseCommand):
    help = "Affiche les alertes en cours\u202f; se termine par 1 s’il y en a."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--mail", action="store_true", help="écrire aussi aux exploitants (une fois par jour chacune)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        found = conditions.raised(now)
        for one in found:
            self.stdout.write(f"{one.group}: {one.subject}. {one.text}")
        if options["mail"]:
            alerts.tell(found, now=now)
        if found:
            sys.exit(1)
        self.stdout.write("Aucune alerte.")
