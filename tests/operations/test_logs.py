"""The log: one identifier per request, carried into the tasks, JSON in production, and never a patient."""

import io
import json
import logging
import re
import secrets
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from celery import signals
from django.db import IntegrityError, OperationalError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Regulator
from appointments.messages import tasks
from appointments.models import Appointment, Patient, PatientMessage
from appointments.patients.services.erasing import erase_patients
from outbox import wake_up as waking
from outbox.wake_up import wake_up
from sas_agenda.operations import request_id
from sas_agenda.operations.logs import JsonFormatter, LineFormatter
from sas_agenda.operations.processes import forget_request_id, take_request_id
from tests import factories
from tests.appointments.call.conftest import NOW
from tests.appointments.call.requests import form_page, key_of, send

PATIENT = {
    "family_name": "Jasmin-Démo",
    "given_name": "Kumquat",
    "birth_date": "14/02/1991",
    "phone": "06 39 98 12 34",
    "email": "kumquat.jasmin@patient.example",
    "sex": "female",
    "note": "Vertiges depuis hier, fièvre",
    "consultation_type": "AMB",
}
# As typed, as stored, as PostgreSQL would quote it.
TELLTALE = re.compile(
    r"Jasmin|Kumquat|D\\u00e9mo|1991-02|/1991|vrier 1991|14/02|06 ?39 ?98|\\+3363998|98 ?12 ?34|patient\.example"
    r"|Vertiges|fièvre|f\\u00e8vre",
    re.IGNORECASE,
)


