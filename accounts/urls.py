"""Addresses of the sign-in pages."""

from django.urls import path

from accounts.sas_sign_in.views import SasCallbackView, SasSignInView
from accounts.views import invitations, passwords, sign_in, terms

urlpatterns = [
    path("sante/", sign_in.health, name="health"),
    path("connexion/", sign_in.SignInView.as_view(), name="sign-in"),
    path("connexion/autre-onglet/", sign_in.back_to_tab, name="back-to-tab"),
    path("deconnexion/", sign_in.sign_out, name="sign-out"),
    path("mot-de-passe/oublie/", passwords.password_reset, name="password-reset"),
    path("mot-de-passe/oublie/envoye/", passwords.password_reset_sent, name="password-reset-sent"),
    path(
        "mot-de-passe/nouveau/<uidb64>/<token>/",
        passwords.PasswordResetConfirmView.as_view(),
        name="password-reset-confirm",
    ),
    path("mot-de-passe/changer/", passwords.PasswordChangeView.as_view(), name="password-change"),
    path("invitation/<token>/", invitations.invitation, name="invitation"),
    path("sas/connexion/", SasSignInView.as_view(), name="sas-sign-in"),
    path("sas/retour/", SasCallbackView.as_view(), name="sas-callback"),
    path("conditions/", terms.terms, name="terms"),
]
