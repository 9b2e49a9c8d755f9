"""`python -m conformance.recette`: run the book against an editor and write its report, in French.

Exit status: 0 all passed, 1 failures, 2 could not run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from conformance.recette.book import AnyGroup
from conformance.recette.context import Run
from conformance.recette.environment import (
    DEMO,
    ClientCertificate,
    Environment,
    UnusableEnvironment,
    load,
    override,
    read,
)
from conformance.recette.groups import all_groups, choose
from conformance.recette.report.page import write_html, write_json
from conformance.recette.report.terminal import TerminalView
from conformance.recette.report.wording import french
from conformance.recette.results import COULD_NOT_RUN
from conformance.recette.running import run_book


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal without our letters is no failure
    options = parser().parse_args(arguments)
    try:
        environment = _environment(options)
        groups = choose(all_groups(), options.only) if options.only else all_groups()
        for path in (options.json, options.html):
            _check_writable(path)
    except (UnusableEnvironment, ValueError) as error:
        print(french(str(error)), file=sys.stderr)
        return COULD_NOT_RUN
    return _run(environment, groups, options)


def parser() -> argparse.ArgumentParser:
    """The options, shared with `./agenda recette`."""
    described = argparse.ArgumentParser(
        prog="./agenda recette",
        description="Passe le cahier de recette SAS sur un logiciel d’agenda, vu de l’extérieur.",
        epilog="Code de sortie : 0 tout est réussi, 1 des échecs, 2 le cahier n’a pas pu être passé. "
        "Les clés de l’environnement sont décrites dans conformance/recette/demo.toml.",
        allow_abbrev=False,
    )
    described.add_argument(
        "--base-url", metavar="URL", help="base FHIR à contrôler ; sans elle, une instance neuve de SAS Agenda"
    )
    described.add_argument("--cert", metavar="FICHIER", help="certificat client présenté par le SAS (PEM)")
    described.add_argument("--key", metavar="FICHIER", help="sa clé ; à défaut, dans le même fichier")
    described.add_argument("--ca", metavar="FICHIER", help="autorité du certificat du serveur (PEM)")
    described.add_argument(
        "--environment",
        metavar="FICHIER",
        type=Path,
        help="réponses de l’éditeur (TOML) ; à défaut, celles de notre démonstration",
    )
    described.add_argument(
        "--only",
        metavar="GROUPE",
        type=_names,
        default=[],
        help="groupes à passer, par numéro ou par clé, séparés par des virgules",
    )
    described.add_argument(
        "--set",
        metavar="CLÉ=VALEUR",
        type=_setting,
        action="append",
        default=[],
        help="remplacer une valeur de l’environnement",
    )
    described.add_argument("--json", metavar="FICHIER", type=Path, help="écrire le rapport en JSON")
    described.add_argument("--html", metavar="FICHIER", type=Path, help="écrire le rapport en une page HTML")
    return described


def _run(environment: Environment, groups: list[AnyGroup], options: argparse.Namespace) -> int:
    view = TerminalView(sys.stdout, total=sum(len(group.checks) for group in groups))
    view.opening(environment.name, environment.base_url)
    with Run(environment, tell=view.tell) as run:
        report = run_book(run, groups, view)
    view.closing(report)
    try:
        if options.json:
            write_json(report, options.json)
            print(french(f"Rapport JSON : {options.json}"))
        if options.html:
            write_html(report, options.html)
            print(french(f"Rapport HTML : {options.html}"))
    except OSError as error:
        print(french(f"Le rapport n’a pas pu être écrit : {error.strerror} ({error.filename})."), file=sys.stderr)
        return COULD_NOT_RUN
    return report.exit_status


def _environment(options: argparse.Namespace) -> Environment:
    path: Path = options.environment or DEMO
    tables = load(path)
    for key, value in (*options.set, *([("editor.base_url", options.base_url)] if options.base_url else [])):
        override(tables, key, value)
    environment = read(tables, folder=path.resolve().parent)
    transport = environment.transport
    if options.cert:
        _check_readable(options.cert, options.key, options.ca)
        transport = replace(transport, good=ClientCertificate(options.cert, options.key or options.cert))
    if options.ca:
        _check_readable(options.ca)
        transport = replace(transport, authority=options.ca)
    return replace(environment, transport=transport)


def _check_readable(*paths: str | None) -> None:
    for path in paths:
        if path and not Path(path).is_file():
            raise UnusableEnvironment(f"Le fichier {path} n’existe pas.")


def _check_writable(path: Path | None) -> None:
    """A run takes minutes: a folder that is missing is said before, not after."""
    if path is not None and not path.resolve().parent.is_dir():
        raise UnusableEnvironment(f"Le dossier de {path} n’existe pas.")


def _setting(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise argparse.ArgumentTypeError("CLÉ=VALEUR attendu")
    return key.strip(), value


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


if __name__ == "__main__":
    sys.exit(main())
