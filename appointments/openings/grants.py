"""To whom a rule is shown, and for which reasons: the matrix that its offers (`RuleOffer`) stand for, both ways.

For one public a reason's own row replaces the row without reason. A row without reason lists the reasons that last no longer
than a step; a longer one needs a row of its own, and where several are received at once it is for no rule.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from appointments.enums import Audience
from appointments.models import ReasonAt, Rule, RuleOffer
from appointments.openings.values import Shown

# An audience, with its community (CPTS only).
Public = tuple[Audience, uuid.UUID | None]


@dataclass(frozen=True, slots=True)
class Window:
    """Shown from how many minutes before the beginning (None: as far ahead as one looks) until how many."""

    shown_from: int | None = None
    shown_until: int = 0

    @property
    def is_whole(self) -> bool:
        return self.shown_from is None and not self.shown_until


@dataclass(frozen=True, slots=True)
class Grants:
    """`whole`: to whom the rule is shown. `apart`: of a reason, to a public, what is not as of the rule (None: not shown).
    `out`: the reasons that the rule is not for at all.
    """

    whole: Mapping[Public, Window] = field(default_factory=dict)
    apart: Mapping[tuple[uuid.UUID, Public], Window | None] = field(default_factory=dict)
    out: frozenset[uuid.UUID] = frozenset()

    def window(self, public: Public, reason: uuid.UUID | None = None) -> Window | None:
        """When this public is shown the rule, or a reason of it; None: it is not."""
        if reason is None:
            return self.whole.get(public)
        if reason in self.out:
            return None
        return self.apart.get((reason, public), self.whole.get(public))

    @property
    def publics(self) -> set[Public]:
        """All to whom anything of it is shown."""
        return {*self.whole, *(public for (_, public), window in self.apart.items() if window is not None)}

    @property
    def exceptions(self) -> list[uuid.UUID]:
        """The reasons that are not shown as the rule is."""
        return list(dict.fromkeys(reason for reason, _ in self.apart))


def lasting(done: Iterable[ReasonAt]) -> dict[uuid.UUID, int]:
    """How long each of these reasons takes there, retired ones included. No query if they come with theirs."""
    return {at.reason_id: at.lasts for at in done}


def asked_of(
    before: Grants, shown: Iterable[Shown], wanted: Collection[uuid.UUID], lasts: Collection[uuid.UUID]
) -> Grants:
    """A rule as its own page asks for it, which knows publics and reasons, not what is between them: that stays as it was, and so
    do communities.
    """
    asked: dict[Public, Window] = {(one.audience, None): Window(one.shown_from, one.shown_until) for one in shown}
    communities = {public: window for public, window in before.whole.items() if public[0] == Audience.CPTS}
    # To whom only some of its reasons were shown: ticking them there is no opening of all of it.
    in_part = {public for public in before.publics if public not in before.whole}
    whole = {public: window for public, window in asked.items() if public not in in_part} | communities
    apart = {}
    for (reason, public), window in before.apart.items():
        if reason in wanted and reason in lasts and (public in asked or public[0] == Audience.CPTS):
            as_asked = window is not None and public in in_part and public in asked
            apart[reason, public] = asked[public] if as_asked else window
    return Grants(whole, apart, frozenset(set(lasts) - set(wanted)))


def grants_of(rule: Rule, lasts: Mapping[uuid.UUID, int]) -> Grants:
    """As its offers have it, which may be prefetched. `lasts`: the reasons done at its agenda, in minutes."""
    whole: dict[Public, Window] = {}
    own: dict[uuid.UUID, dict[Public, Window | None]] = {}
    for offer in rule.offers.all():
        public = (Audience(offer.audience), offer.community_id)
        window = Window(offer.shown_from_minutes, offer.shown_until_minutes)
        if offer.reason_id is None:
            whole[public] = window
        else:
            own.setdefault(offer.reason_id, {})[public] = window if offer.open else None
    to_somebody = bool(whole) or any(window is not None for rows in own.values() for window in rows.values())
    apart: dict[tuple[uuid.UUID, Public], Window | None] = {}
    out = set()
    for reason, minutes in lasts.items():
        rows, is_short = own.get(reason, {}), minutes <= rule.step_minutes
        shown = {
            public: rows[public] if public in rows else whole.get(public) if is_short else None
            for public in {**whole, **rows}
        }
        if to_somebody:
            is_in = any(window is not None for window in shown.values()) or (not whole and not rows and is_short)
        else:
            # The practice alone, one at a time, takes any that is not kept out.
            is_in = not rows and (is_short or rule.capacity == 1)
        if not is_in:
            out.add(reason)
            continue
        apart |= {(reason, public): window for public, window in shown.items() if window != whole.get(public)}
    return Grants(whole, apart, frozenset(out))


class Granted(NamedTuple):
    """What a row of `RuleOffer` says."""

    public: Public
    window: Window
    reason: uuid.UUID | None = None
    is_open: bool = True


def granted(grants: Grants, lasts: Mapping[uuid.UUID, int], *, step: int, capacity: int) -> list[Granted]:
    """What the rows of a rule of such steps say. `lasts`: the reasons done at its agenda, in minutes."""
    found = [Granted(public, window) for public, window in _ordered(grants.whole.items())]
    for reason, minutes in lasts.items():
        found += granted_to(grants, reason, minutes, step=step, capacity=capacity)
    return found


def granted_to(grants: Grants, reason: uuid.UUID, minutes: int, *, step: int, capacity: int) -> list[Granted]:
    """Of these, those of one reason, which takes so long."""
    if reason in grants.out and not grants.publics:
        return [Granted((Audience.PUBLIC, None), Window(), reason, is_open=False)]
    named = {public: Window() for of, public in grants.apart if of == reason}
    is_short = minutes <= step
    found = []
    for public, base in _ordered({**named, **grants.whole}.items()):
        shown, as_rule = grants.window(public, reason), grants.whole.get(public)
        if shown is None:
            if as_rule is not None:
                found.append(Granted(public, base, reason, is_open=False))
        elif shown != as_rule or not is_short:
            # Several at once are received for a step, and no longer.
            found.append(Granted(public, shown, reason, is_open=is_short or capacity == 1))
    return found


def write_grants(rule: Rule, grants: Grants, lasts: Mapping[uuid.UUID, int], *, only: uuid.UUID | None = None) -> None:
    """The rows by which the rule is shown so, in place of those it has. `only`: those of this reason. Its calendar is locked."""
    if only is None:
        rule.offers.all().delete()
        said = granted(grants, lasts, step=rule.step_minutes, capacity=rule.capacity)
    else:
        rule.offers.filter(reason=only).delete()
        said = granted_to(grants, only, lasts[only], step=rule.step_minutes, capacity=rule.capacity)
    RuleOffer.objects.bulk_create([row_of(rule, one) for one in said])


def row_of(rule: Rule, said: Granted) -> RuleOffer:
    """Not saved."""
    audience, community = said.public
    return RuleOffer(
        rule=rule,
        schedule_id=rule.schedule_id,
        organization_id=rule.organization_id,
        audience=audience,
        community_id=community,
        reason_id=said.reason,
        open=said.is_open,
        shown_from_minutes=said.window.shown_from,
        shown_until_minutes=said.window.shown_until,
    )


def _ordered(rows: Iterable[tuple[Public, Window]]) -> list[tuple[Public, Window]]:
    order = list(Audience)
    return sorted(rows, key=lambda row: (order.index(row[0][0]), str(row[0][1])))
