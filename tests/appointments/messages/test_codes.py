"""A one-time code leaves at once, by mail or SMS; neither it nor where it goes is kept or logged."""

import smtplib
from typing import Any

import pytest
from django.core import mail

from appointments.exceptions import Refused
from appointments.messages.codes import can_reach, send_code
from outbox import sms

MOBILE, FIXED, ADDRESS = "+33639980045", "+33199001234", "kumquat@exemple.test"


@pytest.fixture
def kept(settings: Any) -> sms.Kept:
    settings.SMS_PROVIDER = sms.Kept()
    settings.SMS_PROVIDER.sent = []
    return settings.SMS_PROVIDER  # type: ignore[no-any-return]


def test_by_mail_or_sms(kept: sms.Kept) -> None:
    send_code(ADDRESS, "481052")
    assert "481052" in str(mail.outbox[-1].body)
    send_code(MOBILE, "481052")
    [(to, text, _)] = kept.sent
    assert (to, text[:6]) == (MOBILE, "481052")


def test_a_number_that_gets_no_sms_is_told_before(kept: sms.Kept, settings: Any) -> None:
    assert [can_reach(one) for one in (MOBILE, FIXED, ADDRESS)] == [True, False, True]
    with pytest.raises(Refused, match="ne reçoit pas de SMS"):
        send_code(FIXED, "481052")
    settings.SMS_PROVIDER = None
    assert not can_reach(MOBILE)
    with pytest.raises(Refused, match="donnez une adresse e-mail"):
        send_code(MOBILE, "481052")


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (smtplib.SMTPRecipientsRefused({ADDRESS: (550, b"unknown")}), "n’existe pas"),
        (ConnectionRefusedError(), "réessayez dans un instant"),
        (sms.Unclear("ReadTimeout"), "réessayez dans un instant"),
    ],
)
def test_what_fails_is_said_without_the_code_or_the_address(
    failure: Exception, said: str, kept: sms.Kept, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    monkeypatch.setattr(sms.Kept, "send", fail)
    with pytest.raises(Refused, match=said):
        send_code(MOBILE if isinstance(failure, sms.Unclear) else ADDRESS, "481052")
    assert not {"481052", MOBILE, ADDRESS} & set(caplog.text.split())
