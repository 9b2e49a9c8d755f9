"""Who may do what in an organization's agendas."""

from django.urls import URLPattern, include, path

from appointments.access import views

of_an_organization: list[URLPattern] = [
    path("", views.team, name="team"),
    path("inviter/", views.invite_somebody, name="team-invite"),
    path("invitations/<uuid:invitation_id>/renvoyer/", views.invitation_resend, name="team-invitation-resend"),
    path("invitations/<uuid:invitation_id>/retirer/", views.invitation_withdraw, name="team-invitation-withdraw"),
    path("responsables/<uuid:practitioner_id>/", views.managers, name="team-managers"),
    path("<uuid:membership_id>/", views.member, name="team-member"),
    path("<uuid:membership_id>/retirer/", views.member_remove, name="team-member-remove"),
]

urlpatterns = [
    path("droits/", views.rights_now, name="rights-now"),
    path("raccourcis/", views.shortcuts, name="shortcuts"),
    path("cabinet/equipe/", views.team_home, name="team-home"),
    path("cabinet/<uuid:organization_id>/equipe/", include(of_an_organization)),
]
