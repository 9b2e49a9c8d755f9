"""Administration of people. Regulators are read only: the SAS decides who is one."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.administration import FrenchAdmin, ReadOnly, ReadOnlyAdmin
from accounts.enums import Role, specialty_choices
from accounts.french import counted
from accounts.identifiers import passes_luhn
from accounts.models import (
    AccessEvent,
    AccessNotice,
    Delegation,
    Membership,
    Practitioner,
    Regulator,
    RegulatorIdentifier,
    SignIn,
    TermsAcceptance,
    User,
)
from accounts.services.access import add_member, remove_member
from accounts.services.passwords import ask_password_reset

admin.site.unregister(Group)


@admin.register(Group)
class FrenchGroupAdmin(FrenchAdmin, GroupAdmin):
    ordering = ("name__folded",)


@admin.register(User)
class UserAdmin(FrenchAdmin):
    """Nobody sees nor types another's password: a new person gets a random one and chooses theirs by mail."""

    list_display = ("email", "last_name", "first_name", "roles", "is_active", "last_login")
    list_filter = ("is_active", "is_staff")
    list_select_related = ("practitioner", "regulator")
    search_fields = ("email", "last_name", "first_name")
    search_help_text = "E-mail, nom ou prénom."
    fields = (
        "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "groups", "date_joined", "last_login",
    )  # fmt: skip
    filter_horizontal = ("groups",)
    actions = ("send_password_link",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("memberships", "delegations")

    @admin.display(description="rôles")
    def roles(self, user: User) -> str:
        held = {
            "administration": user.is_staff,
            "praticien": hasattr(user, "practitioner"),
            "responsable": any(one.is_manager for one in user.memberships.all()),
            "secrétariat": bool(user.delegations.all()),
            "régulation": hasattr(user, "regulator"),
        }
        return ", ".join(role for role, is_held in held.items() if is_held) or "aucun"

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fixed: tuple[str, ...] = ("date_joined", "last_login")
        if not request.user.is_superuser:
            fixed += ("is_staff", "is_superuser", "groups")
        if obj is not None and (hasattr(obj, "regulator") or not request.user.is_superuser):
            # A regulator's: the SAS gives and changes it, and finds the account by it. Anybody's: who types their own
            # address there receives the link to choose the password.
            fixed += ("email",)
        return fixed

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return not self._is_above(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # A regulator's user leaves with the withdrawal. Others are closed (« actif ») when they have a history.
        kept = self._is_above(request, obj) or (obj is not None and hasattr(obj, "regulator"))
        return not kept and super().has_delete_permission(request, obj)

    @staticmethod
    def _is_above(request: HttpRequest, obj: User | None) -> bool:
        """Who has the administration is changed by superusers only."""
        return obj is not None and (obj.is_staff or obj.is_superuser) and not request.user.is_superuser

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change:
            told = "Cette personne n’a pas encore de mot de passe\u00a0: envoyez-lui le lien par l’action de la liste."
            self.message_user(request, told, messages.INFO)

    @admin.action(description="Envoyer le lien pour choisir un mot de passe", permissions=["change"])
    def send_password_link(self, request: HttpRequest, selected: QuerySet[User]) -> None:
        count = 0
        for email in selected.filter(is_active=True).values_list("email", flat=True):
            ask_password_reset(email=email)
            count += 1
        self.message_user(request, f"Le lien part pour {counted(count, 'personne')}.", messages.SUCCESS)


class PractitionerForm(forms.ModelForm):
    specialty_codes = forms.MultipleChoiceField(
        label="spécialités",
        choices=specialty_choices,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 12}),
        help_text="Nomenclature TRE_R38. Plusieurs avec Ctrl ou ⌘.",
    )

    by: User

    def clean_user(self) -> User | None:
        """An agenda opens to the account of its practitioner: nobody makes it their own."""
        user: User | None = self.cleaned_data["user"]
        if user is not None and user == self.by and self.instance.user_id != user.pk:
            raise forms.ValidationError(
                "Personne ne se donne un agenda\u00a0: un autre administrateur relie votre compte."
            )
        return user


