"""Administration of people. Regulators are read only: the SAS decides who is one."""

import secrets
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.administration import ReadOnly
from accounts.enums import specialty_choices
from accounts.french import counted
from accounts.identifiers import passes_luhn
from accounts.models import Delegation, Practitioner, Regulator, RegulatorIdentifier, SignIn, TermsAcceptance, User
from accounts.services.passwords import ask_password_reset


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """Nobody sees nor types another's password: a new person gets a random one and chooses theirs by mail."""

    list_display = ("email", "last_name", "first_name", "roles", "is_active", "last_login")
    list_filter = ("is_active", "is_staff")
    list_select_related = ("practitioner", "regulator")
    search_fields = ("email", "last_name", "first_name")
    search_help_text = "E-mail, nom ou prénom."
    ordering = ("email",)
    fields = (
        "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "groups", "date_joined", "last_login",
    )  # fmt: skip
    filter_horizontal = ("groups",)
    actions = ("send_password_link",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("delegations")

    @admin.display(description="rôles")
    def roles(self, user: User) -> str:
        held = {
            "administration": user.is_staff,
            "praticien": hasattr(user, "practitioner"),
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
            obj.set_password(secrets.token_urlsafe(32))
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


class DelegationInline(admin.TabularInline):
    model = Delegation
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Practitioner)
class PractitionerAdmin(admin.ModelAdmin):
    form = PractitionerForm
    list_display = ("family_name", "given_name", "rpps", "adeli", "specialties", "user")
    list_select_related = ("user",)
    search_fields = ("family_name", "given_name", "rpps", "adeli")
    search_help_text = "Nom, prénom, RPPS ou ADELI."
    autocomplete_fields = ("user",)
    inlines = (DelegationInline,)
    fields = (
        "title", "given_name", "family_name", "rpps", "adeli", "specialty_codes", "phone", "practical_information", "user",
    )  # fmt: skip

    @admin.display(description="spécialités")
    def specialties(self, practitioner: Practitioner) -> str:
        return ", ".join(practitioner.specialty_labels)

    def save_model(self, request: HttpRequest, obj: Practitioner, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.rpps and "rpps" in form.changed_data and not passes_luhn(obj.rpps):
            told = f"Le RPPS {obj.rpps} est enregistré, mais sa clé de contrôle ne convient pas\u00a0: relisez-le."
            self.message_user(request, told, messages.WARNING)


@admin.register(Delegation)
class DelegationAdmin(admin.ModelAdmin):
    list_display = ("user", "practitioner", "created_at")
    list_select_related = ("user", "practitioner")
    search_fields = ("user__email", "user__last_name", "practitioner__family_name")
    autocomplete_fields = ("user", "practitioner")


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
class RegulatorAdmin(ReadOnly, admin.ModelAdmin):
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
class SignInAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("at", "regulator", "outcome", "idp_connect", "idp_connect_known", "subject")
    list_filter = ("outcome", "idp_connect_known", "idp_connect")
    list_select_related = ("regulator",)
    search_fields = ("regulator__family_name", "regulator__email", "subject")
    date_hierarchy = "at"
    fields = ("at", "regulator", "outcome", "idp_connect", "idp_connect_known", "subject")
    readonly_fields = fields
