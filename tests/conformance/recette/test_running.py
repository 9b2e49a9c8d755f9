"""How the book runs: verdicts, dependencies, deadlines, a server that dies, what the report may say."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.recette import environment as environments
from conformance.recette.book import Group, Source
from conformance.recette.context import Context, Run
from conformance.recette.environment import UnusableEnvironment
from conformance.recette.findings import Problem, gathered
from conformance.recette.results import COULD_FAIL, COULD_NOT_RUN, PASSED, Report
from conformance.recette.verdicts import CheckFailed, CheckSkipped, Verdict
from tests.conformance.recette.conftest import make_environment, named, result_of, run_groups
from tests.conformance.recette.editor import Editor

RULE = Source("Document", "section")
RunOn = Callable[..., Report]


def a_group(**options: Any) -> Group[dict[str, Any]]:
    return Group(9, "essai", "Essai", dict, **options)


def test_a_check_says_its_verdict_by_what_it_does(run_on: RunOn) -> None:
    group = a_group()

    @group.check("T-01", "passe", RULE)
    def passes(context: Context[dict[str, Any]]) -> str:
        return "avec une remarque."

    @group.check("T-02", "échoue", RULE)
    def fails(context: Context[dict[str, Any]]) -> None:
        raise CheckFailed("Pas bien.")

    @group.check("T-03", "échoue et continue", RULE)
    def fails_twice(context: Context[dict[str, Any]]) -> None:
        context.fault("Une.", "ici")
        context.warn("Deux.")

    @group.check("T-04", "réserve", RULE)
    def warns(context: Context[dict[str, Any]]) -> None:
        context.warn("Trois.")

    @group.check("T-05", "non passé", RULE)
    def skips(context: Context[dict[str, Any]]) -> None:
        raise CheckSkipped("Pas ici.")

    @group.check("T-06", "surpris", RULE)
    def stumbles(context: Context[dict[str, Any]]) -> None:
        {}["secret-key"]

    report = run_on(group)
    assert [result.verdict.value for result in report.results()] == [
        "passed",
        "failed",
        "failed",
        "warning",
        "skipped",
        "failed",
    ]
    assert result_of(report, "T-01").reason == "avec une remarque."
    assert [problem.sentence for problem in result_of(report, "T-03").problems] == ["Une.", "Deux."]
    # Its message may quote an answer: only the class and the place are told.
    assert "KeyError" in result_of(report, "T-06").problems[0].sentence
    assert "secret-key" not in json.dumps(report.as_json())
    assert report.exit_status == COULD_FAIL


def test_what_supposes_a_failed_check_is_skipped(run_on: RunOn) -> None:
    group = a_group()

    @group.check("T-01", "échoue", RULE)
    def fails(context: Context[dict[str, Any]]) -> None:
        raise CheckFailed("Non.")

    @group.check("T-02", "suppose", RULE, requires=("T-01",))
    def supposes(context: Context[dict[str, Any]]) -> None:
        raise AssertionError("must not be run")

    report = run_on(group)
    assert result_of(report, "T-02").verdict is Verdict.SKIPPED
    assert "T-01" in result_of(report, "T-02").reason


def test_the_state_is_new_at_each_run_and_shared_by_its_checks(run_on: RunOn) -> None:
    group = a_group()
    cleaned: list[int] = []

    @group.check("T-01", "écrit", RULE)
    def writes(context: Context[dict[str, Any]]) -> None:
        context.state["count"] = context.state.get("count", 0) + 1

    @group.check("T-02", "lit", RULE)
    def reads(context: Context[dict[str, Any]]) -> None:
        context.expect(context.state == {"count": 1}, "Autre chose.")

    group.cleanup = lambda context: cleaned.append(context.state["count"])
    for _ in range(2):
        assert named(run_on(group), Verdict.PASSED) == {"T-01", "T-02"}
    assert cleaned == [1, 1]


def test_a_cleanup_that_fails_changes_no_verdict(run_on: RunOn) -> None:
    group = a_group()

    @group.check("T-01", "passe", RULE)
    def passes(context: Context[dict[str, Any]]) -> None: ...

    def breaks(context: Context[dict[str, Any]]) -> None:
        raise ValueError("nothing to withdraw")

    group.cleanup = breaks
    assert run_on(group).exit_status == PASSED


def test_a_check_that_never_ends_is_abandoned_and_the_next_one_runs(run_on: RunOn) -> None:
    group = a_group()

    @group.check("T-01", "traîne", RULE, limit=0.1)
    def lingers(context: Context[dict[str, Any]]) -> None:
        time.sleep(3)

    @group.check("T-02", "passe", RULE)
    def passes(context: Context[dict[str, Any]]) -> None: ...

    started = time.monotonic()
    report = run_on(group)
    assert time.monotonic() - started < 2
    assert result_of(report, "T-01").verdict is Verdict.FAILED
    assert "temps imparti" in result_of(report, "T-01").problems[0].sentence
    assert result_of(report, "T-02").verdict is Verdict.PASSED


def test_a_call_is_cut_at_the_checks_deadline(editor: Editor, run_on: RunOn) -> None:
    editor.delay = 1.0
    group = a_group()

    @group.check("T-01", "attend", RULE, limit=0.3)
    def waits(context: Context[dict[str, Any]]) -> None:
        query = "start=ge2026-11-23T10:00:00Z&start=le2026-11-24T10:00:00Z&status=free"
        context.answered(context.call("GET", f"Slot?{query}&schedule.actor:Practitioner.identifier=x|1"), 200)

    report = run_on(group)
    assert result_of(report, "T-01").verdict is Verdict.FAILED


def test_past_the_overall_limit_the_rest_is_skipped_and_the_run_did_not_end(editor: Editor) -> None:
    group = a_group()

    @group.check("T-01", "prend son temps", RULE)
    def takes_time(context: Context[dict[str, Any]]) -> None:
        time.sleep(0.3)

    @group.check("T-02", "vient trop tard", RULE)
    def too_late(context: Context[dict[str, Any]]) -> None: ...

    report = run_groups(replace(make_environment(editor.base), total_seconds=0.2), group)
    assert result_of(report, "T-02").verdict is Verdict.SKIPPED
    assert "épuisé" in report.interrupted


def test_a_server_that_does_not_listen_is_told_once_and_nothing_is_run() -> None:
    group = a_group()

    @group.check("T-01", "appelle", RULE)
    def calls(context: Context[dict[str, Any]]) -> None:
        raise AssertionError("must not be run")

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    report = run_groups(make_environment(f"http://127.0.0.1:{port}/fhir"), group)
    assert report.exit_status == COULD_NOT_RUN
    assert "Aucune connexion" in report.interrupted
    assert result_of(report, "T-01").verdict is Verdict.SKIPPED


def test_a_server_that_dies_fails_the_check_under_way_and_skips_the_rest(editor: Editor, run_on: RunOn) -> None:
    group = a_group()

    @group.check("T-01", "tue", RULE)
    def kills(context: Context[dict[str, Any]]) -> None:
        editor.server.shutdown()
        editor.server.server_close()
        context.answered(context.call("GET", "metadata"), 200)

    @group.check("T-02", "suit", RULE)
    def follows(context: Context[dict[str, Any]]) -> None: ...

    report = run_on(group)
    assert result_of(report, "T-01").verdict is Verdict.FAILED
    assert "n’a pas abouti" in result_of(report, "T-01").problems[0].sentence
    assert result_of(report, "T-02").reason == report.interrupted != ""
    editor.stop = editor.thread.join  # type: ignore[method-assign]  # stopped already


def test_ctrl_c_ends_the_run_and_keeps_what_is_known(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    group = a_group()
    for number in range(3):
        group.check(f"T-0{number}", "passe", RULE)(lambda context: None)
    run_one = "conformance.recette.running._GroupRun._run_one"
    results = iter([None, KeyboardInterrupt])
    from conformance.recette.running import _GroupRun

    original = _GroupRun._run_one

    def interrupted(self: Any, check: Any, state: object) -> Any:
        if next(results) is KeyboardInterrupt:
            raise KeyboardInterrupt
        return original(self, check, state)

    monkeypatch.setattr(run_one, interrupted)
    report = run_groups(make_environment(editor.base), group)
    assert [result.verdict.value for result in report.results()] == ["passed", "skipped", "skipped"]
    assert report.exit_status == COULD_NOT_RUN


def test_a_group_says_why_it_cannot_run(run_on: RunOn) -> None:
    group = a_group(why_not=lambda run: "Rien à contrôler ici.")
    group.check("T-01", "passe", RULE)(lambda context: None)
    report = run_on(group)
    assert result_of(report, "T-01").reason == "Rien à contrôler ici."
    assert report.exit_status == COULD_NOT_RUN


def test_identifiers_are_unique_and_requirements_known() -> None:
    group = a_group()
    group.check("T-01", "passe", RULE)(lambda context: None)
    for identifier, requires in (("T-01", ()), ("T-02", ("T-03",))):
        with pytest.raises(ValueError):
            group.check(identifier, "passe", RULE, requires=requires)
    with pytest.raises(ValueError):
        group.check("T-04", "sans règle")


def test_a_refusal_is_a_4xx_with_an_outcome_that_names_the_element(editor: Editor) -> None:
    outcome = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "required", "expression": ["Practitioner.active"]}],
    }
    editor.answer = lambda path, query: (422, "application/fhir+json", json.dumps(outcome).encode())
    with Run(make_environment(editor.base)) as run:
        context: Context[Any] = Context(run, None)
        exchange = context.call("GET", "Practitioner")
        context.refused(exchange, 422, element="Practitioner.active")
        assert context.problems == []
        context.refused(exchange, 400, 409)
        context.refused(exchange, element="Practitioner.name")
    assert [problem.sentence for problem in context.problems] == [
        "Réponse 422 au lieu de 400 ou 409.",
        "L’OperationOutcome ne nomme pas l’élément en cause (Practitioner.name).",
    ]


def test_the_same_fault_at_many_places_is_said_once() -> None:
    problems = [Problem("Vide.", f"Bundle.entry[{number}]") for number in range(3)] + [Problem("Autre.", "ici")]
    assert gathered(problems) == [Problem("Vide.", "Bundle.entry[0], et 2 autres"), Problem("Autre.", "ici")]


def test_without_definitions_profile_checks_are_skipped_loudly(run_on: RunOn) -> None:
    from conformance.recette.groups.slots import SLOTS

    report = run_on(SLOTS, profiles__definitions="nowhere")
    assert result_of(report, "R01-15").verdict is Verdict.SKIPPED
    assert "n’existe pas" in result_of(report, "R01-15").reason
    assert not report.profiles_checked


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("editor__base_url", "agenda.example", "adresse d’une base FHIR"),
        ("practitioners__one", "", "practitioners.one"),
        ("origins__accepted", "sas", "origins.accepted"),
        ("booking__driver", "nobody", "booking.driver"),
        ("transport__certificate", "nowhere.pem", "n’existe pas"),
        ("limits__check", -1, "limits.check"),
        ("practitioners__onne", "x", "Clé inconnue"),
    ],
)
def test_an_unusable_environment_names_the_key(name: str, value: Any, told: str) -> None:
    with pytest.raises(UnusableEnvironment, match=told):
        make_environment("http://127.0.0.1:1/fhir", **{name: value})


def test_the_definitions_are_the_files_else_the_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("FHIR_DEFINITIONS", str(tmp_path))
    assert make_environment("http://127.0.0.1:1/fhir").definitions == tmp_path
    assert make_environment("http://127.0.0.1:1/fhir", profiles__definitions="/x/y").definitions == Path("/x/y")
    monkeypatch.delenv("FHIR_DEFINITIONS")
    assert make_environment("http://127.0.0.1:1/fhir").definitions == environments.BESIDE_THE_CHECKOUT


def test_a_file_that_is_no_toml_is_refused_politely(tmp_path: Any) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("[editor\n")
    with pytest.raises(UnusableEnvironment, match="TOML"):
        environments.load(file)
    with pytest.raises(UnusableEnvironment, match="ne se lit pas"):
        environments.load(tmp_path / "missing.toml")
