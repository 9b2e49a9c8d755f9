"""The report: readable in a terminal, sound as JSON, and a page that can be handed over."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.recette.__main__ import main
from conformance.recette.book import Group, Source
from conformance.recette.context import Context
from conformance.recette.groups import all_groups, choose
from conformance.recette.groups.metadata import METADATA
from conformance.recette.groups.slots import SLOTS
from conformance.recette.report.page import html_page
from conformance.recette.report.terminal import TerminalView
from conformance.recette.report.wording import NBSP, french, seconds
from conformance.recette.results import COULD_FAIL, COULD_NOT_RUN, PASSED, Report
from conformance.recette.verdicts import Verdict
from tests.browsers import chromium, violations
from tests.conformance.recette.conftest import make_environment, run_groups
from tests.conformance.recette.editor import Editor
from tests.conformance.recette.test_slot_faults import CONTENT

FAULTS = {name: fault for run in CONTENT for name, fault in run.items()}


@pytest.fixture
def faulty(editor: Editor, run_on: Callable[..., Report]) -> Report:
    """A run with passes, failures, a reservation and skips."""
    editor.spoil = FAULTS["a slot twice"][0]
    editor.flaws = {"no limit"}
    return run_on(*(group for group in all_groups() if group.number in (1, 2, 3, 4)))


def test_the_page_is_one_file_that_fetches_nothing(faulty: Report) -> None:
    page = html_page(faulty)
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)=["'](?!#)""", page)
    assert "@import" not in page
    assert "url(" not in page
    assert '<html lang="fr">' in page


def test_the_page_tells_failures_first_with_their_rule_and_exchange(faulty: Report) -> None:
    page = html_page(faulty)
    assert page.index("À lire d’abord") < page.index('id="groupe-creneaux"')
    assert '<a href="#R01-47">' in page
    assert "<details open>" in page
    assert "Guide d’implémentation ANS" in page


def test_no_report_holds_a_name_a_number_or_a_phone(editor: Editor, run_on: Callable[..., Report]) -> None:
    editor.spoil = FAULTS["no family name"][0]
    report = run_on(SLOTS)
    for text in (html_page(report), json.dumps(report.as_json(), ensure_ascii=False)):
        for personal in ("Alba", "Colombe", "810002909371", "810100050075", "199001234"):
            assert personal not in text


def test_the_json_report_counts_and_explains(faulty: Report) -> None:
    document = json.loads(json.dumps(faulty.as_json()))
    assert document["summary"]["failed"] == 1
    assert document["summary"]["warning"] == 1
    assert document["exit_status"] == COULD_FAIL
    failed = next(r for g in document["groups"] for r in g["results"] if r["verdict"] == "failed")
    assert failed["identifier"] == "R01-47"
    assert failed["sources"][0]["section"]
    assert failed["exchanges"][-1]["status"] == 200


