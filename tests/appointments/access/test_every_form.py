"""Every address of the signed-in pages that takes POST: what was typed is never lost, whatever happens between the page and its
answer. A new address is in the walk by being there.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.db import OperationalError, connection, models
from django.db.models import F
from django.test import Client, override_settings

from accounts.models import Delegation, Membership, Practitioner, Regulator
from accounts.rights import Actor
from appointments.models import Appointment, AppointmentEvent, Hold, PatientEvent, ReasonAt, Schedule, SetupChange
from tests import factories
from tests.appointments.access.conftest import World
from tests.appointments.access.sending import FORMS, Pairs, as_data, forms_of, typed_over
from tests.appointments.access.table import TABLE, names
from tests.factories import at
from tests.undoing import undone

pytestmark = pytest.mark.django_db
OURS = "http://testserver"

# What takes POST and keeps nothing.
EXCUSED = {
    "sign-in": "a password never comes back",
    "password-reset": "open to everybody, and to be typed again: one address",
    "password-reset-confirm": "a password never comes back",
    "invitation": "a password never comes back",
    "password-change": "a password never comes back",
    "terms": "a button, on a page that one is led back to",
    "patients": "a search (agenda.test_patients)",
    "patients-quick": "the same while one types (agenda.test_patients)",
    "shortcuts": "a switch",
    "agenda-look": "boxes of a menu that is on the page one is led back to",
    "agenda-group": "one’s own name for one’s own group (agenda.test_agenda_views)",
    "move-referral": "an hour, chosen by a button, on a page that one is led back to",
    "my-referrals": "a search (call.test_referrals_page)",
    "same-patient": "a button, on a page that one is led back to",
    "hold": "buttons, on a page that one is led back to",
    "draft": "saved while one types, and again with the form itself",
    "assistant-starting-reasons": "a button, on a page that one is led back to",
    "assistant-publish": "a button, on a page that one is led back to",
    "patient-choices": "a name to look for, inside the form of a new appointment",
    "patient-files": "buttons, and a name to look for (agenda.test_patient_files)",
    "closing-reminder": "a button",
    "emptied": "boxes that are ticked beforehand (setup.test_emptying)",
    "emptied-told": "a button",
    "imports": "a file, which only the browser's person can choose again",
    "import-act": "buttons",
    "other-calendar-act": "buttons",
    "online-choose": "an hour, chosen by a button",
    "online-details": "patients have no session that could be over (online.test_booking)",
    "online-code": "six digits",
    "online-code-again": "a button",
    "online-manage": "a birth date",
    "online-move": "an hour, chosen by a button",
    "online-cancel": "a button",
    "waiting-remove": "a button",
    "online-wait": "patients have no session that could be over (waiting.test_waiting_pages)",
    "online-waiting": "buttons",
    "online-earlier": "patients have no session that could be over (waiting.test_waiting_pages)",
    "online-late": "a button",
    "series": "a day and an hour, of a visit that is one of several (agenda.test_series)",
    "sign-out": "nothing is typed, and whose session is over is out",
    "operations-send-all-again": "a button; operators are led back to it and told (interop.operations)",
    "operations-send-again": "the same",
    "operations-probe": "the same",
    "fhir-practitioners": "no page",
    "late": "boxes, of a list that is read anew (agenda.test_late)",
    "appointment-call-back": "a button",
    "sms-receipt": "no page",
    "sms-answer": "no page",
}
UNVERSIONED = {
    "new-appointment": "makes a new one",
    "new-series": "makes new ones",
    "waiting-add": "makes a new one",
    "wait-for": "makes a new one",
    "book": "makes a new one",
    "agenda-groups": "makes a new one",
    "rule-new": "makes a new one",
    "one-off-new": "makes a new one",
    "absence-new": "makes a new one",
    "closure-new": "makes a new one",
    "practice-reason-new": "makes a new one",
    "practice-reason-move": "up or down, wherever it stands by then",
    "practice-reasons-start": "makes new ones",
    "empty-day": "a list of visits, each as it was read (setup.test_emptying)",
    "other-calendars": "makes a new one",
    "appointment-undo": "takes back the last change: another version is another one",
    "assistant-practitioners": "adds somebody",
    "assistant-place-new": "makes a new one",
    "assistant-week": "makes new rules",
    "team-managers": "a yes or no of its own",
    "team-member-remove": "whatever they had, they are to have nothing any more",
    "team-invite": "makes a new one",
    "team-invitation-resend": "a button: the latest link serves",
    "team-invitation-withdraw": "whatever it gave, it is to give nothing any more",
}


@dataclass
class Desk:
    """Where forms lie filled in: `browsers` by kind; `waited`: which of them waited for the lock of a line of time."""

    world: World
    browsers: dict[str, Client]
    referred: Appointment
    waited: list[str] = field(default_factory=list)

    def address(self, name: str) -> str:
        if name == "correct-given":
            return f"/rendez-vous/{self.referred.id}/corriger/"
        return TABLE[name].address(name, self.world)

    def sender(self, name: str) -> Client:
        return self.browsers[FORMS[name].by]

    def filled_in(self, name: str) -> "Sending":
        """The form as its page has it, with what is typed over it."""
        address, typed = self.address(name), FORMS[name].typed(self.world)
        on = FORMS[name].on
        page = page_of(self.sender(name), self.address(on) if on else address)
        forms = [one for one in forms_of(text(page), address) if one.action == address]
        assert forms, (name, page.status_code)
        return Sending(self, name, typed, typed_over(forms[0].fields, typed))


@pytest.fixture
def desk(world: World, browser: Callable[[str], Client], sign_in_regulator: Callable[[Regulator], Client]) -> Desk:
    regulator = factories.regulator()
    by = Actor(user=regulator.user, regulator=regulator)
    referred = factories.appointment(schedule_=world.here, start=at("2026-11-26", "10:00"), by=by)
    browsers = {kind: browser(kind) for kind in {one.by for one in FORMS.values()} - {"booker"}}
    return Desk(world, browsers | {"booker": sign_in_regulator(regulator)}, referred)


def test_every_address_that_takes_post_is_walked_or_excused(world: World) -> None:
    asked = Client()
    taking = set()
    for name in names():
        answer = asked.options(TABLE[name].address(name, world))
        if "POST" in answer.headers.get("Allow", "POST"):
            taking.add(name)
    assert sorted(taking) == sorted({*FORMS, *EXCUSED})


@dataclass(frozen=True)
class Sending:
    """A form filled in on its page, about to be sent."""

    desk: Desk
    name: str
    typed: dict[str, Any]
    fields: Pairs

    @property
    def address(self) -> str:
        return self.desk.address(self.name)

    @property
    def browser(self) -> Client:
        return self.desk.sender(self.name)

    def post(self, fields: Pairs | None = None) -> Any:
        return self.browser.post(self.address, as_data(self.fields if fields is None else fields))

    def again(self, fields: Pairs) -> None:
        """What was kept is sent, and taken."""
        answer = send(self.browser, self.address, fields)
        assert answer.status_code == 303, (answer.status_code, text(answer))


def the_session_is_over(sent: Sending) -> None:
    """It is kept, and sent again after signing in."""
    answer = Client().post(sent.address, as_data(sent.fields))
    assert answer.status_code == 401
    assert "no-store" in answer["Cache-Control"]
    booking = sent.name in {"book", "new-appointment", "new-series"}
    told = "Le rendez-vous n’est pas encore pris." if booking else "Rien n’est encore enregistré."
    assert told in text(answer)
    kept = kept_in(answer, sent.address)
    assert kept == sorted(sent.fields)
    # The token is new once one has signed in: script reads it where signing in leads to.
    [back] = re.findall(r'data-token-from="([^"]*)"', text(answer))
    assert f"?next={quote(back, safe='')}" in text(answer)
    assert "csrfmiddlewaretoken" in text(sent.browser.get(back))
    # Of what has a version, the same is sent again where that is an older one.
    if sent.name in UNVERSIONED:
        sent.again(kept)


def the_database_is_away(sent: Sending) -> None:
    """It is kept as it was."""
    sent.browser.raise_request_exception = False
    with away():
        answer = sent.post()
    sent.browser.raise_request_exception = True
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert kept_in(answer, sent.address) == sorted(sent.fields)


def its_token_is_of_before(sent: Sending) -> None:
    """It is kept, with the new one."""
    browser = Client(enforce_csrf_checks=True, headers={"Origin": OURS})
    browser.cookies = sent.browser.cookies
    with override_settings(BASE_URL=OURS):
        answer = browser.post(sent.address, as_data(sent.fields))
        assert answer.status_code == 403
        assert kept_in(answer, sent.address) == sorted(sent.fields)
        [form] = [one for one in forms_of(text(answer), "/") if one.action == sent.address]
        # The token is the session's: good once, it is good at every address of the same person.
        if next(name for name, one in FORMS.items() if one.by == FORMS[sent.name].by) == sent.name:
            assert send(browser, sent.address, form.fields).status_code == 303


def it_is_of_an_older_version(sent: Sending) -> None:
    """It is refused and kept; sent again from the page that tells it, it is meant."""
    if sent.name in UNVERSIONED:
        return
    for model in apps.get_models():
        if any(one.name == "version" and isinstance(one, models.IntegerField) for one in model._meta.fields):
            model._default_manager.update(version=F("version") + 1)
    answer = sent.post()
    assert answer.status_code == 409, answer.status_code
    assert "a changé entre-temps" in text(answer)
    assert not lost(sent.fields, answer, sent.address)
    form = next(one for one in forms_of(text(answer), sent.address) if one.action == sent.address)
    fresh = {one: value for one, value in form.fields if one in {"version", "patient_version"}}
    sent.again(typed_over(sent.fields, fresh))


def every_agenda_was_closed(sent: Sending) -> None:
    Schedule.objects.update(active=False)
    answer = sent.post()
    assert answer.status_code in {303, 409, 422}, answer.status_code
    assert answer.status_code == 303 or not lost(sent.fields, answer, sent.address)


def its_reasons_were_put_away(sent: Sending) -> None:
    if not {"reason", "reasons"} & sent.typed.keys():
        return
    ReasonAt.objects.update(active=False)
    answer = sent.post()
    assert answer.status_code == 422, answer.status_code
    assert re.search(r'id="id_reasons?-erreur"', text(answer))
    assert not lost(sent.fields, answer, sent.address)


def what_it_names_is_gone(sent: Sending) -> None:
    """A place, an agenda, a reason, a person: told at its field."""
    for name in (one for one, value in sent.typed.items() if is_a_row(one, value)):
        gone = [(one, GONE if one == name else known) for one, known in sent.fields]
        answer = sent.post(gone)
        assert answer.status_code == 422, (name, answer.status_code)
        assert f'id="id_{name}-erreur"' in text(answer), name
        assert GONE not in re.sub(r"<[^>]*>", "", text(answer)), name
        assert not lost(gone, answer, sent.address), name


# Whose locks are of lines of time; those of memberships: accounts.test_access.
OF_A_LINE = re.compile(r"FROM \"appointments_calendar\".*FOR NO KEY UPDATE", re.DOTALL)


def its_right_is_taken_back(sent: Sending) -> None:
    """By the time a line of time is locked nobody may anything any more: under the lock, rights are read again."""
    waited: list[str] = []

    def wait(execute: Any, sql: str, *rest: Any) -> Any:
        if OF_A_LINE.search(sql) and not waited:
            waited.append(sql)
            Delegation.objects.all().delete()
            Membership.objects.all().delete()
            Practitioner.objects.update(user=None)
            Regulator.objects.update(active=False)
        return execute(sql, *rest)

    before = written()
    with connection.execute_wrapper(wait):
        answer = sent.post()
    if waited:
        sent.desk.waited.append(sent.name)
        # A day's form says which of its lines were not done.
        assert answer.status_code == (409 if sent.name == "closing" else 404), answer.status_code
        assert written() == before


def written() -> list[int]:
    return [model._default_manager.count() for model in (AppointmentEvent, Hold, PatientEvent, SetupChange)]


MEANWHILE = [
    the_session_is_over, the_database_is_away, its_token_is_of_before, it_is_of_an_older_version, every_agenda_was_closed,
    its_reasons_were_put_away, what_it_names_is_gone, its_right_is_taken_back,
]  # fmt: skip


def test_whatever_happens_before_it_is_sent_it_is_kept(desk: Desk) -> None:
    """Each form is opened and filled in once: that takes longer than all that may happen to it."""
    wrong, named = [], 0
    for name in FORMS:
        with undone():
            sent = desk.filled_in(name)
            named += sum(is_a_row(*one) for one in sent.typed.items())
            for happens in MEANWHILE:
                with undone():
                    try:
                        happens(sent)
                    except AssertionError as failure:
                        wrong.append(f"{name}: {happens.__name__}: {failure}")
    assert not wrong, "\n".join(wrong)
    assert named >= 15
    assert len(desk.waited) >= 20, desk.waited


def test_another_site_gets_no_form_to_click_on(desk: Desk, settings: Any) -> None:
    settings.BASE_URL = OURS
    others = itertools.cycle([{}, {"Origin": "https://ailleurs.example"}, {"Origin": "null"}])
    for name, headers in zip(FORMS, others, strict=False):
        browser = Client(enforce_csrf_checks=True)
        browser.cookies = desk.sender(name).cookies
        answer = browser.post(desk.address(name), {"family_name": "Jasmin-Démo"}, headers=headers)
        assert answer.status_code == 403, name
        assert "Jasmin" not in text(answer), name


GONE = "00000000-0000-4000-8000-000000000000"


def is_a_row(name: str, value: Any) -> bool:
    """A file is never gone: merged or erased, it is told."""
    return (
        name != "file" and re.fullmatch(r"\[?'?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'?\]?", str(value)) is not None
    )


@contextmanager
def away() -> Iterator[None]:
    """The database, for every statement."""

    def refuse(*_: object) -> None:
        raise OperationalError("connection refused")

    with connection.execute_wrapper(refuse):
        yield


def send(browser: Client, address: str, fields: Pairs) -> Any:
    """Whoever is told which visits it touches reads them, and goes on; nothing typed is lost by that either."""
    answer = browser.post(address, as_data(fields))
    seals = re.findall(r'name="touched" value="(\w+)"', text(answer))
    if not seals:
        return answer
    assert not lost(fields, answer, address), address
    return browser.post(address, as_data([*fields, ("touched", seals[0])]))


def text(answer: Any) -> str:
    content: str = answer.content.decode()
    return content


def kept_in(answer: Any, address: str) -> Pairs:
    [form] = [one for one in forms_of(text(answer), "/") if one.action == address]
    return sorted((name, value) for name, value in form.fields if name != "csrfmiddlewaretoken")


def lost(sent: Pairs, answer: Any, address: str) -> Pairs:
    """What was sent, is in no form of the page, and is not said to be wrong. Where one presses a button nothing is typed."""
    page = text(answer)
    if "Vos saisies" in page:
        return []  # Of a slot that is gone where nothing else is free: to be read, as there is nothing to send.
    found = {pair for form in forms_of(page, address) for pair in form.fields}
    wrong = set(re.findall(r'id="id_(\w+)-erreur"', page))
    own = {"csrfmiddlewaretoken", "version", "patient_version", "status", "arrived", "acte", "file", "creneau"}
    return [(name, value) for name, value in sent if (name, value) not in found and name not in wrong | own]


def page_of(browser: Client, address: str) -> Any:
    """Where a form stands: at its address, or above it where that only takes POST."""
    while (answer := browser.get(address, follow=True)).status_code in {404, 405}:
        address = address.rstrip("/").rpartition("/")[0] + "/"
    return answer
