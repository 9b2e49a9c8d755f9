"""WSGI entry point (gunicorn sas_agenda.wsgi:application)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sas_agenda.settings")

application = get_wsgi_application()

# Its applications are there only now.
from sas_agenda.operations.starting import refuse_unsafe_start  # noqa: E402

refuse_unsafe_start()
