"""`manage.py cadrage`: docs/cadrage.md brought up to date with the code, checked, or filled for this installation."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from interop.cadrage.document import MarkersWrong, generated, rewrite
from interop.cadrage.installation import SETTINGS, Installation
from interop.cadrage.parts import parts


class Command(BaseCommand):
    help = "Met à jour les parties générées de docs/cadrage.md, d’après le code."
    # The document is the same whatever is wrong with this installation's settings, and needs no database.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument(
            "--check", action="store_true", help="ne rien écrire ; échouer si le fichier n’est pas à jour"
        )
        choice.add_argument(
            "--filled",
            action="store_true",
            help="ne rien écrire ; afficher le document rempli avec les réglages de cette installation",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.ROOT) / "docs" / "cadrage.md"
        try:
            text = path.read_text(encoding="utf-8")
            installation = Installation(_values()) if options["filled"] else Installation()
            renewed = rewrite(text, parts(installation))
        except FileNotFoundError as error:
            raise CommandError("docs/cadrage.md n’existe pas ici.") from error
        except MarkersWrong as error:
            raise CommandError(f"docs/cadrage.md : {error}") from error
        if options["filled"]:
            self.stdout.write(renewed, ending="")
        elif renewed == text:
            self.stdout.write("docs/cadrage.md est à jour.")
        elif options["check"]:
            raise CommandError(
                f"docs/cadrage.md n’est pas à jour ({_changed(text, renewed)}) : lancez ./agenda manage cadrage."
            )
        else:
            path.write_text(renewed, encoding="utf-8")
            self.stdout.write(f"docs/cadrage.md est mis à jour : {_changed(text, renewed)}.")


def _changed(before: str, after: str) -> str:
    former = generated(before)
    names = [name for name, body in generated(after).items() if former[name] != body]
    return ", ".join(names) or "lignes vides"


def _values() -> dict[str, str]:
    """What this installation's settings hold, as text."""
    derived: dict[str, object] = {
        "SAS_OIDC_CLIENT_ID": settings.OIDC_RP_CLIENT_ID,
        "SAS_OIDC_SCOPES": settings.OIDC_RP_SCOPES,
        "SAS_SESSION_MINUTES": int(settings.SAS_SESSION_AGE.total_seconds() // 60),
    }
    given = {name: derived[name] if name in derived else getattr(settings, name) for name in SETTINGS}
    return {name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in given.items()}
