"""What people type as text: one line of it, or several. Fields and the checks that go with them."""

import unicodedata
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

# What some scripts need between two letters.
_JOINERS = "\u200c\u200d"


def no_invisible_character(value: str) -> None:
    """Controls, and marks of format: those that turn the text around them could make a name read as another."""
    for character in value:
        hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs"} and character not in "\n\t" + _JOINERS
        if hidden or character == "\ufffd":  # stands for bytes that were no text
            raise ValidationError("Ce texte contient un caractère invisible\u00a0: effacez-le et retapez-le.")


def no_markup(value: str) -> None:
    if "<" in value or ">" in value:
        raise ValidationError("Les signes < et > ne sont pas acceptés ici\u00a0: retirez-les.")


def some_letter(value: str) -> None:
    if not any(character.isalpha() for character in value):
        raise ValidationError("Un nom contient au moins une lettre\u00a0: vérifiez-le.")


class Line(forms.CharField):
    """One line of text: blanks collapsed, letters composed, no control character, at most `max_length`."""

    collapse = True

    def __init__(self, *, missing: str = "", checks: tuple[Callable[[str], None], ...] = (), **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))
        super().__init__(error_messages={"required": missing}, **options)
        # Replaces Django's own, whose sentences are not in this house's words.
        self.validators = [no_invisible_character, self._short_enough, *checks]

    def to_python(self, value: Any) -> str:
        text = unicodedata.normalize("NFC", str(super().to_python(value) or ""))
        return " ".join(text.split()) if self.collapse else text.replace("\r\n", "\n")

    def _short_enough(self, value: str) -> None:
        if self.max_length is not None and len(value) > self.max_length:
            raise ValidationError(
                f"Ce texte a {len(value)}\u00a0caractères\u00a0: raccourcissez-le à {self.max_length} au plus."
            )


class Paragraph(Line):
    """Several lines; signs like < are a physician's own here (« SpO2 < 92 % »)."""

    collapse = False
