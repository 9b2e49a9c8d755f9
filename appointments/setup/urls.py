"""When a practice receives: rules, absences, closures, and what for."""

from django.urls import URLPattern, URLResolver, include, path

from appointments.setup.views import (
    absences,
    closures,
    emptied,
    emptying,
    history,
    messages,
    reasons,
    rule_days,
    rules,
    seen,
    visibility,
)

of_a_rule: list[URLPattern] = [
    path("", rules.rule, name="rule"),
    path("supprimer/", rules.rule_delete, name="rule-delete"),
    path("jour/<day:day>/", rule_days.rule_day, name="rule-day"),
]

of_an_agenda: list[URLPattern | URLResolver] = [
    path("", rules.openings, name="openings"),
    path("semaine/<day:day>/", rules.openings, name="openings-week"),
    path("regle/", rules.rule, name="rule-new"),
    path("regle/<uuid:rule_id>/", include(of_a_rule)),
    path("ponctuelle/", rules.one_off, name="one-off-new"),
    path("absences/", absences.periods, name="periods"),
    path("absence/", absences.absence, name="absence-new"),
    path("absence/<uuid:absence_id>/", absences.absence, name="absence"),
    path("absence/<uuid:absence_id>/supprimer/", absences.absence_delete, name="absence-delete"),
    path("fermeture/", closures.closure, name="closure-new"),
    path("fermeture/<uuid:closure_id>/", closures.closure, name="closure"),
    path("fermeture/<uuid:closure_id>/supprimer/", closures.closure_delete, name="closure-delete"),
    path("qui-voit-quoi/", visibility.visibility, name="visibility"),
    path("vu-du-sas/", seen.seen_by_sas, name="seen-by-sas"),
    path("historique/", history.setup_history, name="setup-history"),
]

of_reasons: list[URLPattern | URLResolver] = [
    path("", reasons.reasons, name="practice-reasons"),
    path("nouveau/", reasons.reason, name="practice-reason-new"),
    path("<uuid:reason_id>/", reasons.reason, name="practice-reason"),
    path("<uuid:reason_id>/rang/", reasons.reason_move, name="practice-reason-move"),
    path("proposes/<uuid:practitioner_id>/", reasons.reasons_start, name="practice-reasons-start"),
]

urlpatterns = [
    path("agenda/<uuid:practitioner_id>/vider/<day:day>/", emptying.empty_day, name="empty-day"),
    path("agenda/<uuid:practitioner_id>/vider/fait/<uuid:emptying_id>/", emptied.emptied, name="emptied"),
    path("agenda/<uuid:practitioner_id>/vider/fait/<uuid:emptying_id>/prevenu/", emptied.told, name="emptied-told"),
    path("horaires/", rules.openings_home, name="openings-home"),
    path("agenda/<uuid:practitioner_id>/horaires/", include(of_an_agenda)),
    path("cabinet/<uuid:organization_id>/motifs/", include(of_reasons)),
    path("cabinet/<uuid:organization_id>/messages/", messages.messages_home, name="messages-home"),
    path("cabinet/<uuid:organization_id>/messages/<slug:slug>/", messages.messages_settings, name="messages-settings"),
]
