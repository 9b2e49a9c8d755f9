"""Where a provider of SMS says what became of them, and what was answered. No page: signed by our key."""

from django.urls import path

from appointments.messages import views

urlpatterns = [
    path("messages/accuses/", views.receipt, name="sms-receipt"),
    path("messages/reponses/", views.answer, name="sms-answer"),
]
