"""INT_R01: the platform's search for free slots, and the reading of the Bundle that comes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sandbox.sas.appointment_checks import read_instant
from sandbox.sas.clock import PARIS, Clock, utc_now
from sandbox.sas.exchange import Exchange, FhirCaller
from sandbox.sas.vocabulary import CONSULTATION_TYPES, SEARCH_ACCEPT, SLOT_TYPES, SPECIALTIES, Identifier

MAX_IDENTIFIERS = 25
DAYS = 3


def search_query(identifiers: Iterable[Identifier], *, start: datetime, end: datetime) -> str:
    """The query of INT_R01 as the platform writes it: one identifier parameter, values separated by commas."""
    wanted = ",".join(identifier.token for identifier in identifiers)
    parameters = (
        ("_include", "Slot:schedule"),
        ("_include:iterate", "Schedule:actor"),
        ("status", "free"),
        ("start", f"ge{start.isoformat(timespec='milliseconds')}"),
        ("start", f"le{end.isoformat(timespec='milliseconds')}"),
        ("schedule.actor:Practitioner.identifier", wanted),
        ("_count", "1000"),
    )
    return "&".join(f"{quote(name, safe=':')}={quote(value, safe=':,')}" for name, value in parameters)


def search_window(now: datetime) -> tuple[datetime, datetime]:
    """Now, and the last millisecond of the day after tomorrow, in Paris time."""
    local = now.astimezone(PARIS)
    last_day = local.date() + timedelta(days=DAYS - 1)
    return local, datetime.combine(last_day, time(23, 59, 59, 999_000), PARIS)


@dataclass(frozen=True, slots=True)
class SlotSearch:
    """Makes the search."""

    caller: FhirCaller
    clock: Clock = utc_now

    def run(self, identifiers: Iterable[Identifier]) -> Exchange:
        start, end = search_window(self.clock())
        return self.caller.call("GET", f"Slot?{search_query(identifiers, start=start, end=end)}", accept=SEARCH_ACCEPT)


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """A slot as shown. Instants in Paris time; `modes` are codes (AMB, HH, VR); `page` the editor's URL or ''."""

    start: datetime
    end: datetime
    types: tuple[str, ...]
    modes: tuple[str, ...]
    reasons: tuple[str, ...]
    walk_in: bool
    page: str


@dataclass(frozen=True, slots=True)
class Place:
    """One practitioner at one place (one Schedule), with the free slots of each day."""

    name: str
    initials: str
    specialties: tuple[str, ...]
    address: tuple[str, ...]
    structure: str
    phone: str
    identifier: str
    days: dict[date, list[FreeSlot]] = field(default_factory=dict)

    @property
    def first_start(self) -> datetime:
        return min(free.start for free in self._slots())

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every reason of its slots, in order of first appearance."""
        return tuple(dict.fromkeys(reason for free in self._slots() for reason in free.reasons))

    @property
    def common_reasons(self) -> tuple[str, ...]:
        """The reasons that most slots share, so that a chip only says its own when they differ."""
        counted = Counter(free.reasons for free in self._slots())
        return counted.most_common(1)[0][0] if counted else ()

    def _slots(self) -> Iterator[FreeSlot]:
        return (free for slots in self.days.values() for free in slots)


def read_bundle(bundle: object) -> list[Place]:
    """The places with at least one slot, the nearest slot first. What can't be read is left out, never raised."""
    entries = [_dict(entry) for entry in _list(_dict(bundle).get("entry"))]
    index: dict[str, dict[str, Any]] = {}
    for entry in entries:
        resource = _dict(entry.get("resource"))
        index[f"{resource.get('resourceType')}/{resource.get('id')}"] = resource
        if isinstance(entry.get("fullUrl"), str):
            index[entry["fullUrl"]] = resource
    places: dict[str, Place] = {}
    for entry in entries:
        slot = _dict(entry.get("resource"))
        free = _read_slot(slot) if slot.get("resourceType") == "Slot" else None
        if free is None:
            continue
        reference = str(_dict(slot.get("schedule")).get("reference", ""))
        if reference not in places:
            places[reference] = _read_place(index.get(reference, {}), slot, index)
        places[reference].days.setdefault(free.start.date(), []).append(free)
    for place in places.values():
        for slots in place.days.values():
            slots.sort(key=lambda free: free.start)
    return sorted(places.values(), key=lambda place: place.first_start)


