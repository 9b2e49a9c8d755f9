import contextlib
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interop.fhir.slot_search import parse_slot_search
from interop.fhir.values import FhirRefusal, Includes, SlotSearch
from tests.interop.fhir.samples import NOW

NATIONAL = "urn:oid:1.2.250.1.71.4.2.1"
PRACTITIONER = "schedule.actor:Practitioner.identifier"
INCLUDES = "_include=Slot:schedule&_include:iterate=Schedule:actor"
BOUNDS = "start=ge2026-11-25T10:00:00.000%2B00:00&start=le2026-11-27T22:59:59.999%2B00:00"
ONE = f"{PRACTITIONER}={NATIONAL}%7C810100050075"


def query(*, bounds: str = BOUNDS, status: str = "status=free", practitioners: str = ONE, more: str = INCLUDES) -> str:
    return "&".join(part for part in (more, status, bounds, practitioners) if part)


def search(raw: str) -> SlotSearch:
    return parse_slot_search(raw, now=NOW)


def refused(raw: str) -> FhirRefusal:
    with pytest.raises(FhirRefusal) as refusal:
        search(raw)
    assert refusal.value.status == 400
    return refusal.value


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_the_guides_own_request_is_read() -> None:
    read = parse_slot_search(
        "_include=Slot:schedule&_include:iterate=Schedule:actor&status=free&start=ge2021-11-04T14:19:35.760+00:00"
        "&start=le2021-11-06T23:59:59.999+00:00&schedule.actor:Practitioner.identifier="
        "urn:oid:1.2.250.1.71.4.2.1%7C810002673899,urn:oid:1.2.250.1.71.4.2.1%7C810100050075&_count=1000",
        now=datetime(2021, 11, 4, 8, 0, tzinfo=UTC),
    )
    assert read == SlotSearch(
        start_from=datetime(2021, 11, 4, 14, 19, 35, 760000, tzinfo=UTC),
        start_to=datetime(2021, 11, 6, 23, 59, 59, 999000, tzinfo=UTC),
        practitioner_identifiers=("810002673899", "810100050075"),
        includes=Includes(),
    )


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2026-11-26T10:00:00", "2026-11-26T10:00:00+01:00"),
        ("2026-11-26T10:00", "2026-11-26T10:00:00+01:00"),
        ("2026-11-26T16:20:00.000+02:00", "2026-11-26T14:20:00+00:00"),
        ("2026-11-26T16:20:00.000%2B02:00", "2026-11-26T14:20:00+00:00"),
        ("2026-11-26T16:20:00.000 02:00", "2026-11-26T14:20:00+00:00"),
        ("2026-11-26T16:20:00.000%2002:00", "2026-11-26T14:20:00+00:00"),
        ("2026-11-26T16:20:00+0200", "2026-11-26T14:20:00+00:00"),
        ("2026-11-26T16:20:00-04:00", "2026-11-26T20:20:00+00:00"),
        ("2026-11-26T16:20:00Z", "2026-11-26T16:20:00+00:00"),
        ("2026-11-26T16:20:00.1234567Z", "2026-11-26T16:20:00.123456+00:00"),
        ("2026-11-26T16:20:00.5", "2026-11-26T16:20:00.500000+01:00"),
        ("2026-11-26", "2026-11-26T00:00:00+01:00"),
        ("%20 2026-11-26T16:20:00Z ", "2026-11-26T16:20:00+00:00"),
    ],
)
def test_a_bound_is_read_in_every_form_the_platform_writes(instant: str, expected: str) -> None:
    spaces = instant[: len(instant) - len(instant.removeprefix("%20 "))]
    bounds = f"start={spaces}ge{instant.removeprefix(spaces)}&start=le2026-11-28T00:00:00Z"
    assert search(query(bounds=bounds)).start_from == paris(expected)


def test_a_bare_upper_date_ends_with_its_day_in_paris() -> None:
    assert search(query(bounds="start=ge2026-11-26&start=le2026-11-26")).start_to == paris(
        "2026-11-26T23:59:59.999999+01:00"
    )


