"""Two agenda links opened at the same instant in one browser: each tab lands on its own slot, on the simulator's sign-in and on a
real Keycloak's.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import TimeoutError

from deploy.local.data_folder import make_socket_folder
from deploy.local.ports import free_port
from tests.system import keycloak
from tests.system.conftest import Stack, start_stack, stop_stack, wait_for
from tests.system.pages import REGULATOR, accept_terms, slot_links

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("system")]
NewContext = Callable[..., Any]
SignInThere = Callable[[Any], None]
OURS = re.compile("^(sas_agenda_|__Host-)")


def slot_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["creneau"][0]


def rounds(stack: Stack, context: Any, count: int, sign_in: SignInThere) -> list[tuple[str, str]]:
    """Where tabs were sent that did not get there, and where they are. In every fifth round nobody is known at the SAS either."""
    found = slot_links(stack)
    tabs, lost = [context.new_page(), context.new_page()], []
    tabs[0].goto(found[0])
    sign_in(tabs[0])
    tabs[0].wait_for_url(re.compile("/conditions/|/praticien/"))
    if "/conditions/" in tabs[0].url:
        accept_terms(tabs[0])
        tabs[0].wait_for_url(re.compile("/praticien/"))
    for number in range(count):
        is_known = number % 5 != 4
        context.clear_cookies(**({"name": OURS} if is_known else {}))
        for tab in tabs:
            tab.goto("about:blank")
        asked = [found[(2 * number + tab) % len(found)] for tab in (0, 1)]
        for tab, address in zip(tabs, asked, strict=True):
            tab.evaluate("(address) => { window.location.href = address }", address)
        for tab in [] if is_known else tabs:
            # Keycloak's page goes on by itself in the second, maybe under our hands, once the first has signed in.
            tab.wait_for_url(re.compile("/auth|/praticien/"))
            if "/auth" in tab.url:
                with suppress(TimeoutError):
                    sign_in(tab)
        for tab, address in zip(tabs, asked, strict=True):
            try:
                tab.wait_for_url(re.compile(f"^{re.escape(stack.product)}/praticien/.*{re.escape(slot_of(address))}"))
            except TimeoutError:
                lost.append((address, tab.url))
    return lost


def at_the_simulator(page: Any) -> None:
    page.get_by_label("E-mail").fill(REGULATOR[0])
    page.get_by_label("Mot de passe").fill(REGULATOR[1])
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_load_state()


def at_keycloak(page: Any) -> None:
    page.locator("#username").fill(REGULATOR[0], timeout=5_000)
    page.locator("#password").fill(REGULATOR[1], timeout=5_000)
    page.locator("#kc-login").click(timeout=5_000)
    page.wait_for_load_state()


def test_two_tabs_each_land_on_their_own_slot(stack: Stack, new_context: NewContext) -> None:
    assert rounds(stack, new_context(), 5, at_the_simulator) == []


@pytest.fixture
def with_keycloak() -> Iterator[Stack]:
    """The demo, whose regulators sign in at a Keycloak."""
    folder, port = make_socket_folder(), free_port()
    try:
        home = keycloak.fetched(folder)
        running = start_stack(folder / "data", SAS_OIDC_ISSUER=f"http://127.0.0.1:{port}/realms/sas")
        try:
            regulators = wait_for(lambda: _sent(running), "the simulator's regulators reach the product")
            known = next(one for one in regulators if one["email"] == REGULATOR[0])
            secret = (running.data / "secrets/sandbox_client_secret").read_text(encoding="utf-8").strip()
            realm = keycloak.realm_of(
                client_id="sas-agenda",
                secret=secret,
                redirect_uri=f"{running.product}/sas/retour/",
                user={"id": known["id"], "email": REGULATOR[0], "password": REGULATOR[1]},
            )
            with keycloak.running(home, port, realm):
                yield running
        finally:
            stop_stack(running)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sent(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.get("/api/regulators")["regulators"]
    return found if all(one["delivery"] == "sent" for one in found) else []


def test_so_they_do_on_a_real_keycloak(with_keycloak: Stack, new_context: NewContext) -> None:
    assert rounds(with_keycloak, new_context(), 50, at_keycloak) == []