@admin.register(Practitioner)
class PractitionerAdmin(FrenchAdmin):
    form = PractitionerForm
    list_display = ("family_name", "given_name", "rpps", "adeli", "specialties", "user")
    list_select_related = ("user",)
    search_fields = ("family_name", "given_name", "rpps", "adeli")
    search_help_text = "Nom, prénom, RPPS ou ADELI."
    autocomplete_fields = ("user",)
    fields = (
        "title", "given_name", "family_name", "rpps", "adeli", "specialty_codes", "phone", "practical_information", "user",
    )  # fmt: skip

    def get_form(
        self, request: HttpRequest, obj: Practitioner | None = None, change: bool = False, **options: Any
    ) -> Any:
        return type("Form", (super().get_form(request, obj, change, **options),), {"by": request.user})

    @admin.display(description="spécialités")
    def specialties(self, practitioner: Practitioner) -> str:
        return ", ".join(practitioner.specialty_labels)

    def save_model(self, request: HttpRequest, obj: Practitioner, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.rpps and "rpps" in form.changed_data and not passes_luhn(obj.rpps):
            told = f"Le RPPS {obj.rpps} est enregistré, mais sa clé de contrôle ne convient pas\u00a0: relisez-le."
            self.message_user(request, told, messages.WARNING)


class MembershipForm(forms.ModelForm):
    """Who joins is somebody else than who types it: nobody makes themself a manager."""

    by: User

    def clean_user(self) -> User:
        user: User = self.cleaned_data["user"]
        if user == self.by:
            raise forms.ValidationError("Personne ne se donne un accès\u00a0: un autre administrateur le fait.")
        if not user.is_active:
            raise forms.ValidationError("Ce compte est fermé\u00a0: rouvrez-le d’abord.")
        return user


@admin.register(Membership)
class MembershipAdmin(FrenchAdmin):
    """The first manager of an organization is named here; who else does what is said on the organization's page « Équipe »."""

    form = MembershipForm
    list_display = ("user", "organization", "role", "created_at", "last_used_at")
    list_select_related = ("user", "organization")
    list_filter = ("role",)
    search_fields = ("user__email", "user__last_name", "organization__name")
    autocomplete_fields = ("user", "organization")
    fields = ("user", "organization", "role")
    actions = None

    def get_form(
        self, request: HttpRequest, obj: Membership | None = None, change: bool = False, **options: Any
    ) -> Any:
        return type("Form", (super().get_form(request, obj, change, **options),), {"by": request.user})

    def has_change_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        own = obj is not None and obj.user_id == request.user.pk
        return not own and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Membership, form: forms.ModelForm, change: bool) -> None:
        made = add_member(
            organization_id=obj.organization_id, email=obj.user.email, role=Role(obj.role), by=request.actor, now=timezone.now(),  # type: ignore[attr-defined]
        )  # fmt: skip
        obj.pk, obj._state.adding = made.pk, False

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        remove_member(membership_id=obj.pk, by=request.actor, now=timezone.now())  # type: ignore[attr-defined]


@admin.register(Delegation)
class DelegationAdmin(ReadOnlyAdmin):
    list_display = (
        "user",
        "organization",
        "practitioner",
        "level",
        "until",
        "granted_by",
        "granted_at",
    )
    list_select_related = ("user", "organization", "practitioner", "granted_by")
    list_filter = ("level",)
    search_fields = ("user__email", "user__last_name", "practitioner__family_name", "organization__name")


@admin.register(AccessEvent)
class AccessEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "organization", "kind", "subject", "practitioner", "before", "after", "by_name")
    list_select_related = ("organization", "subject", "practitioner")
    list_filter = ("kind", "at")
    search_fields = ("subject__email", "subject__last_name", "practitioner__family_name", "organization__name")


@admin.register(AccessNotice)
class AccessNoticeAdmin(ReadOnlyAdmin):
    list_display = ("event", "practitioner", "state", "attempts", "sent_at", "cause")
    list_select_related = ("event", "practitioner")
    list_filter = ("state",)


class IdentifierInline(ReadOnly, admin.TabularInline):
    model = RegulatorIdentifier
    fields = ("system", "value", "current", "since")
    readonly_fields = fields
    extra = 0


class TermsInline(ReadOnly, admin.TabularInline):
    model = TermsAcceptance
    fields = ("version", "accepted_at")
    readonly_fields = fields
    extra = 0


@admin.register(Regulator)
class RegulatorAdmin(ReadOnly, FrenchAdmin):
    list_display = ("family_name", "given_name", "email", "identifier", "active", "updated_at")
    list_filter = ("active",)
    search_fields = ("family_name", "given_name", "email", "identifiers__value")
    search_help_text = "Nom, e-mail ou identifiant, présent ou ancien."
    fields = ("family_name", "given_name", "email", "active", "user", "created_at", "updated_at", "withdrawn_at")
    readonly_fields = fields
    inlines = (IdentifierInline, TermsInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Regulator]:
        return super().get_queryset(request).prefetch_related("identifiers")

    @admin.display(description="identifiant")
    def identifier(self, regulator: Regulator) -> str:
        current = regulator.current_identifier
        return f"{current.get_system_display()} {current.value}" if current else "repris par un autre compte"


@admin.register(SignIn)
class SignInAdmin(ReadOnly, FrenchAdmin):
    list_display = ("at", "regulator", "outcome", "idp_connect", "idp_connect_known", "subject")
    list_filter = ("outcome", "idp_connect_known", "idp_connect")
    list_select_related = ("regulator",)
    search_fields = ("regulator__family_name", "regulator__email", "subject")
    date_hierarchy = "at"
    fields = ("at", "regulator", "outcome", "idp_connect", "idp_connect_known", "subject")
    readonly_fields = fields
