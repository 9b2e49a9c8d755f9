"""What a line says: which column is what, and its cells as a patient and a visit. Pure: no Django, no database."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.french import fold
from accounts.phones import read_phone
from accounts.zones import region_of
from appointments.imports.values import LABELS, TOLD_OF_EVENTS, Aside, Entry, Fault, Line, Manner, Part
from appointments.openings.recurrence import instant, local_day, number_of
from appointments.patients.identity import UNKNOWN_BIRTH, BirthDate, parse_birth_date, parse_nir
from appointments.patients.values import PatientDetails

# Minutes of a visit, and days ahead: as everywhere in the agenda (`booking.limits`), which is not pure.
SHORTEST, LONGEST, FARTHEST_DAYS = 5, 240, 731

# Header words, folded, by what they mean; a star stands for the rest.
_NAMED = {
    Part.START: ["debut", "date debut", "date de debut", "start", "dtstart", "date et heure", "date heure", "date rdv heure"],
    Part.DAY: ["date", "jour", "date rdv", "date du rdv", "date du rendez vous", "date rendez vous"],
    Part.HOUR: ["heure", "heure debut", "heure de debut", "heure rdv", "horaire"],
    Part.END: ["fin", "date fin", "date de fin", "end", "dtend"],
    Part.END_HOUR: ["heure fin", "heure de fin"],
    Part.MINUTES: ["duree", "duree minutes", "duree en minutes", "duree min", "minutes"],
    Part.FAMILY_NAME: ["nom", "nom de famille", "nom patient", "nom du patient", "nom usage", "nom d usage", "nom utilise"],
    Part.GIVEN_NAME: ["prenom", "prenoms", "prenom patient", "prenom du patient", "prenom usuel", "prenom utilise"],
    Part.WHOLE_NAME: ["patient", "nom et prenom", "nom prenom", "nom complet", "titre", "summary"],
    Part.BIRTH_NAME: ["nom de naissance", "nom naissance", "nom de jeune fille"],
    Part.BIRTH_DATE: ["date de naissance", "date naissance", "naissance", "ne e le", "ne le", "ddn"],
    Part.BIRTH_PLACE: ["lieu de naissance", "commune de naissance", "ville de naissance"],
    Part.SEX: ["sexe", "civilite", "genre"],
    Part.MOBILE: ["portable", "mobile", "telephone portable", "tel portable", "telephone mobile", "tel mobile", "gsm"],
    Part.PHONE: ["telephone", "tel", "telephone fixe", "tel fixe", "fixe", "telephone domicile", "numero de telephone"],
    Part.EMAIL: ["email", "e mail", "mail", "courriel", "adresse e mail", "adresse email", "adresse mail"],
    Part.ADDRESS: ["adresse", "rue", "adresse postale"],
    Part.POSTAL_CODE: ["code postal", "cp"],
    Part.CITY: ["ville", "commune"],
    Part.NIR: ["nir", "numero de securite sociale", "n de securite sociale", "securite sociale", "n ss", "nss"],
    Part.REASON: ["motif", "motif de consultation", "motif du rdv", "type de consultation", "type", "acte"],
    Part.MODE: ["mode", "lieu de consultation", "modalite"],
    Part.STATUS: ["statut", "etat", "status", "statut du rdv"],
    Part.NOTE: ["note", "notes", "commentaire", "commentaires", "remarque", "remarques", "description", "observations"],
    Part.NUMBER: ["uid", "id", "identifiant", "id rdv", "numero rdv", "n rdv", "identifiant rdv", "numero du rendez vous"],
    Part.PATIENT_NUMBER: ["id patient", "numero patient", "n patient", "identifiant patient", "code patient", "numero de dossier",
                          "n dossier", "ipp"],
}  # fmt: skip
_MEANT = {word: part for part, words in _NAMED.items() for word in words}

_WOMAN = {"f", "femme", "feminin", "female", "mme", "madame", "mlle", "mademoiselle", "2", "w"}
_MAN = {"m", "h", "homme", "masculin", "male", "mr", "monsieur", "1"}
_CANCELLED = ("annul", "cancel", "supprim", "decommand", "report")
_MISSED = ("absent", "non honore", "no show", "noshow", "pas venu", "non venu", "lapin", "manque")
_REMOTE, _AT_HOME = ("tele", "visio", "video", "vr", "distance"), ("domicile", "visite", "hh", "home", "vad")

_DAY = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})|(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_HOUR = re.compile(r"(\d{1,2})\s*(?:[:hH]\s*(\d{2})?)(?::(\d{2})(?:[.,]\d+)?)?|(\d{2})(\d{2})", re.ASCII)
_MOMENT = re.compile(r"(\S+?)(?:T|\s+(?:à\s+)?)(\d{1,2}\s*[:hH].*)")


def guess(columns: Sequence[str]) -> dict[Part, int]:
    """Which column is what, as far as its name tells; each is one thing, and the first of a name counts."""
    found: dict[Part, int] = {}
    for number, name in enumerate(columns):
        part = _MEANT.get(" ".join(re.sub(r"[^a-z0-9]+", " ", fold(name)).split()))
        if part is not None:
            found.setdefault(part, number)
    if Part.FAMILY_NAME in found:
        found.pop(Part.WHOLE_NAME, None)
    if Part.START in found and Part.HOUR not in found:
        found.pop(Part.DAY, None)
    return found


def problem_of(matching: dict[Part, int]) -> str:
    """Why nothing can be imported with these columns; blank when it can."""
    has = matching.keys()
    if not has & {Part.FAMILY_NAME, Part.WHOLE_NAME}:
        return "Dites quelle colonne porte le nom du patient."
    if Part.DAY in has and Part.HOUR not in has and Part.START not in has:
        return "Dites quelle colonne porte l’heure de début, ou que celle du jour porte aussi l’heure."
    if Part.HOUR in has and not has & {Part.DAY, Part.START}:
        return "Dites quelle colonne porte le jour."
    return ""


class Understanding:
    """The lines of one file, each by itself: what can’t be read is a fault, and nothing is raised."""

    def __init__(self, manner: Manner, columns: Sequence[str], zone: ZoneInfo) -> None:
        self._manner = manner
        self._columns = columns
        self._zone = zone
        self._region = region_of(zone.key)
        self._has_visits = bool(manner.matching.keys() & {Part.START, Part.DAY})
        self._faults: list[Fault] = []
        self._line: Line = (0, [])

    def entry_of(self, line: Line) -> tuple[Entry | None, list[Fault]]:
        """None where a fault refuses it."""
        self._faults, self._line = [], line
        number, cells = line
        if len(cells) != len(self._columns):
            self._refuse(None, f"Cette ligne a {len(cells)}\u00a0cellules, il en faut {len(self._columns)}.", "")
            return None, self._faults
        patient = self._patient()
        bounds = self._bounds() if self._has_visits else None
        entry = self._entry(number, patient, bounds)
        return (None if any(one.refuses for one in self._faults) else entry), self._faults

    # --- Cells ---------------------------------------------------------------------------------------------------------
    def _cell(self, part: Part, longest: int = 0) -> str:
        """Blanks collapsed; what is longer than its place is told, and left out."""
        number = self._manner.matching.get(part)
        text = " ".join(self._line[1][number].split()) if number is not None else ""
        # Controls and what turns the text around it have no place in a name.
        if text and not text.isprintable():
            text = "".join(letter for letter in text if letter.isprintable())
        if longest and len(text) > longest:
            self._leave(
                part, f"Ce texte a {len(text)}\u00a0caractères, {longest} au plus\u00a0: il n’est pas repris.", text
            )
            return ""
        return text

    def _refuse(self, part: Part | None, sentence: str, value: str) -> None:
        self._faults.append(Fault(self._line[0], self._name_of(part), sentence, value, refuses=True))

    def _leave(self, part: Part, sentence: str, value: str) -> None:
        self._faults.append(Fault(self._line[0], self._name_of(part), sentence, value, refuses=False))

    def _name_of(self, part: Part | None) -> str:
        if part is None:
            return ""
        number = self._manner.matching.get(part)
        return self._columns[number] if number is not None else str(LABELS[part])

    # --- The patient ---------------------------------------------------------------------------------------------------
    def _patient(self) -> PatientDetails:
        family_name, given_name = self._names()
        birth = self._birth()
        phone = self._phone(Part.MOBILE) or self._phone(Part.PHONE)
        city = " ".join(filter(None, (self._cell(Part.POSTAL_CODE, 20), self._cell(Part.CITY, 100))))
        address = ", ".join(filter(None, (self._cell(Part.ADDRESS, 180), city)))
        return PatientDetails(
            family_name=family_name,
            given_name=given_name,
            no_given_name="" if given_name else "unknown",
            birth_date=birth.born,
            birth_date_precision=str(birth.precision),
            sex=_sex(self._cell(Part.SEX)),
            phone=phone,
            no_phone="" if phone else "unknown",
            email=self._email(),
            birth_name=self._cell(Part.BIRTH_NAME, 100),
            birth_place=self._cell(Part.BIRTH_PLACE, 100),
            nir=self._nir(),
            address=address,
        )

    def _names(self) -> tuple[str, str]:
        if Part.FAMILY_NAME in self._manner.matching:
            part, family, given = Part.FAMILY_NAME, self._cell(Part.FAMILY_NAME), self._cell(Part.GIVEN_NAME)
        else:
            part = Part.WHOLE_NAME
            family, given = split_name(self._cell(Part.WHOLE_NAME), given_name_first=self._manner.given_name_first)
            given = self._cell(Part.GIVEN_NAME) or given
        if not any(letter.isalpha() for letter in family):
            self._refuse(part, "Le nom du patient manque.", family)
        elif max(len(family), len(given)) > 100:
            self._refuse(part, "Ce nom est trop long\u00a0: 100\u00a0caractères au plus.", family)
        elif "<" in family + given or ">" in family + given:
            self._refuse(part, "Les signes < et > ne sont pas acceptés dans un nom.", family)
        return family, given

    def _birth(self) -> BirthDate:
        text = self._cell(Part.BIRTH_DATE)
        # A moment of the former software: 14/02/1991 00:00:00.
        day = re.sub(r"[T ]0?0[:h]00(:00(\.0+)?)?Z?$", "", text)
        if not day:
            return UNKNOWN_BIRTH
        try:
            return parse_birth_date(day, today=self._manner.today)
        except ValueError as error:
            self._leave(Part.BIRTH_DATE, f"{error} Elle n’est pas reprise.", text)
            return UNKNOWN_BIRTH

    def _phone(self, part: Part) -> str:
        text = self._cell(part)
        # Spreadsheets drop the first 0 of what they take for a number.
        dialled = f"0{text}" if re.fullmatch(r"[1-9]\d{8}", text) else text
        if not dialled:
            return ""
        try:
            return read_phone(dialled, self._region)
        except ValueError as error:
            self._leave(part, f"{error} Il n’est pas repris.", text)
            return ""

    def _email(self) -> str:
        text = self._cell(Part.EMAIL, 254)
        if text and not re.fullmatch(r"[^@\s<>\"]+@[^@\s<>\".]+(\.[^@\s<>\".]+)+", text):
            self._leave(Part.EMAIL, "Cette adresse n’est pas complète\u00a0: elle n’est pas reprise.", text)
            return ""
        return text

    def _nir(self) -> str:
        text = self._cell(Part.NIR)
        if not text:
            return ""
        try:
            return parse_nir(text)
        except ValueError as error:
            self._leave(Part.NIR, f"{error} Il n’est pas repris.", text)
            return ""

    # --- The visit -----------------------------------------------------------------------------------------------------
    def _bounds(self) -> tuple[int, int] | None:
        start_part = Part.START if Part.START in self._manner.matching else Part.DAY
        start = self._moment(start_part, Part.HOUR)
        if start is None:
            return None
        end = self._end(start)
        if end is None:
            return None
        minutes = (end - start) / timedelta(minutes=1)
        if not SHORTEST <= minutes <= LONGEST:
            self._refuse(
                Part.MINUTES if Part.MINUTES in self._manner.matching else Part.END,
                f"Un rendez-vous dure de {SHORTEST}\u00a0minutes à {LONGEST // 60}\u00a0heures, celui-ci {_lasts(minutes)}.",
                "",
            )
            return None
        return number_of(start), number_of(end)

    def _end(self, start: datetime) -> datetime | None:
        has = self._manner.matching
        if Part.END in has and self._cell(Part.END):
            return self._moment(Part.END, None, day_of=start)
        if Part.END_HOUR in has and self._cell(Part.END_HOUR):
            return self._moment(Part.END_HOUR, None, day_of=start)
        text = self._cell(Part.MINUTES)
        if not text:
            return start + timedelta(minutes=self._manner.default_minutes)
        minutes = read_minutes(text)
        if minutes is None:
            self._refuse(Part.MINUTES, "Cette durée n’est pas lisible\u00a0: écrivez-la en minutes, comme 20.", text)
            return None
        return start + timedelta(minutes=minutes)

    def _moment(self, part: Part, hour: Part | None, *, day_of: datetime | None = None) -> datetime | None:
        """Of one cell, or of a day and its hour. `day_of`: an hour alone is of the day of this moment."""
        text = self._cell(part)
        beside = self._cell(hour) if hour is not None and hour in self._manner.matching else ""
        if beside and not _MOMENT.fullmatch(text):
            text = f"{text} {beside}"
        try:
            return read_moment(text, self._zone, day_of=day_of)
        except ValueError as error:
            self._refuse(part, str(error), text)
            return None

    def _entry(self, number: int, patient: PatientDetails, bounds: tuple[int, int] | None) -> Entry:
        manner = self._manner
        start, end = bounds if bounds is not None else (None, None)
        mode, status = fold(self._cell(Part.MODE)), fold(self._cell(Part.STATUS))
        if start is not None and local_day(start, self._zone) > manner.today + timedelta(days=FARTHEST_DAYS):
            self._refuse(self._day_part, "Ce rendez-vous est trop loin\u00a0: dans les deux ans au plus.", "")
        return Entry(
            line=number,
            patient=patient,
            patient_source=self._patient_source(patient),
            start=start,
            end=end,
            visit_source=self._visit_source() if self._has_visits else b"",
            reason=self._cell(Part.REASON),
            mode="VR" if mode.startswith(_REMOTE) else "HH" if mode.startswith(_AT_HOME) else "AMB",
            missed=status.startswith(_MISSED),
            note=self._cell(Part.NOTE, 1000),
            aside=self._aside(status, end),
        )

    @property
    def _day_part(self) -> Part:
        return Part.START if Part.START in self._manner.matching else Part.DAY

    def _aside(self, status: str, end: int | None) -> Aside | None:
        if status.startswith(_CANCELLED):
            return Aside.CANCELLED
        if end is not None and end <= self._manner.oldest:
            return Aside.TOO_OLD
        if end is not None and end <= self._manner.now and not self._manner.keep_past:
            return Aside.PAST
        return None

    # --- What makes it the same one in the next file ---------------------------------------------------------------------
    def _visit_source(self) -> bytes:
        """A UID is unique in the world; a number only in the software of this agenda; else it is the whole line."""
        text = self._cell(Part.NUMBER)
        if text and self._columns[self._manner.matching[Part.NUMBER]] == "UID":
            return digest("uid", self._manner.organization, text)
        if text:
            return digest("number", self._manner.organization, self._manner.schedule, text)
        return digest("line", self._manner.organization, self._manner.schedule, *map(str.strip, self._line[1]))

    def _patient_source(self, patient: PatientDetails) -> bytes:
        """Nobody is taken for another: a number counts with the names and the birth date, names only with a birth date or a
        phone; without any, each line is somebody else.
        """
        number = self._cell(Part.PATIENT_NUMBER)
        who = [fold(patient.family_name), fold(patient.given_name), str(patient.birth_date or ""), patient.sex]
        known = number or (patient.phone if patient.birth_date is None else "birth date")
        if not known:
            who += map(str.strip, self._line[1])
        return digest("patient", self._manner.organization, known, *who)


def digest(*texts: str) -> bytes:
    return hashlib.sha256("\x1f".join(texts).encode()).digest()


def split_name(text: str, *, given_name_first: bool) -> tuple[str, str]:
    """Family name, given name: what is in capitals is the family name, else the first word or, if so said, all but the first."""
    words = [
        word
        for word in text.replace(",", " ").split()
        if fold(word) not in {"mme", "m", "mr", "mlle", "monsieur", "madame"}
    ]
    capitals = [word for word in words if word.upper() == word and sum(map(str.isalpha, word)) > 1]
    others = [word for word in words if word not in capitals]
    if capitals and others:
        return " ".join(capitals), " ".join(others)
    if given_name_first and len(words) > 1:
        return " ".join(words[1:]), words[0]
    return (words[0], " ".join(words[1:])) if words else ("", "")


def read_minutes(text: str) -> int | None:
    """20, 20 min, 0:20, 1h, 1 h 30, 00:20:00; None where it is none of these."""
    if match := re.fullmatch(r"(\d{1,3})(?:[.,]0+)?\s*(?:min\w*|mn|')?", text, re.ASCII):
        return int(match[1])
    if match := re.fullmatch(r"(\d{1,2})\s*[:h]\s*(\d{2})?(?::00)?", text, re.ASCII | re.IGNORECASE):
        return int(match[1]) * 60 + int(match[2] or 0)
    return None


def read_moment(text: str, zone: ZoneInfo, *, day_of: datetime | None = None) -> datetime:
    """25/11/2026 14:30, 2026-11-25T14:30:00+01:00, 25/11/26 14h30; an hour alone is of the day of `day_of`. Aware, in UTC.

    Raises ValueError with the French sentence.
    """
    match = _MOMENT.fullmatch(text)
    if match is None and day_of is not None and _HOUR.fullmatch(text):
        local = day_of.astimezone(zone)
        ends = instant(local.date(), _hour(text), zone)
        return ends if ends > day_of else instant(local.date() + timedelta(days=1), _hour(text), zone)
    if match is None:
        if text in TOLD_OF_EVENTS:
            raise ValueError(TOLD_OF_EVENTS[text])
        if text and _DAY.fullmatch(text):
            raise ValueError("L’heure manque.")
        raise ValueError(
            "Ce moment n’est pas lisible\u00a0: écrivez-le comme 25/11/2026 14:30."
            if text
            else "Le jour et l’heure manquent."
        )
    day, hour = _day(match[1]), match[2].strip()
    if offset := re.search(r"(Z|[+-]\d{2}:?\d{2})$", hour):
        moment = datetime.combine(day, _hour(hour[: offset.start()]))
        return moment.replace(tzinfo=datetime.fromisoformat(f"2000-01-01T00:00{offset[1]}").tzinfo).astimezone(UTC)
    return instant(day, _hour(hour), zone)


def _day(text: str) -> date:
    match = _DAY.fullmatch(text)
    if match is None:
        raise ValueError("Ce jour n’est pas lisible\u00a0: écrivez-le comme 25/11/2026.")
    day, month, year = (match[1], match[2], match[3]) if match[1] else (match[6], match[5], match[4])
    try:
        found = date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        raise ValueError("Ce jour n’existe pas\u00a0: le jour vient avant le mois, comme 25/11/2026.") from None
    if not 2000 <= found.year <= 2099:
        raise ValueError("Cette année n’est pas celle d’un rendez-vous\u00a0: vérifiez-la.")
    return found


def _hour(text: str) -> time:
    match = _HOUR.fullmatch(text.strip())
    if match is None:
        raise ValueError("Cette heure n’est pas lisible\u00a0: écrivez-la comme 14:30.")
    hour, minute = (match[1], match[2] or 0) if match[1] else (match[4], match[5])
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise ValueError("Cette heure n’existe pas\u00a0: elle va de 00:00 à 23:59.") from None


def _sex(text: str) -> str:
    word = fold(text).strip(" .")
    return "female" if word in _WOMAN else "male" if word in _MAN else "unknown"


def _lasts(minutes: float) -> str:
    if minutes < 0:
        return "finit avant son début"
    return f"dure {minutes:.0f}\u00a0minutes" if minutes else "ne dure pas"
