"""Nothing that is secret or personal goes into a report."""

from __future__ import annotations

import json

from conformance.recette.masking import MASK, Masker

BODY = {
    "resourceType": "Practitioner",
    "id": "0f1a2b3c-1111-4222-8333-444455556666",
    "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "3456780581/11242343"}],
    "name": [{"family": "Régulateur", "given": ["Jeanne"]}],
    "telecom": [
        {"system": "email", "value": "jeanne@regulation.example"},
        {"system": "phone", "value": "+33199001234"},
    ],
    "birthDate": "1970-01-01",
    "meta": {"source": "urn:oid:1.2.250.1.213.3.6"},
}


def test_a_persons_data_is_hidden_and_the_rest_stays_readable() -> None:
    masked = Masker().body(json.dumps(BODY, ensure_ascii=False))
    for personal in ("Régulateur", "Jeanne", "jeanne@", "0199001234", "199001234", "11242343", "1970"):
        assert personal not in masked
    shown = json.loads(masked)
    assert shown["resourceType"] == "Practitioner"
    assert shown["id"] == BODY["id"]
    assert shown["meta"] == BODY["meta"]
    assert shown["identifier"][0]["system"] == "urn:oid:1.2.250.1.71.4.2.1"


def test_codes_of_the_protocol_are_hidden_in_urls_and_codes_of_fhir_are_not() -> None:
    masker = Masker()
    url = masker.url("https://e.example/sas/retour/?code=s3cr3t&state=abcdef&iss=https%3A%2F%2Fsas.example")
    assert "s3cr3t" not in url
    assert "abcdef" not in url
    assert "iss=https%3A%2F%2Fsas.example" in url
    assert masker.value({"coding": [{"code": "AMB"}]}) == {"coding": [{"code": "AMB"}]}


def test_a_url_without_secrets_stays_character_for_character() -> None:
    url = "http://e.example/fhir/Slot?status=free&start=ge2026-11-23T10:00:00.000%2B01:00&x=a+b"
    assert Masker().url(url) == url


def test_headers_that_open_doors_are_hidden() -> None:
    headers = Masker().headers(
        {"Cookie": "sessionid=abc", "Authorization": "Bearer abc", "Location": "/x?code=abc", "ETag": "1"}
    )
    assert headers == {"Cookie": MASK, "Authorization": MASK, "Location": f"/x?code={MASK}", "ETag": "1"}


def test_forms_and_tokens_are_hidden() -> None:
    masker = Masker()
    body = masker.body("client_secret=abc&grant_type=authorization_code", "application/x-www-form-urlencoded")
    assert body == f"client_secret={MASK}&grant_type=authorization_code"
    assert "eyJ" not in masker.text("jeton eyJhbGciOi.eyJzdWIi.c2ln fin")
    assert masker.value({"id_token": "x.y.z", "nonce": "n"}) == {"id_token": MASK, "nonce": MASK}


def test_what_a_group_declares_is_hidden_wherever_it_appears_encoded_too() -> None:
    masker = Masker()
    masker.add("mot de passe")
    assert "mot de passe" not in masker.text("le mot de passe ou mot%20de%20passe")
    assert "mot%20de%20passe" not in masker.text("le mot de passe ou mot%20de%20passe")
    masker.add("ab")
    assert masker.text("abri") == "abri"


def test_absurdly_deep_json_is_masked_as_text() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    assert Masker().body(deep) == deep
