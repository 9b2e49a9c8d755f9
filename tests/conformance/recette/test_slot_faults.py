"""A faulty editor: each planted fault is reported by the check that names it, and by no unrelated one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conformance.recette.groups.slots import SLOTS
from conformance.recette.results import Report
from conformance.recette.verdicts import Verdict
from tests.conformance.recette.conftest import explained, named, run_name, told_twice
from tests.conformance.recette.editor import Editor
from tests.conformance.recette.editor_data import Resource, instant

RunOn = Callable[..., Report]
Spoil = Callable[[Resource], None]
Fault = tuple[Spoil, set[str], set[str]]
# The profile says some of the same rules again: it may report the same fault.
PROFILES = {"R01-15"}


def of(bundle: Resource, kind: str) -> list[Resource]:
    return [item["resource"] for item in bundle.get("entry", []) if item["resource"]["resourceType"] == kind]


def each(kind: str, change: Callable[[Resource], Any]) -> Spoil:
    def spoil(bundle: Resource) -> None:
        for resource in of(bundle, kind):
            change(resource)

    return spoil


def first(kind: str, change: Callable[[Resource], Any]) -> Spoil:
    def spoil(bundle: Resource) -> None:
        for resource in of(bundle, kind)[:1]:
            change(resource)

    return spoil


def each_entry(change: Callable[[Resource], Any]) -> Spoil:
    def spoil(bundle: Resource) -> None:
        for item in bundle.get("entry", []):
            change(item)

    return spoil


def put(*path: str | int, value: Any) -> Callable[[Resource], None]:
    """Sets the element at that path."""

    def change(node: Any) -> None:
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = value

    return change


def drop(*path: str | int) -> Callable[[Resource], None]:
    def change(node: Any) -> None:
        for step in path[:-1]:
            node = node[step]
        del node[path[-1]]

    return change


def _repeat_people(bundle: Resource) -> None:
    bundle.get("entry", []).extend(
        [item for item in bundle.get("entry", []) if item["resource"]["resourceType"] == "Practitioner"]
    )


def _lose_schedules(bundle: Resource) -> None:
    if "entry" in bundle:
        bundle["entry"] = [item for item in bundle["entry"] if item["resource"]["resourceType"] != "Schedule"]


def _stranger(bundle: Resource) -> None:
    organization = {"resourceType": "Organization", "id": "x", "name": "Sans lien"}
    if "entry" in bundle:
        bundle["entry"].append(
            {"fullUrl": "https://e.example/Organization/x", "resource": organization, "search": {"mode": "include"}}
        )


def _location_apart(bundle: Resource) -> None:
    for role in of(bundle, "PractitionerRole"):
        location = role.pop("contained")[0]
        role["location"] = [{"reference": f"Location/{location['id']}"}]
        url = f"https://e.example/Location/{location['id']}"
        bundle["entry"].append({"fullUrl": url, "resource": location, "search": {"mode": "include"}})


def _one_role_for_all(bundle: Resource) -> None:
    roles, schedules = of(bundle, "PractitionerRole"), of(bundle, "Schedule")
    for schedule in schedules:
        if roles and "two-" in schedule["id"]:
            schedule["actor"][1]["reference"] = "PractitionerRole/two-a"


def _someone_else(bundle: Resource) -> None:
    for person in of(bundle, "Practitioner"):
        person["identifier"][0]["value"] = "810009999999"


def _moved(change: Callable[[datetime], datetime]) -> Spoil:
    def spoil(bundle: Resource) -> None:
        for slot in of(bundle, "Slot")[:1]:
            start = change(datetime.fromisoformat(slot["start"]))
            slot |= {"start": instant(start), "end": instant(start + timedelta(minutes=15))}

    return spoil


def _double(bundle: Resource) -> None:
    slots = [item for item in bundle.get("entry", []) if item["resource"]["resourceType"] == "Slot"]
    for item in slots[:1]:
        copied = item["resource"] | {"id": "double"}
        bundle["entry"].append({**item, "fullUrl": item["fullUrl"].rpartition("/")[0] + "/double", "resource": copied})
        bundle["total"] += 1


def _bare_numbers(bundle: Resource) -> None:
    for person in of(bundle, "Practitioner"):
        person["identifier"][0]["value"] = person["identifier"][0]["value"][1:]


def _no_role(bundle: Resource) -> None:
    for schedule in of(bundle, "Schedule"):
        del schedule["actor"][1]


REFUSALS = {f"R01-{number}" for number in (*range(70, 81), 83)}

# Faults that are planted together, since no check is concerned by two of them and none hides another.
# name: (how the Bundle is falsified, what must report it, what else may)
CONTENT: list[dict[str, Fault]] = [
    {
        "another type of Bundle": (put("type", value="collection"), {"R01-05"}, {"R01-43"}),
        "the Bundle says no profile": (drop("meta"), {"R01-06"}, {"R01-43"}),
        "a wrong total": (lambda bundle: bundle.update(total=bundle["total"] + 1), {"R01-08"}, {"R01-43", "R01-46", "R01-60"}),
        "no self link": (drop("link"), {"R01-04"}, {"R01-43"}),
        "no fullUrl": (each_entry(drop("fullUrl")), {"R01-09"}, set()),
        "no search.mode": (each_entry(drop("search")), {"R01-10"}, set()),
        "Schedules left out": (_lose_schedules, {"R01-12"}, {"R01-13", "R01-16", "R01-42"}),
        "an empty text": (first("Practitioner", put("name", 0, "given", value=[""])), {"R01-14", "R01-20"}, set()),
    },
    {
        "a Slot says no profile": (first("Slot", drop("meta", "profile")), {"R01-06"}, set()),
        "no total": (drop("total"), {"R01-08"}, {"R01-43", "R01-46", "R01-60"}),
        "relative fullUrls": (each_entry(lambda item: item.update(fullUrl="Slot/1")), {"R01-09"}, set()),
        "everything matches": (each_entry(put("search", "mode", value="match")), {"R01-10"}, set()),
        "an empty list": (first("Slot", put("note", value=[])), {"R01-14"}, set()),
        "an unknown element": (first("Slot", put("colour", value="red")), {"R01-15"}, set()),
        "a Slot without Schedule": (first("Slot", drop("schedule")), {"R01-16"}, set()),
        "Schedules without PractitionerRole": (_no_role, {"R01-17"}, {"R01-13", "R01-42"}),
    },
    {
        "people repeated": (_repeat_people, {"R01-11"}, {"R01-09", "R01-42"}),
        "a stranger among the entries": (_stranger, {"R01-07", "R01-13"}, {"R01-06"}),
        "numbers without prefix": (_bare_numbers, {"R01-19"}, {"R01-21", "R01-40", "R01-41", "R01-42", "R01-45"}),
        "a structure without prefix": (
        each("PractitionerRole", put("organization", "identifier", "value", value="990000018")), {"R01-22"}, set(),
    ),
        "a Location without identifier": (each("PractitionerRole", drop("contained", 0, "identifier")), {"R01-23"}, set()),
        "a national phone": (each("PractitionerRole", put("telecom", 0, "value", value="0199001234")), {"R01-24"}, set()),
        "an address on two lines": (
        each("PractitionerRole", lambda role: role["contained"][0]["address"]["line"].append("B")), {"R01-25"}, set(),
    ),
        "an unknown type of slot": (first("Slot", put("meta", "security", 0, "code", value="LIBRE")), {"R01-26"}, set()),
    },
    {
        "one PractitionerRole for two places": (_one_role_for_all, {"R01-17", "R01-42"}, {"R01-13"}),
        "a wrong type of identifier": (
        each("Practitioner", put("identifier", 0, "type", "coding", 0, "code", value="INTRN")), {"R01-19"}, {"R01-45"},
    ),
        "no family name": (each("Practitioner", drop("name", 0, "family")), {"R01-20"}, set()),
        "a structure without system": (
        each("PractitionerRole", drop("organization", "identifier", "system")), {"R01-22"}, set(),
    ),
        "a postal code of four digits": (
        each("PractitionerRole", put("contained", 0, "address", "postalCode", value="9900")), {"R01-25"}, set(),
    ),
        "a type of slot of another system": (
        first("Slot", put("meta", "security", 0, "system", value="urn:oid:1.2.3")), {"R01-26"}, set(),
    ),
        "an unknown type of consultation": (
        first("Slot", put("serviceType", 0, "coding", 0, "code", value="EMER")), {"R01-27"}, set(),
    ),
        "a specialty of another system": (
        first("Slot", put("specialty", 0, "coding", 0, "system", value="urn:oid:1.2.3")), {"R01-28"}, set(),
    ),
    },
    {
        "Locations apart": (_location_apart, {"R01-18"}, {"R01-07", "R01-42"}),
        "somebody else": (_someone_else, {"R01-21", "R01-40"}, {"R01-41", "R01-42", "R01-45"}),
        "no structure": (each("PractitionerRole", drop("organization")), {"R01-22"}, set()),
        "consultation types in one element": (
        first("Slot", lambda slot: slot["serviceType"][0]["coding"].extend(slot["serviceType"].pop(1)["coding"])),
        {"R01-27"}, set(),
    ),
        "no appointment type": (first("Slot", drop("appointmentType")), {"R01-29"}, set()),
        "a busy slot": (first("Slot", put("status", value="busy")), {"R01-30"}, set()),
        "no milliseconds": (
        each("Slot", lambda slot: slot.update(start=slot["start"].replace(".000", ""))), {"R01-31"}, set(),
    ),
        "an end at the start": (each("Slot", lambda slot: slot.update(end=slot["start"])), {"R01-32"}, set()),
    },
    {
        "Z instead of an offset": (
        each("Slot", lambda slot: slot.update(
            end=datetime.fromisoformat(slot["end"]).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        )),
        {"R01-31"}, set(),
    ),
        "a slot after the window": (
        _moved(lambda start: start + timedelta(days=30)), {"R01-33"}, {"R01-44", "R01-59", "R01-61"},
    ),
        "no page": (first("Slot", drop("comment")), {"R01-35"}, set()),
        "a slot twice": (_double, {"R01-36"}, set()),
        "an empty list of entries": (lambda bundle: bundle.setdefault("entry", []), {"R01-43", "R01-60"}, set()),
    },
    {
        "a slot of the past": (_moved(lambda start: start - timedelta(days=9)), {"R01-34"}, {"R01-33", "R01-59", "R01-61"}),
        "a page that is no address": (each("Slot", put("comment", value="/praticien/1/")), {"R01-35"}, set()),
    },
]  # fmt: skip
READING: list[dict[str, tuple[str, set[str], set[str]]]] = [
    {
        "plain JSON": ("plain json", {"R01-03", "R01-58"}, set()),
        "a self link of its own": ("self link", {"R01-04"}, {"R01-43"}),
        "numbers only with their prefix": ("prefix wanted", {"R01-45"}, set()),
        "25 is too many": ("limit 24", {"R01-46"}, {"R01-91"}),
        "redirects /Slot/": ("slash", {"R01-50"}, set()),
        "takes bare instants for UTC": ("bare is utc", {"R01-51"}, set()),
        "refuses a blank for a plus": ("blank offset", {"R01-52"}, set()),
        "refuses a raw bar": ("raw bar", {"R01-53"}, set()),
    },
    {
        "404 for nobody": ("nobody", {"R01-43"}, {"R01-60"}),
        "26 is not too many": ("no limit", {"R01-47"}, set()),
        "refuses a blank after a comma": ("blank after comma", {"R01-54"}, set()),
        "wants an order": ("order", {"R01-55"}, set()),
        "refuses unknown parameters": ("strict", {"R01-56"}, {"R01-81"}),
        "reads the first list only": ("first only", {"R01-57"}, set()),
        "excludes its bounds": ("exclusive", {"R01-59"}, set()),
        "takes a search without status": ("status ignored", {"R01-76", "R01-77"}, set()),
    },
    {
        "takes a search without bounds": ("bounds ignored", {"R01-70", "R01-71", "R01-72"}, set()),
        "falls over a null byte": ("breaks on nul", {"R01-81"}, set()),
        "passes modifiers over in silence": ("modifiers ignored", {"R01-83"}, set()),
    },
    {"errors in HTML": ("html errors", REFUSALS | {"R01-47", "R01-82"}, set())},
    {"errors of its own": ("500 instead", REFUSALS | {"R01-47"}, {"R01-81"})},
]  # fmt: skip


def _reported(report: Report) -> set[str]:
    return named(report, Verdict.FAILED, Verdict.WARNING)


def test_a_correct_editor_passes_every_check(run_on: RunOn) -> None:
    report = run_on(SLOTS)
    assert named(report, Verdict.PASSED) == {check.identifier for check in SLOTS.checks}, explained(report)


@pytest.mark.parametrize("run", CONTENT, ids=run_name)
def test_each_fault_of_content_is_reported_by_its_check(editor: Editor, run_on: RunOn, run: dict[str, Fault]) -> None:
    def spoil(bundle: Resource) -> None:
        for falsify, _, _ in run.values():
            falsify(bundle)

    editor.spoil = spoil
    report = run_on(SLOTS)
    _says(report, run, besides=PROFILES)
    assert not report.interrupted


@pytest.mark.parametrize("run", READING, ids=run_name)
def test_each_fault_of_reading_is_reported_by_its_check(
    editor: Editor, run_on: RunOn, run: dict[str, tuple[str, set[str], set[str]]]
) -> None:
    editor.flaws = {flaw for flaw, _, _ in run.values()}
    _says(run_on(SLOTS), run)


def _says(report: Report, run: Mapping[str, tuple[Any, set[str], set[str]]], besides: Collection[str] = ()) -> None:
    must, may = ({name: fault[index] for name, fault in run.items()} for index in (1, 2))
    wanted, related = set().union(*must.values()), set().union(*may.values())
    assert wanted <= _reported(report) <= wanted | related | set(besides), explained(report)
    assert told_twice(must, may) == set()


def test_an_editor_that_refuses_the_platforms_media_type_answers_no_search_at_all(
    editor: Editor, run_on: RunOn
) -> None:
    editor.flaws = {"accept"}
    report = run_on(SLOTS)
    assert {"R01-01", "R01-40", "R01-58"} <= named(report, Verdict.FAILED)
    assert "R01-05" in named(report, Verdict.SKIPPED)


def test_a_slow_editor_gets_a_reservation(editor: Editor, run_on: RunOn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.recette.judging.speed.FAST_MS", 20)
    editor.delay = 0.03
    report = run_on(SLOTS)
    assert _reported(report) == {"R01-90", "R01-91"}, explained(report)
    assert named(report, Verdict.FAILED) == set()


def test_an_editor_without_slots_is_told_so_once(editor: Editor, run_on: RunOn) -> None:
    report = run_on(
        SLOTS, practitioners__one="899999999995", practitioners__several=["899999999995"], practitioners__two_places=""
    )
    assert {"R01-02", "R01-40"} <= named(report, Verdict.FAILED), explained(report)
    assert "R01-16" in named(report, Verdict.SKIPPED)
