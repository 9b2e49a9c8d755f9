"""Who waits, and when they could come."""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings

from accounts.french import WEEKDAYS, counted, sentence
from appointments.enums import ConsultationType, DayPart, Sex
from appointments.messages.codes import can_reach
from appointments.models import Patient, Reason, Schedule
from appointments.patients.forms import PatientForm, phone_as_typed
from appointments.patients.identity import BirthDate
from appointments.patients.values import PatientDetails
from appointments.waiting.services.entries import Waiting

USUAL = timedelta(days=14)
_NOTICES = (4, 12, 24, 48)


def notices() -> list[tuple[str, str]]:
    """Hours; the least is the installation's."""
    least = settings.WAITING_NOTICE_HOURS
    hours = [least, *(one for one in _NOTICES if one > least)]
    return [(str(one), counted(one // 24, "jour") if one % 24 == 0 else counted(one, "heure")) for one in hours]


class WishForm(forms.Form):
    """`today`: of the place."""

    weekdays = forms.TypedMultipleChoiceField(
        label="Quels jours\u00a0?",
        coerce=int,
        choices=[(str(number), sentence(name)) for number, name in enumerate(WEEKDAYS, start=1)],
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choisissez au moins un jour.",
            "invalid_choice": "Un de ces jours n’en est pas un\u00a0: choisissez-les de nouveau.",
        },
    )
    part = forms.ChoiceField(
        label="Quand dans la journée\u00a0?",
        choices=[("", "Peu importe"), *DayPart.choices],
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": "Choisissez le matin, l’après-midi, ou peu importe."},
    )
    notice_hours = forms.TypedChoiceField(
        label="Il me faut au moins, pour venir",
        coerce=int,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choisissez un délai de la liste."),
    )
    until = forms.DateField(
        label="Jusqu’au",
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
        help_text="Ensuite l’inscription s’efface.",
        error_messages={
            "required": "Indiquez jusqu’à quel jour.",
            "invalid": "Cette date n’est pas lisible\u00a0: écrivez-la comme 25/11/2026.",
        },
    )

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        usual = {
            "weekdays": ["1", "2", "3", "4", "5", "6"],
            "part": "",
            "notice_hours": notices()[0][0],
            "until": today + USUAL,
        }
        super().__init__(*args, **options | {"initial": usual | options.get("initial", {})})
        self.fields["notice_hours"].choices = notices()  # type: ignore[attr-defined]

    def wish(self) -> dict[str, Any]:
        """As columns of an entry."""
        data = self.cleaned_data
        return {name: data[name] for name in ("weekdays", "part", "notice_hours", "until")}


class AddForm(WishForm, PatientForm):
    """Somebody else registers them: the practice, of a `file` or of somebody new, or a regulator.

    `schedules`: the agendas among which is chosen; `reasons`: what is done there.
    """

    # Not asked here.
    no_given_name = no_phone = sex = birth_name = birth_place = nir = address = None  # type: ignore[assignment]

    schedules = forms.TypedMultipleChoiceField(
        label="Agendas",
        coerce=uuid.UUID,
        widget=forms.CheckboxSelectMultiple,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choisissez au moins un agenda de la liste."),
    )
    reason = forms.TypedChoiceField(
        label="Motif",
        coerce=uuid.UUID,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": "Choisissez un motif de la liste."},
    )
    mode = forms.ChoiceField(label="Consultation", choices=ConsultationType.choices, initial=ConsultationType.AMB)

    def __init__(
        self,
        *args: Any,
        agendas: Sequence[tuple[Schedule, str]],
        reasons: Sequence[Reason],
        file: Patient | None,
        **options: Any,
    ) -> None:
        zone = agendas[0][0].location.zone
        reached = {"phone": phone_as_typed(file.phone, zone), "email": file.email} if file is not None else {}
        usual = {"schedules": [str(agendas[0][0].pk)], **reached} | options.pop("initial", {})
        super().__init__(*args, zone=zone, initial=usual, **options)
        self.file = file
        self.fields["schedules"].choices = [(str(one.pk), name) for one, name in agendas]  # type: ignore[attr-defined]
        self.fields["reason"].choices = [  # type: ignore[attr-defined]
            ("", "Sans motif précis"), *((str(one.pk), one.label) for one in reasons)
        ]  # fmt: skip
        self.fields["notice_hours"].label = "Prévenir au moins"
        for name in ("family_name", "given_name", "birth_date") if file is not None else ():
            del self.fields[name]

    def clean(self) -> None:
        data = self.cleaned_data
        if "phone" in self.errors or "email" in self.errors:
            return
        if not data.get("email") and not (data.get("phone") and can_reach(data["phone"])):
            self.add_error(
                "phone", "La place est proposée par message\u00a0: indiquez un mobile, ou une adresse e-mail."
            )

    def waiting(self) -> Waiting:
        data = self.cleaned_data
        return Waiting(
            schedules=data["schedules"],
            patient=self._patient(),
            consultation_type=ConsultationType(data["mode"]),
            reason_id=data["reason"],
            caller=data["caller"],
            file=self.file.pk if self.file is not None else None,
            **self.wish(),
        )

    def _patient(self) -> PatientDetails:
        data, file = self.cleaned_data, self.file
        reached = {"phone": data["phone"], "email": data["email"]}
        if file is not None:
            known = {
                name: getattr(file, name)
                for name in ("family_name", "given_name", "birth_date", "birth_date_precision", "sex")
            }
            return PatientDetails(**known, **reached)
        birth: BirthDate = data["birth_date"]
        return PatientDetails(
            family_name=data["family_name"],
            given_name=data["given_name"],
            birth_date=birth.born,
            birth_date_precision=str(birth.precision),
            sex=Sex.UNKNOWN,
            **reached,
        )
