"""How far the set-up of an organization is, what still keeps the SAS from finding it, and what would be seen of it."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from django.db.models import Q
from django.urls import reverse

from accounts.enums import OrganizationKind, Role
from accounts.french import counted, fold, listed, of
from accounts.identifiers import ADELI, FINESS, RPPS, SIRET, NationalNumber, key_should_be
from accounts.models import DirectoryEntry, Invitation, Membership, Organization, Practitioner
from accounts.rights import Actor
from appointments.enums import Audience
from appointments.models import Location, Reason, Rule, RuleOffer, Schedule
from appointments.openings.recurrence import moment_of, next_number, number_of
from appointments.slots.availability import free_slots
from appointments.slots.reader import read_frames
from appointments.slots.values import PATIENT, REGULATOR, Frame, Offered, Viewer

_AHEAD = timedelta(days=7)
_HOURS = "assistant-hours"
# Of the starts that would be seen, how many are told one by one.
_SHOWN = 3
# By which the SAS finds somebody.
_OUTSIDE = [Audience.PUBLIC, Audience.PRO, Audience.SNP]


class State(StrEnum):
    DONE = "done"
    WARN = "warn"
    TODO = "todo"
    OPTIONAL = "opt"


WORDS = {State.DONE: "fait", State.WARN: "incomplet", State.TODO: "à faire", State.OPTIONAL: "facultatif"}


def doubts_of(*numbers: tuple[NationalNumber, str]) -> list[str]:
    """What to say of those whose check digit is another; an empty number raises none."""
    return [
        f"{kind.name}\u00a0: la clé ne tombe pas juste, le dernier chiffre serait {key}. Relisez-le."
        for kind, bare in numbers
        if bare and (key := key_should_be(bare))
    ]


@dataclass(frozen=True, slots=True)
class Step:
    """`said`: what is there, or is lacking, in a few words."""

    name: str
    title: str
    state: State
    said: str = ""
    address: str = ""

    @property
    def word(self) -> str:
        return WORDS[self.state]


@dataclass(frozen=True, slots=True)
class Need:
    """One thing the SAS needs to find somebody of the organization, and where it is put right."""

    met: bool
    said: str
    address: str


@dataclass(frozen=True)
class Practice:
    """Everything the set-up shows of an organization, read once. `every`: its practitioners' agendas, closed ones too."""

    organization: Organization
    locations: list[Location]
    every: list[Schedule]
    reasons: int
    rules: Counter[uuid.UUID]  # those that are not over, by schedule
    audiences: dict[uuid.UUID, set[str]]  # to whom something is open, by schedule
    members: int  # those who are no practitioner of it
    invited: int
    actor: Actor

    @cached_property
    def schedules(self) -> list[Schedule]:
        """The open ones."""
        return [one for one in self.every if one.active]

    @cached_property
    def practitioners(self) -> list[Practitioner]:
        """In the order of names."""
        found = {one.practitioner.pk: one.practitioner for one in self.every}
        return sorted(found.values(), key=lambda one: (fold(one.family_name), fold(one.given_name)))

    @property
    def first_shown(self) -> list[Practitioner]:
        """The person themself, or the first there is."""
        own = [one for one in self.practitioners if one.pk in self.actor.own]
        return (own or self.practitioners)[:1]

    @property
    def location(self) -> Location | None:
        """The only place."""
        return self.locations[0] if len(self.locations) == 1 else None

    def of(self, practitioner: Practitioner) -> list[Schedule]:
        """Their agendas, the open ones first."""
        return [one for one in self.every if one.practitioner_id == practitioner.pk]

    def receives(self, practitioner: Practitioner, location: Location | None = None) -> bool:
        """There, or anywhere."""
        at = None if location is None else location.pk
        return any(one.active and at in (None, one.location_id) for one in self.of(practitioner))

    @property
    def unpublished(self) -> list[Schedule]:
        return [one for one in self.schedules if not one.published]

    def _address(self, name: str, *arguments: object) -> str:
        return reverse(name, args=[self.organization.pk, *arguments])

    @cached_property
    def steps(self) -> list[Step]:
        made = (
            ("assistant-practice", "Cabinet", self._practice()),
            ("assistant-practitioners", "Praticiens", self._practitioners()),
            ("assistant-places", "Lieux", self._places()),
            ("assistant-reasons", "Motifs", self._reasons()),
            (_HOURS, "Horaires", self._hours()),
            ("assistant-audiences", "Qui voit quoi", self._audiences()),
            ("assistant-team", "Secrétaires", self._team()),
            ("assistant-check", "Vérifier", self._check()),
        )
        return [Step(name, title, state, said, self._address(name)) for name, title, (state, said) in made]

    @property
    def next_step(self) -> Step:
        """The first that is to be done; the last one, once none is."""
        return next((one for one in self.steps if one.state == State.TODO), self.steps[-1])

    @cached_property
    def needs(self) -> list[Need]:
        """In the order of the steps."""
        practice, places = self._address("assistant-practice"), self._address("assistant-places")
        found = [Need(self._is_identified, "Un FINESS ou un SIRET", practice)]
        found.append(
            Need(bool(self.schedules), "Un praticien, avec son lieu", self._address("assistant-practitioners"))
        )
        silent = [one for one in self.schedules if not one.has_phone]
        where = listed([str(one) for one in dict.fromkeys(one.location.name for one in silent)])
        phone = f"Le téléphone {of(where)}" if silent else "Un téléphone où appeler"
        found.append(Need(bool(self.schedules) and not silent, phone, places))
        found.append(Need(bool(self.rules), "Des horaires", self._address(_HOURS)))
        seen = any(self._is_open(one) for one in self.schedules)
        found.append(Need(seen, "Au moins un horaire ouvert au SAS", self._address("assistant-audiences")))
        return found

    @property
    def missing(self) -> int:
        return sum(not one.met for one in self.needs)

    @property
    def met(self) -> int:
        return sum(one.met for one in self.needs)

    @property
    def is_found(self) -> bool:
        """The SAS finds somebody here already."""
        return any(
            one.published and self._is_open(one) and one.has_phone and one.structure.has_structure_identifier
            for one in self.schedules
        )

    @property
    def _is_identified(self) -> bool:
        if not self.schedules:
            return self.organization.has_structure_identifier
        return all(one.structure.has_structure_identifier for one in self.schedules)

    def _is_open(self, schedule: Schedule) -> bool:
        return bool(self.audiences.get(schedule.pk, set()) & set(_OUTSIDE)) and bool(self.rules[schedule.pk])

    @property
    def doubts(self) -> list[str]:
        return doubts_of((FINESS, self.organization.finess), (SIRET, self.organization.siret))

    def _practice(self) -> tuple[State, str]:
        one = self.organization
        if not self.locations:
            return State.TODO, "Sans adresse"
        if not one.has_structure_identifier:
            return State.WARN, "Sans FINESS ni SIRET"
        for kind, number in ((FINESS, one.finess), (SIRET, one.siret)):
            if number and key_should_be(number):
                return State.WARN, f"{kind.name} à relire"
        return State.DONE, f"{one.name}"

    def _practitioners(self) -> tuple[State, str]:
        people = self.practitioners
        if not people:
            return State.TODO, ""
        for one in people:
            kind, number = (RPPS, one.rpps) if one.rpps else (ADELI, one.adeli)
            if number and key_should_be(number):
                return State.WARN, f"{kind.name} {of(one)} à relire"
        return State.DONE, str(people[0]) if len(people) == 1 else counted(len(people), "praticien")

    def _places(self) -> tuple[State, str]:
        if not self.locations:
            return State.TODO, ""
        said = counted(len(self.locations), "lieu", "lieux")
        silent = [one for one in self.locations if not one.phone and not self.organization.phone]
        if silent:
            return State.WARN, f"{said}, {silent[0]} sans téléphone"
        empty = [one for one in self.locations if one.pk not in {at.location_id for at in self.schedules}]
        if empty and self.schedules:
            return State.WARN, f"{said}, personne ne reçoit à {empty[0]}"
        return State.DONE, said

    def _reasons(self) -> tuple[State, str]:
        return (State.DONE, counted(self.reasons, "motif")) if self.reasons else (State.TODO, "")

    def _hours(self) -> tuple[State, str]:
        if not self.rules:
            return State.TODO, ""
        receiving = [one for one in self.practitioners if self.receives(one)]
        without = [one for one in receiving if not any(self.rules[at.pk] for at in self.of(one))]
        if without:
            return State.WARN, f"{without[0]}\u00a0: aucun"
        return State.DONE, counted(sum(self.rules.values()), "horaire")

    def _audiences(self) -> tuple[State, str]:
        opened = [one for one in self.schedules if self._is_open(one)]
        if not opened:
            return State.TODO, "Tout est fermé"
        people = {one.practitioner_id for one in opened}
        return State.DONE, f"Ouvert au SAS\u00a0: {counted(len(people), 'praticien')}"

    def _team(self) -> tuple[State, str]:
        said = [counted(self.members, "membre")] if self.members else []
        said += [counted(self.invited, "invitation")] if self.invited else []
        return (State.DONE, ", ".join(said)) if said else (State.OPTIONAL, "Facultatif")

    def _check(self) -> tuple[State, str]:
        if self.is_found:
            return State.DONE, "Publié" if not self.unpublished else "Publié en partie"
        return State.TODO, "Pas encore publié"


