"""French compares as French: in every order and every search, whatever the cluster's locale."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.auth.models import Group
from django.db import connection, models
from django.template import engines
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import AccessKind, Role, specialty_choices
from accounts.french import fold
from accounts.models import AccessEvent, Delegation, Membership, Organization, Practitioner, Regulator, User
from accounts.rights import Actor, acted_by
from accounts.services.sign_ins import record_sign_in
from appointments.models import Absence, Appointment, Closure, Emptying, ImportRun, Reason, Rule, Schedule
from tests import factories
from tests.appointments.access.table import TABLE
from tests.appointments.access.test_every_address import admin_lists
from tests.appointments.agenda.conftest import _frozen
from tests.factories import at

__all__ = ["_frozen"]

pytestmark = pytest.mark.django_db

NAMES = ["Abeille", "de La Tour", "Écureuil", "Eider", "Œillet", "Zinnia"]

# Text that holds no words, and is compared as it is written.
CODES = {
    "accounts.DirectoryEntry.number": "a national number",
    "accounts.User.email": "an address, in small letters by a constraint",
    "auth.Permission.codename": "Django's own name of a right",
    "contenttypes.ContentType.app_label": "the name of an application in the code",
    "contenttypes.ContentType.model": "the name of a table in the code",
}
# Of third parties, which hold addresses of the network, browsers and paths.
FOREIGN = {"axes"}


# --- What is written in the code ---------------------------------------------------------------------------------------
def test_no_model_orders_by_words_as_they_are_written() -> None:
    orders = [(model, order) for model in apps.get_models() for order in model._meta.ordering]
    assert [f"{model._meta.label} by {order}" for model, order in orders if _is_raw(model, order)] == []


def test_no_administration_searches_words_as_they_are_written() -> None:
    pages = [(model, page) for model, page in admin.site._registry.items() if model._meta.app_label not in FOREIGN]
    searched = [(model, path) for model, page in pages for path in page.get_search_fields(None)]  # type: ignore[arg-type]
    assert len(searched) > 30
    assert [f"{model._meta.label} by {path}" for model, path in searched if _is_raw(model, path)] == []


def _is_raw(model: type[models.Model], path: str) -> bool:
    """Whether the path of an order or a search ends with words that are not folded."""
    path = path.lstrip("-")
    if path == "pk" or path.endswith("__folded"):
        return False
    return _holds_words(get_fields_from_path(model, path)[-1])


def _holds_words(field: Any) -> bool:
    """A folded column holds them no more; what is chosen from a list is a code."""
    is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
    return is_text and f"{field.model._meta.label}.{field.name}" not in CODES


# --- What PostgreSQL does with it ----------------------------------------------------------------------------------------
def test_a_folded_order_is_the_same_in_every_cluster() -> None:
    """The locale of a cluster may pass over blanks."""
    for name in ("de La Tour", "Delambre", "dé à coudre"):
        factories.organization(name=name)
    collation = models.Func("name__folded", function="pg_collation_for", output_field=models.TextField())
    rows = Organization.objects.annotate(collation=collation).values_list("name", "collation")
    assert list(rows) == [("dé à coudre", '"C"'), ("de La Tour", '"C"'), ("Delambre", '"C"')]


def test_what_is_looked_for_is_folded_too() -> None:
    found = factories.organization(name="L’Œil d’Écureuil")
    for looked_for in ("ŒIL", "oeil", "l'oeil", "ecureuil", "ÉCUREUIL", "e\u0301cureuil"):
        assert Organization.objects.get(name__folded__contains=looked_for) == found, looked_for
    assert not Organization.objects.filter(name__folded__contains="%").exists()


def test_what_is_not_in_the_database_is_ordered_alike() -> None:
    labels = [label for _, label in specialty_choices()]
    assert labels == sorted(labels, key=fold) != sorted(labels)


# --- What people read ----------------------------------------------------------------------------------------------------
@dataclass
class World:
    """Six of everything, of these names. Dr Milieu receives at six places of one house, and in six houses. The reader manages
    all of it, and the installation too.
    """

    practitioner: Practitioner
    organization: Organization
    here: Schedule
    rule: Rule
    reason: Reason
    absence: Absence
    closure: Closure
    visit: Appointment
    member: Membership
    given: Delegation
    brought: ImportRun
    emptied: Emptying
    reader: User


@pytest.fixture
def world(db: None) -> World:
    # One that hasn't its name's place by chance.
    names = [*NAMES[3:], *NAMES[:3]]
    house, middle = factories.organization(name="Maison"), factories.practitioner(family_name="Milieu")
    reader = factories.user(last_name="Regarde", is_staff=True, is_superuser=True)
    factories.member(house, reader, Role.MANAGER)
    here, *_ = [_one_of_six(name, house, middle, reader) for name in names]
    visit = factories.appointment(schedule_=here, start=at("2026-11-26", "09:00"))
    return World(
        practitioner=middle,
        organization=house,
        here=here,
        rule=here.rules.get(),
        reason=here.reasons_at.get().reason,
        absence=Absence.objects.create(calendar=here.calendar, first_day=date(2026, 12, 1), last_day=date(2026, 12, 1)),
        closure=here.location.closures.get(),
        visit=visit,
        member=house.memberships.exclude(user=reader)[0],
        given=house.delegations.all()[0],
        brought=factories.brought(here, reader),
        emptied=factories.emptying(here, "2026-11-23"),
        reader=reader,
    )


def _one_of_six(name: str, house: Organization, middle: Practitioner, reader: User) -> Schedule:
    """Dr Milieu's agenda at the place of this name in the house."""
    own = factories.organization(name=name)
    factories.member(own, reader, Role.MANAGER)
    factories.schedule(practitioner=middle, location=factories.location(name=f"Annexe {name}", organization=own))
    place = factories.location(name=name, organization=house)
    here = factories.schedule(practitioner=middle, location=place)
    reason = factories.reason(here, label=name)
    factories.rule(schedule=here, reasons=[reason], start_time=time(14), end_time=time(15))
    Closure.objects.create(location=place, label=name, first_day=date(2026, 12, 24), last_day=date(2026, 12, 24))
    # Who works in the house as well.
    other = factories.practitioner(family_name=name, title="")
    there = factories.schedule(practitioner=other, location=factories.location(name="Annexe", organization=house))
    factories.schedule(practitioner=other, location=factories.location(name=name, organization=own))
    factories.rule(schedule=there)
    factories.absence(practitioner=other, first_day=date(2026, 11, 30), last_day=date(2026, 11, 30))
    helper = factories.user(last_name=name)
    factories.delegate(helper, there)
    told = at("2026-11-24", f"09:{30 - NAMES.index(name)}")
    AccessEvent.objects.create(
        organization=house, practitioner=other, subject=helper, kind=AccessKind.GRANTED, at=told, **acted_by(Actor())
    )
    # Who called.
    regulator = factories.regulator(family_name=name)
    actor = Actor(user=regulator.user, regulator=regulator)
    factories.appointment(schedule_=there, start=at("2026-11-27", f"09:1{NAMES.index(name)}"), by=actor)
    record_sign_in(regulator=regulator, subject="s", idp_connect="mdp", idp_connect_known=True, outcome="opened")
    Group.objects.create(name=name)
    return here


