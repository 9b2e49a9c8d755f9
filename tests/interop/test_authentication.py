"""Who gets in: nobody without the platform's certificate, on any FHIR route."""

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from tests.interop.certificates import CN, OU, certificate, headers

ROUTES = ["/fhir/metadata", "/fhir/Slot", "/fhir/Slot/", "/fhir/Practitioner", "/fhir/", "/fhir/Patient/1", "/fhir/%00"]


@pytest.fixture(autouse=True)
def _mutual_tls(settings: Any) -> None:
    settings.SAS_MTLS = True
    settings.SAS_MTLS_CN = [CN, "sas.prochain.exemple.test"]
    settings.SAS_MTLS_OU = [OU]


def assert_refused(answer: Any) -> None:
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/fhir+json; charset=utf-8"
    assert "WWW-Authenticate" not in answer
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["code"] == "forbidden"


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("route", ROUTES)
def test_without_a_certificate_every_route_and_method_is_a_403(route: str, method: str) -> None:
    answer = Client().generic(method, route)

    assert answer.status_code == 403
    if method != "HEAD":
        assert_refused(answer)


@pytest.mark.parametrize(
    ("pem", "verify"),
    [
        (certificate(cns=("autre.exemple.test",)), "SUCCESS"),
        (certificate(ous=("autre",)), "SUCCESS"),
        (certificate(ous=()), "SUCCESS"),
        (certificate(cns=(), san=CN), "SUCCESS"),
        (certificate(ous=(OU, OU)), "SUCCESS"),
        (certificate(cns=(CN, "sas.prochain.exemple.test")), "SUCCESS"),
        (certificate(cns=(CN.upper(),)), "SUCCESS"),
        (certificate(valid=(-30, -1)), "SUCCESS"),
        (certificate(valid=(1, 30)), "SUCCESS"),
        (certificate(), "FAILED:certificate revoked"),
        (certificate(), "NONE"),
        (certificate(), ""),
        (certificate(), "success"),
        ("", "SUCCESS"),
        ("-----BEGIN CERTIFICATE-----\nn'importe quoi\n-----END CERTIFICATE-----\n", "SUCCESS"),
        ("é" * 50, "SUCCESS"),
        (certificate() * 30, "SUCCESS"),
    ],
    ids=[
        "wrong CN", "wrong OU", "no OU", "CN only in SAN", "two OUs", "two CNs", "CN in capitals", "expired", "not yet",
        "revoked", "not presented", "no verdict", "verdict misspelt", "empty", "garbage", "not ASCII", "huge",
    ],
)  # fmt: skip
def test_any_other_certificate_is_a_403(pem: str, verify: str) -> None:
    assert_refused(Client().get("/fhir/metadata", headers=headers(pem, verify=verify)))


@pytest.mark.parametrize(
    "pem",
    [
        certificate(),
        certificate(cns=("sas.prochain.exemple.test",)),
        certificate(ous=("0002 187512751", OU)),
    ],
    ids=["today's", "the next one, during the rotation", "with the authority's own OU"],
)
def test_the_platforms_certificate_gets_in(pem: str) -> None:
    assert Client().get("/fhir/metadata", headers=headers(pem)).status_code == 200


def test_a_header_escaped_as_nginx_does_is_read() -> None:
    pem = certificate()
    sent = headers(pem) | {"X-SSL-Client-Escaped-Cert": quote(pem, safe="/")}

    assert Client().get("/fhir/metadata", headers=sent).status_code == 200


def test_nobody_gets_in_while_no_name_is_configured(settings: Any) -> None:
    settings.SAS_MTLS_CN = []

    assert_refused(Client().get("/fhir/metadata", headers=headers(certificate())))


def test_a_signed_in_session_is_no_certificate(practitioner_client: Client) -> None:
    assert_refused(practitioner_client.get("/fhir/metadata"))


class TestWithoutMutualTls:
    @pytest.fixture(autouse=True)
    def _off(self, settings: Any) -> None:
        settings.SAS_MTLS = False

    @pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.53", "::1"])
    def test_this_machine_gets_in(self, address: str) -> None:
        assert Client(REMOTE_ADDR=address).get("/fhir/metadata").status_code == 200

    @pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.1", "2001:db8::1", "", "localhost"])
    def test_any_other_is_a_403(self, address: str) -> None:
        assert_refused(Client(REMOTE_ADDR=address).get("/fhir/metadata"))

    @pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded"])
    def test_a_proxy_of_this_machine_is_a_403(self, name: str) -> None:
        assert_refused(Client().get("/fhir/metadata", headers={name: "192.0.2.7"}))
