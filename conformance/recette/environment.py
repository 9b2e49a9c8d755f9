"""What the book has to know of an editor, read from a TOML file (documented in `demo.toml`)."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.sas.vocabulary import Identifier, practitioner_identifier

DEMO = Path(__file__).with_name("demo.toml")
BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[3] / "shared" / "fhir" / "ans.fhir.fr.sas-1.1.0"
MANY = 25
NATIONAL_STRUCTURE = "urn:oid:1.2.250.1.71.4.2.2"
# Keys whose values are numbers: an identifier made of digits stays a text.
NUMBERS = ("platform.smtp_port", "booking.wait", "booking.delivery", "booking.retry", "booking.quiet", "limits.")


class UnusableEnvironment(Exception):
    """The file can't be used; the message is French and says what to change."""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate and its key, as paths of PEM files."""

    certificate: str
    key: str

    @property
    def pair(self) -> tuple[str, str]:
        return self.certificate, self.key


@dataclass(frozen=True, slots=True)
class Transport:
    """The platform's certificate, the editor's authority (None: the machine's), and certificates to be refused.

    refused: by kind, a key of REFUSED_KINDS.
    """

    good: ClientCertificate | None = None
    authority: str | None = None
    refused: Mapping[str, ClientCertificate] = field(default_factory=dict)


# Kinds of certificates that must be refused, and how the report calls them.
REFUSED_KINDS = {
    "wrong_cn": "au CN étranger",
    "wrong_ou": "à l’OU étrangère",
    "revoked": "révoqué",
    "expired": "expiré",
    "unknown_authority": "d’une autorité inconnue",
}


@dataclass(frozen=True, slots=True)
class Practitioners:
    """Whom to search. many: at most 25; where fewer are declared the book completes with identifiers of nobody."""

    one: Identifier
    two_places: Identifier | None
    several: tuple[Identifier, ...]
    unknown: Identifier
    many: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class RegulatorData:
    """What accounts are made of: a domain for e-mails that reach nobody, and a prefix for national identifiers.

    The book makes new identifiers at each run, so that it can be run again on the same editor.
    """

    email_domain: str
    national_prefix: str
    family: str
    given: str


@dataclass(frozen=True, slots=True)
class Origins:
    accepted: tuple[str, ...]
    unknown: str


@dataclass(frozen=True, slots=True)
class LandingPage:
    """The agenda page of a slot. url: where to arrive, "" to take the one of a slot that a search finds; shows: a text
    that the agenda shows and that no sign-in nor error page does, "" when the book must tell them apart by itself."""

    url: str = ""
    shows: str = ""


@dataclass(frozen=True, slots=True)
class PlatformSide:
    """The platform that the book plays: where it listens, how the editor reaches it, its OIDC client.

    listen: (host, port); public_url: without a final slash; callback: the editor's registered redirect URI.
    smtp_port: where it takes the editor's mails (0: it takes none).
    """

    listen: tuple[str, int]
    public_url: str
    client_id: str
    client_secret: str = field(repr=False)
    callback: str = ""
    post_logout: str = ""
    smtp_port: int = 0


@dataclass(frozen=True, slots=True)
class Booking:
    """Who books in group 7: `operator` (a person follows what the terminal says) or `sas-agenda` (the book drives the
    pages of our software). wait: seconds given to the person for each act; delivery: seconds within which an
    appointment must arrive; retry: seconds within which a failed one must come again; quiet: seconds without any
    request after which none is awaited. practitioners: with whom; none: those that the other groups search."""

    driver: str
    wait: float
    delivery: float
    retry: float
    quiet: float = 5.0
    practitioners: tuple[Identifier, ...] = ()
    practice_email: str = ""
    practice_password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Communities:
    """Practitioners who show slots to communities, and the communities' prefixed FINESS (`1` + FINESS)."""

    practitioners: tuple[Identifier, ...]
    structures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Environment:
    """One editor's answers. A part that is None was not declared: what needs it is skipped."""

    name: str
    base_url: str
    practitioners: Practitioners
    regulators: RegulatorData
    origins: Origins
    transport: Transport
    booking: Booking
    landing: LandingPage = LandingPage()
    platform: PlatformSide | None = None
    definitions: Path | None = None
    cpts: Communities | None = None
    sos: tuple[Identifier, ...] = ()
    check_seconds: float = 30.0
    total_seconds: float = 900.0

    @property
    def site(self) -> str:
        """Scheme and host of the editor."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https://")


def default_definitions() -> Path:
    """The guide's folder when the file names none: FHIR_DEFINITIONS, else beside the checkout. It may not exist."""
    named = os.environ.get("FHIR_DEFINITIONS", "")
    return Path(named).expanduser().resolve() if named else BESIDE_THE_CHECKOUT


