import contextlib
import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interop.fhir import systems
from interop.fhir.regulator import MAX_BODY, parse_regulator
from interop.fhir.values import FhirRefusal, RegulatorRecord
from tests.interop.fhir.samples import DEFINITIONS, NOW, body, identifier, regulator

SOURCE = {"source": systems.SAS_TECHNICAL}
OID_STRUCTURE = "urn:oid:1.2.250.1.71.4.2.2"


def read(sent: bytes, content_type: str | None = None) -> RegulatorRecord:
    return parse_regulator(sent, content_type, now=NOW)


def refused(sent: bytes, status: int, content_type: str | None = None) -> FhirRefusal:
    with pytest.raises(FhirRefusal) as refusal:
        read(sent, content_type)
    assert refusal.value.status == status
    return refusal.value


def typed(code: str | None, system: str | None = systems.V2_0203) -> dict[str, Any]:
    coding = {"system": system, "code": code}
    return {"coding": [{name: value for name, value in coding.items() if value is not None}]}


def test_an_account_is_read() -> None:
    assert read(body(regulator())) == RegulatorRecord(
        system="urn:oid:1.2.250.1.71.4.2.1",
        value="3456780581/11242343",
        active=True,
        family="Loridon",
        given=("Sébastien",),
        email="sebastien.loridon@test.com",
    )


def test_an_account_with_the_technical_identifier_is_read() -> None:
    technical = identifier(
        type=typed("INTRN"), system=systems.SAS_TECHNICAL, value="b6e39355-8a61-4556-b340-36f7b95fec6a"
    )
    record = read(body(regulator(identifier=[technical], active=False)))
    assert (record.system, record.value) == ("urn:oid:1.2.250.1.213.3.6", "b6e39355-8a61-4556-b340-36f7b95fec6a")
    assert record.active is False


@pytest.mark.parametrize(
    "sent",
    [
        regulator(id="ExamplePractitionerRegul1", language="fr", gender="male", birthDate="1980-05-01"),
        regulator(text={"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>"}),
        regulator(contained=[{"resourceType": "Unknown"}]),
        regulator(meta=SOURCE),
        regulator(meta=SOURCE | {"profile": ["http://sas.fr/fhir/StructureDefinition/FrPractitionerRegul"]}),
        regulator(meta=SOURCE | {"profile": ["https://elsewhere.example/Profile"], "versionId": "3"}),
        regulator(name=[{"use": "usual"}, {"use": "official", "family": " Loridon ", "given": ["Sébastien"]}]),
        regulator(name=[{"family": "Loridon", "given": ["Se\u0301bastien", None, ""], "prefix": ["M"]}]),
        regulator(
            telecom=[
                {"system": "phone", "value": "+33102030405"},
                {"system": "email", "value": "sebastien.loridon@test.com", "use": "work"},
                {"system": "email", "value": "Sebastien.Loridon@test.com"},
            ]
        ),
        regulator(identifier=[identifier(value=" 3456780581/11242343\n", use="official")]),
        regulator(extension=[{"url": "https://elsewhere.example/extension", "valueString": "x"}]),
    ],
)  # fmt: skip
def test_what_the_rules_do_not_name_changes_nothing(sent: dict[str, Any]) -> None:
    record = read(body(sent))
    assert (record.family, record.given_name, record.value) == ("Loridon", "Sébastien", "3456780581/11242343")
    assert record.email.casefold() == "sebastien.loridon@test.com"


