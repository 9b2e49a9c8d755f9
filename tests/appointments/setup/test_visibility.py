"""« Qui voit quoi »: nothing is opened before its effect is read, and the button that says it is pressed."""

import html
import re
from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Level, OrganizationKind, Role
from accounts.models import Practitioner, User
from accounts.rights import Actor
from appointments.enums import Audience
from appointments.exceptions import NotAllowed, Refused
from appointments.models import CommunityMember, Rule, RuleOffer, Schedule, SetupChange
from appointments.openings.grants import Grants, Window
from appointments.openings.services.rules import change_rule
from appointments.openings.services.visibility import Shows, change_visibility
from tests import factories
from tests.appointments.access.sending import as_data, forms_of
from tests.appointments.agenda.pages import seal_of, text_of
from tests.appointments.openings.asked import opening, rows_of, version_of

pytestmark = pytest.mark.django_db
PRO, SNP, PUBLIC = ((one, None) for one in (Audience.PRO, Audience.SNP, Audience.PUBLIC))


@pytest.fixture
def rule(schedule: Schedule) -> Rule:
    """Every day from 9 to 12, to the SAS."""
    return factories.rule(schedule=schedule, audiences=[Audience.SNP])


def address(schedule: Schedule) -> str:
    return f"/agenda/{schedule.practitioner_id}/horaires/qui-voit-quoi/"


def cell(rule: Rule, public: str, reason: Any = None) -> str:
    return f"{rule.pk.hex}{f'_{reason.pk.hex}' if reason else ''}_{public}"


def sent(client: Client, schedule: Schedule, **typed: Any) -> dict[str, Any]:
    """The page's form, with this over it; None takes a box's tick away."""
    page = client.get(address(schedule)).content.decode()
    [form] = [one for one in forms_of(page, address(schedule)) if one.action == address(schedule)]
    data = as_data(form.fields)
    data.pop("csrfmiddlewaretoken")
    for name, value in typed.items():
        data.pop(name, None)
        if value is not None:
            data[name] = value
    return data


def test_nothing_is_opened_before_its_effect_was_read(
    practitioner_client: Client, schedule: Schedule, rule: Rule
) -> None:
    data = sent(practitioner_client, schedule, **{f"open_{cell(rule, 'PUBLIC')}": "on"})
    told = practitioner_client.post(address(schedule), data)
    words = text_of(told)
    assert "1 changement, pas encore appliqué." in words
    assert "Demain, la régulation verra 12 créneaux, les professionnels 12, le public 12." in words
    assert "Le public verra 77 créneaux de plus en sept jours." in words
    assert re.search(r'name="touched" value="\w+"[^>]*>Ouvrir au public</button>', told.content.decode())
    assert rule.audiences == [Audience.SNP]
    # Another choice than the one whose effect was read is read first.
    other = data | {f"open_{cell(rule, 'PRO')}": "on", "touched": seal_of(told)}
    assert practitioner_client.post(address(schedule), other).status_code == 409
    assert rule.audiences == [Audience.SNP]
    done = practitioner_client.post(address(schedule), data | {"touched": seal_of(told)}, follow=True)
    assert "C’est fait : ouvrir au public." in text_of(done)
    assert Rule.objects.get().audiences == [Audience.PUBLIC, Audience.SNP]
    # Twice sent, once done; and the log says who.
    again = practitioner_client.post(address(schedule), data | {"touched": seal_of(told)})
    assert again.status_code == 303
    change = SetupChange.objects.get()
    assert (change.said, change.by_name) == (
        [["montré au public", "", "oui"]],
        schedule.practitioner.user.get_full_name(),
    )  # type: ignore[union-attr]
    assert "Ouvert au public" in text_of(done)


