"""WSGI entry point (gunicorn sas_agenda.wsgi:application)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sas_agenda.settings")

application = get_wsgi_application()