@pytest.mark.parametrize(
    ("faulty", "expression"),
    [
        # 1 identifier.value
        (regulator(identifier=None), "Practitioner.identifier"),
        (regulator(identifier=[]), "Practitioner.identifier"),
        (regulator(identifier=[{}]), "Practitioner.identifier"),
        (regulator(identifier=[identifier(), identifier()]), "Practitioner.identifier"),
        (regulator(identifier=[identifier(value=None)]), "Practitioner.identifier[0].value"),
        (regulator(identifier=[identifier(value="")]), "Practitioner.identifier[0].value"),
        (regulator(identifier=[identifier(value="  ")]), "Practitioner.identifier[0].value"),
        (regulator(identifier=[identifier(value="1\u00002")]), "Practitioner.identifier[0].value"),
        (regulator(identifier=[identifier(value="1\n2")]), "Practitioner.identifier[0].value"),
        (regulator(identifier=[identifier(value="1" * 201)]), "Practitioner.identifier[0].value"),
        # 2 identifier.system
        (regulator(identifier=[identifier(system=None)]), "Practitioner.identifier[0].system"),
        (regulator(identifier=[identifier(system="")]), "Practitioner.identifier[0].system"),
        # The guide's ExamplePractitionerRegul1 has the structures' system.
        (regulator(identifier=[identifier(system=OID_STRUCTURE)]), "Practitioner.identifier[0].system"),
        # 3 identifier.type
        (regulator(identifier=[identifier(type=None)]), "Practitioner.identifier[0].type"),
        (regulator(identifier=[identifier(type={"text": "IDNPS"})]), "Practitioner.identifier[0].type"),
        (regulator(identifier=[identifier(type=typed(None))]), "Practitioner.identifier[0].type"),
        (regulator(identifier=[identifier(type=typed("IDNPS", None))]), "Practitioner.identifier[0].type"),
        (regulator(identifier=[identifier(type=typed("IDNPS", "http://else"))]), "Practitioner.identifier[0].type"),
        (regulator(identifier=[identifier(type=typed("INTRN"))]), "Practitioner.identifier[0].type"),
        (regulator(identifier=[identifier(type=typed("RPPS"))]), "Practitioner.identifier[0].type"),
        (
            regulator(identifier=[identifier(type={"coding": typed("IDNPS")["coding"] + typed("INTRN")["coding"]})]),
            "Practitioner.identifier[0].type",
        ),
        (regulator(identifier=[identifier(system=systems.SAS_TECHNICAL)]), "Practitioner.identifier[0].type"),
        # 4 active
        (regulator(active=None), "Practitioner.active"),
        # 5, 6 name
        (regulator(name=None), "Practitioner.name"),
        (regulator(name=[{"given": ["Sébastien"]}]), "Practitioner.name[0].family"),
        (regulator(name=[{"family": "", "given": ["Sébastien"]}]), "Practitioner.name[0].family"),
        (regulator(name=[{"family": "\u00a0", "given": ["Sébastien"]}]), "Practitioner.name[0].family"),
        (regulator(name=[{"family": "Lori\u202edon", "given": ["Sébastien"]}]), "Practitioner.name[0].family"),
        (regulator(name=[{"family": "L" * 101, "given": ["Sébastien"]}]), "Practitioner.name[0].family"),
        (regulator(name=[{"family": "Loridon"}]), "Practitioner.name[0].given"),
        (regulator(name=[{"family": "Loridon", "given": []}]), "Practitioner.name[0].given"),
        (regulator(name=[{"family": "Loridon", "given": [" "]}]), "Practitioner.name[0].given"),
        (regulator(name=[{"family": "Loridon", "given": ["S\u007f"]}]), "Practitioner.name[0].given"),
        (regulator(name=[{"family": "Loridon", "given": ["S" * 60, "T" * 60]}]), "Practitioner.name[0].given"),
        # 7 telecom
        (regulator(telecom=None), "Practitioner.telecom"),
        (regulator(telecom=[{"value": "a@test.com"}]), "Practitioner.telecom[0].system"),
        (regulator(telecom=[{"system": "phone", "value": "a@test.com"}]), "Practitioner.telecom[0].system"),
        (regulator(telecom=[{"system": "email"}]), "Practitioner.telecom[0].value"),
        (regulator(telecom=[{"system": "email", "value": " "}]), "Practitioner.telecom[0].value"),
        (
            regulator(telecom=[{"system": "email", "value": f"{name}@test.com"} for name in "ab"]),
            "Practitioner.telecom",
        ),
        # 8 meta.source
        (regulator(meta=None), "Practitioner.meta.source"),
        (regulator(meta={"profile": [systems.REGULATOR_PROFILE]}), "Practitioner.meta.source"),
        (regulator(meta={"source": " "}), "Practitioner.meta.source"),
        (regulator(meta={"source": OID_STRUCTURE}), "Practitioner.meta.source"),
    ],
)
def test_a_broken_rule_is_told_with_its_element(faulty: dict[str, Any], expression: str) -> None:
    (issue,) = refused(body(faulty), 422).issues
    assert issue.expression == (expression,)
    assert expression in issue.diagnostics


