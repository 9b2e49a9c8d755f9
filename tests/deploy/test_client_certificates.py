"""Twelve kinds of client certificates at the FHIR door: only the platform's gets in, and no header opens it."""

import ssl
from urllib.parse import quote

import pytest

from deploy.certificates import ALSO_ACCEPTED, KINDS
from tests.deploy.conftest import FHIR, PUBLIC, Front
from tests.deploy.tls_client import Answer

pytestmark = [pytest.mark.xdist_group("deploy"), pytest.mark.system]

REFUSED = [kind for kind in KINDS if kind != "valid"]
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
CALLS = [
    ("GET", "/fhir/metadata"),
    ("GET", "/fhir/Slot?start=ge2026-11-25T00:00:00%2B01:00"),
    ("POST", "/fhir/Practitioner"),
    ("PUT", "/fhir/Practitioner?identifier=a%7Cb"),
]


def assert_refused(answer: Answer) -> None:
    """A 403 with an OperationOutcome: never a 5xx, never an answer."""
    assert (answer.refusal, answer.status) == ("", 403)
    assert answer.headers["content-type"] == "application/fhir+json; charset=utf-8"
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert [issue["code"] for issue in answer.json()["issue"]] == ["forbidden"]


def test_there_are_twelve_kinds() -> None:
    assert len(KINDS) == 12


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
@pytest.mark.parametrize("kind", ["valid", *ALSO_ACCEPTED])
def test_the_platform_gets_in_with_todays_certificate_and_the_next(
    front: Front, kind: str, version: ssl.TLSVersion
) -> None:
    answer = front.ask("/fhir/metadata", kind=kind, version=version)

    assert (answer.refusal, answer.status) == ("", 200)
    assert answer.json()["resourceType"] == "CapabilityStatement"


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
@pytest.mark.parametrize("kind", REFUSED)
def test_any_other_kind_is_a_403(front: Front, kind: str, version: ssl.TLSVersion) -> None:
    assert_refused(front.ask("/fhir/metadata", kind=kind, version=version))


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize("kind", REFUSED)
def test_on_every_route(front: Front, kind: str, method: str, path: str) -> None:
    assert_refused(front.ask(path, kind=kind, method=method, body=b"{}"))


@pytest.mark.parametrize("kind", REFUSED)
def test_no_header_from_outside_opens_the_door(front: Front, kind: str) -> None:
    for forged in forged_headers(front):
        assert_refused(front.ask("/fhir/metadata", kind=kind, headers=forged))


@pytest.mark.parametrize("kind", KINDS)
def test_the_public_name_has_no_fhir_door_whatever_is_presented_or_forged(front: Front, kind: str) -> None:
    for headers in ({}, *forged_headers(front)):
        answer = front.ask("/fhir/metadata", name=PUBLIC, kind=kind, headers=headers)
        assert (answer.refusal, answer.status) == ("", 404)


@pytest.mark.parametrize("kind", REFUSED)
def test_the_handshake_of_one_name_does_not_open_the_other(front: Front, kind: str) -> None:
    """The Host header asks for FHIR under a handshake that demanded nothing."""
    answer = front.ask("/fhir/metadata", name=PUBLIC, host=FHIR, kind=kind, headers=forged_headers(front)[0])

    assert (answer.refusal, answer.status) == ("", 421)


def test_the_platforms_handshake_does_not_open_the_public_names_fhir(front: Front) -> None:
    assert front.ask("/fhir/metadata", name=FHIR, host=PUBLIC, kind="valid").status == 404


@pytest.mark.parametrize("name", [FHIR, PUBLIC])
@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_tls_1_2_and_1_3_are_accepted(front: Front, name: str, version: ssl.TLSVersion) -> None:
    answer = front.ask("/", name=name, version=version)

    assert answer.version == version.name.replace("_", ".")


@pytest.mark.parametrize("name", [FHIR, PUBLIC])
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_older_versions_are_refused_by_the_server_itself(front: Front, name: str, version: str) -> None:
    answer = front.ask("/fhir/metadata", name=name, kind="valid", version=ssl.TLSVersion[version])

    assert answer.refusal == "TLSV1_ALERT_PROTOCOL_VERSION"  # its alert, not our OpenSSL's own reluctance


@pytest.mark.parametrize("name", ["autre.example", "127.0.0.1", "agenda.example.autre.example"])
def test_no_handshake_under_a_name_that_is_not_ours(front: Front, name: str) -> None:
    assert front.ask("/", name=name, kind="valid").refusal == "TLSV1_UNRECOGNIZED_NAME"


def forged_headers(front: Front) -> list[dict[str, str]]:
    """What someone who knows the configuration would write: they have the platform's certificate, which is public."""
    valid = front.client("valid")
    assert valid is not None
    pem = quote(valid.read_text(encoding="ascii"), safe="")
    pair = {"X-SSL-Client-Verify": "SUCCESS", "X-SSL-Client-Escaped-Cert": pem}
    return [
        pair,
        {name.lower(): value for name, value in pair.items()},
        {name.replace("-", "_"): value for name, value in pair.items()},
        {"X-SSL-Client_Verify": "SUCCESS", "X-SSL_Client-Escaped-Cert": pem},
        pair | {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https", "X-Real-IP": "127.0.0.1"},
        pair | {"Forwarded": "for=127.0.0.1;proto=https", "X-Forwarded-Ssl": "off", "X-Forwarded-Protocol": "ssl"},
    ]
