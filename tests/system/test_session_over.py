"""The session ends, or the access, while a form is being filled in: nothing typed is lost, it is sent as soon as it may be."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.system.conftest import Stack, database
from tests.system.looking import Look, look
from tests.system.pages import arrive, confirmed, fill_patient

__all__ = ["look"]  # a fixture
pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("system")]
NewContext = Callable[..., Any]


def form_of_a_regulator(stack: Stack, page: Any) -> Any:
    landing = arrive(stack, page)
    landing.get_by_role("link", name=re.compile("^Réserver")).first.click()
    landing.wait_for_url(re.compile("/rendez-vous/nouveau/"))
    fill_patient(landing, family_name="Reprise-Démo")
    return landing


def test_a_small_window_signs_in_again_and_the_form_goes_by_itself(
    stack: Stack, new_context: NewContext, look: Look
) -> None:
    form = form_of_a_regulator(stack, new_context().new_page())
    with database(stack) as connection:
        connection.execute("DELETE FROM django_session")
    form.get_by_role("button", name=re.compile("^Confirmer")).click()
    form.get_by_role("heading", name="Votre session est terminée").wait_for()
    form.get_by_text("Reprise-Démo").wait_for()
    look.at("session-over", form)
    with form.context.expect_page() as opened:
        form.get_by_role("link", name=re.compile("^Reprendre par le SAS")).click()
    confirmed(form)
    assert opened.value.is_closed()
    assert "Reprise-Démo" in form.locator("main").inner_text()
    # What that window says where it can't close itself: in a tab that was elsewhere before.
    tab = form.context.new_page()
    tab.goto(stack.product + "/orientations/")
    tab.goto(stack.product + "/connexion/autre-onglet/")
    tab.get_by_role("heading", name="revenez à l’autre onglet").wait_for()
    look.at("back-to-tab", tab)


def test_who_was_withdrawn_reads_it_with_what_was_typed_and_whom_to_call(
    stack: Stack, new_context: NewContext, look: Look
) -> None:
    form = form_of_a_regulator(stack, new_context().new_page())
    with database(stack) as connection:
        change = "UPDATE accounts_regulator SET active = %s, withdrawn_at = %s, session_epoch = session_epoch + 1"
        change += " WHERE email = %s"
        who = "camomille@regulation.example"
        connection.execute(change, [False, "2026-11-30 09:00+01", who])
        try:
            form.get_by_role("button", name=re.compile("^Confirmer")).click()
            form.get_by_role("heading", name="Votre accès a été retiré").wait_for()
            form.get_by_text("Reprise-Démo").wait_for()
            form.get_by_text("Appelez le cabinet").wait_for()
            look.at("withdrawn", form)
        finally:
            connection.execute(change, [True, None, who])
