"""Operators are written to once per condition and day, whoever notices, and nobody is written to about nothing."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from interop.enums import DeliveryState
from interop.models import Delivery
from sas_agenda.operations import alerts, conditions, tasks
from sas_agenda.operations.enums import Part
from sas_agenda.operations.models import Alert, Heartbeat
from tests.interop.deliveries import booked
from tests.operations.conftest import keys, silent_for
from tests.operations.mail import Cut

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lively", "operators", "settled_beat")]
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)


class TestCertificates:
    @pytest.fixture
    def ending(self, tmp_path: Path, settings: Any) -> Iterator[Any]:
        file = tmp_path / "client.pem"
        settings.SAS_CLIENT_CERT = str(file)

        def write(end: datetime) -> None:
            file.write_bytes(certificate(end))

        return write

    @pytest.mark.parametrize(
        ("days", "expected"),
        [
            (61, []),
            (60, ["certificate-client-60"]),
            (31, ["certificate-client-60"]),
            (30, ["certificate-client-30"]),
            (7, ["certificate-client-7"]),
            (1, ["certificate-client-7"]),
            (0, ["certificate-client-0"]),
            (-20, ["certificate-client-0"]),
        ],
    )
    def test_it_is_told_ahead(self, ending: Any, days: int, expected: list[str]) -> None:
        ending(NOW + timedelta(days=days))
        assert keys(NOW) == expected

    def test_days_left_are_said_as_people_say_them(self, ending: Any) -> None:
        for end, told in [
            (timedelta(days=12, hours=3), "12 jours avant"),
            (timedelta(days=1, hours=3), "1 jour avant"),
            (timedelta(hours=3), "moins d’un jour avant"),
        ]:
            ending(NOW + end)
            [raised] = conditions.raised(NOW)
            assert told in raised.subject
            assert raised.subject.startswith("Certificat client présenté au SAS (SAS_CLIENT_CERT)")

    def test_only_its_last_week_is_urgent(self, ending: Any) -> None:
        for days, urgent in [(30, False), (7, True), (-1, True)]:
            ending(NOW + timedelta(days=days))
            assert [one.urgent for one in conditions.raised(NOW)] == [urgent]

    def test_the_first_of_a_bundle_to_end_counts(self, tmp_path: Path, settings: Any) -> None:
        file = tmp_path / "ca.pem"
        file.write_bytes(certificate(NOW + timedelta(days=900)) + certificate(NOW + timedelta(days=5)))
        settings.SAS_CA = str(file)
        assert keys(NOW) == ["certificate-authority-7"]

    def test_one_that_cannot_be_read_is_told(self, tmp_path: Path, settings: Any) -> None:
        settings.SAS_CLIENT_CERT = str(tmp_path / "missing.pem")
        assert keys(NOW) == ["certificate-client-unreadable"]


class TestDeliveries:
    def test_ten_minutes_are_no_alert_and_eleven_are(self) -> None:
        booked()
        planned = Delivery.objects.get().created_at
        assert keys(planned + timedelta(minutes=10)) == []
        assert keys(planned + timedelta(minutes=11)) == ["delivery-old"]

    @pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.OBSOLETE])
    def test_what_is_done_is_no_alert(self, state: DeliveryState) -> None:
        booked()
        Delivery.objects.update(state=state)
        assert keys(timezone.now() + timedelta(hours=1)) == []

    def test_blocked_ones_are_told_at_once_and_are_not_late(self) -> None:
        booked()
        Delivery.objects.update(state=DeliveryState.BLOCKED)
        assert keys() == ["delivery-blocked"]
        assert keys(timezone.now() + timedelta(hours=1)) == ["delivery-blocked"]


class TestTelling:
    def test_once_per_condition_and_day(self, mailoutbox: list[Any]) -> None:
        silent_for(Part.WORKER, timedelta(minutes=5))
        for _ in range(3):
            tasks.watch()
        [mail] = mailoutbox
        assert mail.to == ["exploitation@agenda.example", "astreinte@agenda.example"]
        assert "worker_silent" in mail.body

    def test_again_when_it_was_over_and_comes_back_but_not_each_time(self, mailoutbox: list[Any]) -> None:
        """A worker restarted in the morning that dies in the afternoon; and one that comes and goes."""
        one = conditions.Condition("worker-silent", "worker_silent", "sujet", "texte")
        other = conditions.Condition("delivery-blocked", "delivery_blocked", "autre", "texte")

        def minute(minutes: int, *holding: conditions.Condition) -> int:
            alerts.settle(holding, now=NOW + timedelta(minutes=minutes))
            alerts.tell(holding, now=NOW + timedelta(minutes=minutes))
            return len(mailoutbox)

        assert minute(0, one, other) == 2
        assert minute(10, one, other) == 2
        assert minute(20, other) == 2  # over
        assert minute(30, one, other) == 2, "too soon"
        assert minute(59, one, other) == 2
        assert minute(60, one, other) == 3, "told at last, for it still holds"
        assert [mail.subject for mail in mailoutbox].count("[SAS Agenda] sujet") == 2
        assert minute(240, one, other) == 3, "since then it has not ended"
        assert minute(250, other) == 3
        assert minute(360, one, other) == 4

    def test_the_watch_sees_what_is_over(self, mailoutbox: list[Any]) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            for hours in (0, 2, 4):
                clock.move_to(NOW + timedelta(hours=hours))
                tasks.watch()
                booked()
                Delivery.objects.update(state=DeliveryState.BLOCKED)
                tasks.watch()
                Delivery.objects.update(state=DeliveryState.SENT)
        assert len(mailoutbox) == 3

    @pytest.mark.django_db(transaction=True)
    def test_two_who_notice_at_once_write_once(self, mailoutbox: list[Any]) -> None:
        one = conditions.Condition("worker-silent", "worker_silent", "sujet", "texte")
        start = threading.Barrier(4)

        def notice() -> None:
            start.wait()
            alerts.tell([one], now=NOW)
            connection.close()

        threads = [threading.Thread(target=notice) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(mailoutbox) == 1

    def test_it_leads_to_the_page_where_something_can_be_done(self, settings: Any, mailoutbox: list[Any]) -> None:
        booked()
        Delivery.objects.update(state=DeliveryState.BLOCKED)
        tasks.watch()
        [mail] = mailoutbox
        assert f"{settings.BASE_URL}/exploitation/livraisons/?etat=bloquees&periode=tout\n" in mail.body
        assert f"{settings.BASE_URL}/exploitation/\n" in mail.body
        assert "administration" not in mail.body

    def test_what_is_done_elsewhere_leads_to_the_overview(self, settings: Any, mailoutbox: list[Any]) -> None:
        silent_for(Part.WORKER, timedelta(minutes=5))
        tasks.watch()
        [mail] = mailoutbox
        assert mail.body.count(settings.BASE_URL) == 1

    def test_again_the_day_after(self, mailoutbox: list[Any]) -> None:
        one = conditions.Condition("worker-silent", "worker_silent", "sujet", "texte")
        # Midnight is Paris's: 22:59 and 23:01 UTC are two days there.
        for moment in ("2026-11-25T22:59:00+00:00", "2026-11-25T23:01:00+00:00"):
            with time_machine.travel(moment, tick=False):
                alerts.tell([one], now=timezone.now())
                alerts.tell([one], now=timezone.now())
        assert len(mailoutbox) == 2

    def test_a_mail_that_fails_is_tried_again(self, settings: Any, mailoutbox: list[Any]) -> None:
        one = conditions.Condition("worker-silent", "worker_silent", "sujet", "texte")
        working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "tests.operations.mail.Refusing"
        assert alerts.tell([one], now=NOW) == []
        settings.EMAIL_BACKEND = working
        assert alerts.tell([one], now=NOW + timedelta(minutes=1)) == []
        assert alerts.tell([one], now=NOW + timedelta(minutes=3)) == [one]
        assert len(mailoutbox) == 1
        assert Alert.objects.get().mailed_at == NOW + timedelta(minutes=3)

    def test_who_is_refused_is_read_and_said_to_the_others(self, settings: Any, mailoutbox: list[Any]) -> None:
        """One mailbox of the two is gone: told, but not to everybody."""
        one = conditions.Condition("worker-silent", "worker_silent", "sujet", "texte")
        settings.EMAIL_BACKEND = "tests.operations.mail.HalfRefusing"
        assert alerts.tell([one], now=NOW) == [one]
        assert alerts.tell([one], now=NOW + timedelta(hours=2)) == [], "who got it gets it once"
        [refused] = [one for one in conditions.raised(NOW) if one.group == "alert_refused"]
        assert "astreinte@agenda.example" in refused.text
        assert "exploitation@" not in refused.text
        assert alerts.tell([refused], now=NOW) == [refused]
        assert [mail.subject for mail in mailoutbox] == ["[SAS Agenda] sujet", f"[SAS Agenda] {refused.subject}"]

        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        alerts.tell(
            [conditions.Condition("beat-silent", "beat_silent", "sujet", "texte")], now=NOW + timedelta(hours=1)
        )
        assert keys(NOW) == [], "everybody got the last one"

    def test_refused_for_everybody_is_not_told_and_is_said_on_the_pages(self, settings: Any) -> None:
        one = conditions.Condition("worker-silent", "worker_silent", "sujet", "texte")
        settings.EMAIL_BACKEND = "tests.operations.mail.Refusing"
        assert alerts.tell([one], now=NOW) == []
        assert keys(NOW) == ["alert-refused"]

    def test_an_alert_tried_again_is_the_same_mail_and_one_that_comes_back_another(
        self, settings: Any, mailoutbox: list[Any]
    ) -> None:
        one, moment = conditions.Condition("worker-silent", "worker_silent", "sujet", "texte"), NOW
        working = settings.EMAIL_BACKEND
        for settings.EMAIL_BACKEND in ("tests.operations.mail.Cut", working):
            alerts.tell([one], now=moment)
            moment += timedelta(minutes=3)
        alerts.settle([], now=moment)
        alerts.tell([one], now=moment + timedelta(hours=2))
        first, second, third = (mail.extra_headers["Message-ID"] for mail in [*Cut.left, *mailoutbox])
        assert first == second != third

    def test_an_address_that_is_none_does_not_keep_the_rest_from_being_noted(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = "tests.operations.mail.Confused"
        both = [conditions.Condition(key, "worker_silent", "sujet", "texte") for key in ("one", "other")]
        assert alerts.tell(both, now=NOW) == []
        assert Alert.objects.filter(next_try_at__gt=NOW).count() == 2

    def test_without_operators_it_is_only_logged(
        self, settings: Any, mailoutbox: list[Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.OPERATORS_EMAILS = []
        silent_for(Part.WORKER, timedelta(minutes=5))
        tasks.watch()
        assert mailoutbox == []
        assert "alert: worker-silent" in caplog.text

    def test_all_well_tells_nothing(self, mailoutbox: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
        tasks.watch()
        call_command("alerts", "--mail")
        assert mailoutbox == []
        assert Alert.objects.count() == 0
        assert capsys.readouterr().out == "Aucune alerte.\n"

    def test_a_cron_can_watch_when_both_are_dead(
        self, mailoutbox: list[Any], capsys: pytest.CaptureFixture[str]
    ) -> None:
        Heartbeat.objects.all().delete()
        with pytest.raises(SystemExit) as ended:
            call_command("alerts", "--mail")
        assert ended.value.code == 1
        assert (
            "beat_silent: Horloge des tâches\u00a0: aucun signe de vie depuis le démarrage" in capsys.readouterr().out
        )
        assert len(mailoutbox) == 1


def certificate(end: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "agenda.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=1000))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)
