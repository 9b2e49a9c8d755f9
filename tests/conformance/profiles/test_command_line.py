"""`python -m conformance.profiles`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.profiles.__main__ import main

from .mutations import example


def test_accepted_files_give_status_zero(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(folder / "example" / name) for name in ("Appointment-1.json", "Location-1111111111.json")]
    assert main([*files, "--definitions", str(folder)]) == 0
    assert capsys.readouterr().out.count("accepté") == 2


def test_a_refused_file_gives_status_one_and_names_the_place(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resource = example(folder, "Appointment-1")
    del resource["status"]
    path = tmp_path / "sans-statut.json"
    path.write_text(json.dumps(resource), encoding="utf-8")
    assert main([str(path), "--definitions", str(folder)]) == 1
    out = capsys.readouterr().out
    assert "refusé" in out
    assert "Appointment.status [cardinality.min]" in out
    assert "[profile.unknown]" not in out


def test_all_shows_what_could_not_be_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(folder / "example" / "Appointment-1.json"), "--definitions", str(folder), "--all"])
    assert "[profile.unknown]" in capsys.readouterr().out


def test_a_profile_may_be_imposed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "example" / "Practitioner-ExamplePractitioner2.json"
    url = "http://sas.fr/fhir/StructureDefinition/FrPractitionerRegul"
    assert main([str(path), "--definitions", str(folder), "--profile", url]) == 1
    assert "Practitioner.active [cardinality.min]" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["{", '{"resourceType": "Slot", "status": "free", "status": "busy"}'])
def test_unreadable_or_ambiguous_json_gives_status_two(
    content: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ressource.json"
    path.write_text(content, encoding="utf-8")
    assert main([str(path), "--definitions", str(folder)]) == 2
    assert "Vérification impossible" in capsys.readouterr().err


def test_a_missing_folder_gives_status_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "a.json"), "--definitions", str(tmp_path / "nulle-part")]) == 2
    assert "n’existe pas" in capsys.readouterr().err


def test_an_unknown_profile_gives_status_two(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(folder / "example" / "Appointment-1.json")
    assert main([path, "--definitions", str(folder), "--profile", "http://example.org/inconnu"]) == 2
    assert "Profil absent" in capsys.readouterr().err
