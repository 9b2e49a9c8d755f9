"""How somebody reads agendas."""

from django.core.exceptions import ObjectDoesNotExist

from accounts.models import AgendaGroup, AgendaHabits, User
from accounts.rights import Actor


def habits_of(actor: Actor) -> AgendaHabits:
    """Theirs, those of somebody new when they have none yet. No query: the session's user comes with them."""
    user = actor.user
    if user is None:
        return AgendaHabits()
    try:
        return user.agenda_habits
    except ObjectDoesNotExist:
        return AgendaHabits(user=user)


def groups_of(user: User | None) -> list[AgendaGroup]:
    """In the order of their menu. One query."""
    return list(AgendaGroup.objects.filter(user=user)) if user is not None else []
