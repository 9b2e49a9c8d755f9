"""What is written to patients: one kind of message at a time, and the hours of all."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from django import forms

from accounts.french import NBSP, counted
from appointments.enums import MessageKind, Way
from appointments.messages import texts
from appointments.models import MessageSettings, MessageText
from appointments.setup.forms.versions import VersionedForm
from appointments.setup.services.messages import Times, Wording
from outbox import gsm

REMINDERS = 3
_DELAYS = {
    60: "1 heure", 120: "2 heures", 240: "4 heures", 1440: "1 jour", 2880: "2 jours", 4320: "3 jours", 7 * 1440: "7 jours",
}  # fmt: skip


def _hour(label: str) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": "Cette heure n’est pas lisible\u00a0: écrivez-la comme 21:00."},
    )


class MessagesForm(VersionedForm):
    """`kind`: which message; `example`: what its variables are in an example, by which an SMS is counted."""

    way = forms.ChoiceField(label="Envoyé par", choices=Way.choices)
    sms = forms.CharField(label="Texte des SMS", max_length=600, widget=forms.Textarea(attrs={"rows": 4}))
    mail = forms.CharField(
        label="Début des e-mails",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Le jour, l’heure, le praticien et le lieu suivent toujours.",
    )
    quiet_from = _hour("Début")
    quiet_until = _hour("Fin")
    sundays = forms.BooleanField(label="Aussi le dimanche", required=False)
    to_bring = forms.CharField(
        label="À apporter", max_length=200, required=False, help_text="Écrit dans les confirmations et les rappels."
    )

    def __init__(
        self,
        *args: Any,
        kind: MessageKind,
        settings: MessageSettings,
        text: MessageText,
        example: Mapping[str, str],
        **options: Any,
    ) -> None:
        self.kind, self.text, self.example = kind, text, example
        super().__init__(*args, **{"initial": self.values_of(settings)} | options)
        if kind == MessageKind.WAITING:
            self.fields["mail"].help_text = "Le praticien et le dernier jour d’attente suivent toujours."
        for number in range(REMINDERS):
            self.fields[f"reminder_{number}"] = forms.TypedChoiceField(
                label=f"Rappel {number + 1}",
                coerce=int,
                empty_value=None,
                required=False,
                choices=[
                    ("", "Aucun"),
                    *((delay, f"{words} avant") for delay, words in self._delays(settings).items()),
                ],
            )

    @staticmethod
    def _delays(settings: MessageSettings) -> dict[int, str]:
        """Those proposed, and those there are."""
        others = {one: counted(one, "minute") for one in settings.reminders if one not in _DELAYS}
        return dict(sorted((_DELAYS | others).items()))

    @property
    def reminders(self) -> list[forms.BoundField]:
        return [self[f"reminder_{number}"] for number in range(REMINDERS)]

    def values_of(self, row: Any) -> Mapping[str, Any]:
        reminders = sorted(row.reminders, reverse=True)[:REMINDERS]
        return {
            "version": row.version,
            "way": self.text.way,
            "sms": self.text.sms or texts.SMS[self.kind],
            "mail": self.text.mail or texts.MAIL[self.kind],
            "quiet_from": row.quiet_from,
            "quiet_until": row.quiet_until,
            "sundays": row.sundays,
            "to_bring": row.to_bring,
        } | {f"reminder_{number}": delay for number, delay in enumerate(reminders)}

    def clean_mail(self) -> str:
        return self._known(self.cleaned_data["mail"])

    def clean_sms(self) -> str:
        written = self._known(self.cleaned_data["sms"])
        if self.kind in texts.NEEDS_LINK and "{lien}" not in written:
            raise forms.ValidationError("Sans le lien, personne ne peut répondre\u00a0: ajoutez {lien}.")
        count = gsm.sms_count(gsm.in_gsm(texts.fill(written, self.example)))
        if count > gsm.MOST:
            raise forms.ValidationError(
                f"Une fois rempli, ce texte ferait {count} SMS, et {gsm.MOST} au plus sont envoyés{NBSP}: raccourcissez-le."
            )
        return written

    def _known(self, text: str) -> str:
        try:
            texts.refuse_unknown(text, self.kind)
        except ValueError as unknown:
            raise forms.ValidationError(str(unknown)) from None
        return text

    def wording(self) -> Wording:
        data = self.cleaned_data
        return Wording(self.kind, data["way"], data["sms"], data["mail"])

    def times(self) -> Times:
        data = self.cleaned_data
        delays = [data[f"reminder_{number}"] for number in range(REMINDERS)]
        hours: tuple[time, time] = data["quiet_from"], data["quiet_until"]
        return Times([one for one in delays if one], *hours, data["sundays"], data["to_bring"])
