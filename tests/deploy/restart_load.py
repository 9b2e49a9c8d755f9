"""Who keeps asking while everything is restarted: the platform over FHIR, regulators, and people with a page.

Each looks at what it is answered, as the real ones would. Whatever is not right is a failure, and is told with the step of
the restart during which it happened.
"""

import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from tests.appointments.call.reading import hidden_fields_of
from tests.appointments.call.requests import PATIENT
from tests.deploy.conftest import PUBLIC, Front
from tests.deploy.restart_cast import LEAVING_IN_A_STEP
from tests.deploy.tls_client import Answer
from tests.interop.practitioners import NATIONAL, account

_KEY = re.compile(rb"creneau=([0-9a-f]{32}-\d{8}T\d{4}Z-\d+)")
# Any secret does: the cookie and the form must agree.
_CSRF = "c" * 32
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


class NotRight(Exception):
    """An answer that its caller could not work with."""


class Load:
    """`booked`: appointment → slot, as confirmed to a regulator. `withdrawn`: identifiers whose end was acknowledged.

    `asked` counts (step, who) → requests answered as they should be.
    """

    def __init__(self, front: Front, cast: dict[str, Any]) -> None:
        self.booked: dict[str, str] = {}
        self.withdrawn: list[str] = []
        self.asked: Counter[tuple[str, str]] = Counter()
        self.failures: list[str] = []
        self.step = "before"
        self._front = front
        self._practitioners: list[str] = cast["practitioners"]
        self._slots: list[str] = cast["slots"]
        self._leaving: list[dict[str, str]] = cast["leaving"]
        self._done = threading.Event()
        # Breathing between two questions: a machine with no time left would only show how slow it is.
        self._askers = [
            self._asker("search", self._search, pause=1.2),
            *(self._asker("booking", self._booking_by(cookie), pause=2) for cookie in cast["regulators"]),
            self._asker("withdrawal", self._withdraw, pause=1, at_most=LEAVING_IN_A_STEP),
            self._asker("page", self._visit, pause=0.5),
        ]

    def __enter__(self) -> "Load":
        for asker in self._askers:
            asker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for asker in self._askers:
            asker.join()

    def _asker(self, who: str, ask: Callable[[], None], pause: float, at_most: int | None = None) -> threading.Thread:
        """`at_most`: in each step, however long it lasts."""

        def keep_asking() -> None:
            step, asked = "", 0
            while not self._done.wait(pause):
                step, asked = self.step, asked + 1 if step == self.step else 1
                if at_most is not None and asked > at_most:
                    continue
                try:
                    ask()
                    self.asked[step, who] += 1
                except Exception as failure:  # noqa: BLE001 - whatever goes wrong here is what the test is about
                    self.failures.append(f"{step}: {who}: {type(failure).__name__}: {failure}")

        return threading.Thread(target=keep_asking, name=who)

    # --- The platform ------------------------------------------------------------------------------------------------
    def _search(self) -> None:
        """All practitioners, three days: no slot may come that was confirmed to somebody before the question."""
        taken = set(self.booked.values())
        now = datetime.now(UTC)
        identifiers = ",".join(f"{NATIONAL}|{value}" for value in self._practitioners)
        bounds = [("start", f"ge{now.isoformat()}"), ("start", f"le{(now + timedelta(days=3)).isoformat()}")]
        query = urlencode([*bounds, ("schedule.actor:Practitioner.identifier", identifiers), ("status", "free")])
        answer = self._front.ask(f"/fhir/Slot?{query}", kind="valid")
        _expect(answer, 200)
        found = {key.decode() for key in _KEY.findall(answer.body)}
        bundle = orjson.loads(answer.body)
        if bundle["total"] != len(found) or not found:
            raise NotRight(f"total {bundle['total']}, {len(found)} slots")
        if found & taken:
            raise NotRight(f"booked and still shown free: {found & taken}")

    def _withdraw(self) -> None:
        """A PUT `active=false`; the regulator's open session is over with it."""
        one = self._leaving.pop()
        regulator = Regulator(self._front, one["cookie"])
        _expect(regulator.page("/orientations/"), 200)
        gone = account(one["value"], one["system"], email=one["email"], active=False)
        token = quote(f"{one['system']}|{one['value']}", safe="")
        answer = self._front.ask(
            f"/fhir/Practitioner?identifier={token}",
            kind="valid",
            method="PUT",
            headers={"Content-Type": "application/fhir+json"},
            body=orjson.dumps(gone),
        )
        _expect(answer, 200)
        self.withdrawn.append(one["value"])
        _expect(regulator.page("/orientations/"), 403)

    # --- People ------------------------------------------------------------------------------------------------------
    def _booking_by(self, cookie: str) -> Callable[[], None]:
        regulator = Regulator(self._front, cookie)

        def book() -> None:
            """The form, the confirmation, and what is then read."""
            key = self._slots.pop()
            answer = regulator.send(key, regulator.form(key))
            _expect(answer, 303)
            confirmation = answer.headers["location"]
            appointment = re.fullmatch(r"/rendez-vous/([0-9a-f-]{36})/confirmation/", confirmation)
            if appointment is None:
                raise NotRight(f"sent on to {confirmation}")
            self.booked[appointment[1]] = key
            _expect(regulator.page(confirmation), 200)

        return book

    def _visit(self) -> None:
        _expect(self._front.ask("/connexion/", name=PUBLIC), 200)


class Regulator:
    """A browser with an open session."""

    def __init__(self, front: Front, cookie: str) -> None:
        self._front = front
        self._cookie = f"{cookie}; __Host-sas_agenda_csrf={_CSRF}"

    def form(self, key: str) -> dict[str, str]:
        """The booking form of that slot, its hidden fields as they came, filled in for somebody without another visit."""
        page = self.page(_booking_path(key))
        _expect(page, 200)
        somebody = f"Prénom {uuid.uuid4().hex.translate(_LETTERS)}"
        return hidden_fields_of(page.body.decode()) | PATIENT | {"given_name": somebody}

    def send(self, key: str, form: dict[str, str]) -> Answer:
        path = _booking_path(key)
        headers = {
            "Cookie": self._cookie,
            "Referer": f"https://{PUBLIC}{path}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self._front.ask(path, name=PUBLIC, headers=headers, method="POST", body=urlencode(form).encode())

    def page(self, path: str) -> Answer:
        return self._front.ask(path, name=PUBLIC, headers={"Cookie": self._cookie})


def _booking_path(key: str) -> str:
    return f"/rendez-vous/nouveau/?creneau={key}"


def _expect(answer: Answer, status: int) -> None:
    if answer.status != status:
        raise NotRight(f"{answer.status} {answer.refusal} instead of {status}: {answer.body[:200]!r}")
