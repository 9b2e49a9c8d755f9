"""A test authority, the server's certificates, and every kind of client certificate that may call the FHIR routes.

    .agenda/venv/bin/python -m deploy.certificates FOLDER --public-name agenda.example --fhir-name fhir.agenda.example

It plays IGC-Santé: a root, an authority below it that signs organisations, and a revocation list of each. For tests and
rehearsals only: the keys are not protected, and nobody else knows this authority.

FOLDER then holds, all PEM, certificate first and key beside it (`.key`):
- `authority.pem` (root and authority) and `revoked.pem` (both lists): what nginx checks clients against;
- `public.pem`, `fhir.pem`: the certificates of the two server names, with their chain;
- `root.pem`: what a client checks the servers against;
- `clients/<kind>.pem` for each kind of KINDS that has one, with its chain, and those of ALSO_ACCEPTED;
- `recette.toml`: the section [transport] of the acceptance book's environment, to append to a copy of
  conformance/recette/demo.toml (`./agenda recette --environment …`).
"""

import argparse
import ipaddress
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

CN = "sas.plateforme.example"
OU = "318751275100020"
# The platform's next certificate, and the OU that the authority's own names carry.
NEXT_CN = "sas-suivant.plateforme.example"
NEXT_OU = "318751275100038"
AUTHORITY_OU = "0002 187512751"

# The twelve kinds, and how to say them. Only the first may get in.
KINDS = {
    "valid": "the platform's certificate",
    "wrong_cn": "another CN",
    "wrong_ou": "another OU",
    "two_ous": "two accepted OUs",
    "cn_in_san": "the CN only as an alternative name",
    "expired": "expired",
    "not_yet_valid": "not yet valid",
    "revoked": "revoked",
    "self_signed": "signed by itself, with the right names",
    "other_authority": "of another authority that has the same names",
    "no_client_usage": "for servers only",
    "none": "no certificate at all",
}
ALSO_ACCEPTED = {
    "next": "the platform's next certificate, during a rotation",
    "authority_ou": "with the authority's OU beside the platform's",
}
# What the acceptance book calls them.
_RECETTE = {
    "wrong_cn": "wrong_cn",
    "wrong_ou": "wrong_ou",
    "revoked": "revoked",
    "expired": "expired",
    "unknown_authority": "other_authority",
}
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """An authority that signs. `chain`: its certificate and those above, without the root."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    def sign(self, wanted: "_Wanted") -> "Signed":
        key = ec.generate_private_key(ec.SECP256R1())
        return Signed(_certificate(wanted, key, issuer=self), key, self.chain)

    def sign_platform(self) -> "Signed":
        """The platform's certificate, as good as `valid`."""
        return self.sign(_Wanted())

    def revocations(self, *serials: int, ends: int = 30) -> x509.CertificateRevocationList:
        """Its list, in force until `ends` days from now."""
        now = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(now + (min(ends, 0) - 1) * _DAY).next_update(now + ends * _DAY)
        for serial in serials:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - _DAY / 2)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hashes.SHA256())


@dataclass(frozen=True)
class Signed:
    """A certificate, its key, and what a peer needs besides to reach the root."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    def write(self, place: Path) -> None:
        """To `place`.pem and `place`.key; only the owner may read the key."""
        place.with_suffix(".pem").write_bytes(_pem(self.certificate, *self.chain))
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = os.open(place.with_suffix(".key"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "wb") as opened:
            opened.write(key)


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """What a certificate says. `valid`: from and until, in days from now."""

    cns: Sequence[str] = (CN,)
    ous: Sequence[str] = (OU,)
    names: Sequence[str] = ()
    valid: tuple[int, int] = (-1, 365)
    usages: Sequence[ObjectIdentifier] = field(default=(ExtendedKeyUsageOID.CLIENT_AUTH,))
    authority: bool = False


def make_certificates(folder: Path, *, public_name: str, fhir_name: str) -> None:
    """Write everything the module's docstring lists. Raises OSError."""
    (folder / "clients").mkdir(parents=True, exist_ok=True)
    root, authority = make_authorities()
    servers = [ExtendedKeyUsageOID.SERVER_AUTH]
    for file, name in (("public", public_name), ("fhir", fhir_name)):
        authority.sign(_Wanted(cns=[name], ous=[], names=[name], usages=servers)).write(folder / file)
    clients = _clients(authority)
    for kind, signed in clients.items():
        signed.write(folder / "clients" / kind)
    (folder / "root.pem").write_bytes(_pem(root.certificate))
    (folder / "authority.pem").write_bytes(_pem(authority.certificate, root.certificate))
    lists = authority.revocations(clients["revoked"].certificate.serial_number), root.revocations()
    (folder / "revoked.pem").write_bytes(b"".join(each.public_bytes(serialization.Encoding.PEM) for each in lists))
    (folder / "recette.toml").write_text(recette_section(folder), encoding="utf-8")


