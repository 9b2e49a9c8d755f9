"""`python -m conformance.profiles FILE... --definitions DIR`: checks FHIR JSON files, in French.

Exit status: 0 nothing refused, 1 at least one file refused, 2 could not run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from .definitions import Definitions
from .findings import Finding, Severity, has_errors
from .library import DefinitionsError


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        definitions = Definitions.load(options.definitions)
        findings = {path: definitions.check(_read(path), options.profile) for path in options.files}
    except (OSError, ValueError, RecursionError, DefinitionsError) as error:
        print(f"Vérification impossible\u00a0: {error}", file=sys.stderr)
        return 2
    for path, found in findings.items():
        _report(path, found, options.all)
    return 1 if any(has_errors(found) for found in findings.values()) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.profiles",
        description="Vérifie des ressources FHIR R4 (JSON) avec les profils d’un guide d’implémentation.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FICHIER", help="ressource FHIR en JSON")
    parser.add_argument(
        "--definitions",
        type=Path,
        required="FHIR_DEFINITIONS" not in os.environ,
        default=os.environ.get("FHIR_DEFINITIONS"),
        metavar="DOSSIER",
        help="dossier du paquet FHIR (StructureDefinition-*.json) ; à défaut, la variable FHIR_DEFINITIONS",
    )
    parser.add_argument("--profile", metavar="URL", help="profil à appliquer au lieu de ceux de meta.profile")
    parser.add_argument("--all", action="store_true", help="montrer aussi ce qui n’a pas pu être vérifié")
    return parser


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_duplicates)
    except ValueError as error:
        raise ValueError(f"{path}\u00a0: {error}") from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON readers keep the last of two equal names, which would hide the first from the check."""
    repeated = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if repeated:
        raise ValueError(f"nom répété dans un objet\u00a0: {', '.join(repeated)}")
    return dict(pairs)


def _report(path: Path, found: list[Finding], show_all: bool) -> None:
    counts = Counter(finding.severity for finding in found)
    verdict = "refusé" if counts[Severity.ERROR] else "accepté"
    unchecked = counts[Severity.INFORMATION]
    print(
        f"{path}\u00a0: {verdict} (erreurs\u00a0: {counts[Severity.ERROR]}, "
        f"avertissements\u00a0: {counts[Severity.WARNING]}, points non vérifiés\u00a0: {unchecked})"
    )
    for finding in found:
        if show_all or finding.severity is not Severity.INFORMATION:
            print(f"  {finding}")


if __name__ == "__main__":
    sys.exit(main())
