"""Forms of the sign-in pages. The rules are Django's; the words are ours."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm

from accounts.models import Invitation, User

_WRONG = "L’adresse e-mail ou le mot de passe ne convient pas."
_EMAIL_ERRORS = {"invalid": "Cette adresse n’est pas complète\u00a0: nom@domaine.fr, par exemple."}
_TWICE = {"password_mismatch": "Les deux mots de passe sont différents\u00a0: saisissez-les de nouveau."}


def _password(label: str, autocomplete: str, hint: str = "", missing: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        help_text=hint,
        error_messages={"required": missing or "Saisissez le mot de passe."},
    )


def _email(label: str) -> forms.EmailField:
    return forms.EmailField(
        label=label,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
        error_messages={"required": "Saisissez votre adresse e-mail."} | _EMAIL_ERRORS,
    )


_NEW_HINT = "12 caractères au moins. Une phrase courte se retient mieux qu’un mot compliqué."


class SignInForm(AuthenticationForm):
    username = _email("E-mail professionnel")
    password = _password("Mot de passe", "current-password", missing="Saisissez votre mot de passe.")

    error_messages = {"invalid_login": _WRONG, "inactive": _WRONG}

    def __init__(self, *args: Any, **fields: Any) -> None:
        super().__init__(*args, **fields)
        # Django writes its own label and length over ours.
        self.fields["username"].label = "E-mail professionnel"

    def clean_username(self) -> str:
        return User.objects.normalize(self.cleaned_data["username"])


class ResetRequestForm(forms.Form):
    email = _email("E-mail professionnel")


class NewPasswordForm(SetPasswordForm):
    error_messages: dict[str, Any] = _TWICE
    new_password1 = _password("Nouveau mot de passe", "new-password", _NEW_HINT)
    new_password2 = _password("Le même, une seconde fois", "new-password")


class ChangePasswordForm(PasswordChangeForm):
    error_messages: dict[str, Any] = _TWICE | {"password_incorrect": "Ce n’est pas votre mot de passe actuel."}
    old_password = _password("Mot de passe actuel", "current-password")
    new_password1 = _password("Nouveau mot de passe", "new-password", _NEW_HINT)
    new_password2 = _password("Le même, une seconde fois", "new-password")


class TermsForm(forms.Form):
    accept = forms.BooleanField(
        label="J’ai lu et j’accepte les conditions d’utilisation",
        error_messages={"required": "Cochez la case pour accepter, ou déconnectez-vous."},
    )


class InvitationForm(NewPasswordForm):
    """`account`: theirs, when they have one: names, and a password where there is one, are kept."""

    first_name = forms.CharField(label="Prénom", max_length=100, error_messages={"required": "Indiquez votre prénom."})
    last_name = forms.CharField(label="Nom", max_length=100, error_messages={"required": "Indiquez votre nom."})
    field_order = ("first_name", "last_name", "new_password1", "new_password2")

    def __init__(self, *args: Any, invitation: Invitation, account: User | None, **options: Any) -> None:
        names = {"first_name": invitation.first_name, "last_name": invitation.last_name}
        user = account or User(email=invitation.email, **names)
        super().__init__(user, *args, **{"initial": names} | options)
        self.chooses_password = account is None or not account.has_usable_password()
        if not self.chooses_password:
            del self.fields["new_password1"], self.fields["new_password2"]
        if account is not None:
            del self.fields["first_name"], self.fields["last_name"]

    def clean(self) -> dict[str, Any] | None:
        # Of SetPasswordForm's own: it compares the two that may not be there.
        return super().clean() if self.chooses_password else self.cleaned_data
