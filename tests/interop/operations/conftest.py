"""An operator, and the page texts."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests import factories

SignIn = Callable[[User], Client]


@pytest.fixture
def operator(db: None, sign_in: SignIn) -> Client:
    return sign_in(factories.user(is_staff=True))


def text_of(answer: Any) -> str:
    """The main part's words, blanks made one."""
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    plain = unescape(re.sub(r"<[^>]+>", " ", main))
    return re.sub(r"\s+", " ", plain)