def organizations_to_set_up(actor: Actor) -> list[Organization]:
    """Those the person manages; a community has no places. One query."""
    rows = Organization.objects.filter(pk__in=actor.managed)
    return list(rows.exclude(kind=OrganizationKind.COMMUNITY))


def practice_of(organization: Organization, *, actor: Actor, now: datetime) -> Practice:
    """Seven queries."""
    here = Schedule.objects.with_place().filter(organization=organization, calendar__practitioner__isnull=False)
    schedules = list(here.order_by("-active", "location__name__folded", "pk"))
    # A day later than anywhere in France.
    today = (now - timedelta(days=1)).date()
    rules = Rule.objects.filter(Q(last_day=None) | Q(last_day__gte=today), schedule__in=schedules)
    members = Membership.objects.filter(organization=organization, role=Role.MEMBER)
    practitioners = [one.practitioner.user_id for one in schedules if one.practitioner.user_id]
    audiences: dict[uuid.UUID, set[str]] = {}
    offers = RuleOffer.objects.filter(schedule__in=schedules, open=True).order_by()
    for schedule_id, audience in offers.values_list("schedule_id", "audience").distinct():
        audiences.setdefault(schedule_id, set()).add(audience)
    return Practice(
        organization=organization,
        locations=list(Location.objects.filter(organization=organization)),
        every=schedules,
        reasons=Reason.objects.filter(organization=organization, active=True).count(),
        rules=Counter(rules.values_list("schedule_id", flat=True)),
        audiences=audiences,
        members=members.exclude(user__in=practitioners).count(),
        invited=Invitation.objects.pending().filter(organization=organization, practitioner=None).count(),
        actor=actor,
    )