def load(path: Path) -> dict[str, Any]:
    """The file's tables. Raises UnusableEnvironment."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnusableEnvironment(f"Le fichier {path} ne se lit pas : {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableEnvironment(f"Le fichier {path} n’est pas du TOML : {error}.") from error


def override(tables: dict[str, Any], key: str, text: str) -> None:
    """Put a value given on the command line at its dotted key: a number where it reads as one, else a text."""
    *path, name = key.split(".")
    table = tables
    for part in path:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise UnusableEnvironment(f"« {key} » n’est pas une clé de l’environnement.")
    table[name] = int(text) if text.isascii() and text.isdigit() and key.startswith(NUMBERS) else text


def read(tables: Mapping[str, Any], *, folder: Path) -> Environment:
    """Read decoded tables; relative paths start at `folder`. Raises UnusableEnvironment naming the key."""
    reader = Reader(tables, folder)
    environment = Environment(
        name=reader.text("editor.name", "Éditeur"),
        base_url=_base_url(reader.text("editor.base_url")),
        practitioners=_practitioners(reader),
        regulators=RegulatorData(
            email_domain=reader.text("regulators.email_domain", "recette.example"),
            national_prefix=reader.text("regulators.national_prefix", "9900000099/"),
            family=reader.text("regulators.family", "Régulateur-Recette"),
            given=reader.text("regulators.given", "Essai"),
        ),
        origins=Origins(reader.texts("origins.accepted", ("sas",)), reader.text("origins.unknown", "inconnue")),
        landing=LandingPage(reader.text("landing.url", ""), reader.text("landing.shows", "")),
        transport=_transport(reader),
        booking=Booking(
            driver=reader.choice("booking.driver", ("operator", "sas-agenda"), "operator"),
            wait=reader.number("booking.wait", 300.0),
            delivery=reader.number("booking.delivery", 60.0),
            retry=reader.number("booking.retry", 180.0),
            quiet=reader.number("booking.quiet", 5.0),
            practitioners=tuple(map(practitioner_identifier, reader.texts("booking.practitioners"))),
            practice_email=reader.text("booking.practice_email", ""),
            practice_password=reader.text("booking.practice_password", ""),
        ),
        platform=_platform(reader),
        definitions=reader.folder_path("profiles.definitions") or default_definitions(),
        cpts=_communities(reader),
        sos=tuple(Identifier(NATIONAL_STRUCTURE, value) for value in reader.texts("sos.associations")),
        check_seconds=reader.number("limits.check", 30.0),
        total_seconds=reader.number("limits.total", 900.0),
    )
    reader.refuse_unread()
    return environment


class Reader:
    """Typed access to the tables by dotted key, which remembers what was read so that a misspelt key is refused."""

    def __init__(self, tables: Mapping[str, Any], folder: Path) -> None:
        self._tables = tables
        self._folder = folder
        self._read: set[str] = set()

    def value(self, key: str) -> Any:
        """The value at `table.key`, None when it is absent."""
        self._read.add(key)
        node: Any = self._tables
        for part in key.split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
        return node

    def text(self, key: str, default: str | None = None) -> str:
        value = self.value(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not (value.strip() or default == ""):
            raise UnusableEnvironment(f"« {key} » est absent ou n’est pas un texte.")
        return value.strip()

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self.value(key)
        if value is None:
            return default
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise UnusableEnvironment(f"« {key} » n’est pas une liste de textes.")
        return tuple(item.strip() for item in value)

    def number(self, key: str, default: float) -> float:
        value = self.value(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise UnusableEnvironment(f"« {key} » n’est pas un nombre positif.")
        return float(value)

    def choice(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(key, default)
        if value not in allowed:
            raise UnusableEnvironment(f"« {key} » vaut « {value} » : {' ou '.join(allowed)} attendu.")
        return value

    def file(self, key: str) -> str | None:
        """A file that exists, as an absolute path."""
        text = self.text(key, "")
        if not text:
            return None
        path = (self._folder / Path(text).expanduser()).resolve()
        if not path.is_file():
            raise UnusableEnvironment(f"« {key} » : le fichier {path} n’existe pas.")
        return str(path)

    def folder_path(self, key: str) -> Path | None:
        """A folder, which may not exist: what needs it says so."""
        text = self.text(key, "")
        return (self._folder / Path(text).expanduser()).resolve() if text else None

    def refuse_unread(self) -> None:
        unread = [key for key in _keys(self._tables) if key not in self._read]
        if unread:
            raise UnusableEnvironment(f"Clé inconnue : « {unread[0]} » (voir conformance/recette/demo.toml).")


def _keys(tables: Mapping[str, Any], prefix: str = "") -> list[str]:
    found: list[str] = []
    for key, value in tables.items():
        found += _keys(value, f"{prefix}{key}.") if isinstance(value, Mapping) else [f"{prefix}{key}"]
    return found


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise UnusableEnvironment(f"« {text} » n’est pas l’adresse d’une base FHIR : https://hôte/chemin attendu.")
    return text.rstrip("/")


def _practitioners(reader: Reader) -> Practitioners:
    one = practitioner_identifier(reader.text("practitioners.one"))
    two_places = reader.text("practitioners.two_places", "")
    several = tuple(map(practitioner_identifier, reader.texts("practitioners.several")))
    many = tuple(map(practitioner_identifier, reader.texts("practitioners.many")))
    unknown = practitioner_identifier(reader.text("practitioners.unknown", "899999999995"))
    return Practitioners(
        one, practitioner_identifier(two_places) if two_places else None, several, unknown, (many or several)[:MANY]
    )


def _transport(reader: Reader) -> Transport:
    refused = {kind: _certificate(reader, f"transport.{kind}") for kind in REFUSED_KINDS}
    return Transport(
        good=_certificate(reader, "transport"),
        authority=reader.file("transport.authority"),
        refused={kind: pair for kind, pair in refused.items() if pair is not None},
    )


def _certificate(reader: Reader, table: str) -> ClientCertificate | None:
    certificate, key = reader.file(f"{table}.certificate"), reader.file(f"{table}.key")
    if certificate is None:
        return None
    return ClientCertificate(certificate, key or certificate)


def _platform(reader: Reader) -> PlatformSide | None:
    listen = reader.text("platform.listen", "")
    # A secret does not belong in a file that is handed around.
    variable = reader.text("platform.client_secret_variable", "RECETTE_CLIENT_SECRET")
    client_id = reader.text("platform.client_id", "sas-agenda")
    callback, post_logout = reader.text("platform.callback", ""), reader.text("platform.post_logout", "")
    public_url, smtp_port = reader.text("platform.public_url", ""), int(reader.number("platform.smtp_port", 0))
    secret = os.environ.get(variable, "")
    if not listen or not secret:
        return None
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit():
        raise UnusableEnvironment(f"« platform.listen » vaut « {listen} » : hôte:port attendu.")
    return PlatformSide(
        (host, int(port)),
        (public_url or f"http://{listen}").rstrip("/"),
        client_id,
        secret,
        callback,
        post_logout,
        smtp_port,
    )


def _communities(reader: Reader) -> Communities | None:
    practitioners = tuple(map(practitioner_identifier, reader.texts("cpts.practitioners")))
    structures = reader.texts("cpts.structures")
    return Communities(practitioners, structures) if practitioners else None
