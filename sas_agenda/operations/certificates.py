"""The certificates this instance presents and trusts, and when they end."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from django.conf import settings


@dataclass(frozen=True, slots=True)
class Certificate:
    """`expires_at`: of the first to end among those of the file; None when it can't be read."""

    name: str
    label: str
    expires_at: datetime | None

    def days_left(self, now: datetime) -> float | None:
        """Negative once it has expired."""
        return None if self.expires_at is None else (self.expires_at - now.astimezone(UTC)).total_seconds() / 86_400


_OURS = (
    ("client", "certificat client présenté au SAS (SAS_CLIENT_CERT)", "SAS_CLIENT_CERT"),
    ("authority", "autorité du SAS (SAS_CA)", "SAS_CA"),
)


def ours() -> list[Certificate]:
    """Those the settings name; the certificates of the public names are nginx's."""
    return [
        Certificate(name, label, _first_end(Path(path)))
        for name, label, setting in _OURS
        if (path := getattr(settings, setting))
    ]


def _first_end(path: Path) -> datetime | None:
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        return None
    return min(certificate.not_valid_after_utc for certificate in found)