@pytest.mark.parametrize(
    "address",
    [
        "a", "a@", "@b.fr", "a@b", "a@b.", "a@.fr", "a b@c.fr", "a@b@c.fr", "a@b..fr", ".a@b.fr", "a.@b.fr",
        "a..b@c.fr", "<a@b.fr>", "a@b.fr\u0000", "a@b.fr,c@d.fr", "a@-b.fr", "a@b-.fr", "a@b_c.fr", "a@b.1",
        f"{'a' * 65}@b.fr", f"a@{'b' * 64}.fr", f"a@{'b.' * 130}fr", "mailto:a@b.fr",
    ],
)  # fmt: skip
def test_what_is_no_email_address_is_refused(address: str) -> None:
    issues = refused(body(regulator(telecom=[{"system": "email", "value": address}])), 422).issues
    assert {issue.expression for issue in issues} == {("Practitioner.telecom[0].value",)}


@pytest.mark.parametrize(
    "address",
    ["a@b.fr", "jules.marius@test.com", "O'Neil+sas@chu-brest.fr", "a_b@sous.domaine.fr", "x@xn--mdecin-bva.fr",
     "x@médecin.fr"],
)  # fmt: skip
def test_an_ordinary_email_address_is_accepted(address: str) -> None:
    assert read(body(regulator(telecom=[{"system": "email", "value": f" {address} "}]))).email == address


def test_all_broken_rules_are_told_together() -> None:
    refusal = refused(body({"resourceType": "Practitioner"}), 422)
    assert [issue.expression[0] for issue in refusal.issues] == [
        "Practitioner.identifier",
        "Practitioner.active",
        "Practitioner.name",
        "Practitioner.telecom",
        "Practitioner.meta.source",
    ]
    assert {issue.code for issue in refusal.issues} == {"required"}


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"Practitioner"',
        b"{}",
        b"<Practitioner xmlns='http://hl7.org/fhir'/>",
        b'{"resourceType": "Practitioner", "active": NaN}',
        b'{"resourceType": "Practitioner", "active": tru',
        body(regulator()).decode().encode("utf-16"),
        b'{"resourceType": "Practitioner", "name": [{"family": "\xff"}]}',
        b'{"resourceType": "Practitioner", "name": [{"family": "\\ud800"}]}',
        b"[" * 100_00,
        b'{"resourceType":"Practitioner","extension":' + b'[{"extension":' * 200 + b"1" + b"}]" * 200 + b"}",
        body(regulator(resourceType="Patient")),
        body(regulator(resourceType=None)),
        body({"resourceType": "Bundle", "type": "batch", "entry": [{"resource": regulator()}]}),
        body([regulator()]),
        body(regulator(active="true")),
        body(regulator(active=1)),
        body(regulator(active="oui")),
        body(regulator(name={"family": "Loridon"})),
        body(regulator(name=[{"family": ["Loridon"]}])),
        body(regulator(name=[{"family": 3}])),
        body(regulator(name=["Loridon"])),
        body(regulator(name=[{"given": "Sébastien"}])),
        body(regulator(name=[{"given": [3]}])),
        body(regulator(identifier=identifier())),
        body(regulator(identifier=[identifier(type="IDNPS")])),
        body(regulator(identifier=[identifier(value=3)])),
        body(regulator(identifier=[identifier(system=3)])),
        body(regulator(telecom=[{"system": 1, "value": "a@test.com"}])),
        body(regulator(meta=["x"])),
        body(regulator(meta={"source": 3})),
        body(regulator(surname="Loridon")),
        body(regulator(**{"\u0000": "x"})),
        body(regulator(birthDate="demain")),
        body(regulator(photo=[{"url": 1}])),
        body(regulator(photo=[{"url": {"a": 1}}])),
        body(regulator(photo=[{"url": ["x"]}])),
        body(regulator(extension=[{"url": "https://elsewhere.example/extension", "valueUrl": True}])),
        body(regulator(name=[{"family": "Loridon", "extension": [{"url": "x", "valueAttachment": {"url": 1.5}}]}])),
    ],
)
def test_what_is_no_fhir_practitioner_is_refused_with_400(sent: bytes) -> None:
    for issue in refused(sent, 400).issues:
        assert issue.code == "structure"


def test_a_wrong_shape_is_told_with_its_element() -> None:
    sent = regulator(name=[{"family": 3, "given": ["x"]}], surname="x", telecom="x")
    expressions = {issue.expression for issue in refused(body(sent), 400).issues}
    assert expressions == {("Practitioner.name[0].family",), ("Practitioner.surname",), ("Practitioner.telecom",)}


