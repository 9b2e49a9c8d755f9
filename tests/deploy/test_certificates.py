"""The test authority: each kind is what its name says and nothing else, and the acceptance book can read them."""

import stat
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from conformance.recette import environment
from deploy.certificates import ALSO_ACCEPTED, CN, KINDS, NEXT_OU, OU, main
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    assert main([str(folder), "--public-name", "agenda.example", "--fhir-name", "127.0.0.1"]) == 0
    return folder


def read(path: Path) -> x509.Certificate:
    """The first of the file."""
    return x509.load_pem_x509_certificates(path.read_bytes())[0]


def described(certificate: x509.Certificate) -> tuple[list[str], list[str], bool, bool]:
    """CNs, OUs, whether it is valid now, whether it is for clients."""
    names = [
        [str(one.value) for one in certificate.subject.get_attributes_for_oid(oid)]
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME)
    ]
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    now = datetime.now(UTC)
    valid = certificate.not_valid_before_utc < now < certificate.not_valid_after_utc
    return names[0], names[1], valid, ExtendedKeyUsageOID.CLIENT_AUTH in usages


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("valid", ([CN], [OU], True, True)),
        ("wrong_cn", (["autre.example"], [OU], True, True)),
        ("wrong_ou", ([CN], ["318751275109999"], True, True)),
        ("two_ous", ([CN], [OU, NEXT_OU], True, True)),
        ("cn_in_san", ([], [OU], True, True)),
        ("expired", ([CN], [OU], False, True)),
        ("not_yet_valid", ([CN], [OU], False, True)),
        ("revoked", ([CN], [OU], True, True)),
        ("self_signed", ([CN], [OU], True, True)),
        ("other_authority", ([CN], [OU], True, True)),
        ("no_client_usage", ([CN], [OU], True, False)),
    ],
)
def test_only_one_thing_is_wrong_with_each(
    folder: Path, kind: str, expected: tuple[list[str], list[str], bool, bool]
) -> None:
    certificate = read(folder / "clients" / f"{kind}.pem")
    authority = read(folder / "authority.pem")
    revoked = x509.load_pem_x509_crl((folder / "revoked.pem").read_bytes())

    assert described(certificate) == expected
    assert signed_by(certificate, authority) == (kind not in {"self_signed", "other_authority"})
    assert (certificate.issuer == authority.subject) == (kind != "self_signed")
    is_revoked = revoked.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
    assert is_revoked == (kind == "revoked")


def signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, InvalidSignature):  # other names, another key
        return False
    return True


def test_the_cn_that_hides_in_an_alternative_name_is_there(folder: Path) -> None:
    certificate = read(folder / "clients" / "cn_in_san.pem")
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert names.get_values_for_type(x509.DNSName) == [CN]


def test_there_is_a_file_for_each_kind_that_has_one(folder: Path) -> None:
    assert {path.stem for path in (folder / "clients").glob("*.pem")} == {*KINDS, *ALSO_ACCEPTED} - {"none"}


def test_the_servers_bear_the_names_asked_for(folder: Path) -> None:
    names = [
        read(folder / f"{name}.pem").extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
        for name in ("public", "fhir")
    ]

    assert names[0].get_values_for_type(x509.DNSName) == ["agenda.example"]
    assert [str(address) for address in names[1].get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_keys_are_for_their_owner_only(folder: Path) -> None:
    keys = list(folder.rglob("*.key"))

    assert keys
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


def test_the_acceptance_book_reads_its_section(folder: Path) -> None:
    demo = environment.DEMO.read_text(encoding="utf-8")
    tables = tomllib.loads(f"{demo}\n{(folder / 'recette.toml').read_text(encoding='utf-8')}")

    transport = environment.read(tables, folder=environment.DEMO.parent).transport

    assert transport.good is not None
    assert Path(transport.good.certificate) == (folder / "clients" / "valid.pem").resolve()
    assert transport.authority == str((folder / "root.pem").resolve())
    assert transport.refused.keys() == environment.REFUSED_KINDS.keys()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()

    assert main([str(tmp_path / "file")]) == 1
    assert "file" in capsys.readouterr().err


def test_its_documentation_names_every_file(folder: Path) -> None:
    text = (ROOT / "deploy" / "certificates.py").read_text(encoding="utf-8").split('"""')[1]

    for path in folder.iterdir():
        assert path.stem in text
