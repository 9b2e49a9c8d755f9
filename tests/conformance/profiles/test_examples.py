"""The guide's own examples: all pass, or their refusal is justified here, one by one."""

from __future__ import annotations

import json
from pathlib import Path

from conformance.profiles import Definitions, Finding, Severity

# example → (rule, path) of each error we find right. Empty: the 41 examples of 1.1.0 meet their profiles.
#
# Two pass that the SAS's own rules would not, which are other checks' business: Practitioner-ExamplePractitionerRegul1
# carries the structures' OID with the code IDNPS (no slice of the open slicing is for that system), and none of the
# three regulators has the `meta.source` that the specification requires (the profile only says what it is when there).
JUSTIFIED: dict[str, set[tuple[str, str]]] = {}


def errors(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(finding.rule, finding.path) for finding in findings if finding.severity is Severity.ERROR}


def test_an_example_of_the_guide_passes_without_a_warning_or_its_refusal_is_justified(
    folder: Path, definitions: Definitions
) -> None:
    examples = sorted((folder / "example").glob("*.json"))
    assert len(examples) == 41
    assert set(JUSTIFIED) <= {path.stem for path in examples}
    for path in examples:
        findings = definitions.check(json.loads(path.read_text(encoding="utf-8")))
        assert errors(findings) == JUSTIFIED.get(path.stem, set()), path.name
        assert not [finding for finding in findings if finding.severity is Severity.WARNING], path.name


def test_what_the_package_asks_and_we_cannot_check_is_only_what_other_packages_define(definitions: Definitions) -> None:
    limits = definitions.limits()
    assert limits.invariants == ()
    foreign = (
        "http://interopsante.org/",
        "https://mos.esante.gouv.fr/NOS/",
        "http://hl7.org/fhir/StructureDefinition/",
    )
    assert all(url.startswith(foreign) for url in (*limits.value_sets, *limits.profiles))
