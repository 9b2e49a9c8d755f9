"""Forms of the sign-in pages. The rules are Django's; the words are ours."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm

from accounts.models import User

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