def test_script_asks_for_the_effect_alone(practitioner_client: Client, schedule: Schedule, rule: Rule) -> None:
    data = sent(practitioner_client, schedule, **{f"open_{cell(rule, 'SNP')}": None})
    answer = practitioner_client.post(address(schedule), data | {"vue": "sas"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Demain, la régulation ne verra aucun créneau, les professionnels aucun, le public aucun." in text_of(answer)
    assert ">Fermer au SAS</button>" in answer.content.decode()
    assert "le SAS ne trouve aucun créneau en sept jours" in text_of(answer)


def test_delays_are_sentences_begun_changed_and_taken_away(
    practitioner_client: Client, schedule: Schedule, rule: Rule
) -> None:
    typed = {"new_row": rule.pk.hex, "new_public": "PRO", "new_from": "1440", "new_until": "120"}
    told = practitioner_client.post(address(schedule), sent(practitioner_client, schedule, **typed))
    assert "dès 24 h avant jusqu’à 2 h avant" in text_of(told)
    # It became a sentence of its own, and stays one when the form is sent again as the page has it.
    [form] = [one for one in forms_of(told.content.decode(), address(schedule)) if one.action == address(schedule)]
    data = as_data(form.fields) | {"touched": seal_of(told)}
    assert practitioner_client.post(address(schedule), data).status_code == 303
    assert rows_of(rule) == {("SNP", None, True, None, 0), ("PRO", None, True, 1440, 120)}
    # What closes before it opens.
    wrong = {f"from_{cell(rule, 'PRO')}": "60", f"until_{cell(rule, 'PRO')}": "120"}
    answer = practitioner_client.post(address(schedule), sent(practitioner_client, schedule, **wrong))
    assert answer.status_code == 422
    assert "Professionnels : un créneau est montré avant de ne plus l’être ; vérifiez les deux délais." in text_of(
        answer
    )
    assert 'name="touched"' not in answer.content.decode()
    forged = {f"from_{cell(rule, 'PRO')}": "demain"}
    answer = practitioner_client.post(address(schedule), sent(practitioner_client, schedule, **forged))
    assert (answer.status_code, "ce délai n’est pas proposé" in text_of(answer)) == (422, True)
    away = practitioner_client.post(address(schedule), sent(practitioner_client, schedule, retirer=cell(rule, "PRO")))
    assert ">Changer les délais</button>" in away.content.decode()
    assert "grant__when" not in away.content.decode()


def test_a_reason_is_shown_otherwise_than_its_rule(practitioner_client: Client, schedule: Schedule, rule: Rule) -> None:
    vaccine, other = (factories.reason(schedule, label=label, minutes=10) for label in ("Vaccin", "Autre"))
    line = f"{rule.pk.hex}_{vaccine.pk.hex}"
    told = practitioner_client.post(address(schedule), sent(practitioner_client, schedule, exception=line))
    assert told.status_code == 200
    assert 'name="row" value="' + line in told.content.decode()
    assert f"{rule.pk.hex}_{other.pk.hex}_" not in told.content.decode()
    typed = {"row": line, f"open_{cell(rule, 'PUBLIC', vaccine)}": "on"}
    data = sent(practitioner_client, schedule, **typed)
    told = practitioner_client.post(address(schedule), data)
    # For the SAS its box was not ticked: closed; to the public it is opened.
    assert ">Ouvrir au public et fermer au SAS</button>" in told.content.decode()
    assert practitioner_client.post(address(schedule), data | {"touched": seal_of(told)}).status_code == 303
    assert rows_of(rule) == {
        ("SNP", None, True, None, 0), ("SNP", "Vaccin", False, None, 0), ("PUBLIC", "Vaccin", True, None, 0),
    }  # fmt: skip
    words = text_of(practitioner_client.get(address(schedule)))
    assert "Vaccin motif de cette règle" in words
    assert "Vaccin : ouvert au public" in words
    assert "Vaccin : fermé au SAS" in words


def test_the_page_of_a_rule_keeps_what_is_apart(practitioner: Practitioner, schedule: Schedule, rule: Rule) -> None:
    """It knows publics and reasons, and nothing between them."""
    vaccine, other = (factories.reason(schedule, label=label, minutes=10) for label in ("Vaccin", "Autre"))
    grants = Grants({SNP: Window()}, {(vaccine.pk, SNP): None, (vaccine.pk, PUBLIC): Window()})
    by = factories.practice_actor(practitioner)
    change_visibility(asked={rule.pk: Shows(grants, rule.version)}, by=by)
    before = rows_of(rule)
    asked = opening(
        schedule, audiences=tuple(_shown(rule)), reason_ids=(vaccine.pk, other.pk), end_time=time(13), step_minutes=15
    )  # fmt: skip
    change_rule(rule_id=rule.pk, version=version_of(rule), opening=asked, by=by, today=rule.first_day)
    assert rows_of(rule) == before


def _shown(rule: Rule) -> Any:
    from appointments.openings.selectors import shown_to

    return shown_to(Rule.objects.prefetch_related("offers").get(pk=rule.pk))


def test_two_at_once_are_told_both_values(practitioner_client: Client, schedule: Schedule, rule: Rule) -> None:
    stale = sent(practitioner_client, schedule, **{f"open_{cell(rule, 'PRO')}": "on"})
    Rule.objects.update(version=7)
    RuleOffer.objects.filter(rule=rule).update(audience=Audience.PUBLIC)
    answer = practitioner_client.post(address(schedule), stale)
    words = text_of(answer)
    assert answer.status_code == 409
    assert "Une règle a changé entre-temps : rien n’est enregistré" in words
    assert "au public : ouvert à présent, vous avez choisi fermé" in words
    assert "aux professionnels : fermé à présent, vous avez choisi ouvert" in words
    assert Rule.objects.get().audiences == [Audience.PUBLIC]
    # A rule that went takes its boxes with it, and no page breaks.
    other = factories.rule(schedule=schedule)
    stale = sent(practitioner_client, schedule, **{f"open_{cell(other, 'PRO')}": "on"})
    other.delete()
    answer = practitioner_client.post(address(schedule), stale)
    assert (answer.status_code, "a été supprimée" in text_of(answer)) == (409, True)


def test_a_community_has_a_column_where_one_belongs_to_it(
    practitioner_client: Client, schedule: Schedule, rule: Rule, practitioner: Practitioner
) -> None:
    community = factories.organization(kind=OrganizationKind.COMMUNITY, name="CPTS des Prés")
    cpts = (Audience.CPTS, community.pk)
    by = factories.practice_actor(practitioner)
    asked = {rule.pk: Shows(Grants({SNP: Window(), cpts: Window()}), rule.version)}
    assert "CPTS des Prés" not in text_of(practitioner_client.get(address(schedule)))
    with pytest.raises(Refused, match="n’appartient pas à cette communauté"):
        change_visibility(asked=asked, by=by)
    CommunityMember.objects.create(organization=schedule.organization, community=community)
    data = sent(practitioner_client, schedule, **{f"open_{cell(rule, f'CPTS{community.pk.hex}')}": "on"})
    told = practitioner_client.post(address(schedule), data)
    assert "Ouvrir à la CPTS des Prés" in html.unescape(told.content.decode())
    assert practitioner_client.post(address(schedule), data | {"touched": seal_of(told)}).status_code == 303
    assert set(RuleOffer.objects.values_list("audience", "community")) == {("SNP", None), ("CPTS", community.pk)}


def test_who_sees_reads_and_who_manages_changes(
    schedule: Schedule, rule: Rule, sign_in: Callable[[User], Client]
) -> None:
    reader = factories.user()
    factories.delegate(reader, schedule, Level.BOOK)
    client = sign_in(reader)
    page = client.get(address(schedule)).content.decode()
    assert "disabled" in page
    assert "Voir l’effet" not in page
    data = {"version": f"{rule.pk.hex}.{rule.version}", f"open_{cell(rule, 'PRO')}": "on"}
    assert client.post(address(schedule), data).status_code == 404
    with pytest.raises(NotAllowed):
        change_visibility(asked={rule.pk: Shows(Grants(), rule.version)}, by=Actor(user=reader))


@pytest.mark.parametrize("count", [1, 12])
def test_it_costs_the_same_whatever_there_is(practitioner_client: Client, schedule: Schedule, count: int) -> None:
    for number in range(count):
        factories.rule(schedule=schedule, reasons=[factories.reason(schedule)], start_time=time(number % 8))
    with CaptureQueriesContext(connection) as queries:
        assert practitioner_client.get(address(schedule)).status_code == 200
    assert len(queries) == 13


def test_an_agenda_without_rules_says_so(practitioner_client: Client, schedule: Schedule) -> None:
    assert "Aucune règle : il n’y a rien à montrer." in text_of(practitioner_client.get(address(schedule)))


def test_what_is_not_published_yet_is_told_with_the_way_there(
    practitioner_client: Client, schedule: Schedule, practitioner: Practitioner
) -> None:
    assert "n’est pas publié" not in text_of(practitioner_client.get(address(schedule)))
    Schedule.objects.update(published=False)
    told = text_of(practitioner_client.get(address(schedule)))
    assert "cet agenda n’est pas publié, ce que vous ouvrez ici ne se verra qu’ensuite" in told
    assert "Vérifier et publier" not in told
    assert practitioner.user is not None
    factories.member(schedule.organization, practitioner.user, Role.MANAGER)
    assert "Vérifier et publier" in text_of(practitioner_client.get(address(schedule)))
