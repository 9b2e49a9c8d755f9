"""What Celery's beat starts, and how often."""

from typing import Any

from celery.schedules import crontab


def schedule(sweep_seconds: int) -> dict[str, dict[str, Any]]:
    """`CELERY_BEAT_SCHEDULE`. `sweep_seconds`: how often what was forgotten is looked for."""
    return {
        "sweep-deliveries": {
            "task": "interop.tasks.sweep_deliveries",
            "schedule": sweep_seconds,
            "options": {"expires": sweep_seconds},
        },
        "sweep-messages": {
            "task": "appointments.messages.tasks.sweep_messages",
            "schedule": sweep_seconds,
            "options": {"expires": sweep_seconds},
        },
        "plan-reminders": {
            "task": "appointments.messages.tasks.plan_reminders",
            "schedule": 60,
            "options": {"expires": 60},
        },
        "sweep-notices": {
            "task": "accounts.tasks.sweep_notices",
            "schedule": sweep_seconds,
            "options": {"expires": sweep_seconds},
        },
        "sweep-drafts": {
            "task": "appointments.booking.tasks.sweep_drafts",
            "schedule": 60,
            "options": {"expires": 60},
        },
        "sweep-imports": {
            "task": "appointments.imports.tasks.sweep_imports",
            "schedule": 60,
            "options": {"expires": 60},
        },
        "sweep-other-calendars": {
            "task": "appointments.imports.tasks.sweep_other_calendars",
            "schedule": 60,
            "options": {"expires": 60},
        },
        "sweep-waiting": {
            "task": "appointments.waiting.tasks.sweep_waiting",
            "schedule": 60,
            "options": {"expires": 60},
        },
        "remind-to-close": {
            # Each evening, wherever it comes: every run finds the zones in which it has.
            "task": "appointments.agenda.tasks.remind_to_close",
            "schedule": 600,
            "options": {"expires": 600},
        },
        "heartbeat": {
            "task": "sas_agenda.operations.tasks.heartbeat",
            "schedule": 15,
            "options": {"expires": 15},
        },
        "heartbeat-sas": {
            "task": "sas_agenda.operations.tasks.heartbeat",
            "schedule": 15,
            "options": {"expires": 15, "queue": "sas"},
        },
        "watch": {
            "task": "sas_agenda.operations.tasks.watch",
            "schedule": 60,
            "options": {"expires": 60},
        },
        "retain": {
            # Every hour of the night, for installations with much to erase; a run that finds nothing costs little.
            "task": "sas_agenda.operations.tasks.retain",
            "schedule": crontab(hour="1-5", minute=20),
            "options": {"expires": 3000},
        },
    }
