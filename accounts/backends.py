"""Ordinary sign-in: e-mail and password."""

from django.contrib.auth.backends import ModelBackend


class EmailBackend(ModelBackend):
    """Django's, under a name of ours: sessions record it, so that those of the SAS can be told apart."""