@dataclass(frozen=True, slots=True)
class Preview:
    """What somebody from outside would see of a practitioner in the next seven days, were their agendas published: starts,
    however many lengths begin then.
    """

    practitioner: Practitioner
    count: int
    first: list[tuple[Schedule, datetime, tuple[str, ...]]] = field(default_factory=list)
    reasons: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Seen:
    sas: list[Preview]
    patient: list[Preview]


def seen_of(practice: Practice, *, now: datetime) -> Seen:
    """By the very arithmetic of the search. One query."""
    since, until = next_number(now), number_of(now + _AHEAD)
    frames = read_frames(practice.every, since=since, until=until) if practice.every else {}
    as_published = {key: replace(frame, published=True) for key, frame in frames.items()}

    def seen_by(viewer: Viewer) -> list[Preview]:
        return [
            _preview(one, practice.of(one), as_published, viewer, since=since, until=until)
            for one in practice.practitioners
        ]

    return Seen(seen_by(REGULATOR), seen_by(PATIENT))


def _preview(
    practitioner: Practitioner,
    schedules: Sequence[Schedule],
    frames: dict[uuid.UUID, Frame],
    viewer: Viewer,
    *,
    since: int,
    until: int,
) -> Preview:
    starts: dict[tuple[int, uuid.UUID], tuple[Schedule, Offered]] = {}
    reasons: dict[uuid.UUID, tuple[str, int]] = {}
    for schedule in schedules:
        # In the order of starts, the shortest of each first.
        for start, _, offer in free_slots(frames[schedule.pk], viewer, since=since, until=until, now=since):
            starts.setdefault((start, schedule.pk), (schedule, offer))
            reasons |= {one.id: (one.label, one.minutes) for one in offer.reasons}
    first = sorted(starts.items(), key=lambda one: one[0])[:_SHOWN]
    return Preview(
        practitioner,
        len(starts),
        [(schedule, moment_of(start), offer.consultation_types) for (start, _), (schedule, offer) in first],
        list(reasons.values()),
    )


