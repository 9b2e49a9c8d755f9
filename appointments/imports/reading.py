"""Bytes of a file into lines and cells. Pure: no Django, no database.

CSV as French software writes it: `;`, `,` or tabs; UTF-8 with or without mark, UTF-16 with one, else Windows-1252 (which is
Latin-1 with more signs). iCalendar (RFC 5545): each event is a line, with columns that are always the same.
"""

import codecs
import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from accounts.french import counted, quoted
from appointments.imports.busy import TooMany, beginning_of, bounds_of, occurrences_of
from appointments.imports.values import BROKEN, MOST_ROWS, TOO_OFTEN, WHOLE_DAY, Line, Source, Unreadable

ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252 (Latin-1)"}
CSV, ICS = "csv", "ics"
EVENT_COLUMNS = ("UID", "Début", "Fin", "Titre", "Description", "Lieu", "Statut")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DELIMITERS = ";,\t|"
# Each is a field of the page.
_MOST_COLUMNS = 120
# How other kinds of file begin.
_OTHERS = {
    b"PK\x03\x04": "C’est un classeur (Excel, LibreOffice) ou une archive\u00a0: ouvrez-le et enregistrez-le en CSV.",
    b"\xd0\xcf\x11\xe0": "C’est un ancien classeur Excel\u00a0: ouvrez-le et enregistrez-le en CSV.",
    b"%PDF": "C’est un PDF\u00a0: demandez à votre ancien logiciel un export CSV ou iCalendar.",
    b"\x1f\x8b": "C’est une archive\u00a0: décompressez-la d’abord.",
    b"\x89PNG": "C’est une image\u00a0: demandez à votre ancien logiciel un export CSV ou iCalendar.",
    b"\xff\xd8\xff": "C’est une image\u00a0: demandez à votre ancien logiciel un export CSV ou iCalendar.",
}
_NO_TEXT = "Ce fichier n’est ni du CSV ni de l’iCalendar\u00a0: demandez l’un des deux à votre ancien logiciel."
_CUT = "Ce fichier est coupé\u00a0: il s’arrête au milieu {}. Exportez-le de nouveau, en entier."


def recognise(content: bytes) -> Source:
    """Raises `Unreadable`. Looks at the whole text's coding and at the header, not at the lines."""
    if not content.strip():
        raise Unreadable("Ce fichier est vide.")
    for beginning, sentence in _OTHERS.items():
        if content.startswith(beginning):
            raise Unreadable(sentence)
    text, encoding = _decoded(content)
    if text.lstrip()[:15].upper() == "BEGIN:VCALENDAR":
        if not text.rstrip().upper().endswith("END:VCALENDAR"):
            raise Unreadable(_CUT.format("d’un agenda"))
        return Source(ICS, encoding, "", EVENT_COLUMNS)
    header = next((line for line in text.splitlines() if line.strip()), "")
    if header.lstrip().startswith(("<", "{", "[")):
        raise Unreadable(_NO_TEXT)
    delimiter = max(_DELIMITERS, key=header.count)
    _, names = next(_csv_lines(text, delimiter), (0, list[str]()))
    if len(names) < 2:
        raise Unreadable(
            "La première ligne doit nommer les colonnes, séparées par des points-virgules, des virgules ou des tabulations."
        )
    if len(names) > _MOST_COLUMNS:
        raise Unreadable(f"Ce fichier a {len(names)} colonnes\u00a0: {_MOST_COLUMNS} au plus.")
    return Source(CSV, encoding, delimiter, tuple(" ".join(name.split())[:60] for name in names))


