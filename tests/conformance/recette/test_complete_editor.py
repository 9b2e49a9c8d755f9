"""A whole editor passes the whole book in one run: what the groups leave behind does not disturb the next ones."""

from __future__ import annotations

import pytest

from conformance.recette.groups import all_groups, choose
from conformance.recette.verdicts import Verdict
from deploy.local.ports import free_port
from tests.conformance.recette.complete_editor import SECRET, CompleteEditor, quick
from tests.conformance.recette.conftest import explained, make_environment, named, run_groups

PROFILES = {"R01-15", "R03-03", "R03-30"}


@pytest.mark.slow
def test_a_correct_editor_passes_every_group_in_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECETTE_CLIENT_SECRET", SECRET)
    monkeypatch.setattr("conformance.recette.context.POLL_SECONDS", 0.01)
    groups = choose(all_groups(), ["2", "3", "5", "6", "7"])
    with CompleteEditor(free_port()) as editor:
        environment = quick(make_environment(editor.pages.base, **editor.settings()))
        report = run_groups(environment, *groups)
    unseen = set() if report.profiles_checked else PROFILES
    expected = {check.identifier for group in groups for check in group.checks}
    assert named(report, Verdict.PASSED) == expected - unseen, explained(report)
    assert [account.email for account in editor.pages.book.accounts if account.active] == []
