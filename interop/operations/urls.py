"""Addresses of the operators' pages, under /exploitation/. Its first page, which also looks at the processes, is
`sas_agenda.operations.overview`."""

from django.urls import path

from interop.operations.views import circuit, deliveries, inbound, reconciliation

urlpatterns = [
    path("livraisons/", deliveries.deliveries, name="operations-deliveries"),
    path("livraisons/renvoyer/", deliveries.deliveries_send_again, name="operations-send-all-again"),
    path("livraisons/<uuid:delivery_id>/", deliveries.delivery, name="operations-delivery"),
    path("livraisons/<uuid:delivery_id>/renvoyer/", deliveries.delivery_send_again, name="operations-send-again"),
    path("rapprochement/", reconciliation.reconciliation, name="operations-reconciliation"),
    path("rapprochement.csv", reconciliation.reconciliation_file, name="operations-reconciliation-file"),
    path("liaison/", circuit.circuit, name="operations-circuit"),
    path("liaison/essayer/", circuit.circuit_probe, name="operations-probe"),
    path("appels/", inbound.inbound_calls, name="operations-inbound"),
    path("appels/<uuid:call_id>/", inbound.inbound_call, name="operations-inbound-call"),
]
