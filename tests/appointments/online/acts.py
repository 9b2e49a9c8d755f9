"""What a patient does in a browser, step by step."""

import re
from typing import Any

from django.core import mail
from django.test import Client

from appointments.models import Schedule
from appointments.slots.slot_key import SlotKey
from tests.factories import at

FIRST = "2026-11-25", "10:45"
TYPED = {
    "for_whom": "moi", "given_name": "Kumquat", "family_name": "Jasmin-Démo", "birth_date": "14/02/1991",
    "phone": "06 39 98 12 34", "by": "email", "email": "kumquat@exemple.test", "note": "Toux depuis lundi", "mode": "AMB",
}  # fmt: skip


def choose(browser: Client, here: Schedule, day: str = FIRST[0], hour: str = FIRST[1], **said: str) -> Any:
    key = SlotKey(here.pk, at(day, hour), 15)
    return browser.post("/rendez-vous-en-ligne/choisir/", {"creneau": str(key), **said})


def chosen(browser: Client, here: Schedule, *when: str, **said: str) -> str:
    """The address of the page on which one says who comes."""
    answer = choose(browser, here, *when, **said)
    assert answer.status_code == 303, answer.content.decode()
    return str(answer["Location"])


def coded(browser: Client, address: str, **typed: str) -> str:
    """The code that was sent."""
    before = len(mail.outbox)
    answer = browser.post(address, TYPED | typed)
    assert answer.status_code == 303, re.findall(r'erreur">(.*?)</p>', answer.content.decode(), re.DOTALL)
    assert len(mail.outbox) == before + 1
    return last_code()


def last_code() -> str:
    [code] = re.findall(r"\b\d{6}\b", str(mail.outbox[-1].body))
    return code


def booked(browser: Client, here: Schedule, *when: str, **typed: str) -> str:
    """The address of the confirmation."""
    address = chosen(browser, here, *when)
    answer = browser.post(f"{address}code/", {"code": coded(browser, address, **typed)})
    assert answer.status_code == 303, answer.content.decode()
    return str(answer["Location"])