@dataclass(frozen=True, slots=True)
class Control:
    """`good`, or something to know; `address`: where."""

    good: bool
    said: str
    address: str = ""


def controls_of(practice: Practice, seen: Seen) -> list[Control]:
    """What the last page tells beside what is missing. One query."""
    people = practice.practitioners
    numbers = {one.national_id: one for one in people}
    known: dict[str, list[DirectoryEntry]] = {}
    for entry in DirectoryEntry.objects.filter(number__in=numbers).order_by("pk"):
        known.setdefault(entry.number, []).append(entry)
    found = [_of_directory(one, known.get(number, []), practice) for number, one in numbers.items()]
    found += _of_holidays(practice.locations)
    for one in seen.sas:
        if not one.count and practice.rules:
            # Without hours, or without anybody they are open to.
            has_hours = any(practice.rules[at.pk] for at in practice.of(one.practitioner))
            address = reverse("assistant-audiences" if has_hours else _HOURS, args=[practice.organization.pk])
            said = f"{one.practitioner}\u00a0: aucun créneau pour le SAS dans les 7 jours"
            found.append(Control(False, said, address))
    return found


def _of_directory(practitioner: Practitioner, entries: Sequence[DirectoryEntry], practice: Practice) -> Control:
    organization = practice.organization
    address = reverse("assistant-practitioner", args=[organization.pk, practitioner.pk])
    if not entries:
        return Control(
            False, f"{practitioner} n’est pas trouvé dans l’annuaire national\u00a0: relisez son numéro", address
        )
    words = set(fold(practitioner.family_name).split())
    if not any(words & set(fold(one.family_name).split()) for one in entries):
        return Control(False, f"L’annuaire donne ce numéro à {entries[0].given_name} {entries[0].family_name}", address)
    if any(
        (one.finess and one.finess == organization.finess) or (one.siret and one.siret == organization.siret)
        for one in entries
    ):
        return Control(True, f"{practitioner}, dans l’annuaire, à cette structure")
    return Control(True, f"{practitioner}, dans l’annuaire")


def _of_holidays(locations: Iterable[Location]) -> list[Control]:
    kinds = {one.get_holidays_display() for one in locations}
    return [Control(True, f"Jours fériés\u00a0: {listed(sorted(kinds))}")] if kinds else []
