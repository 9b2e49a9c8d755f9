"""Of whom an answer speaks: only what speaks of this appointment is a refusal of it."""

import json
import ssl

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from interop.enums import Outcome
from interop.fhir.outcome import subject_of
from interop.sas.verdicts import outcome_of, outcome_of_failure

JSON = "application/fhir+json"
# Of which another line of docs/reliability.md speaks.
ELSEWHERE = {408, 409, 423, 424, 425, 429}
OF_THE_CONTENT = {400, 412, 422}
OF_THE_CALLER = {401, 405, 407, 421, 495, 496, 497}
SECURITY = ["security", "login", "unknown", "expired", "forbidden", "suppressed"]
TRANSIENT = ["transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled"]
OTHER = [
    "invalid",
    "structure",
    "required",
    "value",
    "not-found",
    "business-rule",
    "processing",
    "duplicate",
    "not-supported",
]

refusals = st.sampled_from(sorted(set(range(400, 500)) - ELSEWHERE))
elements = st.sampled_from(
    ["Appointment.participant[0].actor", "Appointment.extension", "/f:Appointment/f:start", "(Appointment.identifier)"]
)
# What names the whole, or something else.
elsewhere = st.sampled_from(
    ["", "Appointment", "/fhir/v1/Appointment", "http.Authorization", "Practitioner.identifier"]
)


def says(*issues: tuple[str, str], severity: str = "error") -> bytes:
    """An OperationOutcome of these codes and places."""
    told = [{"severity": severity, "code": code, "diagnostics": "x", "expression": [where]} for code, where in issues]
    return json.dumps({"resourceType": "OperationOutcome", "issue": told}).encode()


def verdict(status: int, body: bytes = b"", *, method: str = "PUT", content_type: str = JSON) -> Outcome:
    return outcome_of(method, status, body, content_type)


@given(
    st.sampled_from(sorted(OF_THE_CALLER)), st.lists(st.tuples(st.sampled_from(SECURITY + OTHER), elements | elsewhere))
)
def test_who_calls_and_where_is_never_a_refusal_of_the_appointment(status: int, issues: list[tuple[str, str]]) -> None:
    assert verdict(status, says(*issues)) == Outcome.BARRED


@given(refusals, st.lists(st.tuples(st.sampled_from(SECURITY + OTHER), elsewhere)))
def test_an_outcome_that_names_no_element_does_not_make_the_way_the_appointments_fault(
    status: int, issues: list[tuple[str, str]]
) -> None:
    """401, 403, 404, 495…: each of the backlog would be stopped for good by our certificate, our rights or our address."""
    if status not in OF_THE_CONTENT:
        assert verdict(status, says(*issues)) == Outcome.BARRED


@given(refusals, elements, st.lists(st.tuples(st.sampled_from(SECURITY + OTHER), elsewhere)))
def test_whatever_names_an_element_of_the_appointment_speaks_of_it(
    status: int, element: str, others: list[tuple[str, str]]
) -> None:
    if status not in OF_THE_CALLER:
        assert verdict(status, says(*others, ("not-found", element))) == Outcome.REFUSED


@given(st.sampled_from(sorted(OF_THE_CONTENT)), st.sampled_from(SECURITY), elsewhere)
def test_a_gateway_that_says_400_for_a_certificate_bars(status: int, code: str, where: str) -> None:
    assert verdict(status, says(("processing", ""), (code, where))) == Outcome.BARRED


@given(refusals, st.lists(st.tuples(st.sampled_from(TRANSIENT), elsewhere), min_size=1))
def test_what_passes_by_itself_is_tried_again(status: int, issues: list[tuple[str, str]]) -> None:
    assert verdict(status, says(*issues)) == Outcome.UNCLEAR


@given(refusals)
def test_a_warning_beside_says_nothing(status: int) -> None:
    warning = says(("business-rule", "Appointment.start"), ("throttled", ""), severity="warning")
    assert verdict(status, warning) == (Outcome.REFUSED if status in OF_THE_CONTENT else Outcome.BARRED)


@given(refusals)
def test_a_page_comes_from_something_in_front_of_the_sas(status: int) -> None:
    """nginx says 495 and 496 as a page with 400."""
    assert verdict(status, b" <html>", content_type="text/html; charset=utf-8") == Outcome.BARRED


@given(refusals, st.binary(max_size=60))
def test_only_the_content_is_refused_without_an_outcome(status: int, body: bytes) -> None:
    assert verdict(status, body) == (Outcome.REFUSED if status in OF_THE_CONTENT else Outcome.BARRED)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["error", "login", "Appointment.start", ""]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["issue", "code", "severity", "expression", "location"]), inner, max_size=4
            )
        ),
    )
)
def test_a_malformed_outcome_is_read_without_an_error(issue: object) -> None:
    subject_of(json.dumps({"resourceType": "OperationOutcome", "issue": issue}).encode())


def _tls(words: str) -> requests.exceptions.SSLError:
    return requests.exceptions.SSLError(ssl.SSLError(1, words))


@pytest.mark.parametrize(
    "words",
    [
        "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required (_ssl.c:2580)",
        "[SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] ssl/tls alert certificate expired (_ssl.c:2580)",
        "[SSL: SSLV3_ALERT_BAD_CERTIFICATE] sslv3 alert bad certificate (_ssl.c:2580)",
        "[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca (_ssl.c:2580)",
        "[SSL: TLSV1_ALERT_ACCESS_DENIED] tlsv1 alert access denied (_ssl.c:2580)",
    ],
)
def test_a_certificate_refused_after_the_request_was_written_was_not_read(words: str) -> None:
    """TLS 1.3 looks at it last: the update would find nothing, and operators would hear of an outage."""
    assert outcome_of_failure(_tls(words), sent=True) == Outcome.BARRED


@pytest.mark.parametrize(
    ("failure", "before", "after"),
    [
        (_tls("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"), Outcome.BARRED, Outcome.UNCLEAR),
        (_tls("[SSL: WRONG_VERSION_NUMBER] wrong version number"), Outcome.BARRED, Outcome.UNCLEAR),
        (_tls("[SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert internal error"), Outcome.BARRED, Outcome.UNCLEAR),
        (requests.exceptions.SSLError(ssl.SSLEOFError(8, "EOF occurred")), Outcome.FAILED, Outcome.UNCLEAR),
        (requests.ConnectionError(ConnectionResetError()), Outcome.FAILED, Outcome.UNCLEAR),
        (requests.ConnectTimeout(), Outcome.FAILED, Outcome.UNCLEAR),
        (requests.ReadTimeout(), Outcome.FAILED, Outcome.UNCLEAR),
    ],
    ids=["theirs unknown", "no TLS", "alert", "EOF", "reset", "connect", "silent"],
)
def test_what_broke_off_tells_by_whether_the_request_had_left(
    failure: Exception, before: Outcome, after: Outcome
) -> None:
    assert [outcome_of_failure(failure, sent=sent) for sent in (False, True)] == [before, after]


def test_every_status_has_a_verdict_and_only_the_content_is_refused_by_status() -> None:
    refused = [status for status in range(200, 600) if verdict(status) == Outcome.REFUSED]
    accepted = [status for status in range(200, 600) if verdict(status) == Outcome.ACCEPTED]
    assert (refused, accepted) == ([400, 412, 422], [200, 201])
    assert {verdict(status) for status in range(500, 600)} == {Outcome.UNCLEAR}
