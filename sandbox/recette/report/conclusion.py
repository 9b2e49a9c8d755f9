"""The sentence that a run ends on."""

from __future__ import annotations

from sandbox.recette.book import Verdict
from sandbox.recette.report.wording import counted, french
from sandbox.recette.results import COULD_NOT_RUN, Report

NO_PROFILES = (
    "Les profils n’ont pas été contrôlés : le dossier des définitions de l’ANS manque "
    "(voir [profiles] dans l’environnement)."
)


def conclusion(report: Report) -> str:
    """What came of the whole, in French, one or two sentences."""
    counts = report.counts()
    if report.exit_status == COULD_NOT_RUN:
        return french(report.interrupted or "Aucun contrôle n’a pu être passé : voyez pourquoi plus haut.")
    told = [counted(verdict, counts[verdict]) for verdict in Verdict if counts[verdict]]
    text = f"{', '.join(told)}."
    if report.interrupted:
        text = f"{report.interrupted} {text}"
    if not counts[Verdict.FAILED]:
        text = f"Aucun échec. {text}"
    return french(text)
