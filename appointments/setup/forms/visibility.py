"""« Qui voit quoi » as it is ticked: cells (a rule or one of its reasons × a public), each with its delays.

Not a Django form: what it holds is as many boxes as there are rules and publics, and what they mean together.
"""

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.http import QueryDict

from accounts.french import NBSP, listed, to
from accounts.models import Organization
from appointments.enums import Audience
from appointments.models import ReasonAt, Rule
from appointments.openings.grants import Grants, Public, Window, grants_of, lasting
from appointments.openings.recurrence import DAY_MINUTES
from appointments.openings.services.visibility import Shows
from appointments.setup.forms.fields import delay

_FROM = (30, 60, 120, 240, 720, 1440, 2880, *(days * DAY_MINUTES for days in (3, 7, 14, 30, 60, 90)))
_UNTIL = (30, 60, 120, 240, 720, 1440, 2880)
_LONGEST = 5 * 366 * DAY_MINUTES
_DELAY = re.compile(r"(\d{1,7})?", re.ASCII)
_VERSION = re.compile(r"[0-9a-f]{32}\.\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """`whom`: after « ouvrir »."""

    public: Public
    title: str
    sub: str
    short: str
    whom: str

    @property
    def key(self) -> str:
        audience, community = self.public
        return f"{audience.value}{community.hex if community else ''}"


def columns_of(communities: Sequence[Organization]) -> list[Column]:
    found = [
        Column((Audience.SNP, None), "SAS", "régulation, SNP", "SAS", "au SAS"),
        Column((Audience.PRO, None), "Professionnels", "PRO", "Pros", "aux professionnels"),
        Column((Audience.PUBLIC, None), "Public", "patients en ligne", "Public", "au public"),
    ]
    several = len(communities) > 1
    for one in communities:
        sub = one.name if several else "communauté"
        found.append(Column((Audience.CPTS, one.pk), "CPTS", sub, one.name if several else "CPTS", to(one.name)))
    return found


@dataclass(frozen=True, slots=True)
class Cell:
    """`base`: as it is saved; `window`: as it is chosen; None: closed."""

    row: "Row"
    column: Column
    base: Window | None
    window: Window | None
    error: str = ""

    @property
    def key(self) -> str:
        return f"{self.row.key}_{self.column.key}"

    @property
    def is_changed(self) -> bool:
        return self.base != self.window

    @property
    def when(self) -> list[str]:
        """Dès 24 h avant; jusqu’à 2 h avant."""
        return parts(self.window) if self.window is not None else []

    @property
    def has_sentence(self) -> bool:
        return self.row.may and self.window is not None and (not self.window.is_whole or bool(self.error))

    @property
    def from_choices(self) -> list[tuple[str, str, bool]]:
        return from_choices(self.window.shown_from if self.window else None)

    @property
    def until_choices(self) -> list[tuple[str, str, bool]]:
        return until_choices(self.window.shown_until if self.window else 0)


def from_choices(chosen: int | None = None) -> list[tuple[str, str, bool]]:
    """Value, words, whether it is chosen."""
    known = sorted({*_FROM, *([chosen] if chosen is not None else [])})
    return [("", "aussitôt", chosen is None), *((str(one), f"{delay(one)} avant", one == chosen) for one in known)]


def until_choices(chosen: int = 0) -> list[tuple[str, str, bool]]:
    known = sorted({*_UNTIL, *([chosen] if chosen else [])})
    return [
        ("0", "au dernier moment", not chosen),
        *((str(one), f"{delay(one)} avant", one == chosen) for one in known),
    ]


def parts(window: Window) -> list[str]:
    found = [f"dès {delay(window.shown_from)} avant"] if window.shown_from is not None else []
    return found + ([f"jusqu’à {delay(window.shown_until)} avant"] if window.shown_until else [])


@dataclass(slots=True)
class Row:
    """A rule, or (`at`) one of its reasons that is not shown as it is."""

    rule: Rule
    label: str
    may: bool
    at: ReasonAt | None = None
    cells: list[Cell] = field(default_factory=list)
    children: list["Row"] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.rule.pk.hex + (f"_{self.at.reason_id.hex}" if self.at is not None else "")

    @property
    def name(self) -> str:
        """Where lines of several places are named one after the other."""
        said = f"{self.at.reason.label}, {self.label}" if self.at is not None else self.label
        return f"{said}, {self.rule.schedule.location}"

    @property
    def is_inside(self) -> bool:
        """Shown to nobody, as it is chosen."""
        return not any(cell.window for row in (self, *self.children) for cell in row.cells)


class Matrix:
    """`names`: what each rule is called; `done`: the reasons of each agenda; `may`: the agendas whose rules they change.
    `data`: as it was sent, None when it was not.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        columns: Sequence[Column],
        *,
        names: Mapping[uuid.UUID, str],
        done: Mapping[uuid.UUID, Sequence[ReasonAt]],
        may: frozenset[uuid.UUID],
        data: QueryDict | None = None,
    ) -> None:
        self.columns, self.data, self.done = columns, data, done
        self.errors: list[str] = []
        self.has_aged = False
        self.known = _versions(data.get("version", "")) if data is not None else {}
        self.base = {one.pk: grants_of(one, lasting(done[one.schedule_id])) for one in rules}
        self.sent_rows = set(data.getlist("row")) if data is not None else set()
        wanted = data.get("exception", "") if data is not None else ""
        self.rows = [self._row(one, names[one.pk], one.schedule_id in may, wanted) for one in rules]
        self._add_sentence()

    # --- Reading what was sent -----------------------------------------------------------------------------------------
    def _row(self, rule: Rule, name: str, may: bool, wanted: str) -> Row:
        row = Row(rule, name, may)
        grants = self.base[rule.pk]
        row.cells = [self._cell(row, column, grants.window(column.public)) for column in self.columns]
        exceptions = set(grants.exceptions)
        for at in self._open_to_exceptions(rule):
            child = Row(rule, name, may, at)
            if at.reason_id in exceptions or (may and child.key in {*self.sent_rows, wanted}):
                is_new = child.key == wanted and child.key not in self.sent_rows and at.reason_id not in grants.out
                for cell in row.cells:
                    base = grants.window(cell.column.public, at.reason_id)
                    # It begins as the rule is chosen to be.
                    made = Cell(child, cell.column, base, cell.window) if is_new else None
                    child.cells.append(made or self._cell(child, cell.column, base))
                row.children.append(child)
        return row

    def _open_to_exceptions(self, rule: Rule) -> list[ReasonAt]:
        return [
            at
            for at in self.done[rule.schedule_id]
            if at.active and at.reason.active and (rule.capacity == 1 or at.lasts <= rule.step_minutes)
        ]

    def _cell(self, row: Row, column: Column, base: Window | None) -> Cell:
        if self.data is None or not row.may or row.rule.pk not in self.known:
            return Cell(row, column, base, base)
        # A line that the page did not have says nothing.
        if row.at is not None and row.key not in self.sent_rows:
            return Cell(row, column, base, base)
        key = f"{row.key}_{column.key}"
        if f"open_{key}" not in self.data:
            return Cell(row, column, base, None)
        if self.data.get("retirer") == key or f"from_{key}" not in self.data:
            kept = base if base is not None and self.data.get("retirer") != key else Window()
            return Cell(row, column, base, kept)
        window, error = self._window(self.data.get(f"from_{key}", ""), self.data.get(f"until_{key}", ""))
        if error:
            self.errors.append(f"{column.title}{NBSP}: {error}")
        return Cell(row, column, base, window, error)

    def _window(self, since: str, until: str) -> tuple[Window, str]:
        if not all(_DELAY.fullmatch(one) and int(one or 0) <= _LONGEST for one in (since, until)):
            return Window(), f"ce délai n’est pas proposé{NBSP}: choisissez-en un dans la liste."
        window = Window(int(since) if since else None, int(until or 0))
        if window.shown_from is not None and window.shown_from <= window.shown_until:
            return window, f"un créneau est montré avant de ne plus l’être{NBSP}; vérifiez les deux délais."
        return window, ""

    def _add_sentence(self) -> None:
        """What the sentence that begins a new one says, once it is whole."""
        if self.data is None:
            return
        window, error = self._window(self.data.get("new_from", ""), self.data.get("new_until", ""))
        for row in self.all_rows:
            for number, cell in enumerate(row.cells):
                is_meant = (row.key, cell.column.key) == (self.data.get("new_row"), self.data.get("new_public"))
                if is_meant and row.may and not window.is_whole:
                    row.cells[number] = Cell(row, cell.column, cell.base, window, error)
                    if error:
                        self.errors.append(f"{cell.column.title}{NBSP}: {error}")
                    self.added = cell.key

    added = ""

    # --- What the page shows -------------------------------------------------------------------------------------------
    @property
    def all_rows(self) -> list[Row]:
        return [one for row in self.rows for one in (row, *row.children)]

    @property
    def cells(self) -> list[Cell]:
        return [cell for row in self.all_rows for cell in row.cells]

    @property
    def changed(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.is_changed]

    @property
    def sentences(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.has_sentence]

    @property
    def version(self) -> str:
        """Of the rules of the page."""
        return ",".join(f"{row.rule.pk.hex}.{row.rule.version}" for row in self.rows if row.may)

    @property
    def new(self) -> dict[str, str]:
        """The sentence begun, as it was typed, unless it is a whole one by now."""
        names = ("new_row", "new_public", "new_from", "new_until")
        kept = self.data is not None and not self.added
        return {name: self.data.get(name, "") if kept and self.data is not None else "" for name in names}

    @property
    def new_from_choices(self) -> list[tuple[str, str, bool]]:
        chosen = self.new["new_from"]
        return from_choices(int(chosen) if re.fullmatch(r"\d{1,7}", chosen, re.ASCII) else None)

    @property
    def new_until_choices(self) -> list[tuple[str, str, bool]]:
        chosen = self.new["new_until"]
        return until_choices(int(chosen) if re.fullmatch(r"\d{1,7}", chosen, re.ASCII) else 0)

    @property
    def exceptions(self) -> list[tuple[str, str]]:
        """The reasons that may get a line of their own."""
        shown = {row.key for row in self.all_rows}
        found = []
        for row in self.rows:
            for at in self._open_to_exceptions(row.rule) if row.may else []:
                child = Row(row.rule, row.label, may=True, at=at)
                if child.key not in shown:
                    found.append((child.key, child.name))
        return found

    # --- What it means -------------------------------------------------------------------------------------------------
    @cached_property
    def asked(self) -> dict[uuid.UUID, Shows]:
        """The rules that change."""
        changed = {cell.row.rule.pk for cell in self.changed}
        return {
            row.rule.pk: Shows(self._grants(row), self.known.get(row.rule.pk))
            for row in self.rows
            if row.rule.pk in changed
        }

    def _grants(self, row: Row) -> Grants:
        before = self.base[row.rule.pk]
        whole = {cell.column.public: cell.window for cell in row.cells if cell.window is not None}
        apart: dict[tuple[uuid.UUID, Public], Window | None] = {}
        out = set(before.out)
        for child in row.children:
            reason = child.at.reason_id  # type: ignore[union-attr]  # a child has one
            windows = {cell.column.public: cell.window for cell in child.cells}
            if any(windows.values()) or not whole:
                if any(windows.values()):
                    out.discard(reason)
                apart |= {(reason, public): window for public, window in windows.items() if window != whole.get(public)}
            else:
                out.add(reason)
        return Grants(whole, apart, frozenset(out))

    @property
    def is_stale(self) -> bool:
        """Whether a rule that would change did since the page was opened."""
        versions = {row.rule.pk: row.rule.version for row in self.rows}
        return any(shows.version != versions[pk] for pk, shows in self.asked.items())

    @property
    def went(self) -> bool:
        """Whether a rule of the page is there no more."""
        return bool(self.known.keys() - {row.rule.pk for row in self.rows})

    @property
    def seal(self) -> str:
        """Stands for exactly these changes."""
        text = "\n".join(f"{cell.key} {cell.window}" for cell in self.changed)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def effect(self) -> str:
        """The words of the button: ouvrir aux professionnels."""
        opened, closed = self._whom(opens=True), self._whom(opens=False)
        acts = [f"ouvrir {listed(opened)}"] if opened else []
        acts += [f"fermer {listed(closed)}"] if closed else []
        if any(cell.base is not None and cell.window is not None for cell in self.changed):
            acts.append("changer les délais")
        return listed(acts)

    def _whom(self, *, opens: bool) -> list[str]:
        turned = {cell.column.whom for cell in self.changed if (cell.window if opens else cell.base) is not None
                  and (cell.base if opens else cell.window) is None}  # fmt: skip
        return [one.whom for one in self.columns if one.whom in turned]


def _versions(text: str) -> dict[uuid.UUID, int]:
    """What is no version is none: the service then says that the rule has changed."""
    known = [part for part in text.split(",") if _VERSION.fullmatch(part)]
    return {uuid.UUID(key): int(version) for key, _, version in (part.partition(".") for part in known)}
