"""`./agenda recette`: what it starts, what it leaves alone, and the whole book on a fresh instance."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.recette import environment as environments
from deploy.local import cli, recette
from deploy.local.layout import ROOT
from deploy.local.product import Ports
from deploy.local.recette import book_settings, starts_our_own
from tests.conformance.recette.editor import Editor

GUIDE = ROOT.parent / "shared" / "fhir" / "ans.fhir.fr.sas-1.1.0"
# The book waits for lost answers to be given up, and for retries: about a minute on a quiet machine.
WHOLE_BOOK_SECONDS = 300


@pytest.mark.parametrize(
    "given", [[], ["--only", "3"], ["--json", "r.json", "--html=r.html"], ["--set", "limits.total=60"]]
)
def test_without_an_address_a_fresh_instance_is_started(given: list[str]) -> None:
    assert starts_our_own(given)


@pytest.mark.parametrize(
    "given", [["--base-url", "https://x/fhir"], ["--base-url=https://x/fhir"], ["--environment", "x.toml"], ["--help"]]
)
def test_with_an_address_nothing_of_ours_is_started(given: list[str]) -> None:
    assert not starts_our_own(given)


def test_the_arguments_go_to_the_book_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(recette, "run", lambda arguments: asked.append(arguments) or 2)
    assert cli.main(["recette", "--only", "2,3", "--data"]) == 2
    assert asked == [["--only", "2,3", "--data"]]


def test_the_fresh_instance_is_described_in_the_environments_own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECETTE_CLIENT_SECRET", "secret")
    tables = environments.load(environments.DEMO)
    for key, value in book_settings(Ports(web=8123, sandbox=8124, smtp=8125)).items():
        environments.override(tables, key, value)
    environment = environments.read(tables, folder=environments.DEMO.parent)
    assert environment.base_url == "http://127.0.0.1:8123/fhir"
    assert environment.platform is not None
    assert environment.platform.listen == ("127.0.0.1", 8124)
    assert environment.platform.callback == "http://127.0.0.1:8123/sas/retour/"
    assert environment.platform.smtp_port == 8125


def test_on_another_address_the_command_needs_no_server_of_ours(editor: Editor, tmp_path: Path) -> None:
    done = _agenda("--base-url", editor.base, "--only", "2", "--json", "r.json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((tmp_path / "r.json").read_text())["exit_status"] == 0
    assert "PostgreSQL" not in done.stderr


@pytest.mark.xdist_group("deploy")
@pytest.mark.system
@pytest.mark.slow
def test_a_fresh_instance_of_ours_passes_the_whole_book(tmp_path: Path) -> None:
    done = _agenda("--json", "r.json", "--html", "r.html", cwd=tmp_path, seconds=WHOLE_BOOK_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads((tmp_path / "r.json").read_text())
    results = [(group["number"], result) for group in document["groups"] for result in group["results"]]
    verdicts = {(number, result["verdict"]) for number, result in results}
    # Over plain HTTP there is no transport to look at; communities and associations are not published yet.
    assert verdicts == {
        (1, "skipped"),
        (2, "passed"),
        (3, "passed"),
        (4, "skipped"),
        *((n, "passed") for n in (5, 6, 7)),
    }, [(result["identifier"], result["reason"]) for number, result in results if number == 7]
    assert document["profiles_checked"]
    assert "Recette SAS" in (tmp_path / "r.html").read_text()


def _agenda(*arguments: str, cwd: Path, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "agenda"), "recette", *arguments]
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, timeout=seconds, check=False, env=environment
    )
