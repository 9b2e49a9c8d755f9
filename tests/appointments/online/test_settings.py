"""« En ligne », of « Cabinet »: what a manager says, and where it shows."""

import pytest
from django.test import Client

from accounts.enums import Role
from appointments.enums import Channel, ConsultationType, MessageKind
from appointments.messages.letters import Said, render
from appointments.messages.reach import new_settings, text_of
from appointments.models import Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of as shown

pytestmark = pytest.mark.django_db

LINK = "https://visio.exemple.test/salle-alba"


@pytest.fixture
def here() -> Schedule:
    return factories.schedule()


def typed(here: Schedule, link: str) -> dict[str, object]:
    return {"version": here.organization.version, "booking": "on", "cutoff": "24", "online": str(here.pk),
            f"video_{here.pk.hex}": link}  # fmt: skip


def test_teleconsultations_of_an_agenda_have_one_address(here: Schedule) -> None:
    client = Client()
    client.force_login(factories.member(here.organization, role=Role.MANAGER).user)
    address = f"/cabinet/{here.organization_id}/en-ligne/"
    for wrong in ("http://visio.exemple.test/", "salle 3", "javascript:alert(1)"):
        refused = client.post(address, typed(here, wrong))
        assert refused.status_code == 422
        assert "écrivez-le comme https://visio.example/salle" in shown(refused)
    assert client.post(address, typed(here, LINK)).status_code == 303
    here.refresh_from_db()
    assert (here.video_link, here.new_patients) == (LINK, False)


def test_only_messages_of_a_teleconsultation_say_it(here: Schedule) -> None:
    Schedule.objects.update(video_link=LINK)
    here.refresh_from_db()
    visit = factories.appointment(schedule_=here)
    for mode, said in ((ConsultationType.VR, True), (ConsultationType.AMB, False)):
        visit.consultation_type = mode
        settings, text = new_settings(here.organization_id), text_of(here.organization_id, MessageKind.CONFIRMATION)
        for channel in (Channel.EMAIL, Channel.SMS):
            message = render(
                Said(visit, MessageKind.CONFIRMATION), channel, settings=settings, text=text, now=visit.created_at
            )
            assert (LINK in message.text) is said
            assert (f'href="{LINK}"' in message.html) is (said and channel == Channel.EMAIL)
