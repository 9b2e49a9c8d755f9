"""Which communities (CPTS) an organization belongs to: its agendas may be opened to them."""

from collections.abc import Collection
from typing import ClassVar

from django.db import models

from accounts.enums import OrganizationKind
from accounts.models import Organization
from accounts.models.constraints import CompositeForeignKey


class CommunityMemberQuerySet(models.QuerySet["CommunityMember"]):
    def of(self, organizations: Collection[object]) -> "CommunityMemberQuerySet":
        """Those of these organizations (or ids), with their communities, in the order of their names."""
        return (
            self.filter(organization__in=organizations).select_related("community").order_by("community__name__folded")
        )


class CommunityMember(models.Model):
    """An organization belongs to a community. What was opened to one it leaves stays so until it is closed."""

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="in_communities", verbose_name="structure", db_index=False
    )
    community = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", verbose_name="communauté", db_constraint=False
    )
    community_kind = models.GeneratedField(
        expression=models.Value(OrganizationKind.COMMUNITY.value),
        output_field=models.CharField(max_length=12),
        db_persist=True,
    )

    objects: ClassVar[models.Manager["CommunityMember"]] = CommunityMemberQuerySet.as_manager()

    class Meta:
        verbose_name = "appartenance à une communauté"
        verbose_name_plural = "appartenances à des communautés"
        ordering = ["organization", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "community"],
                name="community_member_once",
                violation_error_message="Cette structure appartient déjà à cette communauté.",
            ),
            CompositeForeignKey(
                name="community_member_of_a_community",
                fields=["community", "community_kind"],
                to="accounts.Organization",
                to_fields=["id", "kind"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization}, {self.community}"
