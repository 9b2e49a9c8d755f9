"""Which files are read, and what a line of them says; which are refused, in which words."""

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointments.imports.reading import lines_of, recognise
from appointments.imports.understanding import Understanding, guess, problem_of, read_minutes, split_name
from appointments.imports.values import Aside, Entry, Fault, Manner, Part, Unreadable

PARIS = ZoneInfo("Europe/Paris")
HEADER = "Date;Heure;Durée;Nom;Prénom;Date de naissance;Portable;E-mail;Statut;N° RDV"
LINE = "25/11/2026;14h30;20;Œillet;Zoé;14/02/1991;06 39 98 12 34;zoe@exemple.test;;A-1"
TABLE = f"{HEADER}\n{LINE}\n"


def read(content: bytes) -> list[tuple[int, list[str]]]:
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    return list(lines_of(content, recognise(content), zone=PARIS, since=since, until=until))


def understood(content: bytes, **changes: Any) -> list[tuple[Entry | None, list[Fault]]]:
    columns = recognise(content).columns
    fields: dict[str, Any] = {
        "matching": guess(columns), "default_minutes": 15, "keep_past": True, "given_name_first": False,
        "now": int(datetime(2026, 11, 25, 9, tzinfo=UTC).timestamp()),
        "oldest": int(datetime(2021, 11, 25, tzinfo=UTC).timestamp()), "today": date(2026, 11, 25),
        "organization": "o", "schedule": "s",
    }  # fmt: skip
    one_by_one = Understanding(Manner(**fields | changes), columns, PARIS)
    return [one_by_one.entry_of(line) for line in read(content)]


