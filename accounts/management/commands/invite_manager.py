"""`manage.py invite_manager`: a practice begins here. Its first manager gets a mail with a link, and does the rest themself."""

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.enums import OrganizationKind
from accounts.exceptions import AccessDenied, AccessRefused
from accounts.french import plain_date
from accounts.models import Organization
from accounts.services.invitations import invite_manager, link_of, open_organization


class Command(BaseCommand):
    help = (
        "Crée une structure et invite par e-mail son premier responsable, qui choisit son mot de passe et met en place "
        "le cabinet. Avec --to, invite un responsable de plus dans une structure qui existe."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="adresse e-mail du responsable")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--organization", metavar="NOM", help="nom de la structure à créer")
        where.add_argument("--to", metavar="ID", type=uuid.UUID, help="identifiant d’une structure qui existe")
        parser.add_argument(
            "--kind",
            choices=OrganizationKind.values,
            default=OrganizationKind.PRACTICE.value,
            help="nature de la structure à créer (par défaut\u00a0: practice)",
        )
        parser.add_argument("--first-name", default="", metavar="PRÉNOM")
        parser.add_argument("--last-name", default="", metavar="NOM")
        parser.add_argument(
            "--show-link",
            action="store_true",
            help="écrit aussi le lien, qui est secret\u00a0: sans serveur de courrier",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = {"first_name": options["first_name"], "last_name": options["last_name"]}
        shared = {"email": options["email"], "now": timezone.now()} | names
        try:
            if options["to"] is not None:
                made = invite_manager(organization_id=options["to"], **shared)
            else:
                made = open_organization(name=options["organization"], kind=OrganizationKind(options["kind"]), **shared)
        except AccessDenied:
            raise CommandError("Aucune structure n’a cet identifiant.") from None
        except AccessRefused as refusal:
            raise CommandError(f"{refusal}{self._existing(refusal, options)}") from None
        until = plain_date(timezone.localdate(made.expires_at))
        self.stdout.write(
            f"{made.organization} (identifiant {made.organization_id})\u00a0: l’invitation part à {made.email}, "
            f"valable jusqu’au {until}."
        )
        if options["show_link"]:
            self.stdout.write(link_of(made))

    @staticmethod
    def _existing(refusal: AccessRefused, options: dict[str, Any]) -> str:
        """How to invite there all the same."""
        if refusal.element != "organization":
            return ""
        found = Organization.objects.filter(name__folded=options["organization"]).first()
        return f" Pour y inviter un responsable\u00a0: --to {found.pk}" if found is not None else ""
