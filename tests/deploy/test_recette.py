"""The acceptance book's own group on transport, run on this front with the certificates of the test authority."""

import json
import subprocess
import sys

import pytest

from conformance.recette import environment
from tests.conftest import ROOT
from tests.deploy.conftest import FHIR, Front

pytestmark = [pytest.mark.xdist_group("deploy"), pytest.mark.system]


def test_the_books_first_group_passes_with_every_certificate_it_knows(front: Front) -> None:
    answers = front.folder / "editor.toml"
    section = (front.folder / "certificates" / "recette.toml").read_text(encoding="utf-8")
    answers.write_text(f"{environment.DEMO.read_text(encoding='utf-8')}\n{section}", encoding="utf-8")
    report = front.folder / "report.json"

    done = subprocess.run(
        [
            *(sys.executable, "-m", "conformance.recette", f"--environment={answers}", f"--json={report}"),
            *(f"--base-url=https://{FHIR}:{front.port}/fhir", "--only=1"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    results = json.dumps(json.loads(report.read_text(encoding="utf-8")))
    for number in ("TLS-01", *(f"TLS-{number}" for number in range(10, 16))):
        assert number in results
    assert "non passé" not in done.stdout