@pytest.fixture(params=[JsonFormatter, LineFormatter])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """All that any logger says, from the finest level on, as the product writes it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(request.param())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def said() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_the_booking_story_tells_no_patient(
    log: io.StringIO, regulator_client: Client, client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Booked, refused, booked in vain, mailed in vain, changed, erased; and PostgreSQL quoting the row it refuses."""
    with time_machine.travel(NOW, tick=False):
        schedule = factories.schedule()
        factories.rule(schedule=schedule)
        practice = factories.user()
        schedule.practitioner.user = practice
        schedule.practitioner.save()
        regulator = Regulator.objects.get()
        login_again(regulator_client, regulator)
        key = key_of(schedule)
        form = PATIENT | {"creneau": key, "request_id": str(uuid.uuid4())}
        assert send(regulator_client, form | {"phone": "06 39"}).status_code == 422
        assert regulator_client.post(form_page(key), form).status_code == 303
        assert send(regulator_client, form | {"request_id": str(uuid.uuid4())}).status_code == 409
        appointment = Appointment.objects.get()
        regulator_client.get(f"/rendez-vous/{appointment.id}/confirmation/")

        # A mail server that names the address it refuses.
        settings.EMAIL_BACKEND = "tests.operations.mail.Refusing"
        # Its worker's clock is the database's: before the visit too.
        monkeypatch.setattr(tasks, "database_clock", lambda: NOW)
        tasks.send_message(PatientMessage.objects.get().pk)

        client.force_login(practice, backend="accounts.backends.EmailBackend")
        client.get(f"/rendez-vous/{appointment.id}/")
        client.post(f"/rendez-vous/{appointment.id}/annuler/", {"version": appointment.version})

        # A page that breaks on the row itself.
        monkeypatch.setattr("appointments.call.views.booking.book_appointment", broken_by_the_database)
        client.raise_request_exception = regulator_client.raise_request_exception = False
        other = key_of(schedule, start=NOW.replace(hour=11))
        answer = regulator_client.post(form_page(other), form | {"creneau": other, "request_id": str(uuid.uuid4())})
        assert answer.status_code == 500
        erase_patients(default_days=1, now=timezone.now(), limit=10)

    told = log.getvalue()
    assert "IntegrityError" in told
    assert "patient_erased_is_empty" in told
    assert "SMTPRecipientsRefused" in told
    # Identifiers of ours are random digits too, and may spell anything.
    assert TELLTALE.findall(re.sub(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", "", told)) == []


def login_again(client: Client, regulator: Regulator) -> None:
    """At the frozen moment: the session opened before would have expired by now, or not begun."""
    from accounts.rights import EPOCH_KEY, REGULATOR_KEY

    client.force_login(regulator.user, backend="accounts.sas_sign_in.backend.SasBackend")
    session = client.session
    session[REGULATOR_KEY], session[EPOCH_KEY] = str(regulator.id), regulator.session_epoch
    session.save()


def broken_by_the_database(**given: Any) -> None:
    """PostgreSQL's own words: « Failing row contains (…, Jasmin-Démo, Kumquat, 1991-02-14… »."""
    with transaction.atomic():
        patient = Patient.objects.get()
        patient.pk, patient.erased_at = uuid.uuid4(), timezone.now()
        with pytest.raises(IntegrityError, match="Kumquat") as caught:
            patient.save(force_insert=True)
        raise caught.value


def test_celery_sentences_about_a_failed_task_quote_nobody() -> None:
    error = ValueError("Kumquat Jasmin-Démo")
    record = logging.makeLogRecord(
        {
            "name": "celery.app.trace",
            "msg": "Task %(name)s[%(id)s] %(description)s: %(exc)s",
            "args": {"name": "t", "id": "1", "description": "raised", "exc": repr(error), "args": "('Kumquat',)"},
            "exc_info": (type(error), error, None),
        }
    )
    entry = json.loads(JsonFormatter().format(record))
    assert entry["message"] == "Task t[1] raised: …"
    assert entry["error"] == "builtins.ValueError"


def test_a_developers_machine_shows_the_words() -> None:
    error = ValueError("what went wrong")
    record = logging.makeLogRecord({"msg": "oh: %s", "args": (error,), "exc_info": (type(error), error, None)})
    assert "what went wrong" in LineFormatter(tell_errors=True).format(record)
    assert "what went wrong" not in LineFormatter().format(record)


def test_a_sentence_does_not_quote_its_exception() -> None:
    error = ValueError("Kumquat")
    record = logging.makeLogRecord({"msg": "failed: %s", "args": (error,), "exc_info": (type(error), error, None)})
    assert json.loads(JsonFormatter().format(record))["message"] == "failed: ValueError"


def test_each_request_is_one_line_with_its_identifier(client: Client, said: Callable[[], list[dict[str, Any]]]) -> None:
    answer = client.get("/connexion/", HTTP_X_REQUEST_ID="demande-0001")
    assert answer["X-Request-ID"] == "demande-0001"
    [line] = [entry for entry in said() if entry["logger"] == "sas_agenda.requests"]
    assert line["request_id"] == "demande-0001"
    assert (line["method"], line["route"], line["status"]) == ("GET", "sign-in", 200)
    assert line["ms"] > 0
    assert request_id.current.get() == ""


@pytest.mark.parametrize("given", ["", "court", "a" * 65, "deux\nlignes-de-trop", '{"json": 1}', "Jasmin Démo 1991"])
def test_an_identifier_that_is_none_is_replaced(client: Client, given: str) -> None:
    answered = client.get("/sante/", HTTP_X_REQUEST_ID=given)["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", answered)


def test_no_secret_of_an_address_is_logged(client: Client, db: None, said: Callable[[], list[dict[str, Any]]]) -> None:
    client.get("/mot-de-passe/nouveau/MQ/secret-0123456789/")
    assert [entry["route"] for entry in said() if "route" in entry] == ["password-reset-confirm"]
    assert "secret-0123456789" not in str(said())


def test_the_identifier_goes_with_the_wake_up_signal_into_the_message() -> None:
    published: list[dict[str, Any]] = []

    @signals.before_task_publish.connect
    def listen(headers: dict[str, Any] | None = None, **_: object) -> None:
        published.append(dict(headers or {}))

    token = request_id.current.set("demande-0002")
    try:
        wake_up(tasks.send_message, 1)
        waking._waiting.join()
    finally:
        request_id.current.reset(token)
        signals.before_task_publish.disconnect(listen)
    assert [one[request_id.MESSAGE_HEADER] for one in published] == ["demande-0002"]


def test_a_task_takes_the_identifier_and_leaves_none_behind() -> None:
    from types import SimpleNamespace

    request = SimpleNamespace(**{request_id.MESSAGE_HEADER: "demande-0003", "headers": None, "id": "t1"})
    take_request_id(task=SimpleNamespace(request=request))
    assert request_id.current.get() == "demande-0003"
    forget_request_id()
    assert request_id.current.get() == ""


def test_production_writes_json() -> None:
    import os
    import subprocess
    import sys

    environment = os.environ | {
        "SAS_AGENDA_MODE": "production",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "BASE_URL": "https://agenda.example",
        "SAS_MTLS": "on",
    }
    asked = "from django.conf import settings; print(settings.LOGGING['handlers']['console']['formatter'])"
    done = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "json\n"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("Invalid request from ip=: Invalid HTTP request line: 'GET /sas/retour/?code=secret é HTTP/1.1'",
         "Invalid request from ip=: Invalid HTTP request line…"),
        ("Invalid request from ip=: limit request headers fields",
         "Invalid request from ip=: limit request headers fields…"),
        ("Error handling request GET /sas/retour/?code=secret", "Error handling request GET…"),
        ("Error handling request /sas/retour/?code=secret", "Error handling request…"),
        ("Listening at: unix:/run/web.sock (12)", "Listening at: unix:/run/web.sock (12)"),
    ],
)  # fmt: skip
def test_gunicorns_sentences_quote_no_request(given: str, told: str) -> None:
    record = logging.makeLogRecord({"name": "gunicorn.error", "msg": given})
    assert json.loads(JsonFormatter().format(record))["message"] == told


def test_a_page_that_breaks_does_not_tell_its_address(
    client: Client, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link that sets a password, while the database is away: it is good for two hours more."""

    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("accounts.views.passwords.PasswordResetConfirmView.get_user", refuse)
    client.raise_request_exception = False
    assert client.get("/mot-de-passe/nouveau/MQ/secret-0123456789/").status_code == 503
    strict = Client(enforce_csrf_checks=True)
    strict.post("/mot-de-passe/nouveau/MQ/secret-0123456789/")
    referer = "https://ailleurs.example/patients?nom=secret-de-naissance"
    strict.post("/connexion/", {}, secure=True, headers={"Referer": referer})

    told = log.getvalue()
    assert "Service Unavailable: password-reset-confirm" in told
    assert "Forbidden (CSRF cookie not set.): password-reset-confirm" in told
    assert "https://ailleurs.example/… does not match any trusted origins.): sign-in" in told
    assert "secret" not in told.replace("secrets.py", "")
