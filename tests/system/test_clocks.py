"""Every process of the story reads one clock, at whatever moment it is told (`./agenda test --at …`)."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from tests.system.conftest import Stack, database

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.xdist_group("system")]


def test_the_browser_the_servers_and_the_database_read_one_clock(stack: Stack, new_context: Callable[..., Any]) -> None:
    page = new_context().new_page()
    page.goto(f"{stack.product}/connexion/")
    told = {"browser": page.evaluate("Date.now()") / 1000}
    for name, address in [("product", f"{stack.product}/connexion/"), ("sandbox", f"{stack.sandbox}/")]:
        told[name] = parsedate_to_datetime(requests.get(address, timeout=10).headers["Date"]).timestamp()
    with database(stack) as connection:
        row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float").fetchone()
    assert row is not None
    told["database"] = row[0]
    assert all(abs(seconds - time.time()) < 5 for seconds in told.values()), told
