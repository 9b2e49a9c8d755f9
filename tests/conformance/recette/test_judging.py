"""Pure rules on the guide's own answers, on the edges of each format, and on any JSON at all."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.recette.findings import Problem
from conformance.recette.judging import associations, communities, envelope, graph, people, slots
from conformance.recette.judging.capabilities import declared_interactions, missing_interactions
from conformance.recette.judging.searches import COMMON, PRACTITIONERS, judge_all
from conformance.recette.judging.searchset import SearchSet
from conformance.recette.judging.speed import judge_durations
from conformance.recette.slot_queries import (
    completed,
    encoded,
    nobody,
    once,
    parameters,
    spellings,
    whole_window,
    without,
)
from sandbox.sas.clock import PARIS
from sandbox.sas.vocabulary import Identifier
from tests.conformance.recette.editor import BOUND, SIRET
from tests.conformance.recette.editor_data import Asked, searchset, sos_searchset

GUIDE = Path(__file__).resolve().parents[4] / "shared" / "fhir" / "ans.fhir.fr.sas-1.1.0" / "example"
NOW = datetime(2026, 11, 23, 14, 20, 31, tzinfo=UTC)
WINDOW = slots.Window(NOW, NOW + timedelta(days=3), NOW)


def sentences(problems: Iterable[Problem]) -> set[str]:
    return {problem.sentence for problem in problems if not problem.warning}


def example(name: str) -> SearchSet:
    if not GUIDE.is_dir():
        pytest.skip("the ANS guide is not beside this checkout: its examples are NOT checked")
    return SearchSet.of(json.loads((GUIDE / f"Bundle-{name}.json").read_text(encoding="utf-8")))


def test_the_guides_answer_breaks_only_what_its_own_text_asks_and_it_forgot() -> None:
    found = example("ExampleBundlePSIndiv")
    assert sentences(judge_all(found, PRACTITIONERS)) == {
        "search.mode vaut rien pour Slot : match attendu.",
        "search.mode vaut rien pour Schedule : include attendu.",
        "search.mode vaut rien pour Practitioner : include attendu.",
        "search.mode vaut rien pour PractitionerRole : include attendu.",
    }
    assert list(envelope.judge_declared_profiles(found, envelope.SLOT_PROFILES)) == []
    assert list(slots.judge_slot_types(found)) == []


def test_the_guides_answer_of_associations_holds_together() -> None:
    found = example("ExampleBundleAgregateurSOS")
    assert sentences(judge_all(found, COMMON)) == set()
    assert sentences(associations.judge_places(found)) == set()
    assert list(envelope.judge_declared_profiles(found, envelope.SOS_PROFILES)) == []
    assert list(slots.judge_slot_types(found, slots.SOS_TYPES)) == []


def test_the_guides_answer_of_communities_names_them() -> None:
    found = example("ExampleBundleCPTS")
    assert list(communities.judge_some_community(found)) == []
    assert list(communities.judge_community_slots(found)) == []
    assert list(communities.judge_services(found)) == []
    assert list(communities.judge_organizations(found, ["1950047225"])) == []
    assert sentences(communities.judge_organizations(found, ["1999999999"])) == {
        "1 des CPTS déclarées n’apparaissent pas."
    }


@pytest.mark.parametrize(
    ("asked", "told", "right"),
    [
        ("Slot?a=1&b=x|y", "http://e/fhir/Slot?a=1&b=x%7Cy", True),
        ("Slot?a=1&a=2", "http://e/fhir/Slot?a=2&a=1", True),
        ("Slot?start=ge2026-11-23T10:00:00+01:00", "http://e/fhir/Slot?start=ge2026-11-23T10:00:00%2B01:00", True),
        ("Slot/?a=1", "http://e/fhir/Slot?a=1", True),
        ("Slot?a=1&a=1", "http://e/fhir/Slot?a=1", False),
        ("Slot?a=1", "http://e/fhir/Slot", False),
        ("Slot?a=1", "http://e/fhir/Slot?a=1&_count=10", False),
        ("Slot?a=1", "http://e/fhir/Schedule?a=1", False),
        ("Slot?a=1", "http://e/fhir/Slot?a=2", False),
    ],
)
def test_self_is_the_query_whatever_its_order_and_encoding(asked: str, told: str, right: bool) -> None:
    found = SearchSet.of({"link": [{"relation": "self", "url": told}]})
    assert (sentences(envelope.judge_self_link(found, f"http://e/fhir/{asked}")) == set()) is right


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("1990000018", True), ("12A0000018", True), ("399900000000018", True), ("41000000000", True),
        ("412345678901234", True), ("0991000017", True), ("099100001701", True),
        ("990000018", False), ("39990000000001", False), ("5123456789", False), ("", False), ("1990000018 ", False),
    ],
)  # fmt: skip
def test_structures_are_prefixed(value: str, right: bool) -> None:
    assert bool(people.STRUCTURE_VALUE.fullmatch(value)) is right


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("+33199001234", True), ("+262692001234", True), ("+590690001234", True), ("+594694001234", True),
        ("+596696001234", True), ("0199001234", False), ("+33 1 99 00 12 34", False), ("+330199001234", False), ("15", False),
    ],
)  # fmt: skip
def test_phones_are_international(value: str, right: bool) -> None:
    assert bool(people.PHONE.fullmatch(value)) is right


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("2026-11-23T14:00:00.000+01:00", True), ("2026-11-23T14:00:00.000-04:00", True),
        ("2026-11-23T14:00:00+01:00", False), ("2026-11-23T14:00:00.000Z", False), ("2026-11-23T14:00:00.0000+01:00", False),
        ("2026-11-23T14:00:00.000", False), ("2026-02-30T14:00:00.000+01:00", False), (None, False), (3, False),
    ],
)  # fmt: skip
def test_instants_are_written_in_one_way(value: Any, right: bool) -> None:
    slot = {"resourceType": "Slot", "id": "1", "start": value, "end": "2026-11-23T15:00:00.000+01:00"}
    found = SearchSet.of({"entry": [{"resource": slot}]})
    assert (list(slots.judge_written_instants(found)) == []) is right


@pytest.mark.parametrize(
    ("durations", "told"),
    [([], ""), ([10, 20, 900], ""), ([900, 1500, 1200], "warning"), ([10, 10, 1500], ""), ([10, 7001, 10], "failed")],
)
def test_one_slow_answer_is_forgiven_and_a_lost_one_is_not(durations: list[int], told: str) -> None:
    found = [("warning" if problem.warning else "failed") for problem in judge_durations(durations)]
    assert found == ([told] if told else [])


@pytest.mark.parametrize(
    "now", [NOW, datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)]
)
def test_every_spelling_of_the_bounds_is_the_same_instant(now: datetime) -> None:
    """By whichever of its two an editor reads an hour that comes twice."""
    start, end = whole_window(now)
    start = once(start)
    for first, last in spellings(start, end).values():
        for text, instant in ((f"ge{first}", start), (f"le{last}", end)):
            match = BOUND.fullmatch(text)
            assert match is not None
            written = datetime.fromisoformat(match[2] + (match[4] or "").replace("Z", "+00:00"))
            read = [written] if written.tzinfo else [written.replace(tzinfo=PARIS, fold=fold) for fold in (0, 1)]
            assert {one.timestamp() for one in read} == {instant.timestamp()}


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        datetime(2027, 3, 27, 23, 30, tzinfo=UTC),
    ],
)
def test_the_window_ends_on_the_third_day_in_paris_on_clock_change_nights_too(now: datetime) -> None:
    start, end = whole_window(now)
    assert (end.date() - start.date()).days == 2
    assert (end.hour, end.minute, end.second) == (23, 59, 59)
    assert timedelta() < start.astimezone(UTC) - now <= timedelta(minutes=1)


def test_lists_are_completed_by_numbers_of_nobody() -> None:
    one = Identifier("urn:oid:1.2.250.1.71.4.2.1", "810002909371")
    assert len({identifier.value for identifier in completed([one, one])}) == 25
    assert len(completed([one], 26)) == 26
    assert all(people.PERSON_VALUE.fullmatch(identifier.value) for identifier in nobody(26))


def test_a_query_keeps_what_it_is_told_to_keep() -> None:
    given = parameters([Identifier("urn:oid:1", "8"), Identifier("urn:oid:1", "9")], "A+01:00", "B")
    assert "urn:oid:1%7C8,urn:oid:1%7C9" in encoded(given)
    assert "urn:oid:1|8,urn:oid:1|9" in encoded(given, keep=":,|")
    assert "urn%3Aoid%3A1%7C8%2C" in encoded(given, keep="")
    assert "geA%2B01" in encoded(given)
    assert "geA+01" in encoded(given, keep=":+")
    assert "start=ge" not in encoded(without(given, "start", "ge"))


STRANGE = st.sampled_from(
    [None, True, 0, -1, 1.5, "", " ", "x", "#1", "http://[", [], [None], [[]], {}, {"x": None}, [{}], ["x"]]
)
ASKED = Asked(NOW, NOW + timedelta(days=1), ("810002909371", "810100050075"), cpts=True, structures=(SIRET,))
ANSWERS = (
    searchset("http://e/fhir", ASKED, "http://e/fhir/Slot?a=1", NOW),
    sos_searchset("http://e/fhir", ASKED, "http://e/fhir/Schedule?a=1", NOW, SIRET),
)


def every_path(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for step, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from every_path(inner, (*path, step))


PATHS = tuple(tuple(every_path(answer)) for answer in ANSWERS)


@st.composite
def falsified(draw: st.DrawFn) -> Any:
    """A correct answer with a few of its nodes replaced by anything."""
    which = draw(st.sampled_from(range(len(ANSWERS))))
    answer: Any = copy.deepcopy(ANSWERS[which])
    for path in draw(st.lists(st.sampled_from(PATHS[which]), min_size=1, max_size=3)):
        if not path:
            return draw(STRANGE)
        node = answer
        try:
            for step in path[:-1]:
                node = node[step]
            node[path[-1]] = copy.deepcopy(draw(STRANGE))
        except (KeyError, IndexError, TypeError):
            continue  # an earlier replacement took that path away
    return answer


@settings(max_examples=400, deadline=None)
@given(falsified())
def test_no_answer_however_strange_stops_a_rule(answer: Any) -> None:
    found = SearchSet.of(answer)
    judge_all(found, PRACTITIONERS)
    for problems in (
        envelope.judge_declared_profiles(found, envelope.CPTS_PROFILES),
        envelope.judge_resource_types(found, envelope.SLOT_PROFILES, contained=("Location",)),
        envelope.judge_self_link(found, "http://e/Slot?a=1"),
        envelope.judge_no_entry(found),
        graph.judge_unreferenced(found),
        graph.judge_two_places(found, "810100050075"),
        people.judge_asked(found, []),
        slots.judge_slot_types(found),
        slots.judge_window(found, WINDOW),
        slots.judge_past(found, WINDOW),
        slots.judge_doubles(found),
        communities.judge_some_community(found),
        communities.judge_community_slots(found),
        communities.judge_services(found),
        communities.judge_organizations(found, ["1"]),
        communities.judge_plain(found, found),
        associations.judge_places(found),
        associations.judge_place_details(found),
        associations.judge_associations(found, []),
        associations.judge_modes(found),
    ):
        assert all(isinstance(problem, Problem) for problem in problems)
    slots.offered(found, after=NOW)


@settings(max_examples=100, deadline=None)
@given(STRANGE, STRANGE, STRANGE)
def test_no_statement_however_strange_stops_a_rule(rest: Any, resource: Any, interaction: Any) -> None:
    for statement in (
        {"rest": rest},
        {"rest": [{"resource": resource}]},
        {"rest": [{"resource": [{"type": resource, "interaction": interaction, "searchParam": interaction}]}]},
        {"rest": [{"resource": [{"type": "Slot", "interaction": [{"code": interaction}], "searchParam": [rest]}]}]},
    ):
        missing_interactions(declared_interactions(statement), sos=True)
