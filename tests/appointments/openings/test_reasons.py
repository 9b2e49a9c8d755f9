"""The organization's reasons, and where each is done."""

from typing import Any

import pytest

from accounts.rights import NOBODY, Actor
from appointments.enums import Audience, ConsultationType
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Reason, ReasonAt, Schedule
from appointments.openings.selectors import offered_reasons
from appointments.openings.services.reasons import Done, Wording, change_reason, create_reason
from appointments.openings.services.rules import create_rule
from tests import factories
from tests.appointments.openings.asked import TODAY, opening, rows_of, version_of

pytestmark = pytest.mark.django_db


def wording(**fields: Any) -> Wording:
    return Wording(**{"label": "Vaccin", "minutes": 10, "consultation_types": (ConsultationType.AMB,)} | fields)


def test_a_reason_is_made_and_done_where_it_says(schedule: Schedule, keeper: Actor) -> None:
    other = factories.schedule(
        practitioner=schedule.practitioner, location=factories.location(organization=schedule.organization)
    )
    asked = wording(
        label="  Vaccin   grippe ", colour="blue", sign="V", position=3, instructions="Carnet", active=True,
        done=(Done(schedule.id, True, minutes=20, buffer_after=5), Done(other.id, False)),
    )  # fmt: skip
    made = create_reason(organization_id=schedule.organization_id, wording=asked, by=keeper)
    made.refresh_from_db()
    assert (made.label, made.colour, made.sign, made.position, made.instructions) == (
        "Vaccin grippe", "blue", "V", 3, "Carnet",
    )  # fmt: skip
    # Not done there: no row.
    assert [(at.schedule, at.minutes, at.buffer_after, at.active) for at in ReasonAt.objects.all()] == [
        (schedule, 20, 5, True)
    ]
    change_reason(
        reason_id=made.id, version=version_of(made), wording=wording(done=(Done(schedule.id, False),)), by=keeper
    )
    assert [(at.minutes, at.active) for at in ReasonAt.objects.all()] == [(None, False)]


def test_two_active_reasons_have_two_names(schedule: Schedule, keeper: Actor) -> None:
    create_reason(organization_id=schedule.organization_id, wording=wording(label="Petite chirurgie"), by=keeper)
    with pytest.raises(Refused, match="Ce motif existe déjà") as refused:
        create_reason(organization_id=schedule.organization_id, wording=wording(label="PETITE-chirurgïe"), by=keeper)
    assert refused.value.element == "label"
    away = wording(label="petite chirurgie", active=False)
    create_reason(organization_id=schedule.organization_id, wording=away, by=keeper)
    assert Reason.objects.count() == 2


def test_a_reason_that_gets_longer_stays_offered_where_it_was(schedule: Schedule, keeper: Actor) -> None:
    offered, closed = factories.reason(schedule, label="Ouvert"), factories.reason(schedule, label="Fermé")
    rule = create_rule(opening=opening(schedule, reason_ids=(offered.id,)), by=keeper, today=TODAY)
    unused = factories.reason(schedule, label="Long", minutes=60)
    for reason in (offered, closed):
        asked = wording(label=reason.label, minutes=30, done=(Done(schedule.id, True),))
        change_reason(reason_id=reason.id, version=version_of(reason), wording=asked, by=keeper)
    assert offered_reasons(rule) == [offered.id]
    assert ("PUBLIC", "Ouvert", True, None, 0) in rows_of(rule)
    # And one that gets shorter is not offered where it was not.
    asked = wording(label="Long", minutes=10, done=(Done(schedule.id, True),))
    change_reason(reason_id=unused.id, version=version_of(unused), wording=asked, by=keeper)
    assert offered_reasons(rule) == [offered.id]
    change_reason(
        reason_id=offered.id,
        version=version_of(offered),
        wording=wording(label="Ouvert", done=(Done(schedule.id, True),)),
        by=keeper,
    )
    assert rows_of(rule) == {
        (Audience.PUBLIC, None, True, None, 0),
        (Audience.PUBLIC, "Fermé", False, None, 0),
        (Audience.PUBLIC, "Long", False, None, 0),
    }


def test_only_who_keeps_an_agenda_of_the_organization_changes_its_reasons(schedule: Schedule, keeper: Actor) -> None:
    reason, foreign = factories.reason(schedule), factories.schedule()
    for by in (NOBODY, factories.practice_actor(foreign.practitioner), factories.regulator_actor()):
        with pytest.raises(NotAllowed):
            create_reason(organization_id=schedule.organization_id, wording=wording(), by=by)
        with pytest.raises(NotAllowed):
            change_reason(reason_id=reason.id, version=version_of(reason), wording=wording(), by=by)
    for other in (foreign, factories.colleague(schedule)):
        with pytest.raises(NotAllowed):
            change_reason(
                reason_id=reason.id,
                version=version_of(reason),
                wording=wording(done=(Done(other.id, True),)),
                by=keeper,
            )
    assert ReasonAt.objects.count() == 1
