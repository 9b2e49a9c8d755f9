"""The organization's reasons, and where each is done."""

from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.rights import NOBODY, Actor
from appointments.enums import Audience, ConsultationType, ReasonColour
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Appointment, Reason, ReasonAt, Schedule
from appointments.openings.selectors import offered_reasons
from appointments.openings.services.reasons import (
    Done,
    Wording,
    add_starting_reasons,
    change_reason,
    create_reason,
    move_reason,
)
from appointments.openings.services.rules import create_rule
from appointments.openings.starting_reasons import starting_list_of
from appointments.setup.services.changes import change_setup, of_reasons
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
        label="  Vaccin   grippe ", colour=ReasonColour.OLIVE, sign="V", instructions="Carnet", active=True,
        done=(Done(schedule.id, True, minutes=20, buffer_after=5), Done(other.id, False)),
    )  # fmt: skip
    made = create_reason(organization_id=schedule.organization_id, wording=asked, by=keeper)
    made.refresh_from_db()
    assert (made.label, made.colour, made.sign, made.instructions) == ("Vaccin grippe", "tone-7", "V", "Carnet")
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


def test_a_new_length_leaves_what_is_booked_as_long_as_it_was(schedule: Schedule, keeper: Actor) -> None:
    reason = factories.reason(schedule, minutes=15)
    visit = factories.appointment(schedule_=schedule, reason=reason, minutes=15, buffer_after=5)
    asked = wording(label=reason.label, minutes=60, done=(Done(schedule.id, True, minutes=45, buffer_after=30),))
    change = partial(change_reason, reason_id=reason.id, version=version_of(reason), wording=asked, by=keeper)
    # Nothing to be read first: no visit is touched.
    change_setup(change, of_reasons(schedule.organization_id), by=keeper, now=timezone.now(), read="")
    kept = Appointment.objects.get(pk=visit.pk)
    assert (kept.start, kept.end, kept.buffer_after, kept.version) == (visit.start, visit.end, 5, visit.version)


def labels_of(schedule: Schedule) -> list[str]:
    return list(Reason.objects.filter(organization=schedule.organization).values_list("label", flat=True))


def test_a_reason_goes_up_and_down_among_those_that_are_proposed(schedule: Schedule, keeper: Actor) -> None:
    """Before they were ever ordered they stand in the order of their names."""
    first, _, last = (factories.reason(schedule, label=label) for label in ("Angine", "Bilan", "Vaccin"))
    factories.reason(schedule, label="Ancien", active=False, position=1)
    opened = version_of(last)
    move_reason(reason_id=last.id, up=True, by=keeper)
    assert labels_of(schedule) == ["Ancien", "Angine", "Vaccin", "Bilan"]
    # There is no further.
    move_reason(reason_id=first.id, up=True, by=keeper)
    move_reason(reason_id=first.id, up=False, by=keeper)
    assert labels_of(schedule) == ["Ancien", "Vaccin", "Angine", "Bilan"]
    # The form of a reason that only moved is not out of date; a new one comes last.
    change_reason(reason_id=last.id, version=opened, wording=wording(label="Vaccin"), by=keeper)
    create_reason(organization_id=schedule.organization_id, wording=wording(label="Accueil"), by=keeper)
    assert labels_of(schedule)[-1] == "Accueil"


def test_who_has_no_reason_begins_with_those_of_their_specialty(schedule: Schedule, keeper: Actor) -> None:
    """At all their agendas there; a reason that the organization has is taken as it is worded."""
    other = factories.schedule(
        practitioner=schedule.practitioner, location=factories.location(organization=schedule.organization)
    )
    mine = factories.reason(organization=schedule.organization, label="VACCIN", minutes=25)
    start = {"practitioner_id": schedule.practitioner_id, "organization_id": schedule.organization_id, "by": keeper}
    made = add_starting_reasons(**start)  # type: ignore[arg-type]
    wanted = starting_list_of("10", ["SM54"]).reasons
    assert [one.label for one in made] == [mine.label if one.label == "Vaccin" else one.label for one in wanted]
    assert mine in made
    assert set(ReasonAt.objects.values_list("schedule", "reason")) == {
        (at.id, one.id) for at in (schedule, other) for one in made
    }
    buffers = dict(ReasonAt.objects.filter(schedule=schedule).values_list("reason__label", "buffer_after"))
    assert buffers["Petite chirurgie"] == 10
    with pytest.raises(Refused, match="déjà des motifs"):
        add_starting_reasons(**start)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        add_starting_reasons(**start | {"practitioner_id": factories.colleague(schedule).practitioner_id})  # type: ignore[arg-type]


def test_only_who_keeps_an_agenda_of_the_organization_changes_its_reasons(schedule: Schedule, keeper: Actor) -> None:
    reason, foreign = factories.reason(schedule), factories.schedule()
    for by in (NOBODY, factories.practice_actor(foreign.practitioner), factories.regulator_actor()):
        with pytest.raises(NotAllowed):
            create_reason(organization_id=schedule.organization_id, wording=wording(), by=by)
        with pytest.raises(NotAllowed):
            change_reason(reason_id=reason.id, version=version_of(reason), wording=wording(), by=by)
        with pytest.raises(NotAllowed):
            move_reason(reason_id=reason.id, up=True, by=by)
    for other in (foreign, factories.colleague(schedule)):
        with pytest.raises(NotAllowed):
            change_reason(
                reason_id=reason.id,
                version=version_of(reason),
                wording=wording(done=(Done(other.id, True),)),
                by=keeper,
            )
    assert ReasonAt.objects.count() == 1
