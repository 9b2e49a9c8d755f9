"""One idle session holds a lock: who waits for it, and how long does everybody else take? Behind the real nginx.

Run `.agenda/venv/bin/python -m bench.held_lock` (HELD_SECONDS=60: for a minute each). In turn, one row of each kind is locked by
a session that then does nothing, while twelve callers keep booking with the one practitioner it concerns. Every route is asked
beside them: one that needs the row gives up by itself (503) after the time anybody waits for a lock; any other takes its usual
time. Prints, for each lock, which routes waited, and how long the others took against the same with nothing locked.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from tests.deploy.conftest import Front

SECONDS = float(os.environ.get("HELD_SECONDS", "15"))
CALLERS = 12
# A route that took this long waited for the lock (lock_timeout is 5 s).
WAITED = 4.5
_TOKEN = "c" * 32

# What is locked; each takes the practitioner that the twelve callers book with.
_AGENDA = """SELECT {} FROM appointments_schedule
    WHERE calendar_id IN (SELECT id FROM appointments_calendar WHERE practitioner_id = %s)"""
LOCKS = {
    "nothing": "SELECT %s",
    "their line of time": "SELECT 1 FROM appointments_calendar WHERE practitioner_id = %s FOR UPDATE",
    "the practitioner": "SELECT 1 FROM accounts_practitioner WHERE id = %s FOR UPDATE",
    "their agenda": _AGENDA.format("1") + " FOR UPDATE",
    "their place": f"SELECT 1 FROM appointments_location WHERE id IN ({_AGENDA.format('location_id')}) FOR UPDATE",
    "their organization": f"SELECT 1 FROM accounts_organization WHERE id IN ({_AGENDA.format('organization_id')}) FOR UPDATE",
    "their rules": f"SELECT 1 FROM appointments_rule WHERE schedule_id IN ({_AGENDA.format('id')}) FOR UPDATE",
    "their visits": "SELECT 1 FROM appointments_appointment WHERE practitioner_id = %s FOR UPDATE",
    "their patients": """SELECT 1 FROM appointments_patient WHERE id IN
        (SELECT patient_id FROM appointments_appointment WHERE practitioner_id = %s) FOR UPDATE""",
    "deliveries about them": """SELECT 1 FROM interop_delivery WHERE appointment_id IN
        (SELECT id FROM appointments_appointment WHERE practitioner_id = %s) FOR UPDATE""",
}


def main() -> None:
    from bench.run import prepared

    with prepared(LOG_LEVEL="WARNING"):
        from tests.deploy.conftest import FHIR_WEB, WEB, front_at_rest, install, needs_nginx, running_nginx

        with install() as installed, front_at_rest(installed) as front:
            front.environment |= {"WEB_PROCESSES": "2"}
            cast = _cast_of(front)
            for name in (*WEB, *FHIR_WEB):
                front.start_web(name)
            with running_nginx(needs_nginx(), front):
                _measure(front, Routes(front, cast), cast["held"])


def _measure(front: "Front", routes: "Routes", held: str) -> None:
    usual: dict[str, float] = {}
    for lock, statement in LOCKS.items():
        seen: dict[str, list[tuple[float, int]]] = defaultdict(list)
        with _held(front, statement, held), routes.callers() as answers:
            until = time.monotonic() + SECONDS
            while time.monotonic() < until or not seen:
                for name, ask in routes.all().items():
                    seen[name].append(_timed(ask))
        took = {name: statistics.median(one for one, _ in times) for name, times in seen.items()}
        if not usual:  # nothing is locked yet
            usual = took
            print("\n".join(f"{name:42} {seconds * 1000:6.0f} ms" for name, seconds in usual.items()))
            continue
        waited = {name for name, times in seen.items() if max(one for one, _ in times) >= WAITED}
        ratios = {name: took[name] / usual[name] for name in took if name not in waited}
        failed = {name for name in ratios if any(status >= 500 for _, status in seen[name])}
        slowest = max(ratios, key=ratios.__getitem__)
        print(f"\n{lock}: callers answered {dict(sorted(answers.items()))}")
        print(f"  waited: {', '.join(sorted(waited)) or 'nobody'}")
        print(
            f"  the others, times as long as with nothing locked: median {statistics.median(ratios.values()):.1f}, "
            f"at most {ratios[slowest]:.1f} ({slowest}, {took[slowest] * 1000:.0f} ms)",
            flush=True,
        )
        if failed:
            print(f"  answered with an error: {', '.join(sorted(failed))}")


@contextlib.contextmanager
def _held(front: "Front", statement: str, practitioner: str) -> Iterator[None]:
    import psycopg

    # Somebody at a console: none of our own sessions may idle for so long.
    with psycopg.connect(
        front.environment["DATABASE_URL"], options="-c idle_in_transaction_session_timeout=0"
    ) as holder:
        holder.execute(statement, [practitioner])
        yield
        holder.rollback()


def _timed(ask: Callable[[], int]) -> tuple[float, int]:
    started = time.monotonic()
    status = ask()
    return time.monotonic() - started, status


class Routes:
    """What is asked, by whom. Bookings take slots of their own."""

    def __init__(self, front: "Front", cast: dict[str, Any]) -> None:
        self._front, self._cast = front, cast
        # What the twelve find held is not had: they ask for the same again.
        self._free: list[str] = cast["slots"]
        self._held: list[str] = cast["held_slots"]

    def all(self) -> dict[str, Callable[[], int]]:
        regulator, manager, other = (self._cast[who] for who in ("regulator", "manager", "other"))
        held, free = self._cast["held"], self._cast["free"]
        day = f"{(datetime.now(UTC) + timedelta(days=1)).date()}"
        pages = {
            "regulator: slots of the one held": (f"/praticien/{held}/", regulator),
            "regulator: slots of another": (f"/praticien/{free}/", regulator),
            "regulator: form of the one held": (self._form(self._cast["held_slots"][0]), regulator),
            "regulator: own list": ("/orientations/", regulator),
            "practice: week of the one held": (f"/agenda/{held}/semaine/{day}/", manager),
            "practice: day of another": (f"/agenda/{free}/jour/{day}/", other),
            "practice: openings of the one held": (f"/agenda/{held}/horaires/", manager),
            "practice: reasons": (f"/cabinet/{self._cast['organization']}/motifs/", manager),
            "practice: a visit of the one held": (f"/rendez-vous/{self._cast['visit']}/", manager),
            "anybody: sign-in": ("/connexion/", ""),
        }
        found = {name: self._page(path, cookie) for name, (path, cookie) in pages.items()}
        now = datetime.now(UTC)
        bounds = [("start", f"ge{now.isoformat()}"), ("start", f"le{(now + timedelta(days=3)).isoformat()}")]
        for name, whom in (("one held", [0]), ("25", range(25))):
            listed = ",".join(f"urn:oid:1.2.250.1.71.4.2.1|{self._cast['national'][number]}" for number in whom)
            query = urlencode([*bounds, ("schedule.actor:Practitioner.identifier", listed), ("status", "free")])
            found[f"SAS: search of {name}"] = self._fhir(f"/fhir/Slot?{query}")
        return found | {
            "SAS: an account withdrawn": self._withdraw,
            "regulator: booking with the one held": lambda: self._book(self._held[0], regulator),
            "regulator: booking with another": lambda: self._book(self._free.pop(), regulator),
        }

    @contextlib.contextmanager
    def callers(self) -> Iterator[Counter[int]]:
        """Twelve who keep booking with the one held, each time slots that nobody has had; how they were answered."""
        self._held = self._held[CALLERS + 1 :]
        done, answers, counting = threading.Event(), Counter[int](), threading.Lock()

        def keep_booking(number: int) -> None:
            while not done.is_set():
                status = self._book(self._held[1 + number], self._cast["callers"][number])
                with counting:
                    answers[status] += 1
                # What was booked (a lock that nobody needs) is not asked for again in a loop of refusals.
                done.wait(1)

        threads = [threading.Thread(target=keep_booking, args=[number]) for number in range(CALLERS)]
        for thread in threads:
            thread.start()
        try:
            time.sleep(1)  # until they wait
            yield answers
        finally:
            done.set()
            for thread in threads:
                thread.join()

    def _page(self, path: str, cookie: str) -> Callable[[], int]:
        from tests.deploy.conftest import PUBLIC

        headers = {"Cookie": cookie} if cookie else {}
        return lambda: self._front.ask(path, name=PUBLIC, headers=headers).status

    def _fhir(self, path: str) -> Callable[[], int]:
        return lambda: self._front.ask(path, kind="valid").status

    def _withdraw(self) -> int:
        from tests.interop.practitioners import account

        one = self._cast["leaving"].pop()
        gone = account(one["value"], one["system"], email=one["email"], active=False)
        token = quote(f"{one['system']}|{one['value']}", safe="")
        return self._front.ask(
            f"/fhir/Practitioner?identifier={token}", kind="valid", method="PUT",
            headers={"Content-Type": "application/fhir+json"}, body=json.dumps(gone).encode(),
        ).status  # fmt: skip

    def _form(self, key: str) -> str:
        return f"/rendez-vous/nouveau/?creneau={key}"

    def _book(self, key: str, cookie: str) -> int:
        import uuid

        from tests.appointments.call.requests import PATIENT
        from tests.deploy.conftest import PUBLIC

        path = self._form(key)
        body = PATIENT | {"given_name": "Ana" + "bcdefghij"[len(self._free) % 9] * 2, "csrfmiddlewaretoken": _TOKEN}
        headers = {
            "Cookie": f"{cookie}; __Host-sas_agenda_csrf={_TOKEN}",
            "Referer": f"https://{PUBLIC}{path}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body |= {"creneau": key, "request_id": str(uuid.uuid4()), "despite": ""}
        return self._front.ask(path, name=PUBLIC, headers=headers, method="POST", body=urlencode(body).encode()).status


def _cast_of(front: "Front") -> dict[str, Any]:
    made = subprocess.run(
        [sys.executable, "-m", "bench.held_lock", "cast", str(100 + int(SECONDS * 2 * len(LOCKS)))],
        env=front.environment, stdout=subprocess.PIPE, timeout=180, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(made.stdout)
    return found


def _print_cast(leaving: int) -> None:
    """`leaving`: how many may be withdrawn. In a process of its own: this one's Django is settled on another database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sas_agenda.settings")
    import django
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django.setup()
    from django.test import Client
    from django.utils import timezone

    from accounts.enums import Role
    from appointments.models import Schedule
    from appointments.slots.selectors import free_slots_of
    from appointments.slots.values import REGULATOR
    from tests import factories
    from tests.deploy.restart_cast import leaving_of, session_of

    for _ in range(25):
        factories.rule(schedule=factories.schedule())
    schedules = list(Schedule.objects.with_place())
    held, free = schedules[0], schedules[1]
    now, day = timezone.now(), timedelta(days=1)
    slots = free_slots_of(schedules, since=now + day, until=now + 14 * day, now=now, viewer=REGULATOR)
    visit = factories.appointment(schedule_=held, by=factories.regulator_actor(), start=slots[-1].start)

    def manager(schedule: Schedule) -> str:
        client = Client()
        client.force_login(
            factories.member(schedule.organization, role=Role.MANAGER).user, backend="accounts.backends.EmailBackend"
        )
        return f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"

    of_held = [str(slot.key) for slot in slots if slot.schedule == held]
    json.dump(
        {
            "held": str(held.practitioner_id),
            "organization": str(held.organization_id),
            "free": str(free.practitioner_id),
            "national": [schedule.practitioner.national_id for schedule in schedules],
            "slots": [str(slot.key) for slot in slots if slot.schedule != held],
            "held_slots": of_held,
            "visit": str(visit.pk),
            "manager": manager(held),
            "other": manager(free),
            "regulator": session_of(factories.regulator()),
            "callers": [session_of(factories.regulator()) for _ in range(CALLERS)],
            "leaving": [leaving_of(factories.regulator()) for _ in range(leaving)],
        },
        sys.stdout,
    )


if __name__ == "__main__":
    _print_cast(int(sys.argv[2])) if sys.argv[1:2] == ["cast"] else main()