def test_a_url_that_is_no_text_is_told_with_its_element() -> None:
    sent = regulator(photo=[{"url": {"a": 1}}], extension=[{"url": "x", "valueUrl": 1}])
    expressions = {issue.expression for issue in refused(body(sent), 400).issues}
    assert expressions == {("Practitioner.photo",), ("Practitioner.extension",)}


def test_an_oversized_body_is_refused() -> None:
    assert refused(b" " * (MAX_BODY + 1), 413).issues


@pytest.mark.parametrize(
    "content_type",
    [None, "", "application/fhir+json", "application/json+fhir", "Application/JSON; charset=UTF-8", "application/json"],
)
def test_json_media_types_are_accepted(content_type: str | None) -> None:
    assert read(body(regulator()), content_type).family == "Loridon"


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/fhir+xml", "application/json; charset=latin-1", "multipart/form-data", ";"],
)
def test_other_media_types_are_refused(content_type: str) -> None:
    assert refused(body(regulator()), 415, content_type).issues


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read(b"\xef\xbb\xbf" + body(regulator())).family == "Loridon"


@pytest.mark.skipif(not DEFINITIONS.exists(), reason=f"the official package is not there: {DEFINITIONS}")
@pytest.mark.parametrize("name", ["ExamplePractitionerRegul2", "ExamplePractitionerRegul3"])
def test_the_guides_examples_are_read_once_they_tell_their_source(name: str) -> None:
    sent = json.loads((DEFINITIONS / "example" / f"Practitioner-{name}.json").read_bytes())
    (issue,) = refused(body(sent), 422).issues
    assert issue.expression == ("Practitioner.meta.source",)
    sent["meta"]["source"] = systems.SAS_TECHNICAL
    assert read(body(sent)).value == "810002673899"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
ELEMENTS = ["resourceType", "meta", "identifier", "active", "_active", "name", "telecom", "address", "qualification"]
PRACTITIONERS = st.dictionaries(st.sampled_from(ELEMENTS), JSON).map(body)


@given(st.one_of(st.binary(max_size=200), PRACTITIONERS))
def test_any_bytes_are_an_account_or_a_refusal(sent: bytes) -> None:
    with contextlib.suppress(FhirRefusal):
        read(sent)


@given(st.data())
@settings(max_examples=300)
def test_an_account_with_anything_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    """Any JSON at any place of a good account: never another exception, never an account with an empty part."""
    sent = deepcopy(regulator())
    node: Any = sent
    while True:
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if isinstance(node[key], (dict, list)) and data.draw(st.booleans()):
            node = node[key]
            continue
        node[key] = data.draw(JSON)
        break
    with contextlib.suppress(FhirRefusal):
        record = read(body(sent))
        assert record.system in systems.REGULATOR_TYPE_OF_SYSTEM
        assert all(text.strip() for text in (record.value, record.family, record.email, *record.given))
        assert record.given


FULL = regulator(
    meta=SOURCE | {"lastUpdated": "2026-01-01T00:00:00Z", "profile": ["http://sas.fr/x"]},
    language="fr",
    gender="male",
    birthDate="1990-01-01",
    identifier=[identifier(period={"start": "2026"}, assigner={"reference": "Organization/1"})],
    photo=[{"contentType": "image/png", "data": "aGVsbG8=", "url": "https://elsewhere.example/photo"}],
    address=[{"line": ["1 rue du Port"], "period": {"end": "2027-01"}}],
    qualification=[{"code": {"text": "Médecin"}}],
    extension=[{"url": "https://elsewhere.example/extension", "valueUrl": "https://elsewhere.example/"}],
)


def leaves(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(node, (dict, list)):
        return [path]
    items = node.items() if isinstance(node, dict) else enumerate(node)
    return [found for step, item in items for found in leaves(item, (*path, step))]


@pytest.mark.parametrize("path", leaves(FULL), ids=lambda path: ".".join(map(str, path)))
@given(value=JSON)
@settings(max_examples=15, deadline=None)
def test_every_leaf_may_become_anything(path: tuple[Any, ...], value: Any) -> None:
    sent = deepcopy(FULL)
    node: Any = sent
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    with contextlib.suppress(FhirRefusal):
        read(body(sent))
