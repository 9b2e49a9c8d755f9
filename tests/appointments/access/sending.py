"""Every form of the signed-in pages: who sends it, and what they change in it before they do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from django.utils import timezone

from appointments.booking.services.moving import Wanted, change_appointment
from appointments.models import Appointment, MessageSettings, ReasonAt
from appointments.paper.services import make_feed
from tests import factories
from tests.appointments.access.conftest import World
from tests.appointments.call.requests import PATIENT
from tests.factories import at, practice_actor

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Sent:
    """`typed` takes the place of what the form holds; `by`: somebody of this kind, or "booker", the regulator of `referred`.
    `on`: the page where it stands, when that is not the one it belongs to by its address.
    """

    typed: Callable[[World], dict[str, Any]] = lambda world: {}
    by: str = "manager"
    on: str = ""


def _to_colleague(world: World) -> dict[str, Any]:
    factories.rule(schedule=world.colleague)
    return {"schedule": str(world.colleague.id)}


def _longer(world: World) -> dict[str, Any]:
    """Something was done that can be taken back."""
    change_appointment(
        appointment_id=world.visit.id,
        version=world.visit.version,
        wanted=Wanted(minutes=world.visit.minutes + 5),
        by=practice_actor(world.practitioner),
        now=timezone.now(),
        despite=True,
    )
    world.visit.refresh_from_db()
    return {}


def _known(world: World) -> dict[str, Any]:
    """A visit of the same person, as the practice knows them."""
    patient = world.visit.patient
    same = {name: getattr(patient, name) for name in ("family_name", "given_name", "birth_date", "phone", "sex")}
    file = factories.file(world.organization, **same)
    factories.appointment(schedule_=world.here, start=at("2026-11-26", "11:00"), patient=file)
    return {"file": str(file.id)}


def _untold(world: World) -> dict[str, Any]:
    """The form is there once no message reached the patient."""
    factories.to_call(world.visit)
    return {}


def _messages(world: World) -> dict[str, Any]:
    """Settings that somebody may change meanwhile."""
    MessageSettings.objects.get_or_create(organization=world.organization)
    return {"mail": "Bonjour, à bientôt."}


def _feed(world: World) -> dict[str, Any]:
    """Another one is made in its place."""
    by = practice_actor(world.practitioner)
    make_feed(practitioner_id=world.practitioner.id, version=0, with_names=False, by=by, now=timezone.now())
    return {"with_names": "on", "acte": "faire"}


def _level(world: World) -> str:
    return f"level_{world.practitioner.id.hex}"


def _without_reasons(world: World) -> dict[str, Any]:
    """The button is there as long as the practitioner has none."""
    ReasonAt.objects.filter(schedule=world.here).delete()
    return {}


def _of_today(world: World) -> dict[str, Any]:
    today = timezone.now()
    Appointment.objects.filter(pk=world.visit.pk).update(start=today, end=today + timedelta(minutes=15))
    return {"arrived": "1"}


def _over(world: World) -> dict[str, Any]:
    past = timezone.now() - timedelta(days=1)
    Appointment.objects.filter(pk=world.visit.pk).update(start=past, end=past + timedelta(minutes=15))
    return {f"sort-{world.visit.pk}": "noshow"}


def _hours(world: World) -> dict[str, Any]:
    return {
        "start_time": "14 h 30", "end_time": "18 h", "schedule": str(world.here.id), "reasons": [str(world.reason.id)],
        "audiences": ["PUBLIC", "SNP"], "from_PUBLIC": "14 j", "consultation_types": ["AMB", "VR"],
    }  # fmt: skip


def _weekly(world: World) -> dict[str, Any]:
    return _hours(world) | {"weekdays": ["2", "4"], "every_n_weeks": "2"}


def _place(world: World) -> dict[str, Any]:
    return {
        "name": "Le lieu d’en face", "line": "2 rue Neuve", "postal_code": "99000", "city": "Villefictive",
        "phone": "01 99 00 12 34", "access_by_night": "Sonner & attendre",
        "receive": [str(world.colleague.practitioner_id)],
    }  # fmt: skip


def _waiting(world: World) -> dict[str, Any]:
    return {
        "family_name": "Kumquat", "birth_date": "1984", "email": "kumquat@exemple.test", "schedules": [str(world.here.id)],
        "reason": str(world.reason.id), "weekdays": ["2", "4"], "part": "morning", "until": "2026-12-09",
    }  # fmt: skip


PERIOD = {
    "label": "Peinture",
    "first_day": "2026-12-01",
    "first_hour": "9h",
    "last_day": "2026-12-02",
    "last_hour": "10h",
}

FORMS = {
    # The agenda.
    "agenda-groups": Sent(
        lambda world: {"name": "Lilas & compagnie", "avec": [str(world.practitioner.id), str(world.colleague.practitioner_id)]}
    ),
    "new-appointment": Sent(
        lambda world: PATIENT | {
            "schedule": str(world.here.id), "day": "2026-11-27", "hour": "9h", "minutes": "15",
            "reason": str(world.reason.id), "note": "Il dit « aïe » & <tousse>",
        },
        by="book",
    ),
    "new-series": Sent(
        lambda world: PATIENT | {
            "schedule": str(world.here.id), "day": "2026-11-27", "hour": "9h", "minutes": "15", "times": "2", "weeks": "1",
        },
        by="book",
    ),
    "appointment-move": Sent(lambda world: {"slot": "", "day": "2026-11-27", "hour": "9h30"}, by="book"),
    "appointment-reassign": Sent(_to_colleague),
    "appointment-change": Sent(lambda world: {"minutes": "20", "note": "Il dit « aïe » & <tousse>"}, by="book"),
    "appointment-undo": Sent(_longer, by="book", on="appointment"),
    "appointment-status": Sent(lambda world: {"status": "booked"}, by="book"),
    "appointment-arrival": Sent(_of_today, by="book"),
    "closing": Sent(_over, by="book"),
    "appointment-cancel": Sent(by="book"),
    "appointment-join": Sent(_known, by="book"),
    "appointment-told": Sent(_untold, by="book"),
    "correct-patient": Sent(lambda world: {"birth_place": "Villefictive", "contact_email": "juste@exemple.test"}, by="book"),
    "patient-note": Sent(lambda world: {"note": "Préfère le matin."}, by="book", on="patient-file"),
    "patient-identity": Sent(by="book", on="patient-file"),
    # On paper and elsewhere.
    "feed-change": Sent(_feed, by="practitioner"),
    "waiting-add": Sent(lambda world: _waiting(world) | {"caller": "Sa fille & elle"}, by="book"),
    # The regulator's call.
    "wait-for": Sent(_waiting, by="regulator"),
    "book": Sent(lambda world: PATIENT | {"note": "Fièvre < 39"}, by="regulator"),
    "correct-given": Sent(lambda world: {"birth_place": "Villefictive"}, by="booker"),
    # Openings.
    "rule-new": Sent(_weekly),
    "one-off-new": Sent(lambda world: _hours(world) | {"first_day": "2026-12-01"}),
    "rule": Sent(_weekly),
    "rule-delete": Sent(),
    "rule-day": Sent(lambda world: {"acte": "retirer"}),
    "absence-new": Sent(lambda world: PERIOD | {"schedule": str(world.here.id), "replacement": str(world.colleague.id)}),
    "absence": Sent(lambda world: PERIOD | {"schedule": str(world.here.id), "replacement": str(world.colleague.id)}),
    "absence-delete": Sent(),
    "closure-new": Sent(lambda world: PERIOD | {"location": str(world.here.location_id)}),
    "closure": Sent(lambda world: PERIOD),
    "closure-delete": Sent(),
    "empty-day": Sent(lambda world: {"raison": "Malade & fiévreux", "vider": "1"}, by="book"),
    "visibility": Sent(lambda world: {f"open_{world.rule.pk.hex}_PRO": "on"}),
    "messages-settings": Sent(_messages),
    "online-settings": Sent(lambda world: {"cutoff": "24", "online": [str(world.colleague.id)]}),
    "practice-reason-new": Sent(lambda world: {"label": "Vaccin", "instructions": "Carnet,\r\nbras nu", "colour": "tone-2"}),
    "practice-reason": Sent(lambda world: {"label": "Vaccin", "instructions": "Carnet,\r\nbras nu", "colour": "tone-2"}),
    "practice-reason-move": Sent(lambda world: {"acte": "monter"}, on="practice-reasons"),
    "practice-reasons-start": Sent(_without_reasons, on="practice-reasons"),
    # From elsewhere.
    "import": Sent(lambda world: {"default_minutes": "20", "past": "skipped", "name_order": "prenom", "column-1": "start"}),
    "other-calendars": Sent(
        lambda world: {"name": "Clinique Nord", "address": "https://agenda.exemple.test/b.ics"}, by="practitioner"
    ),
    # Setting a practice up.
    "assistant-practice": Sent(
        lambda world: {
            "name": "Cabinet « d’ici »", "siret": "999 000 000 000 18", "phone": "01 99 00 12 34",
        }
    ),
    "assistant-practitioners": Sent(
        lambda world: {
            "number": "10100050075", "family_name": "D’Épine", "given_name": "Noël", "profession": "10",
            "specialty": "SM54", "locations": [str(world.here.location_id)],
            "email": "noel@exemple.test",
        }
    ),
    "assistant-practitioner": Sent(lambda world: {"family_name": "D’Épine"}),
    "assistant-place-new": Sent(_place),
    "assistant-place": Sent(_place),
    "assistant-week": Sent(lambda world: {"weekdays": ["1", "3"], "morning_start": "8h30"}),
    # Who may do what.
    "team-member": Sent(lambda world: {"role": "member", _level(world): "4", "until": "2026-12-31"}),
    "team-member-remove": Sent(),
    "team-managers": Sent(lambda world: {"acte": "ecarter"}, by="practitioner"),
    "team-invite": Sent(
        lambda world: {
            "email": "nina@exemple.test", "first_name": "Nina", "last_name": "Ail", "role": "member", _level(world): "3",
            "until": "2026-12-31",
        }
    ),
    "team-invitation-resend": Sent(on="team"),
    "team-invitation-withdraw": Sent(on="team"),
}  # fmt: skip


@dataclass
class Form:
    action: str
    fields: Pairs = field(default_factory=list)


def forms_of(page: str, address: str) -> list[Form]:
    """The forms of the page at this address that are sent by POST, each with what a browser would send."""
    reader = _Reader(address)
    reader.feed(page)
    reader.close()
    return reader.forms


def typed_over(fields: Pairs, typed: dict[str, Any]) -> Pairs:
    kept = [(name, value) for name, value in fields if name not in typed and name != "csrfmiddlewaretoken"]
    return kept + [
        (name, one) for name, value in typed.items() for one in (value if isinstance(value, list) else [value])
    ]


def as_data(fields: Pairs) -> dict[str, list[str]]:
    """As Django's client takes them."""
    data: dict[str, list[str]] = {}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    return data


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self._textarea: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._form = Form(urljoin(self.address, has.get("action") or self.address))
            if has.get("method") == "post":
                self.forms.append(self._form)
        elif self._form is None:
            return
        elif tag == "input" and has.get("name"):
            ticked = has.get("type") not in {"radio", "checkbox"} or "checked" in has
            if ticked:
                self._form.fields.append((has["name"], has.get("value", "on" if has.get("type") == "checkbox" else "")))
        elif tag == "select":
            self._select = (has["name"], [])
        elif tag == "option" and self._select is not None:
            self._select[1].append((has["value"], "selected" in has))
        elif tag == "textarea":
            self._textarea = (has["name"], [])

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._textarea[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif self._form is None:
            return
        elif tag == "select" and self._select is not None:
            name, options = self._select
            chosen = [value for value, selected in options if selected] or [value for value, _ in options[:1]]
            self._form.fields += [(name, value) for value in chosen]
            self._select = None
        elif tag == "textarea" and self._textarea is not None:
            name, parts = self._textarea
            text = "".join(parts).removeprefix("\r\n").removeprefix("\n")
            self._form.fields.append((name, text.replace("\r\n", "\n").replace("\n", "\r\n")))
            self._textarea = None