def only(text: str, **changes: Any) -> tuple[Any, list[Fault]]:
    [found] = understood(text.encode(), **changes)
    return found


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter"),
    [
        (TABLE.encode(), "utf-8", ";"),
        (TABLE.encode("utf-8-sig"), "utf-8", ";"),
        (TABLE.encode("cp1252"), "cp1252", ";"),
        (TABLE.encode("utf-16"), "utf-16", ";"),
        (TABLE.replace(";", ",").replace("\n", "\r\n").encode(), "utf-8", ","),
        (TABLE.replace(";", "\t").encode("cp1252"), "cp1252", "\t"),
    ],
)
def test_french_software_writes_csv_in_many_ways(content: bytes, encoding: str, delimiter: str) -> None:
    source = recognise(content)
    assert (source.kind, source.encoding, source.delimiter) == ("csv", encoding, delimiter)
    [(number, cells)] = read(content)
    assert (number, cells[3], cells[4]) == (2, "Œillet", "Zoé")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "vide"),
        (b"PK\x03\x04\x14\x00", "classeur"),
        (b"\xd0\xcf\x11\xe0\x00", "ancien classeur"),
        (b"%PDF-1.7", "PDF"),
        (b"MZ\x90\x00\x03", "ni du CSV ni de l’iCalendar"),
        (b"<html><body>", "ni du CSV ni de l’iCalendar"),
        (b"Nom\nAil\n", "nommer les colonnes"),
        ("Nom;Prénom\nÉmile;".encode() + b"\xc3", "coupé"),
        (b"Nom;Pr\x81nom\n", "ni en UTF-8 ni en Latin-1"),
        (b'Nom;Prenom\nAil;"Alba', "coupé"),
        (b'Nom;Prenom\nA"il;B\n"Ail" x;Alba\n', "Ligne 3"),
        (b"Nom;Prenom;Tel\nAil;Alba;1\nAil;Al", "coupé : il s’arrête au milieu de la ligne 3"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "coupé"),
    ],
)
def test_another_kind_of_file_or_one_that_is_cut_is_told(content: bytes, told: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(content)
    assert told in str(refusal.value).replace("\u00a0", " ")


def test_a_line_is_a_patient_and_a_visit_at_the_clock_of_the_place() -> None:
    entry, faults = only(TABLE)
    assert faults == []
    assert (entry.start, entry.end) == tuple(
        int(datetime(2026, 11, 25, hour, minute, tzinfo=PARIS).timestamp()) for hour, minute in [(14, 30), (14, 50)]
    )
    patient = entry.patient
    assert (patient.family_name, patient.given_name, patient.phone) == ("Œillet", "Zoé", "+33639981234")
    assert (patient.birth_date, patient.email, patient.sex) == (date(1991, 2, 14), "zoe@exemple.test", "unknown")


@pytest.mark.parametrize(
    ("before", "after", "column", "told", "refuses"),
    [
        ("25/11/2026", "31/02/2026", "Date", "n’existe pas", True),
        ("25/11/2026", "", "Date", "n’est pas lisible", True),
        ("14h30", "25h", "Date", "n’existe pas", True),
        (";20;", ";500;", "Durée", "de 5 minutes à 4 heures", True),
        ("Œillet", "-", "Nom", "manque", True),
        ("Œillet", "<b>", "Nom", "< et >", True),
        ("25/11/2026", "25/11/2036", "Date", "trop loin", True),
        ("14/02/1991", "14/14/1991", "Date de naissance", "n’est pas reprise", False),
        ("06 39 98 12 34", "06 39", "Portable", "n’est pas repris", False),
        ("zoe@exemple.test", "zoe@exemple", "E-mail", "n’est pas reprise", False),
        (";A-1", ";A-1;A-2;A-3", "", "12 cellules, il en faut 10", True),
    ],
)
def test_what_is_wrong_in_a_line_is_told_by_its_column(
    before: str, after: str, column: str, told: str, refuses: bool
) -> None:
    entry, [fault] = only(f"{HEADER}\n{LINE.replace(before, after)}\n")
    assert (fault.line, fault.column, fault.refuses, entry is None) == (2, column, refuses, refuses)
    assert told in fault.sentence.replace("\u00a0", " ")


def test_what_is_cancelled_past_or_too_old_is_left_aside() -> None:
    assert only(f"{HEADER}\n{LINE.replace(';;', ';Annulé par le patient;')}")[0].aside is Aside.CANCELLED
    assert only(f"{HEADER}\n{LINE.replace('2026', '2025')}")[0].aside is None
    assert only(f"{HEADER}\n{LINE.replace('2026', '2025')}", keep_past=False)[0].aside is Aside.PAST
    assert only(f"{HEADER}\n{LINE.replace('2026', '2020')}")[0].aside is Aside.TOO_OLD


def test_the_same_line_is_known_by_its_number_else_by_all_it_says() -> None:
    def source(text: str, **changes: Any) -> bytes:
        return bytes(only(text, **changes)[0].visit_source)

    moved = TABLE.replace("14h30", "15h")
    assert source(TABLE) == source(moved)
    assert source(TABLE) != source(TABLE, schedule="other")
    bare = {"matching": {part: n for part, n in guess(HEADER.split(";")).items() if part is not Part.NUMBER}}
    assert source(TABLE, **bare) == source(TABLE, **bare)
    assert source(TABLE, **bare) != source(moved, **bare)


def test_nobody_is_taken_for_another() -> None:
    def source(text: str) -> bytes:
        return bytes(only(text)[0].patient_source)

    assert source(TABLE) == source(TABLE.replace("25/11/2026", "26/11/2026").replace("Œillet", "OEILLET"))
    assert source(TABLE) != source(TABLE.replace("1991", "1992"))
    unknown = TABLE.replace("14/02/1991", "").replace("06 39 98 12 34", "")
    assert source(unknown) != source(unknown.replace("14h30", "15h"))


EVENTS = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:un@ancien
DTSTART;TZID=Europe/Paris:20261126T090000
DURATION:PT20M
SUMMARY:ŒILLET Zoé
END:VEVENT
BEGIN:VEVENT
UID:deux@ancien
DTSTART:20261126T090000Z
DTEND:20261126T091500Z
RRULE:FREQ=WEEKLY;COUNT=3
SUMMARY:Ail\\, Alba
END:VEVENT
BEGIN:VEVENT
UID:trois@ancien
DTSTART;VALUE=DATE:20261126
SUMMARY:Congés
END:VEVENT
END:VCALENDAR
"""


def test_events_are_lines_and_those_that_come_back_one_each_time() -> None:
    found = understood(EVENTS.replace("\n", "\r\n").encode())
    entries = [entry for entry, _ in found if entry is not None]
    assert [(one.line, one.patient.family_name, one.patient.given_name) for one in entries] == [
        (3, "ŒILLET", "Zoé"), (9, "Ail", "Alba"), (9, "Ail", "Alba"), (9, "Ail", "Alba"),
    ]  # fmt: skip
    assert (entries[0].end or 0) - (entries[0].start or 0) == 20 * 60
    assert len({one.visit_source for one in entries}) == 4
    [[fault]] = [faults for entry, faults in found if entry is None]
    assert fault.line == 16
    assert "journée entière" in fault.sentence


def test_columns_that_say_too_little_are_told() -> None:
    assert problem_of(guess(HEADER.split(";"))) == ""
    assert problem_of(guess(["Nom", "Prénom"])) == ""
    assert "nom du patient" in problem_of(guess(["Date", "Heure"]))
    assert "l’heure" in problem_of(guess(["Nom", "Date"]))
    assert "le jour" in problem_of(guess(["Nom", "Heure"]))


def test_names_and_lengths_are_read_as_software_writes_them() -> None:
    assert split_name("Mme D’ÉPINE-NOIRE Jean-Églantin", given_name_first=False) == ("D’ÉPINE-NOIRE", "Jean-Églantin")
    assert split_name("Zoé Le Muguet", given_name_first=True) == ("Le Muguet", "Zoé")
    assert split_name("Ail", given_name_first=True) == ("Ail", "")
    told = [("20", 20), ("20 min", 20), ("0:20", 20), ("1h", 60), ("1 h 30", 90), ("00:20:00", 20), ("vingt", None)]
    assert [read_minutes(text) for text, _ in told] == [minutes for _, minutes in told]


# What files of strangers are made of: pieces that mean something, in any order, and anything else.
CSV_PIECES = [
    "Nom",
    "Date",
    "Heure",
    ";",
    ",",
    '"',
    "\n",
    "\r\n",
    "25/11/2026",
    "14h30",
    "é",
    "<",
    "\x00",
    "\u202e",
    "9" * 30,
]
ICS_PIECES = [
    "END:VEVENT", "BEGIN:VTIMEZONE", "END:VTIMEZONE", "TZID:Ici", "BEGIN:STANDARD", "UID:1", "SUMMARY:Ail Alba",
    "DTSTART:20261125T090000Z", "DTSTART;TZID=Ici:20261125T090000", "DTSTART;VALUE=DATE:20261125", "DTSTART:hier",
    "DTEND:20261125T093000Z", "DURATION:PT20M", "DURATION:toujours", "RRULE:FREQ=DAILY;COUNT=2", "RRULE:FREQ=SECONDLY",
    "RRULE:FREQ=WEEKLY;BYDAY=XX", "RDATE:20261126T090000Z", "EXDATE:jamais", "RRULE:FREQ=DAILY;UNTIL=20261201",
    "RDATE;VALUE=PERIOD:20261127T090000Z/PT1H", "RECURRENCE-ID;RANGE=THISANDFUTURE:20261126T090000Z", "DTSTART:00010101T000000Z",
    "DTEND;VALUE=DATE:20261126", "TRANSP:TRANSPARENT", "EXDATE:20261125T090000Z", "RECURRENCE-ID:20261126T090000Z", "X" * 80,
    "STATUS:CANCELLED", ";:=", "",
]  # fmt: skip


@given(st.lists(st.sampled_from(CSV_PIECES), max_size=40))
def test_whatever_is_in_a_table_it_is_read_or_told(pieces: list[str]) -> None:
    read_or_told(("Nom;Date;Heure\n" + "".join(pieces)).encode("utf-8", "ignore"))


@given(st.lists(st.lists(st.sampled_from(ICS_PIECES), max_size=8), max_size=4))
def test_whatever_is_in_a_calendar_it_is_read_or_told(events: list[list[str]]) -> None:
    lines = [line for event in events for line in ("BEGIN:VEVENT", *event, "END:VEVENT")]
    content = "\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR"]).encode()
    read_or_told(content)


@given(st.binary(max_size=200))
def test_whatever_the_bytes_they_are_read_or_told(content: bytes) -> None:
    read_or_told(content)


def read_or_told(content: bytes) -> None:
    """Nothing else is raised."""
    with suppress(Unreadable):
        for entry, faults in understood(content):
            assert entry is not None or faults