def recette_section(folder: Path) -> str:
    """The section [transport] of an environment of the acceptance book, with absolute paths."""
    lines = ["[transport]", f"authority = {_quoted(folder / 'root.pem')}", *_pair(folder, "valid")]
    for table, kind in _RECETTE.items():
        lines += ["", f"[transport.{table}]", *_pair(folder, kind)]
    return "\n".join(lines) + "\n"


def _pair(folder: Path, kind: str) -> list[str]:
    client = folder / "clients" / kind
    return [f"certificate = {_quoted(client.with_suffix('.pem'))}", f"key = {_quoted(client.with_suffix('.key'))}"]


def _quoted(path: Path) -> str:
    """A JSON string of ASCII is a TOML string."""
    return json.dumps(str(path.resolve()))


def make_authorities() -> tuple[Authority, Authority]:
    """The root, and the authority below it: the same names at each call, other keys."""
    key = ec.generate_private_key(ec.SECP256R1())
    wanted = _Wanted(cns=["AC RACINE TEST"], ous=[AUTHORITY_OU], usages=(), valid=(-30, 3650), authority=True)
    root = Authority(_certificate(wanted, key), key)
    wanted = _Wanted(cns=["AC ORGANISATIONS TEST"], ous=[AUTHORITY_OU], usages=(), valid=(-30, 1825), authority=True)
    signed = root.sign(wanted)
    return root, Authority(signed.certificate, signed.key, chain=(signed.certificate,))


def _clients(authority: Authority) -> dict[str, Signed]:
    own_key = ec.generate_private_key(ec.SECP256R1())
    makers: dict[str, Callable[[], Signed]] = {
        "valid": authority.sign_platform,
        "wrong_cn": lambda: authority.sign(_Wanted(cns=["autre.example"])),
        "wrong_ou": lambda: authority.sign(_Wanted(ous=["318751275109999"])),
        "two_ous": lambda: authority.sign(_Wanted(ous=[OU, NEXT_OU])),
        "cn_in_san": lambda: authority.sign(_Wanted(cns=[], names=[CN])),
        "expired": lambda: authority.sign(_Wanted(valid=(-20, -1))),
        "not_yet_valid": lambda: authority.sign(_Wanted(valid=(1, 30))),
        "revoked": authority.sign_platform,
        "self_signed": lambda: Signed(_certificate(_Wanted(), own_key), own_key),
        "other_authority": lambda: make_authorities()[1].sign(_Wanted()),
        "no_client_usage": lambda: authority.sign(_Wanted(usages=[ExtendedKeyUsageOID.SERVER_AUTH])),
        "next": lambda: authority.sign(_Wanted(cns=[NEXT_CN], ous=[NEXT_OU])),
        "authority_ou": lambda: authority.sign(_Wanted(ous=[AUTHORITY_OU, OU])),
    }
    return {kind: make() for kind, make in makers.items()}


def _certificate(
    wanted: _Wanted, key: ec.EllipticCurvePrivateKey, *, issuer: Authority | None = None
) -> x509.Certificate:
    """Signed by the issuer, or by its own key."""
    now = datetime.now(UTC)
    subject = _name(wanted)
    signing_key = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + wanted.valid[0] * _DAY)
        .not_valid_after(now + wanted.valid[1] * _DAY)
        .add_extension(x509.BasicConstraints(ca=wanted.authority, path_length=None), critical=True)
        .add_extension(_key_usage(authority=wanted.authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
    )
    if wanted.usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(wanted.usages), critical=False)
    if wanted.names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(map(_host, wanted.names))), critical=False)
    return builder.sign(signing_key, hashes.SHA256())


def _name(wanted: _Wanted) -> x509.Name:
    """As IGC-Santé writes them: country, organisation, units, then the common name."""
    attributes = [(NameOID.COUNTRY_NAME, "FR"), (NameOID.ORGANIZATION_NAME, "TEST")]
    attributes += [(NameOID.ORGANIZATIONAL_UNIT_NAME, ou) for ou in wanted.ous]
    attributes += [(NameOID.COMMON_NAME, cn) for cn in wanted.cns]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.certificates", description="A test authority (see the file)."
    )
    parser.add_argument("folder", type=Path, help="where to write; files of an earlier run are replaced")
    parser.add_argument("--public-name", default="localhost", help="host name of the pages")
    parser.add_argument("--fhir-name", default="localhost", help="host name of the FHIR routes")
    given = parser.parse_args(arguments)
    try:
        make_certificates(given.folder, public_name=given.public_name, fhir_name=given.fhir_name)
    except OSError as error:
        sys.stderr.write(f"{given.folder}: {error.strerror}.\n")
        return 1
    sys.stdout.write(
        f"Written to {given.folder}. Accept its clients with SAS_MTLS_CN={CN},{NEXT_CN} SAS_MTLS_OU={OU},{NEXT_OU}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
