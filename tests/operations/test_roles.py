"""In production facts are kept by rights too: the role that serves may not rewrite them."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from sas_agenda.operations.checks import facts_can_t_be_rewritten, rewritable

pytestmark = pytest.mark.django_db
FACTS = ["appointments_appointmentevent", "appointments_patientevent", "accounts_accessevent"]


@pytest.fixture
def served_by_another_role() -> Iterator[None]:
    """A role with the rights that docs/deployment.md gives, for this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE product_of_test")
        cursor.execute("GRANT USAGE ON SCHEMA public TO product_of_test")
        cursor.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO product_of_test")
        cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {', '.join(FACTS)} FROM product_of_test")
        cursor.execute("SET LOCAL ROLE product_of_test")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def test_the_owner_may_rewrite_facts_and_production_is_told(settings: Any) -> None:
    assert rewritable(connection) == FACTS
    assert facts_can_t_be_rewritten(databases=["default"]) == []
    settings.LOCAL = False
    assert [one.id for one in facts_can_t_be_rewritten(databases=["default"])] == ["operations.W003"]


def test_the_products_own_role_may_not(served_by_another_role: None, settings: Any) -> None:
    settings.LOCAL = False
    assert rewritable(connection) == []
    assert facts_can_t_be_rewritten(databases=["default"]) == []
