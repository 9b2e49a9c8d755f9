"""The sentence that a run ends on."""

from __future__ import annotations

from conformance.recette.report.wording import counted, french
from conformance.recette.results import COULD_NOT_RUN, Report
from conformance.recette.verdicts import Verdict

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
    total = sum(counts.values())
    text = f"{total} contrôles : {', '.join(told)}."
    return french(f"{report.interrupted} {text}" if report.interrupted else text)
