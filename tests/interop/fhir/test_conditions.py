"""What a write of accounts hangs on: understood whole, or refused by name."""

import contextlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interop.fhir import systems
from interop.fhir.conditions import (
    ANSWER_PARAMETERS,
    Preconditions,
    check_creation_query,
    parse_identifier_query,
    parse_preconditions,
)
from interop.fhir.identifiers import Token
from interop.fhir.values import FhirRefusal, Issue
from tests.interop.fhir.samples import NOW

GOOD = "identifier=urn:oid:1.2.250.1.213.3.6|b6e3"
TOKEN = Token(systems.SAS_TECHNICAL, "b6e3")


def refused_queries(raw: str) -> list[tuple[Issue, ...]]:
    """What an update and a creation say against a query."""
    told = []
    for parse, query in ((parse_identifier_query, f"{GOOD}&{raw}"), (check_creation_query, raw)):
        with pytest.raises(FhirRefusal) as refusal:
            parse(query)
        assert refusal.value.status == 400
        told.append(refusal.value.issues)
    return told


# --- The query -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("raw", "token"),
    [
        ("identifier=urn:oid:1.2.250.1.71.4.2.1|345/112", Token(systems.PRACTITIONER_NATIONAL, "345/112")),
        ("identifier=urn%3Aoid%3A1.2.250.1.213.3.6%7C345%2F112", Token(systems.SAS_TECHNICAL, "345/112")),
        ("_format=json&identifier=urn:oid:1.2.250.1.213.3.6|b6e3", Token(systems.SAS_TECHNICAL, "b6e3")),
        ("identifier=b6e3", Token(None, "b6e3")),
        ("identifier=urn:oid:1.2.250.1.213.3.6|+a ", Token(systems.SAS_TECHNICAL, "a")),
        (r"identifier=urn:oid:1.2.250.1.213.3.6|a\,b", Token(systems.SAS_TECHNICAL, "a,b")),
        ("identifier=caf%C3%A9", Token(None, "café")),
        ("identifier=cafe%CC%81", Token(None, "café")),
    ],
)  # fmt: skip
def test_the_account_of_an_update_is_read(raw: str, token: Token) -> None:
    assert parse_identifier_query(raw) == token


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "identifier",
        "identifier=",
        "identifier=%20",
        "identifier=|",
        "identifier=|b6e3",
        "identifier=urn:oid:1.2.250.1.213.3.6|",
        "identifier=urn:oid:1.2.250.1.213.3.6|a,urn:oid:1.2.250.1.213.3.6|b",
        "identifier=urn:oid:1.2.250.1.213.3.6|a&identifier=urn:oid:1.2.250.1.213.3.6|b",
        "identifier=urn:oid:1.2.3|a",
        "identifier=URN:OID:1.2.250.1.213.3.6|a",
        "identifier=urn:oid:1.2.250.1.213.3.6|" + "1" * 201,
        "identifier=urn:oid:1.2.250.1.213.3.6|a%00",
    ],
)
def test_an_update_of_no_one_account_is_refused(raw: str) -> None:
    with pytest.raises(FhirRefusal) as refusal:
        parse_identifier_query(raw)
    assert refusal.value.status == 400


@given(st.text(max_size=200).map(lambda text: f"identifier={text}") | st.text(max_size=200))
def test_any_update_query_is_a_token_or_a_refusal(raw: str) -> None:
    with contextlib.suppress(FhirRefusal):
        token = parse_identifier_query(raw)
        assert token.value
        assert token.system != ""


@pytest.mark.parametrize(
    "name",
    [
        "_id", "active", "email", "name", "telecom", "_lastUpdated", "_count", "_has:Slot:schedule:status", "_filter",
        "Identifier", "identifier:exact", "identifier:not", "identifier:missing", "identifier:of-type", "identifier:",
        "_format:exact",
    ],
)  # fmt: skip
def test_a_criterion_or_a_modifier_that_is_not_understood_is_refused_by_name(name: str) -> None:
    for issues in refused_queries(f"{name}=x"):
        (issue,) = issues
        assert issue.location == (f"http.{name}",)
        assert name in issue.diagnostics
        assert ("modificateur" in issue.diagnostics) is name.startswith("identifier:")


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=80))
def test_any_other_parameter_is_refused_and_named(name: str) -> None:
    with contextlib.suppress(FhirRefusal):
        raw = f"{quote(name)}=x"
        parse_identifier_query(f"{GOOD}&{raw}")
        assert name in ANSWER_PARAMETERS
        check_creation_query(raw)


