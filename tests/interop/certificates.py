"""Client certificates of every kind, as nginx hands them over."""

from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CN = "sas.plateforme.exemple.test"
OU = "318751275100020"


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def certificate(
    *, cns: tuple[str, ...] = (CN,), ous: tuple[str, ...] = (OU,), valid: tuple[int, int] = (-1, 30), san: str = ""
) -> str:
    """PEM. `valid` is in days from now."""
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Plateforme")]
    attributes += [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, ou) for ou in ous]
    attributes += [x509.NameAttribute(NameOID.COMMON_NAME, cn) for cn in cns]
    subject = x509.Name(attributes)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=valid[0]))
        .not_valid_after(now + timedelta(days=valid[1]))
    )
    if san:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(san)]), critical=False)
    return builder.sign(_key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def headers(pem: str, *, verify: str = "SUCCESS") -> dict[str, str]:
    return {"X-SSL-Client-Verify": verify, "X-SSL-Client-Escaped-Cert": quote(pem, safe="")}
