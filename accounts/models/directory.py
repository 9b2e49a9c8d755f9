"""The national directory of health professionals, as last imported: whom the set-up proposes. Public data."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models

from accounts.models.folding import folded


class DirectoryEdition(models.Model):
    """One import of the extraction, the last of which is in force."""

    imported_at = models.DateTimeField("importé le")
    file_name = models.CharField("fichier", max_length=255)
    lines = models.PositiveIntegerField("lignes lues")
    kept = models.PositiveIntegerField("lignes gardées")
    broken = models.PositiveIntegerField("lignes illisibles")

    class Meta:
        verbose_name = "édition de l’annuaire"
        verbose_name_plural = "éditions de l’annuaire"
        ordering = ["-imported_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name


class DirectoryEntry(models.Model):
    """One activity of one professional: who has two places, or two specialties, has two. All are replaced by each import.

    `number`: the national number, prefixed. What is empty is not in the directory, or not readable there.
    """

    number = models.CharField("identifiant national", max_length=12)
    title = models.CharField("civilité", max_length=20, blank=True)
    family_name = models.TextField("nom d’exercice")
    given_name = models.TextField("prénom d’exercice")
    name = models.TextField("nom et prénom")
    name_folded = folded("name")
    profession = models.CharField("profession", max_length=2)
    specialty_code = models.CharField("spécialité", max_length=10, blank=True)
    mode = models.TextField("mode d’exercice", blank=True)
    structure = models.TextField("structure", blank=True)
    siret = models.CharField("SIRET", max_length=14, blank=True)
    finess = models.CharField("FINESS", max_length=9, blank=True)
    line = models.TextField("adresse", blank=True)
    postal_code = models.CharField("code postal", max_length=5, blank=True)
    city = models.TextField("ville", blank=True)
    phone = models.CharField("téléphone", max_length=16, blank=True)

    class Meta:
        verbose_name = "activité de l’annuaire"
        verbose_name_plural = "activités de l’annuaire"
        ordering = ["name_folded", "number", "pk"]
        indexes = [
            models.Index(fields=["number"], name="directory_by_number"),
            # Folded words, so that a configuration without language is right.
            GinIndex(SearchVector("name_folded", config="simple"), name="directory_by_name"),
        ]

    def __str__(self) -> str:
        return self.name
