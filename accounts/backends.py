"""Ordinary sign-in: e-mail and password."""

from functools import cache

from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from accounts.written import Written


class EmailBackend(ModelBackend):
    """Django's, under a name of ours: sessions record it, so that those of the SAS can be told apart."""

    def get_user(self, user_id: int) -> User | None:
        """With how they read agendas, in the same query."""
        user = next(iter(_with_habits().read({_SOMEBODY: user_id})), None)
        return user if user is not None and self.user_can_authenticate(user) else None


# Stands in the statement for the person.
_SOMEBODY = -1


@cache
def _with_habits() -> Written[User]:
    return Written(User.objects.select_related("agenda_habits").filter(pk=_SOMEBODY).order_by())
