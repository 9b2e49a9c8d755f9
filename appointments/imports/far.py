"""Fetching an address that somebody typed: from the Internet and from nowhere else.

The name is resolved here, all its addresses are judged, and the connection goes to the very address that was judged: a name that
says another one a moment later (DNS rebinding) reaches nothing. So does each redirect. Neither proxies nor credentials out of
the environment. Only https, with its certificate checked against the name.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

# Of the whole, names and redirects included.
SECONDS = 20.0
LARGEST = 5 * 1024 * 1024
_EACH = 8.0
_REDIRECTS = 5
_REDIRECTED = {301, 302, 303, 307, 308}
_SHARED = ipaddress.ip_network("100.64.0.0/10")
# IPv6 that stands for an address of IPv4: 6to4, Teredo, NAT64 and the like are nobody's calendar.
_TRANSLATED = [
    ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
]

Resolve = Callable[[str, int], list[str]]


class Unreachable(Exception):
    """`str()` is the French sentence that says why."""


@dataclass(frozen=True, slots=True)
class _Target:
    host: str
    port: int
    path: str


def checked_address(text: str) -> str:
    """The address as it is kept, webcal read as https. Raises `Unreachable` when it is not one to fetch; nothing is asked."""
    address = "https://" + text.split("://", 1)[1] if text.lower().startswith(("webcal://", "webcals://")) else text
    target = _target(address)
    try:
        # A literal address is judged at once; a name when it is fetched.
        literal = ipaddress.ip_address(target.host.strip("[]"))
    except ValueError:
        return address
    _judge(str(literal))
    return address


def fetch(address: str, *, resolve: Resolve | None = None, context: ssl.SSLContext | None = None) -> bytes:
    """What is there, at most `LARGEST` bytes within `SECONDS`. Raises `Unreachable`."""
    ends = time.monotonic() + SECONDS
    tls = context or ssl.create_default_context()
    for _ in range(_REDIRECTS + 1):
        target = _target(address)
        where = _judged(target, resolve or _resolve)
        body, onwards = _ask(target, where, tls, ends)
        if onwards is None:
            return body
        address = urljoin(address, onwards)
    raise Unreachable("Cette adresse renvoie sans fin d’une page à l’autre.")


def is_public(text: str) -> bool:
    """Whether an address is one of the Internet: neither private, nor of this machine or network, nor a special one."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if "%" in text:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if any(address in network for network in _TRANSLATED) or address.is_site_local:
            return False
    elif address in _SHARED:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _target(address: str) -> _Target:
    if not address.isascii() or any(character.isspace() for character in address) or not address.isprintable():
        raise Unreachable("Cette adresse contient un caractère qui n’y a pas sa place\u00a0: recopiez-la.")
    try:
        parts = urlsplit(address)
        port = parts.port or 443
    except ValueError:
        raise Unreachable("Cette adresse n’est pas lisible\u00a0: recopiez-la en entier.") from None
    if parts.scheme.lower() != "https":
        raise Unreachable("Cette adresse doit commencer par https://.")
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise Unreachable("Cette adresse n’est pas lisible\u00a0: elle commence par https://, puis le nom du site.")
    path = parts.path or "/"
    return _Target(parts.hostname, port, f"{path}?{parts.query}" if parts.query else path)


def _resolve(host: str, port: int) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _judged(target: _Target, resolve: Resolve) -> list[str]:
    """The addresses to connect to. One among them that is not the Internet's, and none is trusted."""
    try:
        found = resolve(target.host, target.port)
    except (OSError, UnicodeError):
        raise Unreachable("Le nom du site n’existe pas, ou ne répond pas\u00a0: vérifiez l’adresse.") from None
    for one in found:
        _judge(one)
    if not found:
        raise Unreachable("Le nom du site n’existe pas\u00a0: vérifiez l’adresse.")
    return found


def _judge(address: str) -> None:
    if not is_public(address):
        raise Unreachable("Cette adresse n’est pas sur Internet\u00a0: seules les adresses publiques sont lues.")


class _Connection(http.client.HTTPSConnection):
    """To an address that was judged, the first that answers, under the name that its certificate must bear."""

    def __init__(self, target: _Target, where: Sequence[str], tls: ssl.SSLContext) -> None:
        super().__init__(target.host, target.port, timeout=_EACH, context=tls)
        self._where, self._tls = where, tls
        # `sock`, until the answer begins: from then on the library may leave it to the answer alone.
        self.line: ssl.SSLSocket | None = None

    def connect(self) -> None:
        # Known before the handshake: what drips is cut in it, too.
        self.line = self._tls.wrap_socket(self._plain(), server_hostname=self.host, do_handshake_on_connect=False)
        self.sock = self.line
        self.line.do_handshake()

    def _plain(self) -> socket.socket:
        *others, last = self._where
        for one in others:
            try:
                return socket.create_connection((one, self.port), timeout=_EACH)
            except OSError:
                continue
        return socket.create_connection((last, self.port), timeout=_EACH)


def _ask(target: _Target, where: Sequence[str], tls: ssl.SSLContext, ends: float) -> tuple[bytes, str | None]:
    """The body, or where it leads on. A timer cuts what drips: each byte alone would be in time."""
    left = ends - time.monotonic()
    if left <= 0:
        raise Unreachable(_TOO_SLOW)
    connection = _Connection(target, where, tls)
    cut = threading.Event()

    def end() -> None:
        cut.set()
        if connection.line is not None:
            try:
                connection.line.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it has ended by itself

    timer = threading.Timer(left, end)
    timer.daemon = True
    timer.start()
    try:
        headers = {
            "Accept": "text/calendar, text/plain;q=0.5",
            "Accept-Encoding": "identity",
            "User-Agent": "SAS-Agenda",
        }
        connection.request("GET", target.path, headers=headers)
        answer = connection.getresponse()
        if answer.status in _REDIRECTED and (onwards := answer.headers.get("Location")):
            return b"", onwards
        if answer.status != http.HTTPStatus.OK:
            raise Unreachable(_answered(answer.status))
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Unreachable("Le site répond sous une forme compressée, qui n’a pas été demandée.")
        body = _read(answer)
        if cut.is_set():
            raise Unreachable(_TOO_SLOW)
        return body, None
    except ssl.SSLCertVerificationError:
        raise Unreachable("Le certificat du site n’est pas valable pour ce nom.") from None
    except (OSError, http.client.HTTPException, ValueError) as failure:
        late = cut.is_set() or isinstance(failure, TimeoutError)
        raise Unreachable(_TOO_SLOW if late else "Le site ne répond pas, ou répond mal.") from None
    finally:
        timer.cancel()
        connection.close()
        if connection.line is not None:
            connection.line.close()


_TOO_SLOW = f"Le site n’a pas fini de répondre en {SECONDS:.0f}\u00a0secondes."


def _read(answer: http.client.HTTPResponse) -> bytes:
    body = answer.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise Unreachable(f"Cet agenda est trop grand\u00a0: {LARGEST // 1024**2}\u00a0Mo au plus.")
    # Cut in the middle, read() says nothing when the length was told.
    told = answer.headers.get("Content-Length")
    if told is not None and told.isdigit() and len(body) < int(told):
        raise Unreachable("La réponse du site est coupée.")
    return body


def _answered(status: int) -> str:
    if status in {401, 403}:
        return "Le site refuse l’accès\u00a0: prenez l’adresse secrète de l’agenda, celle qui se partage sans mot de passe."
    if status in {404, 410}:
        return "Il n’y a plus d’agenda à cette adresse\u00a0: recopiez-la."
    return f"Le site répond par une erreur ({status})."
