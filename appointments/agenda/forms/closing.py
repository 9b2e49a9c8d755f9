"""What is chosen for each line of the closing page: `version` repeats a visit and the version that was read, `sort-<visit>` says
what became of it.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from appointments.agenda.enums import Outcome
from appointments.agenda.selectors.closing import LINES
from appointments.booking.services.closing import Answer
from appointments.enums import Status
from appointments.version_field import VersionField


@dataclass(slots=True)
class ClosingForm:
    """`chosen`: by visit, what was said of it, the lines left for later too. `problem`: why nothing of it is to be done."""

    answers: list[Answer] = field(default_factory=list)
    chosen: dict[uuid.UUID, Outcome] = field(default_factory=dict)
    problem: str = ""

    @classmethod
    def read(cls, data: QueryDict) -> "ClosingForm":
        form = cls()
        named = data.getlist("version")
        if len(named) > LINES:
            form.problem = f"Il y a trop de lignes\u00a0: {LINES} au plus à la fois. Rechargez la page."
            return form
        for one in named:
            form._add(one, data)
        if not named:
            form.problem = "Il n’y a rien à clore\u00a0: rechargez la page."
        return form

    def _add(self, named: str, data: Mapping[str, Any]) -> None:
        pk, _, version = named.partition(":")
        try:
            visit, outcome = uuid.UUID(pk), Outcome(data.get(f"sort-{pk}", ""))
        except ValueError:
            self.problem = "Choisissez pour chaque ligne\u00a0: honoré, non honoré, annulé ou plus tard."
            return
        self.chosen[visit] = outcome
        if outcome != Outcome.LATER:
            self.answers.append(Answer(visit, VersionField().clean(version), Status(outcome.value)))