def test_all_unknown_criteria_are_told_at_once() -> None:
    for issues in refused_queries("_id=1&active=true&_id=2"):
        assert [issue.location for issue in issues] == [("http._id",), ("http.active",)]


def test_what_only_shapes_the_answer_is_no_condition() -> None:
    shaping = "_format=json&_pretty=true&_summary=false&_elements=id"
    check_creation_query(shaping)
    check_creation_query("")
    assert parse_identifier_query(f"{shaping}&{GOOD}") == TOKEN


def test_a_creation_has_no_identifier_in_its_query() -> None:
    with pytest.raises(FhirRefusal) as refusal:
        check_creation_query(GOOD)
    assert refusal.value.issues[0].location == ("http.identifier",)


# --- The headers -----------------------------------------------------------------------------------------------------
LATER, EARLIER = (format_datetime(NOW + timedelta(seconds=shift), usegmt=True) for shift in (1, -1))
SAME = format_datetime(NOW, usegmt=True)


@pytest.mark.parametrize(
    ("header", "value", "of_an_account", "of_nobody"),
    [
        ("If-Match", "*", True, False),
        ("If-Match", 'W/"5"', False, False),
        ("If-Match", '"5", "6"', False, False),
        ("If-Match", "", False, False),
        ("If-None-Match", "*", False, True),
        ("If-None-Match", 'W/"5"', False, False),
        ("If-Unmodified-Since", EARLIER, False, False),
        ("If-Unmodified-Since", SAME, True, False),
        ("If-Unmodified-Since", LATER, True, False),
        ("if-unmodified-since", "Sunday, 06-Nov-94 08:49:37 GMT", False, False),
        ("If-Unmodified-Since", "Sun Nov  6 08:49:37 2094", True, False),
        ("If-Unmodified-Since", "hier", False, False),
        ("If-None-Exist", "identifier=a", False, False),
        ("If-Schedule-Tag-Match", '"5"', False, False),
        ("If", '(["5"])', False, False),
        # Of reads.
        ("If-Modified-Since", LATER, True, True),
        ("If-Range", '"5"', True, True),
        ("Accept", "*/*", True, True),
    ],
)
def test_a_precondition_holds_or_is_refused_by_name(
    header: str, value: str, of_an_account: bool, of_nobody: bool
) -> None:
    for changed_at, holds in ((NOW + timedelta(milliseconds=1), of_an_account), (None, of_nobody)):
        if holds:
            parse_preconditions({header: value}).check(changed_at)
            continue
        with pytest.raises(FhirRefusal) as refusal:
            parse_preconditions({header: value}).check(changed_at)
        assert refusal.value.status == 412
        assert refusal.value.issues[0].location == (f"http.{header.title()}",)


def test_several_preconditions_hold_together_or_not_at_all() -> None:
    both = parse_preconditions({"If-Match": "*", "If-Unmodified-Since": EARLIER})
    with pytest.raises(FhirRefusal):
        both.check(NOW)


def test_a_part_of_a_resource_is_no_resource() -> None:
    with pytest.raises(FhirRefusal) as refusal:
        parse_preconditions({"Content-Range": "bytes 0-9/20"})
    assert refusal.value.status == 400


def test_without_a_precondition_everything_goes() -> None:
    assert parse_preconditions({"Content-Type": "application/json"}) == Preconditions()
    Preconditions().check(None)
    Preconditions().check(datetime(2026, 1, 1, tzinfo=UTC))


HEADERS = st.sampled_from(
    ["If-Match", "IF-NONE-MATCH", "if-unmodified-since", "If-None-Exist", "If-Range", "If-Modified-Since"]
) | st.text(max_size=20).map("If-{}".format)


@given(HEADERS, st.text(max_size=40) | st.datetimes().map(str) | st.just("*"))
def test_any_precondition_is_understood_or_refused(header: str, value: str) -> None:
    understood = {"if-match", "if-none-match", "if-unmodified-since", "if-range", "if-modified-since"}
    with contextlib.suppress(FhirRefusal):
        parse_preconditions({header: value})
        assert header.lower() in understood
