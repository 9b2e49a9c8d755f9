"""Who can sign in. The e-mail is the login; what a person may do comes from the rows that point here and from `rights`."""

import unicodedata
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.enums import TextSize


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Without a password nobody signs in by one until they chose it, by the link that is sent to them."""
        user = self.model(email=self.normalize(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True} | fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize(username or ""))

    @staticmethod
    def normalize(email: str) -> str:
        """Addresses are compared and kept in one spelling: nobody remembers how theirs was capitalised.

        In lower case, the domain in its composed form. What comes before the @ is another mailbox with any other letter than
        ASCII's, were it one whose lower case is ASCII's (the sign of the kelvin).
        """
        mailbox, at, domain = email.strip().rpartition("@")
        plain = "".join(letter.lower() if letter.isascii() else letter for letter in mailbox)
        return f"{plain}{at}{unicodedata.normalize('NFC', domain.lower())}"


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(
        "adresse e-mail", unique=True, error_messages={"unique": "Un compte a déjà cette adresse."}
    )
    first_name = models.CharField("prénom", max_length=100, blank=True)
    last_name = models.CharField("nom", max_length=100, blank=True)
    is_staff = models.BooleanField("accès à l’administration", default=False)
    is_active = models.BooleanField("actif", default=True)
    # Written by the service of regulators only. Without a database's default, the version still running could not insert.
    made_for_regulator = models.BooleanField("créé pour un régulateur", default=False, db_default=False, editable=False)
    # Agendas show no full name to who looks over their shoulder.
    discreet_agenda = models.BooleanField("agenda discret", default=False, db_default=False, editable=False)
    # Keys of one letter set things off by themselves for who dictates, or whose hand slips (WCAG 2.1.4).
    shortcuts_off = models.BooleanField("sans raccourcis", default=False, db_default=False, editable=False)
    # In the evening, by e-mail, when visits of their agendas were left open.
    closing_reminder = models.BooleanField("rappel de clôture", default=True, db_default=True, editable=False)
    text_size = models.CharField(
        "taille du texte", max_length=8, choices=TextSize.choices, default=TextSize.NORMAL, db_default=TextSize.NORMAL,
        editable=False,
    )  # fmt: skip
    date_joined = models.DateTimeField("créé le", default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "utilisateur"
        verbose_name_plural = "utilisateurs"
        ordering = ["last_name__folded", "first_name__folded", "email"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="user_email_lower",
                violation_error_message="L’adresse e-mail s’écrit en minuscules.",
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def clean(self) -> None:
        super().clean()
        self.email = User.objects.normalize(self.email)

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def get_short_name(self) -> str:
        return self.first_name or self.email
