"""What the database does by itself: events are append-only, an appointment keeps its organization and its patient as given, and
each calendar counts the changes of everything that an answer about its slots or its agenda depends on (docs/architecture.md).
"""

from django.db import migrations

# --- Facts are never rewritten, an appointment never changes hands ----------------------------------------------------
APPEND_ONLY = """
CREATE FUNCTION appointments_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON appointments_appointmentevent
    FOR EACH STATEMENT EXECUTE FUNCTION appointments_append_only();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON appointments_patientevent
    FOR EACH STATEMENT EXECUTE FUNCTION appointments_append_only();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON appointments_setupchange
    FOR EACH STATEMENT EXECUTE FUNCTION appointments_append_only();

CREATE FUNCTION appointments_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an appointment never changes %', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER keeps_organization BEFORE UPDATE ON appointments_appointment FOR EACH ROW
    WHEN (OLD.organization_id IS DISTINCT FROM NEW.organization_id) EXECUTE FUNCTION appointments_keeps('organization');
CREATE TRIGGER keeps_given_as BEFORE UPDATE ON appointments_appointment FOR EACH ROW
    WHEN (OLD.given_as_id IS DISTINCT FROM NEW.given_as_id) EXECUTE FUNCTION appointments_keeps('given_as')
"""
NOT_APPEND_ONLY = """
DROP TRIGGER append_only ON appointments_appointmentevent;
DROP TRIGGER append_only ON appointments_patientevent;
DROP TRIGGER append_only ON appointments_setupchange;
DROP TRIGGER keeps_organization ON appointments_appointment;
DROP TRIGGER keeps_given_as ON appointments_appointment;
DROP FUNCTION appointments_append_only();
DROP FUNCTION appointments_keeps()
"""

# --- Calendars count what changes --------------------------------------------------------------------------------------
# In the order of their keys: that is what keeps two statements from waiting for each other. Services lock them before they
# write (appointments.places.locks); this is the net under them.
RAISE = """
CREATE FUNCTION appointments_raise_calendars(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF ids IS NULL THEN RETURN; END IF;
    PERFORM 1 FROM appointments_calendar WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
    UPDATE appointments_calendar SET changes = changes + 1 WHERE id = ANY (ids);
END $$;
CREATE FUNCTION appointments_raise_all_calendars() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM appointments_raise_calendars((SELECT array_agg(id) FROM appointments_calendar));
    RETURN NULL;
END $$;
-- Every booking raises one: room on the page keeps that an update in place.
ALTER TABLE appointments_calendar SET (fillfactor = 50)
"""
NOT_RAISE = """
DROP FUNCTION appointments_raise_all_calendars();
DROP FUNCTION appointments_raise_calendars(uuid[]);
ALTER TABLE appointments_calendar RESET (fillfactor)
"""

# Table, how the calendars of its rows `changed` are found, and what no answer depends on.
WATCHED = [
    ("appointments_rule", "JOIN appointments_schedule s ON s.id = changed.schedule_id", "s.calendar_id", ["version"]),
    ("appointments_ruledayoff", "JOIN appointments_rule r ON r.id = changed.rule_id "
     "JOIN appointments_schedule s ON s.id = r.schedule_id", "s.calendar_id", []),
    ("appointments_ruleoffer", "JOIN appointments_schedule s ON s.id = changed.schedule_id", "s.calendar_id", []),
    ("appointments_reason", "JOIN appointments_reasonat a ON a.reason_id = changed.id "
     "JOIN appointments_schedule s ON s.id = a.schedule_id", "s.calendar_id", ["version"]),
    ("appointments_reasonat", "JOIN appointments_schedule s ON s.id = changed.schedule_id", "s.calendar_id", []),
    ("appointments_absence", "", "changed.calendar_id", ["version"]),
    ("appointments_closure", "JOIN appointments_schedule s ON s.location_id = changed.location_id", "s.calendar_id", ["version"]),
    ("appointments_schedule", "", "changed.calendar_id", ["version"]),
    ("appointments_location", "JOIN appointments_schedule s ON s.location_id = changed.id", "s.calendar_id", ["version"]),
    ("appointments_hold", "", "changed.calendar_id", []),
    # Who takes a visit at a place is busy on their own line of time too.
    ("appointments_appointment", "LEFT JOIN appointments_calendar own ON changed.calendar_kind = 'place' "
     "AND own.practitioner_id = changed.practitioner_id CROSS JOIN LATERAL (VALUES (changed.calendar_id), (own.id)) AS c (id)",
     "c.id", ["version"]),
    ("appointments_patient", "JOIN appointments_appointment a ON a.patient_id = changed.id", "a.calendar_id", ["version"]),
    ("accounts_practitioner", "JOIN appointments_calendar c ON c.practitioner_id = changed.id", "c.id", ["version", "user_id"]),
    ("accounts_organization", "JOIN appointments_schedule s ON s.organization_id = changed.id", "s.calendar_id",
     ["version", "patient_retention_days"]),
    # When somebody is taken elsewhere is an answer about their slots, too.
    ("appointments_busytime", "", "changed.calendar_id", []),
]  # fmt: skip


# Named by no visit yet when it is made: nothing to raise.
_MADE_ALONE = {"appointments_patient"}


def _events(table: str) -> list[str]:
    return [event for event in ("insert", "delete", "update") if event != "insert" or table not in _MADE_ALONE]


def _watch(table: str, joins: str, calendar: str, ignored: list[str]) -> str:
    """A function for each statement: transition tables allow neither a list of columns nor two events."""

    def same(row: str) -> str:
        return (
            f"to_jsonb({row}) - ARRAY[{', '.join(repr(name) for name in ignored)}]::text[]" if ignored else f"{row}.*"
        )

    differ = f"{same('o')} IS DISTINCT FROM {same('n')}" if ignored else "o.* IS DISTINCT FROM n.*"
    both = " UNION ALL ".join(
        f"SELECT {row}.* FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE {differ}" for row in ("o", "n")
    )
    transitions = {
        "insert": ("NEW TABLE AS new_rows", "SELECT * FROM new_rows"),
        "delete": ("OLD TABLE AS old_rows", "SELECT * FROM old_rows"),
        "update": ("OLD TABLE AS old_rows NEW TABLE AS new_rows", both),
    }
    parts = []
    for event in _events(table):
        tables, changed = transitions[event]
        parts.append(f"""
CREATE FUNCTION {table}_{event}_calendars() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM appointments_raise_calendars((
        SELECT array_agg(DISTINCT {calendar}) FROM ({changed}) AS changed {joins}
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER calendars_{event} AFTER {event.upper()} ON {table}
    REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {table}_{event}_calendars()""")
    parts.append(f"""
CREATE TRIGGER calendars_truncate AFTER TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION appointments_raise_all_calendars()""")
    return ";".join(parts)


def _unwatch(table: str) -> str:
    events = _events(table)
    return ";".join(
        [f"DROP TRIGGER calendars_{event} ON {table}" for event in (*events, "truncate")]
        + [f"DROP FUNCTION {table}_{event}_calendars()" for event in events]
    )


class Migration(migrations.Migration):
    dependencies = [("appointments", "0001_agenda"), ("accounts", "0001_people_and_access")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, NOT_APPEND_ONLY),
        migrations.RunSQL(RAISE, NOT_RAISE),
        *(migrations.RunSQL(_watch(*watched), _unwatch(watched[0])) for watched in WATCHED),
    ]