@pytest.fixture
def reader(world: World, sign_in: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch) -> Client:
    # Django's own pages count on unknown variables being empty.
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "")  # type: ignore[attr-defined]
    return sign_in(world.reader)


# Lists in another order: of time, mostly.
BY_TIME = {
    "assistant-places": "by the places, each with who receives there",
    "book": "each day's places by their first slot; the nearest ones, told above, are left out",
    "appointment-change": "the agenda where it stands first",
    "operations-deliveries": "the latest first",
    "operations-reconciliation": "as they were booked",
    "/admin/accounts/signin/": "the latest first",
    "/admin/appointments/appointmentevent/": "the latest first",
    "/admin/appointments/rule/": "as they were made",
    "/admin/appointments/absence/": "by their days, which are the same",
    "/admin/appointments/closure/": "by their days, which are the same",
}
# Where six are listed by their names, among others.
LISTED = {
    "agenda", "agenda-week", "agenda-day", "new-appointment", "appointment", "practitioner-slots", "openings", "rule-new",
    "absence-new", "closure-new", "practice-reasons", "practice-reason-new", "team-home", "team", "closing", "/admin/auth/group/",
    "/admin/accounts/user/", "/admin/accounts/membership/", "/admin/accounts/delegation/", "/admin/accounts/practitioner/",
    "/admin/accounts/regulator/", "/admin/accounts/organization/", "/admin/appointments/location/",
    "/admin/appointments/calendar/", "/admin/appointments/schedule/", "/admin/appointments/schedule/add/",
    "/admin/appointments/reason/",
}  # fmt: skip


