"""The agenda out of the screen: on paper, in a file, in another application. The last is open to whoever has its address."""

from django.urls import path

from appointments.paper.views import exports, feed, printing

urlpatterns = [
    path("agenda/<uuid:practitioner_id>/imprimer/jour/<day:day>/", printing.print_day, name="print-day"),
    path("agenda/<uuid:practitioner_id>/imprimer/semaine/<day:day>/", printing.print_week, name="print-week"),
    path("agenda/<uuid:practitioner_id>/exporter/", exports.exports, name="exports"),
    path("agenda/<uuid:practitioner_id>/exporter/fichier/", exports.export_file, name="export-file"),
    path("agenda/<uuid:practitioner_id>/exporter/adresse/", exports.feed_change, name="feed-change"),
    path("calendriers/<str:secret>.ics", feed.feed, name="feed"),
]
