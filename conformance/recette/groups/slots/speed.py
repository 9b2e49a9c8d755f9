"""How fast a search is answered. Source: INT_R01, « Speed »."""

from __future__ import annotations

from statistics import median

from conformance.recette.context import Context
from conformance.recette.groups.slots.group import KIT, SLOTS, State, ask, usual_query
from conformance.recette.judging.speed import FAST_MS, judge_durations
from conformance.recette.slot_queries import completed
from conformance.recette.sources import guide
from sandbox.sas.vocabulary import Identifier

SPEED = guide("INT_R01, temps de réponse")
REPEATED = 5
LIMIT = f"en moins de {FAST_MS // 1000} s, jamais en plus de 7 s"


@SLOTS.check("R01-90", f"Une recherche d’un praticien répond {LIMIT}", SPEED, KIT, limit=45)
def one_is_fast(context: Context[State]) -> str:
    return _timed(context, [context.environment.practitioners.one])


@SLOTS.check("R01-91", f"Une recherche de 25 praticiens répond {LIMIT}", SPEED, KIT, limit=45)
def twenty_five_are_fast(context: Context[State]) -> str:
    return _timed(context, completed(context.environment.practitioners.many))


def _timed(context: Context[State], identifiers: list[Identifier]) -> str:
    query, _, _ = usual_query(context, identifiers)
    durations = []
    for _ in range(REPEATED):
        exchange = context.answered(ask(context, query), 200)
        durations.append(exchange.duration_ms)
    context.judge(judge_durations(durations))
    return f"Médiane {round(median(durations))} ms, la plus longue {max(durations)} ms, sur {REPEATED}."
