"""Is something of a patient in what was sent, however it is written?"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_plus

from conformance.recette.booking.patient import TypedPatient
from conformance.recette.findings import Problem

MONTHS = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre", "decembre",
)  # fmt: skip
ENCODED = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
# Shorter than that, a piece of text could be anyone's.
MIN_LENGTH = 6


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing known of the patient. `name` is French, with its article; `writings` are squeezed (see `squeeze`)."""

    name: str
    writings: frozenset[str]


def details_of(patient: TypedPatient, *, reasons: tuple[str, ...] = ()) -> list[Detail]:
    """All that could leak, in every writing looked for. `reasons`: for the visit, in the editor's own words."""
    born, phone = patient.birth_date, squeeze(patient.phone)
    email = patient.email.casefold()
    birth_dates = (
        f"{born:%Y%m%d}", f"{born:%d%m%Y}", f"{born:%m%d%Y}", f"{born.day}{MONTHS[born.month - 1]}{born.year}",
    )  # fmt: skip
    texts = {
        "Le nom de famille": (patient.family,),
        "Le prénom": (patient.given,),
        "La date de naissance": birth_dates,
        "Le téléphone": (phone[1:], f"33{phone[1:]}", f"0033{phone[1:]}"),
        "L’e-mail": (email, email.partition("@")[0]),
        "Le nom de naissance": (patient.birth_name,),
        "La commune de naissance": (patient.birth_place, patient.birth_place.partition("-")[0]),
        "Le numéro de sécurité sociale": (patient.nir, patient.nir[:13]),
        "L’adresse": (patient.street,),
        "Le message pour le praticien": (patient.note,),
        "Le motif": tuple(reason for reason in reasons if len(squeeze(reason)) >= MIN_LENGTH),
    }
    # A digest of what has few possible values hides nothing.
    hashed = {
        "Le téléphone": (phone, f"+33{phone[1:]}", f"33{phone[1:]}", patient.phone),
        "L’e-mail": (email,),
        "Le numéro de sécurité sociale": (patient.nir, patient.nir[:13]),
    }
    return [
        Detail(name, frozenset({squeeze(text) for text in given} | _digests(hashed.get(name, ()))))
        for name, given in texts.items()
        if given
    ]


def find_leaks(details: list[Detail], *, target: str, body: str) -> list[Problem]:
    """One problem per detail found, at its first place. target: path and query; body: as it came."""
    problems, told = [], set()
    for where, text in _texts(target, body):
        for form in _readings(text):
            for detail in details:
                if detail.name not in told and any(writing in form for writing in detail.writings):
                    told.add(detail.name)
                    problems.append(Problem(f"{detail.name} du patient est dans la demande.", where))
    return problems


def squeeze(text: str) -> str:
    """Letters and digits only, without accents nor case."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in plain if character.isalnum())


def _texts(target: str, body: str) -> Iterator[tuple[str, str]]:
    """(where, text) of the address, then of every name and value of the body."""
    yield "URL", unquote_plus(target)
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError):
        yield "corps de la demande", unquote_plus(body)
        return
    pending: list[tuple[str, object]] = [("Appointment", decoded)]
    while pending:
        where, node = pending.pop(0)
        if isinstance(node, dict):
            for name, value in node.items():
                yield f"{where}.{name}", unquote_plus(str(name))
                pending.append((f"{where}.{name}", value))
        elif isinstance(node, list):
            pending += [(f"{where}[{position}]", item) for position, item in enumerate(node)]
            if node and all(isinstance(item, str) for item in node):
                yield where, "".join(node)
        elif node is not None:
            yield where, unquote_plus(str(node))


def _readings(text: str) -> list[str]:
    """The text and what it decodes to, squeezed."""
    found = [text]
    for word in ENCODED.findall(text):
        plain = word.rstrip("=").replace("-", "+").replace("_", "/")
        for decode in (base64.b64decode, bytes.fromhex):
            try:
                padded = plain + "=" * (-len(plain) % 4) if decode is base64.b64decode else word
                found.append(decode(padded).decode("utf-8"))
            except (ValueError, binascii.Error):
                continue
    return [squeeze(reading) for reading in found]


def _digests(texts: tuple[str, ...]) -> set[str]:
    algorithms = (hashlib.md5, hashlib.sha1, hashlib.sha256)
    return {algorithm(text.encode(), usedforsecurity=False).hexdigest() for algorithm in algorithms for text in texts}
