"""What is kept of how somebody reads agendas. Nothing here is anybody else's business: no event, no right but their own."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.enums import AgendaView, TextSize
from accounts.models import MOST_TOGETHER, AgendaGroup, AgendaHabits, User
from accounts.rights import Actor
from accounts.selectors.habits import groups_of, habits_of


class GroupRefused(Exception):
    """Why, in words; `field`: where it was typed."""

    def __init__(self, told: str, field: str = "name") -> None:
        super().__init__(told)
        self.field = field


def note_place(*, actor: Actor, view: AgendaView, practitioners: Sequence[uuid.UUID], day: date, today: date) -> None:
    """Where they are, for the next time. No query when they were there already."""
    _note(actor, view=view, practitioners=list(practitioners), day=day, seen_on=today)


def note_look(*, actor: Actor, size: TextSize | None = None, discreet: bool | None = None, **shown: bool) -> None:
    """`shown`: `unfolded`, `hides_free`, `hides_cancelled`. What is not given stays."""
    if actor.user is None:
        return
    on_user: dict[str, Any] = {"text_size": size, "discreet_agenda": discreet}
    wanted = {name: value for name, value in on_user.items() if value is not None}
    if wanted:
        User.objects.filter(pk=actor.user.pk).update(**wanted)
    _note(actor, **shown)


def switch_shortcuts(*, actor: Actor, off: bool) -> None:
    if actor.user is not None:
        User.objects.filter(pk=actor.user.pk).update(shortcuts_off=off)


def _note(actor: Actor, **wanted: Any) -> None:
    former = habits_of(actor)
    if actor.user is None or all(getattr(former, name) == value for name, value in wanted.items()):
        return
    AgendaHabits.objects.update_or_create(user=actor.user, defaults=wanted)


def save_group(
    *, user: User, name: str, practitioners: Sequence[uuid.UUID], group: AgendaGroup | None = None
) -> AgendaGroup:
    """A new one comes last in the menu. Raises GroupRefused."""
    if not 2 <= len(practitioners) <= MOST_TOGETHER:
        raise GroupRefused(f"Cochez de 2 à {MOST_TOGETHER} praticiens.", "avec")
    made = group or AgendaGroup(user=user, position=len(groups_of(user)))
    made.name, made.practitioners = name, list(practitioners)
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        raise GroupRefused("Un de vos groupes a déjà ce nom.") from None
    return made


def move_group(*, group: AgendaGroup, position: int) -> None:
    """To this place of the menu, from 0; the others close ranks."""
    others = [one for one in groups_of(group.user) if one.pk != group.pk]
    others.insert(max(0, position), group)
    for rank, one in enumerate(others):
        one.position = rank
    AgendaGroup.objects.bulk_update(others, ["position"])


def delete_group(*, group: AgendaGroup) -> None:
    AgendaGroup.objects.filter(user=group.user, position__gt=group.position).update(position=F("position") - 1)
    group.delete()
