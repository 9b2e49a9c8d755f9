"""Ordinary sign-in: e-mail and password."""

from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from accounts.single import single


class EmailBackend(ModelBackend):
    """Django's, under a name of ours: sessions record it, so that those of the SAS can be told apart."""

    def get_user(self, user_id: int) -> User | None:
        """With how they read agendas, in the same query."""
        user = single(User.objects.select_related("agenda_habits").filter(pk=user_id))
        return user if user is not None and self.user_can_authenticate(user) else None
