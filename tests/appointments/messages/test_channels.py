"""Which way a patient is told, what is tried when that fails, and who is told to call when nothing is left."""

import re
import smtplib
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core import mail
from icalendar import Calendar

from accounts.models import User
from appointments.booking.services.changes import cancel_appointment
from appointments.booking.services.moving import move_appointment
from appointments.enums import Channel, MessageKind, MessageState, Way, Wish
from appointments.messages import tasks
from appointments.messages.services.planning import SETTLES
from appointments.messages.services.sending import due_messages, end_forsaken, send_message
from appointments.messages.services.telling import note_told
from appointments.models import Appointment, MessageText, Patient, PatientMessage
from outbox import gsm, ledger, sms
from outbox.mail import LEASE
from tests import factories
from tests.appointments.call.conftest import NOW
from tests.appointments.call.requests import TEN
from tests.undoing import undone

pytestmark = pytest.mark.django_db
MOBILE, FIXED, ADDRESS = "+33639980045", "+33199001234", "kumquat@exemple.test"
LATER = NOW + SETTLES
FAR = TEN + timedelta(days=3)


@pytest.fixture(autouse=True)
def provider(settings: Any) -> sms.Kept:
    settings.SMS_PROVIDER = sms.Kept()
    settings.SMS_PROVIDER.sent = []
    return settings.SMS_PROVIDER  # type: ignore[no-any-return]


def visit(*, phone: str = MOBILE, email: str = "", **fields: Any) -> Appointment:
    return factories.appointment(start=FAR, patient=factories.patient(phone=phone, email=email), **fields)


def change(made: Appointment, *, hours: int = 3, now: Any = NOW, kind: str = "move", **asked: Any) -> None:
    made.refresh_from_db()
    by = factories.practice_actor(made.practitioner)
    common: dict[str, Any] = {"appointment_id": made.id, "version": made.version, "by": by, "now": now, **asked}
    if kind == "cancel":
        cancel_appointment(**common)
    else:
        move_appointment(**common, start=FAR + timedelta(hours=hours), despite=True)


def rows(made: Appointment, *states: str) -> list[tuple[str, str, str]]:
    found = PatientMessage.objects.filter(appointment=made).order_by("pk")
    return [(one.channel, one.kind, one.state) for one in found if not states or one.state in states]


def send_due(now: Any = LATER) -> None:
    for pk in due_messages(now=now):
        send_message(message_id=pk, now=now)


