"""The command line of `./agenda`."""

import argparse
import sys
from pathlib import Path

from deploy.local.failures import LauncherError, StopRequested
from deploy.local.layout import DEFAULT_DATA

_DESCRIPTION = "SAS Agenda sur cette machine : rien d’autre que python3 n’est nécessaire."
_EXAMPLES = """\
exemples :
  ./agenda up                                 installe, démarre tout, affiche « ready http://127.0.0.1:8000 »
  ./agenda up --port 8010 --sandbox-port 8011 --data /srv/essai
  ./agenda test tests/appointments -k clash   une partie des tests
  ./agenda test --tier product                une étape : product, conformance, system, deploy
  ./agenda test --at "2026-12-25 10:00"       les tests comme s’il était cette heure-là à Paris
  ./agenda test --every-moment                … à chacun des moments difficiles, l’un après l’autre
  ./agenda manage createsuperuser             une commande de Django, sur les données de « up »
  ./agenda check                              tout ce que vérifie l’intégration continue
  ./agenda recette --html rapport.html        le cahier de recette SAS, sur une instance neuve
  ./agenda recette --base-url https://logiciel.example/fhir --environment logiciel.toml

DATABASE_URL et REDIS_URL, s’ils sont définis, remplacent les serveurs embarqués.
Les journaux de chaque processus sont dans le dossier de données, sous logs/.
"""


def main(arguments: list[str]) -> int:
    """Run one command; return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal without our letters is no failure
    try:
        return _dispatch(arguments)
    except LauncherError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except StopRequested:
        print("\nInterrompu.", file=sys.stderr)
        return 130


def _dispatch(arguments: list[str]) -> int:
    # What follows these four belongs to another program, its `--help` included: argparse must not look at it.
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command == "test":
        from deploy.local import testing

        return testing.run(rest)
    if command == "lock":
        from deploy.local import locking

        return locking.run(rest)
    if command == "recette":
        from deploy.local import recette

        return recette.run(rest)
    if command == "manage":
        from deploy.local import managing

        data, rest = _take_data_option(rest)
        return managing.run(rest, data)
    options = _parser().parse_args(arguments)
    if options.command == "up":
        from deploy.local import up

        return up.run(options)
    from deploy.local import checking

    return checking.run()


def _take_data_option(arguments: list[str]) -> tuple[Path, list[str]]:
    if arguments[:1] == ["--data"] and len(arguments) > 1:
        return Path(arguments[1]), arguments[2:]
    if arguments and arguments[0].startswith("--data="):
        return Path(arguments[0].partition("=")[2]), arguments[1:]
    return DEFAULT_DATA, arguments


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError
    return number


_port.__name__ = "port"  # argparse shows it: « invalid port value »


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./agenda",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="commande")
    up = commands.add_parser(
        "up",
        help="installer, démarrer le produit et le simulateur du SAS ; Ctrl-C arrête tout",
        description="Installe ce qui manque puis démarre PostgreSQL, Valkey, le produit et le simulateur du SAS.",
        allow_abbrev=False,
    )
    up.add_argument("--port", type=_port, default=8000, help="port du produit (8000 ; 0 : un port libre)")
    up.add_argument("--sandbox-port", type=_port, default=8001, help="port du simulateur (8001 ; 0 : un port libre)")
    up.add_argument(
        "--data", metavar="DOSSIER", default=str(DEFAULT_DATA), help=f"dossier des données ({DEFAULT_DATA})"
    )
    up.add_argument("--no-demo", dest="demo", action="store_false", help="ne pas charger les données de démonstration")
    commands.add_parser("test", help="lancer les tests ; la suite va à pytest (3 processus, sauf -n)", add_help=False)
    commands.add_parser("manage", help="manage.py dans le même environnement ([--data DOSSIER] commande …)")
    commands.add_parser("check", help="tout ce que vérifie l’intégration continue")
    commands.add_parser(
        "recette", help="le cahier de recette SAS, sur une instance neuve ou à --base-url", add_help=False
    )
    commands.add_parser("lock", help="refaire requirements/*.txt à partir des *.in (--upgrade : versions récentes)")
    return parser
