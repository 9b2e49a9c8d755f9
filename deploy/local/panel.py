"""What `./agenda up` says once everything answers: where to go, who to be, what to try."""

import json
import textwrap
from pathlib import Path

from deploy.local.data_folder import DataFolder
from deploy.local.layout import ROOT
from deploy.local.product import Ports

# Lists of {"role", "name", "email", "password", "note"}, kept beside the code that creates these people.
_PRODUCT_PEOPLE = ROOT / "appointments" / "demo" / "people.json"
_SANDBOX_PEOPLE = ROOT / "sandbox" / "demo_regulators.json"

_WIDTH = 96


def panel(ports: Ports, data: DataFolder, *, demo: bool) -> str:
    """The text, in French, ready to print."""
    lines = [
        "",
        "  SAS Agenda (démonstration, données fictives)",
        "",
        f"  Produit        {ports.web_address}/",
        f"  Simulateur     {ports.sandbox_address}/",
        f"  Courriels      {ports.sandbox_address}/courriels",
        f"  Données        {data.path}  (journaux : logs/)",
    ]
    if (data.path / "postgresql").is_symlink():  # as root, PostgreSQL's user could not enter a private folder
        lines.append(f"  Base           {data.database_home()}")
    lines.append("")
    if demo:
        lines += _table("Comptes du produit", _people(_PRODUCT_PEOPLE))
        lines += _table("Régulateurs, à connecter dans le simulateur", _people(_SANDBOX_PEOPLE))
        lines += [
            "  À essayer",
            "  1. Simulateur, « Recherche » : choisissez un créneau ; l’agenda du praticien s’ouvre.",
            "  2. Connectez-vous en régulateur, acceptez les conditions, réservez pour un patient.",
            "  3. Simulateur, « Rendez-vous reçus » : le SAS l’a reçu ; « Courriels » : le message au patient.",
            f"  4. {ports.web_address}/ en praticien : déplacez-le, ou marquez-le « honoré » le jour venu ; le SAS le reçoit.",
            "",
        ]
    lines.append("  Ctrl-C arrête tout ; les données restent.")
    return "\n".join(lines)


def _table(title: str, people: list[dict[str, str]]) -> list[str]:
    widest = max((len(person["email"]) for person in people), default=0)
    lines = [f"  {title}"]
    for person in people:
        lines.append(f"    {person['email'].ljust(widest)}  {person['password']}")
        about = f"{person['role']} : {person['name']}. {person['note']}"
        lines += textwrap.wrap(about, _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return [*lines, ""]


def _people(file: Path) -> list[dict[str, str]]:
    people: list[dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return people