def with_origin(page: str, origin: str = "sas") -> str:
    """The agenda page's URL with the origin that the platform appends, before a fragment if there is one."""
    address, hash_sign, fragment = page.partition("#")
    joint = "?" if "?" not in address else "" if address.endswith(("?", "&")) else "&"
    return f"{address}{joint}origin={quote(origin, safe='')}{hash_sign}{fragment}"


@cache
def specialty_labels() -> dict[str, str]:
    """Codes of TRE_R38 and their labels, without the profession in brackets."""
    lines = Path(__file__).with_name("specialties.tsv").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t", 1) for line in lines if "\t" in line)
    return {code: label.rsplit(" (", 1)[0] for code, label in pairs}


def _read_slot(slot: dict[str, Any]) -> FreeSlot | None:
    start, end = read_instant(slot.get("start")), read_instant(slot.get("end"))
    if start is None or end is None:
        return None
    services = [_dict(item) for item in _list(slot.get("serviceType"))]
    page = slot.get("comment")
    return FreeSlot(
        start.astimezone(PARIS),
        end.astimezone(PARIS),
        _codes(_list(_dict(slot.get("meta")).get("security")), SLOT_TYPES),
        tuple(code for service in services for code in _codes(_list(service.get("coding")), CONSULTATION_TYPES)),
        tuple(str(service["text"]) for service in services if service.get("text") and not service.get("coding")),
        "WALKIN" in _codes(_list(_dict(slot.get("appointmentType")).get("coding"))),
        # Only a web address becomes a link: the text comes from outside.
        page if isinstance(page, str) and page.startswith(("http://", "https://")) else "",
    )


def _read_place(schedule: dict[str, Any], slot: dict[str, Any], index: dict[str, dict[str, Any]]) -> Place:
    actors = [index.get(str(_dict(actor).get("reference")), {}) for actor in _list(schedule.get("actor"))]
    person = next((actor for actor in actors if actor.get("resourceType") == "Practitioner"), {})
    role = next((actor for actor in actors if actor.get("resourceType") == "PractitionerRole"), {})
    names = _dict(next(iter(_list(person.get("name"))), {}))
    given, family = " ".join(str(part) for part in _list(names.get("given"))), str(names.get("family") or "")
    location = next((_dict(item) for item in _list(role.get("contained")) if _dict(item).get("address")), {})
    address = _dict(location.get("address"))
    town = " ".join(str(address[key]) for key in ("postalCode", "city") if address.get(key))
    phones = (_dict(item) for item in (*_list(role.get("telecom")), *_list(person.get("telecom"))))
    structure = _dict(_dict(role.get("organization")).get("identifier"))
    identifier = _dict(next(iter(_list(person.get("identifier"))), {}))
    coded = _list(role.get("specialty")) or _list(slot.get("specialty"))
    return Place(
        f"{given} {family}".strip() or "Praticien sans nom",
        (given[:1] + family[:1]).upper() or "?",
        tuple(_specialty(_dict(item)) for item in coded),
        tuple(str(line) for line in (*_list(address.get("line")), town) if line),
        str(structure.get("value") or ""),
        next((str(phone["value"]) for phone in phones if phone.get("system") == "phone" and phone.get("value")), ""),
        str(identifier.get("value") or ""),
    )


def _specialty(concept: dict[str, Any]) -> str:
    codes = _codes(_list(concept.get("coding")), SPECIALTIES)
    return specialty_labels().get(codes[0], codes[0]) if codes else str(concept.get("text") or "")


def _codes(codings: list[Any], system: str | None = None) -> tuple[str, ...]:
    found = (_dict(coding) for coding in codings)
    return tuple(str(item["code"]) for item in found if item.get("code") and system in (None, item.get("system")))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
