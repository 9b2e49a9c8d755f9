"""Addresses of the agenda. No personal data in any: outward ids are UUIDs, slots have keys."""

from django.urls import URLPattern

# What a regulator goes through: slots of a practitioner, booking, confirmation, own list.
booking_urls: list[URLPattern] = []

# What a practice works in: agenda, one appointment, rules and absences.
practice_urls: list[URLPattern] = []

urlpatterns = [*booking_urls, *practice_urls]
