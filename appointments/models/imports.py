"""What a practice brings from its former software: a file, until it is imported, and which rows it made."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models

from accounts.enums import Level
from accounts.models import ActedBy, Organization, Versioned, acted_by_constraint
from accounts.models.constraints import CompositeForeignKey
from accounts.rights import Actor, agendas_of
from appointments.enums import ImportPast, ImportState
from appointments.models.booking import Appointment
from appointments.models.patients import Patient
from appointments.models.places import Schedule

# A worker has them in hand, or is to take them.
IN_HAND = (ImportState.CHECKING, ImportState.WRITING, ImportState.UNDOING)
# The file is still needed.
UNFINISHED = (ImportState.READ, ImportState.CHECKING, ImportState.CHECKED, ImportState.WRITING)
UNDOABLE_FOR = timedelta(days=1)


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def kept_by(self, actor: Actor) -> "ImportRunQuerySet":
        """Those into agendas that this person manages."""
        whose = {"practitioner": "schedule__calendar__practitioner", "organization": "schedule__organization"}
        return self.filter(agendas_of(actor, Level.MANAGE, **whose))


class ImportRun(ActedBy, Versioned):
    """One file, into one agenda. `content` and all that quotes it (`name`, `columns`, `preview`, the values of `faults`) are
    emptied as soon as it is imported, refused or given up (`appointments.imports.services.runs.forget`).

    `matching`: of each column, by its number as text, what it is. `done` of `total`: how far the state in hand has come, in rows;
    `tries`: how often a worker has taken it since it last came any further. `faults`: line, column, what is wrong, value.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    schedule = models.ForeignKey(
        Schedule, models.PROTECT, related_name="imports", verbose_name="agenda", db_constraint=False
    )
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", editable=False)
    name = models.CharField("fichier", max_length=200, blank=True)
    kind = models.CharField("format", max_length=4, choices=[("csv", "CSV"), ("ics", "iCalendar")])
    encoding = models.CharField("codage", max_length=10)
    delimiter = models.CharField("séparateur", max_length=1, blank=True)
    content = models.BinaryField("contenu", null=True)
    columns = models.JSONField("colonnes", default=list)
    matching = models.JSONField("correspondance", default=dict)
    default_minutes = models.PositiveSmallIntegerField("durée par défaut (minutes)", default=15)
    past = models.CharField(
        "rendez-vous passés", max_length=10, choices=ImportPast.choices, default=ImportPast.FULFILLED
    )
    given_name_first = models.BooleanField("le prénom vient d’abord", default=False)
    state = models.CharField("état", max_length=10, choices=ImportState.choices, default=ImportState.READ)
    total = models.PositiveIntegerField("lignes", default=0)
    done = models.PositiveIntegerField("lignes faites", default=0)
    tries = models.PositiveSmallIntegerField("essais", default=0)
    counts = models.JSONField("décompte", default=dict)
    faults = models.JSONField("fautes", default=list)
    preview = models.JSONField("aperçu", default=list)
    problem = models.TextField("cause", blank=True)
    created_at = models.DateTimeField("déposé le")
    started_at = models.DateTimeField("lancé le", null=True)
    finished_at = models.DateTimeField("terminé le", null=True)
    undone_at = models.DateTimeField("annulé le", null=True)

    objects: ClassVar[models.Manager["ImportRun"]] = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = "import"
        verbose_name_plural = "imports"
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["state"], condition=models.Q(state__in=IN_HAND), name="import_in_hand")]
        constraints = [
            CompositeForeignKey(
                name="import_schedule_of_organization",
                fields=["schedule", "organization"],
                to="appointments.Schedule",
                to_fields=["id", "organization"],
            ),
            models.CheckConstraint(condition=models.Q(state__in=ImportState.values), name="import_known_state"),
            models.CheckConstraint(
                condition=models.Q(state__in=UNFINISHED, content__isnull=False)
                | (~models.Q(state__in=UNFINISHED) & models.Q(content__isnull=True, name="", preview=[], columns=[])),
                name="import_forgets_its_file",
            ),
            acted_by_constraint("import_actor"),
        ]

    def __str__(self) -> str:
        # Without the file's name: it may be a patient's.
        return f"Import {self.pk}"

    @property
    def is_in_hand(self) -> bool:
        return self.state in IN_HAND

    def may_be_undone(self, now: datetime) -> bool:
        return self.state == ImportState.DONE and self.finished_at is not None and now < self.finished_at + UNDOABLE_FOR


class ImportedRow(models.Model):
    """A row of a former software, by what makes it the same one in the next file: its digest says nothing of it.

    Exactly one of `appointment` and `patient`. `kept`: an undoing left it, somebody has touched what it made.
    """

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rows")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    source = models.BinaryField("empreinte", max_length=32)
    line = models.PositiveIntegerField("ligne")
    appointment = models.OneToOneField(Appointment, models.CASCADE, null=True, related_name="imported")
    # Not one to one: the same person under two sources of the former software may be one file here since.
    patient = models.ForeignKey(Patient, models.CASCADE, null=True, related_name="imported")
    overlaps = models.BooleanField("en plus", default=False)
    kept = models.BooleanField("gardé", default=False)

    class Meta:
        verbose_name = "ligne importée"
        verbose_name_plural = "lignes importées"
        ordering = ["run", "line", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "source"], name="imported_row_once"),
            models.CheckConstraint(
                condition=models.Q(appointment__isnull=False, patient__isnull=True)
                | models.Q(appointment__isnull=True, patient__isnull=False),
                name="imported_row_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"Ligne {self.line} de l’import {self.run_id}"
