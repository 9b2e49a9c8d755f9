"""The list of our regulator accounts, to compare with the SAS's."""

import csv
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accounts.enums import IdentifierSystem
from accounts.services.regulators import change_regulator, create_regulator
from tests import factories

pytestmark = pytest.mark.django_db
NATIONAL, TECHNICAL = IdentifierSystem.NATIONAL, IdentifierSystem.TECHNICAL


def exported() -> list[dict[str, str]]:
    out = StringIO()
    call_command("export_regulators", stdout=out)
    text = out.getvalue()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def test_an_account_comes_with_its_present_and_former_identifiers() -> None:
    identity = factories.identity(system=TECHNICAL, value="t-1", email="zoé@regulation.test")
    regulator = create_regulator(identity=identity)
    change_regulator(system=TECHNICAL, value="t-1", identity=replace(identity, system=NATIONAL, value="345/112"))

    [row] = exported()

    assert row["Compte"] == str(regulator.id)
    assert row["Identifiant"] == f"{NATIONAL.value}|345/112"
    assert row["Identifiants précédents"] == f"{TECHNICAL.value}|t-1"
    assert (row["Adresse e-mail"], row["Habilité"], row["Retiré le"]) == ("zoé@regulation.test", "oui", "")
    assert row["Créé le"][:4].isdigit()
    assert row["Créé le"][-6:] in {"+01:00", "+02:00"}


def test_a_withdrawn_account_is_there_with_the_moment_and_without_the_identifier_another_took() -> None:
    left = factories.identity(system=NATIONAL, value="345/112")
    create_regulator(identity=left)
    change_regulator(system=NATIONAL, value="345/112", identity=replace(left, active=False))
    staying = factories.identity()
    create_regulator(identity=staying)
    change_regulator(
        system=staying.system, value=staying.value, identity=replace(staying, system=NATIONAL, value="345/112")
    )

    gone, heir = exported()

    assert (gone["Habilité"], gone["Identifiant"], gone["Identifiants précédents"]) == ("non", "", "")
    assert gone["Retiré le"]
    assert heir["Identifiant"] == f"{NATIONAL.value}|345/112"


def test_nothing_is_a_formula_to_a_spreadsheet() -> None:
    factories.regulator(email="=zoe@regulation.test")
    assert exported()[0]["Adresse e-mail"] == "'=zoe@regulation.test"


def test_without_accounts_there_are_headings_only() -> None:
    assert exported() == []


def test_many_accounts_take_a_fixed_number_of_queries(django_assert_num_queries: Any) -> None:
    for _ in range(12):
        factories.regulator()
    with django_assert_num_queries(2):
        rows = exported()
    assert len(rows) == 12
