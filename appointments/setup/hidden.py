"""Why a start is not shown, in words, and the page where what stands in the way can be changed."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db import models
from django.urls import reverse

from accounts.enums import ActorKind, Level
from accounts.french import NBSP, day_and_hour, duration, hour, listed, quoted
from accounts.rights import Actor
from accounts.zones import there
from appointments.models import Absence, Appointment, Hold, Schedule
from appointments.openings.holidays import holidays_of
from appointments.openings.recurrence import moment_of
from appointments.openings.selectors import rule_name
from appointments.setup.eyes import Eye
from appointments.slots.border import Withheld
from appointments.slots.explain import Cause, Unoffered, Verdict, shut_by, taken_by, unoffered
from appointments.slots.values import AUDIENCES, Frame, OpenRule, Taken


class Why(models.TextChoices):
    """Why a start is not shown, as chips tell it."""

    TO_NOBODY = "ferme", "Fermés à tous"
    NOT_TO_THEM = "pas-ouvert", "Pas ouverts"
    NO_REASON = "motif", "Motif retiré"
    BOOKED = "pris", "Pris"
    HELD = "garde", "Gardés"
    BUFFER = "battement", "Battement"
    ABSENCE = "absence", "Absence"
    CLOSURE = "fermeture", "Fermeture"
    HOLIDAY = "ferie", "Jour férié"
    DAY_OFF = "jour-retire", "Jour retiré"
    TOO_NEAR = "trop-proche", "Trop proches"
    TOO_FAR = "trop-loin", "Trop loin"
    TOO_SHORT = "trop-court", "Motif trop long"
    ELSEWHERE = "ailleurs", "Occupé ailleurs"
    NO_PHONE = "telephone", "Lieu sans téléphone"
    NO_STRUCTURE = "structure", "Sans identifiant de structure"
    NO_NUMBER = "rpps", "Praticien sans RPPS"
    UNPUBLISHED = "non-publie", "Pas encore publiés"
    NOT_ONLINE = "hors-ligne", "Pas en ligne"
    AGENDA_CLOSED = "agenda-ferme", "Agenda fermé"


_WHY = {
    Cause.CLOSED_DAY: Why.DAY_OFF,
    Cause.CLOSURE: Why.CLOSURE,
    Cause.HOLIDAY: Why.HOLIDAY,
    Cause.ABSENCE: Why.ABSENCE,
    Cause.BOOKED: Why.BOOKED,
    Cause.HELD: Why.HELD,
    Cause.BUFFER: Why.BUFFER,
    Cause.TOO_SHORT: Why.TOO_SHORT,
    Cause.OTHER_PLACE: Why.ELSEWHERE,
    Cause.NOT_YET_SHOWN: Why.TOO_FAR,
    Cause.TOO_LATE: Why.TOO_NEAR,
    Cause.NO_STRUCTURE_IDENTIFIER: Why.NO_STRUCTURE,
    Cause.NO_PHONE: Why.NO_PHONE,
    Cause.UNPUBLISHED: Why.UNPUBLISHED,
    Cause.NOT_ONLINE: Why.NOT_ONLINE,
    Cause.AGENDA_CLOSED: Why.AGENDA_CLOSED,
}
_UNOFFERED = {
    Unoffered.TO_NOBODY: Why.TO_NOBODY,
    Unoffered.NOT_TO_THEM: Why.NOT_TO_THEM,
    Unoffered.NO_REASON: Why.NO_REASON,
}
_WITHHELD = {Withheld.NO_NATIONAL_NUMBER: Why.NO_NUMBER}


@dataclass(frozen=True, slots=True)
class Mend:
    """The page where what stands in the way can be changed, and what the link says. `row`: where on the page."""

    name: str
    arguments: tuple[uuid.UUID | date | None, ...]
    words: str
    row: str = ""
    goes_on: bool = False  # the words before it

    @property
    def address(self) -> str:
        return reverse(self.name, args=self.arguments) + (f"#{self.row}" if self.row else "")


@dataclass(frozen=True, slots=True)
class Hidden:
    why: Why
    text: str
    mend: Mend | None = None


@dataclass(frozen=True)
class Words:
    """Of the verdicts of these agendas, as `eye` sees them at `moment`; for who reads the page, `actor`.

    `manages`: the agendas whose rules they change; `closable`: the places they may close. Four queries at most.
    """

    schedules: Sequence[Schedule]
    frames: Mapping[uuid.UUID, Frame]
    judged: Mapping[uuid.UUID, Mapping[int, Verdict]]
    eye: Eye
    moment: datetime
    actor: Actor
    manages: frozenset[uuid.UUID]
    closable: frozenset[uuid.UUID]
    several_clocks: bool

    @cached_property
    def _names(self) -> dict[uuid.UUID | None, str]:
        """Of the visits that stand in the way. One query."""
        wanted = self._taken_ids(Cause.BOOKED)
        rows = Appointment.objects.filter(pk__in=wanted, schedule__in=self.schedules).select_related("patient")
        return {one.pk: one.patient.listed_name for one in rows}

    @cached_property
    def _holds(self) -> dict[uuid.UUID | None, Hold]:
        """One query."""
        return {one.pk: one for one in Hold.objects.filter(pk__in=self._taken_ids(Cause.HELD))}

    @cached_property
    def _read(self) -> frozenset[uuid.UUID]:
        """The absences that the reader of the page reads. One query."""
        shut = {one.id for frame in self.frames.values() for one in frame.absences}
        rows = Absence.objects.kept_by(self.actor, Level.SEE).filter(pk__in=shut)
        return frozenset(rows.values_list("pk", flat=True))

    @cached_property
    def _noted(self) -> frozenset[uuid.UUID]:
        """The absences that they may change. One query."""
        rows = Absence.objects.kept_by(self.actor, Level.BOOK).filter(pk__in=self._read)
        return frozenset(rows.values_list("pk", flat=True))

    def _taken_ids(self, cause: Cause) -> set[uuid.UUID]:
        return {
            one.id
            for schedule, judged in self.judged.items()
            for verdict in judged.values()
            if verdict.cause is cause
            for one in taken_by(self.frames[schedule], self.eye.viewer, verdict)
            if one.id is not None
        }

    def hidden(self, schedule: Schedule, verdict: Verdict) -> Hidden:
        cause = verdict.cause
        if cause is None or cause is Cause.NOT_OFFERED:
            return self._not_offered(schedule, verdict)
        why, mend = _WHY[cause], None
        frame, rule = self.frames[schedule.id], verdict.rule
        may, whose = schedule.id in self.manages, schedule.practitioner_id
        match cause:
            case Cause.ABSENCE | Cause.CLOSURE:
                return self._shut(schedule, verdict)
            case Cause.BOOKED:
                text, mend = self._booked(taken_by(frame, self.eye.viewer, verdict))
            case Cause.HELD:
                text = self._held(taken_by(frame, self.eye.viewer, verdict), schedule.location.zone)
            case Cause.HOLIDAY:
                feasts = holidays_of(schedule.location.holidays, verdict.day, verdict.day)
                text = listed(list(feasts.values())) or "La règle ne s’ouvre pas ce jour férié"
                mend = Mend("rule", (whose, rule.id), "Ouvrir les jours fériés") if may else None
            case Cause.CLOSED_DAY:
                text = "Ce jour est retiré de la règle"
                mend = Mend("rule-day", (whose, rule.id, verdict.day), "Remettre ce jour") if may else None
            case Cause.NOT_YET_SHOWN | Cause.TOO_LATE:
                text = self._delay(verdict, schedule.location.zone)
                mend = self._opening(schedule, rule, "Changer le délai")
            case _:
                text = _TEXTS[cause]
                mend = self._step(schedule, cause)
        if cause is Cause.TOO_SHORT and verdict.candidate.reasons and not verdict.candidate.any_reason:
            [reason] = verdict.candidate.reasons
            text = f"{reason.label} dure {duration(reason.minutes)}{NBSP}: plus assez de temps ici"
        return Hidden(why, text, mend)

    def _not_offered(self, schedule: Schedule, verdict: Verdict) -> Hidden:
        rule = verdict.rule
        why = _UNOFFERED[unoffered(rule, self.eye.viewer)]
        if why is Why.TO_NOBODY:
            name = rule_name(rule.recurrence) + self._clock(schedule.location.zone)
            text = f"{quoted(name)} n’est ouverte à personne"
        elif why is Why.NO_REASON:
            text = "Ouvert pour un motif qui n’est plus fait ici, ou pas de cette façon"
            return Hidden(
                why,
                text,
                Mend("practice-reasons", (schedule.organization_id,), "Voir les motifs")
                if schedule.id in self.manages
                else None,
            )
        else:
            text = f"Réservé {listed([_WHOM[one] for one in audiences_of(rule)])}"
        return Hidden(why, text, self._opening(schedule, rule, f"Ouvrir {self.eye.whom}"))

    def _opening(self, schedule: Schedule, rule: OpenRule, words: str) -> Mend | None:
        if schedule.id not in self.manages:
            return None
        return Mend("visibility", (schedule.practitioner_id,), words, f"regle-{rule.id.hex}")

    def _step(self, schedule: Schedule, cause: Cause) -> Mend | None:
        """Of the set-up, where what the whole agenda lacks is put right."""
        name, words = _STEPS.get(cause, ("", ""))
        if not name or schedule.organization_id not in self.actor.managed:
            return None
        return Mend(name, (schedule.organization_id,), words)

    def _shut(self, schedule: Schedule, verdict: Verdict) -> Hidden:
        found = shut_by(self.frames[schedule.id], verdict)
        if found is None or found.id is None:
            return Hidden(_WHY[verdict.cause], _TEXTS[Cause.OTHER_PLACE])  # type: ignore[index]  # there is one
        if verdict.cause is Cause.CLOSURE:
            mend = (
                Mend("closure", (schedule.practitioner_id, found.id), "Voir la fermeture")
                if schedule.location_id in self.closable
                else None
            )
            return Hidden(Why.CLOSURE, f"Fermeture{_named(found.label)}", mend)
        if found.id not in self._read:
            # As the agenda has it: time that is taken.
            return Hidden(Why.ELSEWHERE, "Occupé")
        mend = (
            Mend("absence", (schedule.practitioner_id, found.id), "Voir l’absence") if found.id in self._noted else None
        )
        return Hidden(Why.ABSENCE, f"Absence{_named(found.label)}", mend)

    def _booked(self, taken: Sequence[Taken]) -> tuple[str, Mend | None]:
        names = {one.id: self._names[one.id] for one in taken if one.id in self._names}
        if not names:
            return "Pris", None
        if len(names) > 1:
            return f"Pris par {listed(list(names.values()))}", None
        [(visit, name)] = names.items()
        return "Pris par", Mend("appointment", (visit,), name, goes_on=True)

    def _held(self, taken: Sequence[Taken], zone: ZoneInfo) -> str:
        rows = [self._holds[one.id] for one in taken if one.id in self._holds]
        if not rows:
            return "Gardé"
        last = max(rows, key=lambda one: one.expires_at)
        until = hour(last.expires_at.astimezone(zone)) + self._clock(zone)
        return f"Gardé {_HOLDERS[ActorKind(last.actor_kind)]} jusqu’à {until}"

    def _delay(self, verdict: Verdict, zone: ZoneInfo) -> str:
        start, shown_until = moment_of(verdict.start), verdict.candidate.shown_until
        if verdict.cause is Cause.TOO_LATE:
            return f"N’est plus montré {duration(shown_until // 60)} avant" if shown_until else "Déjà commencé"
        opens = (start - timedelta(seconds=verdict.candidate.shown_from or 0)).astimezone(zone)
        return f"Ne s’ouvre que {day_and_hour(opens, self.moment.astimezone(zone).date())}{self._clock(zone)}"

    def _clock(self, zone: ZoneInfo) -> str:
        return there(zone, always=True) if self.several_clocks else ""


def withheld(why: Withheld) -> Hidden:
    """By the border, whatever is free."""
    return Hidden(_WITHHELD[why], _WITHHELD_TEXTS[why])


_TEXTS = {
    Cause.BUFFER: "Temps gardé libre autour d’un rendez-vous",
    Cause.TOO_SHORT: "Plus assez de temps avant la fin",
    Cause.OTHER_PLACE: "Occupé dans un autre lieu",
    Cause.NO_STRUCTURE_IDENTIFIER: "Ni l’agenda ni la structure n’a de FINESS ou de SIRET",
    Cause.NO_PHONE: "Ni le lieu, ni le praticien, ni la structure n’a de téléphone",
    Cause.UNPUBLISHED: "L’agenda de ce lieu n’est pas encore publié",
    Cause.NOT_ONLINE: "Les patients n’y prennent pas rendez-vous en ligne",
    Cause.AGENDA_CLOSED: "L’agenda de ce lieu est fermé",
}
_STEPS = {
    Cause.NO_STRUCTURE_IDENTIFIER: ("assistant-practice", "Donner un identifiant"),
    Cause.NO_PHONE: ("assistant-places", "Donner un téléphone"),
    Cause.UNPUBLISHED: ("assistant-check", "Publier"),
    Cause.NOT_ONLINE: ("online-settings", "Mettre en ligne"),
}
_WHOM = {"PUBLIC": "au public", "PRO": "aux professionnels", "SNP": "au SAS", "CPTS": "à la CPTS"}
_HOLDERS = {
    ActorKind.REGULATOR: "pour un régulateur",
    ActorKind.PATIENT: "pour un patient qui réserve",
    ActorKind.USER: "par le cabinet",
    ActorKind.SYSTEM: "par le logiciel",
}


def _named(label: str) -> str:
    return f"{NBSP}: {label}" if label else ""


_WITHHELD_TEXTS = {Withheld.NO_NATIONAL_NUMBER: "Le praticien n’a ni RPPS ni numéro ADELI"}


def audiences_of(rule: OpenRule) -> tuple[str, ...]:
    shown = {one.audience for one in rule.offers if one.open}
    return tuple(code for code in AUDIENCES if code in shown)
