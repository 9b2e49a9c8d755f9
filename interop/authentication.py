"""Who calls a FHIR route: the SAS platform, by the client certificate that nginx checked (spec, "mTLS").

nginx verifies the chain, the dates and the revocation, and hands the certificate over in two headers that it blanks on
every other server name. Here the subject is checked against the accepted names. A refusal is a 403, never a 401: HTTP has
no challenge that a certificate answers.
"""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier
from django.conf import settings
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

# A certificate of 4,096 bits, percent-encoded, takes about 4,000 characters.
MAX_CERTIFICATE = 16_384


@dataclass(frozen=True, slots=True)
class Platform:
    """The authenticated caller. `name` is the certificate's CN, or says that mutual TLS is off."""

    name: str
    is_authenticated: bool = True


class ClientCertificate(BaseAuthentication):
    """With SAS_MTLS off (one machine, local mode) a caller of that very machine is the platform."""

    def authenticate(self, request: Request) -> tuple[Platform, None]:
        if not settings.SAS_MTLS:
            return Platform(_local_caller(request)), None
        if request.META.get("HTTP_X_SSL_CLIENT_VERIFY") != "SUCCESS":
            raise AuthenticationFailed("Un certificat client d’une autorité acceptée est attendu.")
        certificate = read_certificate(request.META.get("HTTP_X_SSL_CLIENT_ESCAPED_CERT", ""))
        return Platform(accepted_name(certificate, now=timezone.now())), None


def _local_caller(request: Request) -> str:
    """Raises AuthenticationFailed for whoever comes from elsewhere, were it through a proxy of this machine."""
    address = request.META.get("REMOTE_ADDR", "")
    forwarded = "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META
    try:
        local = ipaddress.ip_address(address).is_loopback
    except ValueError:
        local = False
    if forwarded or not local:
        raise AuthenticationFailed("Sans TLS mutuel, seuls les appels de cette machine sont acceptés.")
    return "local, sans TLS mutuel"


def read_certificate(escaped: str) -> x509.Certificate:
    """The leaf certificate out of nginx's `$ssl_client_escaped_cert` (percent-encoded PEM)."""
    if not escaped or len(escaped) > MAX_CERTIFICATE:
        raise AuthenticationFailed("Le certificat client n’a pas été transmis.")
    try:
        return x509.load_pem_x509_certificate(unquote(escaped).encode("ascii"))
    except (ValueError, x509.InvalidVersion):
        raise AuthenticationFailed("Le certificat client est illisible.") from None


def accepted_name(certificate: x509.Certificate, *, now: datetime) -> str:
    """The certificate's CN. Raises AuthenticationFailed unless it is valid now and its CN and OU are accepted.

    A subject may repeat an attribute: exactly one CN and exactly one OU must be accepted values, so that a second one
    can't hide what the first claims.
    """
    if not certificate.not_valid_before_utc <= now.astimezone(UTC) <= certificate.not_valid_after_utc:
        raise AuthenticationFailed("Le certificat client n’est pas en cours de validité.")
    names = _values(certificate, NameOID.COMMON_NAME)
    units = _values(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME)
    accepted = [name for name in names if name in settings.SAS_MTLS_CN]
    if len(accepted) != 1 or len([unit for unit in units if unit in settings.SAS_MTLS_OU]) != 1:
        raise AuthenticationFailed("Le certificat client n’est pas celui d’une plateforme acceptée.")
    return accepted[0]


def _values(certificate: x509.Certificate, oid: ObjectIdentifier) -> list[str]:
    try:
        attributes = certificate.subject.get_attributes_for_oid(oid)
    except ValueError:
        raise AuthenticationFailed("Le sujet du certificat client est illisible.") from None
    return [attribute.value for attribute in attributes if isinstance(attribute.value, str)]