def fail(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def send(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(sms.Kept, "send", send)


WAYS: list[tuple[str, str, str, str, list[str]]] = [
    (Way.EMAIL_FIRST, "", MOBILE, ADDRESS, ["email"]),
    (Way.EMAIL_FIRST, "", MOBILE, "", ["sms"]),
    (Way.EMAIL_FIRST, "", FIXED, "", []),
    (Way.SMS_FIRST, "", MOBILE, ADDRESS, ["sms"]),
    (Way.SMS_FIRST, "", FIXED, ADDRESS, ["email"]),
    (Way.BOTH, "", MOBILE, ADDRESS, ["email", "sms"]),
    (Way.NEVER, "", MOBILE, ADDRESS, []),
    # What the patient wants counts first.
    (Way.EMAIL_FIRST, Wish.SMS, MOBILE, ADDRESS, ["sms"]),
    (Way.SMS_FIRST, Wish.EMAIL, MOBILE, ADDRESS, ["email"]),
    (Way.BOTH, Wish.SMS, MOBILE, ADDRESS, ["sms"]),
    (Way.BOTH, Wish.NOTHING, MOBILE, ADDRESS, []),
]


def test_which_way_a_change_is_told() -> None:
    for way, wish, phone, email, channels in WAYS:
        with undone():
            made = visit(phone=phone, email=email)
            PatientMessage.objects.all().delete()
            MessageText.objects.create(organization=made.organization, kind=MessageKind.CHANGE, way=way)
            Patient.objects.update(wish=wish)
            change(made)
            assert [one for one, _, _ in rows(made, "planned")] == channels, (way, wish, phone, email)
            # A change that no message tells is to be told by somebody.
            assert rows(made, "to call") == ([] if channels else [("call", "change", "to call")]), (
                way,
                wish,
                phone,
                email,
            )


def test_an_sms_says_who_when_where_in_the_alphabet_and_is_kept_as_sent(provider: sms.Kept) -> None:
    made = visit()
    send_due()
    change(made)
    send_due(LATER)
    [(_, first, _), (to, text, reference)] = provider.sent
    who = gsm.in_gsm(made.practitioner.name)
    assert to == MOBILE
    assert first.startswith(f"RDV le sam. 28/11 à 10h00, {who}, ")
    assert text.startswith(f"CHANGEMENT: votre RDV du 28/11 à 10h00 est maintenant le sam. 28/11 à 13h00, {who}")
    kept = PatientMessage.objects.get(reference=reference)
    assert (kept.state, kept.body, kept.sent_at) == (MessageState.SENT, text, LATER)


def test_what_mail_refuses_goes_by_sms_and_what_that_refuses_is_told_by_somebody_at_once(
    monkeypatch: pytest.MonkeyPatch, provider: sms.Kept
) -> None:
    made = visit(email=ADDRESS)
    PatientMessage.objects.all().delete()
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", _refuse)
        change(made)
        send_due()
    assert rows(made) == [("email", "change", "refused"), ("sms", "change", "planned")]
    with monkeypatch.context() as broken:
        fail(broken, sms.NotSent("HTTP 422", final=True))
        send_due()
    assert rows(made, "refused", "to call") == [
        ("email", "change", "refused"), ("sms", "change", "refused"), ("call", "change", "to call"),
    ]  # fmt: skip
    by = factories.practice_actor(made.practitioner, user_=User.objects.first())
    made.refresh_from_db()
    note_told(appointment_id=made.id, version=made.version, by=by, now=LATER)
    assert rows(made)[-1] == ("call", "change", "told")
    # They know where it stands now: brought back to that, nothing is to be told.
    change(made, hours=5, now=LATER)
    change(made, now=LATER)
    assert rows(made, "planned", "to call") == []


def _refuse(_: object) -> None:
    raise smtplib.SMTPRecipientsRefused({ADDRESS: (550, b"unknown")})


@pytest.mark.parametrize("repeats", [True, False])
def test_what_may_have_left_is_sent_again_only_where_it_is_taken_once(
    repeats: bool, monkeypatch: pytest.MonkeyPatch, provider: sms.Kept
) -> None:
    monkeypatch.setattr(sms.Kept, "knows_repeats", repeats)
    made = visit()
    PatientMessage.objects.all().delete()
    change(made)
    with monkeypatch.context() as broken:
        fail(broken, sms.Unclear("ReadTimeout"))
        send_due()
    again = LATER + timedelta(hours=1)
    send_due(again)
    [message] = PatientMessage.objects.filter(channel=Channel.SMS)
    if repeats:
        assert (message.state, len(provider.sent)) == (MessageState.SENT, 1)
    else:
        assert (message.state, provider.sent) == (MessageState.UNKNOWN, [])
        assert rows(made, "to call") == [("call", "change", "to call")]


def test_an_sms_whose_worker_died_in_between_is_unclear_too(
    provider: sms.Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms.Kept, "knows_repeats", False)
    made = visit()
    message = PatientMessage.objects.get(appointment=made)
    assert ledger.claim(PatientMessage, message.pk, now=NOW, lease=LEASE)
    PatientMessage.objects.update(body="as it was about to leave")
    end_forsaken(now=NOW + LEASE)
    send_due(NOW + timedelta(hours=1))
    message.refresh_from_db()
    assert (message.state, provider.sent) == (MessageState.UNKNOWN, [])


def test_a_change_taken_back_is_told_to_nobody_and_nobody_has_to_call() -> None:
    made = visit(phone=FIXED)
    change(made)
    assert rows(made, "to call") == [("call", "change", "to call")]
    change(made, hours=0)
    assert rows(made, "to call") == []
    change(made, kind="cancel")
    change_of_mind = rows(made, "to call")
    assert change_of_mind == [("call", "cancellation", "to call")]


def test_the_practice_that_tells_them_itself_is_asked_nothing() -> None:
    made = visit(phone=FIXED)
    change(made, tell=False)
    assert rows(made) == []


def test_what_a_regulator_does_on_the_phone_is_told_by_them() -> None:
    made = visit(phone=FIXED, by=factories.regulator_actor())
    cancel_appointment(
        appointment_id=made.id, version=1, by=factories.Actor(user=None, regulator=made.by_regulator), now=NOW
    )
    assert rows(made) == []


def test_at_night_a_change_waits_for_the_morning_unless_the_visit_is_near() -> None:
    night = NOW.replace(hour=21) + timedelta(hours=0)
    made = visit(email=ADDRESS)
    change(made, now=night)
    [planned] = PatientMessage.objects.filter(appointment=made, state=MessageState.PLANNED)
    local = planned.next_attempt_at.astimezone(made.schedule.location.zone)
    assert (local.hour, local.minute) == (8, 0)


def test_the_sweep_plans_nothing_twice_and_sends_all_channels(
    provider: sms.Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = visit(email=ADDRESS)
    MessageText.objects.create(organization=made.organization, kind=MessageKind.CHANGE, way=Way.BOTH)
    PatientMessage.objects.all().delete()
    change(made)
    monkeypatch.setattr(tasks, "database_clock", lambda: LATER)
    for _ in range(2):
        tasks.sweep_messages()
    assert (len(mail.outbox), len(provider.sent)) == (1, 1)


def test_the_mail_carries_the_visit_as_an_invitation_that_the_next_one_changes(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "SAS Agenda <ne-pas-repondre@agenda.exemple.test>"
    made = visit(email=ADDRESS)
    send_due()
    change(made)
    send_due(LATER)
    change(made, kind="cancel", now=LATER)
    send_due(LATER + SETTLES)
    methods, events = [], []
    for letter in mail.outbox:
        [part] = [one for one in letter.message().walk() if one.get_content_type() == "text/calendar"]
        assert part.get_filename() == "rendez-vous.ics"
        read = Calendar.from_ical(part.get_payload(decode=True))
        assert str(read["method"]) == part.get_param("method")
        methods.append(str(read["method"]))
        events += read.walk("VEVENT")
    assert methods == ["REQUEST", "REQUEST", "CANCEL"]
    assert {str(one["uid"]) for one in events} == {f"{made.id}@agenda.exemple.test"}
    assert [int(one["sequence"]) for one in events] == [1, 2, 3]
    assert [one.decoded("dtstart") for one in events] == [FAR, FAR + timedelta(hours=3), FAR + timedelta(hours=3)]
    assert str(events[0]["summary"]) == f"Rendez-vous avec {made.practitioner.name}"
    assert [str(one["status"]) for one in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]


def test_both_forms_of_a_mail_say_the_same_and_load_nothing() -> None:
    visit(email=ADDRESS)
    send_due()
    [(html, kind)] = mail.outbox[0].alternatives  # type: ignore[attr-defined]
    assert kind == "text/html"
    assert not re.search(r"<img|<script|src=|url\(|<link", str(html))
    bare = re.sub(r"<[^>]*>", " ", re.sub(r"(?s)<head>.*?</head>|<!--.*?-->", "", str(html)))
    plain = re.sub(r"\s+", " ", unescape(bare)).lower()
    for line in str(mail.outbox[0].body).lower().splitlines():
        # The link is behind the button.
        words = "" if line.startswith("http") else line.partition("\u00a0: ")[2] or line
        for said in re.split(r"\. ?", words):
            assert re.sub(r"\s+", " ", said).strip() in re.sub(r"\s", " ", plain), said
