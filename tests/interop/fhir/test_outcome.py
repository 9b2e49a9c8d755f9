import pytest
from hypothesis import given
from hypothesis import strategies as st

from interop.fhir.encoding import to_bytes
from interop.fhir.outcome import MAX_ISSUES, MAX_RECEIVED, MAX_SUMMARY, operation_outcome, outcome_text
from interop.fhir.text import has_control
from interop.fhir.values import FhirRefusal, Issue
from tests.interop.fhir.samples import body

ISSUE = Issue("required", "Élément absent.", expression=("Practitioner.active",), location=("http.start",))


def test_an_outcome_tells_each_fault() -> None:
    assert operation_outcome([ISSUE, Issue("invalid", "Illisible.")]) == {
        "resourceType": "OperationOutcome",
        "language": "fr",
        "issue": [
            {
                "severity": "error",
                "code": "required",
                "diagnostics": "Élément absent.",
                "location": ["http.start"],
                "expression": ["Practitioner.active"],
            },
            {"severity": "error", "code": "invalid", "diagnostics": "Illisible."},
        ],
    }


def test_an_outcome_stays_of_a_reasonable_size() -> None:
    assert len(operation_outcome([ISSUE] * 1000)["issue"]) == MAX_ISSUES


def test_a_refusal_says_why() -> None:
    with pytest.raises(ValueError, match="says why"):
        FhirRefusal(400, [])
    assert "Élément absent." in str(FhirRefusal(422, iter([ISSUE])))


@pytest.mark.parametrize(
    ("received", "text"),
    [
        (to_bytes(operation_outcome([ISSUE])), "required : Élément absent. (Practitioner.active)"),
        (
            body(
                {
                    "resourceType": "OperationOutcome",
                    "issue": [
                        {"severity": "error", "code": "invalid", "details": {"text": "Statut inconnu"}},
                        {
                            "code": "structure",
                            "details": {"text": "A"},
                            "diagnostics": "B\nb",
                            "location": ["Appointment.end"],
                        },
                    ],
                }
            ),
            "invalid : Statut inconnu ; structure : A – B b (Appointment.end)",
        ),
        (body({"issue": [{"code": "exception"}]}), "exception"),
        (body({"issue": [{"diagnostics": "Seul."}]}), "Seul."),
        (body({"issue": [None, 3, {"code": 3, "details": "x", "expression": "x", "diagnostics": []}]}), '{"issue":'),
        (body({"issue": {"code": "exception"}}), '{"issue":'),
        (body(["x"]), '["x"]'),
        (b"<html><h1>502 Bad Gateway</h1>\r\n\x00</html>", "<html><h1>502 Bad Gateway</h1> </html>"),
        (b"\xff\xfe", "��"),
        (b"", "Réponse vide."),
        (b" \n", "Réponse vide."),
        (b"\x00\x01", "Réponse illisible."),
        (b"x" * (MAX_RECEIVED + 1), "Réponse trop longue"),
        (b"\xef\xbb\xbf" + to_bytes(operation_outcome([ISSUE])), "required : Élément absent."),
    ],
)
def test_what_was_received_is_told_in_a_line(received: bytes, text: str) -> None:
    told = outcome_text(received).replace("\u00a0", " ").replace("\u202f", " ")
    assert told.startswith(text)


def test_a_long_answer_is_cut() -> None:
    told = outcome_text(b"x" * 5000)
    assert len(told) == MAX_SUMMARY
    assert told.endswith("…")


@given(
    st.binary(max_size=300)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["issue", "code", "details", "text", "diagnostics", "expression", "location"]), inner
            )
        ),
        max_leaves=20,
    ).map(body)
)
def test_whatever_was_received_has_a_readable_line(received: bytes) -> None:
    told = outcome_text(received)
    assert 0 < len(told) <= MAX_SUMMARY
    assert not has_control(told)
