"""To whom rules are shown: several of them changed in one go, by who manages their agendas."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from accounts.enums import Level
from accounts.french import NBSP
from accounts.rights import Actor
from appointments.enums import Audience
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import CommunityMember, Rule, Schedule
from appointments.openings.grants import Grants, grants_of, lasting, write_grants
from appointments.places.locks import lock_calendars_of


@dataclass(frozen=True, slots=True)
class Shows:
    """A rule as it is to be shown. `version`: that of the page on which it was chosen."""

    grants: Grants
    version: int | None


def change_visibility(*, asked: Mapping[uuid.UUID, Shows], by: Actor) -> list[Rule]:
    """Show these rules so; those that are shown so already stay as they are. Answers the rules that changed.

    Raises `NotAllowed`, `Refused`, and `ChangedMeanwhile` when one of those that would change did since.
    """
    with transaction.atomic():
        kept = Rule.objects.filter(pk__in=asked, schedule__in=Schedule.objects.kept_by(by, Level.MANAGE))
        lock_calendars_of(lambda: set(kept.values_list("schedule__calendar", flat=True)), by=by)
        # Read under the lock: what was deleted while we waited is not there any more.
        rows = kept.select_related("schedule").prefetch_related("offers", "schedule__reasons_at__reason")
        rules = {one.pk: one for one in rows}
        if rules.keys() != asked.keys():
            raise NotAllowed
        _check_communities(rules, asked)
        changed = []
        for pk, shows in asked.items():
            rule = rules[pk]
            lasts = lasting(rule.schedule.reasons_at.all())
            if shows.grants == grants_of(rule, lasts):
                continue
            if shows.version != rule.version:
                raise ChangedMeanwhile(
                    f"Une règle a changé entre-temps{NBSP}: comparez, puis recommencez si c’est toujours voulu."
                )
            _check(shows.grants)
            write_grants(rule, shows.grants, lasts)
            rule.version += 1
            rule.save(update_fields=["version"])
            changed.append(rule)
        return changed


def _check(grants: Grants) -> None:
    for (audience, _), window in [*grants.whole.items(), *((key[1], window) for key, window in grants.apart.items())]:
        if window is not None and window.shown_from is not None and window.shown_from <= window.shown_until:
            raise Refused(
                f"{audience.label}{NBSP}: un créneau est montré avant de ne plus l’être{NBSP}; vérifiez les deux délais."
            )


def _check_communities(rules: Mapping[uuid.UUID, Rule], asked: Mapping[uuid.UUID, Shows]) -> None:
    """What is opened to a community is opened by one of its members. What was before may stay. One query."""
    members = set(
        CommunityMember.objects.of({one.organization_id for one in rules.values()}).values_list(
            "organization", "community"
        )
    )
    for pk, shows in asked.items():
        rule = rules[pk]
        before = {offer.community_id for offer in rule.offers.all()}
        for audience, community in shows.grants.publics:
            known = community in before or (rule.organization_id, community) in members
            if audience == Audience.CPTS and not known:
                raise Refused("Votre structure n’appartient pas à cette communauté.")
