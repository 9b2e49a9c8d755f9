"""The rules that hold for every slot search, under one roof for the groups that check them together."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from conformance.recette.findings import Problem
from conformance.recette.judging import envelope, graph, people, slots
from conformance.recette.judging.searchset import SearchSet

Judge = Callable[[SearchSet], Iterable[Problem]]

# What any answer with slots must be, whoever they belong to.
COMMON: tuple[Judge, ...] = (
    envelope.judge_type,
    envelope.judge_full_urls,
    envelope.judge_repeated,
    graph.judge_references,
    lambda found: graph.judge_emptiness(found.bundle),
    graph.judge_slots_schedule,
    people.judge_location_identifiers,
    people.judge_phones,
    people.judge_addresses,
    slots.judge_consultation_types,
    slots.judge_appointment_types,
    slots.judge_status,
    slots.judge_written_instants,
    slots.judge_order,
    slots.judge_pages,
)
# What is added for practitioners, in communities or not.
PRACTITIONERS: tuple[Judge, ...] = (
    *COMMON,
    envelope.judge_total,
    envelope.judge_search_modes,
    graph.judge_schedules,
    graph.judge_locations,
    people.judge_practitioners,
    people.judge_names,
    people.judge_structures,
    slots.judge_specialties,
)


def judge_all(found: SearchSet, rules: Iterable[Judge]) -> list[Problem]:
    return [problem for rule in rules for problem in rule(found)]