def test_the_terminal_view_is_plain_text_elsewhere_than_on_a_terminal(faulty: Report) -> None:
    out = io.StringIO()
    view = TerminalView(out, total=2)
    for result in faulty.results():
        view.check_done(result)
    view.closing(faulty)
    text = out.getvalue()
    assert "\x1b" not in text
    assert "\r" not in text
    assert "échec      R01-47" in text
    assert "Règle" in text
    assert max(map(len, text.splitlines())) <= 110


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals_and_can_be_declined(faulty: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured, plain = Terminal(), Terminal()
    TerminalView(coloured, total=1).closing(faulty)
    monkeypatch.setenv("NO_COLOR", "1")
    TerminalView(plain, total=1).closing(faulty)
    assert "\x1b[1;31m" in coloured.getvalue()
    assert "\x1b[1;31m" not in plain.getvalue()


def test_french_spaces_are_put_where_they_belong() -> None:
    assert french("Attendu : « 3 » ; lu en 2 s !") == f"Attendu{NBSP}: «{NBSP}3{NBSP}»\u202f; lu en 2{NBSP}s\u202f!"
    assert french("http://e.example/x?a=b") == "http://e.example/x?a=b"
    assert seconds(1234) == f"1,2{NBSP}s"


def test_every_title_and_source_of_the_book_is_written(editor: Editor) -> None:
    checks = [check for group in all_groups() for check in group.checks]
    identifiers = [check.identifier for check in checks]
    assert len(set(identifiers)) == len(identifiers)
    for check in checks:
        assert re.fullmatch(r"(TLS|META|R01|CPTS|SOS|R02|SSO|R03)-\d{2,3}", check.identifier)
        assert check.sources
        assert not check.title.endswith(".")
        assert "'" not in check.title


def test_groups_are_chosen_by_number_or_by_key() -> None:
    groups = all_groups()
    assert [group.key for group in choose(groups, ["2", "creneaux"])] == ["metadata", "creneaux"]
    assert [group.key for group in choose(groups, ["4"])] == ["cpts", "sos"]
    with pytest.raises(ValueError, match="Groupe inconnu"):
        choose(groups, ["8"])


def test_the_command_writes_both_reports_and_exits_zero(editor: Editor, tmp_path: Path, capsys: Any) -> None:
    files = [f"--json={tmp_path / 'r.json'}", f"--html={tmp_path / 'r.html'}"]
    assert main(["--base-url", editor.base, "--only", "2", *files]) == PASSED
    assert json.loads((tmp_path / "r.json").read_text())["summary"]["passed"] == len(METADATA.checks)
    assert "Recette SAS" in (tmp_path / "r.html").read_text()
    assert "réussi" in capsys.readouterr().out


def test_the_command_exits_one_on_a_failure(editor: Editor, capsys: Any) -> None:
    editor.spoil_metadata = lambda statement: statement.update(fhirVersion="5.0.0")
    assert main(["--base-url", editor.base, "--only=2"]) == COULD_FAIL
    assert "META-03" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--base-url", "http://127.0.0.1:9/fhir", "--only", "2"],
        ["--base-url", "nothing", "--only", "2"],
        ["--only", "nothing"],
        ["--environment", "missing.toml"],
        ["--html", "/nowhere/at/all.html"],
        ["--cert", "missing.pem"],
        ["--set", "editor.base_url.x=1"],
    ],
)
def test_the_command_exits_two_when_it_could_not_run(arguments: list[str], capsys: Any) -> None:
    assert main(arguments) == COULD_NOT_RUN
    told = capsys.readouterr()
    assert "Traceback" not in told.out + told.err
    assert (told.out + told.err).strip()


def test_a_value_of_the_environment_is_replaced_on_the_command_line(editor: Editor, capsys: Any) -> None:
    assert main(["--base-url", editor.base, "--only", "2", "--set", "editor.name=Autre logiciel"]) == PASSED
    assert "Autre logiciel" in capsys.readouterr().out


@pytest.mark.browser
def test_the_page_has_no_accessibility_violation_and_fits_a_phone(faulty: Report, tmp_path: Path) -> None:
    file = tmp_path / "rapport.html"
    file.write_text(html_page(faulty), encoding="utf-8")
    with chromium() as browser:
        page = browser.new_page()
        page.goto(file.as_uri())
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            assert violations(page) == []


def test_personal_data_of_the_state_of_a_group_can_be_declared(editor: Editor) -> None:
    group: Group[dict[str, Any]] = Group(9, "essai", "Essai", dict)

    @group.check("T-01", "échoue", Source("Document", "section"))
    def fails(context: Context[dict[str, Any]]) -> None:
        context.run.masker.add("phrase-secrète")
        context.call("GET", "Slot?name=phrase-secr%C3%A8te")
        context.fault("La phrase-secrète est dite.")

    report = run_groups(make_environment(editor.base), group)
    text = json.dumps(report.as_json(), ensure_ascii=False)
    assert "phrase-secrète" not in text
    assert "phrase-secr%C3%A8te" not in text
    assert {result.verdict for result in report.results()} == {Verdict.FAILED}