def lines_of(content: bytes, source: Source, *, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[Line]:
    """Of each line its number in the file and its cells; empty ones left out. Events that come back are one line each time
    between these moments. Raises `Unreadable` where it is cut, or has too many.
    """
    text, _ = _decoded(content)
    found = _csv_rows(text, source) if source.kind == CSV else _events(text, zone, since, until)
    for count, line in enumerate(found):
        if count == MOST_ROWS:
            raise Unreadable(f"Ce fichier a plus de {MOST_ROWS} lignes\u00a0: partagez-le en plusieurs.")
        yield line


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith(_UTF_16):
        try:
            return content.decode("utf-16"), "utf-16"
        except UnicodeDecodeError:
            raise Unreadable(_CUT.format("d’un caractère")) from None
    if b"\x00" in content:
        raise Unreadable(_NO_TEXT)
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        # A character that misses its end, after others that are whole: cut, not another coding.
        if error.reason == "unexpected end of data" and not content[: error.start].isascii():
            raise Unreadable(_CUT.format("d’un caractère")) from None
    try:
        return content.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        raise Unreadable("Ce fichier n’est codé ni en UTF-8 ni en Latin-1\u00a0: enregistrez-le en UTF-8.") from None


# --- CSV -------------------------------------------------------------------------------------------------------------
def _csv_lines(text: str, delimiter: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    before = 0
    try:
        for cells in reader:
            number, before = before + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise Unreadable(_CUT.format("d’une cellule entre guillemets")) from None
        raise Unreadable(
            f"Ligne {before + 1}\u00a0: un guillemet n’est pas fermé, ou pas à sa place. Corrigez-la, ou exportez de nouveau."
        ) from None


def _csv_rows(text: str, source: Source) -> Iterator[Line]:
    """The last line is yielded only once it is known to be whole: nothing of a file that is cut is imported."""
    lines = _csv_lines(text, source.delimiter)
    next(lines)
    width = len(source.columns)
    number, cells = 0, list[str]()
    for number, cells in lines:
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        yield number, cells
    if cells and len(cells) < width and not text.endswith(("\n", "\r")):
        raise Unreadable(_CUT.format(f"de la ligne {number}"))


# --- iCalendar -------------------------------------------------------------------------------------------------------
def _blocks(text: str, name: str) -> Iterator[tuple[int, str]]:
    """Of each component of this name the number of its first line, and its lines. One pass, whatever the file is made of."""
    begins, ends = f"BEGIN:{name}", f"END:{name}"
    first, kept = 0, list[str]()
    for number, line in enumerate(io.StringIO(text), start=1):
        mark = line.strip().upper()
        if mark == begins:
            first, kept = number, [line]
        elif kept:
            kept.append(line)
            if mark == ends:
                yield first, "".join(kept)
                kept = []


def _events(text: str, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[Line]:
    """One at a time: of a large calendar, all as objects at once would be hundreds of megabytes."""
    _know_zones(text)
    coming_back: dict[str, list[tuple[int, Any]]] = defaultdict(list)
    for number, block in _blocks(text, "VEVENT"):
        try:
            event: Any = Event.from_ical(block)
            if not any(name in event for name in ("RRULE", "RDATE", "RECURRENCE-ID")):
                yield number, _cells(event, zone)
                continue
        except Exception:  # noqa: BLE001 - of what strangers write, the library foresees not everything
            yield number, _told(BROKEN)
            continue
        coming_back[str(event.get("UID", number))].append((number, event))
    for same in coming_back.values():
        yield from ((same[0][0], cells) for cells in _laid_out([event for _, event in same], zone, since, until))


def _laid_out(same: list[Any], zone: ZoneInfo, since: datetime, until: datetime) -> list[list[str]]:
    try:
        return [_cells(one, zone, of_many=True) for one in occurrences_of(same, since=since, until=until)]
    except TooMany:
        return [_told(TOO_OFTEN)]
    except Exception:  # noqa: BLE001 - the same
        return [_told(BROKEN)]


def _told(mark: str) -> list[str]:
    return ["", mark, *[""] * (len(EVENT_COLUMNS) - 2)]


def _know_zones(text: str) -> None:
    """The file's own zones, which its events name; the library remembers them."""
    zones = [zone for _, zone in _blocks(text, "VTIMEZONE")]
    if not zones:
        return
    try:
        Calendar.from_ical("".join(["BEGIN:VCALENDAR\r\n", *zones, "END:VCALENDAR\r\n"]))
    except Exception:  # noqa: BLE001 - the same
        raise Unreadable("Les fuseaux horaires de ce fichier ne sont pas lisibles. Exportez de nouveau.") from None


def _cells(event: Any, zone: ZoneInfo, *, of_many: bool = False) -> list[str]:
    bounds = bounds_of(event, zone)
    start, end = (moment.isoformat() for moment in bounds) if bounds is not None else (_mark(event), "")
    uid = str(event.get("UID", ""))
    if of_many and uid:
        uid = f"{uid} {start}"
    texts = (str(event.get(name, "")) for name in ("SUMMARY", "DESCRIPTION", "LOCATION", "STATUS"))
    return [uid, start, end, *texts]


def _mark(event: Any) -> str:
    return WHOLE_DAY if beginning_of(event) is not None else BROKEN


def said_of(source: Source) -> str:
    """Of the page: CSV en UTF-8, 12 colonnes séparées par «\u00a0;\u00a0»."""
    if source.kind == ICS:
        return f"iCalendar en {ENCODINGS[source.encoding]}"
    separator = "des tabulations" if source.delimiter == "\t" else quoted(source.delimiter)
    columns = counted(len(source.columns), "colonne")
    return f"CSV en {ENCODINGS[source.encoding]}, {columns} séparées par {separator}"
