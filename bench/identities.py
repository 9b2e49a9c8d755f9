"""The certificates of both sides of a run, replaced while it goes on: by new ones, or by ones that the other side refuses."""

import ssl
from pathlib import Path

from deploy.certificates import make_certificates


class Identities:
    """In `folder`. `server` is the SAS's context, and `environment` what the product is told."""

    def __init__(self, folder: Path) -> None:
        # Two authorities that know nothing of each other.
        self._ours, self._others = folder / "ours", folder / "others"
        for each in (self._ours, self._others):
            make_certificates(each, public_name="localhost", fhir_name="localhost")
        self._shown = folder / "client"
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.verify_mode = ssl.CERT_REQUIRED
        self.server.load_verify_locations(self._ours / "authority.pem")
        self.restore()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "SAS_CA": str(self._ours / "root.pem"),
            "SAS_CLIENT_CERT": str(self._shown.with_suffix(".pem")),
            "SAS_CLIENT_KEY": str(self._shown.with_suffix(".key")),
        }

    def restore(self) -> None:
        """Both as they should be; ours is another one than before."""
        self._show(self._ours, "next" if self._is_shown("valid") else "valid")
        self._present(self._ours)

    def replace_ours(self) -> None:
        """By one that the SAS refuses."""
        self._show(self._others, "valid")

    def replace_theirs(self) -> None:
        """By one that we refuse."""
        self._present(self._others)

    def _show(self, folder: Path, kind: str) -> None:
        """The two files one after the other, as who renews a certificate does: meanwhile they do not fit."""
        for suffix in (".pem", ".key"):
            new = self._shown.with_suffix(f"{suffix}.new")
            new.write_bytes((folder / "clients" / kind).with_suffix(suffix).read_bytes())
            new.replace(self._shown.with_suffix(suffix))

    def _is_shown(self, kind: str) -> bool:
        shown = self._shown.with_suffix(".pem")
        return shown.exists() and shown.read_bytes() == (self._ours / "clients" / kind).with_suffix(".pem").read_bytes()

    def _present(self, folder: Path) -> None:
        """For every handshake from now on."""
        self.server.load_cert_chain(folder / "fhir.pem", folder / "fhir.key")
