"""What Django can't declare: an appointment's practitioner is its schedule's, and events are never rewritten."""

from django.db import migrations

SAME_PRACTITIONER = """
ALTER TABLE appointments_appointment ADD CONSTRAINT appointment_practitioner_is_schedules
    FOREIGN KEY (schedule_id, practitioner_id) REFERENCES appointments_schedule (id, practitioner_id)
    DEFERRABLE INITIALLY DEFERRED
"""

APPEND_ONLY = """
CREATE FUNCTION appointments_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'appointment events are append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON appointments_appointmentevent
    FOR EACH ROW EXECUTE FUNCTION appointments_event_is_append_only()
"""


class Migration(migrations.Migration):
    dependencies = [("appointments", "0001_initial")]

    operations = [
        migrations.RunSQL(
            SAME_PRACTITIONER,
            "ALTER TABLE appointments_appointment DROP CONSTRAINT appointment_practitioner_is_schedules",
        ),
        migrations.RunSQL(
            APPEND_ONLY,
            "DROP TRIGGER event_append_only ON appointments_appointmentevent; "
            "DROP FUNCTION appointments_event_is_append_only()",
        ),
    ]
