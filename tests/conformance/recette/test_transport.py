"""Group 1 in front of a real TLS server, well and badly set, and in front of our product."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.recette.groups.metadata import METADATA
from conformance.recette.groups.slots import SLOTS
from conformance.recette.groups.transport import TRANSPORT
from conformance.recette.results import Report
from conformance.recette.tls import client_hello
from conformance.recette.verdicts import Verdict
from tests import factories
from tests.conformance.recette.certificates import CN, OU, Authority, Pair
from tests.conformance.recette.conftest import (
    explained,
    make_environment,
    named,
    result_of,
    run_groups,
    run_name,
    told_twice,
)
from tests.conformance.recette.editor import Editor
from tests.conformance.recette.terminator import Terminator

ALL = {check.identifier for check in TRANSPORT.checks}


class Certificates:
    """One authority, another that nobody trusts, and a certificate of each kind."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.other = Authority(folder, "Autorité inconnue")
        self.server = self.authority.server()
        self.distrusted_server = self.other.server("serveur-inconnu")
        self.good = self.authority.client("sas")
        self.refused = {
            "wrong_cn": self.authority.client("autre-cn", cn="pirate.exemple.test"),
            "wrong_ou": self.authority.client("autre-ou", ou="999999999999999"),
            "revoked": self.authority.client("revoque"),
            "expired": self.authority.client("expire", days=(-30, -1)),
            "unknown_authority": self.other.client("autorite-inconnue"),
        }

    def tables(self) -> dict[str, Any]:
        def pair(one: Pair) -> dict[str, str]:
            return {"certificate": str(one.certificate), "key": str(one.key)}

        return {
            **{f"transport__{key}": value for key, value in pair(self.good).items()},
            "transport__authority": str(self.authority.file),
            **{f"transport__{kind}": pair(one) for kind, one in self.refused.items()},
        }


@pytest.fixture(autouse=True)
def _near(monkeypatch: pytest.MonkeyPatch) -> None:
    """On loopback an alert comes at once."""
    monkeypatch.setattr("conformance.recette.tls.ALERT_SECONDS", 0.1)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificats"))


@pytest.fixture
def run_behind(editor: Editor, certificates: Certificates) -> Callable[..., Report]:
    """Runs group 1 on the stub editor behind a terminator with these flaws."""

    def run(*flaws: str, distrusted: bool = False) -> Report:
        pair = certificates.distrusted_server if distrusted else certificates.server
        upstream = editor.base.removesuffix("/fhir")
        with Terminator(
            upstream,
            certificates.authority,
            pair,
            certificates.refused["revoked"],
            certificates.other,
            flaws=set(flaws),
        ) as terminator:
            return run_groups(make_environment(terminator.base, **certificates.tables()), TRANSPORT)

    return run


def test_a_well_set_server_passes_every_check(run_behind: Callable[..., Report]) -> None:
    report = run_behind()
    assert named(report, Verdict.PASSED) == ALL, explained(report)


# Faults that are planted together, since no check is concerned by two of them and none hides another: name → who tells it.
FLAWS: list[dict[str, set[str]]] = [
    {
        "TLS 1.2 refused": {"TLS-03"}, "nobody is somebody": {"TLS-10"}, "any CN": {"TLS-11"}, "any OU": {"TLS-12"},
        "revoked": {"TLS-13"}, "expired": {"TLS-14"},
    },
    {"TLS 1.3 refused": {"TLS-04"}, "any authority": {"TLS-15"}},
    {"old TLS": {"TLS-05", "TLS-06"}},
    {"500 instead": {"TLS-10", "TLS-11", "TLS-12"}},
    {"cuts": {"TLS-10", "TLS-11", "TLS-12"}},
]  # fmt: skip


@pytest.mark.parametrize("run", FLAWS, ids=run_name)
def test_a_badly_set_server_is_reported_by_the_check_of_its_flaw(
    run_behind: Callable[..., Report], run: dict[str, set[str]]
) -> None:
    report = run_behind(*run)
    assert named(report, Verdict.FAILED, Verdict.WARNING) == set().union(*run.values()), explained(report)
    assert told_twice(run) == set()


def test_an_untrusted_server_is_told_by_its_certificate_and_nothing_is_sent_to_it(
    run_behind: Callable[..., Report],
) -> None:
    report = run_behind(distrusted=True)
    assert {"TLS-01", "TLS-02"} <= named(report, Verdict.FAILED), explained(report)
    assert "n’est pas reconnu" in result_of(report, "TLS-02").problems[0].sentence


def test_over_plain_http_the_group_is_skipped_with_its_reason(editor: Editor) -> None:
    report = run_groups(make_environment(editor.base), TRANSPORT)
    assert named(report, Verdict.SKIPPED) == ALL
    assert "http" in result_of(report, "TLS-01").reason
    assert editor.requests == []


def test_kinds_of_certificates_that_are_not_declared_are_skipped(editor: Editor, certificates: Certificates) -> None:
    tables = {key: value for key, value in certificates.tables().items() if key != "transport__revoked"}
    with Terminator(editor.base.removesuffix("/fhir"), certificates.authority, certificates.server) as terminator:
        report = run_groups(make_environment(terminator.base, **tables), TRANSPORT)
    assert named(report, Verdict.SKIPPED) == {"TLS-13"}, explained(report)


def test_the_hello_is_a_record_that_says_its_version_and_its_name() -> None:
    hello = client_hello("agenda.example", 0x0302)
    assert hello[0] == 22
    assert int.from_bytes(hello[3:5], "big") == len(hello) - 5
    assert hello[9:11] == b"\x03\x02"
    assert b"agenda.example" in hello


@pytest.mark.django_db(transaction=True)
def test_our_product_passes_the_group_behind_a_terminator(
    live_server: Any, settings: Any, certificates: Certificates
) -> None:
    settings.SAS_MTLS, settings.SAS_MTLS_CN, settings.SAS_MTLS_OU = True, [CN], [OU]
    person = factories.practitioner()
    with Terminator(
        live_server.url, certificates.authority, certificates.server, certificates.refused["revoked"], checks_names=False,
        flaws={"nobody is somebody"},
    ) as terminator:  # fmt: skip
        environment = make_environment(terminator.base, practitioners__one=person.rpps, **certificates.tables())
        report = run_groups(environment, TRANSPORT, METADATA)
    assert named(report, Verdict.FAILED, Verdict.WARNING, Verdict.SKIPPED) == set(), explained(report)


def test_slots_are_asked_for_under_the_platforms_certificate(editor: Editor, certificates: Certificates) -> None:
    with Terminator(editor.base.removesuffix("/fhir"), certificates.authority, certificates.server) as terminator:
        report = run_groups(make_environment(terminator.base, **certificates.tables()), SLOTS)
    assert {"R01-01", "R01-53"} <= named(report, Verdict.PASSED), explained(report)
