"""Who may do what in an organization's agendas."""

from django.urls import path

from appointments.access import views

urlpatterns = [
    path("acces/", views.access_home, name="access-home"),
    path("acces/<uuid:organization_id>/", views.access, name="access"),
    path("acces/<uuid:organization_id>/membres/", views.member_add, name="member-add"),
    path("acces/<uuid:organization_id>/accorder/", views.access_grant, name="access-grant"),
    path("acces/<uuid:organization_id>/responsables/<uuid:practitioner_id>/", views.managers, name="access-managers"),
    path("acces/membre/<uuid:membership_id>/", views.member, name="member"),
    path("acces/membre/<uuid:membership_id>/retirer/", views.member_remove, name="member-remove"),
    path("acces/accorde/<uuid:delegation_id>/", views.access_change, name="access-change"),
    path("acces/accorde/<uuid:delegation_id>/retirer/", views.access_revoke, name="access-revoke"),
]
