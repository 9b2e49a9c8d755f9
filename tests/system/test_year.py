"""A year of a practice of two doctors, in a browser: its hours as they change, somebody away, and a day on which the surgery
closes with twelve visits, four of them the SAS's. Each of them is resolved; patients are told once, the SAS is up to date.

All days are reckoned from today. The rules open on public holidays too, but for the one whose holiday is opened.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from accounts.french import NBSP, clock, hour, long_date, plain_date
from appointments.openings.holidays import holidays_of
from tests.factories import PARIS
from tests.official_profiles import conforms
from tests.system.conftest import Stack, wait_for
from tests.system.pages import (
    accept_terms,
    confirmed,
    fill_patient,
    pick_slot,
    received,
    sign_in_at_the_sas,
    sign_in_to_the_practice,
)

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("system")]
EMAIL, PASSWORD = "flore.janvier@demo.example", "une année assez longue"
RPPS = {"doctor": "10009903013", "colleague": "10009903021"}
COLLEAGUE = "Dr Août Décembre-Démo"
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
# The twelve visits of the day that is closed, a quarter of an hour each: three for each fate, one of them the SAS's.
NAMES = [
    "Ancolie", "Bleuet", "Cosmos", "Dahlia", "Euphorbe", "Freesia", "Gentiane", "Hysope", "Iris", "Jacinthe", "Kerria", "Lupin",
]  # fmt: skip
OF_THE_SAS = [1, 4, 7, 10]
KEPT, MOVED, GIVEN, CANCELLED = NAMES[:3], NAMES[3:6], NAMES[6:9], NAMES[9:]
NOT_TOLD = CANCELLED[0]
# By a regulator, in a browser.
ON_THE_PHONE = NAMES[OF_THE_SAS[0]]


class Desk:
    """The openings of one doctor, as whoever manages them works in them."""

    def __init__(self, stack: Stack, page: Any, practitioner: str) -> None:
        self.page = page
        self.address = f"{stack.product}/agenda/{practitioner}/horaires/"

    def open(self, day: date | None = None) -> None:
        self.page.goto(self.address + (f"semaine/{day}/" if day else ""))

    def bands(self, day: date, *, days: int = 1) -> list[list[str]]:
        """The hours that rules open on these days of one week, from `day` on."""
        self.open(day)
        found = []
        for one in (day + count * DAY for count in range(days)):
            texts = self.page.locator(f'[data-day="{one}"] a.slab').all_text_contents()
            found.append(sorted(re.findall(r"\d+.h.\d\d – \d+.h.\d\d", text)[0] for text in texts))
        return found

    def press(self, name: str, role: str = "link") -> None:
        self.page.get_by_role(role, name=name, exact=True).first.click()

    def type(self, label: str, text: object) -> None:
        self.page.get_by_label(re.compile(rf"^{label}( \(|$)")).fill(str(text))

    def tick(self, name: str) -> None:
        self.page.get_by_role("checkbox", name=re.compile(f"^{name}")).check()

    def open_hours(self, since: str, until: str, days: list[int] | None = None, *, holidays: bool = True) -> None:
        """A new rule that the SAS sees, on these ISO weekdays (all of them), as far as its form."""
        self.open()
        self.press("Règle")
        self.type("De", since)
        self.type("À", until)
        for number in days or range(1, 8):
            self.page.locator(f"[name=weekdays][value='{number}']").check()
        if holidays:
            self.tick("Ouvert aussi les jours fériés")
        self.tick(".*Soins non programmés")

    def change(self, day: date, scope: str) -> None:
        """The first band of the day, as far as its form."""
        self.open(day)
        self.page.locator(f'[data-day="{day}"] a.slab').first.click()
        self.page.get_by_role("radio", name=re.compile(scope)).check()
        self.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        form = self.page.locator("form.panel").bounding_box()
        after = self.page.get_by_role("link", name="Supprimer la règle").bounding_box()
        assert form["y"] + form["height"] <= after["y"], "the form lies over what comes after it"

    def save(self, done: str) -> str:
        self.page.get_by_role("button", name=re.compile("^Enregistrer")).click()
        said = self.page.get_by_role("status").filter(has_text=done)
        said.wait_for()
        text: str = said.inner_text()
        return text


def hours(since: time, until: time) -> str:
    return f"{clock(since)} – {clock(until)}"


def test_a_year(stack: Stack, new_context: Callable[..., Any]) -> None:
    today = datetime.now(PARIS).date()
    keys = _inside(stack, "open_practice", email=EMAIL, password=PASSWORD, rpps=RPPS)
    page = new_context(viewport={"width": 1440, "height": 900}).new_page()
    sign_in_to_the_practice(stack, page, (EMAIL, PASSWORD))
    desk, colleague = Desk(stack, page, keys["doctor"]), Desk(stack, page, keys["colleague"])

    _rules(desk, today)
    colleague.open_hours("9h", "12h")
    colleague.save("Règle enregistrée")
    _holiday(desk, today)
    away = today + 4 * DAY
    _away(desk, away, keys["other"])
    closed = today + 2 * DAY
    starts = {
        name: datetime.combine(closed, time(9), PARIS) + rank * timedelta(minutes=15) for rank, name in enumerate(NAMES)
    }
    visits = [
        {
            "name": f"{name}-Démo",
            "email": _address(name),
            "start": starts[name].isoformat(),
            "of_the_sas": rank in OF_THE_SAS,
        }
        for rank, name in enumerate(NAMES)
        if name != ON_THE_PHONE
    ]
    made = _inside(stack, "book", email=EMAIL, agenda=keys["agenda"], visits=visits)
    ours = {name.removesuffix("-Démo"): key for name, key in made.items()}
    ours[ON_THE_PHONE] = _booked_by_the_sas(stack, new_context().new_page(), starts, away)
    for key in ours.values():
        received(stack, key, "booked")
    wait_for(lambda: all(stack.mails(_address(name)) for name in NAMES), "all are told that they come")

    moved = _close(stack, desk, closed, keys)
    _sas_knows(stack, ours, starts, moved)
    _patients_know(stack, starts, moved)
    page.goto(f"{stack.product}/agenda/{keys['doctor']}/jour/{closed}/")
    there = page.locator("main").inner_text()
    assert "3 rendez-vous" in there
    assert [name for name in NAMES if f"{name.upper()}-DÉMO" in there] == [*KEPT, *CANCELLED], "the latter struck out"
    links = _found_by_the_sas(stack, new_context().new_page())
    assert not [one for one in links for start in starts.values() if _stamp(start) in one], (
        "nothing is offered that day"
    )


def _rules(desk: Desk, today: date) -> None:
    """Every week, every other week, one day only."""
    monday = today + 14 * DAY - timedelta(days=today.weekday())
    saturday, morning = monday + 5 * DAY, hours(time(9), time(12))
    desk.open_hours("9h", "12h")
    desk.page.locator("#effet").get_by_text(re.compile(r"^0 → [1-9]")).wait_for()
    desk.save("Règle enregistrée")

    desk.open_hours("13h30", "16h", [6])
    desk.type("Toutes les … semaines", 2)
    desk.type("Valable du", saturday)
    said = desk.save("Règle enregistrée")
    assert plain_date(saturday) in said
    assert plain_date(saturday + 2 * WEEK) in said
    afternoon = hours(time(13, 30), time(16))
    found = [desk.bands(saturday + count * WEEK)[0] for count in range(3)]
    assert found == [[afternoon, morning], [morning], [afternoon, morning]]

    tuesday = monday + DAY
    desk.change(tuesday, "seulement$")
    desk.type("De", "10h")
    desk.save("Ouverture enregistrée")
    assert desk.bands(monday, days=3) == [[morning], [hours(time(10), time(12))], [morning]]


def _holiday(desk: Desk, today: date) -> None:
    """A rule that holidays close, and the next of them opened all the same."""
    holiday = next(day for day in holidays_of("metropole", today, today + 400 * DAY) if day > today + 6 * DAY)
    evening = hours(time(17), time(19))
    desk.open_hours("17h", "19h", holidays=False)
    desk.save("Règle enregistrée")
    assert evening not in desk.bands(holiday)[0]
    desk.press("Ouverture d’un jour")
    desk.type("Jour", holiday)
    desk.type("De", "17h")
    desk.type("À", "19h")
    desk.press("Enregistrer l’ouverture", "button")
    desk.page.get_by_text("ce jour est férié").first.wait_for()
    desk.tick("Ouvert aussi les jours fériés")
    desk.save("Ouverture enregistrée")
    assert evening in desk.bands(holiday)[0]


def _away(desk: Desk, day: date, replacement: str) -> None:
    """Four times, with who replaces."""
    desk.open()
    desk.press("Absence")
    desk.type("Intitulé", "Formation-Démo")
    desk.page.get_by_label(re.compile("^Remplacé par")).select_option(replacement)
    desk.type("Revient jusqu’au", day + 3 * WEEK)
    desk.type("Du", day)
    desk.page.locator("#effet").get_by_text(f"{COLLEAGUE} reçoit le jour où").wait_for()
    desk.press("Noter l’absence", "button")
    desk.page.get_by_role("status").filter(has_text="4 absences enregistrées").wait_for()
    # One line, which has its days.
    assert desk.page.get_by_text(re.compile("remplacement par\\s+le " + COLLEAGUE)).count() == 1
    assert all(desk.page.get_by_text(long_date(day + count * WEEK)).count() for count in range(4))


def _booked_by_the_sas(stack: Stack, page: Any, starts: dict[str, datetime], away: date) -> str:
    """From the platform's search on; the visit's key. Who replaces is read there."""
    name = ON_THE_PHONE
    [address] = [one for one in _found_by_the_sas(stack, page) if _stamp(starts[name]) in one]
    landing = pick_slot(page, address)
    sign_in_at_the_sas(landing)
    if "/conditions/" in landing.url:
        accept_terms(landing)
    landing.wait_for_url(re.compile("/praticien/"))
    banner = landing.locator(".banner").filter(has_text="Remplacement")
    assert COLLEAGUE in banner.inner_text()
    assert long_date(away) in banner.inner_text()
    landing.goto(f"{landing.url}&demi={away - DAY}")
    halves = landing.locator("a.half").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    days = {date.fromisoformat(re.search(r"demi=(\d{4}-\d\d-\d\d)", one)[1]) for one in halves}
    assert (away - DAY in days, away in days) == (True, False)
    landing.get_by_role("link", name=re.compile("^Réserver")).first.click()
    landing.wait_for_url(re.compile("/rendez-vous/nouveau/"))
    fill_patient(landing, email=_address(name), family_name=f"{name}-Démo")
    landing.get_by_role("button", name=re.compile("^Confirmer")).click()
    confirmed(landing)
    found: str = re.findall(r"/rendez-vous/([0-9a-f-]{36})/", landing.url)[0]
    return found


def _found_by_the_sas(stack: Stack, page: Any) -> list[str]:
    """The addresses of the doctor's slots, as the platform's search shows them."""
    page.goto(f"{stack.sandbox}/?chercher=1&autres={RPPS['doctor']}")
    page.get_by_role("heading", name=re.compile("praticien")).first.wait_for()
    return _addresses(page.locator("a[target=_blank]"))


def _close(stack: Stack, desk: Desk, day: date, keys: dict[str, str]) -> dict[str, datetime]:
    """The surgery, for a day; each of its visits resolved, in one list. To which hours they are moved."""
    page = desk.page
    desk.open()
    desk.press("Absences et fermetures")
    desk.press("Fermeture")
    desk.type("Intitulé", "Dégât des eaux")
    page.get_by_label("Lieu", exact=True).select_option(keys["surgery"])
    desk.type("Du", day)
    lines = page.locator(".fate")
    lines.nth(len(NAMES) - 1).wait_for()
    assert lines.count() == len(NAMES)
    assert lines.filter(has_text="SAS mis à jour").count() == len(OF_THE_SAS)

    page.get_by_label("Pour tous ceux que vous n’avez pas changés").select_option("cancel")
    moved = {}
    for name in [*KEPT, *MOVED, *GIVEN]:
        choice = lines.filter(has_text=f"{name}-Démo").get_by_role("combobox")
        wanted = "keep" if name in KEPT else f"give:{keys['other']}"
        if name in MOVED:
            wanted = choice.locator("option[data-way=move]").get_attribute("value")
            moved[name] = datetime.fromtimestamp(int(wanted.removeprefix("move:")), PARIS)
        choice.select_option(wanted)
    lines.filter(has_text=f"{NOT_TOLD}-Démo").get_by_label("Prévenir par e-mail").uncheck()
    desk.press("Noter la fermeture", "button")
    page.get_by_role("status").filter(has_text="Fermeture enregistrée").wait_for()
    page.get_by_text("3 rendez-vous à déplacer").wait_for()
    desk.press("Historique")
    page.get_by_text("3 déplacés, 3 confiés et 3 annulés").wait_for()
    page.get_by_text("12 rendez-vous à venir touchés").wait_for()
    return moved


def _sas_knows(stack: Stack, ours: dict[str, str], starts: dict[str, datetime], moved: dict[str, datetime]) -> None:
    """A PUT for each of its visits that is otherwise now, none for the one that was kept."""
    for name, key in ours.items():
        methods = ["POST"] if name in KEPT else ["POST", "PUT"]

        def find(key: str = key, methods: list[str] = methods) -> dict[str, Any] | None:
            held = stack.held(key)
            return held if held and len(held["history"]) >= len(methods) else None

        held = wait_for(find, f"the SAS has {methods} of {name}")
        assert [(one["method"], one["verdict"]) for one in held["history"]] == [(one, "ok") for one in methods]
        assert held["status"] == ("cancelled" if name in CANCELLED else "booked")
        assert datetime.fromisoformat(held["start"]) == moved.get(name, starts[name])
        assert held["practitioners"] == ["8" + RPPS["colleague" if name in GIVEN else "doctor"]]
        conforms(held["resource"])


def _patients_know(stack: Stack, starts: dict[str, datetime], moved: dict[str, datetime]) -> None:
    """Of what became of their visit, once; and of nothing, who stays, or is told by the practice itself."""
    told = [name for name in [*MOVED, *GIVEN, *CANCELLED] if name != NOT_TOLD]
    wait_for(lambda: all(len(stack.mails(_address(name))) > 1 for name in told), "patients are told", 60)
    for name in NAMES:
        mails = stack.mails(_address(name))
        assert mails[-1]["subject"] == "Votre rendez-vous est confirmé"
        assert len(mails) == (2 if name in told else 1), name
    for name in told:
        mails = stack.mails(_address(name))
        assert mails[0]["subject"] == f"Votre rendez-vous {'est annulé' if name in CANCELLED else 'a changé'}"
        when = moved.get(name, starts[name])
        assert f"Quand{NBSP}: {long_date(when.date())} à {hour(when)}" in mails[0]["text"]
        assert ("Annexe de l’Année-Démo" in mails[0]["text"]) == (name in GIVEN)
        assert (COLLEAGUE in mails[0]["text"]) == (name in GIVEN)


def _addresses(links: Any) -> list[str]:
    found: list[str] = links.evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    return found


def _address(name: str) -> str:
    return f"{name.lower()}.annee@demo.example"


def _stamp(start: datetime) -> str:
    """How the address of a slot says when it begins."""
    return f"-{start.astimezone(UTC):%Y%m%dT%H%MZ}-"


def _inside(stack: Stack, act: str, **arguments: Any) -> Any:
    """What a function of `year_practice` answers, done in the product's database."""
    code = (
        "import json; from tests.system import year_practice; "
        f"print(json.dumps(year_practice.{act}(**json.loads({json.dumps(arguments)!r}))))"
    )
    return json.loads(stack.inside(code))
