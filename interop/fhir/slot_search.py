"""`GET Slot`: from the raw query string to a frozen search (INT_R01), with every tolerance of the spec.

Decisions where FHIR leaves room, or the platform's habits differ:
- `start` repeated: FHIR joins repetitions by *and*, so the latest `ge` and the earliest `le` count. Only `ge` and `le`
  are served, as the guide's SearchParameter `slot-sp-start` says; another prefix, none (which means *equal*) or a comma
  is refused.
- The identifier parameter repeated: the lists are joined. Read as *and*, several practitioners could never match one
  slot.
- A token without system means any system; `|value` (explicitly no system) can't name a practitioner and is refused.
- `status` has to be `free`: we publish nothing else, and answering free slots to a request for others would lie.
- A bare date is the whole day in Paris: its beginning for `ge`, its last microsecond for `le`.
- Parameters we don't know are ignored, as FHIR's default handling is lenient. A modifier of one that we know is refused, as FHIR
  wants: `status:not=free` asks for the contrary.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from interop.fhir import systems
from interop.fhir.encoding import zone
from interop.fhir.identifiers import parse_token, split_list
from interop.fhir.query import http_location, query_parameters
from interop.fhir.text import shown
from interop.fhir.values import PARIS, FhirRefusal, Includes, Issue, SlotSearch

MAX_PRACTITIONERS = 25
MAX_IDENTIFIER_LENGTH = 64
# The platform asks for three days. A month of 25 practitioners is already tens of thousands of slots.
MAX_WINDOW = timedelta(days=31)
# Nobody opens an agenda that far ahead, and the calendar ends in 9999: nothing is computed near its end.
MAX_AHEAD = timedelta(days=5 * 366)

_START = re.compile(
    r"(?P<prefix>[a-z]{2})?(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:T(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,12}))?)?"
    # A raw `+` has become a blank.
    r"(?P<offset>Z|[+ -]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_INCLUDES = ("_include", "_include:iterate", "_include:recurse")
_MODIFIED = tuple(f"{name}:" for name in ("start", "status", systems.SLOT_PRACTITIONER_SEARCH, "_include"))


def parse_slot_search(raw_query_string: str, *, now: datetime) -> SlotSearch:
    """The search that a query string asks for. Raises FhirRefusal(400) naming every faulty parameter.

    The window is cut at `now` (aware): a slot of the past is never published. See `SlotSearch.is_over`.
    """
    faults: list[Issue] = []
    values: dict[str, list[str]] = {}
    for name, value in query_parameters(raw_query_string):
        values.setdefault(name, []).append(value)

    for name in values:
        _check_modifier(name, faults)
    bounds = _read_bounds(values.get("start", []), faults)
    _check_status(values.get("status", []), faults)
    identifiers = _read_identifiers(values.get(systems.SLOT_PRACTITIONER_SEARCH, []), faults)
    window = _checked_window(bounds, now, faults) if bounds else None
    if faults or window is None:
        raise FhirRefusal(400, faults)
    wanted = [value for name in _INCLUDES for value in values.get(name, [])]
    return SlotSearch(
        start_from=window[0],
        start_to=window[1],
        practitioner_identifiers=identifiers,
        includes=_read_includes(wanted),
    )


def _fault(parameter: str, code: str, diagnostics: str) -> Issue:
    return Issue(code, f"Paramètre « {parameter} » : {diagnostics}", location=(f"http.{parameter}",))


def _check_modifier(name: str, faults: list[Issue]) -> None:
    if name.startswith(_MODIFIED) and name not in _INCLUDES:
        told = f"Paramètre {shown(name)} : ce modificateur n’est pas accepté."
        faults.append(Issue("not-supported", told, location=http_location(name)))


# --- start -----------------------------------------------------------------------------------------------------------
def _read_bounds(values: Iterable[str], faults: list[Issue]) -> tuple[datetime, datetime] | None:
    """The stricter of the bounds of each side, as asked; None, the fault told, when one is missing or unreadable."""
    lower: list[datetime] = []
    upper: list[datetime] = []
    before = len(faults)
    for value in values:
        match = _START.fullmatch(value.strip())
        if match is None:
            faults.append(_fault("start", "invalid", f"{shown(value)} n’est pas « ge » ou « le » suivi d’un instant."))
        elif match["prefix"] not in {"ge", "le"}:
            faults.append(
                _fault("start", "not-supported", f"{shown(value)} : seuls les préfixes « ge » et « le » sont acceptés.")
            )
        else:
            try:
                (lower if match["prefix"] == "ge" else upper).append(_read_instant(match))
            except (ValueError, OverflowError):
                faults.append(_fault("start", "invalid", f"{shown(value)} n’est pas un instant du calendrier."))
    if len(faults) > before:
        return None
    if not lower:
        faults.append(_fault("start", "required", "la borne basse « start=ge… » manque."))
    if not upper:
        faults.append(_fault("start", "required", "la borne haute « start=le… » manque."))
    return (max(lower), min(upper)) if lower and upper else None


def _read_instant(match: re.Match[str]) -> datetime:
    """In UTC. Raises ValueError or OverflowError when the calendar has no such instant."""
    day = date.fromisoformat(match["date"])
    if match["hour"] is None:
        if match["prefix"] == "ge":
            return datetime.combine(day, time.min, zone(PARIS)).astimezone(UTC)
        return datetime.combine(day + timedelta(days=1), time.min, zone(PARIS)).astimezone(UTC) - timedelta(
            microseconds=1
        )
    microsecond = int((match["fraction"] or "0")[:6].ljust(6, "0"))
    clock = time(int(match["hour"]), int(match["minute"]), int(match["second"] or 0), microsecond)
    return datetime.combine(day, clock, _read_offset(match["offset"])).astimezone(UTC)


def _read_offset(offset: str | None) -> tzinfo:
    if offset is None:
        return zone(PARIS)
    if offset == "Z":
        return UTC
    minutes = int(offset[-2:])
    distance = timedelta(hours=int(offset[1:3]), minutes=minutes)
    if minutes > 59 or distance > timedelta(hours=14):
        raise ValueError("no place on earth has this offset")
    return timezone(-distance if offset[0] == "-" else distance)


def _checked_window(bounds: tuple[datetime, datetime], now: datetime, faults: list[Issue]) -> tuple[datetime, datetime]:
    asked_from, asked_to = bounds
    if asked_from > asked_to:
        faults.append(_fault("start", "value", "la borne basse est après la borne haute."))
    start_from = max(asked_from, now.astimezone(UTC))
    if asked_to - start_from > MAX_WINDOW:
        faults.append(_fault("start", "too-costly", f"la période demandée dépasse {MAX_WINDOW.days} jours."))
    elif start_from - now > MAX_AHEAD:
        faults.append(_fault("start", "value", "la période demandée commence dans plus de cinq ans."))
    return start_from, asked_to


# --- status ----------------------------------------------------------------------------------------------------------
def _check_status(values: list[str], faults: list[Issue]) -> None:
    if not any(value.strip() for value in values):
        faults.append(_fault("status", "required", "« status=free » manque."))
    elif any(value.strip() != "free" for value in values):
        faults.append(_fault("status", "not-supported", f"{shown(', '.join(values))} : seul « free » est publié."))


# --- practitioners ---------------------------------------------------------------------------------------------------
def _read_identifiers(values: Iterable[str], faults: list[Issue]) -> tuple[str, ...]:
    parameter = systems.SLOT_PRACTITIONER_SEARCH
    found: dict[str, None] = {}
    before = len(faults)
    # Stray blanks and commas leave empty tokens, which are nothing.
    tokens = [token for value in values for token in split_list(value) if token.strip()]
    for text in tokens:
        system, value = parse_token(text)
        if system not in {None, systems.PRACTITIONER_NATIONAL}:
            faults.append(
                _fault(parameter, "value", f"{shown(text)} : le système attendu est {systems.PRACTITIONER_NATIONAL}.")
            )
        elif not value:
            faults.append(_fault(parameter, "value", f"{shown(text)} : l’identifiant est vide."))
        elif len(value) > MAX_IDENTIFIER_LENGTH:
            faults.append(_fault(parameter, "too-long", f"{shown(text)} : l’identifiant est trop long."))
        else:
            found[value] = None
    if len(faults) == before and not found:
        faults.append(_fault(parameter, "required", "au moins un identifiant de praticien est attendu."))
    # As asked, repetitions included: 26 in a request is too many, whoever they are (spec, INT_R01).
    if len(tokens) > MAX_PRACTITIONERS:
        told = f"{len(tokens)} identifiants demandés, {MAX_PRACTITIONERS} au plus par requête."
        faults.append(_fault(parameter, "too-costly", told))
    return tuple(found)


# --- _include --------------------------------------------------------------------------------------------------------
def _read_includes(values: Iterable[str]) -> Includes:
    """Which of the includes we serve are asked for; the others (communities, …) are ignored."""
    asked = {value.strip() for value in values}
    schedule = not asked.isdisjoint({"Slot:schedule", "Slot:schedule:Schedule", "Slot:*", "*"})
    both = not asked.isdisjoint({"Schedule:actor", "Schedule:*", "*"})
    return Includes(
        schedule=schedule,
        practitioner=schedule and (both or "Schedule:actor:Practitioner" in asked),
        practitioner_role=schedule and (both or "Schedule:actor:PractitionerRole" in asked),
    )