@pytest.mark.parametrize(
    ("bare", "utc"),
    [
        # The hour that does not exist, and the one that exists twice: the first counts.
        ("2027-03-28T02:30:00", "2027-03-28T01:30:00"),
        ("2027-03-28T03:30:00", "2027-03-28T01:30:00"),
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00"),
        ("2026-10-25T03:30:00", "2026-10-25T02:30:00"),
    ],
)
def test_a_bare_instant_is_paris_time_on_clock_change_nights(bare: str, utc: str) -> None:
    expected = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    now = expected - timedelta(days=1)
    end = (expected + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert parse_slot_search(query(bounds=f"start=ge{bare}&start=le{end}"), now=now).start_from == expected


@pytest.mark.parametrize(
    "practitioners",
    [
        f"{PRACTITIONER}={NATIONAL}|810100050075,{NATIONAL}|810002909371",
        f"{PRACTITIONER}={NATIONAL}%7C810100050075%2C{NATIONAL}%7C810002909371",
        f"{PRACTITIONER}={NATIONAL}|810100050075, {NATIONAL}|810002909371",
        f"{PRACTITIONER}={NATIONAL}|810100050075,%20%20{NATIONAL}|810002909371,",
        f"{PRACTITIONER}={NATIONAL}|810100050075,+{NATIONAL}|810002909371,,",
        f"{PRACTITIONER}={NATIONAL}|810100050075&{PRACTITIONER}={NATIONAL}|810002909371",
        f"{PRACTITIONER}={NATIONAL}|810100050075,{NATIONAL}|810002909371,{NATIONAL}|810100050075",
        f"{quote(PRACTITIONER, safe='')}={quote(NATIONAL, safe='')}%7c810100050075,810002909371",
    ],
)
def test_practitioners_are_read_in_order_however_they_are_encoded(practitioners: str) -> None:
    read = search(query(practitioners=practitioners))
    assert read.practitioner_identifiers == ("810100050075", "810002909371")


def test_parameters_come_in_any_order_and_unknown_ones_are_ignored() -> None:
    parts = query(more=f"{INCLUDES}&_count=1000&_format=json&unknown=%C3%A9&&flag").split("&")
    assert search("&".join(reversed(parts))) == search("?" + query())


def test_repeated_bounds_narrow_the_window() -> None:
    read = search(query(bounds=BOUNDS + "&start=ge2026-11-25T12:00:00Z&start=le2026-11-26T12:00:00Z"))
    assert read.start_from == datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert read.start_to == datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_the_window_never_begins_before_now() -> None:
    read = search(query(bounds="start=ge2020-01-01T00:00:00Z&start=le2026-11-26T00:00:00Z"))
    assert read.start_from == NOW
    assert not read.is_over


def test_a_window_of_the_past_is_no_error() -> None:
    assert search(query(bounds="start=ge2021-01-02T10:00:00&start=le2021-01-04T10:00:00")).is_over


def test_one_instant_is_a_window() -> None:
    read = search(query(bounds="start=ge2026-11-26T10:00:00Z&start=le2026-11-26T10:00:00Z"))
    assert read.start_from == read.start_to


@pytest.mark.parametrize(
    ("more", "includes"),
    [
        (INCLUDES, Includes()),
        ("_include=Slot:schedule&_include=Schedule:actor", Includes()),
        ("_include%3Aiterate=Schedule%3Aactor&_include=Slot%3Aschedule", Includes()),
        ("", Includes(schedule=False, practitioner=False, practitioner_role=False)),
        ("_include=Slot:schedule", Includes(practitioner=False, practitioner_role=False)),
        (
            "_include=Slot:schedule&_include:iterate=Schedule:actor:Practitioner",
            Includes(practitioner_role=False),
        ),
        ("_include:iterate=Schedule:actor", Includes(schedule=False, practitioner=False, practitioner_role=False)),
        (
            INCLUDES + "&_include=Slot:service-type-reference&_include:iterate=HealthcareService:organization",
            Includes(),
        ),
    ],
)
def test_what_is_included_is_what_was_asked_for(more: str, includes: Includes) -> None:
    assert search(query(more=more)).includes == includes


@pytest.mark.parametrize(
    ("raw", "parameter", "code"),
    [
        (query(bounds="start=ge2026-11-25T10:00:00Z"), "start", "required"),
        (query(bounds="start=le2026-11-25T10:00:00Z"), "start", "required"),
        (query(bounds="start="), "start", "invalid"),
        (query(bounds=BOUNDS + "&start=geyesterday"), "start", "invalid"),
        (query(bounds=BOUNDS + "&start=ge2026-02-30T10:00:00Z"), "start", "invalid"),
        (query(bounds=BOUNDS + "&start=ge2026-11-25T24:00:00Z"), "start", "invalid"),
        (query(bounds=BOUNDS + "&start=ge2026-11-25T10:00:60Z"), "start", "invalid"),
        (query(bounds=BOUNDS + "&start=ge2026-11-25T10:00:00%2B15:00"), "start", "invalid"),
        (query(bounds=BOUNDS + "&start=ge2026-11-25T10:00:00%2B14:30"), "start", "invalid"),
        (query(bounds=BOUNDS + "&start=ge0001-01-01T00:00:00%2B14:00"), "start", "invalid"),
        (query(bounds=BOUNDS + "&start=le9999-12-31"), "start", "invalid"),
        (query(bounds=BOUNDS + "&start=ge2026"), "start", "invalid"),
        (query(bounds=BOUNDS + "&start=ge٢٠٢٦-11-25T10:00:00Z"), "start", "invalid"),
        (query(bounds="start=ge2026-11-25T10:00:00Z,le2026-11-26T10:00:00Z"), "start", "invalid"),
        (query(bounds=BOUNDS + "&start=2026-11-25T10:00:00Z"), "start", "not-supported"),
        (query(bounds=BOUNDS + "&start=eq2026-11-25T10:00:00Z"), "start", "not-supported"),
        (query(bounds=BOUNDS + "&start=gt2026-11-25T10:00:00Z"), "start", "not-supported"),
        (query(bounds=BOUNDS + "&start=lt2026-11-25T10:00:00Z"), "start", "not-supported"),
        (query(bounds="start=ge2026-11-27T10:00:00Z&start=le2026-11-25T10:00:00Z"), "start", "value"),
        (query(bounds="start=ge2026-11-27T10:00:00Z&start=le2027-11-25T10:00:00Z"), "start", "too-costly"),
        (query(status=""), "status", "required"),
        (query(status="status="), "status", "required"),
        (query(status="status=busy"), "status", "not-supported"),
        (query(status="status=free,busy"), "status", "not-supported"),
        (query(status="status=free&status=busy"), "status", "not-supported"),
        (query(practitioners=""), PRACTITIONER, "required"),
        (query(practitioners=f"{PRACTITIONER}="), PRACTITIONER, "required"),
        (query(practitioners=f"{PRACTITIONER}=%20,%20,"), PRACTITIONER, "required"),
        (query(practitioners=f"{PRACTITIONER}={NATIONAL}|"), PRACTITIONER, "value"),
        (query(practitioners=f"{PRACTITIONER}=|810100050075"), PRACTITIONER, "value"),
        (query(practitioners=f"{PRACTITIONER}=urn:oid:1.2.250.1.71.4.2.2|1810004421"), PRACTITIONER, "value"),
        (query(practitioners=f"{PRACTITIONER}={NATIONAL}|{'8' * 65}"), PRACTITIONER, "too-long"),
    ],
)
def test_a_faulty_parameter_is_named(raw: str, parameter: str, code: str) -> None:
    (issue,) = refused(raw).issues
    assert issue.code == code
    assert parameter in issue.diagnostics
    assert issue.location == (f"http.{parameter}",)


@pytest.mark.parametrize(
    "name",
    [
        "start:missing", "status:not", "status:missing", "status:", "start:exact", f"{PRACTITIONER}:not",
        f"{PRACTITIONER}:of-type", "_include:x",
    ],
)  # fmt: skip
def test_a_modifier_that_is_not_understood_is_refused_by_name(name: str) -> None:
    (issue,) = refused(query(more=f"{INCLUDES}&{name}=free")).issues
    assert issue.code == "not-supported"
    assert name in issue.diagnostics
    assert issue.location == (f"http.{name}",)


def test_a_modifier_of_what_is_ignored_is_ignored() -> None:
    assert search(query(more=f"{INCLUDES}&service-type:not=x&_count:exact=3")) == search(query())


def many(count: int) -> str:
    return f"{PRACTITIONER}=" + ",".join(f"{NATIONAL}|8{10_000_000_000 + index}" for index in range(count))


def test_twenty_five_practitioners_are_the_most() -> None:
    assert len(search(query(practitioners=many(25))).practitioner_identifiers) == 25
    assert refused(query(practitioners=many(26))).issues[0].location == (f"http.{PRACTITIONER}",)


@pytest.mark.parametrize(
    "practitioners",
    [
        many(25) + f",{NATIONAL}|810000000000",
        many(25) + f"&{PRACTITIONER}={NATIONAL}|810000000000",
        f"{PRACTITIONER}=" + ",".join([f"{NATIONAL}|810000000000"] * 26),
    ],
)
def test_a_practitioner_asked_for_twice_counts_twice(practitioners: str) -> None:
    (issue,) = refused(query(practitioners=practitioners)).issues
    assert (issue.code, issue.location) == ("too-costly", (f"http.{PRACTITIONER}",))
    assert "26 identifiants demandés" in issue.diagnostics


def test_a_practitioner_asked_for_twice_is_read_once() -> None:
    assert len(search(query(practitioners=many(24) + f",{NATIONAL}|810000000000")).practitioner_identifiers) == 24


@pytest.mark.parametrize(
    "bounds",
    [
        "start=ge9999-12-31T00:00:00Z&start=le9999-12-31T23:30:00Z",
        "start=ge9999-12-30&start=le9999-12-30",
        "start=ge2032-01-02T00:00:00Z&start=le2032-01-03T00:00:00Z",
    ],
)
def test_a_window_of_another_age_is_refused(bounds: str) -> None:
    (issue,) = refused(query(bounds=bounds)).issues
    assert (issue.code, issue.location) == ("value", ("http.start",))


def test_a_window_within_five_years_is_read() -> None:
    assert search(query(bounds="start=ge2031-11-25T00:00:00Z&start=le2031-11-26T00:00:00Z"))


def test_all_faults_are_told_at_once() -> None:
    refusal = refused("status=busy")
    assert [issue.location for issue in refusal.issues] == [
        ("http.start",),
        ("http.start",),
        ("http.status",),
        (f"http.{PRACTITIONER}",),
    ]


@pytest.mark.parametrize(
    "raw",
    [
        query(more="unknown=" + "x" * 20_000),
        query(more="&".join(["a=b"] * 300)),
        query(more="unknown=%FF%FE"),
        query(more="unknown=%00"),
        query(practitioners=f"{PRACTITIONER}={NATIONAL}|8101%000050075"),
        query(practitioners=f"{PRACTITIONER}={NATIONAL}|\x00"),
        query(practitioners=f"{PRACTITIONER}={NATIONAL}|%ED%A0%80"),
        "\ud800",
    ],
)
def test_an_oversized_or_undecodable_request_is_refused(raw: str) -> None:
    assert refused(raw).issues


FRAGMENTS = st.sampled_from(
    [
        "start=",
        "ge",
        "le",
        "2026-11-25",
        "T10:00:00",
        ".000",
        "+02:00",
        "%2B00:00",
        "Z",
        "&",
        "=",
        ",",
        "|",
        "%7C",
        "%",
        "status=free",
        "status",
        "_include",
        "Slot:schedule",
        "\\",
        "é",
        "%C3%A9",
        "810100050075",
        " ",
        PRACTITIONER,
        NATIONAL,
    ]
)


@given(st.one_of(st.text(max_size=300), st.lists(FRAGMENTS, max_size=40).map("".join)))
def test_any_text_is_a_search_or_a_refusal(raw: str) -> None:
    with contextlib.suppress(FhirRefusal):
        read = search(raw)
        assert 1 <= len(read.practitioner_identifiers) <= 25
        assert read.start_from >= NOW


@given(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 31)),  # noqa: DTZ001 - wall clock wanted
    st.timedeltas(min_value=timedelta(), max_value=timedelta(days=31)),
    st.integers(min_value=-14 * 60, max_value=14 * 60),
)
def test_an_instant_is_read_as_it_was_meant(moment: datetime, length: timedelta, offset_minutes: int) -> None:
    sign, distance = ("-" if offset_minutes < 0 else "+"), abs(offset_minutes)
    offset = f"{sign}{distance // 60:02}:{distance % 60:02}"
    begin, end = (f"{bound.isoformat(timespec='microseconds')}{offset}" for bound in (moment, moment + length))
    expected = datetime.fromisoformat(begin).astimezone(UTC)
    read = parse_slot_search(query(bounds=f"start=ge{begin}&start=le{end}"), now=expected)
    assert read.start_from == expected
    assert read.start_to == expected + length
