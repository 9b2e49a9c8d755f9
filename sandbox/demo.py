"""Demonstration people, and the sending of the regulators to the product at the first start."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.sas.regulators import PENDING, Account, Regulators

FOLDER = Path(__file__).parent
RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class KnownPractitioner:
    """A practitioner that the search page proposes; `identifier` is written as the platform sends it (prefixed)."""

    identifier: str
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class DemoRegulator:
    """A demonstration account, its password included: it is printed by the launcher and on the sign-in page."""

    technical: str
    account: Account
    password: str
    name: str


def known_practitioners() -> list[KnownPractitioner]:
    entries: list[dict[str, str]] = _load("demo_practitioners.json")
    return [KnownPractitioner(item["identifier"], item.get("label", ""), item.get("note", "")) for item in entries]


def demo_regulators() -> list[DemoRegulator]:
    entries: list[dict[str, Any]] = _load("demo_regulators.json")
    return [
        DemoRegulator(
            item["technical"],
            Account(item["family"], item["given"], item["email"], item["service"], item["national"]),
            item["password"],
            item["name"],
        )
        for item in entries
    ]


class DemoSender(threading.Thread):
    """Adds the demonstration regulators once, and sends those that the product has not answered about yet.

    It tries again while the product is silent or answers 5xx; a refusal (4xx) is left for a person to read.
    """

    def __init__(self, regulators: Regulators, *, retry_seconds: float = RETRY_SECONDS) -> None:
        super().__init__(name="demo-sender", daemon=True)
        self._regulators = regulators
        self._retry_seconds = retry_seconds
        self._stopping = threading.Event()

    def add_missing(self) -> None:
        for demo in demo_regulators():
            if self._regulators.get(demo.technical) is None:
                self._regulators.add(demo.account, password=demo.password, technical=demo.technical)

    def run(self) -> None:
        for demo in demo_regulators():
            while not self._stopping.is_set():
                regulator = self._regulators.get(demo.technical)
                if regulator is None or regulator.delivery != PENDING:
                    break
                if self._regulators.deliver_first(regulator.id):
                    break
                self._stopping.wait(self._retry_seconds)

    def stop(self) -> None:
        self._stopping.set()


def _load(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))
