"""What is known of somebody who is in no file, from what was typed to look for them. Pure."""

import re
from datetime import date

from appointments.patients.identity import parse_birth_date

_PHONE = re.compile(r"\+?\d(?:[ .]?\d){8,14}")
_BIRTH = re.compile(r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\b\d{8}\b")


def named_in(words: str, *, today: date) -> dict[str, str]:
    """Fields of a patient's form: « jasmin kumquat 3/7/1984 » gives the family name, the given name and the birth date."""
    found: dict[str, str] = {}
    if birth := _BIRTH.search(words):
        try:
            parse_birth_date(birth[0], today=today)
        except ValueError:
            pass  # Part of a phone, then.
        else:
            found["birth_date"] = birth[0]
            words = words.replace(birth[0], " ", 1)
    if phone := _PHONE.search(words):
        found["phone"] = phone[0]
        words = words.replace(phone[0], " ", 1)
    names = [_as_name(part) for part in words.replace(",", " ").split() if any(one.isalpha() for one in part)]
    if names:
        found["family_name"] = names[0]
    if names[1:]:
        found["given_name"] = " ".join(names[1:])
    return found


def _as_name(part: str) -> str:
    """As one writes it; typed in a hurry it has no capital."""
    return "-".join(one.capitalize() for one in part.split("-")) if part.islower() else part