def test_every_page_lists_in_the_order_of_french(
    world: World, reader: Client, sign_in_regulator: Callable[[Regulator], Client]
) -> None:
    caller = sign_in_regulator(factories.regulator())
    pages = [(name, reader, address) for name, address in _pages(world)]
    pages += [(name, caller, TABLE[name].address(name, world)) for name in ("practitioner-slots", "my-referrals")]
    found = set()
    wrong = []
    with CaptureQueriesContext(connection) as queries:
        for name, client, address in pages:
            for order in orders_in(_text(client.get(address, follow=True))):
                found.add(name)
                if order != NAMES and name not in BY_TIME:
                    wrong.append(f"{name}: {order}")
    assert not wrong, "\n".join(wrong)
    assert set() == LISTED - found == BY_TIME.keys() - found
    # What has no six to list is asked for in that order too.
    assert _words_compared(queries) == set()


def test_no_list_of_the_administration_is_sorted_or_searched_as_words_are_written(world: World, reader: Client) -> None:
    """By each of its columns."""
    with CaptureQueriesContext(connection) as queries:
        for model, page in admin.site._registry.items():
            if model._meta.app_label not in FOREIGN:
                columns = ".".join(str(number + 1) for number in range(len(page.list_display)))
                assert reader.get(f"{_list_of(model)}?q=e&o={columns}").status_code == 200
    assert _words_compared(queries) == set()


def test_every_search_finds_a_name_however_it_is_written(world: World, reader: Client, rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = world.reader
    pages = [
        page
        for page in admin.site._registry.values()
        if any("__folded" in one for one in page.get_search_fields(request))
    ]
    assert len(pages) > 10
    for name in NAMES:
        spelled = [name, name.upper(), name.lower(), fold(name), unicodedata.normalize("NFD", name)]
        for page in pages:
            rows = page.get_queryset(request)
            found = [set(page.get_search_results(request, rows, one)[0]) for one in spelled]
            assert set() not in found, (page, name)
            assert found == found[:1] * len(spelled), (page, name)
        for one in spelled:
            answer: Any = reader.get(reverse("operations-deliveries"), {"praticien": one})
            assert answer.context["page"].paginator.count == 1, one


def _list_of(model: type[models.Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def _pages(world: World) -> Iterator[tuple[str, str]]:
    """Those that are read, the doors of the SAS aside; the administration's by their addresses."""
    for name, line in TABLE.items():
        if not line.post and name not in ("sas-sign-in", "sas-callback"):
            yield name, line.address(name, world)
    for address in [*admin_lists(), reverse("admin:appointments_schedule_add")]:
        yield address, address


def _text(answer: Any) -> str:
    return b"".join(answer).decode()


_TABLE = re.compile(r'"(\w+)" ([TU]\d+)\b')
_ORDER = re.compile(r"ORDER BY (.*?)(?= LIMIT | FOR |\)|$)", re.DOTALL)
_BY_COLUMN = re.compile(r'(?:^|, )"?(\w+)"?\."(\w+)"(?= ASC| DESC|,|$)')
_LIKE = re.compile(r'"?(\w+)"?\."(\w+)"(?:::text)?\)? (?:I?LIKE|~)')


def _words_compared(queries: CaptureQueriesContext) -> set[str]:
    """The columns of words that statements order by, or search, as they are written."""
    found = set()
    for sql in (query["sql"] for query in queries):
        names = {alias: table for table, alias in _TABLE.findall(sql)}
        columns = [one for order in _ORDER.findall(sql) for one in _BY_COLUMN.findall(order)] + _LIKE.findall(sql)
        fields = (_COLUMNS.get((names.get(table, table), column)) for table, column in columns)
        found |= {f"{one.model._meta.label}.{one.name}" for one in fields if one is not None and _holds_words(one)}
    return found


_COLUMNS: dict[tuple[str, str], Any] = {
    (model._meta.db_table, field.column): field for model in apps.get_models() for field in model._meta.local_fields
}


def orders_in(page: str) -> list[list[str]]:
    """The order in which each element of the page has the six names, where each is in one of its parts."""
    reader = _Parts()
    reader.feed(page)
    return reader.found


class _Parts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[list[set[str]]] = [[]]
        self.found: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"input", "img", "br", "hr", "meta", "link", "use", "col", "path"}:
            self.open.append([])

    def handle_endtag(self, tag: str) -> None:
        if len(self.open) > 1 and tag not in {"use", "path"}:
            parts = self.open.pop()
            self._look_at([one for one in parts if one])
            self.open[-1].append(set().union(*parts))

    def handle_data(self, data: str) -> None:
        self.open[-1].append({name for name in NAMES if name in data})

    def _look_at(self, parts: list[set[str]]) -> None:
        if all(len(one) == 1 for one in parts) and len(set().union(*parts)) == len(NAMES):
            self.found.append(list(dict.fromkeys(name for one in parts for name in one)))
